//! The task that puts results together, and those that have batches taken.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tasks::Scope;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::Instant,
};

use crate::{
    BatchConfig, Batcher, GaveUp, Happened, Job, Processor, WorkError,
    hands::{Ended, Hands, InHand},
    shared::wait_until,
};

type KeyOf<T> = Arc<dyn Fn(&T) -> String + Send + Sync>;

/// Where workers put results, each into a place they asked for before they asked for the job.
pub(crate) struct ToBatcher<J, T> {
    places: Arc<Semaphore>,
    items: mpsc::Sender<Item<J, T>>,
    key_of: KeyOf<T>,
}

/// A result that waits for its batch. Its place is free again when the batch was taken.
pub(crate) struct Item<J, T> {
    key: String,
    output: T,
    hand: InHand<J>,
    place: Option<OwnedSemaphorePermit>,
}

impl<J, T> Clone for ToBatcher<J, T> {
    fn clone(&self) -> Self {
        let Self { places, items, key_of } = self;
        Self { places: places.clone(), items: items.clone(), key_of: key_of.clone() }
    }
}

impl<J: Job, T: Send + 'static> ToBatcher<J, T> {
    /// Places for as many batches as are taken at a time, and one that is being filled.
    pub(crate) fn new<B: Batcher<Item = T>>(
        batcher: Arc<B>,
        config: BatchConfig,
    ) -> (Self, mpsc::Receiver<Item<J, T>>) {
        let places = config.items_max.max(1) * (config.concurrency.max(1) + 1);
        let (items, taken) = mpsc::channel(places);
        let key_of: KeyOf<T> = Arc::new(move |item| batcher.key(item));
        (Self { places: Arc::new(Semaphore::new(places)), items, key_of }, taken)
    }

    pub(crate) async fn place(&self) -> OwnedSemaphorePermit {
        self.places.clone().acquire_owned().await.expect("it is never closed")
    }

    pub(crate) fn key_of(&self) -> KeyOf<T> {
        self.key_of.clone()
    }

    pub(crate) async fn pass(
        &self,
        key: String,
        output: T,
        hand: InHand<J>,
        place: Option<OwnedSemaphorePermit>,
    ) {
        let item = Item { key, output, hand, place };
        if let Err(mpsc::error::SendError(item)) = self.items.send(item).await {
            item.hand.release().await;
        }
    }
}

/// Results of one key, in the order they came.
struct Batch<J, T> {
    key: String,
    items: Vec<Item<J, T>>,
    due: Instant,
}

pub(crate) struct BatcherTask<P: Processor, B> {
    pub hands: Arc<Hands<P::Job>>,
    /// Where batches are taken.
    pub scope: Scope,
    pub processor: Arc<P>,
    pub batcher: Arc<B>,
    pub config: BatchConfig,
}

impl<P: Processor, B: Batcher<Item = P::Output>> BatcherTask<P, B> {
    /// Ends when no worker is left, and everything was taken.
    pub(crate) async fn run(self, mut items: mpsc::Receiver<Item<P::Job, P::Output>>) {
        let slots = Arc::new(Semaphore::new(self.config.concurrency.max(1)));
        let mut filling: HashMap<String, Batch<P::Job, P::Output>> = HashMap::new();
        let mut due = VecDeque::new();
        let mut open = true;
        while open || !due.is_empty() {
            let next_due = filling.values().map(|batch| batch.due).min();
            tokio::select! {
                slot = slots.clone().acquire_owned(), if !due.is_empty() => {
                    let slot = slot.expect("it is never closed");
                    let batch = due.pop_front().expect("just looked");
                    self.begin(batch, slot);
                }
                item = items.recv(), if open => match item {
                    Some(item) => due.extend(self.add(&mut filling, item)),
                    None => {
                        open = false;
                        due.extend(filling.drain().map(|(_, batch)| batch));
                    }
                },
                () = wait_until(next_due) => due.extend(ripe(&mut filling)),
            }
        }
    }

    /// Puts an item into its batch; returns the batch when it is full.
    fn add(
        &self,
        filling: &mut HashMap<String, Batch<P::Job, P::Output>>,
        item: Item<P::Job, P::Output>,
    ) -> Option<Batch<P::Job, P::Output>> {
        let key = item.key.clone();
        let batch = filling.entry(key.clone()).or_insert_with(|| {
            let due = Instant::now() + self.config.wait_max;
            Batch { key: key.clone(), items: Vec::new(), due }
        });
        batch.items.push(item);
        let full = batch.items.len() >= self.config.items_max.max(1);
        full.then(|| filling.remove(&key)).flatten()
    }

    /// Has a batch taken, in a task of its own.
    fn begin(&self, batch: Batch<P::Job, P::Output>, slot: OwnedSemaphorePermit) {
        let (hands, processor) = (self.hands.clone(), self.processor.clone());
        let batcher = self.batcher.clone();
        self.scope.spawn("batch", async move {
            take(batch, batcher, hands, processor).await;
            drop(slot);
        });
    }
}

/// The batches that waited long enough.
fn ripe<J, T>(filling: &mut HashMap<String, Batch<J, T>>) -> Vec<Batch<J, T>> {
    let now = Instant::now();
    filling.extract_if(|_, batch| batch.due <= now).map(|(_, batch)| batch).collect()
}

/// Has a batch taken, and says what became of each of its jobs.
async fn take<P: Processor, B: Batcher<Item = P::Output>>(
    batch: Batch<P::Job, P::Output>,
    batcher: Arc<B>,
    hands: Arc<Hands<P::Job>>,
    processor: Arc<P>,
) {
    let began = Instant::now();
    let Batch { key, items, .. } = batch;
    let (mut outputs, mut waiting) = (Vec::new(), Vec::new());
    for Item { output, hand, place, .. } in items {
        outputs.push(output);
        waiting.push((hand, place));
    }
    let taken_key = key.clone();
    let work = async move { Ok(batcher.batch(&taken_key, outputs).await) };
    let answers = hands.run("taking a batch", work).await;
    hands.tell(|| Happened::Batched { key, items: waiting.len(), took: began.elapsed() });
    let mut answers = match answers {
        Ended::Well(answers) => Each::Own(answers.into_iter()),
        Ended::Badly(GaveUp::Panicked) => Each::Panicked,
        Ended::Badly(_) => Each::Late,
        Ended::CutOff => Each::CutOff,
    };
    for (hand, place) in waiting {
        match answers.next() {
            Ended::Well(()) => hand.done().await,
            Ended::Badly(why) => hand.failed(&processor, why).await,
            Ended::CutOff => hand.release().await,
        }
        drop(place);
    }
}

/// How a batch ended for its items, one after the other.
enum Each {
    Own(std::vec::IntoIter<Result<(), WorkError>>),
    Late,
    Panicked,
    CutOff,
}

/// The batcher gave fewer answers than it got results.
#[derive(Debug, thiserror::Error)]
#[error("the batcher did not answer for it")]
struct Unanswered;

impl Each {
    fn next(&mut self) -> Ended<()> {
        match self {
            Self::Own(answers) => match answers.next() {
                Some(Ok(())) => Ended::Well(()),
                Some(Err(error)) => Ended::Badly(GaveUp::Failed(error)),
                None => {
                    let error = WorkError::Retry { after: None, source: Unanswered.into() };
                    Ended::Badly(GaveUp::Failed(error))
                }
            },
            Self::Late => Ended::Badly(GaveUp::Late),
            Self::Panicked => Ended::Badly(GaveUp::Panicked),
            Self::CutOff => Ended::CutOff,
        }
    }
}
