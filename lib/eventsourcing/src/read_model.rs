//! What readers hold of a projection in SQL.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use rusqlite::Connection;

use crate::{
    LogPage, Position, ReadModelHome, SqlProjection, StoreError, Verdict,
    failure::Failure,
    generation::{Fit, Generation},
    projection_task::Model,
    verify::compare,
};

/// Reads the tables of a [`SqlProjection`]. Cheap to clone.
pub struct ReadModel<P>(Arc<SqlModel<P>>);

impl<P: SqlProjection> ReadModel<P> {
    pub(crate) fn new(model: Arc<SqlModel<P>>) -> Self {
        Self(model)
    }

    /// Runs `query` on a connection that may only read, in one transaction, on a thread that may
    /// block. As many run at a time as the model has readers; the next ones wait their turn.
    ///
    /// # Errors
    /// When the query fails, or the file cannot be read.
    ///
    /// # Cancellation
    /// The query is finished and its result dropped.
    pub async fn read<T, F>(&self, query: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.0.live().read(query).await.map_err(ReadError)
    }

    /// How far the log is in the tables.
    pub fn position(&self) -> Position {
        self.0.live().position()
    }

    /// The projection itself, for what it keeps in memory.
    pub fn projection(&self) -> &P {
        &self.0.projection
    }
}

impl<P> Clone for ReadModel<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: SqlProjection> fmt::Debug for ReadModel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadModel").field("name", &P::NAME).finish_non_exhaustive()
    }
}

/// A read model could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the read model could not be read")]
pub struct ReadError(#[source] pub StoreError);

/// A read model's file could not be opened or made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the read model could not be opened")]
pub struct ReadModelError(#[source] pub StoreError);

/// A projection in SQL and the generation that is read.
pub(crate) struct SqlModel<P> {
    pub(crate) projection: Arc<P>,
    live: Mutex<Arc<Generation>>,
    home: ReadModelHome,
    readers: usize,
    log_id: String,
}

impl<P: SqlProjection> SqlModel<P> {
    pub(crate) async fn open(
        projection: P,
        home: ReadModelHome,
        readers: usize,
        fit: Fit,
    ) -> Result<Self, StoreError> {
        let projection = Arc::new(projection);
        let (for_tables, at, log_id) = (projection.clone(), home.clone(), fit.log_id.clone());
        let live = blocking(move || match Generation::open::<P>(&at, readers, &fit)? {
            Some(generation) => Ok(generation),
            None => Generation::create(&*for_tables, &at, readers, &fit.log_id, true),
        })
        .await
        .unwrap_or_else(|| Err(panicked()))?;
        Ok(Self { projection, live: Mutex::new(Arc::new(live)), home, readers, log_id })
    }
}

fn panicked() -> StoreError {
    StoreError::Unavailable { what: "making its tables panicked".into(), source: None }
}

/// `None`: it panicked.
async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(run).await.ok()
}

impl<P: SqlProjection> Model for SqlModel<P> {
    type Built = Arc<Generation>;
    type Change = P::Change;

    fn live(&self) -> Arc<Generation> {
        self.live.lock().expect("no panic while the generation is held").clone()
    }

    async fn fresh(&self) -> Result<Arc<Generation>, Failure> {
        let (projection, home) = (self.projection.clone(), self.home.clone());
        let (readers, log_id) = (self.readers, self.log_id.clone());
        let made =
            blocking(move || Generation::create(&*projection, &home, readers, &log_id, false));
        let generation = made.await.unwrap_or_else(|| Err(panicked()));
        let generation = generation.map_err(|error| Failure::of_store(&error))?;
        // Until it is installed, it goes when it is dropped.
        generation.set_obsolete(true);
        Ok(Arc::new(generation))
    }

    fn position(built: &Arc<Generation>) -> Position {
        built.position()
    }

    async fn apply(
        &self,
        built: &Arc<Generation>,
        page: LogPage,
    ) -> Result<Vec<P::Change>, Failure> {
        let (projection, built) = (self.projection.clone(), built.clone());
        let applied = blocking(move || built.apply(&*projection, &page.events, page.next));
        applied.await.unwrap_or_else(|| Err(Failure::new("applying events panicked")))
    }

    fn committed(&self, changes: Vec<P::Change>) {
        self.projection.committed(changes);
    }

    async fn install(&self, built: Arc<Generation>) -> Result<(), Failure> {
        let finished = built.clone();
        let whole = blocking(move || finished.set_whole()).await;
        whole.unwrap_or_else(|| Err(Failure::new("finishing its file panicked")))?;
        built.set_obsolete(false);
        let before = {
            let mut live = self.live.lock().expect("no panic while the generation is held");
            std::mem::replace(&mut *live, built)
        };
        before.set_obsolete(true);
        self.projection.replaced();
        Ok(())
    }

    async fn compare(&self, made: &Arc<Generation>) -> Result<Verdict, Failure> {
        let (live, made) = (self.live(), made.clone());
        let compared = blocking(move || {
            let position = live.position();
            compare(&live.db(), &made.db(), position)
                .map_err(|error| Failure::of_sql("the tables could not be compared", error))
        });
        compared.await.unwrap_or_else(|| Err(Failure::new("comparing panicked")))
    }

    async fn sweep(&self) -> Result<(), Failure> {
        let live = self.live();
        let swept = blocking(move || live.sweep());
        swept.await.unwrap_or_else(|| Err(Failure::new("sweeping panicked")))
    }
}
