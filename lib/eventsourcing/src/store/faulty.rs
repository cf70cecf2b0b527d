//! A store that fails when it is told to, around any other.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Answer, Append, AppendError, EventStore, LogPage, Redaction, Snapshot, StoreError, StreamPage,
};
use crate::{CommandId, Position, Receipt, StreamId, Version};

/// What goes wrong with one append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is stored, and the answer is a fault.
    BeforeStoring,
    /// Everything is stored, but the answer is a fault: the answer was lost.
    AfterStoring,
    /// It takes this long, and then works.
    Delay(Duration),
    /// Nothing is stored; the answer is that somebody else was first.
    WrongVersion,
}

/// Passes everything on to `S`, except for the faults it was given. For tests.
#[derive(Debug)]
pub struct FaultyStore<S> {
    store: S,
    appends: Mutex<VecDeque<Fault>>,
    unavailable: AtomicBool,
    keeps_text: AtomicBool,
}

impl<S: EventStore> FaultyStore<S> {
    /// `store`, without faults so far.
    pub fn new(store: S) -> Arc<Self> {
        let (unavailable, keeps_text) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { store, appends: Mutex::default(), unavailable, keeps_text })
    }

    /// Lets the next append that has no fault yet meet `fault`. Call it again for the one after.
    pub fn next_append(&self, fault: Fault) {
        self.appends.lock().expect("no panic while faults are held").push_back(fault);
    }

    /// Answers everything with `Unavailable`, until told otherwise.
    pub fn set_unavailable(&self, unavailable: bool) {
        self.unavailable.store(unavailable, Ordering::SeqCst);
    }

    /// Answers every redaction with `Unavailable`, until told otherwise.
    pub fn set_keeps_text(&self, keeps_text: bool) {
        self.keeps_text.store(keeps_text, Ordering::SeqCst);
    }

    /// The store behind the faults.
    pub fn inner(&self) -> &S {
        &self.store
    }

    fn available(&self) -> Result<&S, StoreError> {
        if self.unavailable.load(Ordering::SeqCst) { Err(injected()) } else { Ok(&self.store) }
    }

    async fn append_faulty(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        let store = self.available().map_err(AppendError::Store)?;
        let fault = self.appends.lock().expect("no panic while faults are held").pop_front();
        match fault {
            None => store.append(append).await,
            Some(Fault::BeforeStoring) => Err(AppendError::Store(injected())),
            Some(Fault::AfterStoring) => {
                store.append(append).await?;
                Err(AppendError::Store(injected()))
            }
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                store.append(append).await
            }
            Some(Fault::WrongVersion) => {
                let Append { stream, expected, .. } = append;
                Err(AppendError::WrongVersion { stream, expected, actual: expected + 1 })
            }
        }
    }
}

fn injected() -> StoreError {
    StoreError::Unavailable { what: "a fault was injected".into(), source: None }
}

impl<S: EventStore> EventStore for FaultyStore<S> {
    fn append(&self, append: Append) -> Answer<'_, Result<Vec<Receipt>, AppendError>> {
        Box::pin(self.append_faulty(append))
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        after: Version,
        max: usize,
    ) -> Answer<'a, Result<StreamPage, StoreError>> {
        Box::pin(async move { self.available()?.read_stream(stream, after, max).await })
    }

    fn read_all(&self, after: Position, max: usize) -> Answer<'_, Result<LogPage, StoreError>> {
        Box::pin(async move { self.available()?.read_all(after, max).await })
    }

    fn find_command<'a>(
        &'a self,
        stream: &'a StreamId,
        command: &'a CommandId,
    ) -> Answer<'a, Result<Option<Receipt>, StoreError>> {
        Box::pin(async move { self.available()?.find_command(stream, command).await })
    }

    fn head(&self) -> Answer<'_, Result<Position, StoreError>> {
        Box::pin(async move { self.available()?.head().await })
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.store.watch()
    }

    fn log_id(&self) -> &str {
        self.store.log_id()
    }

    fn load_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
    ) -> Answer<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move { self.available()?.load_snapshot(stream).await })
    }

    fn save_snapshot(&self, snapshot: Snapshot) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(async move { self.available()?.save_snapshot(snapshot).await })
    }

    fn redact<'a>(
        &'a self,
        stream: &'a StreamId,
        redactions: Vec<Redaction>,
    ) -> Answer<'a, Result<usize, StoreError>> {
        Box::pin(async move {
            if self.keeps_text.load(Ordering::SeqCst) {
                return Err(injected());
            }
            self.available()?.redact(stream, redactions).await
        })
    }

    fn load_checkpoint<'a>(
        &'a self,
        name: &'a str,
    ) -> Answer<'a, Result<Option<Position>, StoreError>> {
        Box::pin(async move { self.available()?.load_checkpoint(name).await })
    }

    fn save_checkpoint<'a>(
        &'a self,
        name: &'a str,
        position: Position,
    ) -> Answer<'a, Result<(), StoreError>> {
        Box::pin(async move { self.available()?.save_checkpoint(name, position).await })
    }

    fn close(&self) -> Answer<'_, Result<(), StoreError>> {
        self.store.close()
    }
}
