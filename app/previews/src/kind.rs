//! What an answer is: a page, a picture, or nothing that has a preview. Pure.

use fetch::ContentType;

use crate::Reason;

/// The longest content type that is repeated to a person, in characters.
const SAID_CHARS_MAX: usize = 60;

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page, in this encoding, if the answer says so.
    Html { charset: Option<String> },
    /// A picture.
    Picture,
}

impl Kind {
    /// What the answer is: what it says, or what its first bytes look like.
    ///
    /// # Errors
    /// It has no preview.
    pub fn of(said: Option<&ContentType>, first: &[u8]) -> Result<Self, Reason> {
        let Some(said) = said else { return Self::sniffed(first) };
        match said.essence.as_str() {
            "text/html" | "application/xhtml+xml" => {
                Ok(Self::Html { charset: said.charset.clone() })
            }
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Ok(Self::Picture),
            other => Err(Reason::Kind(sayable(other))),
        }
    }

    fn sniffed(first: &[u8]) -> Result<Self, Reason> {
        let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
        if text.trim_ascii_start().first() == Some(&b'<') {
            return Ok(Self::Html { charset: None });
        }
        if image::guess_format(first).is_ok() {
            return Ok(Self::Picture);
        }
        Err(Reason::Kind("a file of no known kind".to_owned()))
    }
}

/// Sites write what they like into this line.
fn sayable(essence: &str) -> String {
    let visible = essence.chars().filter(char::is_ascii_graphic);
    let said: String = visible.take(SAID_CHARS_MAX).collect();
    if said.is_empty() { "a file of no known kind".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(essence: &str, charset: Option<&str>) -> ContentType {
        ContentType { essence: essence.to_owned(), charset: charset.map(str::to_owned) }
    }

    #[test]
    fn an_answer_is_what_it_says() {
        let html = |charset: Option<&str>| Ok(Kind::Html { charset: charset.map(str::to_owned) });
        for (said, kind) in [
            (said("text/html", None), html(None)),
            (said("text/html", Some("Shift_JIS")), html(Some("Shift_JIS"))),
            (said("application/xhtml+xml", None), html(None)),
            (said("image/webp", None), Ok(Kind::Picture)),
            (said("application/pdf", None), Err(Reason::Kind("application/pdf".to_owned()))),
            (said("image/svg+xml", None), Err(Reason::Kind("image/svg+xml".to_owned()))),
            (said("text/plain", None), Err(Reason::Kind("text/plain".to_owned()))),
        ] {
            assert_eq!(Kind::of(Some(&said), b"<html>"), kind, "{said:?}");
        }
        let long = said(&format!("x/{}\n", "é<>".repeat(99)), None);
        let Err(Reason::Kind(words)) = Kind::of(Some(&long), b"") else { panic!("it is no page") };
        assert!(words.chars().count() <= SAID_CHARS_MAX && words.is_ascii());
    }

    #[test]
    fn an_answer_that_says_nothing_is_what_it_looks_like() {
        for page in [&b" \r\n<!doctype html>"[..], b"\xef\xbb\xbf<html>", b"<p>"] {
            assert_eq!(Kind::of(None, page), Ok(Kind::Html { charset: None }));
        }
        assert_eq!(Kind::of(None, b"\x89PNG\r\n\x1a\n...."), Ok(Kind::Picture));
        for other in [&b""[..], b"hello", b"\0\0\0", b"PK\x03\x04"] {
            assert!(matches!(Kind::of(None, other), Err(Reason::Kind(_))));
        }
    }
}
