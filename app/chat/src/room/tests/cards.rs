//! Cards: a line per rule.

use super::*;
use crate::{CARD_TITLE_CHARS_MAX, event::Edited};

const FIRST: &str = "https://example.org/1";
const SECOND: &str = "https://example.org/2";

fn cleo() -> Guest {
    guest(3)
}

/// Ana's kitchen: Cleo said something with links, which is change 2; and Ben has spoken.
fn kitchen_with_links() -> Vec<Event> {
    let said = format!("see {FIRST} and {SECOND}");
    vec![opened(), posted(cleo(), 1, &said, 0), posted(ben(), 2, "hi", 0)]
}

fn and(given: &[Event], more: &[Event]) -> Vec<Event> {
    [given, more].concat()
}

/// Cleo's message with these cards, as it was read when the room had three changes.
fn read(links: &[&str]) -> Target {
    Target {
        number: 1,
        author: cleo().id,
        body: Some(format!("see {FIRST} and {SECOND}")),
        said: 2,
        cards: links.iter().map(|link| card(link)).collect(),
        dismissed: Vec::new(),
        as_of: 3,
    }
}

fn attach(target: Target, said: u64, card: Card) -> Command {
    Command::Attach(Attach { target, said, place: 0, card, at_ms: T0 })
}

fn order(by: Guest, act: Act) -> Command {
    Command::Act(Order { by, act, at_ms: T0 })
}

fn dismiss(by: Guest, target: Target, link: &str) -> Command {
    order(by, Act::DismissCard { target, link: link.to_owned() })
}

fn dismissed(by: Guest, link: &str) -> Event {
    Event::CardDismissed { number: 1, link: link.to_owned(), by, at_ms: T0 }
}

fn dropped(link: &str) -> Event {
    Event::CardDropped { number: 1, link: link.to_owned(), at_ms: T0 }
}

#[test]
fn attaching() {
    let given = kitchen_with_links();
    let first = || attach(read(&[]), 2, card(FIRST));
    check("a card is attached", &given, first(), happens(attached(1, 0, card(FIRST))));
    let second = attach(read(&[FIRST]), 2, card(SECOND));
    check("and another one", &given, second, happens(attached(1, 0, card(SECOND))));
    let again = attach(read(&[FIRST]), 2, card(FIRST));
    check("each once", &given, again, Ok(vec![]));
    let full = attach(read(&["https://a", "https://b", "https://c"]), 2, card(FIRST));
    check("three at most", &given, full, Ok(vec![]));
    check("not for an older text", &given, attach(read(&[]), 1, card(FIRST)), Ok(vec![]));
    let gone = attach(Target { body: None, ..read(&[]) }, 2, card(FIRST));
    check("not where nothing is left", &given, gone, Ok(vec![]));
    let unwanted = Target { dismissed: vec![FIRST.to_owned()], ..read(&[]) };
    check("not if somebody dismissed it", &given, attach(unwanted, 2, card(FIRST)), Ok(vec![]));
    let ended = and(&given, &[Event::Ended { by: ana(), reason: None, at_ms: T0 }]);
    check("nothing is added after the end", &ended, first(), Err(Refusal::Ended));
    let erased = and(&given, &[Event::Erased { by: None, messages: 2, at_ms: T0 }]);
    check("nor to what is erased", &erased, first(), Err(Refusal::Erased));
    check("nor where there is no room", &[], first(), Err(Refusal::NoSuchRoom));
}

#[test]
fn a_card_takes_nobodys_pace() {
    let mut events = kitchen_with_links();
    events.extend((0..100).map(|_| attached(1, 0, card(FIRST))));
    let hi = say(cleo(), 3, "hi", 0);
    check("its author speaks on", &events, hi, happens_as(3, cleo(), 3, "hi", 0));
    let target = Target { as_of: 103, ..read(&[FIRST]) };
    let when = dismiss(cleo(), target, FIRST);
    check("and may dismiss it", &events, when, happens(dismissed(cleo(), FIRST)));
}

#[test]
fn dismissing() {
    let given = kitchen_with_links();
    let by = |who| dismiss(who, read(&[FIRST]), FIRST);
    check("the author may", &given, by(cleo()), happens(dismissed(cleo(), FIRST)));
    check("an owner may", &given, by(ana()), happens(dismissed(ana(), FIRST)));
    let no = Err(Refusal::NotAllowed(Action::DismissOthers));
    check("others may not", &given, by(ben()), no);
    let other = dismiss(cleo(), read(&[FIRST]), SECOND);
    check("there is no such card", &given, other, Ok(vec![]));
    let nowhere = Target { number: 9, ..read(&[FIRST]) };
    let nowhere = dismiss(cleo(), nowhere, FIRST);
    check("nor such a message", &given, nowhere, Err(Refusal::NoSuchMessage));
    let ended = and(&given, &[Event::Ended { by: ana(), reason: None, at_ms: T0 }]);
    check("also after the end", &ended, by(cleo()), happens(dismissed(cleo(), FIRST)));
}

#[test]
fn editing() {
    let given = kitchen_with_links();
    let edit = |links: &[&str]| {
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        order(cleo(), Act::Edit { target: read(&[FIRST, SECOND]), body: "x".into(), links })
    };
    let edited = |links: &[&str]| {
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        Event::Edited(Edited { number: 1, by: cleo(), body: "x".into(), links, at_ms: T0 })
    };
    let both = [SECOND, FIRST];
    check("cards stay with their links", &given, edit(&both), happens(edited(&both)));
    let one = Ok(vec![dropped(FIRST), edited(&[SECOND])]);
    check("and go with them", &given, edit(&[SECOND]), one);
    let none = Ok(vec![dropped(FIRST), dropped(SECOND), edited(&[])]);
    check("all of them", &given, edit(&[]), none);
}

#[test]
fn what_was_read_too_early_is_read_again() {
    let given = kitchen_with_links();
    let changes = [attached(1, 0, card(SECOND)), dismissed(cleo(), SECOND), dropped(SECOND)];
    for change in changes {
        let now = and(&given, &[change]);
        let late = attach(read(&[]), 2, card(FIRST));
        check("a card that is late", &now, late, Err(Refusal::Meanwhile));
        let again = attach(Target { as_of: 4, ..read(&[]) }, 2, card(FIRST));
        check("and read again", &now, again, happens(attached(1, 0, card(FIRST))));
    }
    let gone = and(&given, &[Event::Removed { number: 1, by: cleo(), at_ms: T0 }]);
    let late = attach(read(&[]), 2, card(FIRST));
    check("one of what is gone", &gone, late, Err(Refusal::Meanwhile));
    let now = and(&given, &[attached(1, 0, card(FIRST))]);
    let (body, links) = ("x".into(), vec![]);
    let edit = order(cleo(), Act::Edit { target: read(&[]), body, links });
    check("an edit that does not know of a card", &now, edit, Err(Refusal::Meanwhile));
    let elsewhere = and(&given, &[posted(ana(), 3, "ho", 0), attached(3, 0, card(FIRST))]);
    let fits = attach(read(&[]), 2, card(FIRST));
    check("elsewhere is elsewhere", &elsewhere, fits, happens(attached(1, 0, card(FIRST))));
    let mut long_ago = given;
    long_ago.extend((0..300).map(|_| dropped(FIRST)).map(|event| match event {
        Event::CardDropped { link, at_ms, .. } => Event::CardDropped { number: 2, link, at_ms },
        other => other,
    }));
    let unsure = attach(read(&[]), 2, card(FIRST));
    check("what is not remembered may matter", &long_ago, unsure, Err(Refusal::Meanwhile));
}

#[test]
fn a_card_has_bounds() {
    let given = kitchen_with_links();
    let refused = |card: Card| room(&given).decide(&attach(read(&[]), 2, card)).err();
    let like = || card(FIRST);
    let line = |text: &str| Some(text.to_owned());
    let image = |id: &str| Some(CardImage { id: id.to_owned(), width: 1, height: 1 });
    let long = format!("https://a.example/{}", "a".repeat(4_096));
    let flat = CardImage { id: "1-a".to_owned(), width: 0, height: 1 };
    let bad = [
        ("link", Card { link: "javascript:alert(1)".into(), ..like() }),
        ("link", Card { link: String::new(), ..like() }),
        ("address", Card { url: "https:///".into(), ..like() }),
        ("address", Card { url: "https://a.example/ b".into(), ..like() }),
        ("address", Card { url: long, ..like() }),
        ("site", Card { site: " ".into(), ..like() }),
        ("title", Card { title: line("two\nlines"), ..like() }),
        ("title", Card { title: line(&"é".repeat(CARD_TITLE_CHARS_MAX + 1)), ..like() }),
        ("description", Card { description: line("two\u{2028}lines"), ..like() }),
        ("picture", Card { image: image("../../secret"), ..like() }),
        ("picture", Card { image: image(""), ..like() }),
        ("picture", Card { image: Some(flat), ..like() }),
    ];
    for (what, card) in bad {
        assert_eq!(refused(card.clone()), Some(Refusal::Card(what)), "{card:?}");
    }
    let longest = line(&"é".repeat(CARD_TITLE_CHARS_MAX));
    assert_eq!(refused(Card { title: longest, ..like() }), None);
    let leftwards = line("\u{200F}שלום\u{a0}עולם");
    assert_eq!(refused(Card { title: leftwards, ..like() }), None);
}
