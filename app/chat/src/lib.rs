//! Rooms, and what is said in them.
//!
//! [`Chat`] is the way in for everyone: pages, bots, tests. What is said goes through a room's rules
//! (`room.rs`) into the log, from there into the [`Timeline`] and the [`Directory`], and is announced
//! to whoever [subscribed](Chat::subscribe) once it can be read there. Announcements may be lost; a
//! [`Follower`] tells when to read instead.
//!
//! ```
//! use chat::{Chat, Config, Follower, MessageId, NewRoom, Step, Store, What};
//! use pubsub::Received;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let ana = identity::GuestSession::fresh().guest();
//! let scope = tasks::Scope::root("tea house");
//! let chat = Chat::open(Config::new(Store::Memory), tasks::Clock::system(), &scope).await?;
//! let kitchen = chat.create_room(&ana, NewRoom::titled("The kitchen")).await?.id;
//!
//! // A page: subscribe, look, follow.
//! let mut announcements = chat.subscribe(&kitchen);
//! let page = chat.timeline().newest(&kitchen, 50).await?;
//! let mut follower = Follower::at(page.head.change);
//!
//! chat.post(&kitchen, &ana, MessageId::parse("5f2b9c1e")?, "hello").await?;
//!
//! let Received::Hint(change) = announcements.recv().await else { panic!("one is not too many") };
//! assert_eq!(follower.hint(change.number), Step::Apply);
//! let What::Posted(message) = change.what else { panic!("somebody posted") };
//! assert_eq!((message.number, message.body.as_str()), (1, "hello"));
//!
//! chat.shutdown(std::time::Duration::from_secs(5)).await;
//! # Ok(()) }
//! ```
//!
//! Tasks: `attendance_task.rs` hands on who came and went, `attendance_file_task.rs` keeps it for the
//! next start, `activity_task.rs` tells what goes on in
//! the house, and `housekeeper_task.rs` ends what has had its time, in the scope `chat house`. The
//! event sourcing library runs one per room in use, one per read model and one that erases, in the
//! scopes `chat commands` and `chat read models`.
//!
//! Not here: pages and sockets, the wall clock (a [`tasks::Clock`] is passed in), who somebody is
//! (`identity`).

mod ids;
mod slug;
mod standing;
mod message;
mod card;
mod notice;
mod event;
mod permissions;
mod room;
mod claim;
mod columns;
mod timeline;
mod hot_tails;
mod membership;
mod directory;
mod reader;
mod unread;
mod search;
mod attendance;
mod attendance_task;
mod attendance_file;
mod attendance_file_task;
mod activity;
mod activity_task;
mod pair;
mod blocks;
mod invites;
mod private_chat;
mod housekeeping;
mod housekeeper_task;
mod eraser;
mod topics;
mod follower;
mod acts;
mod opening;
mod error;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod measuring;

use std::{fmt, sync::Arc, time::Duration};

use eventsourcing::{
    Aggregate as _, CommandId, Dispatch, DispatchError, EventStore, OneOff as _, Projections,
    Recorded, StreamId, Verdict,
};
use identity::{Guest, GuestId};
use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{
    attendance_file::AttendanceFile,
    claim::Claim,
    eraser::Eraser,
    error::Unexpected,
    event::{Event, Opening},
    housekeeping::Housekeeper,
    invites::Invites,
    private_chat::Twos,
    room::{Command, Post, Room, check_retention},
    topics::Announcements,
};

pub use activity::Activity;
pub use attendance::{Attendance, AttendanceChanged, Present, Seat};
pub use blocks::BLOCKS_MAX;
pub use card::{
    CARD_DESCRIPTION_CHARS_MAX, CARD_IMAGE_ID_CHARS_MAX, CARD_SITE_CHARS_MAX, CARD_TITLE_CHARS_MAX,
    CARD_URL_BYTES_MAX, CARDS_MAX, Card, CardImage, Links, Told, told,
};
pub use directory::{Counts, Directory, Listed, Listing, Member, RoomSummary, Sort};
pub use error::{ActError, CreateError};
pub use event::Manner;
pub use follower::{Follower, Step};
pub use housekeeping::Housekeeping;
pub use identity::{Fault, LineError};
pub use ids::{IdError, MessageId, RoomId};
pub use message::{BODY_CHARS_MAX, BODY_LINES_MAX, CONTINUES_WITHIN_MS, Edit, Message};
pub use notice::{Happening, Notice};
pub use opening::{Config, OpenError, Settings, Store};
pub use pair::ASK_AGAIN_AFTER_MS;
pub use permissions::{Action, Condition, Stage, allowed};
pub use private_chat::{Invite, Unanswered};
pub use room::{
    BURST_MAX, KNOCK_AGAIN_AFTER_MS, KNOCKS_MAX, ORDER_PACE_MS, ORDERS_MAX, PACE_MS,
    REPEAT_AFTER_MS, Refusal,
};
pub use search::{Found, HITS_MAX, Hit, QUESTION_CHARS_MAX, Search};
pub use slug::{SLUG_CHARS_MAX, SLUG_CHARS_MIN, Slug, SlugError};
pub use standing::{IDLE_MS_MAX, IDLE_MS_MIN, Retention, Role, Status, Visibility};
pub use timeline::{Entry, Head, PAGE_MAX, Page, Timeline};
pub use topics::{Change, FactsChanged, PersonHint, What};
pub use unread::KnownRoom;

/// The longest title of a room, in Unicode scalar values.
pub const TITLE_CHARS_MAX: usize = 100;

/// Announcements a reader may be behind before it is told to read the timeline instead.
const BEHIND_MAX: usize = 256;
/// Hints of the rarer kinds that a page may be behind.
const HINTS_MAX: usize = 16;
/// How long opening a room waits until it can be read, so that the next page finds it.
const READABLE_WITHIN: Duration = Duration::from_secs(2);
/// How many memorable addresses are tried. A tenth of them taken, which is a million rooms, the
/// chance that all tries fail is 10⁻¹⁶.
const ADDRESSES_TRIED: usize = 16;

/// Announcements of one room, for one reader.
pub type Subscription = pubsub::Subscription<Change>;

/// Rooms and what is said in them. Cheap to clone; all clones are one chat.
#[derive(Clone)]
pub struct Chat(Arc<Parts>);

struct Parts {
    store: Arc<dyn EventStore>,
    closes_store: bool,
    clock: Clock,
    settings: watch::Receiver<Settings>,
    links: Option<Links>,
    dispatch: Dispatch,
    commands: Scope,
    projections: Projections,
    reading: Scope,
    announcements: Announcements,
    timeline: Timeline,
    directory: Directory,
    search: search::SearchIndex,
    attendance: Attendance,
    attendance_file: Option<Arc<AttendanceFile>>,
    invites: Invites,
    twos: Twos,
    housekeeper: Arc<Housekeeper>,
    house: Scope,
}

/// What an address leads to.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on its way to a page")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visit {
    /// A room.
    Room(RoomSummary),
    /// No room yet; [`Chat::claim_room`] would make one.
    Free(Slug),
    /// No room ever; the error says why, for the person who typed it.
    Impossible(SlugError),
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The room is new, and the claimer its owner.
    Opened(RoomSummary),
    /// Somebody was first; this is their room.
    WasThere(RoomSummary),
}

impl Claimed {
    /// The room at that address now.
    pub fn room(self) -> RoomSummary {
        match self {
            Self::Opened(room) | Self::WasThere(room) => room,
        }
    }
}

/// How a new room is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRoom {
    pub title: Option<String>,
    pub visibility: Visibility,
    pub retention: Retention,
}

impl NewRoom {
    /// A public room with this title that keeps what is said.
    pub fn titled(title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..Self::default() }
    }
}

/// Something was done, and is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The last change of the room by then.
    pub change: u64,
    pub(crate) position: eventsourcing::Position,
}

/// A message was accepted, now or when it was first sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The message's place in the room, from 1 without gaps.
    pub number: u64,
    /// The change of the room that it is: once a reader shows it, it shows the message.
    pub change: u64,
}

impl Chat {
    /// Opens a new room with a memorable address. Without a title, or with a blank one, it goes by
    /// its address.
    ///
    /// # Errors
    /// The title is not one line of at most [`TITLE_CHARS_MAX`] characters, the idle time is none, or a
    /// fault.
    pub async fn create_room(
        &self,
        owner: &Guest,
        room: NewRoom,
    ) -> Result<RoomSummary, CreateError> {
        let title = room.title.as_deref().filter(|title| !identity::is_blank(title));
        let title = title.map(|title| identity::one_line(title, TITLE_CHARS_MAX)).transpose();
        let title = title.map_err(CreateError::Title)?;
        check_retention(room.retention).map_err(CreateError::Refused)?;
        for _ in 0..ADDRESSES_TRIED {
            let opening = Opening {
                slug: Slug::random(),
                title: title.clone(),
                owner: owner.clone(),
                visibility: room.visibility,
                retention: room.retention,
                with: None,
                at_ms: self.0.clock.now_ms(),
            };
            let claimed = self.claim(opening).await;
            if let Claimed::Opened(room) = claimed.map_err(CreateError::Fault)? {
                return Ok(room);
            }
        }
        let error = Unexpected("every address that was tried is taken");
        Err(CreateError::Fault(Fault::log("opening a room", &error)))
    }

    /// What the address `slug`, exactly as it was typed, leads to. A room that was opened before this
    /// call, on whichever node, is found.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn open_room(&self, slug: &str) -> Result<Visit, Fault> {
        let slug = match Slug::parse(slug) {
            Ok(slug) => slug,
            Err(error) => return Ok(Visit::Impossible(error)),
        };
        if let Some(room) = self.0.directory.by_slug(&slug).await? {
            return Ok(Visit::Room(room));
        }
        match self.claimed(&slug).await? {
            Some(claimed) => Ok(Visit::Room(self.finish_opening(claimed).await?)),
            None => Ok(Visit::Free(slug)),
        }
    }

    /// Opens the room with this address if nobody did; of several at once, one wins.
    ///
    /// # Errors
    /// Whether the room was opened is unknown; trying again is safe.
    pub async fn claim_room(&self, slug: &Slug, owner: &Guest) -> Result<Claimed, Fault> {
        let opening = Opening {
            slug: slug.clone(),
            title: None,
            owner: owner.clone(),
            visibility: Visibility::default(),
            retention: Retention::default(),
            with: None,
            at_ms: self.0.clock.now_ms(),
        };
        self.claim(opening).await
    }

    /// Who `who` is in `room`, as far as it can be read yet. The room itself decides again about
    /// whatever they do.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn role(&self, room: &RoomSummary, who: &GuestId) -> Result<Role, Fault> {
        self.0.directory.role(room, who).await
    }

    /// Says `body` in `room`. When this returns `Ok`, the message is stored; it is shown when it is
    /// announced. The same `id` by the same author is the same message, however often it is sent.
    ///
    /// # Errors
    /// See [`ActError`].
    ///
    /// # Cancellation
    /// Dropping the future does not take the message back.
    pub async fn post(
        &self,
        room: &RoomId,
        author: &Guest,
        id: MessageId,
        body: &str,
    ) -> Result<Posted, ActError> {
        self.post_as(room, author, id, Manner::Said, body).await
    }

    /// As [`Chat::post`], in some manner.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn post_as(
        &self,
        room: &RoomId,
        author: &Guest,
        id: MessageId,
        manner: Manner,
        body: &str,
    ) -> Result<Posted, ActError> {
        let is_heard = self.is_heard(room, &author.id).await?;
        let command_id = CommandId::new(format!("{}:{id}", author.id))
            .expect("two short ids of visible ASCII characters are one");
        let (author, body) = (author.clone(), body.to_owned());
        let at_ms = self.0.clock.now_ms();
        let post = Post { id, author, manner, body, is_heard, at_ms };
        let sent = self.0.dispatch.send::<Room>(room.as_str(), command_id, Command::Post(post));
        let receipt = sent.await.map_err(|error| ActError::of("posting a message", error))?;
        let change = receipt.version;
        let number = self.number_of(room, change).await.map_err(ActError::Fault)?;
        Ok(Posted { number, change })
    }

    /// Announcements of `room` from now on. Subscribe, then look, then follow.
    pub fn subscribe(&self, room: &RoomId) -> Subscription {
        self.0.announcements.rooms.subscribe(&topics::room(room), BEHIND_MAX)
    }

    /// Hints that what `room` is like changed: rare.
    pub fn subscribe_facts(&self, room: &RoomId) -> pubsub::Subscription<FactsChanged> {
        self.0.announcements.facts.subscribe(&topics::facts(room), HINTS_MAX)
    }

    /// Hints that concern one person, wherever they are.
    pub fn subscribe_person(&self, person: &GuestId) -> pubsub::Subscription<PersonHint> {
        self.0.announcements.people.subscribe(&topics::person(person), HINTS_MAX)
    }

    /// What goes on in the house, at most once a second.
    pub fn subscribe_activity(&self) -> pubsub::Subscription<Activity> {
        self.0.announcements.activity.subscribe(&topics::activity(), HINTS_MAX)
    }

    /// Who is where.
    pub fn attendance(&self) -> &Attendance {
        &self.0.attendance
    }

    /// How many rooms there are, and messages in them.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn counts(&self) -> Result<Counts, Fault> {
        self.0.directory.counts().await
    }

    /// Waits until what was done can be read, two seconds at most.
    pub async fn readable(&self, done: &Done) {
        let readable = async {
            for name in opening::READ_MODELS {
                // Stopped or late, it is stored all the same.
                let _ = self.0.projections.wait_for(name, done.position).await;
            }
        };
        let _late = tokio::time::timeout(READABLE_WITHIN, readable).await;
    }

    /// What was said.
    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    /// Which rooms there are.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Waits until everything that was stored before this call can be read.
    ///
    /// # Errors
    /// The store failed, or everything is stopping.
    pub async fn caught_up(&self) -> Result<(), Fault> {
        self.wait_for(&opening::READ_MODELS).await
    }

    /// Waits until everything that was removed before this call is gone from every file.
    ///
    /// # Errors
    /// The store failed, or everything is stopping.
    pub async fn erased(&self) -> Result<(), Fault> {
        self.wait_for(&[Eraser::NAME]).await
    }

    async fn wait_for(&self, names: &[&str]) -> Result<(), Fault> {
        let head = self.0.store.head().await;
        let head = head.map_err(|error| Fault::log("reading the log", &error))?;
        for name in names {
            let waited = self.0.projections.wait_for(name, head).await;
            waited.map_err(|error| Fault::log("waiting for what follows the log", &error))?;
        }
        Ok(())
    }

    /// Makes every read model again from the log, beside the one that is read, and compares.
    ///
    /// # Errors
    /// One could not be made or compared. A difference is a verdict.
    pub async fn verify(&self) -> Result<Vec<(&'static str, Verdict)>, Fault> {
        let mut verdicts = Vec::new();
        for name in opening::READ_MODELS {
            let verdict = self.0.projections.verify(name).await;
            let verdict = verdict.map_err(|error| Fault::log("verifying a read model", &error))?;
            verdicts.push((name, verdict));
        }
        Ok(verdicts)
    }

    /// Takes no more commands, finishes those in hand, and closes the store, unless it was
    /// [given](Store::Given). Each step but the last may take `deadline`.
    pub async fn shutdown(&self, deadline: Duration) {
        for scope in [&self.0.house, &self.0.commands, &self.0.reading] {
            if let Err(error) = scope.stop(deadline).await {
                tracing::error!(%error, "the chat did not stop in time");
            }
        }
        if self.0.closes_store
            && let Err(error) = self.0.store.close().await
        {
            Fault::log("closing the store", &error);
        }
    }

    async fn claim(&self, opening: Opening) -> Result<Claimed, Fault> {
        let slug = opening.slug.clone();
        let wanted = claim::Claimed { room: RoomId::random(), opening };
        let claimed =
            self.0.dispatch.send::<Claim>(slug.as_str(), CommandId::random(), wanted.clone());
        match claimed.await {
            Ok(_) => self.finish_opening(wanted).await.map(Claimed::Opened),
            Err(DispatchError::Refused(taken)) => {
                self.finish_opening(taken.by).await.map(Claimed::WasThere)
            }
            Err(error) => Err(Fault::log("claiming an address", &error)),
        }
    }

    /// Opens exactly this room, at its slug; `None`: another room has that.
    pub(crate) async fn open_claimed(
        &self,
        wanted: claim::Claimed,
    ) -> Result<Option<RoomSummary>, Fault> {
        let slug = wanted.opening.slug.clone();
        let claimed =
            self.0.dispatch.send::<Claim>(slug.as_str(), CommandId::random(), wanted.clone());
        match claimed.await {
            Ok(_) => self.finish_opening(wanted).await.map(Some),
            Err(DispatchError::Refused(taken)) if taken.by.room == wanted.room => {
                self.finish_opening(wanted).await.map(Some)
            }
            Err(DispatchError::Refused(_)) => Ok(None),
            Err(error) => Err(Fault::log("claiming an address", &error)),
        }
    }

    /// Opens the room that has the slug, if it is not open yet: its claimer may have died in between.
    async fn finish_opening(&self, claimed: claim::Claimed) -> Result<RoomSummary, Fault> {
        let claim::Claimed { room, opening } = claimed;
        let once = CommandId::new("open").expect("it is a short word");
        let open = Command::Open(opening.clone());
        let opened = self.0.dispatch.send::<Room>(room.as_str(), once, open).await;
        let receipt = opened.map_err(|error| Fault::log("opening a room", &error))?;
        let readable = async {
            for name in opening::READ_MODELS {
                // Stopped or late, the room is open all the same, and is found through the log.
                let _ = self.0.projections.wait_for(name, receipt.position).await;
            }
        };
        let _ = tokio::time::timeout(READABLE_WITHIN, readable).await;
        let found = self.0.directory.by_id(&room).await?;
        Ok(found.unwrap_or_else(|| RoomSummary::opened(room, opening)))
    }

    async fn claimed(&self, slug: &Slug) -> Result<Option<claim::Claimed>, Fault> {
        let found = self.event_at(&StreamId::new(Claim::KIND, slug.as_str()), 1).await?;
        let claimed = found.map(|event| event.decode()).transpose();
        claimed.map_err(|error| Fault::log("reading who has an address", &error))
    }

    /// The number of the message that is change `change` of `room`.
    async fn number_of(&self, room: &RoomId, change: u64) -> Result<u64, Fault> {
        let found = self.event_at(&StreamId::new(Room::KIND, room.as_str()), change).await?;
        let event = found.map(|event| event.decode::<Event>()).transpose();
        match event.map_err(|error| Fault::log("reading what was posted", &error))? {
            Some(Event::Posted(posted)) => Ok(posted.number),
            _ => {
                let error = Unexpected("the store has no message where it stored one");
                Err(Fault::log("reading what was posted", &error))
            }
        }
    }

    async fn event_at(&self, stream: &StreamId, version: u64) -> Result<Option<Recorded>, Fault> {
        let page = self.0.store.read_stream(stream, version.saturating_sub(1), 1).await;
        let page = page.map_err(|error| Fault::log("reading the log", &error))?;
        Ok(page.events.into_iter().next().filter(|event| event.version == version))
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").finish_non_exhaustive()
    }
}
