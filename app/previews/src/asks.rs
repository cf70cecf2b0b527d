//! Who waits on the page that tries links: each gets one final answer, and in time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use pubsub::{Bus as _, LocalBus, Topic};
use tokio::sync::oneshot;

use crate::{Link, Preview, Subscription, known::Known};

/// Links that may be waited for at a time. Full: whoever asks is told to try again.
const ASKS_MAX: usize = 1_000;
/// Changes of one link that a page may be behind; it then asks again.
const BEHIND_MAX: usize = 8;

/// The links that somebody waits for, and where the answers are announced.
pub(crate) struct Asks {
    open: Mutex<HashMap<Link, Option<oneshot::Sender<Known>>>>,
    bus: LocalBus<Preview>,
}

/// What became of asking.
pub(crate) enum Begun {
    /// It is to be fetched; what is known then comes here.
    New(oneshot::Receiver<Known>),
    /// Somebody waits for it already, and what they get is announced to all.
    Waiting,
    /// Too many are waited for.
    Full,
}

impl Asks {
    pub fn new() -> Self {
        Self { open: Mutex::default(), bus: LocalBus::new() }
    }

    pub fn subscribe(&self, link: &Link) -> Subscription {
        self.bus.subscribe(&topic(link), BEHIND_MAX)
    }

    pub fn begin(&self, link: &Link) -> Begun {
        let mut open = self.lock();
        if open.contains_key(link) {
            return Begun::Waiting;
        }
        if open.len() >= ASKS_MAX {
            return Begun::Full;
        }
        let (answer, answered) = oneshot::channel();
        open.insert(link.clone(), Some(answer));
        Begun::New(answered)
    }

    /// Whether anybody waits for `link`.
    pub fn is_open(&self, link: &Link) -> bool {
        self.lock().contains_key(link)
    }

    /// What is known of `link` after it was fetched. If nobody waits any more, nothing happens.
    pub fn answer(&self, link: &Link, known: Known) {
        let answer = self.lock().get_mut(link).and_then(Option::take);
        if let Some(answer) = answer {
            // Whoever waited gave up at this very moment, and has said so to everybody.
            let _ = answer.send(known);
        }
    }

    /// The final answer, for everybody who waits.
    pub fn end(&self, preview: Preview) {
        let mut open = self.lock();
        open.remove(&preview.link);
        // While nobody can begin again: an ask that begins after this is answered after this.
        self.bus.publish(&topic(&preview.link), preview);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Link, Option<oneshot::Sender<Known>>>> {
        self.open.lock().expect("no panic while the asks are held")
    }
}

fn topic(link: &Link) -> Topic<Preview> {
    Topic::new(Arc::<str>::from(link.as_str()))
}
