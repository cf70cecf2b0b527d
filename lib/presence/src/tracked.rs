//! One open page.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::presence::Shared;

/// One open page of a key on a topic. Dropping it closes the page.
#[must_use = "dropping it is leaving"]
pub struct Tracked<M> {
    shared: Arc<Shared<M>>,
    topic: Arc<str>,
    key: Arc<str>,
    number: u64,
    /// One update after the other, so that none is lost between reading and writing.
    updating: Mutex<()>,
}

impl<M> Tracked<M> {
    pub(crate) fn new(shared: Arc<Shared<M>>, topic: &str, key: &str, number: u64) -> Self {
        let (topic, key) = (topic.into(), key.into());
        Self { shared, topic, key, number, updating: Mutex::new(()) }
    }

    /// Who has the page open.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it is open on.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

impl<M: Clone + PartialEq> Tracked<M> {
    /// Changes what the page says of itself. A change to the same is none, and nobody is told.
    ///
    /// `change` may read the presence, but not update this page.
    pub fn update(&self, change: impl FnOnce(&mut M)) {
        // A change that panicked wrote nothing, so the next one may go on.
        let _one = self.updating.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shared.meta(self.number).expect("a page is there while it is tracked");
        let mut meta = M::clone(&before);
        change(&mut meta);
        if meta != *before {
            self.shared.change(|tracker, now_ms| tracker.state.update(self.number, meta, now_ms));
        }
    }
}

impl<M> Drop for Tracked<M> {
    fn drop(&mut self) {
        self.shared.close(self.number);
    }
}

impl<M> fmt::Debug for Tracked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("topic", &self.topic).field("key", &self.key).finish()
    }
}
