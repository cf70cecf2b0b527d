//! What readers hold of a projection.

use std::{
    marker::PhantomData,
    sync::{Arc, RwLock},
};

use rusqlite::Connection;

use crate::{MemoryProjection, Position, SqlProjection};

/// Reads the tables of a [`SqlProjection`]. Cheap to clone.
pub struct ReadModel<P> {
    projection: Arc<P>,
}

impl<P> Clone for ReadModel<P> {
    fn clone(&self) -> Self {
        Self { projection: self.projection.clone() }
    }
}

impl<P: SqlProjection> ReadModel<P> {
    /// Runs `query` on a connection that may only read, in one transaction, on a thread that may
    /// block.
    ///
    /// # Errors
    /// What SQL says, and [`ReadError::Unavailable`] when no connection can be opened.
    ///
    /// # Cancellation
    /// The query is finished and its result dropped.
    pub async fn read<T, F>(&self, query: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let _ = query;
        unimplemented!()
    }

    /// How far the log is in the tables.
    pub fn position(&self) -> Position {
        unimplemented!()
    }

    /// The projection itself, for what it keeps in memory.
    pub fn projection(&self) -> &P {
        &self.projection
    }
}

/// Reads a [`MemoryProjection`]. Cheap to clone.
pub struct MemoryModel<P> {
    state: Arc<RwLock<P>>,
    only: PhantomData<fn() -> P>,
}

impl<P> Clone for MemoryModel<P> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), only: PhantomData }
    }
}

impl<P: MemoryProjection> MemoryModel<P> {
    /// Looks at the state. Hold it for lines: nothing is applied meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&P) -> T) -> T {
        look(&self.state.read().expect("not poisoned"))
    }

    /// How far the log is in it.
    pub fn position(&self) -> Position {
        unimplemented!()
    }
}

/// A read model could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The query failed.
    #[error("the query failed")]
    Sql(#[source] rusqlite::Error),
    /// The query panicked, or no connection could be opened.
    #[error("the read model is unavailable: {0}")]
    Unavailable(String),
}

/// A read model's file could not be opened or made.
#[derive(Debug, thiserror::Error)]
#[error("the read model could not be opened")]
pub struct ReadModelError(#[source] pub(crate) rusqlite::Error);
