//! Commands to aggregates: finds the aggregate's task, or starts it.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tasks::{Clock, Scope};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Aggregate, CommandId, DecodeError, EncodeError, EventStore, HandOver, HandOverError, NodeName,
    Owner, Receipt, StoreError, StreamId, Version,
    aggregate_task::{AggregateTask, Message, Pending},
};

/// How aggregates are kept.
#[derive(Clone, Debug)]
pub struct DispatchConfig {
    /// Commands that may wait for one aggregate, in commands. More are answered `Busy`.
    pub mailbox_max: usize,
    /// Commands that are decided and appended together when they wait for one aggregate, in
    /// commands.
    pub batch_max: usize,
    /// How long an aggregate without commands stays in memory.
    pub idle: Duration,
    /// A snapshot is made after this many events, and when the aggregate leaves memory.
    pub snapshot_every: u64,
    /// Newest commands whose receipts an aggregate has in memory, in commands. Older ones are found
    /// in the store.
    pub recent_max: usize,
    /// How often a command is decided again because somebody else appended first, in times.
    pub attempts_max: u32,
    /// When events say they were recorded.
    pub clock: Clock,
}

impl Default for DispatchConfig {
    fn default() -> Self {
        Self {
            mailbox_max: 256,
            batch_max: 64,
            idle: Duration::from_secs(300),
            snapshot_every: 500,
            recent_max: 64,
            attempts_max: 8,
            clock: Clock::system(),
        }
    }
}

/// The way to all aggregates. Cheap to clone; all clones are one dispatch.
#[derive(Clone)]
pub struct Dispatch(Arc<Inner>);

/// What the tasks share with the dispatch.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) config: DispatchConfig,
    pub(crate) scope: Scope,
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    residents: HashMap<StreamId, Resident>,
    moved: HashMap<StreamId, NodeName>,
    last_number: u64,
}

struct Resident {
    /// Tells a task from the one that took its place.
    number: u64,
    /// An `mpsc::Sender<Message<A>>` of the aggregate's type.
    mailbox: Box<dyn Any + Send>,
}

/// Why a message did not reach a task.
enum Unsent {
    Busy,
    Moved(NodeName),
    Stopping,
}

impl Dispatch {
    /// A dispatch whose tasks run in a scope below `scope`.
    pub fn new(store: Arc<dyn EventStore>, scope: &Scope, config: DispatchConfig) -> Self {
        let scope = scope.child("aggregates");
        Self(Arc::new(Inner { store, config, scope, registry: Mutex::default() }))
    }

    /// Sends `command` to the aggregate `id` and waits until what it led to is on disk.
    ///
    /// # Errors
    /// `Refused`: the aggregate said no. `Busy`: too much waits for it; try again in a moment.
    /// `Moved`: another node owns it. `Fault`: the world failed, and the command may be sent again
    /// under the same id.
    ///
    /// # Cancellation
    /// Dropping the future does not cancel the command: it is decided and stored all the same.
    pub async fn send<A: Aggregate>(
        &self,
        id: &str,
        command_id: CommandId,
        command: A::Command,
    ) -> Result<Receipt, DispatchError<A::Refusal>> {
        let stream = StreamId::new(A::KIND, id);
        let (reply, answer) = oneshot::channel();
        let pending = Pending { id: command_id, command, reply };
        self.0.enqueue::<A>(&stream, Message::Command(pending)).map_err(|unsent| match unsent {
            Unsent::Busy => DispatchError::Busy,
            Unsent::Moved(to) => DispatchError::Moved(to),
            Unsent::Stopping => DispatchError::Fault(DispatchFault::Stopping),
        })?;
        answer.await.unwrap_or_else(|_| Err(DispatchError::Fault(self.0.ended())))
    }

    /// Removes what a person wrote from events of an aggregate, in place, from every file of the
    /// store: each event is replaced by its [`crate::EventPayload::redacted`]. Returns how many were
    /// replaced. The aggregate is made again from the log.
    ///
    /// Read models are not told: an event of the domain (`Deleted`) should do that.
    ///
    /// # Errors
    /// It may not have been done, or not from every file. Doing it again is harmless.
    pub async fn redact<A: Aggregate>(
        &self,
        id: &str,
        versions: RangeInclusive<Version>,
    ) -> Result<usize, RedactError> {
        let stream = StreamId::new(A::KIND, id);
        let (reply, answer) = oneshot::channel();
        let message = Message::Redact { versions, reply };
        self.0.enqueue::<A>(&stream, message).map_err(|unsent| match unsent {
            Unsent::Busy => RedactError::Busy,
            Unsent::Moved(to) => RedactError::Moved(to),
            Unsent::Stopping => RedactError::Ended,
        })?;
        answer.await.unwrap_or(Err(RedactError::Ended))
    }

    /// Who decides for the aggregate `id`.
    pub fn owner<A: Aggregate>(&self, id: &str) -> Owner {
        let moved = self.0.lock().moved.get(&StreamId::new(A::KIND, id)).cloned();
        moved.map_or(Owner::Here, Owner::Node)
    }

    /// How many aggregates are in memory.
    pub fn residents(&self) -> usize {
        self.0.lock().residents.len()
    }

    /// Asks the aggregate to take no more commands, finishes those that wait, keeps its snapshot,
    /// and names `successor` as its owner. Later commands are answered `Moved`.
    ///
    /// # Errors
    /// This process still owns it.
    ///
    /// # Cancellation
    /// This process still owns it, unless it had been handed over by then: ask
    /// [`Dispatch::owner`].
    pub async fn hand_over<A: Aggregate>(
        &self,
        id: &str,
        successor: NodeName,
    ) -> Result<HandOver, HandOverError> {
        let stream = StreamId::new(A::KIND, id);
        let (reply, answer) = oneshot::channel();
        let message = Message::HandOver { successor, reply };
        self.0.enqueue::<A>(&stream, message).map_err(|unsent| match unsent {
            Unsent::Busy => HandOverError::Busy,
            Unsent::Moved(to) => HandOverError::Moved(to),
            Unsent::Stopping => HandOverError::Ended,
        })?;
        answer.await.unwrap_or(Err(HandOverError::Ended))
    }

    /// Becomes the owner of an aggregate that was handed over, and starts from its state. What the
    /// log has beyond it is added; a state that does not fit the log is ignored.
    ///
    /// # Panics
    /// When the hand-over is of another kind of aggregate.
    pub fn take_over<A: Aggregate>(&self, handed: HandOver) {
        let stream = handed.snapshot.stream.clone();
        assert_eq!(stream.kind(), A::KIND, "a hand-over of another kind");
        let mut registry = self.0.lock();
        registry.moved.remove(&stream);
        if !registry.residents.contains_key(&stream) && !self.0.is_stopping() {
            self.0.start::<A>(&mut registry, stream, Some(handed));
        }
    }
}

impl Inner {
    /// Puts the message into the mailbox of the aggregate's task, which it starts if need be. Under
    /// the lock, so that a task that leaves cannot miss it.
    fn enqueue<A: Aggregate>(
        self: &Arc<Self>,
        stream: &StreamId,
        message: Message<A>,
    ) -> Result<(), Unsent> {
        let mut registry = self.lock();
        let mailbox = self.resident::<A>(&mut registry, stream)?;
        match mailbox.try_send(message) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Unsent::Busy),
            // It drains because everything stops, or it panicked: a new one does the rest.
            Err(mpsc::error::TrySendError::Closed(message)) => {
                let mailbox = self.start::<A>(&mut registry, stream.clone(), None);
                mailbox.try_send(message).map_err(|_| Unsent::Busy)
            }
        }
    }

    fn resident<A: Aggregate>(
        self: &Arc<Self>,
        registry: &mut Registry,
        stream: &StreamId,
    ) -> Result<mpsc::Sender<Message<A>>, Unsent> {
        if self.is_stopping() {
            return Err(Unsent::Stopping);
        }
        if let Some(to) = registry.moved.get(stream) {
            return Err(Unsent::Moved(to.clone()));
        }
        if let Some(resident) = registry.residents.get(stream) {
            let mailbox = resident.mailbox.downcast_ref::<mpsc::Sender<Message<A>>>();
            return Ok(mailbox.expect("a kind belongs to one type").clone());
        }
        Ok(self.start::<A>(registry, stream.clone(), None))
    }

    fn start<A: Aggregate>(
        self: &Arc<Self>,
        registry: &mut Registry,
        stream: StreamId,
        handed: Option<HandOver>,
    ) -> mpsc::Sender<Message<A>> {
        let (sender, mailbox) = mpsc::channel(self.config.mailbox_max.max(1));
        registry.last_number += 1;
        let number = registry.last_number;
        let resident = Resident { number, mailbox: Box::new(sender.clone()) };
        registry.residents.insert(stream.clone(), resident);
        let task = AggregateTask::<A>::new(self.clone(), stream, number, mailbox, handed);
        self.scope.spawn("aggregate", task.run());
        sender
    }

    /// Forgets the task `number` if nothing waits in `mailbox`. False: something came in.
    pub(crate) fn retire<T>(
        &self,
        stream: &StreamId,
        number: u64,
        mailbox: &mpsc::Receiver<T>,
    ) -> bool {
        let mut registry = self.lock();
        if !mailbox.is_empty() {
            return false;
        }
        if registry.residents.get(stream).is_some_and(|resident| resident.number == number) {
            registry.residents.remove(stream);
        }
        true
    }

    /// Answers later commands `Moved`.
    pub(crate) fn moved(&self, stream: &StreamId, to: NodeName) {
        self.lock().moved.insert(stream.clone(), to);
    }

    /// Takes that back.
    pub(crate) fn not_moved(&self, stream: &StreamId) {
        self.lock().moved.remove(stream);
    }

    fn is_stopping(&self) -> bool {
        self.scope.stopping().is_cancelled()
    }

    /// Why a task went without an answer.
    fn ended(&self) -> DispatchFault {
        if self.is_stopping() { DispatchFault::Stopping } else { DispatchFault::Panicked }
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().expect("no panic while the registry is held")
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("residents", &self.residents()).finish_non_exhaustive()
    }
}

/// A command led to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DispatchError<R: std::error::Error + 'static> {
    /// The aggregate said no; a person may read why.
    #[error(transparent)]
    Refused(R),
    /// Too many commands wait for this aggregate.
    #[error("too much is going on here at the moment; try again")]
    Busy,
    /// Another node owns it.
    #[error("it belongs to {0}")]
    Moved(NodeName),
    /// The world failed.
    #[error("the command could not be carried out")]
    Fault(#[source] DispatchFault),
}

/// What failed while a command was carried out. It may be sent again under the same id.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DispatchFault {
    /// The store failed. Whether the command was stored is known after it was sent again.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// The aggregate's own events cannot be read.
    #[error("the aggregate's history cannot be read")]
    History(#[source] Arc<DecodeError>),
    /// An event cannot be written as JSON.
    #[error("what was decided cannot be stored")]
    Encode(#[source] Arc<EncodeError>),
    /// The aggregate's code panicked on it; nothing was stored.
    #[error("the aggregate panicked")]
    Panicked,
    /// Others kept appending first.
    #[error("others kept appending first")]
    Contended,
    /// Everything is stopping.
    #[error("the server is stopping")]
    Stopping,
}

/// Text was not removed, or not from every file.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// An event cannot be read.
    #[error("the aggregate's history cannot be read")]
    History(#[source] DecodeError),
    /// An event cannot be written as JSON.
    #[error("a redacted event cannot be stored")]
    Encode(#[source] EncodeError),
    /// Too many commands wait for this aggregate.
    #[error("too much waits for it")]
    Busy,
    /// Another node owns it.
    #[error("it belongs to {0}")]
    Moved(NodeName),
    /// Its task ended before it was done, because everything is stopping.
    #[error("its task ended before it was done")]
    Ended,
}
