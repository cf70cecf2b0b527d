//! Pipelines in tests: push a job, await what became of it.
//!
//! With tokio's clock paused (`#[tokio::test(start_paused = true)]`) nothing waits for real: time
//! jumps to whatever comes next, so a retry after an hour is there at once, and in order. With
//! [`Keep::Log`] on a real file use the real clock and short waits: the paused one runs ahead while
//! a file is written.
//!
//! ```
//! use pipeline::{Attempt, Job, Outcome, Processor, WorkError, testing::Harness};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Serialize, Deserialize)]
//! struct Brew { pot: String }
//!
//! impl Job for Brew {
//!     fn lane(&self) -> String { self.pot.clone() }
//! }
//!
//! struct Kettle;
//!
//! impl Processor for Kettle {
//!     type Job = Brew;
//!     type Output = ();
//!     async fn process(&self, attempt: Attempt<Brew>) -> Result<(), WorkError> {
//!         match attempt.number {
//!             1 => Err(WorkError::Retry { after: None, source: "still cold".into() }),
//!             _ => Ok(()),
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let kitchen = Harness::start(Kettle).await;
//! kitchen.push("first", Brew { pot: "green".into() }).await;
//! assert_eq!(kitchen.outcome("first").await, Outcome::Done);
//! let all = kitchen.outcomes("first", 2).await;
//! assert!(matches!(&all[0], Outcome::Retry { why, .. } if why == "still cold"));
//! assert_eq!(kitchen.stop().await.cut_off, 0);
//! # }
//! ```

use std::{sync::Arc, time::Duration};

use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{
    Backoff, BatchConfig, Batcher, Config, Drained, Job, JobId, Keep, LaneLimits, Outcome,
    Pipeline, Processor, Pushed, Queue, QueueConfig, Settled, Source, SourceError, Taken,
    source::Answer,
};

/// What a test waits for happens within this time, or never.
const WITHIN: Duration = Duration::from_secs(60);

/// A queue, a pipeline on it, and everything that became of jobs.
pub struct Harness<J> {
    /// The queue.
    pub queue: Queue<J>,
    /// The pipeline.
    pub pipeline: Pipeline<J>,
    clock: Clock,
    scope: Scope,
    settled: watch::Receiver<Vec<Settled>>,
}

/// A queue in memory for a test, with room for 1,000 jobs, a lane for each job at a time, and a clock
/// that stands still.
pub fn queue_config() -> QueueConfig {
    QueueConfig {
        name: "test",
        keep: Keep::Memory,
        jobs_max: 1_000,
        dead_max: 100,
        lanes: LaneLimits { concurrency: 1, rate: None },
        clock: Clock::manual(0),
    }
}

/// Four workers, three attempts, a moment between them, and ten seconds for each.
pub fn config() -> Config {
    let backoff = Backoff {
        least: Duration::from_millis(1),
        first: Duration::from_millis(2),
        longest: Duration::from_millis(5),
    };
    let attempt_within = Duration::from_secs(10);
    Config { concurrency: 4, attempts_max: 3, backoff, attempt_within, telemetry: None }
}

impl<J: Job> Harness<J> {
    /// `processor` on [`queue_config`] with [`config`].
    pub async fn start<P: Processor<Job = J, Output = ()>>(processor: P) -> Self {
        Self::with(processor, queue_config(), config()).await
    }

    /// `processor` on a queue like that.
    ///
    /// # Panics
    /// The queue cannot be opened.
    pub async fn with<P>(processor: P, queue: QueueConfig, config: Config) -> Self
    where
        P: Processor<Job = J, Output = ()>,
    {
        let start = |source: Arc<dyn Source<J>>, scope: &Scope| {
            Pipeline::start(processor, source, config, scope)
        };
        Self::open(queue, start).await
    }

    /// `processor` and `batcher` on a queue like that.
    ///
    /// # Panics
    /// The queue cannot be opened.
    pub async fn batched<P, B>(
        processor: P,
        batcher: B,
        batches: BatchConfig,
        queue: QueueConfig,
        config: Config,
    ) -> Self
    where
        P: Processor<Job = J>,
        B: Batcher<Item = P::Output>,
    {
        let start = |source: Arc<dyn Source<J>>, scope: &Scope| {
            Pipeline::start_batched(processor, batcher, batches, source, config, scope)
        };
        Self::open(queue, start).await
    }

    async fn open(
        config: QueueConfig,
        start: impl FnOnce(Arc<dyn Source<J>>, &Scope) -> Pipeline<J>,
    ) -> Self {
        let (scope, clock) = (Scope::root("harness"), config.clock.clone());
        let queue = Queue::open(config, &scope).await.expect("the queue opens");
        let (tell, settled) = watch::channel(Vec::new());
        let observed = Observed { queue: queue.clone(), tell };
        let pipeline = start(Arc::new(observed), &scope);
        Self { queue, pipeline, clock, scope, settled }
    }

    /// Pushes a job.
    ///
    /// # Panics
    /// It was not taken.
    pub async fn push(&self, id: &str, job: J) -> Pushed {
        let id = JobId::new(id).expect("a valid id");
        self.queue.push(id, job).await.expect("the job is taken")
    }

    /// Waits until job `id` is done or was given up, and says which; of the last time, if it was
    /// pushed more than once.
    ///
    /// # Panics
    /// That does not happen within a minute.
    pub async fn outcome(&self, id: &str) -> Outcome {
        let last = |settled: &Vec<Settled>| {
            let last = settled.iter().rev().find(|settled| settled.id.as_str() == id);
            last.is_some_and(|last| matches!(last.outcome, Outcome::Done | Outcome::Dead { .. }))
        };
        self.wait(last).await;
        self.of(id).pop().expect("just seen")
    }

    /// Waits until `count` attempts at job `id` have ended, and says how each did.
    ///
    /// # Panics
    /// That does not happen within a minute.
    pub async fn outcomes(&self, id: &str, count: usize) -> Vec<Outcome> {
        self.wait(|settled| settled.iter().filter(|one| one.id.as_str() == id).count() >= count)
            .await;
        self.of(id)
    }

    /// Everything that became of jobs so far, in order.
    pub fn settled(&self) -> Vec<Settled> {
        self.settled.borrow().clone()
    }

    /// Lets time pass, for real unless tokio's clock is paused; a manual clock of the queue goes with
    /// it.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance_ms(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        tokio::time::sleep(time).await;
    }

    /// Drains the pipeline and stops everything.
    ///
    /// # Panics
    /// Something would not stop.
    pub async fn stop(self) -> Drained {
        let drained = self.pipeline.drain(WITHIN).await;
        self.scope.stop(WITHIN).await.expect("everything stops");
        drained
    }

    fn of(&self, id: &str) -> Vec<Outcome> {
        let settled = self.settled.borrow();
        let own = settled.iter().filter(|settled| settled.id.as_str() == id);
        own.map(|settled| settled.outcome.clone()).collect()
    }

    async fn wait(&self, reached: impl Fn(&Vec<Settled>) -> bool) {
        let mut settled = self.settled.clone();
        let waited = tokio::time::timeout(WITHIN, settled.wait_for(reached)).await;
        assert!(matches!(waited, Ok(Ok(_))), "it does not come; so far: {:?}", self.settled());
    }
}

/// A queue, watched.
struct Observed<J> {
    queue: Queue<J>,
    tell: watch::Sender<Vec<Settled>>,
}

impl<J: Job> Source<J> for Observed<J> {
    fn take(&self, demand: usize) -> Answer<'_, Vec<Taken<J>>> {
        self.queue.take(demand)
    }

    fn settle(&self, settled: Vec<Settled>) -> Answer<'_, Result<(), SourceError>> {
        Box::pin(async move {
            let answer = self.queue.settle(settled.clone()).await;
            self.tell.send_modify(|all| all.extend(settled));
            answer
        })
    }
}
