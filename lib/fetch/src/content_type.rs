//! What a body says it is.

/// What a body says it is (RFC 9110, 8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    /// `text/html`: lower case, without parameters.
    pub essence: String,
    /// The parameter `charset`, without quotes.
    pub charset: Option<String>,
}

impl ContentType {
    /// Reads the header line; `None`: it names no type.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (essence, parameters) = line.split_once(';').unwrap_or((line, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (kind, name) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(name) {
            return None;
        }
        let charset = charset(parameters);
        Some(Self { essence, charset })
    }
}

/// The first parameter of this name counts (WHATWG MIME Sniffing, 4.4).
fn charset(mut parameters: &str) -> Option<String> {
    while !parameters.is_empty() {
        let end = parameters.find(['=', ';']).unwrap_or(parameters.len());
        let (name, rest) = parameters.split_at(end);
        let Some(rest) = rest.strip_prefix('=') else {
            parameters = rest.trim_start_matches(';');
            continue;
        };
        let (value, rest) = value(rest);
        if name.trim().eq_ignore_ascii_case("charset") && !value.is_empty() {
            return Some(value);
        }
        parameters = rest;
    }
    None
}

/// The value at the beginning of `text`, and what comes after its semicolon.
fn value(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let after = |text: &'_ str| text.find(';').map_or(text.len(), |at| at + 1);
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[after(text)..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let rest = &quoted[at + 1..];
                return (value, &rest[after(rest)..]);
            }
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(line: &str, essence: &str, charset: Option<&str>) {
        let expected = ContentType { essence: essence.into(), charset: charset.map(str::to_owned) };
        assert_eq!(ContentType::parse(line), Some(expected), "{line}");
    }

    #[test]
    fn a_line_is_read() {
        check("text/html", "text/html", None);
        check(" Text/HTML ; Charset=UTF-8", "text/html", Some("UTF-8"));
        check("text/html;charset=\"shift_jis\"", "text/html", Some("shift_jis"));
        check("text/html; a=\"x; charset=no\"; charset=yes", "text/html", Some("yes"));
        check("text/html; charset=\"wind\\ows-1252\" ;b", "text/html", Some("windows-1252"));
        check("text/html; charset=one; charset=two", "text/html", Some("one"));
        check("text/html;; charset ; charset= koi8-r ", "text/html", Some("koi8-r"));
        check("text/html; charset=", "text/html", None);
        check("text/html; charset=\"", "text/html", None);
        check("image/svg+xml", "image/svg+xml", None);
    }

    #[test]
    fn what_names_no_type_is_none() {
        for line in ["", "html", "/", "text/", "text/html html", "téxt/html", ";charset=utf-8"] {
            assert_eq!(ContentType::parse(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_can_be_read(line in "[a-z/;=\"\\\\ é]{0,40}") {
            let read = ContentType::parse(&line);
            prop_assert!(read.is_none_or(|read| read.essence.contains('/')));
        }
    }
}
