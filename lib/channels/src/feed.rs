//! Feeds: one source of frames, any number of connections that get the same bytes.
//!
//! The owner of what a topic shows holds the [`Publisher`]; channels that joined the topic hold
//! the [`Feed`]. A joining channel is subscribed first and takes its snapshot after, so the
//! snapshot covers every frame it did not get; frames that the snapshot covers are skipped by
//! their sequence. The same happens when a slow connection's backlog is given up.
//!
//! Who may look can change. A join reserves its place first and is judged after, so whoever judges
//! all [`Viewer`]s again finds those that are joining too; and one that is expelled gets nothing
//! that is published, or put into a snapshot, from then on.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
};

use crate::{
    connection::ConnectionInfo,
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

/// The receiving end of a feed: a channel that joins with a [`Subscription`] of it gets a snapshot
/// as its join reply and every later frame. Cheap to clone.
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
    connection: Arc<ConnectionInfo>,
    standing: Standing,
}

enum Standing {
    /// The join was not answered yet.
    Joining,
    Joined {
        outbox: Arc<Outbox>,
        generation: Generation,
    },
    /// The place is kept until its channel knows.
    Expelled,
}

/// Somebody who has joined a feed, or is about to.
#[derive(Clone, Debug)]
pub struct Viewer {
    place: u32,
    connection: Arc<ConnectionInfo>,
}

impl Viewer {
    /// Who it is.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.connection
    }
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
        each_subscriber(inner, &mut self.wakers, |outbox, generation| {
            outbox.push_shared(generation, sequence, frame)
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
        each_subscriber(inner, &mut self.wakers, |outbox, generation| {
            outbox.push_feed_end(generation)
        });
    }
}

/// Who subscribes meanwhile may be passed over: their snapshot is taken after, and includes what
/// is being published.
fn each_subscriber(
    inner: &Inner,
    wakers: &mut Vec<Waker>,
    mut serve: impl FnMut(&Outbox, Generation) -> Option<Waker>,
) {
    let mut from = 0;
    loop {
        let subscribers = inner.lock();
        let to = subscribers.places.len().min(from + CHUNK);
        let Some(chunk) = subscribers.places.get(from..to).filter(|chunk| !chunk.is_empty()) else {
            return;
        };
        wakers.extend(chunk.iter().flatten().filter_map(|subscriber| match &subscriber.standing {
            Standing::Joined { outbox, generation } => serve(outbox, *generation),
            Standing::Joining | Standing::Expelled => None,
        }));
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

    /// A place for a join under way. Whoever asks may still be judged: without a reply the place is
    /// given back, and until then nothing is sent to it.
    pub fn reserve(&self, connection: &Arc<ConnectionInfo>) -> Subscription {
        let standing = Standing::Joining;
        let subscriber = Subscriber { connection: connection.clone(), standing };
        let place = self.0.lock().insert(subscriber);
        Subscription { feed: self.clone(), place }
    }

    /// Everybody who has joined, or has a place for it, as of now.
    pub fn viewers(&self) -> Vec<Viewer> {
        let subscribers = self.0.lock();
        let places = (0..).zip(&subscribers.places);
        let taken = places.filter_map(|(place, taken)| Some((place, taken.as_ref()?)));
        let here = taken.filter(|(_, taken)| !matches!(taken.standing, Standing::Expelled));
        here.map(|(place, taken)| Viewer { place, connection: taken.connection.clone() }).collect()
    }

    /// Ends the channel of a viewer with `phx_error`, upon which an honest browser joins again and
    /// is told why not; a join under way is refused as `unauthorized`. What waits is dropped, and no
    /// frame or snapshot made from here on reaches it. Nothing happens if it left meanwhile.
    pub fn expel(&self, viewer: &Viewer) {
        let standing = self.0.lock().expel(viewer);
        if let Some(Standing::Joined { outbox, generation }) = standing {
            let waker = outbox.expel(generation);
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// How many channels have joined or are joining, over all connections.
    pub fn subscribers(&self) -> usize {
        let subscribers = self.0.lock();
        subscribers.places.len() - subscribers.free.len()
    }

    /// Whether the publisher is gone.
    pub fn is_ended(&self) -> bool {
        self.0.lock().ended
    }

    /// The response to a join and the frame it includes; only ever called after subscribing.
    fn join_snapshot(&self) -> (u64, Json) {
        let published = self.0.published.load(Ordering::SeqCst);
        let mut known = self.0.lock_snapshots();
        if let Some(known) = known.join.clone().filter(|(sequence, _)| *sequence >= published) {
            return known;
        }
        let snapshot = self.0.source.snapshot(SnapshotFor::Join);
        known.join.insert((snapshot.sequence, snapshot.payload)).clone()
    }

    /// The frame that replaces a backlog; only ever called when new frames are taken again.
    fn resync_snapshot(&self) -> (u64, SharedFrame) {
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
    fn insert(&mut self, subscriber: Subscriber) -> u32 {
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = Some(subscriber);
            return place;
        }
        self.places.push(Some(subscriber));
        u32::try_from(self.places.len() - 1).expect("fewer subscribers than sockets")
    }

    /// Whose place it is; a [`Subscription`] has one.
    fn standing(&mut self, place: u32) -> &mut Standing {
        let subscriber = self.places[place as usize].as_mut();
        &mut subscriber.expect("a place is taken as long as its subscription lives").standing
    }

    /// Returns what the viewer was, if it still has its place.
    fn expel(&mut self, viewer: &Viewer) -> Option<Standing> {
        let subscriber = self.places.get_mut(viewer.place as usize)?.as_mut()?;
        let is_same = Arc::ptr_eq(&subscriber.connection, &viewer.connection);
        is_same.then(|| mem::replace(&mut subscriber.standing, Standing::Expelled))
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
pub struct Subscription {
    feed: Feed,
    place: u32,
}

/// Why a reserved place came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoFeed {
    /// The feed came to its end.
    Ended,
    /// The viewer was expelled meanwhile.
    Expelled,
}

impl Subscription {
    /// Every frame from here on goes to `outbox`; returns the response to the join, and the frame
    /// it includes.
    pub(crate) fn start(
        &self,
        outbox: &Arc<Outbox>,
        generation: Generation,
    ) -> Result<(u64, Json), NoFeed> {
        {
            let mut subscribers = self.feed.0.lock();
            if subscribers.ended {
                return Err(NoFeed::Ended);
            }
            let standing = subscribers.standing(self.place);
            if matches!(standing, Standing::Expelled) {
                return Err(NoFeed::Expelled);
            }
            outbox.add_feed(generation);
            *standing = Standing::Joined { outbox: outbox.clone(), generation };
        }
        let snapshot = self.feed.join_snapshot();
        if self.is_expelled() { Err(NoFeed::Expelled) } else { Ok(snapshot) }
    }

    /// The frame that replaces a backlog; `None` if there is nobody any more who may see it.
    pub(crate) fn resync(&self) -> Option<(u64, SharedFrame)> {
        let snapshot = self.feed.resync_snapshot();
        (!self.is_expelled()).then_some(snapshot)
    }

    /// Asked after a snapshot was taken, not before: what it shows may be newer than the moment at
    /// which this viewer was expelled.
    fn is_expelled(&self) -> bool {
        matches!(self.feed.0.lock().standing(self.place), Standing::Expelled)
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("topic", self.feed.topic()).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let subscriber = self.feed.0.lock().remove(self.place);
        if let Some(Subscriber { standing: Standing::Joined { outbox, generation }, .. }) =
            subscriber
        {
            outbox.remove_feed(generation);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, SocketAddr},
        sync::atomic::AtomicBool,
    };

    use super::*;
    use crate::outbox::Bounds;

    /// A feed whose viewers are all expelled while a snapshot is being made.
    fn strict(is_strict: Arc<AtomicBool>) -> (Publisher, Feed) {
        let known = Arc::new(Mutex::new(None::<Feed>));
        let itself = known.clone();
        let (publisher, feed) = feed("board", move |_| {
            if is_strict.load(Ordering::SeqCst) {
                let feed = itself.lock().unwrap().clone().expect("it was told");
                feed.viewers().iter().for_each(|viewer| feed.expel(viewer));
            }
            Snapshot { sequence: 1, payload: Json::EMPTY }
        });
        *known.lock().unwrap() = Some(feed.clone());
        (publisher, feed)
    }

    fn place_and_outbox(feed: &Feed) -> (Subscription, Arc<Outbox>) {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let bounds = Bounds { frames_max: 8, bytes_max: 1024, feed_backlog_max: 8 };
        let place = feed.reserve(&Arc::new(ConnectionInfo::new(peer, ())));
        (place, Arc::new(Outbox::new(bounds)))
    }

    #[test]
    fn a_viewer_that_is_expelled_while_its_snapshot_is_made_does_not_get_it() {
        let is_strict = Arc::new(AtomicBool::new(true));
        let (_publisher, feed) = strict(is_strict.clone());
        let (place, outbox) = place_and_outbox(&feed);
        assert_eq!(place.start(&outbox, 1).err(), Some(NoFeed::Expelled));
        drop(place);
        is_strict.store(false, Ordering::SeqCst);
        let (place, outbox) = place_and_outbox(&feed);
        assert!(place.start(&outbox, 1).is_ok());
        is_strict.store(true, Ordering::SeqCst);
        assert!(place.resync().is_none());
        drop(place);
        assert_eq!(feed.subscribers(), 0);
    }
}
