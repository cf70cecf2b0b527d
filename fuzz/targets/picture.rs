//! A picture is read whatever it is, and what comes of it is one.
#![no_main]

use fuzz::Picture;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(picture) = Picture::read(file) else { return };
    let longest = picture.width.max(picture.height);
    assert!((1..=640).contains(&longest) && picture.width > 0 && picture.height > 0);
    let again = image::load_from_memory(&picture.bytes).expect("it is a picture of ours");
    assert_eq!((again.width(), again.height()), (picture.width, picture.height));
    let format = image::guess_format(&picture.bytes).expect("it is known");
    assert_eq!(format.to_mime_type(), picture.media_type);
});
