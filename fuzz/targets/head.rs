//! A page is read whatever it is, and where it is cut makes no difference.
#![no_main]

use fuzz::{Head, HeadReader, Reading};
use libfuzzer_sys::fuzz_target;
use url::Url;

const CHARSETS: [Option<&str>; 8] = [
    None,
    Some("utf-8"),
    Some("utf-16"),
    Some("shift_jis"),
    Some("gb18030"),
    Some("iso-2022-jp"),
    Some("windows-1251"),
    Some("none"),
];

// The first byte is the charset of the header, the second the length of the pieces: before the page,
// so that the rest can be any page.
fuzz_target!(|data: &[u8]| {
    let [charset, length, page @ ..] = data else { return };
    let charset = CHARSETS[usize::from(*charset) % CHARSETS.len()];
    let whole = read(charset, [page]);
    let pieces = read(charset, page.chunks(usize::from(*length).max(1)));
    assert_eq!(whole, pieces, "the same of the whole and of pieces");
    check(&whole);
});

fn read<'p>(charset: Option<&str>, pieces: impl IntoIterator<Item = &'p [u8]>) -> Head {
    let mut reader = HeadReader::new(charset);
    let _enough = pieces.into_iter().any(|piece| reader.write(piece) == Reading::Enough);
    reader.finish(&Url::parse("https://site.example/a/b").expect("it is a URL"))
}

fn check(head: &Head) {
    for url in head.images.iter().chain(&head.icon).chain(&head.oembed) {
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
        assert!(url.as_str().len() <= fuzz::LINK_CHARS_MAX, "{url}");
    }
    assert!(head.images.len() <= 16);
    for (text, chars_max) in [(&head.title, 200), (&head.description, 300), (&head.site, 80)] {
        let Some(text) = text else { continue };
        assert!((1..=chars_max).contains(&text.chars().count()), "{text:?}");
        assert!(!text.chars().any(char::is_control) && text.trim() == text, "{text:?}");
    }
}
