//! Pictures: decoded within limits, made small, and written again.

use std::sync::Arc;

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
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It has more pixels, or needs more memory, than is decoded.
    #[error("the picture is too large")]
    TooLarge,
    /// It is too small to be worth showing.
    #[error("the picture is tiny")]
    Tiny,
}

impl Picture {
    /// Decodes `bytes`, whatever they claim to be, makes the picture fit into 640 × 640 pixels and
    /// writes it again. Takes milliseconds of CPU: call it on a thread that may block.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let _ = bytes;
        todo!()
    }
}
