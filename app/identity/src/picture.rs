//! A picture of a person, made from whatever file they have: small, square, and a PNG of ours, so
//! that nothing else of the file is ever served (scripts, places, other formats).

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits,
    imageops::FilterType,
};

/// The largest file that is taken, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Width and height of what is made, in pixels.
const SIDE: u32 = 96;
/// The widest and highest picture that is taken, in pixels.
const SOURCE_SIDE_MAX: u32 = 4096;
/// Memory that decoding may take, in bytes: the widest and highest picture with four bytes a pixel,
/// and half of that to work in.
const DECODING_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// No picture can be made of the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("the file is no PNG, JPEG, GIF or WebP")]
    Format,
    #[error("the file has {0} bytes, more than a picture may")]
    TooLarge(usize),
    #[error("the file cannot be read as a picture")]
    Damaged(#[source] ImageError),
}

/// The middle of the picture in `file`, 96 by 96 pixels, as a PNG. Takes a while: call it where
/// blocking is fine.
///
/// # Errors
/// See [`PictureError`].
pub(crate) fn make(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(PictureError::TooLarge(file.len()));
    }
    let whole = decode(file)?;
    let side = whole.width().min(whole.height());
    let (left, top) = ((whole.width() - side) / 2, (whole.height() - side) / 2);
    let square = whole.crop_imm(left, top, side, side);
    let small = square.resize_exact(SIDE, SIDE, FilterType::Triangle).into_rgba8();
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png).map_err(PictureError::Damaged)?;
    Ok(png.into_inner())
}

fn decode(file: &[u8]) -> Result<DynamicImage, PictureError> {
    // What it is, not what it is called; nothing else is built in either.
    let format = image::guess_format(file).map_err(|_| PictureError::Format)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SOURCE_SIDE_MAX);
    limits.max_image_height = Some(SOURCE_SIDE_MAX);
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        ImageError::Unsupported(_) => PictureError::Format,
        error => PictureError::Damaged(error),
    })?;
    let orientation = decoder.orientation().map_err(PictureError::Damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    image.apply_orientation(orientation);
    Ok(image)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    const RED: Rgba<u8> = Rgba([200, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 200, 255]);

    /// Red, with a blue square in the middle.
    fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let side = width.min(height);
        let (left, top) = ((width - side) / 2, (height - side) / 2);
        let inside = |at: u32, from: u32| (from..from + side).contains(&at);
        let image = RgbaImage::from_fn(width, height, |x, y| {
            if inside(x, left) && inside(y, top) { BLUE } else { RED }
        });
        let mut file = Cursor::new(Vec::new());
        let image = DynamicImage::from(image);
        let image = if format == ImageFormat::Jpeg { image.into_rgb8().into() } else { image };
        image.write_to(&mut file, format).expect("it is written");
        file.into_inner()
    }

    #[test]
    fn the_middle_of_any_picture_is_taken() {
        use ImageFormat::{Gif, Jpeg, Png, WebP};
        for format in [Png, Jpeg, Gif, WebP] {
            for (width, height) in [(300, 100), (100, 300), (96, 96), (7, 5), (1, 1)] {
                let made = make(&file(width, height, format)).expect("a picture");
                assert_eq!(image::guess_format(&made).ok(), Some(Png));
                let image = image::load_from_memory(&made).expect("a PNG").into_rgba8();
                assert_eq!(image.dimensions(), (SIDE, SIDE), "{format:?} {width}x{height}");
                let [red, _, blue, _] = image.get_pixel(48, 48).0;
                assert!(blue > 150 && red < 50, "{format:?} {width}x{height}");
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        assert!(matches!(make(svg), Err(PictureError::Format)));
        assert!(matches!(make(b"BM not built in"), Err(PictureError::Format)));
        assert!(matches!(make(b""), Err(PictureError::Format)));
        let large = vec![0; FILE_BYTES_MAX + 1];
        assert!(matches!(make(&large), Err(PictureError::TooLarge(_))));
        let png = file(300, 100, ImageFormat::Png);
        assert!(matches!(make(&png[..100]), Err(PictureError::Damaged(_))));
    }

    /// A few bytes that claim to be a picture of gigabytes.
    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let wide = file(SOURCE_SIDE_MAX + 1, 1, ImageFormat::Png);
        assert!(matches!(make(&wide), Err(PictureError::Damaged(ImageError::Limits(_)))));
    }
}
