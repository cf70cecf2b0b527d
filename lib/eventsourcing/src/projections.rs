//! All that follows the log: starts it, tells how far it is, makes it again.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tasks::Scope;

use crate::{
    EventStore, MemoryModel, MemoryProjection, OneOff, Position, ReadModel, ReadModelError,
    SqlProjection, StoreError, Verdict, VerifyError,
};

/// Where read models in SQL live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadModelHome {
    /// Nowhere: made from the log at every start.
    Memory,
    /// In this folder, one file each; it is made if it is missing, and may be deleted while nothing
    /// runs.
    Folder(PathBuf),
}

/// How projections run.
#[derive(Clone, Debug)]
pub struct ProjectionsConfig {
    /// Events applied in one transaction, in events.
    pub batch_max: usize,
    /// Connections for reading, per read model in a file.
    pub readers: usize,
    /// How long to wait after a first failure; doubles up to `backoff_max`.
    pub backoff: Duration,
    /// The longest wait after a failure.
    pub backoff_max: Duration,
    /// Failures in a row after which the alarm is raised, in times.
    pub alarm_after: u32,
    /// How often one-off work is tried, in times.
    pub attempts_max: u32,
    /// How often the log is looked at without a hint, because hints may be lost.
    pub head_check: Duration,
}

impl Default for ProjectionsConfig {
    fn default() -> Self {
        Self {
            batch_max: 1_000,
            readers: 4,
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            alarm_after: 5,
            attempts_max: 8,
            head_check: Duration::from_secs(3),
        }
    }
}

/// Everything that follows one log. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Projections {
    #[allow(dead_code)]
    store: Arc<dyn EventStore>,
}

impl Projections {
    /// Nothing yet; tasks will run in a scope below `scope`.
    pub fn new(
        store: Arc<dyn EventStore>,
        home: ReadModelHome,
        scope: &Scope,
        config: ProjectionsConfig,
    ) -> Self {
        let _ = (home, scope, config);
        Self { store }
    }

    /// Starts a read model in SQL: opens its file, or makes it, and follows the log from there.
    /// Returns before it has caught up; [`Projections::wait_for`] waits.
    ///
    /// # Errors
    /// When the file cannot be opened or made, or the name is taken. A file that is damaged, of
    /// another schema, or of another log is not an error: it is made again.
    pub async fn start_sql<P: SqlProjection>(
        &self,
        projection: P,
    ) -> Result<ReadModel<P>, StartError> {
        let _ = projection;
        unimplemented!()
    }

    /// Starts a read model in memory; `committed` gets what changed, after it can be read.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn start_memory<P: MemoryProjection>(
        &self,
        committed: impl Fn(Vec<P::Change>) + Send + Sync + 'static,
    ) -> Result<MemoryModel<P>, StartError> {
        let _ = committed;
        unimplemented!()
    }

    /// Starts one-off work where it stopped.
    ///
    /// # Errors
    /// When the name is taken, or the store cannot say where it stopped.
    pub async fn start_one_off<H: OneOff>(&self, handler: H) -> Result<(), StartError> {
        let _ = handler;
        unimplemented!()
    }

    /// Waits until `name` has taken in everything up to `position` (a receipt's, say). Wrap it in a
    /// timeout: while a projection fails, this waits.
    ///
    /// # Errors
    /// When there is no such projection, or it was stopped.
    pub async fn wait_for(&self, name: &str, position: Position) -> Result<(), WaitError> {
        let _ = (name, position);
        unimplemented!()
    }

    /// Waits until everything that was in the log when this was called is in all of them.
    ///
    /// # Errors
    /// As [`Projections::wait_for`], and when the store cannot say how far it is.
    pub async fn wait_for_all(&self) -> Result<(), WaitError> {
        unimplemented!()
    }

    /// Makes the read model `name` again from the log, beside the one that is read, and puts it in
    /// its place once it has caught up. Readers see one or the other.
    ///
    /// # Errors
    /// The one that is read stays.
    ///
    /// # Cancellation
    /// The rebuild goes on.
    pub async fn rebuild(&self, name: &str) -> Result<Position, RebuildError> {
        let _ = name;
        unimplemented!()
    }

    /// Makes the read model `name` again in a place of its own and compares: proof that the log alone
    /// leads to what is read.
    ///
    /// # Errors
    /// When it could not be made or compared. A difference is not an error but the verdict.
    pub async fn verify(&self, name: &str) -> Result<Verdict, VerifyError> {
        let _ = name;
        unimplemented!()
    }

    /// How everything is doing, in the order of the names.
    pub fn status(&self) -> Vec<Status> {
        unimplemented!()
    }
}

/// How a projection or handler is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its name.
    pub name: &'static str,
    /// How far it is.
    pub position: Position,
    /// How often it failed in a row.
    pub failures: u32,
    /// Whether that is too often: a person should look.
    pub alarm: bool,
    /// The last failure since it last worked.
    pub failure: Option<String>,
}

/// A projection did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name is taken.
    #[error("two projections are called {0}")]
    NameTaken(&'static str),
    /// Its file cannot be opened or made.
    #[error("its read model is not available")]
    ReadModel(#[source] ReadModelError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

/// Waiting makes no sense.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WaitError {
    /// Nothing has this name.
    #[error("no projection is called {0}")]
    Unknown(String),
    /// It was stopped.
    #[error("{0} was stopped")]
    Stopped(String),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

/// A read model was not rebuilt; the one before it is still read.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Nothing that can be rebuilt has this name.
    #[error("no read model is called {0}")]
    Unknown(String),
    /// Making it failed.
    #[error("the new one could not be made: {0}")]
    Failed(String),
    /// It was stopped.
    #[error("everything is stopping")]
    Stopped,
}
