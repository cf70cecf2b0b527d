//! Which job is next: pure.

use std::time::Duration;

use crate::JobId;

/// What jobs share limits with.
pub type Lane = String;

/// What one lane may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// Jobs of one lane that run at a time.
    pub concurrency: usize,
    /// How often a job of one lane may start; `None`: as often as they end.
    pub rate: Option<Rate>,
}

/// So many at once, and one more every so often (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may start at once.
    pub burst: u32,
    /// How long until one more may.
    pub every: Duration,
}

/// A job as it is listed.
#[derive(Clone, Debug)]
pub struct Listed<J> {
    /// Which job.
    pub id: JobId,
    /// What is to be done.
    pub job: J,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it was pushed, in milliseconds since the Unix epoch.
    pub pushed_at_ms: i64,
    /// What it waits for.
    pub waiting: Waiting,
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its turn.
    Turn,
    /// Its next attempt.
    Retry {
        /// When that is, in milliseconds since the Unix epoch.
        at_ms: i64,
        /// What went wrong last.
        why: String,
    },
    /// Nothing: it is being worked on.
    Running,
}

/// A job that was given up, until somebody retries or discards it.
#[derive(Clone, Debug)]
pub struct DeadLetter<J> {
    /// Which job.
    pub id: JobId,
    /// What was to be done.
    pub job: J,
    /// Why it was given up.
    pub why: String,
    /// Attempts that were made.
    pub attempts: u32,
    /// When it was given up, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}
