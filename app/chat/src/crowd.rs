//! A room full of people who talk, as events: for tests of what reading costs.

use identity::{Guest, GuestId, GuestName};

use crate::{
    Manner, MessageId, Retention, RoomId, Slug, Visibility,
    event::{Event, Opening, Posted},
};

/// The person with this number.
pub(crate) fn person(number: u64) -> Guest {
    let id = GuestId::parse(&format!("{number:0>16}")).expect("sixteen digits");
    Guest { id, name: GuestName::friendly(number) }
}

/// The room of all of them.
pub(crate) fn kitchen() -> RoomId {
    RoomId::parse(&"A".repeat(22)).expect("sixteen bytes")
}

/// The events of a public room in which `members` people in turn said `messages` things. The first
/// is its owner.
pub(crate) fn talk(members: u64, messages: u64) -> impl Iterator<Item = Event> {
    let opened = Event::Opened(Opening {
        slug: Slug::parse("kitchen").expect("a slug"),
        title: Some("Kitchen".into()),
        owner: person(0),
        visibility: Visibility::Public,
        retention: Retention::Kept,
        with: None,
        at_ms: 0,
    });
    let said = (1..=messages).map(move |number| said(person(number % members), number));
    [opened].into_iter().chain(said)
}

/// Message `number` of a room, by `author`: some words that are in many messages, and one that is in
/// one of sixty-four.
pub(crate) fn said(author: Guest, number: u64) -> Event {
    let rare = number % 64;
    let body = format!("A thing that somebody said about tea and biscuits, rare{rare} or {number}");
    let id = MessageId::parse(&format!("message-{number}")).expect("an id");
    let at_ms = number as i64 * 1_000;
    Event::Posted(Posted { number, id, author, manner: Manner::Said, body, at_ms })
}
