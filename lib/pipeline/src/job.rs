//! Jobs and their names.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What is to be done, as data.
pub trait Job: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// What it shares limits with: the host it goes to, say. Jobs of one lane are taken in the order
    /// they came. A function of the job alone; must not panic.
    fn lane(&self) -> String;
}

/// The name of one job: the same for every attempt, and for whoever pushes it again. 1 to 200
/// visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(Arc<str>);

/// This cannot be a [`JobId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job's id has 1 to 200 visible ASCII characters")]
pub struct JobIdError;

impl JobId {
    /// Takes `text` as a job's name.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters.
    pub fn new(text: &str) -> Result<Self, JobIdError> {
        let fits =
            (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.into())).ok_or(JobIdError)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One attempt at a job, as its processor sees it.
#[derive(Clone, Debug)]
pub struct Attempt<J> {
    /// Which job: an idempotency key for whatever the work is done with.
    pub id: JobId,
    /// What is to be done.
    pub job: J,
    /// From 1. Not kept across restarts.
    pub number: u32,
    /// How long it was waiting.
    pub waited: Duration,
}
