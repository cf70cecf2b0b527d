//! Jobs that wait, in memory or in the log.

use std::sync::Arc;

use eventsourcing::{EventStore, StoreError};
use tasks::{Clock, Scope};
use tokio::sync::{mpsc, oneshot};

use crate::{
    DeadLetter, Job, JobId, LaneLimits, Listed, Outcome, Settled, Source, SourceError, Taken,
    group::Order,
    journal::Event,
    journal_task::{JournalTask, ORDERS_MAX},
    schedule::{Arrival, Last, Moment, Schedule},
    shared::Shared,
    source::Answer,
};

/// What is kept of the reason for a failure, in characters.
const WHY_CHARS_MAX: usize = 500;

/// Dropped jobs that are written in one go.
const DROPPED_MAX: usize = 1_000;

/// A bounded queue of jobs, which is a [`Source`]. Cheap to clone; all clones are one queue.
pub struct Queue<J>(Arc<Inner<J>>);

struct Inner<J> {
    shared: Arc<Shared<J>>,
    /// To the task that writes the log; `None`: nothing is kept.
    journal: Option<mpsc::Sender<Order<J>>>,
}

impl<J> Clone for Queue<J> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// How a queue is set up.
#[derive(Clone)]
pub struct QueueConfig {
    /// One word; with [`Keep::Log`], the queue's stream is called so for ever.
    pub name: &'static str,
    /// Where jobs are kept.
    pub keep: Keep,
    /// Jobs that wait or run, at most. Full: [`PushError::Full`].
    pub jobs_max: usize,
    /// Dead letters that are kept; the oldest ones go.
    pub dead_max: usize,
    /// What one lane may take.
    pub lanes: LaneLimits,
    /// What time it is.
    pub clock: Clock,
}

/// Where jobs are kept.
#[derive(Clone)]
pub enum Keep {
    /// Nowhere else: they are gone when the process is.
    Memory,
    /// In this log: a job is there before [`Queue::push`] returns, and what became of it before
    /// [`Source::settle`] does. After a crash, what was not settled is handed out again. The text of
    /// a settled job is made unreadable.
    Log(Arc<dyn EventStore>),
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits now.
    New,
    /// A job of that id waits, runs or was done lately; or it is a dead letter, which
    /// [`Queue::retry`] puts back.
    Known,
}

/// A job was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PushError {
    /// As many jobs wait as may.
    #[error("as many jobs wait as may")]
    Full,
    /// The queue is closing.
    #[error("the queue is closing")]
    Closed,
    /// It could not be kept.
    #[error("the job could not be kept")]
    Store(#[source] StoreFault),
}

/// The log failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the log failed")]
pub struct StoreFault(#[source] pub StoreError);

/// A queue could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log could not be read.
    #[error("the log could not be read")]
    Store(#[source] StoreError),
    /// A job in the log cannot be read: a newer program wrote it, perhaps.
    #[error("a job in the log cannot be read")]
    Job(#[source] eventsourcing::DecodeError),
}

impl<J: Job> Queue<J> {
    /// Opens the queue; with [`Keep::Log`], with what was not settled when it was last closed or
    /// killed. Its tasks run in `scope`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: QueueConfig, scope: &Scope) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::new(&config));
        let journal = match config.keep {
            Keep::Memory => None,
            Keep::Log(store) => {
                let (orders, taken) = mpsc::channel(ORDERS_MAX);
                let task = JournalTask::open(shared.clone(), store, taken).await?;
                scope.spawn("queue's journal", task.run(scope.stopping()));
                Some(orders)
            }
        };
        Ok(Self(Arc::new(Inner { shared, journal })))
    }

    /// Adds a job; when this returns, it is kept. The same id is the same job, however often it is
    /// pushed, while it waits, runs or is a dead letter, and for a while after it was done: with
    /// [`Keep::Memory`] until 10,000 others were, with [`Keep::Log`] at least until 3,000 others were,
    /// also after a restart.
    ///
    /// # Errors
    /// See [`PushError`]: nothing was added; except `Store`, where it is unknown.
    ///
    /// # Cancellation
    /// The job may have been added.
    pub async fn push(&self, id: JobId, job: J) -> Result<Pushed, PushError> {
        match &self.0.journal {
            None => self.push_here(id, job),
            Some(journal) => {
                let (reply, answer) = oneshot::channel();
                ask(journal, Order::Push { id, job, reply }, answer).await
            }
        }
    }

    fn push_here(&self, id: JobId, job: J) -> Result<Pushed, PushError> {
        let shared = &self.0.shared;
        if shared.is_closed() {
            return Err(PushError::Closed);
        }
        shared.change(|schedule, now| {
            if schedule.knows(&id) {
                return Ok(Pushed::Known);
            }
            if schedule.len() >= shared.jobs_max {
                return Err(PushError::Full);
            }
            let number = schedule.next_number();
            schedule.push(Arrival { id, job, number, pushed_at_ms: now.wall_ms }, now);
            Ok(Pushed::New)
        })
    }

    /// Jobs that wait, for their turn or their next attempt, or run: in the order they were pushed.
    pub fn jobs(&self) -> Vec<Listed<J>> {
        self.0.shared.look(Schedule::list)
    }

    /// Jobs that were given up, the latest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter<J>> {
        self.0.shared.look(Schedule::dead_letters)
    }

    /// Puts a dead letter back to the end of its lane, with its attempts counted anew. `false`: there
    /// is no such one.
    ///
    /// # Errors
    /// As [`Queue::push`].
    pub async fn retry(&self, id: &JobId) -> Result<bool, PushError> {
        match &self.0.journal {
            None => self.retry_here(id),
            Some(journal) => {
                let (reply, answer) = oneshot::channel();
                ask(journal, Order::Revive { id: id.clone(), reply }, answer).await
            }
        }
    }

    fn retry_here(&self, id: &JobId) -> Result<bool, PushError> {
        let shared = &self.0.shared;
        if shared.is_closed() {
            return Err(PushError::Closed);
        }
        shared.change(|schedule, now| {
            if !schedule.is_dead(id) {
                return Ok(false);
            }
            if schedule.len() >= shared.jobs_max {
                return Err(PushError::Full);
            }
            let number = schedule.next_number();
            schedule.revive(id, number, now.wall_ms, now);
            Ok(true)
        })
    }

    /// Forgets a job that waits, and dead letters; of one that runs, what it leads to is ignored.
    /// Returns how many there were. `which` sees every job whose push has returned; it is called while
    /// the queue is locked, and must not use it.
    ///
    /// # Errors
    /// It could not be kept: nothing was forgotten, as far as is known. Ask again.
    pub async fn discard(
        &self,
        which: impl Fn(&JobId, &J) -> bool + Send,
    ) -> Result<usize, SourceError> {
        let found = self.0.shared.look(|schedule| schedule.find(which));
        for ids in found.chunks(DROPPED_MAX) {
            let ids = ids.to_vec();
            match &self.0.journal {
                None => self.0.shared.change(|schedule, now| {
                    ids.iter().for_each(|id| schedule.discard(id, now));
                }),
                Some(journal) => {
                    let (reply, answer) = oneshot::channel();
                    journal.send(Order::Drop { ids, reply }).await.map_err(|_| closed())?;
                    answer.await.map_err(|_| closed())??;
                }
            }
        }
        Ok(found.len())
    }

    /// Takes no more pushes, and hands out nothing more. What is in hand can still be settled.
    pub fn close(&self) {
        self.0.shared.close();
    }

    /// Lets what happened come true, and keeps it.
    async fn note(&self, events: Vec<Event<J>>) -> Result<(), SourceError> {
        let Some(journal) = &self.0.journal else {
            self.note_here(events);
            return Ok(());
        };
        let (reply, answer) = oneshot::channel();
        match journal.send(Order::Note { events, reply }).await {
            Ok(()) => answer.await.map_err(|_| closed())?,
            Err(mpsc::error::SendError(order)) => {
                if let Order::Note { events, .. } = order {
                    self.note_here(events);
                }
                Err(closed())
            }
        }
    }

    fn note_here(&self, events: Vec<Event<J>>) {
        self.0.shared.change(|schedule, now| {
            for event in events {
                event.apply(0, schedule, now);
            }
        });
    }

    async fn settle_all(&self, settled: Vec<Settled>) -> Result<(), SourceError> {
        let lasting = self.0.shared.change(|schedule, now| {
            let lasting = settled
                .into_iter()
                .filter_map(|Settled { id, outcome }| settle(schedule, id, outcome, now));
            lasting.collect::<Vec<_>>()
        });
        self.0.shared.settled.notify_waiters();
        if lasting.is_empty() { Ok(()) } else { self.note(lasting).await }
    }
}

/// Lets what need not be kept come true at once; returns what must be.
fn settle<J: Job>(
    schedule: &mut Schedule<J>,
    id: JobId,
    outcome: Outcome,
    now: Moment,
) -> Option<Event<J>> {
    match outcome {
        // It was discarded meanwhile: nobody wants to know.
        _ if !schedule.runs(&id) => schedule.release(&id, now),
        Outcome::Released => schedule.release(&id, now),
        Outcome::Retry { after, why } => schedule.retry(&id, after, shortened(why), now),
        Outcome::Done => return Some(Event::Done { id }),
        Outcome::Dead { why } => {
            let attempts = schedule.attempts(&id);
            let last = Last { why: shortened(why), attempts, at_ms: now.wall_ms };
            return Some(Event::Dead { id, last });
        }
    }
    None
}

fn shortened(why: String) -> String {
    match why.char_indices().nth(WHY_CHARS_MAX) {
        None => why,
        Some((end, _)) => format!("{}…", &why[..end]),
    }
}

fn closed() -> SourceError {
    SourceError(Arc::new(PushError::Closed))
}

async fn ask<J, T>(
    journal: &mpsc::Sender<Order<J>>,
    order: Order<J>,
    answer: oneshot::Receiver<Result<T, PushError>>,
) -> Result<T, PushError> {
    journal.send(order).await.map_err(|_| PushError::Closed)?;
    answer.await.map_err(|_| PushError::Closed)?
}

impl<J: Job> Source<J> for Queue<J> {
    fn take(&self, demand: usize) -> Answer<'_, Vec<Taken<J>>> {
        Box::pin(self.0.shared.take(demand))
    }

    fn settle(&self, settled: Vec<Settled>) -> Answer<'_, Result<(), SourceError>> {
        Box::pin(self.settle_all(settled))
    }
}
