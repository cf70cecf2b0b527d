//! Where jobs come from.

use std::{future::Future, pin::Pin, time::Duration};

use crate::JobId;

/// The future of a source's answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Hands out jobs as they are asked for, and is told what became of each.
pub trait Source<J>: Send + Sync + 'static {
    /// At least one job and at most `demand`; waits until there is one. Empty: there will be no more.
    ///
    /// # Cancellation
    /// Jobs are not lost: they are handed out to whoever asks next.
    fn take(&self, demand: usize) -> Answer<'_, Vec<Taken<J>>>;

    /// Takes note of what became of jobs. Returns once that is kept as durably as the source keeps
    /// anything.
    ///
    /// # Errors
    /// It could not be kept, not yet at least: the jobs may be handed out again after a restart. In this
    /// process it holds all the same.
    fn settle(&self, settled: Vec<Settled>) -> Answer<'_, Result<(), SourceError>>;
}

/// A job that was handed out.
#[derive(Clone, Debug)]
pub struct Taken<J> {
    /// Which job.
    pub id: JobId,
    /// What is to be done.
    pub job: J,
    /// From 1.
    pub attempt: u32,
    /// How long it waited.
    pub waited: Duration,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which job.
    pub id: JobId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is tried again.
    Retry {
        /// When, from now.
        after: Duration,
        /// What went wrong.
        why: String,
    },
    /// It was given up.
    Dead {
        /// Why.
        why: String,
    },
    /// It was not begun, and goes back to the front of its lane.
    Released,
}

/// What became of jobs could not be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("what became of jobs could not be kept")]
pub struct SourceError(#[source] pub std::sync::Arc<dyn std::error::Error + Send + Sync>);
