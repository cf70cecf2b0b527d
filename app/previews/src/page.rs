//! What a preview shows.

use serde::{Deserialize, Serialize};

/// What is known of the page that a link leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Where it is, after redirects.
    pub url: String,
    /// Whose page it is: a name, or the host.
    pub site: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<PageImage>,
}

/// A picture that [`Previews::page_picture`](crate::Previews::page_picture) has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageImage {
    /// Made of the link and of the picture's bytes: another picture has another id.
    pub id: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}
