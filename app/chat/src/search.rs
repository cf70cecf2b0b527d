//! Finding what was said, in the rooms that somebody may read.

mod excerpt;
mod index;
mod projection;
mod question;

use std::{collections::HashMap, sync::Arc};

use eventsourcing::{ReadError, ReadModel};
use identity::GuestId;

use crate::{Chat, Fault, Message, RoomId, RoomSummary};
use index::Match;
use question::Question;

pub(crate) use projection::SearchProjection;

/// The most hits of one answer.
pub const HITS_MAX: usize = 50;
/// The longest question, in Unicode scalar values; what is beyond is not looked for.
pub const QUESTION_CHARS_MAX: usize = 200;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words; all of them must occur, the last may be the beginning of one. `"in quotes"`: in a row.
    /// Case and accents do not matter.
    pub words: String,
    /// The beginnings of words of the author's name, or their id.
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
        let Some(question) = Question::of(search) else { return Ok(Found::default()) };
        let me = me.clone();
        let found = self.0.search.read(move |db| index::find(db, &me, &question)).await;
        let mut found =
            found.map_err(|error: ReadError| Fault::log("looking for messages", &error))?;
        let more = found.len() > HITS_MAX;
        found.truncate(HITS_MAX);
        let cursor = found.last().map(|last| last.id).filter(|_| more);
        Ok(Found { hits: self.hits(found).await?, cursor })
    }

    /// What the timeline and the directory say of these. They are models of their own: what is gone
    /// there already is no hit.
    async fn hits(&self, found: Vec<Match>) -> Result<Vec<Hit>, Fault> {
        let mut ids: Vec<_> = found.iter().map(|one| one.room.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        let rooms = self.directory().these(ids).await?;
        let rooms: HashMap<_, _> = rooms.into_iter().map(|room| (room.id.clone(), room)).collect();
        let places = found.iter().map(|one| (one.room.clone(), one.number)).collect();
        let messages: HashMap<_, _> = self
            .timeline()
            .these(places)
            .await?
            .into_iter()
            .filter(|(_, message)| !message.removed)
            .map(|(room, message)| ((room, message.number), message))
            .collect();
        let hit = |Match { room, number, marked, .. }: Match| {
            let message = messages.get(&(room.clone(), number))?.clone();
            Some(Hit { room: rooms.get(&room)?.clone(), message, excerpt: excerpt::of(&marked) })
        };
        Ok(found.into_iter().filter_map(hit).collect())
    }
}

/// The read model, as the chat holds it.
pub(crate) type SearchIndex = ReadModel<SearchProjection>;
