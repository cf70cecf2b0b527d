//! What somebody has not read yet, in the rooms they know.

use identity::{Guest, GuestId};

use crate::{Chat, Fault, RoomId, RoomSummary};

/// A room that somebody knows, and how far they have read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoom {
    pub room: RoomSummary,
    /// The number of the last message they read.
    pub read: u64,
    /// Messages after that, by number.
    pub unread: u64,
}

impl Chat {
    /// `me` has read everything in `room` up to message `number`. Going back is nothing.
    ///
    /// Costs a write for the reader alone, and never one for whoever is absent.
    ///
    /// # Errors
    /// It was not stored.
    pub async fn read_up_to(&self, room: &RoomId, me: &Guest, number: u64) -> Result<(), Fault> {
        let _ = (room, me, number);
        todo!()
    }

    /// How far `me` has read `room`; `None`: never been there.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn read_mark(&self, room: &RoomId, me: &GuestId) -> Result<Option<u64>, Fault> {
        let _ = (room, me);
        todo!()
    }

    /// The rooms that `me` knows and may read, the most recently active first, at most `limit`.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn known_rooms(&self, me: &GuestId, limit: usize) -> Result<Vec<KnownRoom>, Fault> {
        let _ = (me, limit);
        todo!()
    }

    /// Takes a room off the list of those `me` knows.
    ///
    /// # Errors
    /// It was not stored.
    pub async fn forget_room(&self, room: &RoomId, me: &Guest) -> Result<(), Fault> {
        let _ = (room, me);
        todo!()
    }
}
