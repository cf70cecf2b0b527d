//! What takes the results of many jobs at once.

use std::{future::Future, time::Duration};

use crate::WorkError;

/// Takes results of a [`Processor`](crate::Processor) together: a job is done when its batch is.
pub trait Batcher: Send + Sync + 'static {
    /// What the processor makes.
    type Item: Send + 'static;

    /// Results of one key go together.
    fn key(&self, item: &Self::Item) -> String;

    /// Takes the results, in the order they were made; answers for each.
    fn batch(
        &self,
        key: &str,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Vec<Result<(), WorkError>>> + Send;
}

/// When a batch is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchConfig {
    /// As soon as there are so many.
    pub items_max: usize,
    /// Or the first one waited so long.
    pub wait_max: Duration,
    /// Batches at a time.
    pub concurrency: usize,
}
