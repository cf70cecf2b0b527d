//! Finding what was said, in the rooms that somebody may read.

use std::sync::Arc;

use identity::GuestId;

use crate::{Chat, Fault, Message, RoomId, RoomSummary};

/// The most hits of one answer.
pub const HITS_MAX: usize = 50;
/// The longest question, in Unicode scalar values.
pub const QUESTION_CHARS_MAX: usize = 200;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words; all of them must occur, the last may be the beginning of one. `"in quotes"`: in a row.
    pub words: String,
    /// Part of the author's name, or their id.
    pub by: Option<String>,
    pub room: Option<RoomId>,
    /// Not before, in milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// Not at or after.
    pub until_ms: Option<i64>,
    /// For the next page: the `cursor` of the last answer.
    pub after: Option<u64>,
}

/// What was found, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// There is more; ask again with this.
    pub cursor: Option<u64>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub room: RoomSummary,
    pub message: Arc<Message>,
    /// A part of the text around what was found, in pieces; `true`: this piece was looked for.
    pub excerpt: Vec<(String, bool)>,
}

impl Chat {
    /// Looks for messages in the rooms that `me` may read: public ones, those `me` is a member of,
    /// and unlisted ones where `me` has been. No words and no filter: nothing.
    ///
    /// # Errors
    /// The read model could not be read. Words that make no sense find nothing.
    pub async fn search(&self, me: &GuestId, search: Search) -> Result<Found, Fault> {
        let _ = (me, search);
        todo!()
    }
}
