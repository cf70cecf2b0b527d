//! Links to cards: what a web page says of itself, fetched behind a guard.
//!
//! [`Previews`] is asked about a [`Link`] by the page that tries links, and follows the log for links
//! in messages. Both go through one pipeline: a durable queue, one lane per host, so many fetches at
//! a time. What comes of it is a [`Preview`], which the page shows, or a card, which goes into the
//! room through the front door ([`chat::Chat::attach_card`]).
//!
//! ```
//! use std::sync::Arc;
//! use eventsourcing::{EventStore, MemoryStore, ReadModelHome};
//! use previews::{Link, Previews, Settings, Status};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (scope, clock) = (tasks::Scope::root("tea house"), tasks::Clock::system());
//! let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
//! let store = chat::Store::Given { log: log.clone(), read_models: ReadModelHome::Memory };
//! let chat = chat::Chat::open(chat::Config::new(store), clock.clone(), &scope).await?;
//! let (_host, settings) = tokio::sync::watch::channel(Settings::default());
//! let config = previews::Config {
//!     log,
//!     folder: None,
//!     fetcher: fetch::Fetcher::new(fetch::Config::default()),
//!     settings,
//!     origins: vec!["https://tea.example".into()],
//!     concurrency: 32,
//! };
//! let previews = Previews::open(config, chat.clone(), clock, &scope).await?;
//!
//! let link = Link::parse("http://192.168.1.1/admin")?;
//! let _changes = previews.subscribe(&link);
//! let preview = previews.ask(&link).await?;
//! let Status::Error(reason) = preview.status else { panic!("that is nobody's business") };
//! assert_eq!(reason.to_string(), "This address is not fetched: 192.168.1.1 is not on the public internet.");
//! # previews.shutdown(std::time::Duration::from_secs(5)).await;
//! # chat.shutdown(std::time::Duration::from_secs(5)).await;
//! # Ok(()) }
//! ```
//!
//! # Promises
//! - Whoever is told that a preview is pending gets one final answer within 12 seconds.
//! - A link in a message is in the log until its card is, or will never be: a kill loses none.
//! - A picture is there before its card, and gone when its card is.
//! - What is kept of a link is kept no longer than what asked for it.
//!
//! # Tasks
//! - `keeping_task.rs`: removes what has had its time.
//! - One per fetch, which is given up when nobody wants it any more; one per link that is waited for on
//!   the page, 1,000 at most. The pipeline runs its workers, and event sourcing one for the log.
//!
//! # Not here
//! Which addresses may be reached (`fetch` decides), what rooms do with cards, pages and HTML, how
//! often somebody may ask.

mod link;
mod body_links;
mod line;
mod charset;
mod head;
mod json_ld;
mod oembed;
mod picture;
mod page;
mod reason;
mod kind;
mod fetching;
mod preview;
mod known;
mod cache;
mod files;
mod page_store;
mod room_pictures;
mod memory;
mod flights;
mod asks;
mod asking;
mod job;
mod waiting;
mod processor;
mod origins;
mod rooms;
mod keeping_task;
mod settings;
mod opening;
#[cfg(test)]
mod testing;

pub use body_links::links;
pub use head::{Head, HeadReader, Reading};
pub use link::{LINK_CHARS_MAX, Link, LinkError};
pub use opening::{Config, OpenError};
pub use page::{Page, PageImage};
pub use picture::{Picture, PictureError};
pub use preview::{Preview, Status};
pub use reason::Reason;
pub use settings::{DomainError, Settings};

use std::{fmt, sync::Arc, time::Duration};

use chat::RoomId;
use eventsourcing::{EventStore, OneOff as _, Projections};
use identity::{Fault, GuestId};
use pipeline::{Pipeline, PushError};
use tasks::Scope;

use crate::{
    asking::Asking, job::PreviewJob, room_pictures::RoomPictures, rooms::Rooms, waiting::Waiting,
};

/// Previews of links. Cheap to clone.
#[derive(Clone)]
pub struct Previews(Arc<Parts>);

struct Parts {
    log: Arc<dyn EventStore>,
    asking: Asking,
    pictures: Arc<RoomPictures>,
    waiting: Arc<Waiting>,
    pipeline: Pipeline<PreviewJob>,
    projections: Projections,
    following: Scope,
    scope: Scope,
}

/// A picture of ours, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// A link that was given up, until somebody has it tried again or forgotten, or its message is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which, for [`Previews::retry`] and [`Previews::forget`].
    pub id: String,
    pub link: Link,
    /// The room whose message has the link.
    pub room: Option<RoomId>,
    /// The number of that message.
    pub number: Option<u64>,
    /// Whoever wrote it.
    pub author: Option<GuestId>,
    /// What went wrong the last time.
    pub why: String,
    pub attempts: u32,
    /// When it was given up, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// Changes of one link's preview.
pub type Subscription = pubsub::Subscription<Preview>;

/// Nothing was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The host of this server switched previews off, wholly or for this domain.
    #[error("{0}")]
    Off(&'static str),
    /// More is asked for than can be fetched.
    #[error("Too many links are being looked at. Please try again in a moment.")]
    Busy,
    /// The world failed.
    #[error(transparent)]
    Fault(Fault),
}

impl Previews {
    /// What is known of `link` now: fresh, or old while it is fetched again, or nothing yet. Whoever
    /// is told that it is pending gets exactly one final answer within 12 seconds from
    /// [`Previews::subscribe`], subscribed before.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, link: &Link) -> Result<Preview, AskError> {
        self.0.asking.ask(link, false).await
    }

    /// As [`Previews::ask`], for whoever has seen what came of it and wants another try: a failure
    /// that is remembered, or an old result, does not keep it from being fetched again. What failed
    /// or was fetched within the last seconds is the answer all the same.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask_again(&self, link: &Link) -> Result<Preview, AskError> {
        self.0.asking.ask(link, true).await
    }

    /// Every final answer about `link` from now on; each says everything.
    pub fn subscribe(&self, link: &Link) -> Subscription {
        self.0.asking.asks.subscribe(link)
    }

    /// The picture `id` of a page's preview; `None`: there is none, or no more.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn page_picture(&self, id: &str) -> Result<Option<StoredPicture>, Fault> {
        let read = self.0.asking.memory.picture(id).await;
        read.map_err(|error| Fault::log("reading a picture of a page", &error))
    }

    /// The picture `id` of a card in `room`. Who asks must be allowed to read the room.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn room_picture(
        &self,
        room: &RoomId,
        id: &str,
    ) -> Result<Option<StoredPicture>, Fault> {
        let read = self.0.pictures.read(room, id).await;
        read.map_err(|error| Fault::log("reading a picture of a card", &error))
    }

    /// Waits until every link of what was said before this call has its card, or has none for good;
    /// and nothing is left of what was removed before.
    ///
    /// # Errors
    /// The log failed, or everything is stopping.
    pub async fn caught_up(&self) -> Result<(), Fault> {
        let Parts { log, projections, waiting, scope, .. } = &*self.0;
        let head = log.head().await.map_err(|error| Fault::log("reading the log", &error))?;
        let heard = projections.wait_for(Rooms::NAME, head).await;
        heard.map_err(|error| Fault::log("waiting for previews", &error))?;
        let stopping = scope.stopping();
        tokio::select! {
            () = waiting.all_over() => Ok(()),
            () = stopping.cancelled() => {
                Err(Fault::log("waiting for previews", &Stopping))
            }
        }
    }

    /// Links in messages that were given up, the latest first: some hundreds at most are kept.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.0.asking.queue.dead_letters().into_iter().map(DeadLetter::of).collect()
    }

    /// As [`Previews::dead_letters`], of what `author` wrote.
    pub fn dead_letters_of(&self, author: &GuestId) -> Vec<DeadLetter> {
        let dead = self.0.asking.queue.dead_letters().into_iter().map(DeadLetter::of);
        dead.filter(|dead| dead.author.as_ref() == Some(author)).collect()
    }

    /// Has a dead letter tried again. `false`: there is no such one.
    ///
    /// # Errors
    /// See [`AskError`]; it stays where it was.
    pub async fn retry(&self, id: &str) -> Result<bool, AskError> {
        let Parts { asking, waiting, .. } = &*self.0;
        let Some(dead) = self.dead_letter(id) else { return Ok(false) };
        // Otherwise it would be settled without a fetch, and nobody told.
        asking.refused(&dead.job.link)?;
        if !waiting.add(&dead.id, dead.job.link.host()) {
            return Err(AskError::Busy);
        }
        let put_back = asking.queue.retry(&dead.id).await;
        // Somebody else may have put it back at the same time: then it waits as it should.
        if !matches!(put_back, Ok(true))
            && !asking.queue.jobs().iter().any(|listed| listed.id == dead.id)
        {
            waiting.over(&dead.id);
        }
        put_back.map_err(|error| match error {
            PushError::Full => AskError::Busy,
            error => AskError::Fault(Fault::log("trying a link again", &error)),
        })
    }

    /// Forgets a dead letter: nothing is left of it in the log. `false`: there is no such one.
    ///
    /// # Errors
    /// It could not be kept that it is forgotten.
    pub async fn forget(&self, id: &str) -> Result<bool, Fault> {
        let Parts { asking, waiting, .. } = &*self.0;
        let Some(dead) = self.dead_letter(id) else { return Ok(false) };
        let forgotten = asking.queue.discard(|id, _| *id == dead.id).await;
        let count = forgotten.map_err(|error| Fault::log("forgetting a link", &error))?;
        // Somebody may have had it tried again in between.
        waiting.over(&dead.id);
        Ok(count > 0)
    }

    fn dead_letter(&self, id: &str) -> Option<pipeline::DeadLetter<PreviewJob>> {
        self.0.asking.queue.dead_letters().into_iter().find(|dead| dead.id.as_str() == id)
    }

    /// Fetches nothing new, finishes what is in hand, keeps the rest for the next start. Each step may
    /// take `deadline`. The log must be open still.
    pub async fn shutdown(&self, deadline: Duration) {
        let Parts { asking, pipeline, following, scope, .. } = &*self.0;
        let stopped = following.stop(deadline).await;
        pipeline.drain(deadline).await;
        asking.queue.close();
        for result in [stopped, scope.stop(deadline).await] {
            if let Err(error) = result {
                tracing::error!(%error, "previews did not stop in time");
            }
        }
    }
}

impl DeadLetter {
    fn of(dead: pipeline::DeadLetter<PreviewJob>) -> Self {
        let place = dead.job.place();
        Self {
            id: dead.id.as_str().to_owned(),
            room: place.map(|place| place.room.clone()),
            number: place.map(|place| place.number),
            author: place.map(|place| place.author.clone()),
            link: dead.job.link,
            why: dead.why,
            attempts: dead.attempts,
            at_ms: dead.at_ms,
        }
    }
}

impl fmt::Debug for Previews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previews").finish_non_exhaustive()
    }
}

/// What is waited for will not come.
#[derive(Debug, thiserror::Error)]
#[error("previews are stopping")]
struct Stopping;
