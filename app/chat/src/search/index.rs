//! The index: its tables, how they change, and how they are asked.

use eventsourcing::rusqlite::{self, Connection, OptionalExtension as _, Row, params};
use identity::{Guest, GuestId};

use super::{
    HITS_MAX,
    excerpt::MARKS,
    question::{By, Question},
};
use crate::{
    Role, RoomId, Visibility,
    columns::{as_sql, from_sql},
    event::Posted,
    membership::{Becomes, role_after},
};

/// What is found, by its place in the log: a larger `id` is newer.
pub(super) struct Match {
    pub id: u64,
    pub room: RoomId,
    pub number: u64,
    /// The text with [`MARKS`] around what was looked for.
    pub marked: String,
}

/// A room's number here.
type Key = i64;

/// `texts` has the words of each message, of its author's name, and one that names its room, so that
/// asking for a room's messages never looks at others. What is deleted from it is gone from its
/// pages at once (`secure-delete`), not only once segments are merged.
///
/// Who may read what stands here as well: a question must not depend on another read model that may
/// be behind or ahead.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE rooms (
             key INTEGER PRIMARY KEY,
             id TEXT NOT NULL UNIQUE,
             visibility INTEGER NOT NULL,
             standings INTEGER NOT NULL
         ) STRICT;
         CREATE TABLE standings (
             person TEXT NOT NULL,
             room INTEGER NOT NULL,
             role INTEGER NOT NULL,
             PRIMARY KEY (person, room)
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX standings_by_room ON standings (room);
         CREATE TABLE visits (
             person TEXT NOT NULL,
             room INTEGER NOT NULL,
             PRIMARY KEY (person, room)
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX visits_by_room ON visits (room);
         CREATE TABLE messages (
             id INTEGER PRIMARY KEY,
             room INTEGER NOT NULL,
             number INTEGER NOT NULL,
             author_id TEXT NOT NULL,
             sent_at_ms INTEGER NOT NULL
         ) STRICT;
         CREATE UNIQUE INDEX messages_by_number ON messages (room, number);
         CREATE INDEX messages_by_author ON messages (author_id);
         CREATE VIRTUAL TABLE texts USING fts5 (
             body, author, place, tokenize = 'unicode61 remove_diacritics 2'
         );",
    )?;
    set_secure_delete(db, true)
}

pub(super) fn open(db: &Connection, room: &RoomId, to: Visibility) -> rusqlite::Result<()> {
    let sql = "INSERT INTO rooms (id, visibility, standings) VALUES (?1, ?2, 0)";
    db.prepare_cached(sql)?.execute(params![room, to])?;
    Ok(())
}

/// `None`: there is no such room, or not any more.
pub(super) fn key(db: &Connection, room: &RoomId) -> rusqlite::Result<Option<Key>> {
    let sql = "SELECT key FROM rooms WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([room], |row| row.get(0)).optional()
}

pub(super) fn set_visibility(db: &Connection, room: Key, to: Visibility) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET visibility = ?2 WHERE key = ?1";
    db.prepare_cached(sql)?.execute(params![room, to])?;
    Ok(())
}

pub(super) fn turn(
    db: &Connection,
    room: Key,
    who: &Guest,
    becomes: Becomes,
) -> rusqlite::Result<()> {
    let who = who.id.as_str();
    let before: Option<Role> = db
        .prepare_cached("SELECT role FROM standings WHERE person = ?1 AND room = ?2")?
        .query_row(params![who, room], |row| row.get(0))
        .optional()?;
    let standings: i64 = db
        .prepare_cached("SELECT standings FROM rooms WHERE key = ?1")?
        .query_row([room], |row| row.get(0))?;
    // The owner is remembered beside the others.
    let others = usize::try_from(standings - 1).unwrap_or(0);
    let after = role_after(before, becomes, others);
    if before == after {
        return Ok(());
    }
    match after {
        Some(role) => db
            .prepare_cached("INSERT OR REPLACE INTO standings VALUES (?1, ?2, ?3)")?
            .execute(params![who, room, role])?,
        None => db
            .prepare_cached("DELETE FROM standings WHERE person = ?1 AND room = ?2")?
            .execute(params![who, room])?,
    };
    let more = i64::from(after.is_some()) - i64::from(before.is_some());
    db.prepare_cached("UPDATE rooms SET standings = standings + ?2 WHERE key = ?1")?
        .execute(params![room, more])?;
    Ok(())
}

/// `who` has been there.
pub(super) fn visit(db: &Connection, room: Key, who: &GuestId) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO visits VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![who.as_str(), room])?;
    Ok(())
}

/// `who` has been there no more than anybody.
pub(super) fn forget(db: &Connection, room: Key, who: &GuestId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM visits WHERE person = ?1 AND room = ?2";
    db.prepare_cached(sql)?.execute(params![who.as_str(), room])?;
    Ok(())
}

pub(super) fn posted(db: &Connection, room: Key, posted: &Posted) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages (room, number, author_id, sent_at_ms) VALUES (?1, ?2, ?3, ?4)";
    let number = as_sql(posted.number);
    let arguments = params![room, number, posted.author.id.as_str(), posted.at_ms];
    let id = db.prepare_cached(sql)?.insert(arguments)?;
    let sql = "INSERT INTO texts (rowid, body, author, place) VALUES (?1, ?2, ?3, ?4)";
    let arguments = params![id, posted.body, posted.author.name.as_str(), place(room)];
    db.prepare_cached(sql)?.execute(arguments)?;
    Ok(())
}

pub(super) fn edited(db: &Connection, room: Key, number: u64, body: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE texts SET body = ?3
               WHERE rowid = (SELECT id FROM messages WHERE room = ?1 AND number = ?2)";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number), body])?;
    Ok(())
}

pub(super) fn removed(db: &Connection, room: Key, number: u64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM texts
         WHERE rowid = (SELECT id FROM messages WHERE room = ?1 AND number = ?2)",
        "DELETE FROM messages WHERE room = ?1 AND number = ?2",
    ] {
        db.prepare_cached(sql)?.execute(params![room, as_sql(number)])?;
    }
    Ok(())
}

pub(super) fn erase(db: &Connection, room: Key) -> rusqlite::Result<()> {
    if is_much(db, room)? {
        // The words leave the pages all at once, when the index is written anew.
        set_secure_delete(db, false)?;
        delete_texts(db, room)?;
        db.execute("INSERT INTO texts (texts) VALUES ('optimize')", [])?;
        set_secure_delete(db, true)?;
    } else {
        delete_texts(db, room)?;
    }
    for sql in [
        "DELETE FROM messages WHERE room = ?1",
        "DELETE FROM standings WHERE room = ?1",
        "DELETE FROM visits WHERE room = ?1",
        "DELETE FROM rooms WHERE key = ?1",
    ] {
        db.prepare_cached(sql)?.execute([room])?;
    }
    Ok(())
}

/// Whether writing the whole index anew costs less than taking the room's words out of it one by
/// one: it does for more than some twentieth of it.
fn is_much(db: &Connection, room: Key) -> rusqlite::Result<bool> {
    let sql = "SELECT (SELECT count(*) FROM messages WHERE room = ?1) * 20
                   > (SELECT max(id) FROM messages)";
    let is_much: Option<bool> = db.prepare_cached(sql)?.query_row([room], |row| row.get(0))?;
    Ok(is_much.unwrap_or(false))
}

fn set_secure_delete(db: &Connection, on: bool) -> rusqlite::Result<()> {
    let sql = "INSERT INTO texts (texts, rank) VALUES ('secure-delete', ?1)";
    db.prepare_cached(sql)?.execute([on])?;
    Ok(())
}

fn delete_texts(db: &Connection, room: Key) -> rusqlite::Result<()> {
    let sql = "DELETE FROM texts WHERE rowid IN (SELECT id FROM messages WHERE room = ?1)";
    db.prepare_cached(sql)?.execute([room])?;
    Ok(())
}

/// The word by which a room's messages are found.
fn place(room: Key) -> String {
    format!("r{room}")
}

/// The newest that answer `question` and that `me` may read, one more than an answer has, so that it
/// is known whether there is more.
pub(super) fn find(
    db: &Connection,
    me: &GuestId,
    question: &Question,
) -> rusqlite::Result<Vec<Match>> {
    let room = match &question.room {
        Some(id) => match key(db, id)? {
            Some(key) => Some(key),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let (author, name) = match &question.by {
        Some(by) => whose(db, by)?,
        None => (None, None),
    };
    let expression = expression(question.words.as_deref(), name, room);
    let mut statement = db.prepare_cached(&find_sql(expression.is_some(), author.is_some()))?;
    let arguments = params![
        me.as_str(),
        as_sql(question.before),
        question.from_ms,
        question.until_ms,
        author.map(GuestId::as_str),
        expression,
        as_sql(HITS_MAX as u64 + 1),
        Visibility::Public,
        Visibility::Unlisted,
        Role::Expelled,
    ];
    statement.query_map(arguments, read_match)?.collect()
}

/// An id if anybody said something under it, and else a name.
fn whose<'a>(
    db: &Connection,
    by: &'a By,
) -> rusqlite::Result<(Option<&'a GuestId>, Option<&'a str>)> {
    if let Some(id) = &by.id {
        let sql = "SELECT 1 FROM messages WHERE author_id = ?1 LIMIT 1";
        if by.name.is_none() || db.prepare_cached(sql)?.exists([id.as_str()])? {
            return Ok((Some(id), None));
        }
    }
    Ok((None, by.name.as_deref()))
}

/// What `texts` is asked for; `None`: it is not asked.
fn expression(words: Option<&str>, name: Option<&str>, room: Option<Key>) -> Option<String> {
    let words = words.map(|words| format!("body : ({words})"));
    let name = name.map(|name| format!("author : ({name})"));
    let room = room.map(|room| format!("place : \"{}\"", place(room)));
    let all: Vec<_> = [words, name, room].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// The index is walked from the newest back, so that the newest answer is found first and nothing is
/// sorted. Every statement has the same arguments; what it does not ask for, it compares with itself.
fn find_sql(asks_texts: bool, asks_author: bool) -> String {
    let [begin, end] = MARKS.map(u32::from);
    let (source, text) = if asks_texts {
        let marked = format!("highlight(texts, 0, char({begin}), char({end}))");
        ("texts CROSS JOIN messages ON messages.id = texts.rowid", marked)
    } else {
        ("messages CROSS JOIN texts ON texts.rowid = messages.id", "texts.body".to_owned())
    };
    let (order, asked) =
        if asks_texts { ("texts.rowid", "texts MATCH ?6") } else { ("messages.id", "?6 IS NULL") };
    let author = if asks_author { "messages.author_id = ?5" } else { "?5 IS NULL" };
    format!(
        "SELECT messages.id, rooms.id AS room, messages.number, {text} AS marked
         FROM {source}
         CROSS JOIN rooms ON rooms.key = messages.room
         LEFT JOIN standings
             ON standings.person = ?1 AND standings.room = messages.room
         LEFT JOIN visits ON visits.person = ?1 AND visits.room = messages.room
         WHERE {asked} AND {order} < ?2 AND {author}
           AND messages.sent_at_ms >= ?3 AND messages.sent_at_ms < ?4
           AND iif(
               standings.role IS NULL,
               rooms.visibility = ?8 OR (rooms.visibility = ?9 AND visits.room IS NOT NULL),
               standings.role <> ?10)
         ORDER BY {order} DESC LIMIT ?7"
    )
}

fn read_match(row: &Row<'_>) -> rusqlite::Result<Match> {
    Ok(Match {
        id: from_sql(row.get("id")?),
        room: row.get("room")?,
        number: from_sql(row.get("number")?),
        marked: row.get("marked")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_first_and_nothing_is_sorted() {
        let db = Connection::open_in_memory().expect("memory");
        create(&db).expect("tables");
        for (texts, author) in [(true, false), (true, true), (false, true), (false, false)] {
            let sql = format!("EXPLAIN QUERY PLAN {}", find_sql(texts, author));
            let mut explain = db.prepare(&sql).expect("it is SQL");
            let nothing = vec![rusqlite::types::Null; explain.parameter_count()];
            let lines = explain
                .query_map(rusqlite::params_from_iter(nothing), |row| row.get("detail"))
                .and_then(Iterator::collect::<Result<Vec<String>, _>>)
                .expect("a plan");
            let plan = lines.join("\n");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            let scanned = |line: &&String| line.starts_with("SCAN") && !line.contains("VIRTUAL");
            assert_eq!(lines.iter().find(scanned), None, "no table is walked through: {plan}");
        }
    }
}
