//! Bytes to text, whatever their encoding.
//!
//! As browsers do it: a byte order mark counts, else the header, else what the markup declares, else
//! a guess from the first bytes.

mod declared;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8};

use declared::{Declared, xml};

/// Bytes that are looked at before guessing. As many are held back, and only of pages that declare
/// nothing.
const HELD_BYTES_MAX: usize = 16 * 1024;
/// The longest byte order mark.
const MARK_BYTES: usize = 3;

/// Turns the bytes of a page into text as they come. Wherever they are cut, the text is the same.
pub(crate) enum Text {
    /// Which encoding it is has not been told yet.
    Open(Open),
    /// It is this one.
    Known(Decoder),
}

/// What came so far.
pub(crate) struct Open {
    header: Option<&'static Encoding>,
    held: Vec<u8>,
    /// How far the markup was looked through.
    scanned: usize,
}

impl Text {
    /// Begins. `header` is the charset that the answer's header names.
    pub fn new(header: Option<&str>) -> Self {
        let header = header.and_then(|name| Encoding::for_label_no_replacement(name.as_bytes()));
        Self::Open(Open { header, held: Vec::new(), scanned: 0 })
    }

    /// Takes the next bytes; what is text by now.
    pub fn write(&mut self, bytes: &[u8]) -> String {
        self.take(bytes, false)
    }

    /// The rest of the text.
    pub fn finish(mut self) -> String {
        self.take(&[], true)
    }

    fn take(&mut self, bytes: &[u8], is_last: bool) -> String {
        let open = match self {
            Self::Known(decoder) => return decode(decoder, bytes, is_last),
            Self::Open(open) => open,
        };
        open.held.extend_from_slice(bytes);
        let Some(encoding) = open.encoding(is_last) else { return String::new() };
        let held = std::mem::take(&mut open.held);
        // A mark that names another encoding has been followed already.
        let mut decoder = encoding.new_decoder_with_bom_removal();
        let text = decode(&mut decoder, &held, is_last);
        *self = Self::Known(decoder);
        text
    }
}

impl Open {
    fn encoding(&mut self, is_last: bool) -> Option<&'static Encoding> {
        if self.held.len() < MARK_BYTES && !is_last {
            return None;
        }
        let mark = Encoding::for_bom(&self.held).map(|(encoding, _)| encoding);
        mark.or(self.header).or_else(|| self.declared(is_last))
    }

    fn declared(&mut self, is_last: bool) -> Option<&'static Encoding> {
        let held = &self.held[..self.held.len().min(HELD_BYTES_MAX)];
        match declared::scan(held, &mut self.scanned) {
            Declared::Charset(encoding) => Some(encoding),
            // Nothing depends on it so far, and the rest is not read.
            Declared::HeadEnds if held[..self.scanned].is_ascii() => Some(UTF_8),
            _ if is_last || held.len() == HELD_BYTES_MAX => Some(xml(held).unwrap_or(guess(held))),
            _ => None,
        }
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, false);
    detector.guess(None, Utf8Detection::Allow)
}

fn decode(decoder: &mut Decoder, bytes: &[u8], is_last: bool) -> String {
    // Without room for the most that can come of them it would stop half way.
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or_default();
    let mut text = String::with_capacity(room);
    let _all_of_it = decoder.decode_to_string(bytes, &mut text, is_last);
    text
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    fn text(header: Option<&str>, pieces: &[&[u8]]) -> String {
        let mut text = Text::new(header);
        let mut all = String::new();
        pieces.iter().for_each(|piece| all.push_str(&text.write(piece)));
        all + &text.finish()
    }

    #[track_caller]
    fn check(header: Option<&str>, bytes: &[u8], expected: &str) {
        assert_eq!(text(header, &[bytes]), expected);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(text(header, &single), expected, "byte by byte");
    }

    #[test]
    fn a_mark_counts_more_than_the_header_and_that_more_than_markup() {
        check(Some("windows-1251"), b"\xEF\xBB\xBFt\xC3\xA9", "té");
        check(Some("utf-8"), b"\xFE\xFF\x00t\x00\xE9", "té");
        check(None, b"\xFF\xFEt\x00\xE9\x00", "té");
        check(Some("utf-8"), b"<meta charset=latin1>\xC3\xA9", "<meta charset=latin1>é");
        check(Some("no-such"), b"<meta charset=latin1>\xE9", "<meta charset=latin1>é");
        check(Some("utf-16le"), b"t\x00\xE9\x00", "té");
    }

    #[test]
    fn what_markup_declares_is_followed() {
        for declared in [
            "<meta charset=windows-1251>",
            "<META CHARSET='Windows-1251' />",
            "<!-- <meta charset=utf-8> --><meta a=b charset=\"windows-1251\">",
            "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>",
            "<meta content=\"text/html;charset = 'windows-1251'\" http-equiv=content-type>",
            "<script>'<body><meta charset=utf-8>'</script><meta charset=windows-1251>",
            "<?xml version='1.0' encoding='windows-1251'?><html>",
        ] {
            let page = format!("{declared}<title>Чай</title>");
            check(None, &WINDOWS_1251.encode(&page).0, &page);
        }
    }

    #[test]
    fn a_page_that_declares_utf_16_cannot_be_in_it() {
        check(None, "<meta charset=utf-16>é".as_bytes(), "<meta charset=utf-16>é");
    }

    #[test]
    fn what_declares_nothing_is_guessed() {
        let long = |text: &str| format!("<title>{text}</title><body>{}", text.repeat(8));
        for (encoding, words) in [
            (UTF_8, "Tee für später – 今日はお茶"),
            (SHIFT_JIS, "今日はお茶を飲みましょう。とても美味しいです。"),
            (EUC_JP, "今日はお茶を飲みましょう。とても美味しいです。"),
            (GBK, "今天我们一起喝茶吧，这个茶馆非常安静。"),
            (BIG5, "今天我們一起喝茶吧，這個茶館非常安靜。"),
            (EUC_KR, "오늘은 차를 마시자. 이 찻집은 아주 조용합니다."),
            (WINDOWS_1251, "Сегодня мы пьём чай в тихой чайной на углу улицы"),
            (WINDOWS_1252, "Où est le thé préféré de la maison ? Déjà fini."),
        ] {
            let page = long(words);
            let (bytes, _, is_lossy) = encoding.encode(&page);
            assert!(!is_lossy, "need words that {} has", encoding.name());
            check(None, &bytes, &page);
        }
    }

    #[test]
    fn an_ascii_head_is_passed_on_before_the_page_ends() {
        let mut text = Text::new(None);
        assert_eq!(text.write(b"<title>Tea</title></he"), "");
        assert_eq!(text.write(b"ad>"), "<title>Tea</title></head>");
        let mut text = Text::new(Some("utf-8"));
        assert_eq!(text.write(b"<ti"), "<ti");
    }

    #[test]
    fn no_more_is_held_back_than_the_bound() {
        let mut text = Text::new(None);
        assert_eq!(text.write(&[b'a'; HELD_BYTES_MAX - 1]), "");
        assert_eq!(text.write(b"a").len(), HELD_BYTES_MAX);
    }
}
