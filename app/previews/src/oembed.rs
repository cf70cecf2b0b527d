//! What a page says of itself through oEmbed (<https://oembed.com>). Its `html` is never read.

use serde_json::{Map, Value};
use url::Url;

use crate::line::{SITE_CHARS_MAX, TITLE_CHARS_MAX, line};

/// The longest answer that is read, in bytes.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// An answer. Texts are one line and cut at a bound; addresses are absolute and of the web.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OEmbed {
    pub title: Option<String>,
    pub author: Option<String>,
    pub site: Option<String>,
    /// The thumbnail; of a photo without one, the photo.
    pub image: Option<Url>,
}

impl OEmbed {
    /// Reads the answer that came from `base`; `None`: it is none.
    pub fn read(json: &[u8], base: &Url) -> Option<Self> {
        if json.len() > ANSWER_BYTES_MAX {
            return None;
        }
        let answer: Map<String, Value> = serde_json::from_slice(json).ok()?;
        // Some sites answer with numbers and nulls where text is expected.
        let text = |name| answer.get(name).and_then(Value::as_str);
        let shown = |name, max| line(&htmlize::unescape(text(name)?), max);
        let address = |name| crate::head::web_address(text(name)?, base);
        let photo = || address("url").filter(|_| text("type") == Some("photo"));
        Some(Self {
            title: shown("title", TITLE_CHARS_MAX),
            author: shown("author_name", SITE_CHARS_MAX),
            site: shown("provider_name", SITE_CHARS_MAX),
            image: address("thumbnail_url").or_else(photo),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<OEmbed> {
        let base = Url::parse("https://video.example/oembed?url=x").expect("it is a URL");
        OEmbed::read(json.as_bytes(), &base)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_video_is_read() {
        let answer = r#"{"type":"video","version":"1.0","title":"How to &amp; why\n","author_name":"Ana",
            "provider_name":"Video","thumbnail_url":"//i.video.example/1.jpg","html":"<script>"}"#;
        let expected = OEmbed {
            title: some("How to & why"),
            author: some("Ana"),
            site: some("Video"),
            image: Url::parse("https://i.video.example/1.jpg").ok(),
        };
        assert_eq!(read(answer), Some(expected));
    }

    #[test]
    fn a_photo_is_its_own_picture() {
        let image = |json| read(json).and_then(|answer| answer.image).map(String::from);
        assert_eq!(
            image(r#"{"type":"photo","url":"/a.jpg"}"#),
            some("https://video.example/a.jpg")
        );
        assert_eq!(image(r#"{"type":"link","url":"/a.jpg"}"#), None);
        let both = r#"{"type":"photo","url":"/a.jpg","thumbnail_url":"/t.jpg"}"#;
        assert_eq!(image(both), some("https://video.example/t.jpg"));
        assert_eq!(image(r#"{"thumbnail_url":"javascript:alert(1)"}"#), None);
    }

    #[test]
    fn what_is_of_another_kind_is_passed_over() {
        assert_eq!(read(r#"{"title":3,"author_name":null}"#), Some(OEmbed::default()));
        assert_eq!(read("{}"), Some(OEmbed::default()));
        for none in ["", "[]", "<oembed>", "{\"title\":"] {
            assert_eq!(read(none), None, "of {none:?}");
        }
        let long = format!(r#"{{"title":"x","html":"{}"}}"#, "x".repeat(ANSWER_BYTES_MAX));
        assert_eq!(read(&long), None);
    }
}
