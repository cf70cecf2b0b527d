mod orders;
mod cards;
mod any_order;

use eventsourcing::EventPayload as _;
use identity::GuestName;
use proptest::prelude::*;

use super::*;
use crate::{Card, CardImage, Slug};

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
        is_heard: true,
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

fn card(link: &str) -> Card {
    Card {
        link: link.to_owned(),
        url: link.to_owned(),
        site: "Example".to_owned(),
        title: Some("A secret of an example".to_owned()),
        description: None,
        image: Some(CardImage { id: "1-0123456789abcdef".to_owned(), width: 480, height: 252 }),
    }
}

fn attached(number: u64, place: u32, card: Card) -> Event {
    Event::CardAttached { number, place, card: Box::new(card), at_ms: T0 }
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
    check("nobody speaks before it opens", &[], say(ana(), 1, "hi", 0), Err(Refusal::NoSuchRoom));
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
    check("others are not held up", &burst, next(ben(), 0), happens(posted(ben(), 11, "next", 0)));
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
    check("a clock that is a little behind gives nothing", &burst, next(ana(), -50), fast(1_000));
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
    assert!(room.posts.len() <= pace::PEOPLE_MAX, "{} people", room.posts.len());
    room.apply(&posted(guest(9), 20_001, "hi", 1_000_000));
    assert_eq!(room.posts.len(), 1, "everyone else is long gone");
}

fn numbered(number: u64) -> GuestId {
    GuestId::parse(&format!("{number:0>16}")).expect("sixteen digits")
}

#[test]
fn nothing_a_person_wrote_is_left_in_a_redacted_event() {
    let link = "https://secret.example/".to_owned();
    let cards = [
        attached(1, 0, card(&link)),
        Event::CardDropped { number: 1, link: link.clone(), at_ms: T0 },
        Event::CardDismissed { number: 1, link, by: ana(), at_ms: T0 },
    ];
    for event in [opened(), posted(ana(), 1, "a secret", 0)].into_iter().chain(cards) {
        let redacted = event.redacted().expect("somebody wrote it");
        let text = serde_json::to_string(&redacted).expect("events are plain data");
        for word in ["The kitchen", "secret", "0123456789abcdef", ana().name.as_str()] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
        assert_eq!(serde_json::from_str::<Event>(&text).expect("it can be read"), redacted);
        assert_eq!(redacted.redacted().as_ref(), Some(&redacted), "twice is once");
        assert_eq!(room(&[redacted]).messages, room(&[event]).messages, "it can be applied");
    }
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    let with_card = attached(1, 2, card("https://example.org/?a=1&b=%22"));
    for event in [opened(), posted(ana(), 1, "hi\n<b>", 0), with_card] {
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
