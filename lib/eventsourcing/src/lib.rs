//! Event sourcing: what happened is the truth, and everything else is made from it.
//!
//! An [`Aggregate`] decides what a command leads to. [`Dispatch`] keeps one task per aggregate that
//! is in use, appends what it decided to the [`EventStore`], and answers once that is on disk.
//! [`Projections`] turn the log into read models ([`SqlProjection`] in files that may be deleted,
//! [`MemoryProjection`] in memory) and run what must be done once per event ([`OneOff`]).
//!
//! ```
//! use eventsourcing::{Aggregate, CommandId, Dispatch, DispatchConfig, EventPayload, MemoryStore};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Tab { cents: u64 }
//!
//! #[derive(Clone, Serialize, Deserialize)]
//! enum TabEvent { Ordered { cents: u64 } }
//!
//! #[derive(Clone, Debug, thiserror::Error)]
//! #[error("your tab is full")]
//! struct TabIsFull;
//!
//! impl EventPayload for TabEvent {
//!     fn name(&self) -> &'static str { "Ordered" }
//! }
//!
//! impl Aggregate for Tab {
//!     const KIND: &'static str = "tab";
//!     type Command = u64;
//!     type Event = TabEvent;
//!     type Refusal = TabIsFull;
//!     fn decide(&self, cents: &u64) -> Result<Vec<TabEvent>, TabIsFull> {
//!         if self.cents + cents > 1_000 { return Err(TabIsFull) }
//!         Ok(vec![TabEvent::Ordered { cents: *cents }])
//!     }
//!     fn apply(&mut self, TabEvent::Ordered { cents }: &TabEvent) { self.cents += cents }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = tasks::Scope::root("tea house");
//! let store = std::sync::Arc::new(MemoryStore::new());
//! let dispatch = Dispatch::new(store, &scope, DispatchConfig::default());
//! let order = CommandId::random();
//! let first = dispatch.send::<Tab>("ana", order.clone(), 350).await.expect("room on the tab");
//! let again = dispatch.send::<Tab>("ana", order, 350).await.expect("the same receipt");
//! assert_eq!((first.version, again.version, again.duplicate), (1, 1, true));
//! # scope.stop(std::time::Duration::from_secs(5)).await.expect("nothing hangs");
//! # }
//! ```
//!
//! # Promises
//! - A receipt means that the events are on disk (fsync). Dropping the caller cancels nothing.
//! - A command that is sent again under the same [`CommandId`] gets the first outcome's receipt,
//!   also after a restart. Only refusals and faults are decided again.
//! - A projection's position is in the same transaction as its rows, and it announces after that
//!   transaction. It pulls from the log, so it loses nothing; hints may be lost.
//! - Readers never see a half-built model: a rebuild is made beside, and then takes its place.
//! - Text a person wrote can be made unreadable in place ([`Dispatch::redact`]).
//!
//! # Tasks
//! - `aggregate_task.rs`: one per resident aggregate. Its mailbox is bounded; full is answered
//!   [`DispatchError::Busy`]. What waits is decided in order and appended together. A panic drops the
//!   state, which is then made from the log. Ends when idle, handed over or stopped, with a snapshot.
//! - `projection_task.rs`: one per read model. Pulls from the log, tries again with backoff, raises
//!   an alarm ([`Projections::status`]). Rebuilds and comparisons run in tasks of their own, one at
//!   a time per model.
//! - `one_off_task.rs`: one per handler, and one per piece of work in hand.
//! - `store/sqlite/writer_task.rs`: the thread that writes the log. Its queue is bounded; full makes
//!   the aggregates wait. It outlives every fault and ends with [`EventStore::close`] or the last
//!   handle.
//!
//! Queries run on tokio's blocking threads, as many at a time as there are connections for reading.
//!
//! # Not here
//! What an aggregate is about, users, the wall clock (a [`tasks::Clock`] is passed in), topics and
//! subscribers (a projection's `committed` hook announces where the program wants it), other nodes.
#![warn(missing_docs)]

mod aggregate;
mod event;
mod stream;
mod command;
mod store;
mod snapshot;
mod dispatch;
mod aggregate_task;
mod hand_over;
mod projection;
mod generation;
mod read_model;
mod memory_model;
mod failure;
mod progress;
mod projections;
mod control;
mod projection_task;
mod one_off_task;
mod verify;
pub mod testing;

pub use aggregate::Aggregate;
pub use command::{CommandId, CommandIdError, Receipt};
pub use dispatch::{Dispatch, DispatchConfig, DispatchError, DispatchFault, RedactError};
pub use event::{DecodeError, DecodeFault, EncodeError, EventPayload, NewEvent, Recorded};
pub use hand_over::{HandOver, HandOverError, NodeName, Owner};
pub use memory_model::MemoryModel;
pub use projection::{
    Apply, ApplyError, GaveUp, MemoryProjection, OneOff, OneOffError, SqlProjection, StartAt,
    WorkKey,
};
pub use projections::{
    Projections, ProjectionsConfig, ReadModelHome, RebuildError, StartError, Status, SweepError,
    WaitError,
};
pub use read_model::{ReadError, ReadModel, ReadModelError};
pub use store::{
    Answer, Append, AppendError, Cause, Decided, EventStore, Fault, FaultyStore, LogPage,
    MemoryStore, Redaction, Snapshot, SqliteConfig, SqliteStore, StoreError, StreamPage,
};
pub use stream::{Position, StreamId, Version};
pub use verify::{Difference, LogReport, Verdict, VerifyError, verify_log};

/// The SQL library of the read models, so that a projection uses the same version.
pub use rusqlite;
