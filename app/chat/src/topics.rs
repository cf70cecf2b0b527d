//! What is announced about rooms, after it can be read.

use std::sync::Arc;

use pubsub::{Bus, Topic};

use crate::{Message, RoomId};

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
}

/// What carries the announcements: within this process today.
pub(crate) type RoomBus = Arc<dyn Bus<Change>>;

/// `room:<id>`: every change of one room.
pub(crate) fn room(id: &RoomId) -> Topic<Change> {
    Topic::of("room", id)
}
