//! Pages in the encodings of their time and place.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, KOI8_R, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256,
};

use super::check_bytes;

#[track_caller]
fn encoded(encoding: &'static Encoding, html: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = encoding.encode(html);
    assert!(!is_lossy, "need words that {} has", encoding.name());
    bytes.into_owned()
}

const WORDS: [(&Encoding, &str); 16] = [
    (SHIFT_JIS, "お茶の時間　表示ソ能"),
    (EUC_JP, "お茶の時間です"),
    (GBK, "茶馆里的对话"),
    (GB18030, "茶馆里的对话㐀"),
    (BIG5, "茶館裡的對話"),
    (EUC_KR, "찻집 이야기"),
    (WINDOWS_1251, "Чай в пять часов"),
    (KOI8_R, "Чай в пять часов"),
    (WINDOWS_1252, "Thé à cinq heures – “déjà”"),
    (ISO_8859_2, "Čaj o páté"),
    (WINDOWS_1250, "Čaj o páté – „už“"),
    (WINDOWS_1253, "Τσάι στις πέντε"),
    (WINDOWS_1254, "Beş çayı ığdır"),
    (WINDOWS_1255, "תה בחמש"),
    (WINDOWS_1256, "شاي في الخامسة"),
    (encoding_rs::UTF_8, "茶 чай τσάι çay"),
];

#[test]
fn what_the_header_says_counts() {
    for (encoding, words) in WORDS {
        let html = format!("<meta charset=ascii><title>{words}</title>");
        let (bytes, name) = (encoded(encoding, &html), encoding.name());
        check_bytes(name, Some(name), &bytes, &format!("title: {words}").replace('\u{3000}', " "));
    }
}

#[test]
fn what_the_page_declares_counts() {
    for (encoding, words) in WORDS {
        let name = encoding.name();
        let expected = format!("title: {words}").replace('\u{3000}', " ");
        let html = format!("<!doctype html><head><meta charset=\"{name}\"><title>{words}</title>");
        check_bytes(name, None, &encoded(encoding, &html), &expected);
        let html = format!(
            "<html><head><title>{words}</title>\
             <META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset={name}\"></head>"
        );
        check_bytes(name, None, &encoded(encoding, &html), &expected);
    }
}

#[test]
fn a_page_that_declares_nothing_is_guessed() {
    for (encoding, words) in [
        (SHIFT_JIS, "お茶の時間は四時です。みなさんどうぞお越しください。"),
        (EUC_JP, "お茶の時間は四時です。みなさんどうぞお越しください。"),
        (GBK, "茶馆里的对话从早上开始，一直到很晚才结束。"),
        (WINDOWS_1251, "Чай подают в пять часов, приходите все вместе"),
        (WINDOWS_1252, "Le thé est servi à cinq heures, voilà déjà l'été"),
        (encoding_rs::UTF_8, "Tee für später, s’il vous plaît"),
    ] {
        let html = format!(
            "<html><head><title>{words}</title></head><body><p>{}</p></body>",
            words.repeat(5)
        );
        check_bytes(encoding.name(), None, &encoded(encoding, &html), &format!("title: {words}"));
    }
}

#[test]
fn utf_16_is_read_by_its_mark() {
    let html = "<head><title>Tea – 茶 🍵</title><meta name=description content=\"ä\"></head>";
    let expected = "title: Tea – 茶 🍵
                    text: ä";
    let little: Vec<u8> =
        "\u{FEFF}".encode_utf16().chain(html.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        "\u{FEFF}".encode_utf16().chain(html.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    check_bytes("little endian", None, &little, expected);
    check_bytes("big endian", Some("utf-8"), &big, expected);
    check_bytes("by the header", Some("UTF-16LE"), &little[2..], expected);
    check_bytes(
        "utf-8 with a mark",
        Some("latin1"),
        format!("\u{FEFF}{html}").as_bytes(),
        expected,
    );
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    check_bytes(
        "broken utf-8",
        Some("utf-8"),
        b"<title>T\xFFe\xE2\x82a\xF0\x9F</title>",
        "title: T\u{FFFD}e\u{FFFD}a\u{FFFD}",
    );
    check_bytes(
        "cut in a character",
        Some("utf-8"),
        b"<title>Tea \xF0\x9F\x8D",
        "title: Tea \u{FFFD}",
    );
    check_bytes("unknown charset", Some("x-none"), b"<title>Tea</title>", "title: Tea");
    check_bytes(
        "a charset that hides markup",
        Some("iso-2022-kr"),
        b"<title>Tea</title>",
        "title: Tea",
    );
    check_bytes("one byte", None, b"<", "");
}
