//! Compressed answers on the wire; the bounds themselves are tested where they are.

use std::io::Write as _;

use fetch::FetchError;
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use crate::house::{House, get};

fn answer(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(text).expect("memory takes all");
    out.finish().expect("memory takes all")
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let text = b"tea ".repeat(10_000);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).expect("memory takes all");
    raw.write_all(&text).expect("memory takes all");
    let (zlib, raw) = (zlib.finish().expect("a stream"), raw.finish().expect("a stream"));
    for answer in [
        answer("gzip", &gzip(&text)),
        answer("X-GZIP", &gzip(&text)),
        answer("identity, gzip", &gzip(&text)),
        answer("deflate", &zlib),
        answer("deflate", &raw),
        answer("identity", &text),
    ] {
        let house = House::answering(answer).await;
        let read = get(&house, "/").await.expect("an answer").bytes().await;
        assert_eq!(read.expect("a body"), text);
    }
}

#[tokio::test]
async fn a_bomb_is_too_large() {
    let bomb = gzip(&vec![0; 256 << 20]);
    assert!(bomb.len() < 300_000, "it is small on the wire: {}", bomb.len());
    let house = House::answering(answer("gzip", &bomb)).await;
    let mut answer = get(&house, "/").await.expect("an answer");
    let mut length = 0;
    let end = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => {
                assert!(piece.len() <= 16 * 1024, "it is made in small pieces");
                length += piece.len();
            }
            end => break end,
        }
    };
    assert!(matches!(end, Err(FetchError::TooLarge { .. })), "{end:?}");
    assert_eq!(length, 512 * 1024);
}

#[tokio::test]
async fn what_is_not_understood_is_broken_only_when_it_is_read() {
    for encoding in ["br", "zstd", "gzip, gzip", "compress"] {
        let house = House::answering(answer(encoding, b"tea")).await;
        let answer = get(&house, "/").await.expect("the head is good");
        let got = answer.bytes().await;
        assert!(matches!(got, Err(FetchError::Broken { .. })), "{encoding}: {got:?}");
    }
}
