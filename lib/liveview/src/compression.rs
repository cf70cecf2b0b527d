//! Pages are sent compressed to browsers that can read that.
//!
//! A compressed page is shorter if it repeats itself. So who may put text into somebody's page, and
//! sees how long its answers are, could guess a secret in it, letter by letter (BREACH, Prado and
//! others, 2013). What a page holds that is worth guessing:
//!
//! - The token of forms: masked anew in every page ([`Session::csrf_token`](crate::Session)), so that
//!   no two answers have the same text to guess.
//! - The signed tokens in `data-phx-session` and `data-phx-static`: their payload is no secret, and
//!   the signature is another one each time, since it covers the millisecond at which it expires (and,
//!   for the view of a page, a random id). They open nothing without the cookie and the token above.
//! - What people wrote: it stays the same. The cookie is `SameSite=Lax`, so a page of somebody else
//!   gets its answers only by opening a window for each guess; and a filler of random length in every
//!   answer makes each guess take many of them.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::BodyExt;

use crate::{endpoint::Body, session::random_bytes};

/// Shorter pages fit into what is sent at once anyway.
const PAGE_BYTES_MIN: usize = 1024;
/// Compressed before other tasks have their turn: some tenths of a millisecond.
const SLICE_BYTES: usize = 16 * 1024;
/// 30 KB of a room take 0.4 ms and leave 5.4 KB; level 6 takes a third longer and saves a fiftieth.
const LEVEL: u32 = 4;
/// Longest filler, bytes.
const FILLER_BYTES_MAX: usize = 32;

/// The same answer, compressed if the browser takes that and it is worth it.
pub(crate) async fn compressed(
    response: Response<Body>,
    accept_encoding: &AcceptEncoding,
) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let Ok(page) = body.collect().await.map(|body| body.to_bytes());
    if page.len() < PAGE_BYTES_MIN {
        return Response::from_parts(head, Body::new(page));
    }
    head.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !accept_encoding.gzip {
        return Response::from_parts(head, Body::new(page));
    }
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(head, Body::from(gzip(&page).await))
}

async fn gzip(page: &[u8]) -> Bytes {
    let written = Vec::with_capacity(page.len() / 4);
    let mut encoder = GzBuilder::new().extra(filler()).write(written, Compression::new(LEVEL));
    for slice in page.chunks(SLICE_BYTES) {
        encoder.write_all(slice).expect("memory takes everything");
        tokio::task::yield_now().await;
    }
    encoder.finish().expect("memory takes everything").into()
}

/// Goes into the header's extra field, which readers skip (RFC 1952, section 2.3.1.1): one subfield
/// with an id of ours.
fn filler() -> Vec<u8> {
    let [length] = random_bytes();
    let length = length % FILLER_BYTES_MAX as u8;
    let mut field = vec![b'T', b'H', length, 0];
    field.extend(&random_bytes::<FILLER_BYTES_MAX>()[..length.into()]);
    field
}

/// What a browser can read (RFC 9110, section 12.5.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcceptEncoding {
    gzip: bool,
}

impl AcceptEncoding {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        let codings: Vec<_> = values.flat_map(|value| value.split(',')).map(coding).collect();
        let said =
            |name: &str| codings.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name));
        let gzip = said("gzip").or_else(|| said("*"));
        Self { gzip: gzip.is_some_and(|(_, wanted)| *wanted) }
    }
}

/// A coding's name, and whether it is wanted at all.
fn coding(text: &str) -> (&str, bool) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let mut weights = parts.filter_map(|part| part.split_once('='));
    let weight = weights.rfind(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let weight: Option<f32> = weight.and_then(|(_, weight)| weight.trim().parse().ok());
    (name, weight.is_none_or(|weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, io::Read};

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn accepts(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_ENCODING, value.parse().unwrap());
        }
        AcceptEncoding::of(&headers).gzip
    }

    #[test]
    fn only_what_the_browser_can_read_is_sent() {
        for value in ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP ; q=0.2", "*", "*;q=0.1"] {
            assert!(accepts(&[value]), "{value}");
        }
        for value in ["", "identity", "br", "gzip;q=0", "gzip; Q=0.000, *", "*;q=0", "gzipped"] {
            assert!(!accepts(&[value]), "{value}");
        }
        assert!(accepts(&["br", "gzip"]) && !accepts(&[]));
    }

    async fn sent(page: Vec<u8>, gzip: bool) -> (HeaderMap, Vec<u8>) {
        let answer = Response::new(Body::from(page));
        let answer = compressed(answer, &AcceptEncoding { gzip }).await;
        let (head, body) = answer.into_parts();
        (head.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    fn read(sent: &[u8]) -> Vec<u8> {
        let mut page = Vec::new();
        GzDecoder::new(sent).read_to_end(&mut page).expect("it is gzip");
        page
    }

    #[tokio::test]
    async fn a_short_page_is_sent_as_it_is() {
        let page = vec![b'x'; PAGE_BYTES_MIN - 1];
        let (headers, body) = sent(page.clone(), true).await;
        assert!(headers.is_empty());
        assert_eq!(body, page);
    }

    #[tokio::test]
    async fn who_reads_no_gzip_gets_the_page_and_caches_are_told() {
        let page = vec![b'x'; 4 * PAGE_BYTES_MIN];
        let (headers, body) = sent(page.clone(), false).await;
        assert_eq!(
            (headers.len(), &headers[header::VARY]),
            (1, &"accept-encoding".parse().unwrap())
        );
        assert_eq!(body, page);
    }

    #[tokio::test]
    async fn the_same_page_is_sent_in_many_lengths() {
        let mut lengths = BTreeSet::new();
        for _ in 0..64 {
            lengths.insert(sent(vec![b'x'; 4 * PAGE_BYTES_MIN], true).await.1.len());
        }
        assert!(lengths.len() > 10, "{lengths:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

        #[test]
        fn what_is_sent_reads_as_the_page(
            words in prop::collection::vec("[a-z<>/ é]{0,8}", 200..4_000),
            times in 1..8usize,
        ) {
            let page = words.concat().repeat(times).into_bytes();
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let (headers, body) = runtime.block_on(sent(page.clone(), true));
            if page.len() >= PAGE_BYTES_MIN {
                prop_assert_eq!(&headers[header::CONTENT_ENCODING], "gzip");
                prop_assert_eq!(read(&body), page);
            }
        }
    }
}
