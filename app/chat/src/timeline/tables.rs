//! The timeline's tables, and what is read from them.

use std::sync::Arc;

use eventsourcing::rusqlite::{self, Connection, OptionalExtension as _, Row, ToSql, params};

use super::{Head, Page, cards};
use crate::{
    Message, Notice, RoomId,
    columns::{as_sql, damaged, from_sql, guest, guest_or_none},
    message::Edit,
};

/// The most notices one read answers.
pub(crate) const NOTICES_MAX: usize = 200;

/// Messages are clustered by room and number, notices by room and change, which is how they are read.
/// `said` is the change by which a message says what it says. `rooms` has what the next message must know of the one before it; it is all that is left of a room
/// that was erased, so that whoever follows the changes sees the last one.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE rooms (
             id TEXT NOT NULL PRIMARY KEY,
             change INTEGER NOT NULL,
             messages INTEGER NOT NULL,
             goes_on TEXT,
             last_at_ms INTEGER
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE messages (
             room TEXT NOT NULL,
             number INTEGER NOT NULL,
             change INTEGER NOT NULL,
             id TEXT NOT NULL,
             author_id TEXT NOT NULL,
             author_name TEXT NOT NULL,
             manner INTEGER NOT NULL,
             body TEXT NOT NULL,
             said INTEGER NOT NULL,
             edited_by_id TEXT,
             edited_by_name TEXT,
             edited_at_ms INTEGER,
             removed INTEGER NOT NULL,
             sent_at_ms INTEGER NOT NULL,
             previous_at_ms INTEGER,
             continues INTEGER NOT NULL,
             PRIMARY KEY (room, number)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE notices (
             room TEXT NOT NULL,
             change INTEGER NOT NULL,
             notice TEXT NOT NULL,
             PRIMARY KEY (room, change)
         ) STRICT, WITHOUT ROWID;",
    )?;
    cards::create(db)
}

pub(super) fn read_head(db: &Connection, room: &RoomId) -> rusqlite::Result<Head> {
    let head = db
        .prepare_cached("SELECT change, messages FROM rooms WHERE id = ?1")?
        .query_row([room], |row| {
            Ok(Head { change: from_sql(row.get(0)?), messages: from_sql(row.get(1)?) })
        })
        .optional()?;
    Ok(head.unwrap_or_default())
}

pub(super) fn read_before(
    db: &Connection,
    room: &RoomId,
    number: u64,
    limit: usize,
) -> rusqlite::Result<Page> {
    let sql = "SELECT * FROM messages WHERE room = ?1 AND number < ?2
               ORDER BY number DESC LIMIT ?3";
    let arguments = params![room, as_sql(number), as_sql(limit as u64)];
    let mut messages = read_messages(db, sql, arguments)?;
    messages.reverse();
    read_page(db, room, messages)
}

pub(super) fn read_range(
    db: &Connection,
    room: &RoomId,
    from: u64,
    to: u64,
    limit: usize,
) -> rusqlite::Result<Page> {
    let sql = "SELECT * FROM messages WHERE room = ?1 AND number BETWEEN ?2 AND ?3
               ORDER BY number LIMIT ?4";
    let arguments = params![room, as_sql(from), as_sql(to), as_sql(limit as u64)];
    let messages = read_messages(db, sql, arguments)?;
    read_page(db, room, messages)
}

pub(super) fn read_these(
    db: &Connection,
    messages: Vec<(RoomId, u64)>,
) -> rusqlite::Result<Vec<(RoomId, Arc<Message>)>> {
    let mut found = Vec::with_capacity(messages.len());
    for (room, number) in messages {
        if let Some(message) = read_one(db, &room, number)? {
            found.push((room, Arc::new(message)));
        }
    }
    Ok(found)
}

pub(super) fn read_one(
    db: &Connection,
    room: &RoomId,
    number: u64,
) -> rusqlite::Result<Option<Message>> {
    let mut found: Option<Message> = db
        .prepare_cached("SELECT * FROM messages WHERE room = ?1 AND number = ?2")?
        .query_row(params![room, as_sql(number)], read_message)
        .optional()?;
    cards::complete(db, room, found.as_mut_slice())?;
    Ok(found)
}

/// Adds what belongs around the messages.
fn read_page(db: &Connection, room: &RoomId, mut messages: Vec<Message>) -> rusqlite::Result<Page> {
    cards::complete(db, room, &mut messages)?;
    let head = read_head(db, room)?;
    let notices = match Page::notices_from(head, messages.first()) {
        Some(from) => {
            let until = change_after(db, room, head, messages.last().map(|last| last.number))?;
            read_notices(db, room, from, until)?
        }
        None => Vec::new(),
    };
    let messages = messages.into_iter().map(Arc::new).collect();
    Ok(Page { head, messages, notices })
}

/// The change that is the message after number `last`.
fn change_after(
    db: &Connection,
    room: &RoomId,
    head: Head,
    last: Option<u64>,
) -> rusqlite::Result<u64> {
    match last {
        Some(last) if last < head.messages => db
            .prepare_cached("SELECT change FROM messages WHERE room = ?1 AND number = ?2")?
            .query_row(params![room, as_sql(last + 1)], |row| row.get(0).map(from_sql)),
        _ => Ok(u64::MAX),
    }
}

fn read_notices(
    db: &Connection,
    room: &RoomId,
    from: u64,
    until: u64,
) -> rusqlite::Result<Vec<Arc<Notice>>> {
    let sql = "SELECT notice FROM notices WHERE room = ?1 AND change >= ?2 AND change < ?3
               ORDER BY change DESC LIMIT ?4";
    let mut statement = db.prepare_cached(sql)?;
    let arguments = params![room, as_sql(from), as_sql(until), as_sql(NOTICES_MAX as u64)];
    let read = |row: &Row<'_>| {
        let notice = serde_json::from_str(row.get_ref(0)?.as_str()?);
        notice.map(Arc::new).map_err(damaged)
    };
    let mut notices: Vec<_> = statement.query_map(arguments, read)?.collect::<Result<_, _>>()?;
    notices.reverse();
    Ok(notices)
}

fn read_messages(
    db: &Connection,
    sql: &str,
    arguments: &[&dyn ToSql],
) -> rusqlite::Result<Vec<Message>> {
    db.prepare_cached(sql)?.query_map(arguments, read_message)?.collect()
}

/// All but its cards.
fn read_message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let (sent_at_ms, previous_at_ms) = (row.get("sent_at_ms")?, row.get("previous_at_ms")?);
    let edited = match guest_or_none(row, "edited_by_id", "edited_by_name")? {
        Some(by) => Some(Edit { by, at_ms: row.get("edited_at_ms")? }),
        None => None,
    };
    Ok(Message {
        number: from_sql(row.get("number")?),
        change: from_sql(row.get("change")?),
        id: row.get("id")?,
        author: guest(row, "author_id", "author_name")?,
        manner: row.get("manner")?,
        body: row.get("body")?,
        cards: Vec::new(),
        edited,
        removed: row.get("removed")?,
        sent_at_ms,
        previous_at_ms,
        continues: row.get("continues")?,
        new_day_utc: Message::is_new_day_utc(previous_at_ms, sent_at_ms),
    })
}
