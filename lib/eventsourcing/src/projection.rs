//! What follows the log. Replayable and one-off handlers are different traits: a read model may be
//! made again at any time, a letter must not be sent again.

use std::{fmt, future::Future};

use rusqlite::{Connection, Transaction};

use crate::{DecodeError, Recorded};

/// A read model in SQL: tables of its own, in a file of its own, made from the log alone.
///
/// Its methods take `&self` and run one after the other on a thread that may block. What it keeps
/// in memory beside the tables must be changed in [`SqlProjection::committed`] only, because a
/// transaction may be rolled back and applied again.
pub trait SqlProjection: Send + Sync + 'static {
    /// What is announced after a commit: the row and its number, say. `()` for nothing.
    type Change: Send + 'static;

    /// Its name: one word, unique among projections; its file is called so.
    const NAME: &'static str;

    /// The version of its tables *and of what fills them*. Another one in the file: it is rebuilt.
    const SCHEMA: u32 = 1;

    /// Makes the empty tables.
    ///
    /// # Errors
    /// What SQL says. The model does not start.
    fn create(&self, db: &Connection) -> rusqlite::Result<()>;

    /// Changes the rows for one event, and says what changed. Must depend on the event and the
    /// tables alone. Events that do not concern it are passed over.
    ///
    /// # Errors
    /// Nothing of the batch is stored; it is tried again with backoff, with an alarm after a few
    /// times. Later events wait, because a model that skipped one would be wrong without a sign.
    fn apply(
        &self,
        apply: &mut Apply<'_, Self::Change>,
        event: &Recorded,
    ) -> Result<(), ApplyError>;

    /// Takes what changed, after the transaction that changed it: update what is in memory, announce
    /// to whoever is looking. Must not block. Not called for a rebuild.
    ///
    /// The model may have been stopped between a commit and this call: hints may be lost.
    fn committed(&self, changes: Vec<Self::Change>) {
        drop(changes);
    }

    /// Other rows are read from now on, because the model was rebuilt: forget what is in memory, and
    /// tell readers to read again.
    fn replaced(&self) {}
}

/// The transaction of a batch, and where its changes are collected. Dereferences to the
/// transaction.
pub struct Apply<'a, C> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) changes: Vec<C>,
}

impl<C> Apply<'_, C> {
    /// To be handed to [`SqlProjection::committed`], in order, if the transaction commits.
    pub fn changed(&mut self, change: C) {
        self.changes.push(change);
    }
}

impl<'a, C> std::ops::Deref for Apply<'a, C> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Transaction<'a> {
        self.transaction
    }
}

/// A read model in memory: made from the whole log at every start, so keep it small.
pub trait MemoryProjection: Default + Send + Sync + 'static {
    /// What is announced after a batch was applied. `()` for nothing.
    type Change: Send + 'static;

    /// Its name, unique among projections.
    const NAME: &'static str;

    /// Takes note of one event; what changed goes into `changes`.
    ///
    /// # Errors
    /// The state is dropped and made again from the log, with backoff and an alarm after a few
    /// times; readers keep the last state that was whole.
    fn apply(
        &mut self,
        event: &Recorded,
        changes: &mut Vec<Self::Change>,
    ) -> Result<(), ApplyError>;
}

/// A projection cannot apply an event.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The event cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The tables cannot be changed.
    #[error("its tables could not be changed")]
    Sql(#[from] rusqlite::Error),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// Work that is done once per event and must not be done again for a replay: fetch, notify, mail.
///
/// It survives a crash, and runs *at least* once: after a crash, work that was done but not yet
/// marked done runs again, with the same [`WorkKey`].
pub trait OneOff: Send + Sync + 'static {
    /// Its name, unique among one-off handlers for ever: its position is kept under it.
    const NAME: &'static str;

    /// Where a handler begins that never ran before.
    const START_AT: StartAt = StartAt::Now;

    /// How many events are worked on at a time, at least 1. More than 1: in any order.
    const CONCURRENT_MAX: usize = 1;

    /// Whether the event is work for this handler. Cheap; most are not.
    fn concerns(&self, event: &Recorded) -> bool;

    /// Does the work.
    ///
    /// # Errors
    /// `Retry`: tried again with backoff, up to the configured attempts. `GiveUp`: not again.
    ///
    /// # Cancellation
    /// Dropped when the scope stops; runs again after the next start.
    fn handle(
        &self,
        event: &Recorded,
        key: &WorkKey,
    ) -> impl Future<Output = Result<(), OneOffError>> + Send;

    /// The work was not done and will not be tried again. It is marked done after this, so that
    /// what comes later goes on. Record it where a person will see it.
    fn gave_up(&self, event: &Recorded, why: GaveUp) -> impl Future<Output = ()> + Send {
        let _ = (event, why);
        async {}
    }
}

/// Where a one-off handler begins that has no position yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With what happens from now on.
    Now,
    /// With the first event of the log.
    Beginning,
}

/// The same for every run of a handler for an event: hand it on to what the work is done with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkKey(pub(crate) String);

impl WorkKey {
    /// The key as text: visible ASCII if the stream's name is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One-off work was not done.
#[derive(Debug, thiserror::Error)]
pub enum OneOffError {
    /// It may work later.
    #[error("it may work later")]
    Retry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It will never work.
    #[error("it will never work")]
    GiveUp(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why one-off work is not tried again.
#[derive(Debug)]
pub enum GaveUp {
    /// The handler said so, or its attempts are used up.
    Failed(OneOffError),
    /// It panicked every time.
    Panicked,
}
