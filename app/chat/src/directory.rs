//! Which rooms there are, what they are like, and who is who in them: the questions that are asked.

mod projection;
mod rooms;
mod standings;

use eventsourcing::{
    ReadError, ReadModel,
    rusqlite::{self, Connection},
};
use identity::{Guest, GuestId};
use tasks::Clock;
use tokio::sync::watch;

use crate::{Fault, Retention, Role, RoomId, Settings, Slug, Status, Visibility, event::Opening};

pub(crate) use projection::DirectoryProjection;
pub(crate) use rooms::read_room;

/// The most rooms one read answers.
const ROOMS_MAX: usize = 500;

/// The most pages that a list is looked through.
const PAGES_MAX: usize = 1_000;
/// The most expelled people one read answers.
const EXPELLED_MAX: usize = 100;
/// The most members one read answers.
const MEMBERS_MAX: usize = 1_000;

/// Finds rooms. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    model: ReadModel<DirectoryProjection>,
    clock: Clock,
    settings: watch::Receiver<Settings>,
}

/// A room from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    pub id: RoomId,
    pub slug: Slug,
    pub title: Option<String>,
    /// Whose it is, under the last name the room knows. Erased rooms know no names.
    pub owner: Guest,
    pub opened_at_ms: i64,
    /// When the last message came, the room was opened, or how long it keeps things was changed.
    pub active_at_ms: i64,
    pub messages: u64,
    /// People who are members, present or not.
    pub members: u64,
    pub visibility: Visibility,
    pub retention: Retention,
    pub status: Status,
    /// The other one of a private chat between them and the owner, under the last name the room knows.
    pub with: Option<Guest>,
    /// The change of the room up to which this is known.
    pub change: u64,
}

/// Somebody who is a member of a room, present or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Under the last name the room knows; an empty one, if all it knew was removed.
    pub guest: Guest,
    pub role: Role,
    pub since_ms: i64,
}

/// How rooms are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The last activity first.
    #[default]
    Activity,
    /// The most members first.
    Members,
    /// The most messages first.
    Messages,
    /// The newest room first.
    Newest,
}

/// Which public rooms are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// Part of the title or the address; blank: all.
    pub text: String,
    pub sort: Sort,
    /// From 0.
    pub page: usize,
    /// Rooms on a page.
    pub per_page: usize,
}

/// One page of public rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub rooms: Vec<RoomSummary>,
    /// How many match in all.
    pub total: u64,
}

/// The house in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rooms that are open, listed or not.
    pub rooms: u64,
    /// Messages in them.
    pub messages: u64,
}

impl RoomSummary {
    /// What the room is called: its title, or else its slug.
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(self.slug.as_str())
    }

    /// A room in which nothing was said yet.
    pub(crate) fn opened(id: RoomId, opening: Opening) -> Self {
        let Opening { slug, title, owner, visibility, retention, with, at_ms } = opening;
        Self {
            id,
            slug,
            title,
            owner,
            opened_at_ms: at_ms,
            active_at_ms: at_ms,
            messages: 0,
            members: if with.is_some() { 2 } else { 1 },
            visibility,
            retention,
            status: Status::Open,
            with,
            change: 1,
        }
    }
}

impl Directory {
    pub(crate) fn new(
        model: ReadModel<DirectoryProjection>,
        clock: Clock,
        settings: watch::Receiver<Settings>,
    ) -> Self {
        Self { model, clock, settings }
    }

    /// The room with this slug, as far as the directory knows yet;
    /// [`Chat::open_room`](crate::Chat::open_room) asks the log as well.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn by_slug(&self, slug: &Slug) -> Result<Option<RoomSummary>, Fault> {
        let slug = slug.clone();
        self.read(move |db| rooms::by_slug(db, &slug)).await
    }

    /// The room with this id.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn by_id(&self, id: &RoomId) -> Result<Option<RoomSummary>, Fault> {
        let id = id.clone();
        self.read(move |db| rooms::by_id(db, &id)).await
    }

    /// Those of the rooms that there are, in this order.
    pub(crate) async fn these(&self, ids: Vec<RoomId>) -> Result<Vec<RoomSummary>, Fault> {
        self.read(move |db| {
            let found = ids.iter().map(|id| rooms::by_id(db, id));
            found.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// The listed rooms with the latest activity, latest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn recent_public(&self, limit: usize) -> Result<Vec<RoomSummary>, Fault> {
        let listing = Listing { per_page: limit, ..Listing::default() };
        Ok(self.list(listing).await?.rooms)
    }

    /// The public rooms that are asked for, those that have ended aside; at most 500 on a page.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn list(&self, listing: Listing) -> Result<Listed, Fault> {
        let Listing { text, sort, page, per_page } = listing;
        let (per_page, page) = (per_page.min(ROOMS_MAX), page.min(PAGES_MAX));
        self.read(move |db| rooms::list(db, &text, sort, page * per_page, per_page)).await
    }

    /// The members of a room by role, then by how long they have been; at most `limit`, and how many
    /// there are.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn members(&self, room: &RoomId, limit: usize) -> Result<(Vec<Member>, u64), Fault> {
        let (room, limit) = (room.clone(), limit.min(MEMBERS_MAX));
        self.read(move |db| standings::members(db, &room, limit)).await
    }

    /// Who was expelled from a room, the last first, at most a hundred.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn expelled(&self, room: &RoomId) -> Result<Vec<Guest>, Fault> {
        let room = room.clone();
        self.read(move |db| standings::expelled(db, &room, EXPELLED_MAX)).await
    }

    /// Who knocked at a room and waits, the first in front. A knock that nobody answered for
    /// [`Settings::answer_within_ms`] waits no more.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn knocks(&self, room: &RoomId) -> Result<Vec<Guest>, Fault> {
        let answer_within_ms = self.settings.borrow().answer_within_ms;
        let (room, after_ms) = (room.clone(), self.clock.now_ms().saturating_sub(answer_within_ms));
        self.read(move |db| standings::knocks(db, &room, after_ms)).await
    }

    /// Fleeting rooms that, by what was said in them, have had their time by `until_ms`: a page of
    /// at most `limit`, in the order of their ids, from the one after `after`.
    pub(crate) async fn fleeting(
        &self,
        until_ms: i64,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<RoomSummary>, Fault> {
        let limit = limit.min(ROOMS_MAX);
        self.read(move |db| rooms::fleeting(db, until_ms, after.as_ref(), limit)).await
    }

    /// What the room itself would say, as far as it can be read.
    pub(crate) async fn role(&self, room: &RoomSummary, who: &GuestId) -> Result<Role, Fault> {
        let (room, who) = (room.clone(), who.clone());
        self.read(move |db| role(db, &room, &who)).await
    }

    /// The room with this id, and who `who` is in it.
    pub(crate) async fn seen_by(
        &self,
        who: &GuestId,
        id: &RoomId,
    ) -> Result<Option<(RoomSummary, Role)>, Fault> {
        let (who, id) = (who.clone(), id.clone());
        self.read(move |db| {
            let Some(room) = rooms::by_id(db, &id)? else { return Ok(None) };
            let role = role(db, &room, &who)?;
            Ok(Some((room, role)))
        })
        .await
    }

    pub(crate) async fn counts(&self) -> Result<Counts, Fault> {
        self.read(rooms::counts).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.model.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading the directory", &error))
    }
}

fn role(db: &Connection, room: &RoomSummary, who: &GuestId) -> rusqlite::Result<Role> {
    if let Some(role) = standings::role(db, &room.id, who)? {
        return Ok(role);
    }
    let visibility = rooms::visibility(db, &room.id)?.unwrap_or(room.visibility);
    Ok(match visibility {
        // Nobody stands in an erased room any more, but it stays known whose it was.
        _ if room.owner.id == *who => Role::Owner,
        Visibility::Private => Role::Outsider,
        Visibility::Public | Visibility::Unlisted => Role::Visitor,
    })
}
