//! What does the work.

use std::{future::Future, time::Duration};

use crate::{Attempt, Job};

/// Does one job at a time; the pipeline calls it from many tasks at once.
pub trait Processor: Send + Sync + 'static {
    /// What it works on.
    type Job: Job;
    /// What it makes; `()`, or what a [`Batcher`](crate::Batcher) takes.
    type Output: Send + 'static;

    /// Does the work.
    ///
    /// # Errors
    /// `Retry`: again later, as long as attempts are left. `GiveUp`: not again. Taking longer than
    /// [`Config::attempt_within`](crate::Config), or a panic, counts as `Retry`.
    ///
    /// # Cancellation
    /// Dropped when its time is up or everything stops; runs again later, under the same id.
    fn process(
        &self,
        attempt: Attempt<Self::Job>,
    ) -> impl Future<Output = Result<Self::Output, WorkError>> + Send;

    /// The job was given up: it is a dead letter after this. Tell whoever waits for it.
    fn gave_up(
        &self,
        attempt: Attempt<Self::Job>,
        why: &GaveUp,
    ) -> impl Future<Output = ()> + Send {
        let _ = (attempt, why);
        async {}
    }
}

/// The work was not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// It may work later.
    #[error("it may work later")]
    Retry {
        /// Not before this, from now; `None`: as the backoff says.
        after: Option<Duration>,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It will never work.
    #[error("it will never work")]
    GiveUp(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a job is not tried again.
#[derive(Debug)]
pub enum GaveUp {
    /// The processor said so, or its attempts are used up.
    Failed(WorkError),
    /// It took too long every time.
    Late,
    /// It panicked every time.
    Panicked,
}
