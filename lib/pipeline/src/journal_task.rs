//! The task that writes what happens in a durable queue into the log: whatever waits, in one append.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use eventsourcing::{
    Append, AppendError, CommandId, Decided, DecodeError, EventStore, NewEvent, Position,
    StoreError, StreamId, Version,
};
use tasks::CancellationToken;
use tokio::{sync::mpsc, time::Instant};

use crate::{
    Backoff, Job, OpenError, backoff,
    group::{Group, Order, Waiting},
    journal::{Event, Ledger},
    schedule::Schedule,
    shared::{Shared, wait_until},
};

/// Orders that may wait; the next ones wait for a place.
pub(crate) const ORDERS_MAX: usize = 1_024;
/// Orders that are written in one append.
const GROUP_MAX: usize = 256;
/// What happened and could not be written yet, in events. The oldest are given up for it: their jobs
/// are handed out again after a restart.
const OWED_MAX: usize = 10_000;
/// Events that are made unreadable in one go, and at once when there are so many.
const SPENT_MAX: usize = 256;
/// How long events wait for others to be made unreadable with.
const SPENT_WITHIN: Duration = Duration::from_secs(1);
/// How long a stopping queue waits for what is in hand to be settled.
const LINGER: Duration = Duration::from_secs(1);
/// How often the stream is read again because somebody else wrote into it, per append.
const CATCH_UPS_MAX: usize = 3;
/// Events that are read in one go.
const PAGE: usize = 1_000;

const AGAIN: Backoff = Backoff {
    least: Duration::from_millis(50),
    first: Duration::from_millis(100),
    longest: Duration::from_secs(10),
};

pub(crate) struct JournalTask<J> {
    shared: Arc<Shared<J>>,
    store: Arc<dyn EventStore>,
    stream: StreamId,
    checkpoint: String,
    kept_checkpoint: Version,
    ledger: Ledger,
    orders: mpsc::Receiver<Order<J>>,
    /// What happened and could not be written.
    owed: VecDeque<Event<J>>,
    /// An append failed, and may have failed after it stored everything.
    in_doubt: bool,
    failures: u32,
    /// When what is left is looked after; `None`: nothing is.
    due: Option<Instant>,
}

impl<J: Job> JournalTask<J> {
    /// Reads what is open.
    pub(crate) async fn open(
        shared: Arc<Shared<J>>,
        store: Arc<dyn EventStore>,
        orders: mpsc::Receiver<Order<J>>,
    ) -> Result<Self, OpenError> {
        let stream = StreamId::new("queue", shared.name);
        let checkpoint = format!("queue-{}", shared.name);
        let kept = store.load_checkpoint(&checkpoint).await.map_err(OpenError::Store)?;
        // A place in one stream is one number, which a position has room for.
        let kept_checkpoint = kept.unwrap_or(Position::START).serial;
        let mut task = Self {
            shared,
            store,
            stream,
            checkpoint,
            kept_checkpoint,
            ledger: Ledger::after(kept_checkpoint),
            orders,
            owed: VecDeque::new(),
            in_doubt: false,
            failures: 0,
            due: None,
        };
        task.catch_up().await.map_err(|error| match error {
            Unread::Store(error) => OpenError::Store(error),
            Unread::Job(error) => OpenError::Job(error),
        })?;
        task.plan();
        Ok(task)
    }

    /// Ends when nobody has the queue any more, or it was told to stop and nothing is in hand; with
    /// everything written that can be.
    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        let (shared, mut orders, mut until) = (self.shared.clone(), Vec::new(), None);
        loop {
            let settled = shared.settled.notified();
            if let Some(until) = until
                && (Instant::now() >= until || !shared.look(Schedule::is_running))
            {
                self.orders.close();
            }
            tokio::select! {
                biased;
                received = self.orders.recv_many(&mut orders, GROUP_MAX) => {
                    if received == 0 {
                        break;
                    }
                    self.carry_out(&mut orders).await;
                }
                () = wait_until(self.due) => {}
                () = stopping.cancelled(), if until.is_none() => {
                    shared.close();
                    until = Some(Instant::now() + LINGER);
                }
                () = settled, if until.is_some() => {}
                () = wait_until(until) => {}
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.look_after().await;
            }
        }
        self.look_after().await;
    }

    /// Writes and answers all of `orders`.
    async fn carry_out(&mut self, orders: &mut Vec<Order<J>>) {
        if let Err(error) = self.resolve_doubt().await {
            // What is asked depends on what is there.
            tracing::debug!(
                queue = self.shared.name,
                "nothing is written while it is unknown what is there"
            );
            let Group { facts, waiting, .. } = Group::undecided(orders.drain(..));
            return self.fail(facts, waiting, &error);
        }
        let (jobs_max, closed) = (self.shared.jobs_max, self.shared.is_closed());
        let now_ms = self.shared.now().wall_ms;
        let orders = orders.drain(..);
        let group =
            self.shared.look(|schedule| Group::decide(orders, schedule, jobs_max, closed, now_ms));
        self.write(group).await;
    }

    async fn write(&mut self, group: Group<J>) {
        let Group { facts, wishes, waiting, .. } = group;
        // First what is carried: it is open as far as is written, and may end with what follows.
        let (carried, owed) = (self.carried(), self.owed.len());
        let events: Vec<_> =
            carried.iter().chain(&self.owed).chain(&facts).chain(&wishes).cloned().collect();
        if events.is_empty() {
            return;
        }
        match self.append(&events).await {
            Ok(first) => {
                self.owed.drain(..owed);
                self.failures = 0;
                self.note(first, events);
                waiting.into_iter().for_each(Waiting::written);
            }
            Err(error) => self.fail(facts, waiting, &error),
        }
        self.plan();
    }

    /// Open jobs that are far back, to be written anew.
    fn carried(&self) -> Vec<Event<J>> {
        let ids = self.ledger.to_carry();
        self.shared.look(|schedule| {
            ids.iter().filter_map(|id| schedule.describe(id)).map(Event::carried).collect()
        })
    }

    /// Nothing is known to be written: wishes fail, and facts are owed.
    fn fail(&mut self, facts: Vec<Event<J>>, waiting: Vec<Waiting>, error: &StoreError) {
        if self.failures == 0 {
            tracing::error!(queue = self.shared.name, error = ?error, "a queue cannot be written");
        }
        self.failures = self.failures.saturating_add(1);
        let ledger = &mut self.ledger;
        self.shared.change(|schedule, now| {
            for event in &facts {
                for gone in event.clone().apply(0, schedule, now) {
                    ledger.close(&gone);
                }
            }
        });
        self.shared.settled.notify_waiters();
        self.owed.extend(facts);
        if let Some(over) = self.owed.len().checked_sub(OWED_MAX).filter(|over| *over > 0) {
            tracing::error!(queue = self.shared.name, events = over, "jobs will be done again");
            self.owed.drain(..over);
        }
        waiting.into_iter().for_each(|waiting| waiting.failed(error));
        self.plan();
    }

    /// Appends `events`, and returns the version of the first one.
    async fn append(&mut self, events: &[Event<J>]) -> Result<Version, StoreError> {
        let encoded = events.iter().map(NewEvent::encode).collect::<Result<Vec<_>, _>>();
        let events = encoded.map_err(|error| unavailable("a job is no JSON", error))?;
        let command = CommandId::random();
        for _ in 0..CATCH_UPS_MAX {
            let decided = Decided { command: command.clone(), events: events.clone() };
            let append = Append {
                stream: self.stream.clone(),
                expected: self.ledger.version(),
                recorded_ms: self.shared.now().wall_ms,
                commands: vec![decided],
            };
            match self.store.append(append).await {
                Ok(receipts) => return Ok(receipts[0].after + 1),
                Err(AppendError::Duplicate { receipt, .. }) => return Ok(receipt.after + 1),
                Err(AppendError::WrongVersion { .. }) => self.catch_up().await?,
                Err(AppendError::Store(error)) => {
                    let found = self.store.find_command(&self.stream, &command).await;
                    if let Ok(Some(receipt)) = found {
                        return Ok(receipt.after + 1);
                    }
                    self.in_doubt = true;
                    return Err(error);
                }
            }
        }
        let what = format!("somebody else writes into {}", self.stream);
        Err(StoreError::Unavailable { what, source: None })
    }

    /// Lets what was written come true.
    fn note(&mut self, first: Version, events: Vec<Event<J>>) {
        let ledger = &mut self.ledger;
        self.shared.change(|schedule, now| {
            for (version, event) in (first..).zip(events) {
                ledger.note(version, &event);
                for gone in event.apply(version, schedule, now) {
                    ledger.close(&gone);
                }
            }
        });
        self.shared.settled.notify_waiters();
    }

    async fn resolve_doubt(&mut self) -> Result<(), StoreError> {
        if self.in_doubt {
            self.catch_up().await?;
            self.in_doubt = false;
        }
        Ok(())
    }

    /// Reads what is behind the last version that is known.
    async fn catch_up(&mut self) -> Result<(), Unread> {
        loop {
            let after = self.ledger.version();
            let page = self.store.read_stream(&self.stream, after, PAGE).await;
            let page = page.map_err(Unread::Store)?;
            let events = page.events.iter().map(|recorded| recorded.decode::<Event<J>>());
            let events = events.collect::<Result<Vec<_>, _>>().map_err(Unread::Job)?;
            if events.is_empty() {
                return Ok(());
            }
            self.note(after + 1, events);
        }
    }

    /// Does what waits for a quiet moment.
    async fn look_after(&mut self) {
        self.due = None;
        if let Err(error) = self.resolve_doubt().await {
            return self.fail(Vec::new(), Vec::new(), &error);
        }
        self.write(Group::default()).await;
        if self.owed.is_empty() && self.clear().await {
            self.failures = 0;
        }
        self.plan();
    }

    /// Makes text that is no longer needed unreadable, and keeps where the next start reads from.
    /// Returns whether that worked.
    async fn clear(&mut self) -> bool {
        let cleared = self.redact().await;
        let kept = match cleared {
            Ok(()) => self.keep_checkpoint().await,
            Err(error) => Err(error),
        };
        kept.inspect_err(|error| self.fail(Vec::new(), Vec::new(), error)).is_ok()
    }

    async fn redact(&mut self) -> Result<(), StoreError> {
        loop {
            let redactions = self.ledger.redactions(SPENT_MAX);
            if redactions.is_empty() {
                return Ok(());
            }
            self.store.redact(&self.stream, redactions.clone()).await?;
            self.ledger.redacted(&redactions);
        }
    }

    async fn keep_checkpoint(&mut self) -> Result<(), StoreError> {
        let checkpoint = self.ledger.checkpoint();
        if checkpoint > self.kept_checkpoint {
            let position = Position::serial(checkpoint);
            self.store.save_checkpoint(&self.checkpoint, position).await?;
            self.kept_checkpoint = checkpoint;
        }
        Ok(())
    }

    /// Decides when to look after things.
    fn plan(&mut self) {
        let wait = match (self.failures, self.owed.len(), self.ledger.spent()) {
            (0, 0, 0) => return self.due = None,
            (0, 0, spent) if spent < SPENT_MAX => SPENT_WITHIN,
            (0, 0, _) => Duration::ZERO,
            (failures, ..) => AGAIN.after(failures, backoff::random()),
        };
        let at = Instant::now() + wait;
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

fn unavailable(what: &str, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable { what: what.to_owned(), source: Some(Arc::new(source)) }
}

/// The stream could not be read.
enum Unread {
    Store(StoreError),
    Job(DecodeError),
}

impl From<Unread> for StoreError {
    fn from(error: Unread) -> Self {
        match error {
            Unread::Store(error) => error,
            Unread::Job(error) => unavailable("an event of a queue cannot be read", error),
        }
    }
}
