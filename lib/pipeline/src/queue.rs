//! Jobs that wait, in memory or in the log.

use std::sync::Arc;

use eventsourcing::{EventStore, StoreError};
use tasks::{Clock, Scope};

use crate::{
    DeadLetter, Job, JobId, LaneLimits, Listed, Settled, Source, SourceError, Taken, source::Answer,
};

/// A bounded queue of jobs, which is a [`Source`]. Cheap to clone; all clones are one queue.
pub struct Queue<J>(Arc<std::marker::PhantomData<fn() -> J>>);

impl<J> Clone for Queue<J> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// How a queue is set up.
#[derive(Clone)]
pub struct QueueConfig {
    /// One word; with [`Keep::Log`], the queue's stream is called so for ever.
    pub name: &'static str,
    /// Where jobs are kept.
    pub keep: Keep,
    /// Jobs that wait or run, at most. Full: [`PushError::Full`].
    pub jobs_max: usize,
    /// Dead letters that are kept; the oldest ones go.
    pub dead_max: usize,
    /// What one lane may take.
    pub lanes: LaneLimits,
    /// What time it is.
    pub clock: Clock,
}

/// Where jobs are kept.
#[derive(Clone)]
pub enum Keep {
    /// Nowhere else: they are gone when the process is.
    Memory,
    /// In this log: a job is there before [`Queue::push`] returns, and what became of it before
    /// [`Source::settle`] does. After a crash, what was not settled is handed out again. The text of
    /// a settled job is made unreadable.
    Log(Arc<dyn EventStore>),
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits now.
    New,
    /// A job of that id waits, runs or was done lately.
    Known,
}

/// A job was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PushError {
    /// As many jobs wait as may.
    #[error("as many jobs wait as may")]
    Full,
    /// The queue is closing.
    #[error("the queue is closing")]
    Closed,
    /// It could not be kept.
    #[error("the job could not be kept")]
    Store(#[source] StoreFault),
}

/// The log failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the log failed")]
pub struct StoreFault(#[source] pub StoreError);

/// A queue could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log could not be read.
    #[error("the log could not be read")]
    Store(#[source] StoreError),
    /// A job in the log cannot be read: a newer program wrote it, perhaps.
    #[error("a job in the log cannot be read")]
    Job(#[source] eventsourcing::DecodeError),
}

impl<J: Job> Queue<J> {
    /// Opens the queue; with [`Keep::Log`], with what was not settled when it was last closed or
    /// killed. Its tasks run in `scope`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: QueueConfig, scope: &Scope) -> Result<Self, OpenError> {
        let _ = (config, scope);
        todo!()
    }

    /// Adds a job; when this returns, it is kept. The same id is the same job, however often it is
    /// pushed, while it waits or runs and for a while after it was done.
    ///
    /// # Errors
    /// See [`PushError`]: nothing was added; except `Store`, where it is unknown.
    ///
    /// # Cancellation
    /// The job may have been added.
    pub async fn push(&self, id: JobId, job: J) -> Result<Pushed, PushError> {
        let _ = (id, job);
        todo!()
    }

    /// Jobs that wait, for their turn or their next attempt, or run: in the order they were pushed.
    pub fn jobs(&self) -> Vec<Listed<J>> {
        todo!()
    }

    /// Jobs that were given up, the latest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter<J>> {
        todo!()
    }

    /// Puts a dead letter back to the end of its lane, with its attempts counted anew. `false`: there
    /// is no such one.
    ///
    /// # Errors
    /// As [`Queue::push`].
    pub async fn retry(&self, id: &JobId) -> Result<bool, PushError> {
        let _ = id;
        todo!()
    }

    /// Forgets a job that waits, and dead letters; of one that runs, what it leads to is ignored.
    /// Returns how many there were. `which` sees every job.
    ///
    /// # Errors
    /// It could not be kept.
    pub async fn discard(
        &self,
        which: impl Fn(&JobId, &J) -> bool + Send,
    ) -> Result<usize, SourceError> {
        let _ = which;
        todo!()
    }

    /// Takes no more pushes, and hands out nothing more.
    pub fn close(&self) {
        todo!()
    }
}

impl<J: Job> Source<J> for Queue<J> {
    fn take(&self, demand: usize) -> Answer<'_, Vec<Taken<J>>> {
        let _ = demand;
        todo!()
    }

    fn settle(&self, settled: Vec<Settled>) -> Answer<'_, Result<(), SourceError>> {
        let _ = settled;
        todo!()
    }
}
