//! One line of somebody else's text, fit to be shown beside ours.

/// The longest title, in characters.
pub(crate) const TITLE_CHARS_MAX: usize = 200;
/// The longest description, in characters.
pub(crate) const DESCRIPTION_CHARS_MAX: usize = 300;
/// The longest name of a site, in characters.
pub(crate) const SITE_CHARS_MAX: usize = 80;

/// `text` as one line of at most `chars_max` characters, the last of them "…" if there was more.
/// Characters that are not seen and change how others are shown are left out. `None`: nothing is
/// left.
pub(crate) fn line(text: &str, chars_max: usize) -> Option<String> {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        let mut shown = word.chars().filter(|c| is_shown(*c)).peekable();
        if shown.peek().is_some() && chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for c in shown {
            line.push(c);
            chars += 1;
            if chars > chars_max {
                return Some(cut(&line, chars_max));
            }
        }
    }
    (chars > 0).then_some(line)
}

fn cut(line: &str, chars_max: usize) -> String {
    let kept: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}

/// Not controls, not overrides of direction (Unicode 3.12, bidirectional formatting), not spaces of
/// no width at all.
fn is_shown(c: char) -> bool {
    let is_direction = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_nothing = matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}');
    !c.is_control() && !is_direction && !is_nothing
}

/// The beginning of `text`, at most `bytes_max` bytes.
pub(crate) fn beginning(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(line(text, 8).as_deref(), expected, "of {text:?}");
    }

    #[test]
    fn text_becomes_one_line() {
        check(" a\n\t b\u{3000}c ", Some("a b c"));
        check("a\u{0}b\u{202E}c\u{2066}d\u{FEFF}", Some("abcd"));
        check("a \u{200B} b", Some("a b"));
        check("👩\u{200D}🍳", Some("👩\u{200D}🍳"));
        check("", None);
        check(" \n\u{202E} \u{7F}", None);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        check("12345678", Some("12345678"));
        check("123456789", Some("1234567…"));
        check("123456 89", Some("123456…"));
        check("äöüäöüäöü", Some("äöüäöüä…"));
        check(&"x".repeat(100_000), Some("xxxxxxx…"));
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        assert_eq!(beginning("aé", 2), "a");
        assert_eq!(beginning("aé", 3), "aé");
        assert_eq!(beginning("aé", 99), "aé");
    }
}
