//! The task that tells the source what became of jobs: whatever waits, in one call, so that workers
//! need not wait for the log.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{Job, Settled, Source};

/// What became of jobs and is not yet told, in jobs; workers wait for a place. As many are told in
/// one call.
pub(crate) const SETTLED_MAX: usize = 256;

/// Ends when nobody has anything in hand.
pub(crate) async fn run<J: Job>(source: Arc<dyn Source<J>>, mut settled: mpsc::Receiver<Settled>) {
    let mut waiting = Vec::new();
    while settled.recv_many(&mut waiting, SETTLED_MAX).await > 0 {
        let jobs = waiting.len();
        if let Err(error) = source.settle(std::mem::take(&mut waiting)).await {
            tracing::warn!(error = ?error, jobs, "what became of jobs is not kept yet");
        }
    }
}
