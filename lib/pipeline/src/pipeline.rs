//! A processor, so many times, on one source.

use std::{sync::Arc, time::Duration};

use tasks::Scope;

use crate::{Attempt, Backoff, BatchConfig, Batcher, Processor, Source, Telemetry};

/// Jobs from a source to a processor, as long as its scope lives. Cheap to clone.
pub struct Pipeline<J>(Arc<std::marker::PhantomData<fn() -> J>>);

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

impl<J> Pipeline<J> {
    /// Starts working. A job is done when it was processed.
    pub fn start<P>(processor: P, source: Arc<dyn Source<J>>, config: Config, scope: &Scope) -> Self
    where
        P: Processor<Job = J, Output = ()>,
    {
        let _ = (processor, source, config, scope);
        todo!()
    }

    /// Starts working. A job is done when the batch of its result was taken.
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
        let _ = (processor, batcher, batches, source, config, scope);
        todo!()
    }

    /// What is in hand.
    pub fn running(&self) -> Vec<Running<J>> {
        todo!()
    }

    /// Asks for nothing more, finishes what is in hand, takes the last batches, and settles it all,
    /// in this order. What is not finished by `deadline` goes back to the source.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        let _ = deadline;
        todo!()
    }
}
