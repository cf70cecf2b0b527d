//! A room: what may happen in it.
//!
//! Pure: [`Room::decide`] says what a command makes happen, [`Room::apply`] takes in what happened.
//! The time comes with the command and is kept in the event, so every decision can be made again
//! from the log. What a room remembers to decide is bounded: neither the history, nor everyone who
//! ever spoke.

use std::collections::{BTreeMap, VecDeque};

use identity::{Guest, GuestId, is_blank};
use serde::{Deserialize, Serialize};

use crate::{
    MessageId, Slug,
    message::{BODY_CHARS_MAX, BODY_LINES_MAX, normal_body},
};

/// How many messages one author may send at once before the rate counts.
pub const BURST_MAX: i64 = 10;
/// How often one author may send in the long run: once per this time.
pub const PACE_MS: i64 = 1_000;
/// The same text by the same author is refused for this long.
pub const REPEAT_AFTER_MS: i64 = 10_000;

/// How many recent message ids a room knows to recognise a resend. Older ones are found in the
/// timeline by the facade.
const RECENT_MAX: usize = 256;
/// After how long an author is forgotten: nothing they did before then matters to any rule.
const FORGET_AFTER_MS: i64 =
    if BURST_MAX * PACE_MS > REPEAT_AFTER_MS { BURST_MAX * PACE_MS } else { REPEAT_AFTER_MS };
/// How many authors are remembered. Beyond it new ones go unlimited until others are forgotten: more
/// than this many people within [`FORGET_AFTER_MS`] are limited by other means.
const AUTHORS_MAX: usize = 2_048;
/// Authors are forgotten once per this many messages.
const SWEEP_EVERY: u64 = 64;

/// What somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Open(Opening),
    Post(Post),
}

/// How a room begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub slug: Slug,
    pub title: Option<String>,
    pub owner: Guest,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub id: MessageId,
    pub author: Guest,
    pub body: String,
    pub at_ms: i64,
}

/// What happened. Each is one change of the room; the changes count from 1 without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    Opened(Opening),
    Posted(Posted),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posted {
    /// Messages count from 1 without gaps.
    pub number: u64,
    pub id: MessageId,
    pub author: Guest,
    pub body: String,
    pub at_ms: i64,
}

/// Why a room says no, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("There is no such room.")]
    NoSuchRoom,
    #[error("There is nothing to send yet.")]
    Empty,
    #[error("That is too long: at most {BODY_CHARS_MAX} characters, this has {chars}.")]
    TooLong { chars: usize },
    #[error("That has too many lines: at most {BODY_LINES_MAX}, this has {lines}.")]
    TooManyLines { lines: usize },
    #[error("That was quick. Please wait {} before you send the next one.", seconds(*.retry_after_ms))]
    TooFast { retry_after_ms: i64 },
    #[error("You just said exactly that.")]
    Repeated,
}

fn seconds(ms: i64) -> String {
    match (ms + 999) / 1_000 {
        1 => "a second".to_owned(),
        more => format!("{more} seconds"),
    }
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This happens.
    Happens(Event),
    /// It happened before, as the message of this number (0: not a message); nothing happens now.
    HappenedBefore(u64),
}

/// What a room remembers to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Room {
    opened: bool,
    messages: u64,
    recent: VecDeque<Recent>,
    authors: BTreeMap<GuestId, Author>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recent {
    author: GuestId,
    id: MessageId,
    number: u64,
}

/// A leaky bucket and the last text, both as of the author's last message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Author {
    at_ms: i64,
    /// How much of the burst is used up, in time it takes to come back.
    used_ms: i64,
    text: u64,
}

impl Room {
    pub fn decide(&self, command: Command) -> Result<Decision, Refusal> {
        match command {
            // Whoever claimed the slug is the one who opens; anybody may finish that for them.
            Command::Open(_) if self.opened => Ok(Decision::HappenedBefore(0)),
            Command::Open(opening) => Ok(Decision::Happens(Event::Opened(opening))),
            Command::Post(_) if !self.opened => Err(Refusal::NoSuchRoom),
            Command::Post(post) => self.decide_post(post),
        }
    }

    /// A resend is recognised first: an accepted message stays accepted whatever the rules say now.
    fn decide_post(&self, post: Post) -> Result<Decision, Refusal> {
        if let Some(number) = self.number_of(&post.author.id, &post.id) {
            return Ok(Decision::HappenedBefore(number));
        }
        let body = normal_body(&post.body);
        check_body(&body)?;
        self.check_author(&post.author.id, &body, post.at_ms)?;
        let Post { id, author, at_ms, .. } = post;
        let number = self.messages + 1;
        Ok(Decision::Happens(Event::Posted(Posted { number, id, author, body, at_ms })))
    }

    /// The number under which `author` posted `id`, if that is recent.
    pub fn number_of(&self, author: &GuestId, id: &MessageId) -> Option<u64> {
        let found =
            self.recent.iter().rev().find(|recent| recent.id == *id && recent.author == *author);
        found.map(|recent| recent.number)
    }

    fn check_author(&self, author: &GuestId, body: &str, at_ms: i64) -> Result<(), Refusal> {
        let Some(author) = self.authors.get(author).filter(|author| author.matters(at_ms)) else {
            return Ok(());
        };
        // The text first: it tells more than the pace, and usually is an accident.
        if author.text == text_hash(body) && author.since_ms(at_ms) < REPEAT_AFTER_MS {
            return Err(Refusal::Repeated);
        }
        let over_ms = author.used_ms(at_ms) + PACE_MS - BURST_MAX * PACE_MS;
        if over_ms > 0 {
            return Err(Refusal::TooFast { retry_after_ms: over_ms });
        }
        Ok(())
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened(_) => self.opened = true,
            Event::Posted(posted) => self.apply_posted(posted),
        }
    }

    fn apply_posted(&mut self, posted: &Posted) {
        self.messages = posted.number;
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        let (author, id, number) = (posted.author.id.clone(), posted.id.clone(), posted.number);
        self.recent.push_back(Recent { author, id, number });
        if posted.number.is_multiple_of(SWEEP_EVERY) {
            self.authors.retain(|_, author| author.matters(posted.at_ms));
        }
        self.remember_author(posted);
    }

    fn remember_author(&mut self, posted: &Posted) {
        let at_ms = posted.at_ms;
        let known = self.authors.get(&posted.author.id);
        if known.is_none() && self.authors.len() >= AUTHORS_MAX {
            return;
        }
        let used_ms = known.filter(|author| author.matters(at_ms)).map_or(0, |a| a.used_ms(at_ms));
        let author = Author { at_ms, used_ms: used_ms + PACE_MS, text: text_hash(&posted.body) };
        self.authors.insert(posted.author.id.clone(), author);
    }
}

impl Author {
    /// Long ago matters no more; and a far future means that a clock was put back, which must not
    /// silence anyone until it catches up.
    fn matters(&self, now_ms: i64) -> bool {
        (now_ms.saturating_sub(self.at_ms)).saturating_abs() < FORGET_AFTER_MS
    }

    /// Never negative: the clocks of two nodes may differ a little.
    fn since_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.at_ms).max(0)
    }

    fn used_ms(&self, now_ms: i64) -> i64 {
        (self.used_ms - self.since_ms(now_ms)).max(0)
    }
}

fn check_body(body: &str) -> Result<(), Refusal> {
    if is_blank(body) {
        return Err(Refusal::Empty);
    }
    let chars = body.chars().count();
    if chars > BODY_CHARS_MAX {
        return Err(Refusal::TooLong { chars });
    }
    let lines = body.split('\n').count();
    if lines > BODY_LINES_MAX {
        return Err(Refusal::TooManyLines { lines });
    }
    Ok(())
}

/// FNV-1a: the same on every node and version, as the state may travel in a snapshot.
fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
