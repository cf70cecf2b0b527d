//! Which rooms there are: the table, what fills it, and the questions it answers.

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, ReadError, ReadModel, Recorded, SqlProjection,
    rusqlite::{self, Connection, OptionalExtension as _, Row, params, types::Type},
};
use identity::{Guest, GuestId, GuestName};

use crate::{
    Fault, Retention, Role, RoomId, Slug, Status, Visibility,
    event::{Event, Opening, Posted},
    room::Room,
};

/// The most rooms one read answers.
const ROOMS_MAX: usize = 500;

/// Finds rooms. Cheap to clone.
#[derive(Clone)]
pub struct Directory(ReadModel<DirectoryProjection>);

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
    /// People who are members, present or not.
    pub members: u64,
    pub visibility: Visibility,
    pub retention: Retention,
    pub status: Status,
    /// The other one of a private chat between them and the owner; under the name they had then.
    pub with: Option<Guest>,
    /// The change of the room up to which this is known.
    pub change: u64,
}

/// Somebody who is a member of a room, present or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Under the last name the room knows.
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
            members: 1,
            visibility,
            retention,
            status: Status::Open,
            with,
            change: 1,
        }
    }
}

impl Directory {
    pub(crate) fn new(model: ReadModel<DirectoryProjection>) -> Self {
        Self(model)
    }

    /// The room with this slug, as far as the directory knows yet;
    /// [`Chat::open_room`](crate::Chat::open_room) asks the log as well.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn by_slug(&self, slug: &Slug) -> Result<Option<RoomSummary>, Fault> {
        self.one("SELECT * FROM rooms WHERE slug = ?1", slug.as_str()).await
    }

    /// The room with this id.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn by_id(&self, id: &RoomId) -> Result<Option<RoomSummary>, Fault> {
        self.one("SELECT * FROM rooms WHERE id = ?1", id.as_str()).await
    }

    /// The listed rooms with the latest activity, latest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn recent_public(&self, limit: usize) -> Result<Vec<RoomSummary>, Fault> {
        let limit = limit.min(ROOMS_MAX) as i64;
        self.read(move |db| {
            let sql = "SELECT * FROM rooms ORDER BY active_at_ms DESC, id LIMIT ?1";
            let mut statement = db.prepare_cached(sql)?;
            statement.query_map([limit], read_room)?.collect()
        })
        .await
    }

    /// The public rooms that are asked for.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn list(&self, listing: Listing) -> Result<Listed, Fault> {
        let _ = listing;
        todo!()
    }

    /// The members of a room by role, then by how long they have been; at most `limit`, and how many
    /// there are.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn members(&self, room: &RoomId, limit: usize) -> Result<(Vec<Member>, u64), Fault> {
        let _ = (room, limit);
        todo!()
    }

    /// Who was expelled from a room, the last first, at most a hundred.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn expelled(&self, room: &RoomId) -> Result<Vec<Guest>, Fault> {
        let _ = room;
        todo!()
    }

    /// Who knocked at a room and waits, the first in front.
    ///
    /// # Errors
    /// As [`Directory::by_slug`].
    pub async fn knocks(&self, room: &RoomId) -> Result<Vec<Guest>, Fault> {
        let _ = room;
        todo!()
    }

    pub(crate) async fn role(&self, room: &RoomSummary, who: &GuestId) -> Result<Role, Fault> {
        let _ = (room, who);
        todo!()
    }

    pub(crate) async fn counts(&self) -> Result<Counts, Fault> {
        todo!()
    }

    async fn one(&self, sql: &'static str, key: &str) -> Result<Option<RoomSummary>, Fault> {
        let key = key.to_owned();
        self.read(move |db| db.prepare_cached(sql)?.query_row([key], read_room).optional()).await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.0.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading the directory", &error))
    }
}

/// Fills the directory's table from the log.
pub(crate) struct DirectoryProjection;

impl SqlProjection for DirectoryProjection {
    type Change = ();

    const NAME: &'static str = "directory";

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(
            "CREATE TABLE rooms (
                 id TEXT NOT NULL PRIMARY KEY,
                 slug TEXT NOT NULL UNIQUE,
                 title TEXT,
                 owner_id TEXT NOT NULL,
                 owner_name TEXT NOT NULL,
                 opened_at_ms INTEGER NOT NULL,
                 active_at_ms INTEGER NOT NULL,
                 messages INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX rooms_by_activity ON rooms (active_at_ms DESC, id);",
        )
    }

    fn apply(&self, apply: &mut Apply<'_, ()>, event: &Recorded) -> Result<(), ApplyError> {
        if event.stream.kind() != Room::KIND {
            return Ok(());
        }
        let room = event.stream.id();
        match event.decode::<Event>()? {
            Event::Opened(opening) => write_opened(apply, room, &opening)?,
            Event::Posted(posted) => write_posted(apply, room, &posted)?,
            _ => todo!("what a room is like"),
        }
        Ok(())
    }
}

fn write_opened(db: &Connection, room: &str, opening: &Opening) -> rusqlite::Result<()> {
    let sql = "INSERT INTO rooms VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0)";
    db.prepare_cached(sql)?.execute(params![
        room,
        opening.slug.as_str(),
        opening.title,
        opening.owner.id.as_str(),
        opening.owner.name.as_str(),
        opening.at_ms,
    ])?;
    Ok(())
}

fn write_posted(db: &Connection, room: &str, posted: &Posted) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET messages = ?2, active_at_ms = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, posted.number as i64, posted.at_ms])?;
    Ok(())
}

fn read_room(row: &Row<'_>) -> rusqlite::Result<RoomSummary> {
    let owner_id = GuestId::parse(row.get_ref("owner_id")?.as_str()?).map_err(damaged)?;
    let owner = Guest { id: owner_id, name: GuestName::recorded(row.get("owner_name")?) };
    Ok(RoomSummary {
        id: RoomId::parse(row.get_ref("id")?.as_str()?).map_err(damaged)?,
        slug: Slug::recorded(row.get("slug")?),
        title: row.get("title")?,
        owner,
        opened_at_ms: row.get("opened_at_ms")?,
        active_at_ms: row.get("active_at_ms")?,
        messages: u64::try_from(row.get::<_, i64>("messages")?).unwrap_or(0),
        members: 1,
        visibility: Visibility::Public,
        retention: Retention::Kept,
        status: Status::Open,
        with: None,
        change: 1,
    })
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}
