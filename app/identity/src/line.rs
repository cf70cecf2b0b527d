//! One line of text that a person wrote: a name, a title.

/// Why a line was refused, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("Please type something that can be seen.")]
    Blank,
    #[error("That is too long: at most {chars_max} characters, this has {chars}.")]
    TooLong { chars: usize, chars_max: usize },
    #[error("That contains a hidden control character; please type it without.")]
    ControlCharacter,
}

/// `text` with its ends trimmed and every run of white space made one space.
///
/// A line break counts as white space, so what was pasted over two lines becomes one. Characters
/// are Unicode scalar values: counting graphemes would let one "character" be arbitrarily tall.
///
/// # Errors
/// Nothing visible, more than `chars_max` characters, or a character that acts on the text around it
/// (controls, direction overrides): those can disguise one person as another.
pub fn one_line(text: &str, chars_max: usize) -> Result<String, LineError> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().any(|c| c.is_control() || changes_direction(c)) {
        return Err(LineError::ControlCharacter);
    }
    if is_blank(&line) {
        return Err(LineError::Blank);
    }
    let chars = line.chars().count();
    if chars > chars_max {
        return Err(LineError::TooLong { chars, chars_max });
    }
    Ok(line)
}

/// Whether a reader would see nothing at all.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// The explicit direction characters of UAX #9.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Characters with no ink that are not white space to Unicode either. They stay allowed beside
/// visible ones: emoji and several scripts need the joiners.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}'
        | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        || changes_direction(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, LineError>) {
        assert_eq!(one_line(text, 10), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn lines() {
        let a_plain_line_is_kept = "Ana";
        check(a_plain_line_is_kept, Ok("Ana"));
        let ends_are_trimmed_and_inner_space_collapses = "  Ana \t\u{3000} B. ";
        check(ends_are_trimmed_and_inner_space_collapses, Ok("Ana B."));
        let a_line_break_becomes_a_space = "Ana\r\nB.";
        check(a_line_break_becomes_a_space, Ok("Ana B."));
        let ten_characters_fit = "éééééééééé";
        check(ten_characters_fit, Ok("éééééééééé"));
        let eleven_do_not = "01234567890";
        check(eleven_do_not, Err(LineError::TooLong { chars: 11, chars_max: 10 }));
        let nothing_is_blank = "";
        check(nothing_is_blank, Err(LineError::Blank));
        let white_space_is_blank = " \n\t\u{2003} ";
        check(white_space_is_blank, Err(LineError::Blank));
        let the_invisible_is_blank = "\u{200B}\u{FEFF}\u{3164}";
        check(the_invisible_is_blank, Err(LineError::Blank));
        let a_nul_is_refused = "A\0na";
        check(a_nul_is_refused, Err(LineError::ControlCharacter));
        let an_escape_is_refused = "\u{1b}[31mAna";
        check(an_escape_is_refused, Err(LineError::ControlCharacter));
        let a_direction_override_is_refused = "A\u{202E}na";
        check(a_direction_override_is_refused, Err(LineError::ControlCharacter));
        let a_joined_emoji_is_kept = "👩\u{200D}🍳";
        check(a_joined_emoji_is_kept, Ok("👩\u{200D}🍳"));
        let markup_is_only_text = "<b>&\"'";
        check(markup_is_only_text, Ok("<b>&\"'"));
    }
}
