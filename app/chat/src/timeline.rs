//! What was said in a room, to be read: the questions that are asked about it.

mod projection;
mod tables;
mod cards;

use std::sync::Arc;

use eventsourcing::{
    ReadError, ReadModel,
    rusqlite::{self, Connection},
};

use crate::{Fault, Message, Notice, RoomId, room::Target};

pub(crate) use projection::TimelineProjection;
pub(crate) use tables::NOTICES_MAX;

/// The most messages one read answers.
pub const PAGE_MAX: usize = 500;

/// Reads what was said. Cheap to clone.
#[derive(Clone)]
pub struct Timeline(ReadModel<TimelineProjection>);

/// How far a room has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last change; 0: there is no such room, or nothing of it can be read yet.
    pub change: u64,
    /// The number of the last message; 0 for none, and when the room was erased.
    pub messages: u64,
}

/// Messages in a row, oldest first, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub head: Head,
    pub messages: Vec<Arc<Message>>,
    /// What happened besides, from the first of these messages on (from the room's beginning, if that
    /// is its first) to the next message after the last. The last 200 of that.
    pub notices: Vec<Arc<Notice>>,
}

/// What stands in a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Message(Arc<Message>),
    Notice(Arc<Notice>),
}

impl Page {
    /// Messages and notices in the order in which they happened.
    pub fn entries(&self) -> Vec<Entry> {
        let messages = self.messages.iter().map(|one| (one.change, Entry::Message(one.clone())));
        let notices = self.notices.iter().map(|one| (one.change, Entry::Notice(one.clone())));
        let mut entries: Vec<_> = messages.chain(notices).collect();
        entries.sort_by_key(|(change, _)| *change);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Whether the room has messages before the first of these.
    pub fn has_earlier(&self) -> bool {
        self.messages.first().is_some_and(|first| first.number > 1)
    }

    /// Whether the room has messages after the last of these.
    pub fn has_later(&self) -> bool {
        self.messages.last().is_some_and(|last| last.number < self.head.messages)
    }

    /// The change from which on notices belong to a page of these messages; `None`: none do. A room
    /// without messages has one page, with all its notices.
    pub(crate) fn notices_from(head: Head, first: Option<&Message>) -> Option<u64> {
        match first {
            Some(first) if first.number == 1 => Some(0),
            Some(first) => Some(first.change),
            None => (head.messages == 0).then_some(0),
        }
    }
}

impl Timeline {
    pub(crate) fn new(model: ReadModel<TimelineProjection>) -> Self {
        Self(model)
    }

    /// The last `limit` messages of `room`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn newest(&self, room: &RoomId, limit: usize) -> Result<Page, Fault> {
        if let Some(page) = self.0.projection().hot().newest(room, limit.min(PAGE_MAX)) {
            return Ok(page);
        }
        self.before(room, u64::MAX, limit).await
    }

    /// The last `limit` messages of `room` with a number below `number`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn before(&self, room: &RoomId, number: u64, limit: usize) -> Result<Page, Fault> {
        let (room, limit) = (room.clone(), limit.min(PAGE_MAX));
        self.read(move |db| tables::read_before(db, &room, number, limit)).await
    }

    /// The messages of `room` numbered `from` to `to`, both included, at most the first [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn range(&self, room: &RoomId, from: u64, to: u64) -> Result<Page, Fault> {
        let room = room.clone();
        self.read(move |db| tables::read_range(db, &room, from, to, PAGE_MAX)).await
    }

    /// How far `room` has come, as far as it can be read.
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn head(&self, room: &RoomId) -> Result<Head, Fault> {
        if let Some(head) = self.0.projection().hot().head(room) {
            return Ok(head);
        }
        let room = room.clone();
        self.read(move |db| tables::read_head(db, &room)).await
    }

    /// Message `number` of `room`, for the room to decide about it.
    pub(crate) async fn target(&self, room: &RoomId, number: u64) -> Result<Option<Target>, Fault> {
        let room = room.clone();
        self.read(move |db| cards::read_target(db, &room, number)).await
    }

    /// These messages, in this order; what there is no more is passed over.
    pub(crate) async fn these(
        &self,
        messages: Vec<(RoomId, u64)>,
    ) -> Result<Vec<(RoomId, Arc<Message>)>, Fault> {
        self.read(move |db| tables::read_these(db, messages)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.0.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading a room's timeline", &error))
    }
}
