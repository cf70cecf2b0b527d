//! What somebody typed, as the index is asked for it. Pure.

use identity::GuestId;

use super::{QUESTION_CHARS_MAX, Search};
use crate::RoomId;

/// A question that may find something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// What must occur in the text; `None`: anything.
    pub words: Option<String>,
    pub by: Option<By>,
    pub room: Option<RoomId>,
    pub from_ms: i64,
    pub until_ms: i64,
    pub before: u64,
}

/// Whose messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct By {
    /// It may be an id: it is one if somebody has it.
    pub id: Option<GuestId>,
    /// It may be a name.
    pub name: Option<String>,
}

impl Question {
    /// `None`: nothing is asked, or nothing that any text could answer.
    pub fn of(search: Search) -> Option<Self> {
        let Search { words, by, room, from_ms, until_ms, after } = search;
        let by = by.filter(|by| !by.trim().is_empty());
        let asks_words = !words.trim().is_empty();
        let filters = by.is_some() || room.is_some() || from_ms.is_some() || until_ms.is_some();
        if !asks_words && !filters {
            return None;
        }
        let words = expression(&words);
        if asks_words && words.is_none() {
            return None;
        }
        let by = match by {
            Some(by) => Some(By::of(by.trim())?),
            None => None,
        };
        Some(Self {
            words,
            by,
            room,
            from_ms: from_ms.unwrap_or(i64::MIN),
            until_ms: until_ms.unwrap_or(i64::MAX),
            before: after.unwrap_or(u64::MAX),
        })
    }
}

impl By {
    fn of(text: &str) -> Option<Self> {
        let words = text.chars().take(QUESTION_CHARS_MAX).collect::<String>();
        let words: Vec<_> = words.split(|c: char| !c.is_alphanumeric()).collect();
        let name: Vec<_> =
            words.into_iter().filter(|word| !word.is_empty()).map(beginning).collect();
        let name = (!name.is_empty()).then(|| name.join(" "));
        let id = GuestId::parse(text).ok();
        (id.is_some() || name.is_some()).then_some(Self { id, name })
    }
}

/// The words as an expression of FTS5 in which everything somebody typed stands in quotes: none of
/// it can be syntax.
fn expression(text: &str) -> Option<String> {
    let mut pieces = pieces(text);
    // Without a letter or a digit it is no word to the index.
    pieces.retain(|piece| piece.text.chars().any(char::is_alphanumeric));
    let last = pieces.pop()?;
    let last = if last.quoted { quote(&last.text) } else { beginning(&last.text) };
    let all = pieces.iter().map(|piece| quote(&piece.text)).chain([last]);
    Some(all.collect::<Vec<_>>().join(" "))
}

/// Words that stand in a row.
struct Piece {
    text: String,
    quoted: bool,
}

/// Words by themselves, and what stands in quotes together. A quote that is not closed goes on to
/// the end.
fn pieces(text: &str) -> Vec<Piece> {
    let text: String = text.chars().take(QUESTION_CHARS_MAX).collect();
    let mut pieces = Vec::new();
    for (number, part) in text.split(['"', '“', '”', '„']).enumerate() {
        if number % 2 == 1 {
            pieces.push(Piece { text: part.to_owned(), quoted: true });
        } else {
            let words = part.split_whitespace();
            pieces.extend(words.map(|word| Piece { text: word.to_owned(), quoted: false }));
        }
    }
    pieces
}

/// No quote is in it, and the rest of what could end it early goes.
fn quote(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{text}\"")
}

fn beginning(text: &str) -> String {
    format!("{} *", quote(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, words: &str, asked: Option<&str>) {
        assert_eq!(expression(words).as_deref(), asked, "{sentence}");
    }

    #[test]
    fn words() {
        check("a word may go on", "tea", Some("\"tea\" *"));
        check("only the last may", "green tea", Some("\"green\" \"tea\" *"));
        check(
            "what is quoted stands in a row",
            "\"green tea\" pot",
            Some("\"green tea\" \"pot\" *"),
        );
        check("and does not go on", "pot \"green tea\"", Some("\"pot\" \"green tea\""));
        check("an open quote goes on to the end", "\"green tea", Some("\"green tea\""));
        check("other quotes are quotes", "“green tea”", Some("\"green tea\""));
        check("syntax is words", "a OR b*", Some("\"a\" \"OR\" \"b*\" *"));
        check("columns are words", "author:ana", Some("\"author:ana\" *"));
        check("nothing is no word", " \t\n", None);
        check("signs are no words", "*** --- \"\" ()", None);
        check("signs between words go", "- tea -", Some("\"tea\" *"));
        check("what ends a text early goes", "te\0a", Some("\"te a\" *"));
    }

    #[test]
    fn a_question_is_bounded() {
        let asked = expression(&"a ".repeat(10_000)).expect("words");
        assert!(asked.len() <= QUESTION_CHARS_MAX * 4, "{} bytes", asked.len());
    }

    #[test]
    fn asking_for_nothing_finds_nothing() {
        let search = |words: &str, by: Option<&str>| {
            let (words, by) = (words.to_owned(), by.map(str::to_owned));
            Question::of(Search { words, by, ..Search::default() })
        };
        assert_eq!(search("", None), None);
        assert_eq!(search(" ", Some(" ")), None);
        assert_eq!(search("?!", Some("ana")), None, "the words make no sense");
        assert_eq!(search("", Some("?!")), None, "nobody is called so");
        let by = search("", Some("ana b")).and_then(|question| question.by);
        assert_eq!(by.and_then(|by| by.name).as_deref(), Some("\"ana\" * \"b\" *"));
        let room = Search { room: Some(RoomId::random()), ..Search::default() };
        assert!(Question::of(room).is_some(), "a filter is a question");
    }
}
