//! Commands to aggregates: finds the aggregate's task, or starts it.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use tasks::{Clock, Scope};

use crate::{
    Aggregate, CommandId, DecodeError, EventStore, HandOver, HandOverError, NodeName, Owner,
    Receipt, StoreError, Version,
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
pub struct Dispatch {
    #[allow(dead_code)]
    store: Arc<dyn EventStore>,
}

impl Dispatch {
    /// A dispatch whose tasks run in a scope below `scope`.
    pub fn new(store: Arc<dyn EventStore>, scope: &Scope, config: DispatchConfig) -> Self {
        let _ = (scope, config);
        Self { store }
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
        let _ = (id, command_id, command);
        unimplemented!()
    }

    /// Removes what a person wrote from events of an aggregate, in place, from every file of the
    /// store: each event is replaced by its [`crate::EventPayload::redacted`]. Returns how many were
    /// replaced. The aggregate is made again from the log.
    ///
    /// Read models are not told: an event of the domain (`Deleted`) should do that.
    ///
    /// # Errors
    /// Nothing was replaced. Doing it again is harmless.
    pub async fn redact<A: Aggregate>(
        &self,
        id: &str,
        versions: RangeInclusive<Version>,
    ) -> Result<usize, RedactError> {
        let _ = (id, versions);
        unimplemented!()
    }

    /// Who decides for the aggregate `id`.
    pub fn owner<A: Aggregate>(&self, id: &str) -> Owner {
        let _ = id;
        unimplemented!()
    }

    /// How many aggregates are in memory.
    pub fn residents(&self) -> usize {
        unimplemented!()
    }

    /// Asks the aggregate to take no more commands, finishes those that wait, keeps its snapshot,
    /// and names `successor` as its owner. Later commands are answered `Moved`.
    ///
    /// # Errors
    /// This process still owns it.
    pub async fn hand_over<A: Aggregate>(
        &self,
        id: &str,
        successor: NodeName,
    ) -> Result<HandOver, HandOverError> {
        let _ = (id, successor);
        unimplemented!()
    }

    /// Becomes the owner of an aggregate that was handed over, and uses its state if the log has
    /// nothing newer.
    pub async fn take_over<A: Aggregate>(&self, handed: HandOver) {
        let _ = handed;
        unimplemented!()
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
    Encode(#[source] Arc<crate::EncodeError>),
    /// The aggregate's code panicked on it.
    #[error("the aggregate panicked")]
    Panicked,
    /// Others kept appending first.
    #[error("others kept appending first")]
    Contended,
    /// Everything is stopping.
    #[error("the server is stopping")]
    Stopping,
}

/// Text was not removed.
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
    Encode(#[source] crate::EncodeError),
}
