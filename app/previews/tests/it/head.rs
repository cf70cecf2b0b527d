//! What is read of pages as they are found in the web. Each page is read whole and byte by byte.

mod charsets;
mod hostile;
mod markup;
mod sites;

use std::fmt::Write as _;

use previews::{Head, HeadReader, Reading};
use url::Url;

/// Where every page of these tests is.
const PAGE: &str = "https://site.example/a/page?x=1";

fn page() -> Url {
    Url::parse(PAGE).expect("it is a URL")
}

fn read<'p>(charset: Option<&str>, pieces: impl IntoIterator<Item = &'p [u8]>) -> Head {
    let mut reader = HeadReader::new(charset);
    let _enough = pieces.into_iter().any(|piece| reader.write(piece) == Reading::Enough);
    reader.finish(&page())
}

/// A line for each thing that the page says.
fn show(head: &Head) -> String {
    let Head { title, description, site, images, oembed, icon } = head;
    let mut shown = String::new();
    let mut line = |name: &str, value: &str| {
        let _infallible = writeln!(shown, "{name}: {value}");
    };
    title.iter().for_each(|title| line("title", title));
    description.iter().for_each(|description| line("text", description));
    site.iter().for_each(|site| line("site", site));
    images.iter().for_each(|image| line("image", image.as_str()));
    oembed.iter().for_each(|oembed| line("oembed", oembed.as_str()));
    icon.iter().for_each(|icon| line("icon", icon.as_str()));
    shown
}

/// Asserts what is read of `bytes`; lines of `expected` may be indented.
#[track_caller]
fn check_bytes(name: &str, charset: Option<&str>, bytes: &[u8], expected: &str) {
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    let whole = show(&read(charset, [bytes]));
    assert_eq!(whole, expected, "{name}");
    assert_eq!(show(&read(charset, bytes.chunks(1))), expected, "{name}, byte by byte");
    assert_eq!(show(&read(charset, bytes.chunks(7))), expected, "{name}, by seven bytes");
}

#[track_caller]
fn check(name: &str, html: &str, expected: &str) {
    check_bytes(name, Some("utf-8"), html.as_bytes(), expected);
}
