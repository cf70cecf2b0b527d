//! Who somebody is: names, sign-in, sessions, pictures.
//!
//! Everyone starts as a [`Guest`]: a public [`GuestId`] and a [`GuestName`], at first a friendly
//! random one. What makes a browser that guest is the [`GuestSession`] in its signed cookie: a
//! secret, of which the id is a one-way hash, so that it can stand in pages, rooms and logs without
//! letting anyone become that person.
//!
//! [`Identity`] is the way in for everyone. It knows the name a person has now, signs people in at
//! a [`Provider`] (after which several browsers are the same person), lists and closes sessions, and
//! has a picture of everybody. What it knows is made from the same log as the rooms.
//!
//! ```
//! use std::sync::Arc;
//! use eventsourcing::{MemoryStore, ReadModelHome};
//! use identity::{Config, GuestName, GuestSession, Identity};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scope = tasks::Scope::root("tea house");
//! let config = Config {
//!     log: Arc::new(MemoryStore::new()),
//!     read_models: ReadModelHome::Memory,
//!     avatars: None,
//!     providers: vec![],
//!     base_url: "http://localhost:4000".into(),
//! };
//! let identity = Identity::open(config, tasks::Clock::system(), &scope).await?;
//!
//! let session = GuestSession::fresh();
//! let me = identity.guest(&session).await?;
//! let renamed = identity.rename(&me, GuestName::parse("  Ana   of the kitchen ")?).await?;
//! assert_eq!(renamed.guest.name.as_str(), "Ana of the kitchen");
//! assert_eq!(identity.guest(&session).await?, renamed.guest);
//!
//! identity.sign_out(&session).await?;
//! assert!(!identity.is_open(&session));
//! identity.shutdown(std::time::Duration::from_secs(5)).await;
//! # Ok(()) }
//! ```
//!
//! Tasks: one per picture that is being fetched, two at most; the event sourcing library runs one
//! per person in use and one per read model. They are in the scopes `identity jobs`, `identity
//! commands` and `identity read models`.
//!
//! Not here: signing cookies (the live view library does), pages and sockets, what a person may do
//! (the rooms decide).

mod guest;
mod name;
mod line;
mod words;
mod session;
mod random;
mod person;
mod account;
mod people;
mod closed;
mod sightings;
mod browser;
mod provider;
mod sign_in;
mod pending;
mod return_to;
mod door;
mod github;
mod openid;
mod pictures;
mod picture;
mod pattern;
mod opening;
mod error;

use std::{fmt, sync::Arc, time::Duration};

use eventsourcing::{
    Aggregate as _, CommandId, Dispatch, EventStore, MemoryModel, MemoryProjection as _, Position,
    Projections, Receipt, SqlProjection as _, StreamId, Verdict,
};
use fetch::Fetcher;
use pubsub::{Bus as _, LocalBus, Topic};
use tasks::{Clock, Scope};
use tokio::sync::Semaphore;

use crate::{
    closed::ClosedSessions,
    door::Door,
    pending::Spent,
    people::{People, PeopleProjection},
    person::{Command, Event, Person},
    pictures::Pictures,
    sightings::Sightings,
};

pub use error::{Fault, SignInError};
pub use guest::{COLOURS, Guest, GuestId, IdError};
pub use line::{LineError, is_blank, one_line};
pub use name::{GuestName, NAME_CHARS_MAX};
pub use opening::{Config, OpenError};
pub use person::{SEEN_EVERY_MS, SESSIONS_MAX};
pub use provider::{GITHUB_API_URL, GITHUB_WEB_URL, Provider, ProviderError};
pub use pubsub::Subscription;
pub use session::{
    FIELD_NAME, FIELD_PERSON, FIELD_SECRET, FIELD_SESSION, GuestSecret, GuestSession,
    SESSION_MAX_MS, SessionId,
};
pub use sign_in::{Arrival, Departure, callback_path};

/// Announcements a reader may be behind before it is told to look again.
const BEHIND_MAX: usize = 64;
/// The same for who closes sockets of closed sessions.
const REVOCATIONS_BEHIND_MAX: usize = 1_024;
/// How long a command waits until what it did can be read, so that the next page shows it.
const READABLE_WITHIN: Duration = Duration::from_secs(2);

/// Who people are. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Identity(Arc<Parts>);

struct Parts {
    log: Arc<dyn EventStore>,
    clock: Clock,
    dispatch: Dispatch,
    commands: Scope,
    jobs: Scope,
    projections: Projections,
    reading: Scope,
    people: People,
    closed: MemoryModel<ClosedSessions>,
    changes: Arc<LocalBus<PersonChange>>,
    closings: Arc<LocalBus<SessionId>>,
    providers: Vec<Provider>,
    /// One for each of `providers`, in their order.
    doors: Vec<Door>,
    fetcher: Fetcher,
    pictures: Pictures,
    sightings: Sightings,
    spent: Spent,
    at_doors: Semaphore,
    at_pictures: Arc<Semaphore>,
}

/// A person has another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The name before; the same as now, if nothing happened.
    pub from: GuestName,
    /// The person under the name they have now.
    pub guest: Guest,
    /// The renames of a person count from 1; 0: none yet.
    pub number: u64,
}

/// Something happened to a person. It may be lost or come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonChange {
    Renamed {
        from: GuestName,
        guest: Guest,
        /// The renames of a person count from 1: with a lower number than one that was seen, this
        /// is old.
        number: u64,
    },
    SignedIn,
    /// There is another picture.
    Pictured,
    SessionRevoked(SessionId),
}

/// What a person signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The provider's label.
    pub provider: String,
    /// The account's name there; may be empty.
    pub login: String,
    pub signed_in_at_ms: i64,
}

/// A browser that is signed in, or is a guest's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    pub id: SessionId,
    /// "Firefox on Linux".
    pub browser: String,
    pub opened_at_ms: i64,
    /// The last use, up to an hour off.
    pub seen_at_ms: i64,
}

/// A picture of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Avatar {
    /// `image/png` or `image/svg+xml`.
    pub content_type: &'static str,
    pub bytes: Arc<[u8]>,
    /// As the header wants it, with its quotes.
    pub etag: String,
}

impl Identity {
    /// Who may say who somebody is, in the order in which the host named them.
    pub fn providers(&self) -> &[Provider] {
        &self.0.providers
    }

    /// The person of `session` under the name they have now.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn guest(&self, session: &GuestSession) -> Result<Guest, Fault> {
        let in_cookie = session.guest();
        Ok(self.guest_by_id(&in_cookie.id).await?.unwrap_or(in_cookie))
    }

    /// The person with this id, if they ever changed their name or signed in: the names of all
    /// others are in their cookies alone.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn guest_by_id(&self, id: &GuestId) -> Result<Option<Guest>, Fault> {
        let known = self.0.people.known(id).await?;
        Ok(known.map(|known| Guest { id: id.clone(), name: known.name }))
    }

    /// Whether `session` still counts. Cheap: ask at every page and every join.
    pub fn is_open(&self, session: &GuestSession) -> bool {
        self.0.closed.read(|closed| !closed.contains(session.session_id()))
    }

    /// Gives `me` another name, everywhere at once: it is stored, then announced. The same name as
    /// before changes nothing.
    ///
    /// # Errors
    /// Whether the name was changed is unknown; trying again is safe.
    ///
    /// # Cancellation
    /// Dropping the future does not take it back.
    pub async fn rename(&self, me: &Guest, to: GuestName) -> Result<Renamed, Fault> {
        let (from, at_ms) = (me.name.clone(), self.now_ms());
        let rename = Command::Rename { from, to: to.clone(), at_ms };
        let receipt = self.command(&me.id, rename).await?;
        self.readable(receipt.position).await;
        let guest = Guest { id: me.id.clone(), name: to };
        if let Some((from, number)) = self.renamed(&receipt).await? {
            return Ok(Renamed { from, guest, number });
        }
        let known = self.0.people.known(&me.id).await?;
        let number = known.map_or(0, |known| known.renames);
        Ok(Renamed { from: guest.name.clone(), guest, number })
    }

    /// What happens to `person` from now on. Subscribe, then look, then follow.
    pub fn subscribe(&self, person: &GuestId) -> Subscription<PersonChange> {
        self.0.changes.subscribe(&people::topic(person), BEHIND_MAX)
    }

    /// What `person` signs in with, if they ever did.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn account(&self, person: &GuestId) -> Result<Option<Account>, Fault> {
        self.0.people.account(person).await
    }

    /// The open sessions of `person`, the one that was used last first. A guest who never signed in
    /// has those that were [seen](Identity::seen) since this server started.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn sessions(&self, person: &GuestId) -> Result<Vec<SessionInfo>, Fault> {
        let mut sessions = self.0.people.sessions(person).await?;
        self.0.sightings.add_to(&mut sessions, person);
        let oldest_ms = self.now_ms() - SESSION_MAX_MS;
        self.0.closed.read(|closed| {
            sessions
                .retain(|session| session.seen_at_ms >= oldest_ms && !closed.contains(&session.id));
        });
        sessions.sort_by(|a, b| b.seen_at_ms.cmp(&a.seen_at_ms).then_with(|| a.id.cmp(&b.id)));
        Ok(sessions)
    }

    /// Takes note that `session` is being used by the browser with this `User-Agent`. Stored at most
    /// once an hour, and never for guests, so it may be called for every page.
    pub async fn seen(&self, session: &GuestSession, browser: &str) {
        let (browser, at_ms) = (browser::describe(browser), self.now_ms());
        let is_due = self.0.sightings.see(session, browser.clone(), at_ms);
        if let Some(person) = session.signed_in_as().filter(|_| is_due) {
            let session = session.session_id().clone();
            // A fault is in the log; the next hour tries again.
            let _ = self.command(person, Command::See { session, browser, at_ms }).await;
        }
    }

    /// Closes a session of `person`: from now on its cookie counts no more. False: it is not theirs,
    /// or was closed before.
    ///
    /// # Errors
    /// Whether it was closed is unknown; trying again is safe.
    pub async fn revoke(&self, person: &GuestId, session: &SessionId) -> Result<bool, Fault> {
        if self.0.closed.read(|closed| closed.contains(session)) {
            return Ok(false);
        }
        let proven = self.0.sightings.belongs_to(session, person);
        let close = Command::Close { session: session.clone(), proven, at_ms: self.now_ms() };
        let receipt = self.command(person, close).await?;
        self.0.sightings.forget(session);
        self.readable(receipt.position).await;
        Ok(!receipt.is_empty())
    }

    /// Closes `session`, and returns that of a new guest for its browser.
    ///
    /// # Errors
    /// Whether it was closed is unknown; trying again is safe.
    pub async fn sign_out(&self, session: &GuestSession) -> Result<GuestSession, Fault> {
        if self.is_open(session) {
            self.close(&session.guest_id(), session.session_id()).await?;
        }
        Ok(GuestSession::fresh())
    }

    /// Which sessions are closed from now on, of whomever: for who has their sockets.
    pub fn revocations(&self) -> Subscription<SessionId> {
        self.0.closings.subscribe(&revocations(), REVOCATIONS_BEHIND_MAX)
    }

    /// The picture of `person`: the one of their account, from here, or else their pattern.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn avatar(&self, person: &GuestId) -> Result<Avatar, Fault> {
        if let Some(content) = self.0.people.picture(person).await?
            && let Some(bytes) = self.0.pictures.read(&content).await
        {
            return Ok(Avatar { content_type: "image/png", bytes, etag: format!("\"{content}\"") });
        }
        let bytes = pattern::svg(person).into_bytes().into();
        let etag = format!("\"pattern-1-{person}\"");
        Ok(Avatar { content_type: "image/svg+xml", bytes, etag })
    }

    /// Waits until everything that was stored before this call can be read.
    ///
    /// # Errors
    /// The store failed, or everything is stopping.
    pub async fn caught_up(&self) -> Result<(), Fault> {
        let waited = self.0.projections.wait_for_all().await;
        waited.map_err(|error| Fault::log("waiting for what is known of people", &error))
    }

    /// Makes every read model in SQL again from the log, beside the one that is read, and compares.
    ///
    /// # Errors
    /// One could not be made or compared. A difference is a verdict.
    pub async fn verify(&self) -> Result<Vec<(&'static str, Verdict)>, Fault> {
        let verdict = self.0.projections.verify(PeopleProjection::NAME).await;
        let verdict = verdict.map_err(|error| Fault::log("verifying a read model", &error))?;
        Ok(vec![(PeopleProjection::NAME, verdict)])
    }

    /// Drops pictures that are being fetched, takes no more commands, and finishes those in hand.
    /// Each may take `deadline`.
    pub async fn shutdown(&self, deadline: Duration) {
        for scope in [&self.0.jobs, &self.0.commands, &self.0.reading] {
            if let Err(error) = scope.stop(deadline).await {
                tracing::error!(%error, "identities did not stop in time");
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    async fn command(&self, person: &GuestId, command: Command) -> Result<Receipt, Fault> {
        let sent = self.0.dispatch.send::<Person>(person.as_str(), CommandId::random(), command);
        sent.await.map_err(|error| Fault::log("changing what is known of a person", &error))
    }

    /// Closes a session whose cookie was shown.
    async fn close(&self, person: &GuestId, session: &SessionId) -> Result<(), Fault> {
        let close = Command::Close { session: session.clone(), proven: true, at_ms: self.now_ms() };
        let receipt = self.command(person, close).await?;
        self.0.sightings.forget(session);
        self.readable(receipt.position).await;
        Ok(())
    }

    /// Waits until what was stored at `position` can be read. Late, it is stored all the same.
    async fn readable(&self, position: Position) {
        let readable = async {
            for name in [ClosedSessions::NAME, PeopleProjection::NAME] {
                let _ = self.0.projections.wait_for(name, position).await;
            }
        };
        if tokio::time::timeout(READABLE_WITHIN, readable).await.is_err() {
            tracing::warn!("what is known of people is behind the log");
        }
    }

    /// The name before, and the number of the rename that a command led to.
    async fn renamed(&self, receipt: &Receipt) -> Result<Option<(GuestName, u64)>, Fault> {
        if receipt.is_empty() {
            return Ok(None);
        }
        let stream = StreamId::new(Person::KIND, receipt.stream.id());
        let page = self.0.log.read_stream(&stream, receipt.after, 1).await;
        let page = page.map_err(|error| Fault::log("reading the log", &error))?;
        let event = page.events.first().map(|event| event.decode::<Event>()).transpose();
        match event.map_err(|error| Fault::log("reading a rename", &error))? {
            Some(Event::Renamed { from, number, .. }) => Ok(Some((from, number))),
            _ => Ok(None),
        }
    }
}

impl PersonChange {
    fn of(person: &GuestId, event: &Event) -> Option<Self> {
        match event {
            Event::Renamed { from, to, number, .. } => {
                let guest = Guest { id: person.clone(), name: to.clone() };
                Some(Self::Renamed { from: from.clone(), guest, number: *number })
            }
            Event::SignedIn { .. } => Some(Self::SignedIn),
            Event::Pictured { .. } => Some(Self::Pictured),
            // Announced once the session counts no more; see `closed.rs`.
            Event::SessionClosed { .. } => None,
            Event::Named { .. } | Event::SessionOpened { .. } | Event::SessionSeen { .. } => None,
        }
    }
}

/// `revocations`: every session that is closed.
fn revocations() -> Topic<SessionId> {
    Topic::new("revocations")
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("providers", &self.0.providers).finish_non_exhaustive()
    }
}
