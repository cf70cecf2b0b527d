//! What the writer does inside a transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::read;
use crate::{
    Append, AppendError, Decided, NewEvent, Position, Receipt, Recorded, Redaction, Snapshot,
    StreamId, Version,
};

/// What an append did: receipts for the senders, and the events for the tail.
pub(super) struct Appended {
    pub receipts: Vec<Receipt>,
    pub events: Vec<Recorded>,
}

/// The outer error spoils the transaction, the inner one wrote nothing.
pub(super) fn append(
    db: &Connection,
    append: &Append,
) -> rusqlite::Result<Result<Appended, AppendError>> {
    let known = stream_row(db, &append.stream)?;
    if let Some((number, _)) = known {
        for Decided { command, .. } in &append.commands {
            if let Some(receipt) = read::command_of(db, &append.stream, number, command)? {
                return Ok(Err(AppendError::Duplicate { command: command.clone(), receipt }));
            }
        }
    }
    let actual = known.map_or(0, |(_, head)| head);
    if actual != append.expected {
        let (stream, expected) = (append.stream.clone(), append.expected);
        return Ok(Err(AppendError::WrongVersion { stream, expected, actual }));
    }
    let number = match known {
        Some((number, _)) => number,
        None => intern(db, &append.stream)?,
    };
    insert(db, append, number).map(Ok)
}

fn insert(db: &Connection, append: &Append, number: i64) -> rusqlite::Result<Appended> {
    let mut done = Appended { receipts: Vec::new(), events: Vec::new() };
    let mut version = append.expected;
    let mut position = read::watermark(db)?;
    for Decided { command, events } in &append.commands {
        let after = version;
        for event in events {
            version += 1;
            let recorded = insert_event(db, append, number, version, event)?;
            position = recorded.position;
            done.events.push(recorded);
        }
        db.prepare_cached("INSERT INTO commands VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            number,
            command.as_str(),
            after as i64,
            version as i64,
            position.serial as i64
        ])?;
        let stream = append.stream.clone();
        done.receipts.push(Receipt { stream, after, version, position, duplicate: false });
    }
    db.prepare_cached("UPDATE streams SET head = ?2 WHERE id = ?1")?
        .execute(params![number, version as i64])?;
    Ok(done)
}

fn insert_event(
    db: &Connection,
    append: &Append,
    number: i64,
    version: Version,
    event: &NewEvent,
) -> rusqlite::Result<Recorded> {
    let NewEvent { name, schema, payload } = event;
    let checksum = checksum(&append.stream, version, name, *schema, payload);
    let mut insert = db.prepare_cached(
        "INSERT INTO events (stream, version, name, schema, recorded_ms, payload, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let values =
        params![number, version as i64, name, schema, append.recorded_ms, payload, checksum];
    let serial = insert.insert(values)? as u64;
    Ok(Recorded {
        position: Position::serial(serial),
        stream: append.stream.clone(),
        version,
        name: name.clone(),
        schema: *schema,
        recorded_ms: append.recorded_ms,
        payload: payload.clone(),
        redacted: false,
    })
}

/// Binds everything that gives the payload its meaning, so that swapped rows are noticed too.
pub(super) fn checksum(
    stream: &StreamId,
    version: Version,
    name: &str,
    schema: u32,
    payload: &str,
) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(stream.as_str().as_bytes());
    hasher.update(&[0]);
    hasher.update(&version.to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(&[0]);
    hasher.update(&schema.to_le_bytes());
    hasher.update(payload.as_bytes());
    hasher.finalize()
}

fn stream_row(db: &Connection, stream: &StreamId) -> rusqlite::Result<Option<(i64, Version)>> {
    db.prepare_cached("SELECT id, head FROM streams WHERE name = ?1")?
        .query_row([stream.as_str()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as Version)))
        .optional()
}

fn intern(db: &Connection, stream: &StreamId) -> rusqlite::Result<i64> {
    db.prepare_cached("INSERT INTO streams (name, head) VALUES (?1, 0)")?.insert([stream.as_str()])
}

/// Keeps the snapshot of a stream that exists.
pub(super) fn snapshot(db: &Connection, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let Snapshot { stream, version, schema, state } = snapshot;
    let Some((number, _)) = stream_row(db, stream)? else { return Ok(()) };
    let checksum = checksum(stream, *version, "", *schema, state);
    db.prepare_cached("INSERT OR REPLACE INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![number, *version as i64, schema, state, checksum])?;
    Ok(())
}

pub(super) fn checkpoint(db: &Connection, name: &str, at: Position) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2, ?3)")?
        .execute(params![name, at.transaction as i64, at.serial as i64])?;
    Ok(())
}

pub(super) fn redact(
    db: &Connection,
    stream: &StreamId,
    redactions: &[Redaction],
) -> rusqlite::Result<usize> {
    let Some((number, _)) = stream_row(db, stream)? else { return Ok(0) };
    db.execute("DELETE FROM snapshots WHERE stream = ?1", [number])?;
    let mut replaced = 0;
    for Redaction { version, schema, payload } in redactions {
        let name: Option<String> = db
            .prepare_cached("SELECT name FROM events WHERE stream = ?1 AND version = ?2")?
            .query_row(params![number, *version as i64], |row| row.get(0))
            .optional()?;
        let Some(name) = name else { continue };
        let checksum = checksum(stream, *version, &name, *schema, payload);
        replaced += db
            .prepare_cached(
                "UPDATE events SET schema = ?3, payload = ?4, checksum = ?5, redacted = 1
                 WHERE stream = ?1 AND version = ?2",
            )?
            .execute(params![number, *version as i64, schema, payload, checksum])?;
    }
    Ok(replaced)
}
