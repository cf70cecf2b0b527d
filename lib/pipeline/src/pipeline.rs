//! A processor, so many times, on one source.

use std::{sync::Arc, time::Duration};

use tasks::Scope;
use tokio::sync::mpsc;

use crate::{
    Attempt, Backoff, BatchConfig, Batcher, Job, Processor, Settled, Source, Telemetry,
    batcher_task::{BatcherTask, ToBatcher},
    hands::Hands,
    settle_task::{self, SETTLED_MAX},
    worker_task::{Next, WorkerTask},
};

/// How long what is cut off may take to notice, and what became of jobs to be kept.
const GRACE: Duration = Duration::from_secs(5);
/// Longer than anything is waited for.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Jobs from a source to a processor, as long as its scope lives. Cheap to clone.
pub struct Pipeline<J>(Arc<Inner<J>>);

/// The scopes are in the order in which a drain waits for them. Stopping `workers` makes them ask for
/// nothing more; stopping `attempts` cuts off what is in hand.
struct Inner<J> {
    hands: Arc<Hands<J>>,
    workers: Scope,
    batches: Scope,
    attempts: Scope,
    settling: Scope,
}

impl<J> Clone for Pipeline<J> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// How a pipeline works.
#[derive(Clone)]
pub struct Config {
    /// Jobs that are worked on at a time.
    pub concurrency: usize,
    /// Attempts per job, at least 1.
    pub attempts_max: u32,
    /// How long between them.
    pub backoff: Backoff,
    /// How long one attempt may take.
    pub attempt_within: Duration,
    /// Who is told what happens.
    pub telemetry: Option<Arc<dyn Telemetry>>,
}

/// A job in hand.
#[derive(Clone, Debug)]
pub struct Running<J> {
    /// The attempt.
    pub attempt: Attempt<J>,
    /// For how long.
    pub since: Duration,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Jobs that were still in hand when the deadline came: they go back to their source.
    pub cut_off: usize,
}

impl<J: Job> Pipeline<J> {
    /// Starts working. A job is done when it was processed.
    pub fn start<P>(processor: P, source: Arc<dyn Source<J>>, config: Config, scope: &Scope) -> Self
    where
        P: Processor<Job = J, Output = ()>,
    {
        let (pipeline, settled) = Self::around(&source, config, scope);
        pipeline.hire(Arc::new(processor), source, &Next::Done, settled);
        pipeline
    }

    /// Starts working. A job is done when the batch of its result was taken. One whose result was not
    /// taken is processed again.
    pub fn start_batched<P, B>(
        processor: P,
        batcher: B,
        batches: BatchConfig,
        source: Arc<dyn Source<J>>,
        config: Config,
        scope: &Scope,
    ) -> Self
    where
        P: Processor<Job = J>,
        B: Batcher<Item = P::Output>,
    {
        let (pipeline, settled) = Self::around(&source, config, scope);
        let (processor, batcher) = (Arc::new(processor), Arc::new(batcher));
        let (to_batcher, items) = ToBatcher::new(batcher.clone(), batches);
        let task = BatcherTask {
            hands: pipeline.0.hands.clone(),
            scope: pipeline.0.batches.clone(),
            processor: processor.clone(),
            batcher,
            config: batches,
        };
        pipeline.0.batches.spawn("batcher", task.run(items));
        pipeline.hire(processor, source, &Next::Batch(to_batcher), settled);
        pipeline
    }

    /// Everything but the workers; and where they say what became of jobs.
    fn around(
        source: &Arc<dyn Source<J>>,
        config: Config,
        scope: &Scope,
    ) -> (Self, mpsc::Sender<Settled>) {
        // No scope in between: one without tasks of its own is forgotten with its last handle, and
        // with it those below.
        let attempts = scope.child("attempts");
        let inner = Inner {
            hands: Arc::new(Hands::new(config, attempts.clone())),
            workers: scope.child("workers"),
            batches: scope.child("batches"),
            attempts,
            settling: scope.child("settling"),
        };
        let (settled, taken) = mpsc::channel(SETTLED_MAX);
        inner.settling.spawn("settling", settle_task::run(source.clone(), taken));
        (Self(Arc::new(inner)), settled)
    }

    fn hire<P: Processor<Job = J>>(
        &self,
        processor: Arc<P>,
        source: Arc<dyn Source<J>>,
        next: &Next<J, P::Output>,
        settled: mpsc::Sender<Settled>,
    ) {
        for _ in 0..self.0.hands.config.concurrency.max(1) {
            let task = WorkerTask {
                hands: self.0.hands.clone(),
                processor: processor.clone(),
                source: source.clone(),
                next: next.clone(),
                settled: settled.clone(),
            };
            self.0.workers.spawn("worker", task.run(self.0.workers.stopping()));
        }
    }

    /// What is in hand: being processed, or processed and waiting for its batch.
    pub fn running(&self) -> Vec<Running<J>> {
        self.0.hands.list()
    }

    /// Asks for nothing more, finishes what is in hand, takes the last batches, and settles it all,
    /// in this order. What is not finished by `deadline` goes back to the source; that, and settling,
    /// may take some seconds more.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        let Inner { hands, workers, batches, attempts, settling } = &*self.0;
        let finished = async {
            let _ = workers.stop(FAR).await;
            let _ = batches.stop(FAR).await;
        };
        tokio::pin!(finished);
        if tokio::time::timeout(deadline, &mut finished).await.is_err() {
            let cut = async {
                let _ = attempts.stop(GRACE).await;
                finished.await;
            };
            if tokio::time::timeout(GRACE, cut).await.is_err() {
                tracing::error!("some work does not let itself be cut off");
            }
        }
        if let Err(error) = settling.stop(GRACE).await {
            tracing::error!(error = %error, "what became of jobs is not kept");
        }
        Drained { cut_off: hands.cut_off() }
    }
}
