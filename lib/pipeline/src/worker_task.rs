//! A worker: asks for one job when it is free, does it, says what became of it.

use std::sync::Arc;

use tasks::CancellationToken;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::{
    Happened, Processor, Settled, Source, Taken,
    batcher_task::ToBatcher,
    hands::{Ended, Hands},
};

/// Where results go.
pub(crate) enum Next<J, T> {
    /// Nowhere: the job is done.
    Done,
    /// Into a batch.
    Batch(ToBatcher<J, T>),
}

impl<J, T> Clone for Next<J, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Done => Self::Done,
            Self::Batch(to_batcher) => Self::Batch(to_batcher.clone()),
        }
    }
}

pub(crate) struct WorkerTask<P: Processor> {
    pub hands: Arc<Hands<P::Job>>,
    pub processor: Arc<P>,
    pub source: Arc<dyn Source<P::Job>>,
    pub next: Next<P::Job, P::Output>,
    pub settled: mpsc::Sender<Settled>,
}

impl<P: Processor> WorkerTask<P> {
    /// Ends when it is asked to, or when there are no more jobs.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        loop {
            // A job is only asked for when its result has a place.
            let asked = async {
                let place = self.place().await;
                (place, self.source.take(1).await)
            };
            let (mut place, jobs) = tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                answer = asked => answer,
            };
            if jobs.is_empty() {
                return;
            }
            for taken in jobs {
                self.work(taken, place.take()).await;
            }
        }
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        match &self.next {
            Next::Done => None,
            Next::Batch(to_batcher) => Some(to_batcher.place().await),
        }
    }

    async fn work(&self, taken: Taken<P::Job>, place: Option<OwnedSemaphorePermit>) {
        let hand = self.hands.begin(taken, self.settled.clone());
        let (processor, attempt) = (self.processor.clone(), hand.attempt.clone());
        let key_of = match &self.next {
            Next::Done => None,
            Next::Batch(to_batcher) => Some(to_batcher.key_of()),
        };
        let work = async move {
            let output = processor.process(attempt).await?;
            // Here, because it may panic too.
            let key = key_of.map(|key_of| key_of(&output));
            Ok((key.unwrap_or_default(), output))
        };
        let (key, output) = match self.hands.run("attempt", work).await {
            Ended::Well(made) => made,
            Ended::Badly(why) => return hand.failed(&self.processor, why).await,
            Ended::CutOff => return hand.release().await,
        };
        let (id, took) = (hand.attempt.id.clone(), hand.began.elapsed());
        self.hands.tell(|| Happened::Processed { id, took });
        match &self.next {
            Next::Done => hand.done().await,
            Next::Batch(to_batcher) => to_batcher.pass(key, output, hand, place).await,
        }
    }
}
