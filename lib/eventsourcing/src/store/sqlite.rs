//! The log in one SQLite file: one thread writes, in groups; a few connections read.

mod schema;
mod faults;
mod write;
mod read;
mod readers;
mod tail;
mod writer_task;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::watch;

use self::{tail::Tail, writer_task::Writer};
use super::{
    Answer, Append, AppendError, EventStore, LogPage, Redaction, Snapshot, StoreError, StreamPage,
};
use crate::{CommandId, Position, Receipt, StreamId, Version};

pub(crate) use self::{
    faults::{explain, explain_io},
    readers::Readers,
};

/// How the file is used.
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// Writes that may wait for the writer, in calls. The next ones wait for a place.
    pub queue_max: usize,
    /// Writes that one transaction may hold, in calls.
    pub group_max: usize,
    /// Connections for reading.
    pub readers: usize,
    /// The newest events that are kept in memory for those who follow the log, in events.
    pub tail_max: usize,
}

impl Default for SqliteConfig {
    fn default() -> Self {
        Self { queue_max: 1_024, group_max: 512, readers: 4, tail_max: 1_024 }
    }
}

/// The log in the file `log.db` of a folder, which one process at a time may open.
///
/// WAL with `synchronous=FULL`: what was acknowledged survives a crash and a power cut. Everything
/// that waits is written in one transaction, so that one fsync serves all; nothing waits for more.
#[derive(Debug)]
pub struct SqliteStore {
    log_id: String,
    tail: Arc<Tail>,
    watermark: watch::Receiver<Position>,
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// The log's file in its folder.
    pub const FILE: &'static str = "log.db";

    /// Opens the log in `folder`, or makes both. Blocks while it reads and creates files.
    ///
    /// # Errors
    /// `InUse`, `NewerVersion`, `Foreign`, `Corrupt`, `ReadOnly`, `DiskFull`, `Inaccessible`: each
    /// names the file and says what to do.
    pub fn open(folder: &Path, config: SqliteConfig) -> Result<Self, StoreError> {
        let lock = lock_folder(folder)?;
        let path = folder.join(Self::FILE);
        let db = schema::open(&path)?;
        let log_id = schema::log_id(&db, &path)?;
        let start = read::watermark(&db).map_err(|error| faults::explain(&path, error))?;
        let (announce, watermark) = watch::channel(start);
        let tail = Arc::new(Tail::new(start, config.tail_max));
        let readers = Readers::new(path.clone(), config.readers);
        let writer = Writer::start(path, db, lock, &config, tail.clone(), announce)?;
        Ok(Self { log_id, tail, watermark, readers, writer })
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        self.readers.path()
    }

    /// How many transactions were committed since it was opened: fewer than writes, when many wait.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Copies the log, as it is at one moment, into the new file `to`, while everything goes on.
    ///
    /// # Errors
    /// When `to` exists or cannot be written. What was copied so far is left there.
    pub async fn backup(&self, to: PathBuf) -> Result<(), StoreError> {
        let target = to.to_string_lossy().into_owned();
        let copy = move |db: &rusqlite::Connection| {
            db.execute("VACUUM INTO ?1", [target]).map(drop).map_err(read::Fault::from)
        };
        self.readers.run(to, copy).await
    }
}

/// Takes the folder for this process, until the returned file is closed; the system does that even
/// for a process that was killed.
fn lock_folder(folder: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(folder).map_err(|error| faults::explain_io(folder, error))?;
    let path = folder.join("lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| faults::explain_io(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path }),
        Err(TryLockError::Error(error)) => Err(faults::explain_io(&path, error)),
    }
}

impl EventStore for SqliteStore {
    fn append(&self, append: Append) -> Answer<'_, Result<Vec<Receipt>, AppendError>> {
        Box::pin(self.writer.append(append))
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        after: Version,
        max: usize,
    ) -> Answer<'a, Result<StreamPage, StoreError>> {
        let stream = stream.clone();
        Box::pin(self.readers.read(move |db| read::stream_page(db, &stream, after, max)))
    }

    fn read_all(&self, after: Position, max: usize) -> Answer<'_, Result<LogPage, StoreError>> {
        Box::pin(async move {
            match self.tail.page(after, max) {
                Some(page) if !self.writer.is_closed() => Ok(page),
                _ => self.readers.read(move |db| read::log_page(db, after, max)).await,
            }
        })
    }

    fn find_command<'a>(
        &'a self,
        stream: &'a StreamId,
        command: &'a CommandId,
    ) -> Answer<'a, Result<Option<Receipt>, StoreError>> {
        let (stream, command) = (stream.clone(), command.clone());
        Box::pin(self.readers.read(move |db| Ok(read::command(db, &stream, &command)?)))
    }

    fn head(&self) -> Answer<'_, Result<Position, StoreError>> {
        Box::pin(self.readers.read(|db| Ok(read::watermark(db)?)))
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.watermark.clone()
    }

    fn log_id(&self) -> &str {
        &self.log_id
    }

    fn load_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
    ) -> Answer<'a, Result<Option<Snapshot>, StoreError>> {
        let stream = stream.clone();
        Box::pin(self.readers.read(move |db| Ok(read::snapshot(db, &stream)?)))
    }

    fn save_snapshot(&self, snapshot: Snapshot) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(self.writer.save_snapshot(snapshot))
    }

    fn redact<'a>(
        &'a self,
        stream: &'a StreamId,
        redactions: Vec<Redaction>,
    ) -> Answer<'a, Result<usize, StoreError>> {
        Box::pin(self.writer.redact(stream.clone(), redactions))
    }

    fn load_checkpoint<'a>(
        &'a self,
        name: &'a str,
    ) -> Answer<'a, Result<Option<Position>, StoreError>> {
        let name = name.to_owned();
        Box::pin(self.readers.read(move |db| Ok(read::checkpoint(db, &name)?)))
    }

    fn save_checkpoint<'a>(
        &'a self,
        name: &'a str,
        position: Position,
    ) -> Answer<'a, Result<(), StoreError>> {
        Box::pin(self.writer.save_checkpoint(name.to_owned(), position))
    }

    fn close(&self) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(async move {
            // Readers first: the last connection to close folds the WAL into the file.
            self.readers.close();
            self.tail.forget();
            self.writer.close().await
        })
    }
}
