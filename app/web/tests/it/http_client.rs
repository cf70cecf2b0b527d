//! Plain HTTP/1.1 over TCP, one connection for each request: what `curl` sends, and what it gets.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Where the answer sends the browser; empty: nowhere.
    pub fn location(&self) -> &str {
        let header = |line: &'_ str| line.to_ascii_lowercase().starts_with("location: ");
        let line = self.head.lines().find(|line| header(line)).unwrap_or_default();
        line.split_once(": ").map_or("", |(_, to)| to)
    }
}

/// Sends one request with these headers, and reads the whole answer.
pub async fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    let mut stream = TcpStream::connect(to).await.expect("the house answers");
    stream.write_all(text.as_bytes()).await.expect("the house reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("the house answers to the end");
    // Pages are UTF-8; of a picture, the head is looked at.
    read(&String::from_utf8_lossy(&bytes))
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { unchunked(body) } else { body.to_owned() };
    Answer { status: status.expect("a status is a number"), head: head.to_owned(), body }
}

fn unchunked(mut text: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
        body.push_str(&rest[..size]);
        text = rest[size..].trim_start_matches("\r\n");
    }
    body
}

/// `application/x-www-form-urlencoded`.
pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// As it may stand in a form or in a query.
pub fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let each = text.bytes().map(|byte| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    each.collect()
}
