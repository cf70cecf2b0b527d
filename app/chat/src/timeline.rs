//! What was said in a room, to be read: the tables, what fills them, and the questions they answer.

use std::sync::{Arc, Mutex, MutexGuard};

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, ReadError, ReadModel, Recorded, SqlProjection,
    rusqlite::{self, Connection, OptionalExtension as _, Row, params, types::Type},
};
use identity::{Guest, GuestId, GuestName};

use crate::{
    Change, Fault, Message, MessageId, Notice, RoomId, What,
    event::{Event, Posted},
    hot_tails::HotTails,
    message::Previous,
    room::Room,
    topics::{self, Announcements},
};

/// The most messages one read answers.
pub const PAGE_MAX: usize = 500;

/// Reads what was said. Cheap to clone.
#[derive(Clone)]
pub struct Timeline(ReadModel<TimelineProjection>);

/// How far a room has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last change; 0: there is no such room, or nothing of it can be read yet.
    pub change: u64,
    /// The number of the last message; 0 for none.
    pub messages: u64,
}

/// Messages in a row, oldest first, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub head: Head,
    pub messages: Vec<Arc<Message>>,
    /// What happened besides, from the first of these messages on (from the room's beginning, if that
    /// is its first) to the next message after the last.
    pub notices: Vec<Arc<Notice>>,
}

/// What stands in a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Message(Arc<Message>),
    Notice(Arc<Notice>),
}

impl Page {
    /// Messages and notices in the order in which they happened.
    pub fn entries(&self) -> Vec<Entry> {
        let messages = self.messages.iter().map(|one| (one.change, Entry::Message(one.clone())));
        let notices = self.notices.iter().map(|one| (one.change, Entry::Notice(one.clone())));
        let mut entries: Vec<_> = messages.chain(notices).collect();
        entries.sort_by_key(|(change, _)| *change);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Whether the room has messages before the first of these.
    pub fn has_earlier(&self) -> bool {
        self.messages.first().is_some_and(|first| first.number > 1)
    }

    /// Whether the room has messages after the last of these.
    pub fn has_later(&self) -> bool {
        self.messages.last().is_some_and(|last| last.number < self.head.messages)
    }
}

impl Timeline {
    pub(crate) fn new(model: ReadModel<TimelineProjection>) -> Self {
        Self(model)
    }

    /// The last `limit` messages of `room`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn newest(&self, room: &RoomId, limit: usize) -> Result<Page, Fault> {
        if let Some(page) = self.0.projection().hot().newest(room, limit.min(PAGE_MAX)) {
            return Ok(page);
        }
        self.before(room, u64::MAX, limit).await
    }

    /// The last `limit` messages of `room` with a number below `number`, at most [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn before(&self, room: &RoomId, number: u64, limit: usize) -> Result<Page, Fault> {
        let (room, limit) = (room.clone(), as_sql(limit.min(PAGE_MAX) as u64));
        self.read(move |db| {
            let head = read_head(db, &room)?;
            let sql = "SELECT * FROM messages WHERE room = ?1 AND number < ?2
                       ORDER BY number DESC LIMIT ?3";
            let arguments = params![room.as_str(), as_sql(number), limit];
            let mut messages = read_messages(db, sql, arguments)?;
            messages.reverse();
            Ok(Page { head, messages, notices: Vec::new() })
        })
        .await
    }

    /// The messages of `room` numbered `from` to `to`, both included, at most the first [`PAGE_MAX`].
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn range(&self, room: &RoomId, from: u64, to: u64) -> Result<Page, Fault> {
        let room = room.clone();
        self.read(move |db| {
            let head = read_head(db, &room)?;
            let sql = "SELECT * FROM messages WHERE room = ?1 AND number BETWEEN ?2 AND ?3
                       ORDER BY number LIMIT ?4";
            let limit = as_sql(PAGE_MAX as u64);
            let arguments = params![room.as_str(), as_sql(from), as_sql(to), limit];
            Ok(Page { head, messages: read_messages(db, sql, arguments)?, notices: Vec::new() })
        })
        .await
    }

    /// How far `room` has come, as far as it can be read.
    ///
    /// # Errors
    /// As [`Timeline::newest`].
    pub async fn head(&self, room: &RoomId) -> Result<Head, Fault> {
        let room = room.clone();
        self.read(move |db| read_head(db, &room)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.0.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading a room's timeline", &error))
    }
}

/// Fills the timeline's tables from the log, and announces what can be read.
pub(crate) struct TimelineProjection {
    announcements: Announcements,
    hot: Mutex<HotTails>,
}

impl TimelineProjection {
    pub fn new(announcements: Announcements, hot_rooms_max: usize) -> Self {
        Self { announcements, hot: Mutex::new(HotTails::new(hot_rooms_max)) }
    }

    fn hot(&self) -> MutexGuard<'_, HotTails> {
        self.hot.lock().expect("no panic while the hot tails are held")
    }
}

impl SqlProjection for TimelineProjection {
    type Change = Change;

    const NAME: &'static str = "timeline";

    /// Messages are clustered by room and number, which is how they are read. `rooms` has what the
    /// next message must know of the one before it.
    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(
            "CREATE TABLE rooms (
                 id TEXT NOT NULL PRIMARY KEY,
                 change INTEGER NOT NULL,
                 messages INTEGER NOT NULL,
                 last_author_id TEXT,
                 last_at_ms INTEGER
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE messages (
                 room TEXT NOT NULL,
                 number INTEGER NOT NULL,
                 id TEXT NOT NULL,
                 author_id TEXT NOT NULL,
                 author_name TEXT NOT NULL,
                 body TEXT NOT NULL,
                 sent_at_ms INTEGER NOT NULL,
                 previous_at_ms INTEGER,
                 continues INTEGER NOT NULL,
                 PRIMARY KEY (room, number)
             ) STRICT, WITHOUT ROWID;",
        )
    }

    fn apply(&self, apply: &mut Apply<'_, Change>, event: &Recorded) -> Result<(), ApplyError> {
        if event.stream.kind() != Room::KIND {
            return Ok(());
        }
        let room = RoomId::parse(event.stream.id())
            .map_err(|error| ApplyError::Other(format!("{}: {error}", event.stream)))?;
        self.hot().doubt(&room);
        let number = event.version;
        let what = match event.decode::<Event>()? {
            Event::Opened(_) => write_opened(apply, &room, number)?,
            Event::Posted(posted) => write_posted(apply, &room, number, posted)?,
            _ => todo!("edits and notices"),
        };
        apply.changed(Change { room, number, what });
        Ok(())
    }

    fn committed(&self, changes: Vec<Change>) {
        for change in changes {
            self.hot().committed(&change);
            self.announcements.rooms.publish(&topics::room(&change.room), change);
        }
    }

    fn replaced(&self) {
        self.hot().clear();
    }
}

fn write_opened(db: &Connection, room: &RoomId, change: u64) -> rusqlite::Result<What> {
    db.prepare_cached("INSERT INTO rooms (id, change, messages) VALUES (?1, ?2, 0)")?
        .execute(params![room.as_str(), as_sql(change)])?;
    Ok(What::Opened)
}

fn write_posted(
    db: &Connection,
    room: &RoomId,
    change: u64,
    posted: Posted,
) -> rusqlite::Result<What> {
    let last: (Option<String>, Option<i64>) = db
        .prepare_cached("SELECT last_author_id, last_at_ms FROM rooms WHERE id = ?1")?
        .query_row([room.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let previous = match &last {
        (Some(author_id), Some(sent_at_ms)) => {
            Some(Previous { author_id, sent_at_ms: *sent_at_ms })
        }
        _ => None,
    };
    let Posted { number, id, author, manner: _, body, at_ms } = posted;
    let message = Message::after(previous, number, id, author, body, at_ms);
    write_message(db, room, &message)?;
    db.prepare_cached(
        "UPDATE rooms SET change = ?2, messages = ?3, last_author_id = ?4, last_at_ms = ?5
         WHERE id = ?1",
    )?
    .execute(params![
        room.as_str(),
        as_sql(change),
        as_sql(message.number),
        message.author.id.as_str(),
        message.sent_at_ms,
    ])?;
    Ok(What::Posted(Arc::new(message)))
}

fn write_message(db: &Connection, room: &RoomId, message: &Message) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            room.as_str(),
            as_sql(message.number),
            message.id.as_str(),
            message.author.id.as_str(),
            message.author.name.as_str(),
            message.body,
            message.sent_at_ms,
            message.previous_at_ms,
            message.continues,
        ])?;
    Ok(())
}

fn read_head(db: &Connection, room: &RoomId) -> rusqlite::Result<Head> {
    let head = db
        .prepare_cached("SELECT change, messages FROM rooms WHERE id = ?1")?
        .query_row([room.as_str()], |row| {
            Ok(Head { change: from_sql(row.get(0)?), messages: from_sql(row.get(1)?) })
        })
        .optional()?;
    Ok(head.unwrap_or_default())
}

fn read_messages(
    db: &Connection,
    sql: &str,
    arguments: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<Arc<Message>>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(arguments, |row| read_message(row).map(Arc::new))?;
    rows.collect()
}

fn read_message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let id = GuestId::parse(row.get_ref("author_id")?.as_str()?).map_err(damaged)?;
    let author = Guest { id, name: GuestName::recorded(row.get("author_name")?) };
    let (sent_at_ms, previous_at_ms) = (row.get("sent_at_ms")?, row.get("previous_at_ms")?);
    Ok(Message {
        number: from_sql(row.get("number")?),
        change: 0,
        manner: crate::Manner::Said,
        edited: None,
        removed: false,
        id: MessageId::parse(row.get_ref("id")?.as_str()?).map_err(damaged)?,
        author,
        body: row.get("body")?,
        sent_at_ms,
        previous_at_ms,
        continues: row.get("continues")?,
        new_day_utc: Message::is_new_day_utc(previous_at_ms, sent_at_ms),
    })
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}

/// SQL's integers end at 2⁶³, which no number reaches by counting; a larger one asks for "the end".
fn as_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What was written by [`as_sql`].
fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
