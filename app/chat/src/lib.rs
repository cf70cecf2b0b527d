//! Rooms, and what is said in them.
//!
//! [`Chat`] is the way in for everyone: pages, bots, tests. What is said goes through a room's rules
//! into the log, from there into the [`Timeline`] and the [`Directory`], and is announced to whoever
//! [subscribed](Chat::subscribe) once it can be read there. Announcements may be lost; a [`Follower`]
//! tells when to read instead.
//!
//! Not here: pages and sockets, who is present or typing, the wall clock (a [`tasks::Clock`] is passed
//! in), who somebody is (`identity`).

mod ids;
mod slug;
mod message;
mod room;
mod claim;
mod timeline;
mod directory;
mod topics;
mod follower;
mod error;

use std::{path::PathBuf, sync::Arc};

use identity::Guest;
use tasks::{Clock, Scope};

pub use directory::{Directory, RoomSummary};
pub use error::{CreateError, Fault, PostError};
pub use follower::{Follower, Step};
pub use identity::LineError;
pub use ids::{IdError, MessageId, RoomId};
pub use message::{BODY_CHARS_MAX, BODY_LINES_MAX, CONTINUES_WITHIN_MS, Message};
pub use room::{BURST_MAX, PACE_MS, REPEAT_AFTER_MS, Refusal};
pub use slug::{SLUG_CHARS_MAX, SLUG_CHARS_MIN, Slug, SlugError};
pub use timeline::{Head, PAGE_MAX, Page, Timeline};
pub use topics::{Change, What};

/// The longest title of a room, in Unicode scalar values.
pub const TITLE_CHARS_MAX: usize = 100;

/// Announcements of one room, for one reader.
pub type Subscription = pubsub::Subscription<Change>;

/// Where everything is kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// Nowhere: gone when the last handle is.
    Memory,
    /// In this folder, which is made if it is missing.
    Folder(PathBuf),
}

/// How a [`Chat`] is set up.
#[derive(Clone, Debug)]
pub struct Config {
    pub store: Store,
    /// How many active rooms have their newest messages in memory, in rooms.
    pub hot_rooms_max: usize,
}

impl Config {
    /// The usual settings for `store`.
    pub fn new(store: Store) -> Self {
        Self { store, hot_rooms_max: 1_000 }
    }
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the chat's data could not be opened")]
pub struct OpenError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Rooms and what is said in them. Cheap to clone; all clones are one chat.
#[derive(Clone, Debug)]
pub struct Chat(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    timeline: Timeline,
    directory: Directory,
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visit {
    /// A room.
    Room(RoomSummary),
    /// No room yet; [`Chat::claim_room`] would make one.
    Free(Slug),
    /// No room ever; the error says why, for the person who typed it.
    Impossible(SlugError),
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The room is new, and the claimer its owner.
    Opened(RoomSummary),
    /// Somebody was first; this is their room.
    WasThere(RoomSummary),
}

impl Claimed {
    /// The room at that address now.
    pub fn room(self) -> RoomSummary {
        match self {
            Self::Opened(room) | Self::WasThere(room) => room,
        }
    }
}

/// A message was accepted, now or when it was first sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The message's place in the room, from 1 without gaps.
    pub number: u64,
}

impl Chat {
    /// Opens what `config` names, brings the read models up to date and keeps them so, with tasks in
    /// a child of `scope`.
    ///
    /// # Errors
    /// The store cannot be opened or read.
    pub async fn open(_config: Config, _clock: Clock, _scope: &Scope) -> Result<Self, OpenError> {
        unimplemented!("lands with the event store")
    }

    /// Opens a new room with a memorable address. Without a title it goes by its address.
    ///
    /// # Errors
    /// The title is not one line of at most [`TITLE_CHARS_MAX`] characters, or a fault.
    pub async fn create_room(
        &self,
        _owner: &Guest,
        _title: Option<&str>,
    ) -> Result<RoomSummary, CreateError> {
        unimplemented!("lands with the event store")
    }

    /// What the address `slug`, exactly as it was typed, leads to. A room that was opened before this
    /// call, on whichever node, is found.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn open_room(&self, _slug: &str) -> Result<Visit, Fault> {
        unimplemented!("lands with the event store")
    }

    /// Opens the room with this address if nobody did; of several at once, one wins.
    ///
    /// # Errors
    /// Whether the room was opened is unknown; trying again is safe.
    pub async fn claim_room(&self, _slug: &Slug, _owner: &Guest) -> Result<Claimed, Fault> {
        unimplemented!("lands with the event store")
    }

    /// Says `body` in `room`. When this returns `Ok`, the message is stored; it is shown when it is
    /// announced. The same `id` by the same author is the same message, however often it is sent.
    ///
    /// # Errors
    /// See [`PostError`].
    ///
    /// # Cancellation
    /// Dropping the future does not take the message back.
    pub async fn post(
        &self,
        _room: &RoomId,
        _author: &Guest,
        _id: MessageId,
        _body: &str,
    ) -> Result<Posted, PostError> {
        unimplemented!("lands with the event store")
    }

    /// Announcements of `room` from now on. Subscribe, then look, then follow.
    pub fn subscribe(&self, _room: &RoomId) -> Subscription {
        unimplemented!("lands with the event store")
    }

    /// What was said.
    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    /// Which rooms there are.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Takes no more commands, finishes those in hand and closes the store.
    pub async fn shutdown(&self) {
        unimplemented!("lands with the event store")
    }
}
