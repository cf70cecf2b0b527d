//! What holds the log: the trait that every store implements, and its errors.

mod memory;
mod faulty;
mod sqlite;

use std::{future::Future, path::PathBuf, pin::Pin, sync::Arc};

use tokio::sync::watch;

use crate::{CommandId, NewEvent, Position, Receipt, Recorded, StreamId, Version};

pub use faulty::{Fault, FaultyStore};
pub use memory::MemoryStore;
pub(crate) use sqlite::{Readers, explain, explain_io};
pub use sqlite::{SqliteConfig, SqliteStore};

/// The future of a store's answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The log of record: streams of events, each in order, and all of them in one order.
///
/// Nothing here assumes to be the only writer: a stream's next version is taken by comparing the
/// expected one. A store proves itself with [`crate::testing::store_suite`].
pub trait EventStore: Send + Sync + 'static {
    /// Appends what commands led to, if the stream's last version is the expected one. All of it
    /// lands, or none.
    ///
    /// Returns a receipt per command, in order, once everything is on disk. A command without
    /// events is remembered all the same.
    ///
    /// # Errors
    /// `WrongVersion`: someone appended first; reload, decide again. `Duplicate`: one of the
    /// commands was stored earlier; nothing was written now. `Store`: the answer is unknown; look
    /// the commands up with [`EventStore::find_command`].
    ///
    /// # Cancellation
    /// Dropping the future leaves it unknown whether the events landed. Only an aggregate's task may
    /// call this.
    fn append(&self, append: Append) -> Answer<'_, Result<Vec<Receipt>, AppendError>>;

    /// The events of `stream` after version `after`, oldest first, at most `max`.
    ///
    /// # Errors
    /// `Corrupt` names the event that is damaged.
    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        after: Version,
        max: usize,
    ) -> Answer<'a, Result<StreamPage, StoreError>>;

    /// The events of the whole log after `after`, oldest first, at most `max`.
    ///
    /// Reads only below the watermark: nothing will ever appear at or before [`LogPage::next`] that
    /// was not handed out by then. So a reader that resumes from `next` misses nothing.
    ///
    /// # Errors
    /// `Corrupt` names the event that is damaged; those before it can be read with a smaller `max`.
    fn read_all(&self, after: Position, max: usize) -> Answer<'_, Result<LogPage, StoreError>>;

    /// The receipt of a command that was stored, marked as a duplicate.
    fn find_command<'a>(
        &'a self,
        stream: &'a StreamId,
        command: &'a CommandId,
    ) -> Answer<'a, Result<Option<Receipt>, StoreError>>;

    /// The watermark: the position up to which the log is complete.
    fn head(&self) -> Answer<'_, Result<Position, StoreError>>;

    /// Follows the watermark. A hint: it says when to read, not what; it may skip and may be late.
    fn watch(&self) -> watch::Receiver<Position>;

    /// The log's own identity, made when it was. A read model of another log is rebuilt.
    fn log_id(&self) -> &str;

    /// The newest snapshot of `stream`, if there is one and it is intact.
    fn load_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
    ) -> Answer<'a, Result<Option<Snapshot>, StoreError>>;

    /// Keeps `snapshot` in place of an older one.
    fn save_snapshot(&self, snapshot: Snapshot) -> Answer<'_, Result<(), StoreError>>;

    /// Puts other payloads in the place of stored ones, and forgets the stream's snapshot, in one
    /// transaction. Versions, positions, names and times stay. When it returns, the old payloads
    /// are no longer in any file of the store.
    ///
    /// Versions the stream does not have are passed over. Returns how many were replaced.
    fn redact<'a>(
        &'a self,
        stream: &'a StreamId,
        redactions: Vec<Redaction>,
    ) -> Answer<'a, Result<usize, StoreError>>;

    /// Where the one-off handler `name` is, if it ever was anywhere.
    fn load_checkpoint<'a>(
        &'a self,
        name: &'a str,
    ) -> Answer<'a, Result<Option<Position>, StoreError>>;

    /// Keeps where the one-off handler `name` is.
    fn save_checkpoint<'a>(
        &'a self,
        name: &'a str,
        position: Position,
    ) -> Answer<'a, Result<(), StoreError>>;

    /// Finishes what was accepted and lets go of the files. Afterwards every call is answered
    /// `Closed`.
    fn close(&self) -> Answer<'_, Result<(), StoreError>>;
}

/// What is appended to one stream in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Whose events.
    pub stream: StreamId,
    /// The version that the stream's last event has now; 0 for an empty stream.
    pub expected: Version,
    /// When this is, in milliseconds since the Unix epoch.
    pub recorded_ms: i64,
    /// The commands, in the order they were decided.
    pub commands: Vec<Decided>,
}

/// A command and what it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The command.
    pub command: CommandId,
    /// Its events; may be none.
    pub events: Vec<NewEvent>,
}

/// Some events of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPage {
    /// In order, without gaps.
    pub events: Vec<Recorded>,
    /// The version of the stream's last event when the page was read.
    pub head: Version,
}

/// Some events of the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// In the order of their positions.
    pub events: Vec<Recorded>,
    /// Where to read on. Later than the last event's position when the store knows that nothing is
    /// between.
    pub next: Position,
    /// The watermark when the page was read.
    pub watermark: Position,
}

impl LogPage {
    /// Whether there was nothing more to read below the watermark.
    pub fn is_last(&self) -> bool {
        self.next >= self.watermark
    }
}

/// An aggregate's state at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose state.
    pub stream: StreamId,
    /// The last version in it.
    pub version: Version,
    /// [`crate::Aggregate::SNAPSHOT_SCHEMA`] when it was made.
    pub schema: u32,
    /// Its JSON.
    pub state: String,
}

/// A payload to be put in the place of a stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// Which event of the stream.
    pub version: Version,
    /// The schema of the new payload.
    pub schema: u32,
    /// The new payload's JSON.
    pub payload: String,
}

/// Why nothing was appended, as far as anyone knows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Someone appended first.
    #[error("{stream} is at version {actual}, not {expected}")]
    WrongVersion {
        /// Whose events.
        stream: StreamId,
        /// The version that was expected.
        expected: Version,
        /// The version it has.
        actual: Version,
    },
    /// One of the commands was stored earlier.
    #[error("command {command} was stored earlier")]
    Duplicate {
        /// The command.
        command: CommandId,
        /// Its receipt, marked as a duplicate.
        receipt: Receipt,
    },
    /// The store failed, and may have failed after it stored the events.
    #[error("the events could not be stored")]
    Store(#[source] StoreError),
}

/// What is behind a [`StoreError`].
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// The store failed. Says which file, what is wrong, and what to do; what is stored stays stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left.
    #[error(
        "there is no space left for {path}: free some, and writing goes on by itself; nothing that was stored is lost"
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Cause,
    },
    /// The file or its folder may not be written.
    #[error(
        "{path} cannot be written: make the file and its folder writable for this user; what is stored can still be read"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Cause,
    },
    /// Something stored is damaged.
    #[error(
        "{path} is damaged at {place} ({what}): keep a copy of the file, then restore that part from a backup; the rest can still be read"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which row, or which part.
        place: String,
        /// What was found.
        what: String,
    },
    /// A newer program wrote the file.
    #[error(
        "{path} has format {found} and this program knows {known}: run the newer program, or restore a backup made before the upgrade; nothing was changed"
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The file is something else.
    #[error("{path} is not {expected}: choose another folder; nothing was changed")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
    },
    /// Another process has it open.
    #[error("{path} is in use by another process: stop that one first, or choose another folder")]
    InUse {
        /// The file that marks the use.
        path: PathBuf,
    },
    /// The folder or file cannot be opened or made.
    #[error("{path} cannot be opened: check that the folder exists, and its permissions")]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Cause,
    },
    /// Something else failed for now.
    #[error("the store is unavailable: {what}")]
    Unavailable {
        /// What failed.
        what: String,
        /// What is behind it.
        #[source]
        source: Option<Cause>,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
