//! The encoding that markup declares, found in its bytes.
//!
//! Source: "prescan a byte stream to determine its encoding" (WHATWG HTML, 13.2.3.2). Other than
//! there, scripts and styles are passed over.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// What the bytes so far say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// This.
    Charset(&'static Encoding),
    /// `</head>` or `<body>` came first.
    HeadEnds,
    /// Nothing; the next bytes may.
    Nothing,
}

/// Elements whose content is text, however much it looks like tags.
const RAW: [&[u8]; 5] = [b"script", b"style", b"noscript", b"title", b"textarea"];

/// Goes on at `from`, and leaves there where it can go on. More bytes never change what was found.
pub(super) fn scan(bytes: &[u8], from: &mut usize) -> Declared {
    while let Some(offset) = find(&bytes[*from..], b"<") {
        *from += offset;
        match token(&bytes[*from..]) {
            None => return Declared::Nothing,
            Some(Token::Passed(length)) => *from += length,
            Some(Token::Charset(encoding)) => return Declared::Charset(encoding),
            Some(Token::HeadEnds) => return Declared::HeadEnds,
        }
    }
    *from = bytes.len();
    Declared::Nothing
}

/// The encoding in an XML declaration at the start.
pub(super) fn xml(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..find(declaration, b">")?];
    let value = &declaration[find(declaration, b"encoding")? + b"encoding".len()..];
    let value = value.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    for_markup(quoted(value)?)
}

enum Token {
    /// So many bytes are of no interest.
    Passed(usize),
    Charset(&'static Encoding),
    HeadEnds,
}

/// What begins with the `<` that `bytes` begins with; `None`: it is cut off.
fn token(bytes: &[u8]) -> Option<Token> {
    if bytes.starts_with(b"<!--") {
        return find(&bytes[2..], b"-->").map(|end| Token::Passed(end + 5));
    }
    let is_end = *bytes.get(1)? == b'/';
    let name_at = if is_end { 2 } else { 1 };
    match *bytes.get(name_at)? {
        first if first.is_ascii_alphabetic() => tag(bytes, name_at, is_end),
        // It may be a comment, and that is not known yet.
        b'!' if bytes.len() < 4 => None,
        _ if is_end || matches!(bytes[1], b'!' | b'?') => {
            find(bytes, b">").map(|end| Token::Passed(end + 1))
        }
        _ => Some(Token::Passed(1)),
    }
}

fn tag(bytes: &[u8], name_at: usize, is_end: bool) -> Option<Token> {
    let is_name = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>');
    let length = bytes[name_at..].iter().position(|byte| !is_name(byte))?;
    let name = bytes[name_at..name_at + length].to_ascii_lowercase();
    let mut cursor = Cursor { bytes, at: name_at + length };
    let mut meta = Meta::default();
    while let Some((name, value)) = cursor.attribute()? {
        meta.take(&name, &value);
    }
    Some(match (&name[..], is_end) {
        (b"body", false) | (b"head", true) => Token::HeadEnds,
        (b"meta", false) if let Some(encoding) = meta.encoding() => Token::Charset(encoding),
        (name, false) if RAW.contains(&name) => {
            let end = [b"</", name].concat();
            Token::Passed(cursor.at + find(&bytes[cursor.at..].to_ascii_lowercase(), &end)?)
        }
        _ => Token::Passed(cursor.at),
    })
}

/// What a `<meta>` says. The first of two attributes of a name counts.
#[derive(Default)]
struct Meta {
    is_content_type: bool,
    charset: Option<Vec<u8>>,
    content: Option<Vec<u8>>,
}

impl Meta {
    fn take(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"http-equiv" => self.is_content_type |= value == b"content-type",
            b"charset" => _ = self.charset.get_or_insert_with(|| value.to_vec()),
            b"content" => _ = self.content.get_or_insert_with(|| value.to_vec()),
            _ => {}
        }
    }

    fn encoding(&self) -> Option<&'static Encoding> {
        if let Some(charset) = &self.charset {
            return for_markup(charset);
        }
        let content = self.content.as_deref().filter(|_| self.is_content_type)?;
        let mut rest = content;
        loop {
            rest = &rest[find(rest, b"charset")? + b"charset".len()..];
            if let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") {
                return for_markup(quoted(value.trim_ascii_start())?);
            }
        }
    }
}

/// What stands in quotes at the start of `text`; without quotes, the first word.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    match text.first()? {
        quote @ (b'"' | b'\'') => text[1..].split(|byte| byte == quote).next(),
        _ => text.split(|byte| byte.is_ascii_whitespace() || *byte == b';').next(),
    }
}

/// Markup that can be read byte by byte is not in UTF-16, whatever it says.
fn for_markup(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label)?;
    Some(match encoding {
        encoding if encoding == UTF_16BE || encoding == UTF_16LE => UTF_8,
        encoding if encoding == X_USER_DEFINED => WINDOWS_1252,
        encoding => encoding,
    })
}

struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// Name and value, in lower case.
type Attribute = (Vec<u8>, Vec<u8>);

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// The next attribute, or that the tag ends; `None`: it is cut off.
    fn attribute(&mut self) -> Option<Option<Attribute>> {
        while matches!(self.peek()?, b'/') || self.peek()?.is_ascii_whitespace() {
            self.at += 1;
        }
        if self.peek()? == b'>' {
            self.at += 1;
            return Some(None);
        }
        let mut name = vec![self.next()?.to_ascii_lowercase()];
        while !matches!(self.peek()?, b'=' | b'/' | b'>') && !self.peek()?.is_ascii_whitespace() {
            name.push(self.next()?.to_ascii_lowercase());
        }
        self.skip_spaces()?;
        if self.peek()? != b'=' {
            return Some(Some((name, Vec::new())));
        }
        self.at += 1;
        self.skip_spaces()?;
        Some(Some((name, self.value()?)))
    }

    fn skip_spaces(&mut self) -> Option<()> {
        while self.peek()?.is_ascii_whitespace() {
            self.at += 1;
        }
        Some(())
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        match self.peek()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                while self.peek()? != quote {
                    value.push(self.next()?.to_ascii_lowercase());
                }
                self.at += 1;
            }
            _ => {
                while self.peek()? != b'>' && !self.peek()?.is_ascii_whitespace() {
                    value.push(self.next()?.to_ascii_lowercase());
                }
            }
        }
        Some(value)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
