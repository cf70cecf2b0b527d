//! What somebody said: the text as it is kept, and the record that is read.

use std::borrow::Cow;

use identity::Guest;

use crate::{Card, Manner, MessageId, event::Posted};

/// The longest message, in Unicode scalar values. Graphemes would let one "character" be arbitrarily
/// long.
pub const BODY_CHARS_MAX: usize = 4_000;
/// The most lines in a message.
pub const BODY_LINES_MAX: usize = 200;
/// The same author within this time continues what was said before.
pub const CONTINUES_WITHIN_MS: i64 = 5 * 60 * 1_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// One message as it is read. Everything in it is the same for every reader, and a function of the
/// message and the one truly before it, never of the window somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the room, from 1 without gaps.
    pub number: u64,
    /// The change of the room by which it was said: its place among the notices.
    pub change: u64,
    pub id: MessageId,
    /// Who said it, under the name they had then.
    pub author: Guest,
    pub manner: Manner,
    /// What they said, as plain text with `\n` line breaks. Empty: it was erased.
    pub body: String,
    /// What is shown of its links, in their order; at most [`CARDS_MAX`](crate::CARDS_MAX).
    pub cards: Vec<Card>,
    /// Who changed the text last, and when.
    pub edited: Option<Edit>,
    /// Somebody removed it: neither text nor name is left.
    pub removed: bool,
    /// When the server accepted it, in milliseconds since the Unix epoch.
    pub sent_at_ms: i64,
    /// When the message before it was accepted; `None` for the first of the room. A browser that
    /// knows its time zone decides from this whether a new day began.
    pub previous_at_ms: Option<i64>,
    /// The same author said the message before, at most [`CONTINUES_WITHIN_MS`] earlier, and nothing
    /// stands between the two. Only what was [said](Manner::Said) continues and is continued.
    pub continues: bool,
    /// The first message, or the first of its day in UTC.
    pub new_day_utc: bool,
}

/// What a message needs to know of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Previous<'a> {
    /// Who may go on; `None`: a notice stands after it, or it is nothing that goes on.
    pub author_id: Option<&'a str>,
    pub sent_at_ms: i64,
}

/// The last change of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub by: Guest,
    pub at_ms: i64,
}

impl Message {
    /// The message that change `change` of its room is, after `previous`.
    pub(crate) fn after(previous: Option<Previous<'_>>, change: u64, posted: Posted) -> Self {
        let Posted { number, id, author, manner, body, at_ms: sent_at_ms } = posted;
        let previous_at_ms = previous.map(|previous| previous.sent_at_ms);
        let continues = manner == Manner::Said
            && previous.is_some_and(|previous| {
                previous.author_id == Some(author.id.as_str())
                    && sent_at_ms.saturating_sub(previous.sent_at_ms) <= CONTINUES_WITHIN_MS
            });
        let new_day_utc = Self::is_new_day_utc(previous_at_ms, sent_at_ms);
        Self {
            number,
            change,
            id,
            author,
            manner,
            body,
            cards: Vec::new(),
            edited: None,
            removed: false,
            sent_at_ms,
            previous_at_ms,
            continues,
            new_day_utc,
        }
    }

    /// How much text it has, in bytes.
    pub(crate) fn text_bytes(&self) -> usize {
        self.body.len() + self.cards.iter().map(Card::text_bytes).sum::<usize>()
    }

    pub(crate) fn is_new_day_utc(previous_at_ms: Option<i64>, sent_at_ms: i64) -> bool {
        let day = sent_at_ms.div_euclid(DAY_MS);
        previous_at_ms.is_none_or(|before_ms| before_ms.div_euclid(DAY_MS) != day)
    }
}

/// `text` as it is kept: `\r\n` and `\r` become `\n`; other control characters except tab go; blank
/// lines at the ends and white space after the last word go. Everything else stays, hostile or not:
/// whoever shows it escapes it.
pub(crate) fn normal_body(text: &str) -> String {
    let text = if text.contains('\r') {
        Cow::from(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::from(text)
    };
    let kept: String =
        text.chars().filter(|&c| c == '\n' || c == '\t' || !c.is_control()).collect();
    let mut body = kept.trim_end();
    while let Some((first, rest)) = body.split_once('\n') {
        if !first.trim().is_empty() {
            break;
        }
        body = rest;
    }
    body.to_owned()
}

#[cfg(test)]
mod tests {
    use identity::{GuestName, GuestSession};

    use super::*;

    #[track_caller]
    fn check(sentence: &str, text: &str, kept: &str) {
        assert_eq!(normal_body(text), kept, "{sentence}: {text:?}");
    }

    #[test]
    fn bodies() {
        check("plain text is kept", "hello", "hello");
        check("line breaks are kept as line feeds", "a\r\nb\rc\nd", "a\nb\nc\nd");
        check("inner blank lines are kept", "a\n\n\nb", "a\n\n\nb");
        check("blank lines at the ends go", "\n  \n\n  a\nb  \n \n", "  a\nb");
        check("indentation and tabs are kept", "    let x;\n\tlet y;", "    let x;\n\tlet y;");
        check("nul and other controls go", "a\0b\u{1b}[31mc\u{7f}\u{85}", "ab[31mc");
        check(
            "markup is kept",
            "Tom & \"Jo\" <3 <script>alert('x')</script>",
            "Tom & \"Jo\" <3 <script>alert('x')</script>",
        );
        check(
            "direction overrides and joiners are kept",
            "\u{202E}abc\u{202C} 👩\u{200D}🍳",
            "\u{202E}abc\u{202C} 👩\u{200D}🍳",
        );
        check("only white space is nothing", " \r\n\t\0\u{3000}", "");
    }

    fn said(author: &Guest, at_ms: i64, before: Option<(&Guest, i64)>) -> Message {
        let previous = before.map(|(author, sent_at_ms)| Previous {
            author_id: Some(author.id.as_str()),
            sent_at_ms,
        });
        Message::after(previous, 3, posted(author, Manner::Said, at_ms))
    }

    fn posted(author: &Guest, manner: Manner, at_ms: i64) -> Posted {
        let (id, author) = (MessageId::random(), author.clone());
        Posted { number: 2, id, author, manner, body: "hi".into(), at_ms }
    }

    #[test]
    fn only_what_was_said_goes_on_and_only_without_a_break() {
        let ana = GuestSession::fresh().guest();
        let after = |author_id, manner| {
            let previous = Previous { author_id, sent_at_ms: 5 };
            Message::after(Some(previous), 3, posted(&ana, manner, 6)).continues
        };
        assert!(after(Some(ana.id.as_str()), Manner::Said), "this test needs one that goes on");
        assert!(!after(Some(ana.id.as_str()), Manner::Did));
        assert!(!after(None, Manner::Said));
    }

    #[test]
    fn a_message_knows_the_one_truly_before_it() {
        let ana = GuestSession::fresh().guest();
        let ben = GuestSession::fresh().guest();
        let renamed = Guest { name: GuestName::friendly(1), ..ana.clone() };
        let noon = 20_000 * DAY_MS + DAY_MS / 2;
        let five_minutes = CONTINUES_WITHIN_MS;

        assert!(!said(&ana, noon, None).continues, "the first continues nothing");
        assert!(said(&ana, noon, None).new_day_utc, "the first begins a day");
        assert!(said(&ana, noon, Some((&ana, noon - five_minutes))).continues);
        assert!(!said(&ana, noon, Some((&ana, noon - five_minutes - 1))).continues);
        assert!(!said(&ana, noon, Some((&ben, noon))).continues, "another author");
        assert!(said(&ana, noon, Some((&renamed, noon))).continues, "the id counts, not the name");
        assert!(said(&ana, noon, Some((&ana, noon + 5))).continues, "clocks may differ a little");
        assert!(!said(&ana, noon, Some((&ana, noon - 1))).new_day_utc);
        assert!(said(&ana, noon, Some((&ana, noon - DAY_MS))).new_day_utc);
        let midnight = 20_001 * DAY_MS;
        assert!(said(&ana, midnight, Some((&ana, midnight - 1))).new_day_utc);
        assert!(said(&ana, -1, Some((&ana, 0))).new_day_utc, "days before 1970 count too");
        assert_eq!(said(&ana, noon, Some((&ben, 7))).previous_at_ms, Some(7));
    }
}
