//! What a page says of itself: its `<head>`, read piece by piece.

use url::Url;

/// Reads the head of an HTML page as it comes. Pure.
///
/// Reading stops at `<body>`. Every text is bounded; tags beyond a bound are passed over.
pub struct HeadReader(());

/// Whether more of the page is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The head goes on.
    More,
    /// The rest does not matter.
    Enough,
}

/// What a page says of itself. Texts have their entities decoded, are one line, and are cut at a
/// bound; addresses are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// OpenGraph's, else Twitter's, else JSON-LD's headline, else `<title>`.
    pub title: Option<String>,
    /// OpenGraph's, else Twitter's, else that of `<meta name=description>`.
    pub description: Option<String>,
    /// OpenGraph's site name, else the application's name.
    pub site: Option<String>,
    /// Pictures of the page, the best first.
    pub images: Vec<Url>,
    /// Where oEmbed as JSON can be had (<https://oembed.com>).
    pub oembed: Option<Url>,
    /// The site's icon, the largest of those named; always the last resort for a picture.
    pub icon: Option<Url>,
}

impl HeadReader {
    /// Begins. `charset` is what the header says.
    pub fn new(charset: Option<&str>) -> Self {
        let _ = charset;
        todo!()
    }

    /// Takes the next piece.
    pub fn write(&mut self, piece: &[u8]) -> Reading {
        let _ = piece;
        todo!()
    }

    /// What the page at `base` said. Relative addresses are resolved against `<base>` or `base`.
    pub fn finish(self, base: &Url) -> Head {
        let _ = base;
        todo!()
    }
}
