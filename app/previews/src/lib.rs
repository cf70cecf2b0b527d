//! Links to cards: what a web page says of itself, fetched behind a guard.
//!
//! [`Previews`] is asked about a [`Link`] by the page that tries links, and follows the log for links
//! in messages. Both go through one pipeline: a durable queue, one lane per host, so many fetches at
//! a time. What comes of it is a [`Preview`], which the page shows, or a card, which goes into the
//! room through the front door ([`chat::Chat::attach_card`]).

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
mod fetching;
mod preview;
mod cache;
mod store;
mod job;
mod processor;
mod rooms;
mod settings;
mod opening;

pub use body_links::links;
pub use head::{Head, HeadReader, Reading};
pub use link::{LINK_CHARS_MAX, Link, LinkError};
pub use opening::{Config, OpenError};
pub use page::{Page, PageImage};
pub use picture::{Picture, PictureError};
pub use preview::{Preview, Status};
pub use reason::Reason;
pub use settings::{DomainError, Settings};

use std::{sync::Arc, time::Duration};

use chat::RoomId;
use identity::Fault;

/// Previews of links. Cheap to clone.
#[derive(Clone)]
pub struct Previews(Arc<opening::Parts>);

impl std::fmt::Debug for Previews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Previews").finish_non_exhaustive()
    }
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
    /// What is known of `link` now: fresh, or old while it is fetched again, or nothing yet. Follow
    /// with [`Previews::subscribe`], subscribed before.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, link: &Link) -> Result<Preview, AskError> {
        let _ = (link, &self.0);
        todo!()
    }

    /// As [`Previews::ask`], for whoever has seen what came of it and wants another try: a failure
    /// that is remembered, or an old result, does not keep it from being fetched again. What failed
    /// or was fetched within the last seconds is the answer all the same.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask_again(&self, link: &Link) -> Result<Preview, AskError> {
        let _ = link;
        todo!()
    }

    /// Every change of the preview of `link` from now on; each says everything.
    pub fn subscribe(&self, link: &Link) -> Subscription {
        let _ = link;
        todo!()
    }

    /// The picture `id` of a page's preview; `None`: there is none, or no more.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn page_picture(&self, id: &str) -> Result<Option<Picture>, Fault> {
        let _ = id;
        todo!()
    }

    /// The picture `id` of a card in `room`. Who asks must be allowed to read the room.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn room_picture(&self, room: &RoomId, id: &str) -> Result<Option<Picture>, Fault> {
        let _ = (room, id);
        todo!()
    }

    /// Waits until every link of what was said before this call has its card, or has none for good.
    ///
    /// # Errors
    /// The log failed.
    pub async fn caught_up(&self) -> Result<(), Fault> {
        todo!()
    }

    /// Fetches nothing new, finishes what is in hand, keeps the rest for the next start.
    pub async fn shutdown(&self, deadline: Duration) {
        let _ = deadline;
        todo!()
    }
}
