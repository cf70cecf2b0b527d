//! Which rooms there are.

use identity::Guest;

use crate::{Fault, RoomId, Slug};

/// Finds rooms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {}

/// A room from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    pub id: RoomId,
    pub slug: Slug,
    pub title: Option<String>,
    /// Who opened it, under the name they had then.
    pub owner: Guest,
    pub opened_at_ms: i64,
    /// When the last message came, or the room was opened.
    pub active_at_ms: i64,
    pub messages: u64,
}

impl RoomSummary {
    /// What the room is called: its title, or else its slug.
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(self.slug.as_str())
    }
}

impl Directory {
    /// The room with this slug, as far as the directory knows yet; [`Chat::open_room`](crate::Chat)
    /// asks the log as well.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn by_slug(&self, _slug: &Slug) -> Result<Option<RoomSummary>, Fault> {
        unimplemented!("lands with the event store")
    }

    /// The room with this id.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn by_id(&self, _id: &RoomId) -> Result<Option<RoomSummary>, Fault> {
        unimplemented!("lands with the event store")
    }

    /// The listed rooms with the latest activity, latest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn recent_public(&self, _limit: usize) -> Result<Vec<RoomSummary>, Fault> {
        unimplemented!("lands with the event store")
    }
}
