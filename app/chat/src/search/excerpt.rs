//! The part of a text that is shown of a hit. Pure.

/// Before and after what was looked for, in a text that the index marked. No text has them: control
/// characters are not kept.
pub(super) const MARKS: [char; 2] = ['\u{1}', '\u{2}'];

/// How much stands before the first mark, in characters.
const BEFORE_CHARS: usize = 60;
/// How much stands in all, in characters.
const CHARS_MAX: usize = 240;

/// The part of a marked text around the first mark, in one line, in pieces; `true`: it was marked.
pub(super) fn of(marked: &str) -> Vec<(String, bool)> {
    let [begin, end] = MARKS;
    let chars: Vec<char> = marked.chars().collect();
    let first = chars.iter().position(|&c| c == begin).unwrap_or(0);
    let from = first.saturating_sub(BEFORE_CHARS);
    let mut excerpt = Excerpt::default();
    if from > 0 {
        excerpt.push('…');
    }
    let mut rest = chars[from..].iter();
    for &c in rest.by_ref() {
        match c {
            c if c == begin => excerpt.turn(true),
            c if c == end => excerpt.turn(false),
            c if c.is_whitespace() => excerpt.push(' '),
            c => excerpt.push(c),
        }
        if excerpt.chars >= CHARS_MAX {
            break;
        }
    }
    if rest.any(|c| !MARKS.contains(c)) {
        excerpt.turn(false);
        excerpt.push('…');
    }
    excerpt.pieces
}

#[derive(Default)]
struct Excerpt {
    pieces: Vec<(String, bool)>,
    marked: bool,
    chars: usize,
}

impl Excerpt {
    fn turn(&mut self, marked: bool) {
        self.marked = marked;
    }

    fn push(&mut self, c: char) {
        self.chars += 1;
        match self.pieces.last_mut() {
            Some((text, marked)) if *marked == self.marked => text.push(c),
            _ => self.pieces.push((c.to_string(), self.marked)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, marked: &str, shown: &[(&str, bool)]) {
        let marked = marked.replace('[', "\u{1}").replace(']', "\u{2}");
        let excerpt = of(&marked);
        let excerpt: Vec<_> =
            excerpt.iter().map(|(text, marked)| (text.as_str(), *marked)).collect();
        assert_eq!(excerpt, shown, "{sentence}");
    }

    #[test]
    fn excerpts() {
        check("nothing is nothing", "", &[]);
        check("a short text is whole", "more tea", &[("more tea", false)]);
        let pieces = [("more ", false), ("tea", true), (" and ", false), ("tea", true)];
        check("what was looked for is marked", "more [tea] and [tea]", &pieces);
        check("it is one line", "a\n\tb", &[("a  b", false)]);
        let long = format!("{}[tea]{}", "x".repeat(500), "y".repeat(500));
        let (before, after) = (format!("…{}", "x".repeat(60)), format!("{}…", "y".repeat(176)));
        let around = [(before.as_str(), false), ("tea", true), (after.as_str(), false)];
        check("a long text is shown around it", &long, &around);
        let endless = format!("[{}]", "z".repeat(5_000));
        let cut = "z".repeat(240);
        check("a long word is cut", &endless, &[(cut.as_str(), true), ("…", false)]);
    }
}
