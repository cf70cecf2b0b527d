//! What rooms are like: the table, how it changes, and what is read from it.

use eventsourcing::rusqlite::{self, Connection, OptionalExtension as _, Row, params};
use identity::Guest;

use super::{Counts, Listed, RoomSummary, Sort};
use crate::{
    Retention, RoomId, Slug, Status, Visibility,
    columns::{as_sql, from_sql, guest, guest_or_none},
    event::{Opening, Posted},
};

/// Which rooms everyone may find. The indexes have it too, and SQLite uses them for it.
macro_rules! listed {
    () => {
        "visibility = 0 AND ended_at_ms IS NULL AND erased_at_ms IS NULL"
    };
}

/// `folded` is what is looked for: title and slug in small letters. `house` counts, so that nothing
/// needs to be counted to know how many there are.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(concat!(
        "CREATE TABLE rooms (
             id TEXT NOT NULL PRIMARY KEY,
             slug TEXT NOT NULL UNIQUE,
             title TEXT,
             folded TEXT NOT NULL,
             owner_id TEXT NOT NULL,
             owner_name TEXT NOT NULL,
             with_id TEXT,
             with_name TEXT,
             opened_at_ms INTEGER NOT NULL,
             active_at_ms INTEGER NOT NULL,
             messages INTEGER NOT NULL,
             members INTEGER NOT NULL,
             expelled INTEGER NOT NULL,
             visibility INTEGER NOT NULL,
             idle_ms INTEGER,
             ended_at_ms INTEGER,
             ended_reason TEXT,
             erased_at_ms INTEGER,
             expired INTEGER,
             change INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE house (
             id INTEGER PRIMARY KEY CHECK (id = 1),
             rooms INTEGER NOT NULL,
             messages INTEGER NOT NULL,
             listed INTEGER NOT NULL
         ) STRICT;
         INSERT INTO house VALUES (1, 0, 0, 0);
         CREATE INDEX rooms_by_activity ON rooms (active_at_ms DESC, id) WHERE ",
        listed!(),
        ";
         CREATE INDEX rooms_by_members ON rooms (members DESC, opened_at_ms DESC, id) WHERE ",
        listed!(),
        ";
         CREATE INDEX rooms_by_messages ON rooms (messages DESC, opened_at_ms DESC, id) WHERE ",
        listed!(),
        ";
         CREATE INDEX rooms_by_age ON rooms (opened_at_ms DESC, id) WHERE ",
        listed!(),
        ";
         CREATE INDEX rooms_by_deadline ON rooms (active_at_ms + idle_ms)
             WHERE idle_ms IS NOT NULL AND erased_at_ms IS NULL;",
    ))
}

/// What a room counts for in `house`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    rooms: i64,
    messages: i64,
    listed: i64,
}

pub(super) fn weight(db: &Connection, room: &RoomId) -> rusqlite::Result<Weight> {
    let sql = concat!(
        "SELECT ended_at_ms IS NULL AND erased_at_ms IS NULL, messages, ",
        listed!(),
        " FROM rooms WHERE id = ?1"
    );
    let weight = db.prepare_cached(sql)?.query_row([room], |row| {
        let (rooms, messages): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Weight { rooms, messages: rooms * messages, listed: row.get(2)? })
    });
    Ok(weight.optional()?.unwrap_or_default())
}

/// The house counts a room for `after` that counted for `before`.
pub(super) fn reweigh(db: &Connection, before: Weight, after: Weight) -> rusqlite::Result<()> {
    if before == after {
        return Ok(());
    }
    let sql = "UPDATE house SET rooms = rooms + ?1, messages = messages + ?2, listed = listed + ?3";
    db.prepare_cached(sql)?.execute(params![
        after.rooms - before.rooms,
        after.messages - before.messages,
        after.listed - before.listed,
    ])?;
    Ok(())
}

pub(super) fn open(db: &Connection, room: &RoomId, opening: &Opening) -> rusqlite::Result<()> {
    let sql = "INSERT INTO rooms VALUES
               (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 0, 0, 0, ?10, ?11,
                NULL, NULL, NULL, NULL, 1)";
    let with = opening.with.as_ref();
    db.prepare_cached(sql)?.execute(params![
        room,
        opening.slug.as_str(),
        opening.title,
        folded(opening.title.as_deref(), opening.slug.as_str()),
        opening.owner.id.as_str(),
        opening.owner.name.as_str(),
        with.map(|with| with.id.as_str()),
        with.map(|with| with.name.as_str()),
        opening.at_ms,
        opening.visibility,
        idle_ms(opening.retention),
    ])?;
    Ok(())
}

pub(super) fn posted(db: &Connection, room: &RoomId, posted: &Posted) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET messages = ?2, active_at_ms = max(active_at_ms, ?3) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, as_sql(posted.number), posted.at_ms])?;
    Ok(())
}

pub(super) fn reached(db: &Connection, room: &RoomId, change: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET change = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, as_sql(change)])?;
    Ok(())
}

pub(super) fn retitle(db: &Connection, room: &RoomId, to: Option<&str>) -> rusqlite::Result<()> {
    let slug: String = db
        .prepare_cached("SELECT slug FROM rooms WHERE id = ?1")?
        .query_row([room], |row| row.get(0))?;
    let sql = "UPDATE rooms SET title = ?2, folded = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, to, folded(to, &slug)])?;
    Ok(())
}

pub(super) fn set_visibility(
    db: &Connection,
    room: &RoomId,
    to: Visibility,
) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET visibility = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, to])?;
    Ok(())
}

/// What was kept until now is not gone the moment that it no longer is: as the room says itself.
pub(super) fn set_retention(
    db: &Connection,
    room: &RoomId,
    to: Retention,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET idle_ms = ?2, active_at_ms = max(active_at_ms, ?3) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, idle_ms(to), at_ms])?;
    Ok(())
}

pub(super) fn set_owner(db: &Connection, room: &RoomId, to: &Guest) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET owner_id = ?2, owner_name = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, to.id.as_str(), to.name.as_str()])?;
    Ok(())
}

/// `who` goes by another name, also where the room itself is theirs.
pub(super) fn rename(db: &Connection, room: &RoomId, who: &Guest) -> rusqlite::Result<()> {
    let (id, name) = (who.id.as_str(), who.name.as_str());
    for sql in [
        "UPDATE rooms SET owner_name = ?3 WHERE id = ?1 AND owner_id = ?2",
        "UPDATE rooms SET with_name = ?3 WHERE id = ?1 AND with_id = ?2",
    ] {
        db.prepare_cached(sql)?.execute(params![room, id, name])?;
    }
    Ok(())
}

pub(super) fn end(
    db: &Connection,
    room: &RoomId,
    reason: Option<&str>,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET ended_at_ms = ?2, ended_reason = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, at_ms, reason])?;
    Ok(())
}

/// Leaves the receipt.
pub(super) fn erase(
    db: &Connection,
    room: &RoomId,
    expired: bool,
    messages: u64,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms
               SET title = NULL, folded = '', owner_name = '',
                   with_name = iif(with_id IS NULL, NULL, ''),
                   ended_reason = NULL, members = 0, expelled = 0,
                   erased_at_ms = ?2, messages = ?3, expired = ?4
               WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![room, at_ms, as_sql(messages), expired])?;
    Ok(())
}

pub(super) fn by_slug(db: &Connection, slug: &Slug) -> rusqlite::Result<Option<RoomSummary>> {
    let sql = "SELECT * FROM rooms WHERE slug = ?1";
    db.prepare_cached(sql)?.query_row([slug.as_str()], read_room).optional()
}

pub(super) fn by_id(db: &Connection, id: &RoomId) -> rusqlite::Result<Option<RoomSummary>> {
    let sql = "SELECT * FROM rooms WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], read_room).optional()
}

pub(super) fn visibility(db: &Connection, id: &RoomId) -> rusqlite::Result<Option<Visibility>> {
    let sql = "SELECT visibility FROM rooms WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
}

/// Walks along the index of `sort`. What is looked for is looked for in every listed room, because
/// it may stand anywhere in a title: that is some milliseconds for ten thousand rooms.
pub(super) fn list(
    db: &Connection,
    text: &str,
    sort: Sort,
    skip: usize,
    limit: usize,
) -> rusqlite::Result<Listed> {
    let text = text.trim().to_lowercase();
    let total: i64 = if text.is_empty() {
        db.prepare_cached("SELECT listed FROM house")?.query_row([], |row| row.get(0))?
    } else {
        let sql =
            concat!("SELECT count(*) FROM rooms WHERE ", listed!(), " AND instr(folded, ?1) > 0");
        db.prepare_cached(sql)?.query_row([&text], |row| row.get(0))?
    };
    let mut statement = db.prepare_cached(&list_sql(sort, !text.is_empty()))?;
    let (limit, skip) = (as_sql(limit as u64), as_sql(skip as u64));
    let rooms = statement.query_map(params![limit, skip, text], read_room)?;
    Ok(Listed { rooms: rooms.collect::<Result<_, _>>()?, total: from_sql(total) })
}

fn list_sql(sort: Sort, filtered: bool) -> String {
    let order = match sort {
        Sort::Activity => "active_at_ms DESC, id",
        Sort::Members => "members DESC, opened_at_ms DESC, id",
        Sort::Messages => "messages DESC, opened_at_ms DESC, id",
        Sort::Newest => "opened_at_ms DESC, id",
    };
    // Without a text it is compared with nothing, so that the arguments stay the same.
    let found = if filtered { "instr(folded, ?3) > 0" } else { "?3 = ''" };
    let listed = listed!();
    format!("SELECT * FROM rooms WHERE {listed} AND {found} ORDER BY {order} LIMIT ?1 OFFSET ?2")
}

pub(super) fn counts(db: &Connection) -> rusqlite::Result<Counts> {
    db.prepare_cached("SELECT rooms, messages FROM house")?.query_row([], |row| {
        Ok(Counts { rooms: from_sql(row.get(0)?), messages: from_sql(row.get(1)?) })
    })
}

pub(super) fn fleeting(
    db: &Connection,
    until_ms: i64,
    after: Option<&RoomId>,
    limit: usize,
) -> rusqlite::Result<Vec<RoomSummary>> {
    let after = after.map_or("", RoomId::as_str);
    let mut statement = db.prepare_cached(FLEETING)?;
    let arguments = params![until_ms, after, as_sql(limit as u64)];
    statement.query_map(arguments, read_room)?.collect()
}

const FLEETING: &str = "SELECT * FROM rooms
    WHERE idle_ms IS NOT NULL AND erased_at_ms IS NULL AND active_at_ms + idle_ms <= ?1
      AND +id > ?2
    ORDER BY +id LIMIT ?3";

fn idle_ms(retention: Retention) -> Option<i64> {
    match retention {
        Retention::Kept => None,
        Retention::Fleeting { idle_ms } => Some(idle_ms),
    }
}

fn folded(title: Option<&str>, slug: &str) -> String {
    format!("{}\n{slug}", title.unwrap_or_default()).to_lowercase()
}

pub(crate) fn read_room(row: &Row<'_>) -> rusqlite::Result<RoomSummary> {
    let retention = match row.get("idle_ms")? {
        Some(idle_ms) => Retention::Fleeting { idle_ms },
        None => Retention::Kept,
    };
    Ok(RoomSummary {
        id: row.get("id")?,
        slug: Slug::recorded(row.get("slug")?),
        title: row.get("title")?,
        owner: guest(row, "owner_id", "owner_name")?,
        opened_at_ms: row.get("opened_at_ms")?,
        active_at_ms: row.get("active_at_ms")?,
        messages: from_sql(row.get("messages")?),
        members: from_sql(row.get("members")?),
        visibility: row.get("visibility")?,
        retention,
        status: read_status(row)?,
        with: guest_or_none(row, "with_id", "with_name")?,
        change: from_sql(row.get("change")?),
    })
}

fn read_status(row: &Row<'_>) -> rusqlite::Result<Status> {
    if let Some(at_ms) = row.get("erased_at_ms")? {
        let (messages, expired) = (from_sql(row.get("messages")?), row.get("expired")?);
        return Ok(Status::Erased { at_ms, messages, expired });
    }
    match row.get("ended_at_ms")? {
        Some(at_ms) => Ok(Status::Ended { at_ms, reason: row.get("ended_reason")? }),
        None => Ok(Status::Open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::standings;

    /// How SQLite goes about it, line by line.
    fn plan(sql: &str) -> String {
        let db = Connection::open_in_memory().expect("memory");
        create(&db).and_then(|()| standings::create(&db)).expect("tables");
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("it is SQL");
        let count = explain.parameter_count();
        let nothing = vec![rusqlite::types::Null; count];
        let lines = explain
            .query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>("detail"))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>);
        lines.expect("a plan").join("\n")
    }

    #[test]
    fn lists_walk_along_an_index() {
        for (sort, index) in [
            (Sort::Activity, "rooms_by_activity"),
            (Sort::Members, "rooms_by_members"),
            (Sort::Messages, "rooms_by_messages"),
            (Sort::Newest, "rooms_by_age"),
        ] {
            for filtered in [false, true] {
                let plan = plan(&list_sql(sort, filtered));
                assert_eq!(plan, format!("SCAN rooms USING INDEX {index}"), "nothing is sorted");
            }
        }
    }

    #[test]
    fn what_is_due_is_found_by_its_deadline() {
        let plan = plan(FLEETING);
        assert!(plan.contains("SEARCH rooms USING INDEX rooms_by_deadline"), "{plan}");
    }
}
