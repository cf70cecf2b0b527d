//! What is announced about rooms, after it can be read.

use std::sync::Arc;

use identity::GuestId;
use pubsub::{Bus, LocalBus, Topic};

use crate::{Activity, Message, Notice, RoomId};

/// A hint that a room changed. It may be lost, doubled or late: its number tells
/// (see [`Follower`](crate::Follower)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub room: RoomId,
    /// The changes of a room count from 1 without gaps.
    pub number: u64,
    pub what: What,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The room was opened.
    Opened,
    /// Somebody said something.
    Posted(Arc<Message>),
    /// The text of a message changed, or its cards; or, if it says so, it was removed.
    Edited(Arc<Message>),
    /// Something happened that the timeline shows between the messages.
    Noticed(Arc<Notice>),
    /// Something that the timeline does not show: a knock, say.
    Unseen,
    /// Nothing is left of what was said.
    Erased,
}

/// What carries the announcements: within this process today.
#[derive(Clone)]
pub(crate) struct Announcements {
    pub rooms: Arc<dyn Bus<Change>>,
    pub facts: Arc<dyn Bus<FactsChanged>>,
    pub people: Arc<dyn Bus<PersonHint>>,
    pub activity: Arc<dyn Bus<Activity>>,
}

impl Announcements {
    pub fn local() -> Self {
        Self {
            rooms: Arc::new(LocalBus::new()),
            facts: Arc::new(LocalBus::new()),
            people: Arc::new(LocalBus::new()),
            activity: Arc::new(LocalBus::new()),
        }
    }
}

/// `house`: what goes on in all rooms.
pub(crate) fn activity() -> Topic<Activity> {
    Topic::new("house")
}

/// `room:<id>`: every change of one room.
pub(crate) fn room(id: &RoomId) -> Topic<Change> {
    Topic::of("room", id)
}

/// A hint that concerns one person, wherever they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PersonHint {
    /// Their invitations to private chats changed.
    Invites,
    /// Who they are in this room changed: let in, expelled, made a co-owner.
    Standing(RoomId),
    /// What they have read, in another tab perhaps.
    Read { room: RoomId, number: u64 },
    /// Whom they blocked.
    Blocks,
}

/// A hint that what a room is like changed: title, visibility, retention, roles, knocks, its end.
/// Read [`Directory::by_id`](crate::Directory::by_id) and the standing of whoever looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsChanged {
    pub room: RoomId,
    /// The change of the room that it was.
    pub number: u64,
}

/// `facts:<id>`: what one room is like.
pub(crate) fn facts(id: &RoomId) -> Topic<FactsChanged> {
    Topic::of("facts", id)
}

/// `person:<id>`: what concerns one person.
pub(crate) fn person(id: &GuestId) -> Topic<PersonHint> {
    Topic::of("person", id)
}
