//! How much time is left.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::{FetchError, Limits};

/// The time one request and its answer may take, from when this was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    end: Instant,
    connect: Duration,
    step: Duration,
}

impl Pace {
    pub fn from_now(limits: &Limits) -> Self {
        let end = Instant::now() + limits.total;
        Self { end, connect: limits.connect, step: limits.step }
    }

    /// When connecting must be done if it begins now.
    pub fn connected_by(self) -> Instant {
        self.end.min(Instant::now() + self.connect)
    }

    /// Waits for the next sign of life of `host`.
    ///
    /// # Errors
    /// `Late`.
    pub async fn step<T>(self, host: &str, next: impl Future<Output = T>) -> Result<T, FetchError> {
        by(self.end.min(Instant::now() + self.step), host, next).await
    }
}

/// What `wanted` is, if `host` gives it in time.
///
/// # Errors
/// `Late`.
pub(crate) async fn by<T>(
    end: Instant,
    host: &str,
    wanted: impl Future<Output = T>,
) -> Result<T, FetchError> {
    timeout_at(end, wanted).await.map_err(|_| FetchError::Late { host: host.to_owned() })
}
