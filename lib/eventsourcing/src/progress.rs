//! How far a projection or handler is, and how it is doing.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::watch;

use crate::{Position, ProjectionsConfig, Status, failure::Failure};

pub(crate) struct Progress {
    name: &'static str,
    alarm_after: u32,
    position: watch::Sender<Position>,
    failures: Mutex<(u32, Option<String>)>,
}

impl Progress {
    pub(crate) fn new(name: &'static str, position: Position, config: &ProjectionsConfig) -> Self {
        let alarm_after = config.alarm_after.max(1);
        let position = watch::Sender::new(position);
        Self { name, alarm_after, position, failures: Mutex::default() }
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    pub(crate) fn reached(&self, position: Position) {
        self.position.send_if_modified(|known| std::mem::replace(known, position) != position);
    }

    pub(crate) fn worked(&self) {
        let mut failures = self.lock();
        if failures.0 >= self.alarm_after {
            tracing::info!(projection = self.name, "a projection works again");
        }
        *failures = (0, None);
    }

    /// Returns how often it has failed in a row.
    pub(crate) fn failed(&self, failure: Failure) -> u32 {
        let mut failures = self.lock();
        failures.0 += 1;
        let (projection, error) = (self.name, failure.what.as_str());
        if failures.0 == self.alarm_after {
            tracing::error!(projection, error, "a projection keeps failing; what it shows is old");
        } else if failures.0 == 1 {
            tracing::warn!(projection, error, "a projection failed and is tried again");
        }
        failures.1 = Some(failure.what);
        failures.0
    }

    pub(crate) fn status(&self) -> Status {
        let failures = self.lock();
        Status {
            name: self.name,
            position: *self.position.borrow(),
            failures: failures.0,
            alarm: failures.0 >= self.alarm_after,
            failure: failures.1.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u32, Option<String>)> {
        self.failures.lock().expect("no panic while failures are held")
    }
}

/// How long to wait after so many failures in a row: doubles, up to a limit.
pub(crate) fn backoff(config: &ProjectionsConfig, failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    config.backoff.saturating_mul(doubled).min(config.backoff_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let config = ProjectionsConfig::default();
        let waits: Vec<_> =
            [1, 2, 3, 100].map(|failures| backoff(&config, failures).as_millis()).into();
        assert_eq!(waits, [100, 200, 400, 30_000]);
    }
}
