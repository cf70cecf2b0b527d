//! A web of sites, as pages and pictures of theirs look: what each address has is a function of the
//! address.

use std::fmt::Write as _;

use bytes::Bytes;
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};

/// Bytes of a page's HTML, at least and at most.
const PAGE_BYTES: [f64; 2] = [20_000.0, 230_000.0];
/// Bytes of scripts and styles in a page's head, at most.
const HEAD_BYTES_MAX: u64 = 16_000;
/// The usual size of a picture for sharing, in pixels.
const PICTURE: [u32; 2] = [1_200, 630];
/// Different pictures that there are.
const PICTURES: u64 = 8;
const LINE: &str = "The kettle is on, the cups are warm, and there is a chair at the window. ";

/// The pictures of all sites, made once.
pub struct Pictures(Vec<Bytes>);

/// A random number that is the same for the same things.
#[derive(Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn of(number: u64, what: u64) -> Self {
        let mut dice = Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ what);
        dice.next();
        dice
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The title of page `number`, by which its preview is known again.
pub fn title(number: u64) -> String {
    format!("Tea & quiet, chapter {number}")
}

/// Where page `number` is: on one of `sites` in turn, all of which are on `port`.
pub fn page_address(number: u64, sites: u64, port: u16) -> String {
    format!("http://site-{}.example:{port}/page/{number}", number % sites)
}

/// Where the picture of that page is.
pub fn picture_address(number: u64, sites: u64, port: u16) -> String {
    format!("http://site-{}.example:{port}/picture/{number}.jpg", number % sites)
}

/// How long the answer to `path` takes, as a share of what is between the shortest and the longest.
pub fn slowness(path: &str) -> f64 {
    let number = path.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    Dice::of(number, 3).share()
}

impl Pictures {
    /// Makes them, which takes a second.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self((0..PICTURES).map(picture).collect::<Result<_, _>>()?))
    }

    /// The picture of page `number`.
    pub fn of(&self, number: u64) -> Bytes {
        self.0[(number % PICTURES) as usize].clone()
    }
}

/// The HTML of page `number` on the site that calls itself `host`.
pub fn page(number: u64, host: &str) -> String {
    let mut dice = Dice::of(number, 1);
    let [least, most] = PAGE_BYTES;
    // Most pages are small, and some are large.
    let bytes = (least * (most / least).powf(dice.share())) as usize;
    let mut html = String::with_capacity(bytes + 1_024);
    html.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    filling(&mut html, "style", dice.next() % HEAD_BYTES_MAX / 2);
    says(&mut html, number, host, dice.next().is_multiple_of(2));
    filling(&mut html, "script", dice.next() % HEAD_BYTES_MAX / 2);
    html.push_str("</head>\n<body><main>\n");
    while html.len() < bytes {
        let _infallible = writeln!(html, "<p class=\"text\">{}</p>", LINE.repeat(4));
    }
    html.push_str("</main></body></html>\n");
    html
}

/// What the page says of itself.
fn says(html: &mut String, number: u64, host: &str, is_backwards: bool) {
    let (title, picture) = (title(number), format!("http://{host}/picture/{number}.jpg"));
    let title = title.replace('&', "&amp;");
    let url = format!("http://{host}/page/{number}");
    let _infallible = writeln!(html, "<title>{title} | A tea journal</title>");
    let said = [
        ("og:type", "article"),
        ("og:site_name", "A tea journal"),
        ("og:title", &title),
        ("og:description", &LINE.repeat(2)),
        ("og:url", &url),
        ("og:image", &picture),
        ("og:image:width", "1200"),
        ("og:image:height", "630"),
        ("twitter:card", "summary_large_image"),
        ("twitter:title", &title),
    ];
    for (property, content) in said {
        let _infallible = match is_backwards {
            true => writeln!(html, "<meta content='{content}' property='{property}'/>"),
            false => writeln!(html, "<meta property=\"{property}\" content=\"{content}\">"),
        };
    }
    html.push_str("<link rel=\"icon\" href=\"/favicon.ico\"><link rel=stylesheet href=/a.css>\n");
    let _infallible = writeln!(
        html,
        "<script type=\"application/ld+json\">{{\"@type\":\"Article\",\"headline\":\"{title}\"}}</script>"
    );
}

fn filling(html: &mut String, element: &str, bytes: u64) {
    let line = ".kettle { color: #8a5a44; padding: 0 1rem; }\n";
    let lines = line.repeat(bytes as usize / line.len());
    let _infallible = writeln!(html, "<{element}>{lines}</{element}>");
}

/// A picture of about a hundred kilobytes: soft, with as much grain as photographs have.
fn picture(number: u64) -> anyhow::Result<Bytes> {
    let [width, height] = PICTURE;
    let mut dice = Dice::of(number, 2);
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let grain = dice.next() % 14;
            let soft = [x * 200 / width, y * 200 / height, (x + y) * 200 / (width + height)];
            pixels.extend(soft.map(|value| (u64::from(value) + grain) as u8));
        }
    }
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 80).write_image(
        &pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_pictures_are_of_usual_sizes() -> anyhow::Result<()> {
        let pages: Vec<_> = (0..200).map(|number| page(number, "site.example").len()).collect();
        assert!(pages.iter().all(|bytes| (20_000..232_000).contains(bytes)), "{pages:?}");
        assert!(pages.iter().any(|bytes| *bytes < 30_000) && pages.iter().any(|b| *b > 200_000));
        assert!((80_000..130_000).contains(&picture(1)?.len()));
        Ok(())
    }

    #[test]
    fn a_page_says_what_it_is() {
        for number in 0..20 {
            let page = page(number, "site-1.example");
            let (head, _) = page.split_once("<body").expect("a body");
            assert!(head.contains(&format!("Tea &amp; quiet, chapter {number}")));
            assert!(head.contains(&format!("http://site-1.example/picture/{number}.jpg")));
        }
    }
}
