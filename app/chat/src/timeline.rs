//! What was said in a room, to be read.

use std::sync::Arc;

use crate::{Fault, Message, RoomId};

/// The most messages one read answers.
pub const PAGE_MAX: usize = 500;

/// Reads what was said. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Timeline {}

/// How far a room has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last change; 0: there is no such room, or nothing of it can be read yet.
    pub change: u64,
    /// The number of the last message; 0 for none.
    pub messages: u64,
}

/// Messages in a row, oldest first, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub head: Head,
    pub messages: Vec<Arc<Message>>,
}

impl Page {
    /// Whether the room has messages before the first of these.
    pub fn has_earlier(&self) -> bool {
        self.messages.first().is_some_and(|first| first.number > 1)
    }

    /// Whether the room has messages after the last of these.
    pub fn has_later(&self) -> bool {
        self.messages.last().is_some_and(|last| last.number < self.head.messages)
    }
}

impl Timeline {
    /// The last `limit` messages of `room`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn newest(&self, _room: &RoomId, _limit: usize) -> Result<Page, Fault> {
        unimplemented!("lands with the event store")
    }

    /// The last `limit` messages of `room` with a number below `number`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn before(&self, _room: &RoomId, _number: u64, _limit: usize) -> Result<Page, Fault> {
        unimplemented!("lands with the event store")
    }

    /// The messages of `room` numbered `from` to `to`, both included, at most the first [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn range(&self, _room: &RoomId, _from: u64, _to: u64) -> Result<Page, Fault> {
        unimplemented!("lands with the event store")
    }

    /// How far `room` has come, as far as it can be read.
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn head(&self, _room: &RoomId) -> Result<Head, Fault> {
        unimplemented!("lands with the event store")
    }
}
