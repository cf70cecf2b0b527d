//! Feeds: one source of frames, any number of connections that get the same bytes.
//!
//! The owner of what a topic shows holds the [`Publisher`]; channels that joined the topic hold
//! the [`Feed`]. A joining channel is subscribed first and takes its snapshot after, so the
//! snapshot covers every frame it did not get; frames that the snapshot covers are skipped by
//! their sequence. The same happens when a slow connection's backlog is given up.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
};

use crate::{
    frame::{Json, SharedFrame},
    outbox::{Generation, Outbox},
};

/// What a snapshot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotFor {
    /// The response of a join reply, such as `{"rendered": tree, "liveview_version": …}`.
    Join,
    /// The payload of a `diff` that replaces whatever the browser has (`liveview-protocol.md`
    /// §7.9).
    Resync,
}

/// All that a topic shows, as of one frame.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The last frame that the payload includes; 0 before the first.
    pub sequence: u64,
    /// The response or payload, by its [`SnapshotFor`].
    pub payload: Json,
}

/// Gives snapshots of what a topic shows.
pub trait SnapshotSource: Send + Sync + 'static {
    /// The present state: at least as new as every frame published before the call, so the owner
    /// changes the state first and publishes then. Called by socket tasks, at most once per frame
    /// and purpose; it should take well under a millisecond and never wait.
    fn snapshot(&self, purpose: SnapshotFor) -> Snapshot;
}

impl<F: Fn(SnapshotFor) -> Snapshot + Send + Sync + 'static> SnapshotSource for F {
    fn snapshot(&self, purpose: SnapshotFor) -> Snapshot {
        self(purpose)
    }
}

/// The receiving end of a feed: a channel that joins with it gets a snapshot as its join reply and
/// every later frame. Cheap to clone.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

/// The sending end of a feed, held by the one that owns what the topic shows. Dropping it ends the
/// feed: whoever joined gets `phx_error`, and so joins again.
pub struct Publisher {
    feed: Feed,
    wakers: Vec<Waker>,
}

struct Inner {
    topic: Arc<str>,
    source: Box<dyn SnapshotSource>,
    published: AtomicU64,
    subscribers: Mutex<Subscribers>,
    snapshots: Mutex<Snapshots>,
}

/// Places keep their index, so that a publisher may let go of the lock half way.
#[derive(Default)]
struct Subscribers {
    places: Vec<Option<Subscriber>>,
    free: Vec<u32>,
    ended: bool,
}

struct Subscriber {
    outbox: Arc<Outbox>,
    generation: Generation,
}

/// The last snapshots made, while no newer frame was published.
#[derive(Default)]
struct Snapshots {
    join: Option<(u64, Json)>,
    resync: Option<(u64, SharedFrame)>,
}

/// Subscribers served per hold of the lock.
const CHUNK: usize = 64;

/// A feed for `topic`, whose frames all are diffs of that topic.
pub fn feed(topic: impl Into<Arc<str>>, source: impl SnapshotSource) -> (Publisher, Feed) {
    let feed = Feed(Arc::new(Inner {
        topic: topic.into(),
        source: Box::new(source),
        published: AtomicU64::new(0),
        subscribers: Mutex::default(),
        snapshots: Mutex::default(),
    }));
    (Publisher { feed: feed.clone(), wakers: Vec::new() }, feed)
}

impl Publisher {
    /// Encodes `payload` as a diff, once, and gives it to every subscriber.
    pub fn publish(&mut self, sequence: u64, payload: &Json) {
        let frame = SharedFrame::diff(&self.feed.0.topic, payload);
        self.publish_frame(sequence, &frame);
    }

    /// Gives `frame` to every subscriber: per subscriber one count of a reference, one short
    /// lock, and a wake-up if its socket was idle. Never waits. `sequence` counts up, gaps are
    /// fine; the state behind the feed's snapshots includes the frame already.
    pub fn publish_frame(&mut self, sequence: u64, frame: &SharedFrame) {
        let inner = &*self.feed.0;
        let before = inner.published.swap(sequence, Ordering::SeqCst);
        debug_assert!(before < sequence, "sequences count up");
        inner.forget_snapshots();
        each_subscriber(inner, &mut self.wakers, |subscriber| {
            subscriber.outbox.push_shared(subscriber.generation, sequence, frame)
        });
    }

    /// The receiving end.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let inner = &*self.feed.0;
        inner.lock().ended = true;
        each_subscriber(inner, &mut self.wakers, |subscriber| {
            subscriber.outbox.push_feed_end(subscriber.generation)
        });
    }
}

/// Who subscribes meanwhile may be passed over: their snapshot is taken after, and includes what
/// is being published.
fn each_subscriber(
    inner: &Inner,
    wakers: &mut Vec<Waker>,
    mut serve: impl FnMut(&Subscriber) -> Option<Waker>,
) {
    let mut from = 0;
    loop {
        let subscribers = inner.lock();
        let to = subscribers.places.len().min(from + CHUNK);
        let Some(chunk) = subscribers.places.get(from..to).filter(|chunk| !chunk.is_empty()) else {
            return;
        };
        wakers.extend(chunk.iter().flatten().filter_map(&mut serve));
        drop(subscribers);
        wakers.drain(..).for_each(Waker::wake);
        from = to;
    }
}

impl Feed {
    /// The topic that the feed's frames carry.
    pub fn topic(&self) -> &Arc<str> {
        &self.0.topic
    }

    /// How many channels have joined, over all connections.
    pub fn subscribers(&self) -> usize {
        let subscribers = self.0.lock();
        subscribers.places.len() - subscribers.free.len()
    }

    /// Whether the publisher is gone.
    pub fn is_ended(&self) -> bool {
        self.0.lock().ended
    }

    /// From here on every frame goes to `outbox`. `None`: the feed came to its end.
    pub(crate) fn subscribe(
        &self,
        outbox: &Arc<Outbox>,
        generation: Generation,
    ) -> Option<Subscription> {
        outbox.add_feed(generation);
        let subscriber = Subscriber { outbox: outbox.clone(), generation };
        let place = self.0.lock().insert(subscriber);
        if place.is_none() {
            outbox.remove_feed(generation);
        }
        place.map(|place| Subscription { feed: self.clone(), place })
    }

    /// The response to a join and the frame it includes; only ever called after subscribing.
    pub(crate) fn join_snapshot(&self) -> (u64, Json) {
        let published = self.0.published.load(Ordering::SeqCst);
        let mut known = self.0.lock_snapshots();
        if let Some(known) = known.join.clone().filter(|(sequence, _)| *sequence >= published) {
            return known;
        }
        let snapshot = self.0.source.snapshot(SnapshotFor::Join);
        known.join.insert((snapshot.sequence, snapshot.payload)).clone()
    }

    /// The frame that replaces a backlog; only ever called when new frames are taken again.
    pub(crate) fn resync_snapshot(&self) -> (u64, SharedFrame) {
        let published = self.0.published.load(Ordering::SeqCst);
        let mut known = self.0.lock_snapshots();
        if let Some(known) = known.resync.clone().filter(|(sequence, _)| *sequence >= published) {
            return known;
        }
        let snapshot = self.0.source.snapshot(SnapshotFor::Resync);
        let frame = SharedFrame::diff(&self.0.topic, &snapshot.payload);
        known.resync.insert((snapshot.sequence, frame)).clone()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers.lock().expect("no panic while the subscribers are held")
    }

    /// A source that panicked left nothing behind: the snapshots are written after it returned.
    fn lock_snapshots(&self) -> MutexGuard<'_, Snapshots> {
        self.snapshots.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Frees memory. Nothing depends on it, so one that is being made is not waited for.
    fn forget_snapshots(&self) {
        if let Ok(mut known) = self.snapshots.try_lock() {
            let old = mem::take(&mut *known);
            drop(known);
            drop(old);
        }
    }
}

impl Subscribers {
    fn insert(&mut self, subscriber: Subscriber) -> Option<u32> {
        if self.ended {
            return None;
        }
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = Some(subscriber);
            return Some(place);
        }
        self.places.push(Some(subscriber));
        Some(u32::try_from(self.places.len() - 1).expect("fewer subscribers than sockets"))
    }

    fn remove(&mut self, place: u32) -> Option<Subscriber> {
        let subscriber = self.places[place as usize].take();
        self.free.push(place);
        if self.free.len() == self.places.len() {
            self.places = Vec::new();
            self.free = Vec::new();
        }
        subscriber
    }
}

/// A place among a feed's subscribers, given back on drop.
pub(crate) struct Subscription {
    feed: Feed,
    place: u32,
}

impl Subscription {
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let subscriber = self.feed.0.lock().remove(self.place);
        if let Some(subscriber) = subscriber {
            subscriber.outbox.remove_feed(subscriber.generation);
        }
    }
}
