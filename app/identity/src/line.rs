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
    fn check(sentence: &str, text: &str, expected: Result<&str, LineError>) {
        assert_eq!(one_line(text, 10), expected.map(str::to_owned), "{sentence}: {text:?}");
    }

    #[test]
    fn lines() {
        check("a plain line is kept", "Ana", Ok("Ana"));
        check("ends are trimmed and inner space collapses", "  Ana \t\u{3000} B. ", Ok("Ana B."));
        check("a line break becomes a space", "Ana\r\nB.", Ok("Ana B."));
        check("ten characters fit", "éééééééééé", Ok("éééééééééé"));
        check("eleven do not", "01234567890", Err(LineError::TooLong { chars: 11, chars_max: 10 }));
        check("nothing is blank", "", Err(LineError::Blank));
        check("white space is blank", " \n\t\u{2003} ", Err(LineError::Blank));
        check("the invisible is blank", "\u{200B}\u{FEFF}\u{3164}", Err(LineError::Blank));
        check("a nul is refused", "A\0na", Err(LineError::ControlCharacter));
        check("an escape is refused", "\u{1b}[31mAna", Err(LineError::ControlCharacter));
        check("a direction override is refused", "A\u{202E}na", Err(LineError::ControlCharacter));
        check("a joined emoji is kept", "👩\u{200D}🍳", Ok("👩\u{200D}🍳"));
        check("markup is only text", "<b>&\"'", Ok("<b>&\"'"));
    }
}
