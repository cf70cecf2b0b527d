//! What the handles of a queue and its journal share.

use std::sync::{Mutex, MutexGuard};

use tasks::Clock;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Job, QueueConfig, Taken,
    schedule::{Moment, Schedule},
};

/// The schedule, under a lock that is held for lines, and those who wait for it.
pub(crate) struct Shared<J> {
    pub name: &'static str,
    pub jobs_max: usize,
    clock: Clock,
    opened: Instant,
    state: Mutex<State<J>>,
    /// Whoever waits for a job looks again.
    changed: Notify,
    /// Something that ran does not any more.
    pub settled: Notify,
}

struct State<J> {
    schedule: Schedule<J>,
    closed: bool,
}

impl<J: Job> Shared<J> {
    pub(crate) fn new(config: &QueueConfig) -> Self {
        let schedule = Schedule::new(config.lanes, config.dead_max);
        Self {
            name: config.name,
            jobs_max: config.jobs_max,
            clock: config.clock.clone(),
            opened: Instant::now(),
            state: Mutex::new(State { schedule, closed: false }),
            changed: Notify::new(),
            settled: Notify::new(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment { at: self.opened.elapsed(), wall_ms: self.clock.now_ms() }
    }

    /// Changes the schedule, and lets one of those who wait look: it may have its job now, or must
    /// wake at another time.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Schedule<J>, Moment) -> T) -> T {
        let changed = change(&mut self.lock().schedule, self.now());
        self.changed.notify_one();
        changed
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Schedule<J>) -> T) -> T {
        look(&self.lock().schedule)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    /// At least one job; none: it is closed.
    ///
    /// # Cancellation
    /// A job is taken in the moment this returns, so none is lost.
    pub(crate) async fn take(&self, demand: usize) -> Vec<Taken<J>> {
        let mut waits = Waits { changed: &self.changed, passes_on: true };
        loop {
            let changed = self.changed.notified();
            let next_at = {
                let mut state = self.lock();
                if state.closed {
                    return Vec::new();
                }
                let taken = state.schedule.take(demand.max(1), self.now());
                if !taken.is_empty() {
                    let more = state.schedule.is_ready() || state.schedule.next_at().is_some();
                    waits.passes_on = more;
                    return taken;
                }
                state.schedule.next_at()
            };
            let next_at = next_at.and_then(|at| self.opened.checked_add(at));
            tokio::select! {
                () = changed => {}
                () = wait_until(next_at) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().expect("no panic while the schedule is held")
    }
}

pub(crate) async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Whoever stops waiting, with a job or without, lets the next one look: it may be the only one that
/// would have woken in time.
struct Waits<'a> {
    changed: &'a Notify,
    passes_on: bool,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if self.passes_on {
            self.changed.notify_one();
        }
    }
}
