//! The content of a body: what was sent, decompressed, within bounds on both sides. Pure.

use std::{
    io::{self, BufRead},
    mem,
};

use bytes::{Buf as _, Bytes};
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

use crate::Limits;

/// The encodings that are understood, as a request says it (RFC 9110, 12.5.3).
pub(crate) const ENCODINGS: &str = "gzip, deflate";

/// The largest piece that is made at a time, in bytes.
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// Turns what is sent into content.
pub(crate) struct Content {
    decoder: Decoder,
    wire_left: usize,
    body_left: usize,
    /// More was sent than may be.
    overflows: bool,
}

/// What [`Content::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Piece(Bytes),
    /// More has to be fed first.
    Hungry,
    End,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("it is too large")]
    TooLarge,
    #[error("it cannot be decompressed")]
    Corrupt(#[source] io::Error),
}

enum Decoder {
    Plain(Fed),
    /// Too little is there to tell what it is.
    Unsettled(Encoding, Fed),
    Gzip(Box<GzDecoder<Fed>>),
    Zlib(Box<ZlibDecoder<Fed>>),
    RawDeflate(Box<DeflateDecoder<Fed>>),
    Unknown(String),
}

#[derive(Clone, Copy)]
enum Encoding {
    Gzip,
    Deflate,
}

/// What was sent and not read yet.
#[derive(Default)]
struct Fed {
    bytes: Bytes,
    is_all: bool,
}

impl Content {
    /// The content of a body with these header lines.
    pub fn new(headers: &HeaderMap, limits: &Limits) -> Self {
        Self {
            decoder: Decoder::of(headers),
            wire_left: limits.wire_bytes_max,
            body_left: limits.body_bytes_max,
            overflows: false,
        }
    }

    /// From here on, `bytes` at most, on either side.
    pub fn at_most(&mut self, bytes: usize) {
        self.wire_left = self.wire_left.min(bytes);
        self.body_left = self.body_left.min(bytes);
    }

    /// Takes what was sent. All that was fed before must have been taken.
    pub fn feed(&mut self, mut bytes: Bytes) {
        self.overflows |= bytes.len() > self.wire_left;
        bytes.truncate(self.wire_left);
        self.wire_left -= bytes.len();
        if let Some(fed) = self.decoder.fed() {
            fed.add(bytes);
        }
    }

    /// Nothing more is sent.
    pub fn end(&mut self) {
        if let Some(fed) = self.decoder.fed() {
            fed.is_all = true;
        }
    }

    /// The next piece of the content.
    ///
    /// # Errors
    /// There is no more after an error.
    pub fn take(&mut self) -> Result<Taken, ContentError> {
        self.decoder.settle();
        // One byte more than may be is asked for, which shows whether there is one.
        let wanted = self.body_left.clamp(1, PIECE_BYTES_MAX);
        let piece = match self.decoder.read(wanted) {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return if self.overflows {
                    Err(ContentError::TooLarge)
                } else {
                    Ok(Taken::Hungry)
                };
            }
            Err(error) => return Err(ContentError::Corrupt(error)),
        };
        if piece.is_empty() {
            return Ok(Taken::End);
        }
        self.body_left = self.body_left.checked_sub(piece.len()).ok_or(ContentError::TooLarge)?;
        Ok(Taken::Piece(piece))
    }
}

impl Decoder {
    fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::CONTENT_ENCODING).iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let all = lines.join(",").to_ascii_lowercase();
        let names = all.split(',').map(str::trim);
        let names: Vec<_> = names.filter(|name| !matches!(*name, "" | "identity")).collect();
        match names[..] {
            [] => Self::Plain(Fed::default()),
            ["gzip" | "x-gzip"] => Self::Unsettled(Encoding::Gzip, Fed::default()),
            ["deflate"] => Self::Unsettled(Encoding::Deflate, Fed::default()),
            _ => Self::Unknown(names.join(", ")),
        }
    }

    fn fed(&mut self) -> Option<&mut Fed> {
        match self {
            Self::Plain(fed) | Self::Unsettled(_, fed) => Some(fed),
            Self::Gzip(decoder) => Some(decoder.get_mut()),
            Self::Zlib(decoder) => Some(decoder.get_mut()),
            Self::RawDeflate(decoder) => Some(decoder.get_mut()),
            Self::Unknown(_) => None,
        }
    }

    /// Finds out what it is as soon as that can be told. An empty body is empty, however it is
    /// called. "deflate" is the format of zlib (RFC 1950), as it should be, or what is inside of
    /// that (RFC 1951), as some servers have it.
    fn settle(&mut self) {
        let Self::Unsettled(encoding, fed) = self else { return };
        if fed.bytes.len() < 2 && !fed.is_all {
            return;
        }
        let (encoding, fed) = (*encoding, mem::take(fed));
        *self = match (encoding, &fed.bytes[..]) {
            (_, []) => Self::Plain(fed),
            (Encoding::Gzip, _) => Self::Gzip(Box::new(GzDecoder::new(fed))),
            (Encoding::Deflate, [first, second, ..]) if is_zlib(*first, *second) => {
                Self::Zlib(Box::new(ZlibDecoder::new(fed)))
            }
            (Encoding::Deflate, _) => Self::RawDeflate(Box::new(DeflateDecoder::new(fed))),
        };
    }

    /// At most `wanted` bytes of content; none: that was all.
    ///
    /// # Errors
    /// `WouldBlock`: more must be fed. Others: it is corrupt.
    fn read(&mut self, wanted: usize) -> io::Result<Bytes> {
        match self {
            Self::Plain(fed) => {
                let there = fed.fill_buf()?.len();
                Ok(fed.bytes.split_to(there.min(wanted)))
            }
            Self::Unsettled(..) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Gzip(decoder) => read(decoder, wanted),
            Self::Zlib(decoder) => read(decoder, wanted),
            Self::RawDeflate(decoder) => read(decoder, wanted),
            Self::Unknown(names) => {
                Err(io::Error::other(format!("its encoding {names:?} was not asked for")))
            }
        }
    }
}

/// Whether these are the first two bytes of RFC 1950, 2.2.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

fn read(decoder: &mut impl io::Read, wanted: usize) -> io::Result<Bytes> {
    let mut piece = vec![0; wanted];
    let length = decoder.read(&mut piece)?;
    piece.truncate(length);
    Ok(piece.into())
}

impl Fed {
    fn add(&mut self, bytes: Bytes) {
        self.bytes = match self.bytes.is_empty() {
            true => bytes,
            // At most one byte is there, of which nobody could tell what it begins.
            false => [&self.bytes[..], &bytes[..]].concat().into(),
        };
    }
}

impl io::Read for Fed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.len().min(into.len());
        self.bytes.split_to(length).copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

impl BufRead for Fed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.bytes.is_empty() && !self.is_all {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.bytes)
    }

    fn consume(&mut self, length: usize) {
        self.bytes.advance(length);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn encoded(encoding: &str, content: &[u8]) -> Vec<u8> {
        let level = Compression::default();
        let mut out = Vec::new();
        match encoding {
            "gzip" => GzEncoder::new(&mut out, level).write_all(content),
            "deflate" => ZlibEncoder::new(&mut out, level).write_all(content),
            "raw" => DeflateEncoder::new(&mut out, level).write_all(content),
            _ => out.write_all(content),
        }
        .expect("memory takes all");
        out
    }

    fn content(encoding: &str, wire_bytes_max: usize, body_bytes_max: usize) -> Content {
        let name = if encoding == "raw" { "deflate" } else { encoding };
        let name = HeaderValue::from_str(name).expect("a header");
        let headers = [(header::CONTENT_ENCODING, name)].into_iter().collect();
        let limits = Limits { wire_bytes_max, body_bytes_max, ..Limits::default() };
        Content::new(&headers, &limits)
    }

    /// Everything that can be read of `sent`, which comes in pieces of `piece` bytes.
    fn drained(
        content: &mut Content,
        sent: &[u8],
        piece: usize,
    ) -> (Vec<u8>, Result<(), ContentError>) {
        let mut pieces = sent.chunks(piece.max(1));
        let mut read = Vec::new();
        loop {
            match content.take() {
                Ok(Taken::Piece(piece)) => {
                    assert!((1..=PIECE_BYTES_MAX).contains(&piece.len()));
                    read.extend_from_slice(&piece);
                }
                Ok(Taken::Hungry) => match pieces.next() {
                    Some(piece) => content.feed(Bytes::copy_from_slice(piece)),
                    None => content.end(),
                },
                Ok(Taken::End) => return (read, Ok(())),
                Err(error) => return (read, Err(error)),
            }
        }
    }

    const ENCODED: [&str; 4] = ["identity", "gzip", "deflate", "raw"];
    const PLENTY: usize = 1 << 20;

    proptest! {
        #[test]
        fn what_was_encoded_comes_back_however_it_is_cut(
            text in prop::collection::vec(0_u8..4, 0..5_000),
            piece in 1_usize..600,
            at in 0..ENCODED.len(),
        ) {
            let encoding = ENCODED[at];
            let sent = encoded(encoding, &text);
            let (read, end) = drained(&mut content(encoding, PLENTY, PLENTY), &sent, piece);
            prop_assert!(end.is_ok(), "{end:?}");
            prop_assert_eq!(read, text);
        }

        #[test]
        fn nothing_is_read_beyond_the_limits(
            text in prop::collection::vec(any::<u8>(), 0..3_000),
            piece in 1_usize..600,
            at in 0..ENCODED.len(),
            (wire, body) in (0_usize..3_500, 0_usize..3_500),
        ) {
            let sent = encoded(ENCODED[at], &text);
            let (read, end) = drained(&mut content(ENCODED[at], wire, body), &sent, piece);
            prop_assert!(text.starts_with(&read), "what is handed out is good");
            prop_assert!(read.len() <= body);
            let fits = sent.len() <= wire && text.len() <= body;
            prop_assert_eq!(end.is_ok(), fits, "{:?}", end);
        }

        #[test]
        fn anything_can_be_sent(
            sent in prop::collection::vec(any::<u8>(), 0..500),
            piece in 1_usize..60,
            at in 0..ENCODED.len(),
        ) {
            let (read, _) = drained(&mut content(ENCODED[at], PLENTY, PLENTY), &sent, piece);
            prop_assert!(read.len() <= PLENTY);
        }
    }

    #[test]
    fn a_bomb_goes_off_in_small_pieces_up_to_the_limit() {
        for encoding in ["gzip", "deflate", "raw"] {
            let bomb = encoded(encoding, &vec![0; 64 << 20]);
            assert!(bomb.len() < 1 << 17, "it is much smaller than what it makes");
            let (read, end) = drained(&mut content(encoding, PLENTY, 100_000), &bomb, PLENTY);
            assert!(matches!(end, Err(ContentError::TooLarge)), "{end:?}");
            assert_eq!(read.len(), 100_000);
        }
    }

    #[test]
    fn the_limits_may_become_narrower_once_it_is_clear_what_comes() {
        for encoding in ENCODED {
            let mut content = content(encoding, PLENTY, PLENTY);
            content.at_most(100_000);
            content.at_most(PLENTY);
            let (read, end) = drained(&mut content, &encoded(encoding, &vec![7; 200_000]), 1_000);
            assert!(matches!(end, Err(ContentError::TooLarge)), "{end:?}");
            assert_eq!(read.len(), 100_000);
        }
    }

    #[test]
    fn a_body_as_large_as_it_may_be_is_read() {
        let exactly = encoded("gzip", &[7; 1000]);
        let (read, end) = drained(&mut content("gzip", exactly.len(), 1000), &exactly, 10);
        assert_eq!((read.len(), end.is_ok()), (1000, true));
        let (read, end) = drained(&mut content("identity", 1000, 1000), &[7; 1001], 10);
        assert_eq!(read.len(), 1000);
        assert!(matches!(end, Err(ContentError::TooLarge)), "{end:?}");
    }

    #[test]
    fn nothing_is_nothing_however_it_is_encoded() {
        for encoding in ENCODED {
            let (read, end) = drained(&mut content(encoding, 10, 10), b"", 1);
            assert_eq!((read.len(), end.is_ok()), (0, true), "{encoding}");
        }
    }

    #[test]
    fn what_comes_after_the_end_is_left() {
        for encoding in ["gzip", "deflate", "raw"] {
            let mut sent = encoded(encoding, b"tea");
            sent.extend_from_slice(b"<!-- made in 3 ms -->");
            let (read, end) = drained(&mut content(encoding, PLENTY, PLENTY), &sent, 4);
            assert_eq!((&read[..], end.is_ok()), (&b"tea"[..], true), "{encoding}");
        }
    }

    #[test]
    fn what_cannot_be_decompressed_is_said() {
        let mut cut = encoded("gzip", b"tea for two");
        cut.truncate(cut.len() - 9);
        let wrong = [("gzip", &cut[..]), ("gzip", b"<html>"), ("deflate", b"<html>")];
        for (encoding, sent) in wrong {
            let (_, end) = drained(&mut content(encoding, PLENTY, PLENTY), sent, 4);
            assert!(matches!(end, Err(ContentError::Corrupt(_))), "{encoding}: {end:?}");
        }
        for unknown in ["br", "gzip, gzip", "zstd", "gzip, br"] {
            let (_, end) = drained(&mut content(unknown, PLENTY, PLENTY), b"tea", 4);
            let Err(ContentError::Corrupt(why)) = end else { panic!("{unknown}: {end:?}") };
            assert_eq!(why.to_string(), format!("its encoding {unknown:?} was not asked for"));
        }
    }
}
