//! All that follows the log: starts it, tells how far it is, makes it again.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tasks::Scope;
use tokio::sync::mpsc;

use crate::{
    EventStore, MemoryModel, MemoryProjection, OneOff, Position, ReadModel, ReadModelError,
    SqlProjection, StartAt, StoreError, Verdict, VerifyError,
    control::{Control, Controller},
    generation::Fit,
    memory_model::InMemory,
    one_off_task::OneOffTask,
    progress::Progress,
    projection_task::{Model, ProjectionTask},
    read_model::SqlModel,
};

/// Rebuilds, comparisons and sweeps that may wait for one projection; the next ones wait for a
/// place.
const ORDERS_MAX: usize = 4;

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
pub struct Projections(Arc<Inner>);

struct Inner {
    store: Arc<dyn EventStore>,
    home: ReadModelHome,
    config: ProjectionsConfig,
    scope: Scope,
    entries: Mutex<BTreeMap<&'static str, Entry>>,
}

#[derive(Clone)]
struct Entry {
    /// `None` while it starts.
    progress: Option<Arc<Progress>>,
    /// `None` for what is not made from the log.
    control: Option<Arc<dyn Control>>,
}

impl Projections {
    /// Nothing yet; tasks will run in a scope below `scope`.
    pub fn new(
        store: Arc<dyn EventStore>,
        home: ReadModelHome,
        scope: &Scope,
        config: ProjectionsConfig,
    ) -> Self {
        let scope = scope.child("projections");
        Self(Arc::new(Inner { store, home, config, scope, entries: Mutex::default() }))
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
        self.take_name(P::NAME)?;
        let opened = async {
            let head = self.0.store.head().await.map_err(StartError::Store)?;
            let fit = Fit { log_id: self.0.store.log_id().to_owned(), head };
            let (home, readers) = (self.0.home.clone(), self.0.config.readers);
            let model = SqlModel::open(projection, home, readers, fit).await;
            model.map_err(|error| StartError::ReadModel(ReadModelError(error)))
        };
        let model = Arc::new(self.or_free_name(P::NAME, opened.await)?);
        self.start(P::NAME, model.clone());
        Ok(ReadModel::new(model))
    }

    /// Starts a read model in memory; `committed` gets what changed, after it can be read.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn start_memory<P: MemoryProjection>(
        &self,
        committed: impl Fn(Vec<P::Change>) + Send + Sync + 'static,
    ) -> Result<MemoryModel<P>, StartError> {
        self.take_name(P::NAME)?;
        let model = Arc::new(InMemory::<P>::new(committed));
        self.start(P::NAME, model.clone());
        Ok(MemoryModel::new(model))
    }

    /// Starts one-off work where it stopped.
    ///
    /// # Errors
    /// When the name is taken, or the store cannot say where it stopped.
    pub async fn start_one_off<H: OneOff>(&self, handler: H) -> Result<(), StartError> {
        self.take_name(H::NAME)?;
        let position = self.or_free_name(H::NAME, self.one_off_start::<H>().await)?;
        let Inner { store, config, scope, .. } = &*self.0;
        let progress = Arc::new(Progress::new(H::NAME, position, config));
        let entry = Entry { progress: Some(progress.clone()), control: None };
        self.0.lock().insert(H::NAME, entry);
        let (handler, store, config) = (Arc::new(handler), store.clone(), config.clone());
        let task = OneOffTask { handler, store, config, progress, scope: scope.clone() };
        scope.spawn("one-off handler", task.run(position));
        Ok(())
    }

    async fn one_off_start<H: OneOff>(&self) -> Result<Position, StartError> {
        let store = &self.0.store;
        if let Some(position) = store.load_checkpoint(H::NAME).await.map_err(StartError::Store)? {
            return Ok(position);
        }
        let position = match H::START_AT {
            StartAt::Beginning => Position::START,
            StartAt::Now => store.head().await.map_err(StartError::Store)?,
        };
        // Kept at once: `Now` is the first start, whatever happens before the first work.
        store.save_checkpoint(H::NAME, position).await.map_err(StartError::Store)?;
        Ok(position)
    }

    fn start<M: Model>(&self, name: &'static str, model: Arc<M>) {
        let Inner { store, config, scope, .. } = &*self.0;
        let position = M::position(&model.live());
        let progress = Arc::new(Progress::new(name, position, config));
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let control =
            Controller::new(model.clone(), store.clone(), config.clone(), scope.clone(), orders);
        let entry = Entry { progress: Some(progress.clone()), control: Some(Arc::new(control)) };
        self.0.lock().insert(name, entry);
        let task = ProjectionTask {
            model,
            store: store.clone(),
            config: config.clone(),
            progress,
            orders: taken,
            stopping: scope.stopping(),
        };
        scope.spawn("projection", task.run());
    }

    fn take_name(&self, name: &'static str) -> Result<(), StartError> {
        let mut entries = self.0.lock();
        if entries.contains_key(name) {
            return Err(StartError::NameTaken(name));
        }
        entries.insert(name, Entry { progress: None, control: None });
        Ok(())
    }

    fn or_free_name<T>(
        &self,
        name: &'static str,
        started: Result<T, StartError>,
    ) -> Result<T, StartError> {
        started.inspect_err(|_| drop(self.0.lock().remove(name)))
    }

    /// Waits until `name` has taken in everything up to `position` (a receipt's, say). Wrap it in a
    /// timeout: while a projection fails, this waits.
    ///
    /// # Errors
    /// When there is no such projection, or it was stopped.
    pub async fn wait_for(&self, name: &str, position: Position) -> Result<(), WaitError> {
        let progress = self.0.entry(name).and_then(|entry| entry.progress);
        let mut reached = progress.ok_or_else(|| WaitError::Unknown(name.to_owned()))?.follow();
        let stopping = self.0.scope.stopping();
        tokio::select! {
            biased;
            Ok(_) = reached.wait_for(|reached| *reached >= position) => Ok(()),
            () = stopping.cancelled() => Err(WaitError::Stopped(name.to_owned())),
        }
    }

    /// Waits until everything that was in the log when this was called is in all of them.
    ///
    /// # Errors
    /// As [`Projections::wait_for`], and when the store cannot say how far it is.
    pub async fn wait_for_all(&self) -> Result<(), WaitError> {
        let head = self.0.store.head().await.map_err(WaitError::Store)?;
        for Status { name, .. } in self.status() {
            self.wait_for(name, head).await?;
        }
        Ok(())
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
        let control = self.0.entry(name).and_then(|entry| entry.control);
        control.ok_or_else(|| RebuildError::Unknown(name.to_owned()))?.rebuild().await
    }

    /// Makes the read model `name` again in a place of its own and compares: proof that the log
    /// alone leads to what is read. The model stands still while its rows are compared, and can be
    /// read meanwhile if it is in a file.
    ///
    /// # Errors
    /// When it could not be made or compared. A difference is not an error but the verdict.
    pub async fn verify(&self, name: &str) -> Result<Verdict, VerifyError> {
        let control = self.0.entry(name).and_then(|entry| entry.control);
        control.ok_or_else(|| VerifyError::Unknown(name.to_owned()))?.verify().await
    }

    /// Overwrites rows that were deleted from read models and are still in their write-ahead logs.
    /// Call it after what a person wrote was removed.
    ///
    /// # Errors
    /// Names the first read model where it failed; doing it again is harmless.
    pub async fn sweep(&self) -> Result<(), SweepError> {
        let controls: Vec<_> = {
            let entries = self.0.lock();
            let controls =
                entries.iter().filter_map(|(name, entry)| Some((*name, entry.control.clone()?)));
            controls.collect()
        };
        for (name, control) in controls {
            control.sweep().await.map_err(|why| SweepError { name, why })?;
        }
        Ok(())
    }

    /// How everything is doing, in the order of the names.
    pub fn status(&self) -> Vec<Status> {
        let entries = self.0.lock();
        entries.values().filter_map(|entry| Some(entry.progress.as_ref()?.status())).collect()
    }
}

impl Inner {
    fn entry(&self, name: &str) -> Option<Entry> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.entries.lock().expect("no panic while the entries are held")
    }
}

impl fmt::Debug for Projections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.status()).finish()
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

/// Removed rows may still be in a file.
#[derive(Clone, Debug, thiserror::Error)]
#[error("removed rows of {name} may still be in its file: {why}")]
pub struct SweepError {
    /// Which read model.
    pub name: &'static str,
    /// What failed.
    pub why: String,
}
