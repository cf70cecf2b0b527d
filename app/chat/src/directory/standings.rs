//! Who is who in a room, and who waits at its door: the tables, how they change, and what is read
//! from them.

use eventsourcing::rusqlite::{self, Connection, OptionalExtension as _, Row, params};
use identity::{Guest, GuestId};

use super::Member;
use crate::{
    KNOCKS_MAX, Role, RoomId,
    columns::{as_sql, from_sql, guest},
    membership::{Becomes, role_after},
};

/// A name is known from what somebody did, and from what they said last (`said_name`, in message
/// `said_in`). The latter goes with the message when that is removed, because the log will not know
/// it any more either.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE standings (
             room TEXT NOT NULL,
             person TEXT NOT NULL,
             role INTEGER NOT NULL,
             name TEXT NOT NULL,
             said_name TEXT,
             said_in INTEGER,
             since_ms INTEGER NOT NULL,
             since_change INTEGER NOT NULL,
             PRIMARY KEY (room, person)
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX standings_by_role ON standings (room, role, since_change);
         CREATE INDEX standings_by_message ON standings (room, said_in)
             WHERE said_in IS NOT NULL;
         CREATE TABLE knocks (
             room TEXT NOT NULL,
             person TEXT NOT NULL,
             name TEXT NOT NULL,
             at_ms INTEGER NOT NULL,
             change INTEGER NOT NULL,
             PRIMARY KEY (room, person)
         ) STRICT, WITHOUT ROWID;",
    )
}

/// When something happened: the change, and its time.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub change: u64,
    pub at_ms: i64,
}

/// `who` turns into that, and the room's counts stay right. Whether it is anything new.
pub(super) fn turn(
    db: &Connection,
    room: &RoomId,
    who: &Guest,
    becomes: Becomes,
    when: Moment,
) -> rusqlite::Result<bool> {
    let before = role(db, room, &who.id)?;
    let (members, expelled) = counts(db, room)?;
    // The owner is remembered beside the others.
    let others = usize::try_from(members + expelled - 1).unwrap_or(0);
    let after = role_after(before, becomes, others);
    if before == after {
        return Ok(false);
    }
    match after {
        Some(role) => put(db, room, who, role, when)?,
        None => {
            let sql = "DELETE FROM standings WHERE room = ?1 AND person = ?2";
            db.prepare_cached(sql)?.execute(params![room, who.id.as_str()])?;
        }
    }
    let count = |counted: fn(Role) -> bool| {
        i64::from(after.is_some_and(counted)) - i64::from(before.is_some_and(counted))
    };
    let sql = "UPDATE rooms SET members = members + ?2, expelled = expelled + ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![
        room,
        count(|role| role != Role::Expelled),
        count(|role| role == Role::Expelled),
    ])?;
    Ok(true)
}

/// Somebody has been what they are since they came, or since they were sent out, and not since their
/// powers changed.
fn put(
    db: &Connection,
    room: &RoomId,
    who: &Guest,
    role: Role,
    when: Moment,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO standings VALUES (?1, ?2, ?3, ?4, NULL, NULL, ?5, ?6)
               ON CONFLICT (room, person) DO UPDATE SET
                   role = excluded.role,
                   name = excluded.name, said_name = NULL, said_in = NULL,
                   since_ms = iif((role = ?7) = (excluded.role = ?7), since_ms, ?5),
                   since_change = iif((role = ?7) = (excluded.role = ?7), since_change, ?6)";
    db.prepare_cached(sql)?.execute(params![
        room,
        who.id.as_str(),
        role,
        who.name.as_str(),
        when.at_ms,
        as_sql(when.change),
        Role::Expelled,
    ])?;
    Ok(())
}

fn counts(db: &Connection, room: &RoomId) -> rusqlite::Result<(i64, i64)> {
    let sql = "SELECT members, expelled FROM rooms WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([room], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Somebody is known by the name under which they said message `number`.
pub(super) fn said(
    db: &Connection,
    room: &RoomId,
    who: &Guest,
    number: u64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE standings SET said_name = ?3, said_in = ?4 WHERE room = ?1 AND person = ?2";
    db.prepare_cached(sql)?.execute(params![
        room,
        who.id.as_str(),
        who.name.as_str(),
        as_sql(number),
    ])?;
    Ok(())
}

/// Somebody goes by this name, as something tells that stays in the log.
pub(super) fn named(db: &Connection, room: &RoomId, who: &Guest) -> rusqlite::Result<()> {
    let sql = "UPDATE standings SET name = ?3, said_name = NULL, said_in = NULL
               WHERE room = ?1 AND person = ?2";
    db.prepare_cached(sql)?.execute(params![room, who.id.as_str(), who.name.as_str()])?;
    Ok(())
}

/// Nobody is known any more by what they were called in message `number`.
pub(super) fn removed(db: &Connection, room: &RoomId, number: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE standings SET said_name = NULL, said_in = NULL
               WHERE room = ?1 AND said_in = ?2";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number)])?;
    Ok(())
}

pub(super) fn knocked(
    db: &Connection,
    room: &RoomId,
    who: &Guest,
    when: Moment,
) -> rusqlite::Result<()> {
    let (id, name) = (who.id.as_str(), who.name.as_str());
    db.prepare_cached("INSERT OR REPLACE INTO knocks VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![room, id, name, when.at_ms, as_sql(when.change)])?;
    // Those that nobody answered in time make room.
    let sql = "DELETE FROM knocks WHERE room = ?1 AND change <=
               (SELECT change FROM knocks WHERE room = ?1 ORDER BY change DESC LIMIT 1 OFFSET ?2)";
    db.prepare_cached(sql)?.execute(params![room, as_sql(KNOCKS_MAX as u64)])?;
    Ok(())
}

/// `who` waits no more.
pub(super) fn answered(db: &Connection, room: &RoomId, who: &GuestId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM knocks WHERE room = ?1 AND person = ?2";
    db.prepare_cached(sql)?.execute(params![room, who.as_str()])?;
    Ok(())
}

/// Nobody waits any more.
pub(super) fn all_answered(db: &Connection, room: &RoomId) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM knocks WHERE room = ?1")?.execute([room])?;
    Ok(())
}

pub(super) fn erase(db: &Connection, room: &RoomId) -> rusqlite::Result<()> {
    all_answered(db, room)?;
    db.prepare_cached("DELETE FROM standings WHERE room = ?1")?.execute([room])?;
    Ok(())
}

pub(super) fn role(
    db: &Connection,
    room: &RoomId,
    who: &GuestId,
) -> rusqlite::Result<Option<Role>> {
    let sql = "SELECT role FROM standings WHERE room = ?1 AND person = ?2";
    db.prepare_cached(sql)?.query_row(params![room, who.as_str()], |row| row.get(0)).optional()
}

pub(super) fn members(
    db: &Connection,
    room: &RoomId,
    limit: usize,
) -> rusqlite::Result<(Vec<Member>, u64)> {
    let total = db
        .prepare_cached("SELECT members FROM rooms WHERE id = ?1")?
        .query_row([room], |row| row.get(0).map(from_sql))
        .optional()?;
    let sql = "SELECT person, coalesce(nullif(said_name, ''), name) AS known_as, role, since_ms
               FROM standings WHERE room = ?1 AND role < ?2
               ORDER BY role, since_change LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let arguments = params![room, Role::Expelled, as_sql(limit as u64)];
    let members = statement.query_map(arguments, |row| {
        let guest = guest(row, "person", "known_as")?;
        Ok(Member { guest, role: row.get("role")?, since_ms: row.get("since_ms")? })
    })?;
    Ok((members.collect::<Result<_, _>>()?, total.unwrap_or(0)))
}

pub(super) fn expelled(
    db: &Connection,
    room: &RoomId,
    limit: usize,
) -> rusqlite::Result<Vec<Guest>> {
    let sql = "SELECT person, name FROM standings WHERE room = ?1 AND role = ?2
               ORDER BY since_change DESC LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let arguments = params![room, Role::Expelled, as_sql(limit as u64)];
    statement.query_map(arguments, read_guest)?.collect()
}

pub(super) fn knocks(
    db: &Connection,
    room: &RoomId,
    after_ms: i64,
) -> rusqlite::Result<Vec<Guest>> {
    let sql = "SELECT person, name FROM knocks WHERE room = ?1 AND at_ms > ?2 ORDER BY change";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![room, after_ms], read_guest)?.collect()
}

fn read_guest(row: &Row<'_>) -> rusqlite::Result<Guest> {
    guest(row, "person", "name")
}
