//! The tables, how a file becomes one of ours, and which files are not.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension, config::DbConfig};

use super::faults::explain;
use crate::{CommandId, StoreError};

/// Marks a file as a log: "TLog".
const APPLICATION_ID: i64 = 0x544C_6F67;

/// The newest format. Raise it with a step in [`migrate`].
pub(super) const FORMAT: i64 = 1;

/// How long to wait for a checkpoint that holds a lock.
const BUSY: Duration = Duration::from_secs(5);

/// `position` is never reused because nothing is ever deleted from `events`. Streams are interned:
/// a number in every row and index instead of a name.
const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        head INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        version INTEGER NOT NULL,
        name TEXT NOT NULL,
        schema INTEGER NOT NULL,
        recorded_ms INTEGER NOT NULL,
        payload TEXT NOT NULL,
        redacted INTEGER NOT NULL DEFAULT 0,
        checksum INTEGER NOT NULL,
        UNIQUE (stream, version)
    ) STRICT;
    CREATE TABLE commands (
        stream INTEGER NOT NULL,
        id TEXT NOT NULL,
        after INTEGER NOT NULL,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (stream, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (
        stream INTEGER PRIMARY KEY,
        version INTEGER NOT NULL,
        schema INTEGER NOT NULL,
        state TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE checkpoints (
        name TEXT PRIMARY KEY,
        tx INTEGER NOT NULL,
        serial INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Opens the file for writing, makes its tables if it is new, refuses what is not ours.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut db = Connection::open(path).map_err(|error| explain(path, error))?;
    refuse_foreign(&db, path)?;
    configure(&db).map_err(|error| explain(path, error))?;
    migrate(&mut db).map_err(|error| explain(path, error))?;
    Ok(db)
}

/// The log's identity.
pub(super) fn log_id(db: &Connection, path: &Path) -> Result<String, StoreError> {
    db.query_row("SELECT value FROM meta WHERE key = 'log_id'", [], |row| row.get(0))
        .optional()
        .map_err(|error| explain(path, error))?
        .ok_or_else(|| StoreError::Corrupt {
            path: path.to_path_buf(),
            place: "table meta".into(),
            what: "the log's identity is missing".into(),
        })
}

/// Only reads: a file that is not ours stays as it is.
fn refuse_foreign(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |sql| {
        db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| explain(path, error))
    };
    let path_buf = path.to_path_buf();
    let application_id = number("PRAGMA application_id")?;
    let found = number("PRAGMA user_version")?;
    let is_new = application_id == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    if application_id != APPLICATION_ID && !is_new {
        return Err(StoreError::Foreign { path: path_buf, expected: "an event log" });
    }
    if found > FORMAT {
        return Err(StoreError::NewerVersion { path: path_buf, found, known: FORMAT });
    }
    Ok(())
}

fn configure(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // Redacted text is overwritten, not just unlinked.
    db.pragma_update(None, "secure_delete", "ON")?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found < 1 {
        tx.execute_batch(TABLES)?;
        let log_id = CommandId::random();
        tx.execute("INSERT INTO meta VALUES ('log_id', ?1)", [log_id.as_str()])?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", FORMAT)?;
    }
    tx.commit()
}
