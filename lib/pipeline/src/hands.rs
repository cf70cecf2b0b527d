//! What is in hand, and how an attempt at it ends.

use std::{
    collections::BTreeMap,
    error::Error,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tasks::Scope;
use tokio::{sync::mpsc, time::Instant};

use crate::{
    Attempt, Config, GaveUp, Happened, Job, Outcome, Processor, Running, Settled, Taken, WorkError,
    backoff,
};

/// What all workers of a pipeline share.
pub(crate) struct Hands<J> {
    pub config: Config,
    /// Stopped to cut off what is in hand.
    attempts: Scope,
    in_hand: Mutex<BTreeMap<u64, (Attempt<J>, Instant)>>,
    next: AtomicU64,
    cut_off: AtomicUsize,
}

/// A job from when it is taken until it is said what became of it.
pub(crate) struct InHand<J> {
    hands: Arc<Hands<J>>,
    number: u64,
    settled: mpsc::Sender<Settled>,
    pub attempt: Attempt<J>,
    pub began: Instant,
}

/// How work ended.
pub(crate) enum Ended<T> {
    Well(T),
    Badly(GaveUp),
    /// Everything stops.
    CutOff,
}

impl<J: Job> Hands<J> {
    pub(crate) fn new(config: Config, attempts: Scope) -> Self {
        let (next, cut_off) = (AtomicU64::new(0), AtomicUsize::new(0));
        Self { config, attempts, in_hand: Mutex::default(), next, cut_off }
    }

    /// Takes a job into hand.
    pub(crate) fn begin(
        self: &Arc<Self>,
        taken: Taken<J>,
        settled: mpsc::Sender<Settled>,
    ) -> InHand<J> {
        let Taken { id, job, attempt: number, waited } = taken;
        self.tell(|| Happened::Began { id: id.clone(), lane: job.lane(), attempt: number, waited });
        let attempt = Attempt { id, job, number, waited };
        let (number, began) = (self.next.fetch_add(1, Ordering::Relaxed), Instant::now());
        self.lock().insert(number, (attempt.clone(), began));
        InHand { hands: self.clone(), number, settled, attempt, began }
    }

    /// Does `work` in a task of its own, so that a panic is a result, within the time of one attempt.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, WorkError>> + Send + 'static,
    ) -> Ended<T> {
        let work = tokio::time::timeout(self.config.attempt_within, work);
        match self.attempts.spawn_abortable(name, work).join().await {
            Some(Ok(Ok(output))) => Ended::Well(output),
            Some(Ok(Err(error))) => Ended::Badly(GaveUp::Failed(error)),
            Some(Err(_late)) => Ended::Badly(GaveUp::Late),
            None if self.attempts.stopping().is_cancelled() => Ended::CutOff,
            None => Ended::Badly(GaveUp::Panicked),
        }
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> Happened) {
        if let Some(telemetry) = &self.config.telemetry {
            telemetry.happened(&what());
        }
    }

    pub(crate) fn list(&self) -> Vec<Running<J>> {
        let running = |(attempt, began): &(Attempt<J>, Instant)| Running {
            attempt: attempt.clone(),
            since: began.elapsed(),
        };
        self.lock().values().map(running).collect()
    }

    pub(crate) fn cut_off(&self) -> usize {
        self.cut_off.load(Ordering::SeqCst)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (Attempt<J>, Instant)>> {
        self.in_hand.lock().expect("no panic while the list is held")
    }
}

impl<J: Job> InHand<J> {
    /// The job is done.
    pub(crate) async fn done(self) {
        self.settle(Outcome::Done).await;
    }

    /// The job was cut off, and goes back.
    pub(crate) async fn release(self) {
        self.hands.cut_off.fetch_add(1, Ordering::SeqCst);
        self.settle(Outcome::Released).await;
    }

    /// The attempt failed: another one follows, or the job is given up.
    pub(crate) async fn failed<P: Processor<Job = J>>(self, processor: &Arc<P>, gave_up: GaveUp) {
        let (why, took) = (why(&gave_up, self.hands.config.attempt_within), self.began.elapsed());
        let id = self.attempt.id.clone();
        if let Some(after) = again(&self.hands.config, self.attempt.number, &gave_up) {
            self.hands.tell(|| Happened::Retried { id, took, after });
            return self.settle(Outcome::Retry { after, why }).await;
        }
        let (processor, attempt) = (processor.clone(), self.attempt.clone());
        let tell = async move {
            processor.gave_up(attempt, &gave_up).await;
            Ok(())
        };
        match self.hands.run("giving up", tell).await {
            // Whoever waits was not told.
            Ended::CutOff => return self.release().await,
            Ended::Badly(_) => tracing::error!(job.id = %id, "a job's end could not be told"),
            Ended::Well(()) => {}
        }
        tracing::warn!(job.id = %id, attempts = self.attempt.number, why, "a job was given up");
        self.hands.tell(|| Happened::GaveUp { id, took });
        self.settle(Outcome::Dead { why }).await;
    }

    async fn settle(self, outcome: Outcome) {
        let settled = Settled { id: self.attempt.id.clone(), outcome };
        if self.settled.send(settled).await.is_err() {
            tracing::error!(job.id = %self.attempt.id, "what became of a job is lost; it is done again");
        }
    }
}

impl<J> Drop for InHand<J> {
    fn drop(&mut self) {
        if let Ok(mut in_hand) = self.hands.in_hand.lock() {
            in_hand.remove(&self.number);
        }
    }
}

/// When the next attempt is; `None`: there is none.
fn again(config: &Config, attempt: u32, failed: &GaveUp) -> Option<Duration> {
    let least = match failed {
        GaveUp::Failed(WorkError::GiveUp(_)) => return None,
        GaveUp::Failed(WorkError::Retry { after, .. }) => after.unwrap_or_default(),
        GaveUp::Late | GaveUp::Panicked => Duration::ZERO,
    };
    let left = attempt < config.attempts_max.max(1);
    left.then(|| config.backoff.after(attempt, backoff::random()).max(least))
}

fn why(failed: &GaveUp, within: Duration) -> String {
    match failed {
        GaveUp::Failed(WorkError::Retry { source, .. } | WorkError::GiveUp(source)) => {
            chain(&**source)
        }
        GaveUp::Late => format!("it took longer than {within:?}"),
        GaveUp::Panicked => "it panicked".into(),
    }
}

/// An error and everything behind it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text
}
