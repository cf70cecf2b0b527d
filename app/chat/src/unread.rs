//! What somebody has not read yet, in the rooms they know. The table stands beside the directory's
//! rooms, so that one question answers for all rooms of a person.

use eventsourcing::{
    CommandId, DispatchError,
    rusqlite::{self, Connection, OptionalExtension as _, params},
};
use identity::{Guest, GuestId};

use crate::{
    ActError, Chat, Fault, Role, RoomId, RoomSummary, Visibility,
    columns::{as_sql, from_sql},
    directory::read_room,
    event::Event,
    reader::{Read, Reader},
};

/// The most rooms one read answers.
const ROOMS_MAX: usize = 500;

/// A room that somebody knows, and how far they have read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoom {
    pub room: RoomSummary,
    /// The number of the last message they read.
    pub read: u64,
    /// Messages after that, by number.
    pub unread: u64,
}

impl Chat {
    /// `me` has read everything in `room` up to message `number`, 0: has been there. Going back is
    /// nothing, and nobody has read what was not said yet.
    ///
    /// Costs a write for the reader alone, and never one for whoever is absent.
    ///
    /// # Errors
    /// `me` may not read the room, or it was not stored.
    pub async fn read_up_to(&self, room: &RoomId, me: &Guest, number: u64) -> Result<(), ActError> {
        self.check_reads(&me.id, room).await?;
        let head = self.timeline().head(room).await.map_err(ActError::Fault)?;
        let number = number.min(head.messages);
        let known = self.read_mark(room, &me.id).await.map_err(ActError::Fault)?;
        if known.is_some_and(|known| known >= number) {
            return Ok(());
        }
        let (room, at_ms) = (room.clone(), self.0.clock.now_ms());
        let up_to = Read::UpTo { room, number, anew: known.is_none(), at_ms };
        self.reads(me, up_to).await.map_err(ActError::Fault)
    }

    /// How far `me` has read `room`; `None`: never been there, or not for long.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn read_mark(&self, room: &RoomId, me: &GuestId) -> Result<Option<u64>, Fault> {
        let (room, me) = (room.clone(), me.clone());
        self.directory().read(move |db| mark(db, &room, &me)).await
    }

    /// The rooms that `me` knows and may read, the most recently active first, at most `limit`.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn known_rooms(&self, me: &GuestId, limit: usize) -> Result<Vec<KnownRoom>, Fault> {
        let (me, limit) = (me.clone(), limit.min(ROOMS_MAX));
        self.directory().read(move |db| known(db, &me, limit)).await
    }

    /// Takes a room off the list of those `me` knows.
    ///
    /// # Errors
    /// It was not stored.
    pub async fn forget_room(&self, room: &RoomId, me: &Guest) -> Result<(), Fault> {
        if self.read_mark(room, &me.id).await?.is_none() {
            return Ok(());
        }
        self.reads(me, Read::Forget { room: room.clone() }).await
    }

    async fn reads(&self, me: &Guest, read: Read) -> Result<(), Fault> {
        let sent = self.0.dispatch.send::<Reader>(me.id.as_str(), CommandId::random(), read).await;
        match sent {
            Ok(_) => Ok(()),
            Err(DispatchError::Refused(never)) => match never {},
            Err(error) => Err(Fault::log("noting what was read", &error)),
        }
    }
}

/// Who has been in which room, and has read how far. Whoever is absent has no row that a message
/// would change.
pub(crate) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE reads (
             person TEXT NOT NULL,
             room TEXT NOT NULL,
             number INTEGER NOT NULL,
             PRIMARY KEY (person, room)
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX reads_by_room ON reads (room);",
    )
}

/// What an event of a room says about who has read it. Whoever speaks, or was there, has read
/// everything; for whoever is let in, the room begins with that.
pub(crate) fn write(db: &Connection, room: &RoomId, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Opened(opening) => read(db, room, &opening.owner.id, 0).map(drop),
        Event::Posted(posted) => read(db, room, &posted.author.id, posted.number).map(drop),
        Event::VisibilityChanged { stay, .. } => {
            stay.iter().try_for_each(|who| read(db, room, &who.id, u64::MAX).map(drop))
        }
        Event::Admitted { who, .. } => read(db, room, &who.id, u64::MAX).map(drop),
        Event::Expelled { who, .. } | Event::Left { who, .. } => forget(db, room, &who.id),
        Event::Erased { .. } => {
            db.prepare_cached("DELETE FROM reads WHERE room = ?1")?.execute([room])?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `who` has read up to `number`, as far as there are messages. Answers how far that is, if it is
/// farther than before. A room that there is not, or not any more, has no readers.
pub(crate) fn read(
    db: &Connection,
    room: &RoomId,
    who: &GuestId,
    number: u64,
) -> rusqlite::Result<Option<u64>> {
    let sql = "INSERT INTO reads
               SELECT ?1, id, min(?3, messages) FROM rooms WHERE id = ?2 AND erased_at_ms IS NULL
               ON CONFLICT (person, room) DO UPDATE SET number = excluded.number
                   WHERE number < excluded.number
               RETURNING number";
    db.prepare_cached(sql)?
        .query_row(params![who.as_str(), room, as_sql(number)], |row| row.get(0).map(from_sql))
        .optional()
}

pub(crate) fn forget(db: &Connection, room: &RoomId, who: &GuestId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM reads WHERE person = ?1 AND room = ?2";
    db.prepare_cached(sql)?.execute(params![who.as_str(), room])?;
    Ok(())
}

fn mark(db: &Connection, room: &RoomId, me: &GuestId) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT number FROM reads WHERE person = ?1 AND room = ?2";
    db.prepare_cached(sql)?
        .query_row(params![me.as_str(), room], |row| row.get(0).map(from_sql))
        .optional()
}

const KNOWN: &str = "SELECT rooms.*, reads.number AS number
    FROM reads
    JOIN rooms ON rooms.id = reads.room
    LEFT JOIN standings ON standings.room = reads.room AND standings.person = reads.person
    WHERE reads.person = ?1 AND rooms.erased_at_ms IS NULL
      AND iif(standings.role IS NULL, rooms.visibility <> ?2, standings.role <> ?3)
    ORDER BY rooms.active_at_ms DESC, rooms.id LIMIT ?4";

fn known(db: &Connection, me: &GuestId, limit: usize) -> rusqlite::Result<Vec<KnownRoom>> {
    let mut statement = db.prepare_cached(KNOWN)?;
    let limit = as_sql(limit as u64);
    let arguments = params![me.as_str(), Visibility::Private, Role::Expelled, limit];
    let rooms = statement.query_map(arguments, |row| {
        let (room, read) = (read_room(row)?, from_sql(row.get("number")?));
        let unread = room.messages.saturating_sub(read);
        Ok(KnownRoom { room, read, unread })
    })?;
    rooms.collect()
}
