//! Demand-driven jobs: whoever works asks for work, and is never sent more than it asked for.
//!
//! A [`Queue`] holds jobs, in memory or in the log; a [`Processor`] does one at a time; a
//! [`Pipeline`] joins them, with so many at once, and tells the queue what became of each. Jobs of
//! one lane (a host, say) wait for each other as the [`LaneLimits`] say, and no lane waits for
//! another one. A [`Batcher`] takes results together.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use pipeline::{Attempt, Job, JobId, Pipeline, Processor, Queue, WorkError, testing};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Serialize, Deserialize)]
//! struct Brew { pot: String }
//!
//! impl Job for Brew {
//!     fn lane(&self) -> String { self.pot.clone() }
//! }
//!
//! struct Kettle(tokio::sync::mpsc::Sender<String>);
//!
//! impl Processor for Kettle {
//!     type Job = Brew;
//!     type Output = ();
//!     async fn process(&self, attempt: Attempt<Brew>) -> Result<(), WorkError> {
//!         self.0.send(attempt.job.pot).await.map_err(|gone| WorkError::GiveUp(gone.into()))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = tasks::Scope::root("kitchen");
//! // Of your own: a name, limits, where jobs are kept; and how many work, how often, how long.
//! let queue = Queue::open(testing::queue_config(), &scope).await.expect("memory has room");
//! let (pours, mut poured) = tokio::sync::mpsc::channel(1);
//! let source = Arc::new(queue.clone());
//! let pipeline = Pipeline::start(Kettle(pours), source, testing::config(), &scope);
//! let id = JobId::new("first").expect("a short word");
//! queue.push(id, Brew { pot: "green".into() }).await.expect("there is room");
//! assert_eq!(poured.recv().await.as_deref(), Some("green"));
//! assert_eq!(pipeline.drain(Duration::from_secs(5)).await.cut_off, 0);
//! # scope.stop(Duration::from_secs(5)).await.expect("nothing hangs");
//! # }
//! ```
//!
//! Moving from memory to the log changes [`Keep`] and nothing else. How to test a processor is in
//! [`testing`], with an example that runs.
//!
//! # Who asks whom
//! Demand goes up, jobs go down. Nothing moves that was not asked for, so nothing is ever full
//! between a queue and its workers.
//!
//! ```text
//!   whoever pushes ── push ──▶ Queue: lanes take turns; each has its limits
//!                               ▲  │
//!                       take(1) │  │ at most one job                       settle(what became of jobs)
//!                               │  ▼                                              ▲
//!                             worker × concurrency ── Processor::process ──▶ settle task
//!                               ▲  │                                              ▲
//!                       a place │  │ a result                                     │ for each job
//!                               │  ▼                                              │
//!                             batcher: by key ── full, or waited long enough ──▶ Batcher::batch
//! ```
//!
//! A worker with a batcher behind it first asks that for a place, and only then the queue for a job.
//!
//! # The life of a job
//! ```text
//!              ┌───────────────────── Released: cut off ─────────────────┐
//!              ▼                                                         │
//!   push ──▶ waits for its turn ── taken ──▶ runs ── Done ──▶ known for a while, then forgotten
//!              ▲        ▲                     │ │
//!              │        └── its time ── Retry ┘ └── Dead ──▶ dead letter ──▶ discarded, or too old
//!              └────────────────────────────────────────── retry ──┘
//! ```
//!
//! # Who owns which task
//! ```text
//!   the scope given to Queue::open          the scope given to Pipeline::start
//!   └─ queue's journal, with Keep::Log      ├─ workers:  worker × concurrency
//!                                           ├─ batches:  batcher, batch × BatchConfig::concurrency
//!                                           ├─ attempts: attempt, taking a batch, giving up
//!                                           └─ settling: the settle task
//! ```
//!
//! [`Pipeline::drain`] ends them in this order: workers, once they finished what is in hand; the
//! batcher, once it had its last batches taken; the settle task, once all of it is settled. `attempts`
//! are where the work of others is done, one task each, so that a panic is a result. They are dropped
//! when a drain's deadline comes or the scope stops.
//!
//! # Bounds
//! | what waits | at most | when full |
//! |---|---|---|
//! | jobs that wait or run | [`QueueConfig::jobs_max`] | [`PushError::Full`] |
//! | dead letters | [`QueueConfig::dead_max`] | the oldest goes |
//! | ids of jobs that were done | 10,000 | the oldest is forgotten |
//! | jobs of one lane that run | [`LaneLimits::concurrency`] | its next one waits; other lanes do not |
//! | jobs in hand | [`Config::concurrency`], and what waits for its batch | nothing more is asked for |
//! | results that wait for their batch | [`BatchConfig::items_max`] × ([`BatchConfig::concurrency`] + 1) | workers wait before they ask |
//! | what became of jobs, not yet told | 256, and 256 being told | workers wait |
//! | orders to the journal | 1,024 | who pushes or settles waits |
//! | what happened and cannot be written | 10,000 | the oldest is given up: after a restart those jobs are handed out again |
//! | the reason for a failure | 500 characters | it is cut |
//!
//! # Promises
//! - A job is handed out at least once, and in one process to one worker at a time. With
//!   [`Keep::Log`] that holds over `kill -9`: what was not settled is handed out again, and what
//!   [`Source::settle`] has returned for is not. Between a job's end and its settlement lies one write;
//!   a processor that must not do a thing twice uses the job's id as a key.
//! - Jobs of one lane start in the order they were pushed, those that are tried again before those
//!   that came later. Lanes that may start take turns.
//! - With [`Keep::Log`], the text of a job is unreadable in every file of the log a second or so after
//!   it is settled, and after the queue stopped; if the store fails, as soon as it works again.
//! - A start reads the last 10,000 events of the queue, or about 20,000 and two for each open job if
//!   something is open for that long, however long the queue's history is.
//! - Attempts are counted anew after a restart, and a job that waited for its next one has its turn at
//!   once.
//!
//! # Tasks
//! - `worker_task.rs`: asks for one job when it is free, does it, says what became of it.
//! - `batcher_task.rs`: puts results together; one more task for each batch that is being taken.
//! - `settle_task.rs`: tells the source what became of jobs, all that waits in one call.
//! - `journal_task.rs`: writes pushes and ends into the log, all that waits in one append; makes text
//!   unreadable; keeps where the next start reads from.
//!
//! # Not here
//! Jobs that wait for other jobs, priorities, several processes on one queue, what a job is about.
#![warn(missing_docs)]

mod job;
mod schedule;
mod source;
mod queue;
mod shared;
mod journal;
mod group;
mod processor;
mod batcher;
mod backoff;
mod telemetry;
mod pipeline;
mod hands;
mod worker_task;
mod batcher_task;
mod settle_task;
mod journal_task;
pub mod testing;

pub use backoff::Backoff;
pub use batcher::{BatchConfig, Batcher};
pub use job::{Attempt, Job, JobId, JobIdError};
pub use pipeline::{Config, Drained, Pipeline, Running};
pub use processor::{GaveUp, Processor, WorkError};
pub use queue::{Keep, OpenError, PushError, Pushed, Queue, QueueConfig, StoreFault};
pub use schedule::{DeadLetter, Lane, LaneLimits, Listed, Rate, Waiting};
pub use source::{Outcome, Settled, Source, SourceError, Taken};
pub use telemetry::{Happened, Telemetry};
