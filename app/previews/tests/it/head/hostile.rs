//! Whatever comes, reading it ends, and where it is cut makes no difference.

use std::time::{Duration, Instant};

use previews::{HeadReader, Reading};
use proptest::{collection::vec, prelude::*};

use super::{page, read};

/// Parts that mean something, in an order that may not.
fn markup() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(vec![
        "<head>",
        "</head>",
        "<body>",
        "<title>",
        "</title>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<script type=application/ld+json>",
        "{\"headline\":\"",
        "\"}",
        "<meta ",
        "property=og:title ",
        "name='description' ",
        "content=\"",
        "\"",
        "'",
        ">",
        "/>",
        "<link rel=icon ",
        "href=",
        "<svg>",
        "</svg>",
        "<![CDATA[",
        "]]>",
        "<base href=//b.example/>",
        "charset=windows-1251 ",
        "&amp;",
        "&#x202e;",
        "&#9999999;",
        "é",
        "茶",
        "🍵",
        "Tea",
        " ",
        "\n",
        "\0",
        "<",
        "</",
        "<textarea>",
        "<noscript>",
        "</noscript>",
        "<plaintext>",
        "<math>",
        "<mi>",
        "<meta property=og:title content=x>",
    ]);
    let text = parts.prop_map(|part: &str| part.as_bytes().to_vec());
    let noise = vec(any::<u8>(), 0..6);
    vec(prop_oneof![9 => text, 1 => noise], 0..60).prop_map(|parts| parts.concat())
}

fn charset() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("utf-8"), Some("shift_jis"), Some("utf-16"), Some("big5")])
}

/// `bytes` in pieces of these lengths, and the rest.
fn cut<'b>(mut bytes: &'b [u8], lengths: &[usize]) -> Vec<&'b [u8]> {
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, rest) = bytes.split_at(*length.min(&bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

proptest! {
    #[test]
    fn where_a_page_is_cut_makes_no_difference(
        bytes in markup(), charset in charset(), lengths in vec(0_usize..40, 0..40),
    ) {
        let whole = read(charset, [&bytes[..]]);
        prop_assert_eq!(&read(charset, cut(&bytes, &lengths)), &whole);
        prop_assert_eq!(&read(charset, bytes.chunks(1)), &whole);
    }

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..2_000), charset in charset()) {
        let head = read(charset, bytes.chunks(97));
        prop_assert_eq!(head, read(charset, [&bytes[..]]));
    }

    #[test]
    fn addresses_are_of_the_web_and_texts_have_bounds(bytes in markup()) {
        let head = read(None, [&bytes[..]]);
        for url in head.images.iter().chain(&head.icon).chain(&head.oembed) {
            prop_assert!(matches!(url.scheme(), "http" | "https"));
        }
        for (text, chars_max) in [(head.title, 200), (head.description, 300), (head.site, 80)] {
            let text = text.unwrap_or_else(|| "x".to_owned());
            prop_assert!((1..=chars_max).contains(&text.chars().count()));
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}

/// Time for what takes milliseconds, on a machine that does other things too. What takes time that
/// grows with the square of the length takes minutes.
const TIME_MAX: Duration = Duration::from_secs(20);

#[track_caller]
fn ends(name: &str, unit: &str) {
    let flood = unit.repeat(512 * 1024 / unit.len());
    for piece_bytes in [flood.len(), 1_400] {
        let started = Instant::now();
        let head = read(None, flood.as_bytes().chunks(piece_bytes));
        assert!(started.elapsed() < TIME_MAX, "{name} took {:?}", started.elapsed());
        assert!(head.images.len() < 20, "{name}");
    }
}

#[test]
fn floods_end() {
    ends("tags", "<a>");
    ends("nesting", "<div><p><b>");
    ends("metas", "<meta property=og:image content=/a>");
    ends("titles", "<title>x</title>");
    ends("open titles", "<title>");
    ends("scripts", "<script type=application/ld+json>[</script>");
    ends("open scripts", "<script><!--<script>");
    ends("comments", "<!-- -->");
    ends("open comments", "<!--");
    ends("entities", "&amp");
    ends("less-than", "<");
    ends("quotes", "<meta content=\"");
    ends("svg", "<svg><math>");
    ends("links", "<link rel=icon sizes='1x1 2x2' href=x>");
    ends("bases", "<base href=x>");
}

#[test]
fn an_endless_tag_and_its_attributes_end() {
    for attribute in ["a ", "a=b ", "content='x' ", "/ "] {
        let tag = format!("<title>Tea</title><meta {}", attribute.repeat(300_000));
        let started = Instant::now();
        let head = read(Some("utf-8"), tag.as_bytes().chunks(1_400));
        assert!(started.elapsed() < TIME_MAX, "{attribute} took {:?}", started.elapsed());
        assert_eq!(head.title.as_deref(), Some("Tea"));
    }
}

#[test]
fn reading_stops_at_the_body_and_at_a_bound() {
    let mut reader = HeadReader::new(Some("utf-8"));
    assert_eq!(reader.write(b"<head><title>Tea</title><bod"), Reading::More);
    assert_eq!(reader.write(b"y>"), Reading::Enough);
    assert_eq!(reader.write(b"<title>"), Reading::Enough);
    assert_eq!(reader.finish(&page()).title.as_deref(), Some("Tea"));

    let mut reader = HeadReader::new(None);
    assert_eq!(reader.write(b"<head><title>Tea</title></head>"), Reading::Enough);

    let mut reader = HeadReader::new(Some("utf-8"));
    let pieces = (1..).take_while(|_| reader.write(&[b'x'; 10_000]) == Reading::More);
    assert!((50..200).contains(&pieces.count()));
}

#[test]
fn tags_beyond_a_bound_are_passed_over() {
    let late = format!(
        "{}<meta property=og:title content=late><title>Tea</title>",
        "<meta name=x content=y>".repeat(300)
    );
    assert_eq!(read(None, [late.as_bytes()]).title.as_deref(), Some("Tea"));
    let image = "<meta property=og:image content=/".to_owned();
    let many: String = (0..50).map(|number| format!("{image}{number}>")).collect();
    assert_eq!(read(None, [many.as_bytes()]).images.len(), 4);
    let scripts = "<script type=application/ld+json>{}</script>".repeat(9);
    let late =
        format!("{scripts}<script type=application/ld+json>{{\"headline\":\"late\"}}</script>");
    assert_eq!(read(None, [late.as_bytes()]).title, None);
}
