//! The one queue of a connection: everything its channels and feeds have for the browser, in
//! order. Anyone pushes, the socket task pops.
//!
//! Full: a feed's frames are replaced by one [`Entry::Resync`]; too much from the connection's own
//! channels marks the outbox overflowed, and the socket closes.
//!
//! Locks: a feed's lock may be held when an outbox is locked, never the other way round. Nothing
//! is dropped, woken or encoded while an outbox is locked.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard},
    task::{Wake, Waker},
};

use tokio::sync::Notify;

use crate::{
    channel::{Accepted, End},
    frame::SharedFrame,
};

/// Which join of a connection something belongs to; counts up, never reused on one connection.
pub(crate) type Generation = u32;

/// One thing to do for the browser. All but `Answer` are dropped when their generation is gone.
pub(crate) enum Entry {
    /// An answer, or the end of a channel that was left; it goes out whatever became of its
    /// channel, with that channel's join ref.
    Answer { frame: SharedFrame },
    /// The join succeeded.
    Joined { generation: Generation, accepted: Box<Accepted> },
    /// The join was refused, and this is the reply.
    Refused { generation: Generation, frame: SharedFrame },
    /// A message of the channel's own accord.
    Push { generation: Generation, frame: SharedFrame },
    /// A frame of the channel's feed.
    Shared { generation: Generation, sequence: u64, frame: SharedFrame },
    /// The backlog of the channel's feed was given up: a snapshot is due.
    Resync { generation: Generation },
    /// The channel ended.
    Ended { generation: Generation, end: End },
}

impl Entry {
    fn own_bytes(&self) -> Option<usize> {
        match self {
            Self::Answer { frame } | Self::Refused { frame, .. } | Self::Push { frame, .. } => {
                Some(frame.len())
            }
            Self::Joined { accepted, .. } => Some(accepted.bytes()),
            Self::Shared { .. } | Self::Resync { .. } | Self::Ended { .. } => None,
        }
    }

    fn is_shared_of(&self, feed: Generation) -> bool {
        matches!(self, Self::Shared { generation, .. } if *generation == feed)
    }

    fn is_resync_of(&self, feed: Generation) -> bool {
        matches!(self, Self::Resync { generation } if *generation == feed)
    }
}

/// Bounds of an outbox; see [`crate::Config`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub frames_max: usize,
    pub bytes_max: usize,
    pub feed_backlog_max: usize,
}

pub(crate) struct Outbox {
    bounds: Bounds,
    room: Notify,
    state: Mutex<State>,
}

/// What happened to a connection beside its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    pub overflowed: bool,
    pub disconnected: bool,
    pub stopping: bool,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    own_frames: usize,
    own_bytes: usize,
    feeds: Vec<FeedBacklog>,
    socket: Option<Waker>,
    wants_entries: bool,
    wants_room: bool,
    signals: Signals,
    closed: bool,
}

/// What waits of one feed. Stale: a `Resync` waits, and covers whatever is published until then.
struct FeedBacklog {
    generation: Generation,
    frames: u32,
    stale: bool,
}

/// A drained queue keeps no more than this many places.
const IDLE_ENTRIES: usize = 4;

impl Outbox {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, room: Notify::new(), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while an outbox is held")
    }

    /// Appends what the connection's own channels have to say.
    pub fn push(&self, entry: Entry) {
        wake(self.append(entry));
    }

    /// Appends what the protocol has to say. For the socket task, which looks here next anyway.
    pub fn push_by_socket(&self, entry: Entry) {
        drop(self.append(entry));
    }

    fn append(&self, entry: Entry) -> Option<Waker> {
        let mut dropped = VecDeque::new();
        let waker = {
            let mut state = self.lock();
            if state.closed || state.signals.overflowed {
                return None;
            }
            if let Some(bytes) = entry.own_bytes() {
                state.own_frames += 1;
                state.own_bytes += bytes;
            }
            state.entries.push_back(entry);
            if state.own_frames > self.bounds.frames_max || state.own_bytes > self.bounds.bytes_max
            {
                state.signals.overflowed = true;
                dropped = mem::take(&mut state.entries);
                state.socket.clone()
            } else {
                state.waker_for_entries()
            }
        };
        drop(dropped);
        waker
    }

    /// Appends a feed's frame, or gives its backlog up for a snapshot. Returns whom to wake once
    /// the caller holds no lock.
    pub fn push_shared(
        &self,
        generation: Generation,
        sequence: u64,
        frame: &SharedFrame,
    ) -> Option<Waker> {
        let mut state = self.lock();
        let backlog_max = self.bounds.feed_backlog_max;
        let feed = state.feeds.iter_mut().find(|feed| feed.generation == generation)?;
        if feed.stale {
            return None;
        }
        if feed.frames as usize >= backlog_max {
            feed.stale = true;
            feed.frames = 0;
            state.entries.retain(|entry| !entry.is_shared_of(generation));
            state.entries.push_back(Entry::Resync { generation });
        } else {
            feed.frames += 1;
            state.entries.push_back(Entry::Shared { generation, sequence, frame: frame.clone() });
        }
        state.waker_for_entries()
    }

    /// The channel's feed came to its end. Returns whom to wake.
    pub fn push_feed_end(&self, generation: Generation) -> Option<Waker> {
        let mut state = self.lock();
        if !state.feeds.iter().any(|feed| feed.generation == generation) {
            return None;
        }
        state.entries.push_back(Entry::Ended { generation, end: End::Error });
        state.waker_for_entries()
    }

    /// The channel may not have its feed any more: what waits of it is dropped, and the channel ends.
    /// Returns whom to wake.
    pub fn expel(&self, generation: Generation) -> Option<Waker> {
        let mut state = self.lock();
        let before = state.feeds.len();
        state.feeds.retain(|feed| feed.generation != generation);
        if state.feeds.len() == before {
            return None;
        }
        let is_fed =
            |entry: &Entry| entry.is_shared_of(generation) || entry.is_resync_of(generation);
        state.entries.retain(|entry| !is_fed(entry));
        state.entries.push_back(Entry::Ended { generation, end: End::Error });
        state.waker_for_entries()
    }

    /// From here on frames of this channel's feed are taken.
    pub fn add_feed(&self, generation: Generation) {
        let mut state = self.lock();
        if !state.closed {
            state.feeds.push(FeedBacklog { generation, frames: 0, stale: false });
        }
    }

    /// From here on they are not. Those that wait are dropped when their turn comes.
    pub fn remove_feed(&self, generation: Generation) {
        self.lock().feeds.retain(|feed| feed.generation != generation);
    }

    /// The next entry. When there is none, the socket is woken by the next push.
    pub fn pop_or_wait(&self) -> Option<Entry> {
        let mut spare = VecDeque::new();
        let (entry, room) = {
            let mut state = self.lock();
            let entry = state.entries.pop_front();
            state.wants_entries = entry.is_none();
            match &entry {
                None if state.entries.capacity() > IDLE_ENTRIES => {
                    spare = mem::take(&mut state.entries);
                }
                None => {}
                Some(entry) => state.count_out(entry),
            }
            let room = state.wants_room && state.has_room(&self.bounds);
            state.wants_room &= !room;
            (entry, room)
        };
        drop(spare);
        if room {
            self.room.notify_waiters();
        }
        entry
    }

    /// Names the task to wake, and says what happened meanwhile. Pushes wake it only after
    /// [`Outbox::pop_or_wait`] found nothing.
    pub fn begin(&self, socket: &Waker) -> Signals {
        let mut state = self.lock();
        state.wants_entries = false;
        if !state.socket.as_ref().is_some_and(|known| known.will_wake(socket)) {
            state.socket = Some(socket.clone());
        }
        state.signals
    }

    /// Whether less than half of the bounds is taken by the connection's own channels.
    pub fn has_room(&self) -> bool {
        self.lock().has_room(&self.bounds)
    }

    /// Waits for [`Outbox::has_room`]. False: the connection is gone.
    pub async fn room(&self) -> bool {
        loop {
            let notified = self.room.notified();
            {
                let mut state = self.lock();
                if state.closed || state.signals.overflowed {
                    return false;
                }
                if state.has_room(&self.bounds) {
                    return true;
                }
                state.wants_room = true;
            }
            notified.await;
        }
    }

    /// Wakes the socket whatever it waits for.
    pub fn wake_socket(&self) {
        let waker = self.lock().socket.clone();
        wake(waker);
    }

    /// The connection shall be closed, and nothing that waits goes out before.
    pub fn disconnect(&self) {
        let (dropped, socket) = {
            let mut state = self.lock();
            state.closed = true;
            state.signals.disconnected = true;
            let dropped = (mem::take(&mut state.entries), mem::take(&mut state.feeds));
            (dropped, state.socket.clone())
        };
        drop(dropped);
        self.room.notify_waiters();
        wake(socket);
    }

    /// The connection is gone: everything is dropped, now and later.
    pub fn close(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            (mem::take(&mut state.entries), mem::take(&mut state.feeds), state.socket.take())
        };
        drop(dropped);
        self.room.notify_waiters();
    }
}

impl State {
    fn waker_for_entries(&mut self) -> Option<Waker> {
        if mem::take(&mut self.wants_entries) { self.socket.clone() } else { None }
    }

    fn has_room(&self, bounds: &Bounds) -> bool {
        self.own_frames < bounds.frames_max.div_ceil(2)
            && self.own_bytes < bounds.bytes_max.div_ceil(2)
    }

    fn count_out(&mut self, entry: &Entry) {
        if let Some(bytes) = entry.own_bytes() {
            self.own_frames -= 1;
            self.own_bytes -= bytes;
        }
        let (Entry::Shared { generation, .. } | Entry::Resync { generation }) = entry else {
            return;
        };
        let feed = self.feeds.iter_mut().find(|feed| feed.generation == *generation);
        let Some(feed) = feed else { return };
        match entry {
            Entry::Resync { .. } => feed.stale = false,
            _ => feed.frames = feed.frames.saturating_sub(1),
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// As a waker, an outbox tells its socket that the scope is stopping. So a socket polls the
/// scope's token once, and not each time it is woken, which all sockets would contend for.
impl Wake for Outbox {
    fn wake(self: Arc<Self>) {
        self.lock().signals.stopping = true;
        self.wake_socket();
    }
}
