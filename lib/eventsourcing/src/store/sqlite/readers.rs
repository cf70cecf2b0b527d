//! A few connections that may only read, and the threads they are used on.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::{
    faults::{explain, spoils_connection},
    read::Fault,
};
use crate::StoreError;

/// How long to wait for a lock that a checkpoint holds for a moment.
const BUSY: Duration = Duration::from_secs(5);

/// Runs queries on tokio's blocking threads, as many at a time as there are connections; the next
/// ones wait their turn.
pub(crate) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, max: usize) -> Self {
        let permits = Arc::new(Semaphore::new(max.max(1)));
        Self { path, permits, idle: Arc::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `query` in one read transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(self.path.clone(), |db| in_transaction(db, query)).await
    }

    /// Runs `query`, whose errors are about the file `about`.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        about: PathBuf,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (path, idle, permits) = (self.path.clone(), self.idle.clone(), self.permits.clone());
        let run = move || {
            // Held until the connection is back, whatever becomes of the caller.
            let _permit = permit;
            let pooled = idle.lock().expect("no panic while the pool is held").pop();
            let db = match pooled {
                Some(db) => db,
                None => open(&path).map_err(|error| explain(&path, error))?,
            };
            let result = query(&db);
            let spoiled = matches!(&result, Err(Fault::Sql(error)) if spoils_connection(error));
            if !spoiled && !permits.is_closed() {
                idle.lock().expect("no panic while the pool is held").push(db);
            }
            result.map_err(|fault| match fault {
                Fault::Sql(error) => explain(&about, error),
                Fault::Damaged { place, what } => StoreError::Corrupt { path: about, place, what },
            })
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable { what: "a read panicked".into(), source: None }),
        }
    }

    /// Answers every later read `Closed`, and closes the connections that are idle.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().expect("no panic while the pool is held").clear();
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

fn in_transaction<T>(
    db: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let tx = db.unchecked_transaction()?;
    let result = query(&tx)?;
    tx.finish()?;
    Ok(result)
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("path", &self.path).finish_non_exhaustive()
    }
}
