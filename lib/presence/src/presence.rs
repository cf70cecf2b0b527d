//! The door: everyone's handle on who is here.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use pubsub::{Bus, LocalBus, Subscription, Topic};
use tasks::{Clock, Scope};
use tokio::{sync::Notify, time::Instant};

use crate::{
    Config, Diff, Entry, Merged, NodeName, Part, Tracked, tracker::Tracker,
    tracker_task::tracker_task,
};

/// Who is here. Cheap to clone; all clones are one presence.
pub struct Presence<M>(Arc<Shared<M>>);

/// What handles, pages and the task share.
pub(crate) struct Shared<M> {
    clock: Clock,
    mailbox_diffs: usize,
    /// Held for lines. No code of `M` runs meanwhile but its drop.
    tracker: Mutex<Tracker<M>>,
    wake: Arc<Notify>,
    /// By the names of the topics of presence.
    by_topic: LocalBus<Diff>,
    /// A bus of its own, so that no name of a topic can be taken for "all".
    everywhere: LocalBus<Diff>,
}

impl<M: Clone + PartialEq + Send + Sync + 'static> Presence<M> {
    /// A node that starts. Its task runs in `scope`; must be called within a tokio runtime.
    ///
    /// Once `scope` has stopped, pages still come and go in the lists, but nobody's grace time ends
    /// and nothing is told.
    pub fn new(config: Config, clock: Clock, scope: &Scope) -> Self {
        let wake = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            clock,
            mailbox_diffs: config.mailbox_diffs,
            tracker: Mutex::new(Tracker::new(&config)),
            wake: wake.clone(),
            by_topic: LocalBus::new(),
            everywhere: LocalBus::new(),
        });
        let task = tracker_task(Arc::downgrade(&shared), wake);
        drop(scope.spawn_abortable("presence tracker", task));
        Self(shared)
    }

    /// Opens a page of `key` on `topic`. It is closed when what this returns is dropped, whatever
    /// the reason.
    ///
    /// The entry is in the list at once. When the key's last page was closed, it stays for the
    /// grace time and is as before if the key is tracked here again meanwhile. Costs the logarithm
    /// of how many are here, and the number of pages of this key.
    pub fn track(&self, topic: &str, key: &str, meta: M) -> Tracked<M> {
        let number = self.0.change(|tracker, now_ms| tracker.state.open(topic, key, meta, now_ms));
        Tracked::new(self.0.clone(), topic, key, number)
    }

    /// As [`Presence::track`], for a key that is known to be here since `since_ms` already, in
    /// milliseconds since the epoch: before this node started, say. A time to come counts as now.
    pub fn track_since(&self, topic: &str, key: &str, meta: M, since_ms: i64) -> Tracked<M> {
        let number = self
            .0
            .change(|tracker, now_ms| tracker.state.open_since(topic, key, meta, since_ms, now_ms));
        Tracked::new(self.0.clone(), topic, key, number)
    }

    /// Everyone on `topic`, one entry per key, in the order of `since_ms` and then of keys.
    pub fn list(&self, topic: &str) -> Vec<Entry<M>> {
        // Metas are copied after the lock is given back.
        let list = self.0.lock().state.roster().list(topic);
        list.into_iter().map(Entry::into_owned).collect()
    }

    /// The entry of one key: with the keys of a [`Diff`], a way to follow a list without reading
    /// the whole of it again.
    pub fn entry(&self, topic: &str, key: &str) -> Option<Entry<M>> {
        let entry = self.0.lock().state.roster().entry(topic, key);
        entry.map(Entry::into_owned)
    }

    /// Whether `key` is on `topic`; also during its grace time.
    pub fn contains(&self, topic: &str, key: &str) -> bool {
        self.0.lock().state.roster().contains(topic, key)
    }

    /// How many keys are on `topic`. Does not depend on how many that are.
    pub fn count(&self, topic: &str) -> usize {
        self.0.lock().state.roster().count(topic)
    }

    /// The topics somebody is on, by name, and how many keys each has.
    pub fn topics(&self) -> Vec<(String, usize)> {
        let tracker = self.0.lock();
        let topics = tracker.state.roster().topics();
        topics.map(|(topic, keys)| (topic.to_owned(), keys)).collect()
    }

    /// When the last key went from `topic`, its grace time included, in milliseconds since the
    /// epoch.
    ///
    /// None while somebody is there, when nobody was since this node started, and when more than
    /// `Config::emptied_topics_max` topics were emptied later.
    pub fn empty_since_ms(&self, topic: &str) -> Option<i64> {
        self.0.lock().state.empty_since_ms(topic)
    }

    /// The changes of `topic` from now on. They are hints: told together and no more often than
    /// `Config::pace` allows, and a reader that is too slow is told to list again.
    pub fn subscribe(&self, topic: &str) -> Subscription<Diff> {
        self.0.by_topic.subscribe(&Topic::new(topic), self.0.mailbox_diffs)
    }

    /// The changes of all topics from now on, each topic in a diff of its own.
    pub fn subscribe_all(&self) -> Subscription<Diff> {
        self.0.everywhere.subscribe(&all_topics(), self.0.mailbox_diffs)
    }

    /// All that this node says of its own pages, to be merged by others.
    pub fn part(&self) -> Part<M> {
        self.0.lock().state.part()
    }

    /// What this node says that it did not say at `version` ([`Part::version`]). Costs what
    /// changed; after more than a thousand removals it is the whole part.
    pub fn part_since(&self, version: u64) -> Part<M> {
        self.0.lock().state.part_since(version)
    }

    /// Takes in what another node says of its pages, in any order and as often as it comes.
    pub fn merge(&self, part: Part<M>) -> Merged {
        self.0.change(|tracker, now_ms| tracker.state.merge(part, now_ms))
    }

    /// Forgets the pages of a node that is gone, at once.
    ///
    /// It is back as soon as a part of it is merged, so whoever says this also stops handing in
    /// what that node said before.
    pub fn node_down(&self, node: &NodeName) {
        self.0.change(|tracker, now_ms| tracker.state.drop_node(node, now_ms));
    }
}

impl<M> Shared<M> {
    /// Changes the state and lets the task look at it.
    pub fn change<T>(&self, change: impl FnOnce(&mut Tracker<M>, i64) -> T) -> T {
        let now_ms = self.clock.now_ms();
        let done = change(&mut self.lock(), now_ms);
        self.wake.notify_one();
        done
    }

    /// Closes a page.
    pub fn close(&self, number: u64) {
        // The time is taken under the lock, so that grace times are queued in order.
        self.change(|tracker, now_ms| tracker.close(number, Instant::now(), now_ms));
    }

    /// What an open page says of itself.
    pub fn meta(&self, number: u64) -> Option<Arc<M>> {
        self.lock().state.meta(number)
    }

    /// Ends what is due, tells what may be told, and says when to look again.
    pub fn turn(&self) -> Option<Instant> {
        let now_ms = self.clock.now_ms();
        let turn = self.lock().turn(Instant::now(), now_ms);
        for diff in turn.diffs {
            self.by_topic.publish(&Topic::new(diff.topic.clone()), diff.clone());
            self.everywhere.publish(&all_topics(), diff);
        }
        turn.next
    }

    fn lock(&self) -> MutexGuard<'_, Tracker<M>> {
        self.tracker.lock().expect("no panic while the tracker is held")
    }
}

fn all_topics() -> Topic<Diff> {
    Topic::new("all")
}

/// The task learns that there is nothing left to look for.
impl<M> Drop for Shared<M> {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl<M> Clone for Presence<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> fmt::Debug for Presence<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topics = self.0.lock().state.roster().topics().count();
        f.debug_struct("Presence").field("topics", &topics).finish()
    }
}
