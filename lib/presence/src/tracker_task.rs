//! The task of a presence: ends grace times and tells what changed.
//!
//! It sleeps until somebody changes something, or until the next grace time ends or the next diff
//! may go out; with nobody leaving and nothing to tell it waits for ever. Its queue is the set of
//! keys that changed, each once, so it is never longer than the lists it is about.

use std::sync::{Arc, Weak};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::presence::Shared;

/// Runs until the last handle and the last page of `shared` are gone. `wake` says so, too.
pub(crate) async fn tracker_task<M>(shared: Weak<Shared<M>>, wake: Arc<Notify>) {
    while let Some(next) = turn(&shared) {
        match next {
            Some(next) => tokio::select! {
                () = wake.notified() => {}
                () = sleep_until(next) => {}
            },
            None => wake.notified().await,
        }
    }
}

/// One look at what is due, and when to look again. None when nobody is left to look for; the
/// presence is not held while waiting.
fn turn<M>(shared: &Weak<Shared<M>>) -> Option<Option<Instant>> {
    shared.upgrade().map(|shared| shared.turn())
}
