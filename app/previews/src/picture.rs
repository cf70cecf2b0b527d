//! Pictures: decoded within limits, made small, and written again.

use std::{error::Error, io::Cursor, sync::Arc};

use fast_image_resize::{
    PixelTrait, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8x3, U8x4},
};
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    RgbaImage, codecs::jpeg::JpegEncoder,
};

/// The most pixels that are decoded.
const PIXELS_MAX: u64 = 24_000_000;
/// Memory that decoding may take, in bytes: the most pixels with four bytes each.
const DECODING_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// The longest side of what is made, in pixels.
const SIDE_MAX: u32 = 640;
/// What would be shorter when it is shown is a dot for counting visitors, or a line.
const SIDE_MIN: u32 = 16;
/// Of 100. With less, edges of text are seen to suffer.
const JPEG_QUALITY: u8 = 80;

/// A picture of ours: re-encoded, nothing of the original file is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, or `image/png` for one with transparency.
    pub media_type: &'static str,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// There is no picture in it.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is not PNG, JPEG, GIF or WebP; or it is damaged.
    #[error("it is no picture of a kind that is shown")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// It has more pixels, or needs more memory, than is decoded.
    #[error("the picture is too large")]
    TooLarge,
    /// It is too small to be worth showing.
    #[error("the picture is tiny")]
    Tiny,
}

impl PictureError {
    fn unreadable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unreadable(Box::new(error))
    }
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            error => Self::unreadable(error),
        }
    }
}

impl Picture {
    /// Decodes `bytes`, whatever they claim to be, makes the picture fit into 640 × 640 pixels and
    /// writes it again; of a moving one, the first frame. Takes milliseconds of CPU, of the largest
    /// pictures hundreds: call it on a thread that may block.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let image = decode(bytes)?.into_small()?;
        let (width, height) = (image.width(), image.height());
        let (media_type, bytes) = match has_transparency(&image) {
            true => ("image/png", png(&image.into_rgba8())?),
            false => ("image/jpeg", jpeg(&image.into_rgb8())?),
        };
        Ok(Self { media_type, width, height, bytes: bytes.into() })
    }
}

/// What a file has in it, as large as it is there.
struct Decoded {
    image: DynamicImage,
    orientation: image::metadata::Orientation,
}

fn decode(bytes: &[u8]) -> Result<Decoded, PictureError> {
    // What it is, not what it is called; no other formats are built in.
    let format = image::guess_format(bytes)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let (fit_width, fit_height) = fit(width, height);
    if fit_width < SIDE_MIN || fit_height < SIDE_MIN {
        return Err(PictureError::Tiny);
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX || decoder.total_bytes() > DECODING_BYTES_MAX {
        return Err(PictureError::TooLarge);
    }
    let orientation = decoder.orientation()?;
    Ok(Decoded { image: DynamicImage::from_decoder(decoder)?, orientation })
}

impl Decoded {
    /// Made to fit and turned as it is meant to be seen.
    fn into_small(self) -> Result<DynamicImage, PictureError> {
        let size = (self.image.width(), self.image.height());
        let small = fit(size.0, size.1);
        let mut image = match self.image {
            image if small == size => image,
            image if image.color().has_alpha() => {
                let bytes = resize::<U8x4>(size, &image.into_rgba8(), small)?;
                RgbaImage::from_raw(small.0, small.1, bytes).expect("four bytes a pixel").into()
            }
            image => {
                let bytes = resize::<U8x3>(size, &image.into_rgb8(), small)?;
                RgbImage::from_raw(small.0, small.1, bytes).expect("three bytes a pixel").into()
            }
        };
        image.apply_orientation(self.orientation);
        Ok(image)
    }
}

/// The pixels `bytes` of a picture of `size`, as those of a `small` one. There are two kinds of pixel,
/// those that are written: code for all that a `DynamicImage` may have takes long to compile.
fn resize<P: PixelTrait + Default>(
    size: (u32, u32),
    bytes: &[u8],
    small: (u32, u32),
) -> Result<Vec<u8>, PictureError> {
    let source = TypedImageRef::<P>::from_buffer(size.0, size.1, bytes);
    let mut made = vec![0; small.0 as usize * small.1 as usize * size_of::<P>()];
    let target = TypedImage::<P>::from_buffer(small.0, small.1, &mut made);
    let (source, mut target) =
        (source.map_err(PictureError::unreadable)?, target.map_err(PictureError::unreadable)?);
    let resized = Resizer::new().resize_typed(&source, &mut target, None);
    resized.map_err(PictureError::unreadable)?;
    Ok(made)
}

/// Width and height of what fits, in the same proportion; never more than there is.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height));
    if longest <= u64::from(SIDE_MAX) {
        return (width, height);
    }
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(SIDE_MAX) + longest / 2) / longest;
        u32::try_from(rounded).unwrap_or(SIDE_MAX).max(1)
    };
    (scaled(width), scaled(height))
}

fn has_transparency(image: &DynamicImage) -> bool {
    image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX)
}

fn png(image: &RgbaImage) -> Result<Vec<u8>, PictureError> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

fn jpeg(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY).encode_image(image)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use image::{Frame, ImageFormat::*, Luma, Rgb, Rgba, codecs::gif::GifEncoder};

    use super::*;

    fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.into().write_to(&mut file, format).expect("it can be written");
        file.into_inner()
    }

    /// Red on the left, blue on the right.
    fn flag(width: u32, height: u32) -> RgbImage {
        let colour = |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
        RgbImage::from_fn(width, height, colour)
    }

    fn read(file: &[u8]) -> (Picture, RgbaImage) {
        let picture = Picture::read(file).expect("it is a picture");
        let image = image::load_from_memory(&picture.bytes).expect("it is one again");
        assert_eq!((image.width(), image.height()), (picture.width, picture.height));
        (picture, image.into_rgba8())
    }

    #[track_caller]
    fn refused(file: &[u8], expected: &str) {
        let error = Picture::read(file).expect_err("it is no picture");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn pictures_of_every_kind_become_jpeg() {
        for format in [Png, Jpeg, Gif, WebP] {
            let (picture, image) = read(&file(flag(100, 50), format));
            assert_eq!(
                (picture.media_type, picture.width, picture.height),
                ("image/jpeg", 100, 50)
            );
            assert!(image.get_pixel(10, 10)[0] > 200 && image.get_pixel(90, 10)[2] > 200);
        }
    }

    #[test]
    fn what_is_seen_through_stays_so() {
        let half =
            RgbaImage::from_fn(64, 64, |x, _| Rgba([0, 128, 0, if x < 32 { 0 } else { 255 }]));
        for format in [Png, WebP, Gif] {
            let (picture, image) = read(&file(half.clone(), format));
            assert_eq!(picture.media_type, "image/png");
            assert_eq!((image.get_pixel(5, 5)[3], image.get_pixel(60, 5)[3]), (0, 255));
        }
        let solid = RgbaImage::from_pixel(64, 64, Rgba([0, 128, 0, 255]));
        assert_eq!(read(&file(solid, Png)).0.media_type, "image/jpeg");
    }

    #[test]
    fn other_depths_are_read() {
        let grey = image::ImageBuffer::from_pixel(800, 400, Luma([40_000_u16]));
        let (picture, image) = read(&file(DynamicImage::ImageLuma16(grey), Png));
        assert_eq!((picture.width, picture.height), (640, 320));
        assert!(image.get_pixel(9, 9)[0].abs_diff(156) < 3);
        let see_through = image::ImageBuffer::from_pixel(800, 400, Rgba([0_u16, 0, 0, 30_000]));
        assert_eq!(read(&file(see_through, Png)).0.media_type, "image/png");
    }

    #[test]
    fn a_picture_is_made_to_fit_and_never_larger() {
        for (from, to) in [
            ((1_280, 640), (640, 320)),
            ((400, 900), (284, 640)),
            ((641, 640), (640, 639)),
            ((640, 640), (640, 640)),
            ((16, 16), (16, 16)),
            ((2_000, 50), (640, 16)),
        ] {
            let (picture, _) = read(&file(flag(from.0, from.1), Png));
            assert_eq!((picture.width, picture.height), to, "of {from:?}");
        }
        assert_eq!(fit(20_000, 16), (640, 1));
    }

    #[test]
    fn the_first_frame_of_a_moving_picture_is_taken() {
        let mut moving = Vec::new();
        let mut encoder = GifEncoder::new(&mut moving);
        for red in [255, 0] {
            let frame = Frame::new(RgbaImage::from_pixel(32, 32, Rgba([red, 0, 0, 255])));
            encoder.encode_frame(frame).expect("it can be written");
        }
        drop(encoder);
        assert!(read(&moving).1.get_pixel(9, 9)[0] > 240);
    }

    #[test]
    fn a_photo_stands_upright() {
        // "Exif", then TIFF, big-endian, with one entry: orientation (0x0112), short, once, 6.
        let exif = b"\xFF\xE1\x00\x22Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\
            \x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00";
        let photo = file(flag(1_000, 500), Jpeg);
        let turned = [&photo[..2], exif, &photo[2..]].concat();
        let (picture, image) = read(&turned);
        assert_eq!((picture.width, picture.height), (320, 640));
        assert!(image.get_pixel(100, 20)[0] > 200 && image.get_pixel(100, 620)[2] > 200);
        assert!(!picture.bytes.windows(4).any(|window| window == b"Exif"), "nothing else is left");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let unreadable = "it is no picture of a kind that is shown";
        refused(b"", unreadable);
        refused(b"<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>", unreadable);
        refused(b"BM\x00\x00\x00\x00 a bitmap", unreadable);
        refused(b"<!doctype html>", unreadable);
        let whole = file(flag(100, 100), Png);
        refused(&whole[..whole.len() / 2], unreadable);
        refused(&whole[..8], unreadable);
    }

    #[test]
    fn what_is_tiny_is_refused() {
        refused(&file(flag(1, 1), Gif), "the picture is tiny");
        refused(&file(flag(15, 200), Png), "the picture is tiny");
        refused(&file(flag(4_000, 90), Png), "the picture is tiny");
    }

    #[test]
    fn too_many_pixels_are_refused_before_they_are_decoded() {
        // The header of a PNG says 30,000 by 30,000; there are no pixels.
        let mut bomb = file(flag(16, 16), Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        let sum = crc(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&sum);
        refused(&bomb, "the picture is too large");
        let mut gif = file(flag(16, 16), Gif);
        gif[6..10].copy_from_slice(&[0xFF; 4]);
        refused(&gif, "the picture is too large");
    }

    /// CRC-32 as PNG has it (ISO 3309).
    fn crc(bytes: &[u8]) -> u32 {
        let bit = |sum: u32| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
        let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| bit(sum));
        !bytes.iter().fold(!0, byte)
    }
}
