//! Private chats of two: inviting, accepting, declining. The facade's methods for it.

use identity::{Guest, GuestId};

use crate::{ActError, Chat, Fault, RoomId, RoomSummary};

/// An invitation that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub room: RoomId,
    pub slug: crate::Slug,
    /// Who invites, under the name they had then.
    pub from: Guest,
    pub to: GuestId,
    pub at_ms: i64,
    /// When it expires by itself.
    pub until_ms: i64,
}

impl Chat {
    /// The private chat of the two, made if there is none; and an invitation for `other`, unless
    /// they are in the room already.
    ///
    /// # Errors
    /// Oneself, or somebody who blocked `me` or declined a moment ago.
    pub async fn invite(&self, me: &Guest, other: &Guest) -> Result<RoomSummary, ActError> {
        let _ = (me, other);
        todo!()
    }

    /// Takes the invitation to `room`.
    ///
    /// # Errors
    /// It was withdrawn or expired meanwhile.
    pub async fn accept(&self, me: &Guest, room: &RoomId) -> Result<RoomSummary, ActError> {
        let _ = (me, room);
        todo!()
    }

    /// Says no to the invitation to `room`.
    ///
    /// # Errors
    /// A fault.
    pub async fn decline(&self, me: &Guest, room: &RoomId) -> Result<(), ActError> {
        let _ = (me, room);
        todo!()
    }

    /// The invitations that wait for `me`, newest first.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn invites(&self, me: &GuestId) -> Result<Vec<Invite>, Fault> {
        let _ = me;
        todo!()
    }

    /// Whether the other one of the private chat `room` has not answered yet.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn pending_invite(&self, room: &RoomId) -> Result<Option<Invite>, Fault> {
        let _ = room;
        todo!()
    }

    /// `me` wants neither invitations nor messages of `who` any more.
    ///
    /// # Errors
    /// Oneself, too many, or a fault.
    pub async fn block(&self, me: &Guest, who: &Guest) -> Result<(), ActError> {
        let _ = (me, who);
        todo!()
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// A fault.
    pub async fn unblock(&self, me: &Guest, who: &GuestId) -> Result<(), ActError> {
        let _ = (me, who);
        todo!()
    }

    /// Whom `me` has blocked, under the names they had then.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn blocks(&self, me: &GuestId) -> Result<Vec<Guest>, Fault> {
        let _ = me;
        todo!()
    }
}
