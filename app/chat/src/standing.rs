//! How a room may be entered, how long it keeps what was said, and who somebody is in it.

use serde::{Deserialize, Serialize};

/// The shortest idle time of a fleeting room, in milliseconds.
pub const IDLE_MS_MIN: i64 = 1_000;
/// The longest idle time of a fleeting room, in milliseconds: 30 days.
pub const IDLE_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How many members and expelled people a room remembers. Beyond it, whoever speaks in a public room
/// is not recorded, and a private one admits nobody more.
pub(crate) const STANDINGS_MAX: usize = 10_000;

/// Who finds a room, and who may enter it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Listed in the lobby; anyone may enter.
    #[default]
    Public,
    /// Whoever has the link may enter.
    Unlisted,
    /// Members only; others may knock.
    Private,
}

/// How long a room keeps what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Retention {
    /// Until somebody deletes it.
    #[default]
    Kept,
    /// Until nobody was there and nothing was said for `idle_ms` milliseconds.
    Fleeting { idle_ms: i64 },
}

/// Who somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// May not enter, until pardoned.
    Expelled,
    /// Not in; a private room asks them to knock.
    Outsider,
    /// May read and speak in a public or unlisted room, and has not spoken yet.
    Visitor,
    /// Has spoken, or was let in.
    Member,
    /// Shares the owner's powers, but for handing the room over, and naming co-owners.
    CoOwner,
    Owner,
}

/// What state a room is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Open,
    /// To be read, not to be written.
    Ended { at_ms: i64, reason: Option<String> },
    /// Nothing is left but this receipt. Expired, or deleted by its owner.
    Erased { at_ms: i64, messages: u64, expired: bool },
}
