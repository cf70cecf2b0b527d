//! Queries. Every event that is read is checked against its checksum and its neighbours.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::write::checksum;
use crate::{
    CommandId, LogPage, Position, Receipt, Recorded, Snapshot, StreamId, StreamPage, Version,
};

/// Why a read failed: SQLite said so, or what it read is damaged.
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Damaged { place: String, what: String },
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

pub(super) fn watermark(db: &Connection) -> rusqlite::Result<Position> {
    let last: Option<i64> =
        db.prepare_cached("SELECT max(position) FROM events")?.query_row([], |row| row.get(0))?;
    Ok(Position::serial(last.unwrap_or(0) as u64))
}

pub(super) fn stream_page(
    db: &Connection,
    stream: &StreamId,
    after: Version,
    max: usize,
) -> Result<StreamPage, Fault> {
    let row = db
        .prepare_cached("SELECT id, head FROM streams WHERE name = ?1")?
        .query_row([stream.as_str()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as Version)))
        .optional()?;
    let Some((number, head)): Option<(i64, Version)> = row else {
        return Ok(StreamPage { events: Vec::new(), head: 0 });
    };
    let mut select = db.prepare_cached(
        "SELECT position, version, name, schema, recorded_ms, payload, redacted, checksum
         FROM events WHERE stream = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
    )?;
    let mut rows = select.query(params![number, after as i64, max as i64])?;
    let mut events: Vec<Recorded> = Vec::new();
    while let Some(row) = rows.next()? {
        let event = recorded(row, stream.clone())?;
        let expected = after + events.len() as Version + 1;
        if event.version != expected {
            return Err(missing(stream, expected));
        }
        events.push(event);
    }
    let reached = after + events.len() as Version;
    if events.len() < max && reached < head {
        return Err(missing(stream, reached + 1));
    }
    Ok(StreamPage { events, head })
}

pub(super) fn log_page(db: &Connection, after: Position, max: usize) -> Result<LogPage, Fault> {
    let mut select = db.prepare_cached(
        "SELECT position, version, events.name, schema, recorded_ms, payload, redacted, checksum,
                streams.name
         FROM events LEFT JOIN streams ON streams.id = events.stream
         WHERE position > ?1 ORDER BY position LIMIT ?2",
    )?;
    let mut rows = select.query(params![after.serial as i64, max as i64])?;
    let mut events: Vec<Recorded> = Vec::new();
    let mut next = after;
    while let Some(row) = rows.next()? {
        let stream = row.get_ref(8)?.as_str_or_null().ok().flatten().and_then(StreamId::parse);
        let stream = stream.ok_or_else(|| damaged(row, "its stream is unknown"))?;
        let event = recorded(row, stream)?;
        // Positions are handed out one by one and never deleted.
        if event.position.serial != next.serial + 1 {
            let place = format!("event at position {}", next.serial + 1);
            return Err(Fault::Damaged { place, what: "the row is missing".into() });
        }
        next = event.position;
        events.push(event);
    }
    drop(rows);
    let watermark = if events.len() < max { next.max(watermark(db)?) } else { watermark(db)? };
    Ok(LogPage { events, next, watermark })
}

/// Reads the columns position … checksum.
fn recorded(row: &Row<'_>, stream: StreamId) -> Result<Recorded, Fault> {
    let unreadable = |_| damaged(row, "a column has the wrong type");
    let event = Recorded {
        position: Position::serial(row.get::<_, i64>(0)? as u64),
        stream,
        version: row.get::<_, i64>(1).map_err(unreadable)? as Version,
        name: row.get(2).map_err(unreadable)?,
        schema: row.get(3).map_err(unreadable)?,
        recorded_ms: row.get(4).map_err(unreadable)?,
        payload: row.get(5).map_err(unreadable)?,
        redacted: row.get(6).map_err(unreadable)?,
    };
    let stored: i64 = row.get(7).map_err(unreadable)?;
    let Recorded { stream, version, name, schema, payload, .. } = &event;
    if stored != i64::from(checksum(stream, *version, name, *schema, payload)) {
        let place = format!("event {version} of {stream} (position {})", event.position);
        return Err(Fault::Damaged { place, what: "its checksum does not fit".into() });
    }
    Ok(event)
}

fn damaged(row: &Row<'_>, what: &str) -> Fault {
    let position: i64 = row.get(0).unwrap_or(0);
    Fault::Damaged { place: format!("event at position {position}"), what: what.into() }
}

fn missing(stream: &StreamId, version: Version) -> Fault {
    let place = format!("event {version} of {stream}");
    Fault::Damaged { place, what: "the row is missing".into() }
}

pub(super) fn command(
    db: &Connection,
    stream: &StreamId,
    command: &CommandId,
) -> rusqlite::Result<Option<Receipt>> {
    let number: Option<i64> = db
        .prepare_cached("SELECT id FROM streams WHERE name = ?1")?
        .query_row([stream.as_str()], |row| row.get(0))
        .optional()?;
    number.map_or(Ok(None), |number| command_of(db, stream, number, command))
}

pub(super) fn command_of(
    db: &Connection,
    stream: &StreamId,
    number: i64,
    command: &CommandId,
) -> rusqlite::Result<Option<Receipt>> {
    db.prepare_cached(
        "SELECT after, version, position FROM commands WHERE stream = ?1 AND id = ?2",
    )?
    .query_row(params![number, command.as_str()], |row| {
        Ok(Receipt {
            stream: stream.clone(),
            after: row.get::<_, i64>(0)? as Version,
            version: row.get::<_, i64>(1)? as Version,
            position: Position::serial(row.get::<_, i64>(2)? as u64),
            duplicate: true,
        })
    })
    .optional()
}

/// A damaged snapshot is none: it can be made again from the log.
pub(super) fn snapshot(db: &Connection, stream: &StreamId) -> rusqlite::Result<Option<Snapshot>> {
    let found = db
        .prepare_cached(
            "SELECT version, schema, state, checksum FROM snapshots
             JOIN streams ON streams.id = snapshots.stream WHERE streams.name = ?1",
        )?
        .query_row([stream.as_str()], |row| {
            let (version, schema) = (row.get::<_, i64>(0)? as Version, row.get(1)?);
            let state = row.get_ref(2)?.as_str().unwrap_or_default().to_owned();
            let snapshot = Snapshot { stream: stream.clone(), version, schema, state };
            Ok((snapshot, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some((snapshot, stored)) = found else { return Ok(None) };
    let Snapshot { version, schema, state, .. } = &snapshot;
    if stored == i64::from(checksum(stream, *version, "", *schema, state)) {
        return Ok(Some(snapshot));
    }
    tracing::warn!(stream = %stream, "a snapshot is damaged; the state is made from the log");
    Ok(None)
}

pub(super) fn checkpoint(db: &Connection, name: &str) -> rusqlite::Result<Option<Position>> {
    db.prepare_cached("SELECT tx, serial FROM checkpoints WHERE name = ?1")?
        .query_row([name], |row| {
            let (transaction, serial) =
                (row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64);
            Ok(Position { transaction, serial })
        })
        .optional()
}
