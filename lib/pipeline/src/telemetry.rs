//! What happens, for whoever measures.

use std::time::Duration;

use crate::{JobId, Lane};

/// Is told what happens. Called from the tasks that work: must not block.
pub trait Telemetry: Send + Sync + 'static {
    /// Something happened.
    fn happened(&self, what: &Happened);
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// An attempt began.
    Began {
        /// Which job.
        id: JobId,
        /// Its lane.
        lane: Lane,
        /// From 1.
        attempt: u32,
        /// How long it was waiting.
        waited: Duration,
    },
    /// An attempt ended well.
    Processed {
        /// Which job.
        id: JobId,
        /// How long it took.
        took: Duration,
    },
    /// An attempt failed and another one follows.
    Retried {
        /// Which job.
        id: JobId,
        /// How long it took.
        took: Duration,
        /// When the next one is, from now.
        after: Duration,
    },
    /// A job was given up.
    GaveUp {
        /// Which job.
        id: JobId,
        /// How long its last attempt took.
        took: Duration,
    },
    /// A batch was taken.
    Batched {
        /// Its key.
        key: String,
        /// How many results it had.
        items: usize,
        /// How long it took.
        took: Duration,
    },
}
