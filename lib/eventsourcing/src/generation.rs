//! The tables of one read model, made once: a file of its own, or memory. A rebuild makes another
//! generation and puts it in the place of this one.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::{
    Apply, Position, ReadModelHome, Recorded, SqlProjection, StoreError,
    failure::Failure,
    store::{Readers, explain, explain_io},
};

/// Marks a file as a read model: "TRdm".
const APPLICATION_ID: i64 = 0x5452_646D;

/// How long to wait for a lock that a checkpoint holds for a moment.
const BUSY: Duration = Duration::from_secs(5);

/// The most memory for pages of a read model's writer, in KiB.
const CACHE_KIB: i64 = 32 * 1_024;

/// The table every read model has beside its own: what it is, and how far it is.
const OWN_TABLE: &str = "
    CREATE TABLE _projection (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        schema INTEGER NOT NULL,
        log_id TEXT NOT NULL,
        whole INTEGER NOT NULL,
        tx INTEGER NOT NULL,
        serial INTEGER NOT NULL
    ) STRICT;
";

pub(crate) struct Generation {
    /// `None` in memory, where the one connection serves readers too.
    readers: Option<Readers>,
    db: Mutex<Connection>,
    position: Mutex<Position>,
    /// Its file goes with it.
    obsolete: AtomicBool,
}

/// What a read model's file must fit to be used.
#[derive(Clone)]
pub(crate) struct Fit {
    pub log_id: String,
    /// The log's watermark: a read model beyond it belongs to another history.
    pub head: Position,
}

impl Generation {
    /// The newest usable generation in `home`; what is not usable is removed. Blocks.
    pub(crate) fn open<P: SqlProjection>(
        home: &ReadModelHome,
        readers: usize,
        fit: &Fit,
    ) -> Result<Option<Self>, StoreError> {
        let ReadModelHome::Folder(folder) = home else { return Ok(None) };
        fs::create_dir_all(folder).map_err(|error| explain_io(folder, error))?;
        let mut usable = None;
        for (_, path) in existing::<P>(folder)?.into_iter().rev() {
            if usable.is_none()
                && let Some(generation) = Self::open_file::<P>(&path, readers, fit)?
            {
                usable = Some(generation);
            } else {
                tracing::info!(path = %path.display(), "a read model is outdated and removed");
                remove(&path);
            }
        }
        Ok(usable)
    }

    /// `None`: damaged, half-built, of another schema or of another log.
    fn open_file<P: SqlProjection>(
        path: &Path,
        readers: usize,
        fit: &Fit,
    ) -> Result<Option<Self>, StoreError> {
        let db = Connection::open(path).map_err(|error| explain(path, error))?;
        let read = configure(&db).and_then(|()| read_own_row(&db));
        let row = match read.map_err(|error| explain(path, error)) {
            Ok(row) => row,
            Err(StoreError::Corrupt { .. } | StoreError::Unavailable { .. }) => None,
            Err(error) => return Err(error),
        };
        let usable = row.filter(|row| {
            row.schema == P::SCHEMA
                && row.whole
                && row.log_id == fit.log_id
                && row.position <= fit.head
        });
        Ok(usable.map(|row| Self::new(db, Some(path), readers, row.position)))
    }

    /// Empty tables. `whole` is false for one that is built beside another. Blocks.
    pub(crate) fn create<P: SqlProjection>(
        projection: &P,
        home: &ReadModelHome,
        readers: usize,
        log_id: &str,
        whole: bool,
    ) -> Result<Self, StoreError> {
        let path = match home {
            ReadModelHome::Memory => None,
            ReadModelHome::Folder(folder) => Some(next_path::<P>(folder)?),
        };
        let about = path.clone().unwrap_or_else(|| PathBuf::from("memory"));
        let explained = |error| explain(&about, error);
        let mut db = match &path {
            Some(path) => Connection::open(path).map_err(explained)?,
            None => Connection::open_in_memory().map_err(explained)?,
        };
        configure(&db).map_err(explained)?;
        if path.is_some() && !whole {
            hurry(&db).map_err(explained)?;
        }
        make_tables(projection, &mut db, log_id, whole).map_err(explained)?;
        Ok(Self::new(db, path.as_deref(), readers, Position::START))
    }

    fn new(db: Connection, path: Option<&Path>, readers: usize, position: Position) -> Self {
        Self {
            readers: path.map(|path| Readers::new(path.to_path_buf(), readers)),
            db: Mutex::new(db),
            position: Mutex::new(position),
            obsolete: AtomicBool::new(false),
        }
    }

    pub(crate) fn position(&self) -> Position {
        *self.position.lock().expect("no panic while a position is held")
    }

    /// Whether its file goes once nobody reads it any more.
    pub(crate) fn set_obsolete(&self, obsolete: bool) {
        self.obsolete.store(obsolete, Ordering::SeqCst);
    }

    /// From now on this is the one to open. On disk before it says so. Blocks.
    pub(crate) fn set_whole(&self) -> Result<(), Failure> {
        let sql = |error| Failure::of_sql("its file could not be finished", error);
        let db = self.db();
        if let Some(readers) = &self.readers {
            configure(&db).map_err(sql)?;
            let synced = fs::File::open(readers.path()).and_then(|file| file.sync_all());
            synced.map_err(|error| Failure::of_store(&explain_io(readers.path(), error)))?;
        }
        db.execute("UPDATE _projection SET whole = 1", []).map(drop).map_err(sql)
    }

    /// Applies `events` and moves to `next`, in one transaction. Blocks.
    pub(crate) fn apply<P: SqlProjection>(
        &self,
        projection: &P,
        events: &[Recorded],
        next: Position,
    ) -> Result<Vec<P::Change>, Failure> {
        let sql = |error| Failure::of_sql("its tables could not be changed", error);
        let mut db = self.db();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        let changes = apply_all(projection, &tx, events)?;
        let values = params![next.transaction as i64, next.serial as i64];
        tx.prepare_cached("UPDATE _projection SET tx = ?1, serial = ?2")
            .and_then(|mut update| update.execute(values))
            .map_err(sql)?;
        tx.commit().map_err(sql)?;
        *self.position.lock().expect("no panic while a position is held") = next;
        Ok(changes)
    }

    /// Runs `query` in one transaction that changes nothing. Blocks in memory only.
    pub(crate) async fn read<T: Send + 'static>(
        self: std::sync::Arc<Self>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(readers) = &self.readers {
            return readers.read(|db| Ok(query(db)?)).await;
        }
        let generation = self.clone();
        let run = move || {
            let db = generation.db();
            // Dropped, and so rolled back.
            let tx = db.unchecked_transaction()?;
            query(&tx)
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result.map_err(|error| explain(Path::new("memory"), error)),
            Err(_) => Err(StoreError::Unavailable { what: "a read panicked".into(), source: None }),
        }
    }

    /// Overwrites what was deleted from the tables and is still in the write-ahead log. Blocks.
    pub(crate) fn sweep(&self) -> Result<(), Failure> {
        let busy = self.db().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        match busy {
            Ok(0_i64) => Ok(()),
            Ok(_) => Err(Failure::new("a long read keeps removed rows; try again")),
            Err(error) => Err(Failure::of_sql("removed rows could not be overwritten", error)),
        }
    }

    /// The connection that writes. A panic under it has rolled its transaction back.
    pub(crate) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if self.obsolete.load(Ordering::SeqCst)
            && let Some(readers) = &self.readers
        {
            readers.close();
            remove(readers.path());
        }
    }
}

fn apply_all<P: SqlProjection>(
    projection: &P,
    tx: &Transaction<'_>,
    events: &[Recorded],
) -> Result<Vec<P::Change>, Failure> {
    let mut apply = Apply { transaction: tx, changes: Vec::new() };
    for event in events {
        let applied = catch_unwind(AssertUnwindSafe(|| projection.apply(&mut apply, event)));
        match applied {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Failure::of_event(event, &error)),
            Err(_) => return Err(Failure::of_panic(event)),
        }
    }
    Ok(apply.changes)
}

struct OwnRow {
    schema: u32,
    log_id: String,
    whole: bool,
    position: Position,
}

fn read_own_row(db: &Connection) -> rusqlite::Result<Option<OwnRow>> {
    let ours: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if ours != APPLICATION_ID {
        return Ok(None);
    }
    db.query_row("SELECT schema, log_id, whole, tx, serial FROM _projection", [], |row| {
        let (transaction, serial) = (row.get::<_, i64>(3)? as u64, row.get::<_, i64>(4)? as u64);
        let position = Position { transaction, serial };
        Ok(OwnRow { schema: row.get(0)?, log_id: row.get(1)?, whole: row.get(2)?, position })
    })
    .optional()
}

fn configure(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    // A power cut may take the last transactions, whole ones: they are applied again.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "secure_delete", "ON")?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// While nobody reads it, and a failure means to begin again: no journal, no waiting for the disk.
fn hurry(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "journal_mode", "OFF")?;
    db.pragma_update(None, "synchronous", "OFF")
}

fn make_tables<P: SqlProjection>(
    projection: &P,
    db: &mut Connection,
    log_id: &str,
    whole: bool,
) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.execute_batch(OWN_TABLE)?;
    let values = params![P::SCHEMA, log_id, whole];
    tx.execute("INSERT INTO _projection VALUES (1, ?1, ?2, ?3, 0, 0)", values)?;
    projection.create(&tx)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.commit()
}

/// The generations of `P` in `folder` with their numbers, oldest first.
fn existing<P: SqlProjection>(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let entries = fs::read_dir(folder).map_err(|error| explain_io(folder, error))?;
    let mut found: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| {
            let rest = file.strip_prefix(P::NAME)?.strip_prefix('.')?;
            let number = rest.strip_suffix(".db")?.parse().ok()?;
            Some((number, folder.join(&file)))
        })
        .collect();
    found.sort();
    Ok(found)
}

fn next_path<P: SqlProjection>(folder: &Path) -> Result<PathBuf, StoreError> {
    let last = existing::<P>(folder)?.last().map_or(0, |(number, _)| *number);
    Ok(folder.join(format!("{}.{}.db", P::NAME, last + 1)))
}

/// Failing is no harm: what is left is outdated, and removed at the next start.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        let _ = fs::remove_file(file);
    }
}
