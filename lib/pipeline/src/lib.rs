//! Demand-driven jobs: whoever works asks for work, and is never sent more than it asked for.
//!
//! A [`Queue`] holds jobs, in memory or in the log; a [`Processor`] does one at a time; a
//! [`Pipeline`] joins them, with so many at once, and tells the queue what became of each. Jobs of
//! one lane (a host, say) wait for each other as the [`LaneLimits`] say, and no lane waits for
//! another one.
#![warn(missing_docs)]

mod job;
mod schedule;
mod source;
mod queue;
mod shared;
mod journal;
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
