//! Cards: what is shown of a link in a message.

use serde::{Deserialize, Serialize};

/// The most cards of one message.
pub const CARDS_MAX: usize = 3;

/// What is shown of one link. Lines of text are trimmed and cut by whoever makes it; the room checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The link in its normal form, which is the card's name within its message.
    pub link: String,
    /// Where it leads, after redirects: http or https.
    pub url: String,
    /// Whose page it is: a name, or the host.
    pub site: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<CardImage>,
}

/// A picture on a card, served from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardImage {
    /// Which: lower-case letters, digits and hyphens, at most 64. Unique in its room.
    pub id: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// What the log tells whoever looks for links: read with [`told`](crate::told).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A message says this now: it was posted, or edited. `change` is the change of the room.
    Says { room: crate::RoomId, number: u64, change: u64, author: identity::GuestId, body: String },
    /// Nothing is left of a message.
    Removed { room: crate::RoomId, number: u64 },
    /// A card was dismissed, or its link is in the message no more.
    CardGone { room: crate::RoomId, number: u64, link: String },
    /// Nothing is left of a room.
    Erased { room: crate::RoomId },
}

/// What `event` tells whoever looks for links; `None`: nothing.
///
/// # Errors
/// It is an event of a room, and cannot be read.
pub fn told(event: &eventsourcing::Recorded) -> Result<Option<Told>, eventsourcing::DecodeError> {
    let _ = event;
    todo!()
}

impl crate::Chat {
    /// Puts `card` under message `number`, which said so by change `change`. `false`: there is nothing to put
    /// it under any more (removed, edited, dismissed, erased), it is there already, or there are
    /// [`CARDS_MAX`].
    ///
    /// # Errors
    /// See [`ActError`](crate::ActError); a card that breaks a bound is refused.
    pub async fn attach_card(
        &self,
        room: &crate::RoomId,
        number: u64,
        change: u64,
        card: Card,
    ) -> Result<bool, crate::ActError> {
        let _ = (room, number, change, card);
        todo!()
    }

    /// Takes the card of `link` from message `number`, for good: one's own, or any as an owner.
    ///
    /// # Errors
    /// See [`ActError`](crate::ActError).
    pub async fn dismiss_card(
        &self,
        room: &crate::RoomId,
        me: &identity::Guest,
        number: u64,
        link: &str,
    ) -> Result<crate::Done, crate::ActError> {
        let _ = (room, me, number, link);
        todo!()
    }
}
