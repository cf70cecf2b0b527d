//! Writes the inputs that fuzzing begins with, into the folder that is named: a folder per target.
//! They are made of what tests have.

use std::{fs, io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, RgbaImage};

/// Pages as they are found in the web, as strings in the source of tests.
const PAGES: [&str; 3] = [
    include_str!("../../app/previews/tests/it/head/sites.rs"),
    include_str!("../../app/previews/tests/it/head/markup.rs"),
    include_str!("../../app/previews/tests/it/head/hostile.rs"),
];
/// Messages, each in a line of a test.
const MESSAGES: &str = include_str!("../../app/previews/src/body_links.rs");
/// Addresses that must not be asked for, one a line.
const VECTORS: &str = include_str!("../../lib/fetch/tests/vectors.txt");

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder is named");
    let folder = Path::new(&folder);
    let pages = PAGES.iter().flat_map(|source| source.split('"').filter(|part| part.contains('<')));
    let raw = PAGES.iter().flat_map(|source| source.split("r#\"").skip(1));
    let raw = raw.filter_map(|rest| rest.split("\"#").next());
    // Before the page stand the charset of the header, here none, and the length of pieces.
    write(folder, "head", pages.chain(raw).map(|page| format!("\0\x07{page}").into_bytes()))?;
    write(folder, "links", MESSAGES.lines().map(|line| line.trim().into()))?;
    let urls = VECTORS.lines().filter_map(|line| line.split(' ').nth(1));
    write(folder, "url", urls.map(|url| format!("{url}\n//example.org/a").into_bytes()))?;
    write(folder, "picture", pictures().into_iter())
}

fn write(folder: &Path, target: &str, seeds: impl Iterator<Item = Vec<u8>>) -> std::io::Result<()> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    for (number, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

/// A small picture of each kind, with and without transparency.
fn pictures() -> Vec<Vec<u8>> {
    let solid = RgbImage::from_fn(20, 18, |x, y| Rgb([x as u8 * 9, y as u8 * 9, 99]));
    let solid = DynamicImage::from(solid);
    let clear = DynamicImage::from(RgbaImage::new(18, 20));
    let grey = DynamicImage::from(solid.to_luma16());
    let of = |image: &DynamicImage, format| {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).expect("it can be written");
        file.into_inner()
    };
    vec![
        of(&solid, ImageFormat::Png),
        of(&clear, ImageFormat::Png),
        of(&grey, ImageFormat::Png),
        of(&solid, ImageFormat::Jpeg),
        of(&solid, ImageFormat::Gif),
        of(&clear, ImageFormat::Gif),
        of(&solid, ImageFormat::WebP),
        of(&clear, ImageFormat::WebP),
    ]
}
