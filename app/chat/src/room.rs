//! A room: what may happen in it.
//!
//! Pure: [`Room::decide`] says what a command makes happen, [`Room::apply`] takes in what happened.
//! The time comes with the command and is kept in the event, so every decision can be made again
//! from the log. What a room remembers to decide is bounded: neither the history, nor everyone who
//! ever spoke.

use std::collections::BTreeMap;

use eventsourcing::Aggregate;
use identity::{Guest, GuestId, GuestName, is_blank};
use serde::{Deserialize, Serialize};

use crate::{
    Action, LineError, Manner, MessageId, Retention, Role, Visibility,
    event::{Event, Opening, Posted},
    message::{BODY_CHARS_MAX, BODY_LINES_MAX, normal_body},
};

/// How many messages one author may send at once before the rate counts.
pub const BURST_MAX: i64 = 10;
/// How often one author may send in the long run: once per this time.
pub const PACE_MS: i64 = 1_000;
/// The same text by the same author is refused for this long.
pub const REPEAT_AFTER_MS: i64 = 10_000;

/// After how long an author is forgotten: nothing they did before then matters to any rule.
const FORGET_AFTER_MS: i64 =
    if BURST_MAX * PACE_MS > REPEAT_AFTER_MS { BURST_MAX * PACE_MS } else { REPEAT_AFTER_MS };
/// How many authors are remembered. Beyond it new ones go unlimited until others are forgotten: more
/// than this many people within [`FORGET_AFTER_MS`] are limited by other means.
const AUTHORS_MAX: usize = 2_048;
/// Authors are forgotten once per this many messages.
const SWEEP_EVERY: u64 = 64;

/// What somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Open(Opening),
    Post(Post),
    Act(Order),
    /// The room's time may be up: nobody was there since `empty_since_ms`.
    Expire {
        empty_since_ms: i64,
        at_ms: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub id: MessageId,
    pub author: Guest,
    pub manner: Manner,
    pub body: String,
    pub at_ms: i64,
}

/// Who wants what else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub by: Guest,
    pub act: Act,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// `author` is whose message it is: the room does not remember.
    Edit {
        number: u64,
        author: GuestId,
        body: String,
    },
    Remove {
        number: u64,
        author: GuestId,
    },
    /// `None`: the room goes by its address.
    Retitle {
        to: Option<String>,
    },
    /// `present` are the people in the room; when it becomes private, they stay.
    SetVisibility {
        to: Visibility,
        present: Vec<Guest>,
    },
    SetRetention {
        to: Retention,
    },
    Knock,
    Admit {
        who: Guest,
    },
    TurnAway {
        who: Guest,
    },
    SetRole {
        who: Guest,
        role: Role,
    },
    Transfer {
        to: Guest,
    },
    Expel {
        who: Guest,
    },
    Pardon {
        who: Guest,
    },
    Leave,
    /// `by` goes by another name than `from` now.
    NoteRename {
        from: GuestName,
    },
    End {
        reason: Option<String>,
    },
    Erase,
}

/// Why a room says no, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("There is no such room.")]
    NoSuchRoom,
    #[error("There is nothing to send yet.")]
    Empty,
    #[error("That is too long: at most {BODY_CHARS_MAX} characters, this has {chars}.")]
    TooLong { chars: usize },
    #[error("That has too many lines: at most {BODY_LINES_MAX}, this has {lines}.")]
    TooManyLines { lines: usize },
    #[error("That was quick. Please wait {} before you send the next one.", seconds(*.retry_after_ms))]
    TooFast { retry_after_ms: i64 },
    #[error("You just said exactly that.")]
    Repeated,
    #[error("There is no such message, or nothing is left of it.")]
    NoSuchMessage,
    /// Somebody is not allowed to do it; who is says the table in `docs/permissions.md`.
    #[error("{}", .0.refusal())]
    NotAllowed(Action),
    #[error("This room is private. Knock, and its owner can let you in.")]
    Private,
    #[error("You were removed from this room.")]
    Expelled,
    #[error("This conversation has ended. It can be read, but nothing is added any more.")]
    Ended,
    #[error("This room and everything in it was erased.")]
    Erased,
    #[error("The owner cannot leave; hand the room over first, or delete it.")]
    OwnerStays,
    #[error("There is nobody like that in this room.")]
    NoSuchPerson,
    #[error("Nobody can do that to themselves.")]
    Oneself,
    #[error("This is a private chat of two; that is not possible here.")]
    OnlyTwo,
    #[error("Your knock was answered with no. Please wait {} before you try again.", seconds(*.retry_after_ms))]
    TurnedAway { retry_after_ms: i64 },
    #[error("Too many are waiting at the door already. Please try again later.")]
    DoorIsBusy,
    #[error("An idle time must be between a second and 30 days.")]
    IdleTime,
    #[error(transparent)]
    Line(LineError),
    #[error("They do not want to hear from you.")]
    Blocked,
    #[error("They said no a moment ago. Please wait {} before you ask again.", seconds(*.retry_after_ms))]
    Declined { retry_after_ms: i64 },
    #[error("This invitation is not open any more.")]
    NoInvite,
    #[error("You have blocked as many people as is possible.")]
    TooManyBlocks,
    /// Only while nobody knows better: somebody came in between.
    #[error("The room is in use.")]
    InUse,
}

fn seconds(ms: i64) -> String {
    match (ms + 999) / 1_000 {
        1 => "a second".to_owned(),
        more => format!("{more} seconds"),
    }
}

/// What a room remembers to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Room {
    opened: bool,
    messages: u64,
    authors: BTreeMap<GuestId, Author>,
}

/// A leaky bucket and the last text, both as of the author's last message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Author {
    at_ms: i64,
    /// How much of the burst is used up, in time it takes to come back.
    used_ms: i64,
    text: u64,
}

impl Aggregate for Room {
    const KIND: &'static str = "room";
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    /// A message that is sent again is no matter of the rules: its command id is known, and the
    /// dispatch answers before it asks the room.
    fn decide(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        match command {
            // Whoever claimed the slug is the one who opens; anybody may finish that for them.
            Command::Open(_) if self.opened => Ok(Vec::new()),
            Command::Open(opening) => Ok(vec![Event::Opened(opening.clone())]),
            Command::Post(_) if !self.opened => Err(Refusal::NoSuchRoom),
            Command::Post(post) => self.decide_post(post),
            Command::Act(_) | Command::Expire { .. } => todo!("the orders"),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened(_) => self.opened = true,
            Event::Posted(posted) => self.apply_posted(posted),
            _ => todo!("the orders"),
        }
    }
}

impl Room {
    fn decide_post(&self, post: &Post) -> Result<Vec<Event>, Refusal> {
        let body = normal_body(&post.body);
        check_body(&body)?;
        self.check_author(&post.author.id, &body, post.at_ms)?;
        let (id, author, at_ms) = (post.id.clone(), post.author.clone(), post.at_ms);
        let manner = post.manner;
        let number = self.messages + 1;
        Ok(vec![Event::Posted(Posted { number, id, author, manner, body, at_ms })])
    }

    fn check_author(&self, author: &GuestId, body: &str, at_ms: i64) -> Result<(), Refusal> {
        let Some(author) = self.authors.get(author).filter(|author| author.matters(at_ms)) else {
            return Ok(());
        };
        // The text first: it tells more than the pace, and usually is an accident.
        if author.text == text_hash(body) && author.since_ms(at_ms) < REPEAT_AFTER_MS {
            return Err(Refusal::Repeated);
        }
        let over_ms = author.used_ms(at_ms) + PACE_MS - BURST_MAX * PACE_MS;
        if over_ms > 0 {
            return Err(Refusal::TooFast { retry_after_ms: over_ms });
        }
        Ok(())
    }

    fn apply_posted(&mut self, posted: &Posted) {
        self.messages = posted.number;
        if posted.number.is_multiple_of(SWEEP_EVERY) {
            self.authors.retain(|_, author| author.matters(posted.at_ms));
        }
        self.remember_author(posted);
    }

    fn remember_author(&mut self, posted: &Posted) {
        let at_ms = posted.at_ms;
        let known = self.authors.get(&posted.author.id);
        if known.is_none() && self.authors.len() >= AUTHORS_MAX {
            return;
        }
        let used_ms = known.filter(|author| author.matters(at_ms)).map_or(0, |a| a.used_ms(at_ms));
        let author = Author { at_ms, used_ms: used_ms + PACE_MS, text: text_hash(&posted.body) };
        self.authors.insert(posted.author.id.clone(), author);
    }
}

impl Author {
    /// Long ago matters no more; and a far future means that a clock was put back, which must not
    /// silence anyone until it catches up.
    fn matters(&self, now_ms: i64) -> bool {
        (now_ms.saturating_sub(self.at_ms)).saturating_abs() < FORGET_AFTER_MS
    }

    /// Never negative: the clocks of two nodes may differ a little.
    fn since_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.at_ms).max(0)
    }

    fn used_ms(&self, now_ms: i64) -> i64 {
        (self.used_ms - self.since_ms(now_ms)).max(0)
    }
}

fn check_body(body: &str) -> Result<(), Refusal> {
    if is_blank(body) {
        return Err(Refusal::Empty);
    }
    let chars = body.chars().count();
    if chars > BODY_CHARS_MAX {
        return Err(Refusal::TooLong { chars });
    }
    let lines = body.split('\n').count();
    if lines > BODY_LINES_MAX {
        return Err(Refusal::TooManyLines { lines });
    }
    Ok(())
}

/// FNV-1a: the same on every node and version, as the state may travel in a snapshot.
fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use identity::GuestName;
    use proptest::prelude::*;

    use super::*;

    const T0: i64 = 1_700_000_000_000;

    fn guest(byte: u8) -> Guest {
        let id = GuestId::parse(&format!("{byte:0>16}")).expect("sixteen digits");
        Guest { id, name: GuestName::friendly(u64::from(byte)) }
    }

    fn ana() -> Guest {
        guest(1)
    }

    fn ben() -> Guest {
        guest(2)
    }

    fn kitchen() -> Opening {
        let slug = Slug::parse("kitchen").expect("a valid slug");
        Opening {
            slug,
            title: Some("The kitchen".into()),
            owner: ana(),
            visibility: Visibility::Public,
            retention: Retention::Kept,
            with: None,
            at_ms: T0,
        }
    }

    fn id(number: u64) -> MessageId {
        MessageId::parse(&format!("message-{number}")).expect("a valid id")
    }

    fn say(author: Guest, number: u64, body: &str, at_ms: i64) -> Command {
        Command::Post(Post {
            id: id(number),
            author,
            manner: Manner::Said,
            body: body.into(),
            at_ms: T0 + at_ms,
        })
    }

    fn opened() -> Event {
        Event::Opened(kitchen())
    }

    fn posted(author: Guest, number: u64, body: &str, at_ms: i64) -> Event {
        Event::Posted(Posted {
            number,
            id: id(number),
            author,
            manner: Manner::Said,
            body: body.into(),
            at_ms: T0 + at_ms,
        })
    }

    /// `count` different messages of `author`, `every_ms` apart, the first at 0.
    fn opened_and_said(author: Guest, count: u64, every_ms: i64) -> Vec<Event> {
        let said = (1..=count)
            .map(|n| posted(author.clone(), n, &format!("text {n}"), (n as i64 - 1) * every_ms));
        [opened()].into_iter().chain(said).collect()
    }

    fn room(events: &[Event]) -> Room {
        let mut room = Room::default();
        events.iter().for_each(|event| room.apply(event));
        room
    }

    #[track_caller]
    fn check(sentence: &str, given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
        assert_eq!(room(given).decide(&when), then, "{sentence}");
    }

    fn happens(event: Event) -> Result<Vec<Event>, Refusal> {
        Ok(vec![event])
    }

    #[test]
    fn opening() {
        let open = || Command::Open(kitchen());
        check("a room opens", &[], open(), happens(opened()));
        check("a room opens once", &[opened()], open(), Ok(vec![]));
        check(
            "nobody speaks before it opens",
            &[],
            say(ana(), 1, "hi", 0),
            Err(Refusal::NoSuchRoom),
        );
    }

    #[test]
    fn what_may_be_said() {
        let given = &[opened()];
        let hi = || say(ana(), 1, "hi", 0);
        check("the first message is number 1", given, hi(), happens(posted(ana(), 1, "hi", 0)));
        check(
            "the next is number 2",
            &[opened(), posted(ana(), 1, "hi", 0)],
            say(ben(), 2, "hello", 5),
            happens(posted(ben(), 2, "hello", 5)),
        );
        check(
            "the text is kept in its normal form",
            given,
            say(ana(), 1, "\r\nTom & \0<b>\r\n\r\n", 0),
            happens(posted(ana(), 1, "Tom & <b>", 0)),
        );
        for nothing in ["", " ", "\n\r\n\t", "\u{200B}\u{FEFF}", "\0\0", "\u{3000}\u{2028}"] {
            check("nothing is refused", given, say(ana(), 1, nothing, 0), Err(Refusal::Empty));
        }
        let longest = "é".repeat(BODY_CHARS_MAX);
        check(
            "four thousand characters fit",
            given,
            say(ana(), 1, &longest, 0),
            happens(posted(ana(), 1, &longest, 0)),
        );
        check(
            "one more does not",
            given,
            say(ana(), 1, &format!("{longest}!"), 0),
            Err(Refusal::TooLong { chars: BODY_CHARS_MAX + 1 }),
        );
        check(
            "white space at the end does not count",
            given,
            say(ana(), 1, &format!("{longest} \n"), 0),
            happens(posted(ana(), 1, &longest, 0)),
        );
        let tallest = ["a"; BODY_LINES_MAX].join("\n");
        check(
            "two hundred lines fit",
            given,
            say(ana(), 1, &tallest, 0),
            happens(posted(ana(), 1, &tallest, 0)),
        );
        check(
            "one more line does not",
            given,
            say(ana(), 1, &format!("{tallest}\r\nb"), 0),
            Err(Refusal::TooManyLines { lines: BODY_LINES_MAX + 1 }),
        );
    }

    fn happens_as(
        number: u64,
        author: Guest,
        message: u64,
        body: &str,
        at_ms: i64,
    ) -> Result<Vec<Event>, Refusal> {
        let (id, body, at_ms) = (id(message), body.to_owned(), T0 + at_ms);
        happens(Event::Posted(Posted { number, id, author, manner: Manner::Said, body, at_ms }))
    }

    #[test]
    fn repeats() {
        let given = &[opened(), posted(ana(), 1, "hi", 0)];
        let hi = |author, at_ms| say(author, 2, "hi", at_ms);
        check("the same again is refused", given, hi(ana(), 0), Err(Refusal::Repeated));
        check("for ten seconds", given, hi(ana(), 9_999), Err(Refusal::Repeated));
        check("then not", given, hi(ana(), 10_000), happens(posted(ana(), 2, "hi", 10_000)));
        check("somebody else may", given, hi(ben(), 0), happens(posted(ben(), 2, "hi", 0)));
        check(
            "invisible differences do not help",
            given,
            say(ana(), 2, "\r\nhi \n", 0),
            Err(Refusal::Repeated),
        );
        check(
            "something else in between does",
            &[opened(), posted(ana(), 1, "hi", 0), posted(ana(), 2, "ho", 1)],
            say(ana(), 3, "hi", 2),
            happens(posted(ana(), 3, "hi", 2)),
        );
        check(
            "somebody else in between does not",
            &[opened(), posted(ana(), 1, "hi", 0), posted(ben(), 2, "ho", 1)],
            say(ana(), 3, "hi", 2),
            Err(Refusal::Repeated),
        );
    }

    #[test]
    fn pace() {
        let burst = opened_and_said(ana(), BURST_MAX as u64, 0);
        let next = |author, at_ms| say(author, 11, "next", at_ms);
        let fast = |retry_after_ms| Err(Refusal::TooFast { retry_after_ms });
        check(
            "the tenth at once is accepted",
            &burst[..10],
            next(ana(), 0),
            happens_as(10, ana(), 11, "next", 0),
        );
        check("the eleventh is not", &burst, next(ana(), 0), fast(1_000));
        check("nor soon after", &burst, next(ana(), 999), fast(1));
        check(
            "after a second it is",
            &burst,
            next(ana(), 1_000),
            happens(posted(ana(), 11, "next", 1_000)),
        );
        check(
            "others are not held up",
            &burst,
            next(ben(), 0),
            happens(posted(ben(), 11, "next", 0)),
        );
        let steady = opened_and_said(ana(), 500, PACE_MS);
        check(
            "one per second goes on for ever",
            &steady,
            say(ana(), 501, "next", 500 * PACE_MS),
            happens(posted(ana(), 501, "next", 500 * PACE_MS)),
        );
        let full_then_one = [burst.as_slice(), &[posted(ana(), 11, "eleven", 1_000)]].concat();
        check(
            "a second gives one, not ten",
            &full_then_one,
            say(ana(), 12, "twelve", 1_000),
            fast(1_000),
        );
        check(
            "a clock that is a little behind gives nothing",
            &burst,
            next(ana(), -50),
            fast(1_000),
        );
        check(
            "a clock that was far ahead silences nobody",
            &burst,
            next(ana(), -3_600_000),
            happens(posted(ana(), 11, "next", -3_600_000)),
        );
    }

    #[test]
    fn refusals_tell_the_person_what_to_do() {
        let told = |refusal: Refusal| refusal.to_string();
        assert_eq!(
            told(Refusal::TooLong { chars: 4_123 }),
            "That is too long: at most 4000 characters, this has 4123."
        );
        assert_eq!(
            told(Refusal::TooFast { retry_after_ms: 1 }),
            "That was quick. Please wait a second before you send the next one."
        );
        assert!(told(Refusal::TooFast { retry_after_ms: 1_001 }).contains("2 seconds"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut room = room(&[opened()]);
        for number in 1..=20_000_u64 {
            let author = Guest { id: numbered(number), ..ana() };
            room.apply(&posted(author, number, "hi", number as i64));
        }
        assert!(room.authors.len() <= AUTHORS_MAX, "{} authors", room.authors.len());
        room.apply(&posted(ana(), 20_032, "hi", 1_000_000));
        assert_eq!(room.authors.len(), 1, "everyone else is long gone");
    }

    fn numbered(number: u64) -> GuestId {
        GuestId::parse(&format!("{number:0>16}")).expect("sixteen digits")
    }

    #[test]
    fn nothing_a_person_wrote_is_left_in_a_redacted_event() {
        for event in [opened(), posted(ana(), 1, "a secret", 0)] {
            let redacted = event.redacted().expect("somebody wrote it");
            let text = serde_json::to_string(&redacted).expect("events are plain data");
            for word in ["The kitchen", "secret", ana().name.as_str()] {
                assert!(!text.contains(word), "{word} is in {text}");
            }
            assert_eq!(serde_json::from_str::<Event>(&text).expect("it can be read"), redacted);
            assert_eq!(redacted.redacted().as_ref(), Some(&redacted), "twice is once");
            assert_eq!(room(&[redacted]).messages, room(&[event]).messages, "it can be applied");
        }
    }

    #[test]
    fn an_event_reads_back_as_it_was_written() {
        for event in [opened(), posted(ana(), 1, "hi\n<b>", 0)] {
            let text = serde_json::to_string(&event).expect("events are plain data");
            assert_eq!(serde_json::from_str::<Event>(&text).expect("it was just written"), event);
        }
    }

    fn command() -> impl Strategy<Value = (u8, u64, u8, i64)> {
        (1_u8..4, 0_u64..30, 0_u8..6, 0_i64..3_000)
    }

    proptest! {
        /// The rules as a person would state them, checked against the whole history.
        #[test]
        fn the_rules_hold_over_any_history(commands in prop::collection::vec(command(), 1..120)) {
            let mut room = room(&[opened()]);
            let mut history: Vec<Posted> = Vec::new();
            let mut now_ms = 0;
            for (who, message, text, later_ms) in commands {
                now_ms += later_ms;
                let when = say(guest(who), message, &format!("text {text}"), now_ms);
                let Ok(events) = room.decide(&when) else { continue };
                for event in events {
                    room.apply(&event);
                    let Event::Posted(posted) = event else { panic!("only messages here") };
                    prop_assert_eq!(posted.number, history.len() as u64 + 1, "no gap");
                    history.push(posted);
                }
            }
            for author in 1..4 {
                let said: Vec<_> = history.iter().filter(|p| p.author == guest(author)).collect();
                for pair in said.windows(2) {
                    let again = pair[0].body == pair[1].body;
                    prop_assert!(!again || pair[1].at_ms - pair[0].at_ms >= REPEAT_AFTER_MS);
                }
                for (i, first) in said.iter().enumerate() {
                    for (j, last) in said.iter().enumerate().skip(i) {
                        let allowed_ms = last.at_ms - first.at_ms + BURST_MAX * PACE_MS;
                        prop_assert!((j - i + 1) as i64 * PACE_MS <= allowed_ms, "too many");
                    }
                }
            }
        }

        /// A snapshot taken anywhere changes no later decision.
        #[test]
        fn a_room_decides_the_same_after_a_restart(
            commands in prop::collection::vec(command(), 1..60),
            at in 0_usize..60,
        ) {
            let mut room = room(&[opened()]);
            let mut now_ms = 0;
            for (step, (who, message, text, later_ms)) in commands.into_iter().enumerate() {
                if step == at {
                    let snapshot = serde_json::to_string(&room).expect("a room is plain data");
                    let restored: Room = serde_json::from_str(&snapshot).expect("just written");
                    prop_assert_eq!(&restored, &room);
                    room = restored;
                }
                now_ms += later_ms;
                let when = say(guest(who), message, &format!("text {text}"), now_ms);
                for event in room.decide(&when).unwrap_or_default() {
                    room.apply(&event);
                }
            }
        }
    }
}
