//! Who is in a room right now, and who is typing. Not in the log: it is true only as long as it is
//! watched.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use identity::{Guest, GuestId};
use presence::{Diff, Entry, Presence, Tracked};
use pubsub::{Bus as _, LocalBus, Subscription, Topic};
use serde::{Deserialize, Serialize};
use tasks::{Clock, Scope};

use crate::RoomId;

/// The topic of everyone who has any page open. No room's id is that short.
const HOUSE: &str = "house";
/// Topics with changes that may wait to be told; at most one per topic waits. Full: everyone who
/// looks is told to look again.
const DIFFS_MAX: usize = 4_096;
/// Rooms of which is remembered since when nobody is in them: some ten megabytes at most. An older
/// one counts as empty since the start, and the room's own last message still protects it.
const EMPTIED_ROOMS_MAX: usize = 100_000;
/// Since when somebody is there who was not there before: a time to come counts as now.
const FROM_NOW_ON_MS: i64 = i64::MAX;
/// Hints that a page may be behind.
const HINTS_MAX: usize = 16;

/// Who is where. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Attendance(Arc<Inner>);

struct Inner {
    presence: Presence<Meta>,
    hints: LocalBus<AttendanceChanged>,
    /// The pages of rooms that each person has open, so that another name reaches all of them.
    pages: Mutex<Pages>,
    /// When whoever was here before the start would have been missed.
    known_from_ms: i64,
}

/// By the text of [`GuestId`]s.
type Pages = HashMap<Box<str>, Vec<Weak<Tracked<Meta>>>>;

/// What a page says of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meta {
    guest: Arc<Guest>,
    typing: bool,
    idle: bool,
}

/// A person who is in a room, however many tabs they have it open in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    pub guest: Guest,
    pub typing: bool,
    /// All their tabs are in the background.
    pub idle: bool,
    pub since_ms: i64,
}

/// Somebody, and where they are: enough to know them again after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// `None`: a page that is not a room's.
    pub room: Option<RoomId>,
    pub guest: Guest,
    pub idle: bool,
    pub since_ms: i64,
}

/// One open page. Dropping it is leaving; whoever comes back within a few seconds was never gone.
#[must_use = "dropping it is leaving"]
pub struct Seat {
    /// `None`: a page that is not a room's.
    in_room: Option<Arc<Tracked<Meta>>>,
    _in_house: Tracked<Meta>,
    attendance: Attendance,
}

/// A hint that somebody came, went, or types. Ask again who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttendanceChanged {
    /// `None`: the house as a whole.
    pub room: Option<RoomId>,
}

impl Attendance {
    /// Nobody is here yet. Whoever goes is here for `grace` longer; that it is over is found out by
    /// a task in `scope`.
    pub(crate) fn new(grace: Duration, clock: Clock, scope: &Scope) -> Self {
        let grace_ms = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        // Whoever was here before a restart has as long to come back as after a lost connection.
        let known_from_ms = clock.now_ms().saturating_add(grace_ms);
        let config = presence::Config {
            grace,
            mailbox_diffs: DIFFS_MAX,
            emptied_topics_max: EMPTIED_ROOMS_MAX,
            ..presence::Config::default()
        };
        let presence = Presence::new(config, clock, scope);
        let (hints, pages) = (LocalBus::new(), Mutex::default());
        Self(Arc::new(Inner { presence, hints, pages, known_from_ms }))
    }

    /// A page of `room` is open.
    pub fn arrive(&self, room: &RoomId, me: &Guest) -> Seat {
        self.open(Some(room), Meta::of(me), FROM_NOW_ON_MS)
    }

    /// Some other page is open: the lobby, say.
    pub fn visit(&self, me: &Guest) -> Seat {
        self.open(None, Meta::of(me), FROM_NOW_ON_MS)
    }

    /// Somebody who was at `place` at the last stop, and may come back to it.
    pub(crate) fn remember(&self, place: &Place) -> Seat {
        let meta = Meta { idle: place.idle, ..Meta::of(&place.guest) };
        self.open(place.room.as_ref(), meta, place.since_ms)
    }

    /// Who is where: everybody once for each room, and once who is in none. At most `places_max`,
    /// of whatever rooms; others are left out.
    pub(crate) fn places(&self, places_max: usize) -> Vec<Place> {
        let rooms = self.topics().into_iter().filter_map(|topic| RoomId::parse(&topic).ok());
        let in_rooms = rooms.flat_map(|room| {
            let present = self.present(&room);
            present.into_iter().map(move |one| Place::of(Some(room.clone()), one))
        });
        let mut places: Vec<_> = in_rooms.take(places_max).collect();
        let in_rooms: HashSet<_> = places.iter().map(|place| place.guest.id.clone()).collect();
        let house = self.0.presence.list(HOUSE).into_iter().filter_map(Present::of);
        let elsewhere = house.filter(|one| !in_rooms.contains(&one.guest.id));
        places.extend(elsewhere.map(|one| Place::of(None, one)));
        places.truncate(places_max);
        places
    }

    /// Who is in `room`, who came first in front.
    pub fn present(&self, room: &RoomId) -> Vec<Present> {
        let entries = self.0.presence.list(room.as_str());
        entries.into_iter().filter_map(Present::of).collect()
    }

    /// Whether `who` has `room` open.
    pub fn is_present(&self, room: &RoomId, who: &GuestId) -> bool {
        self.0.presence.contains(room.as_str(), who.as_str())
    }

    /// How many people are in `room`.
    pub fn count(&self, room: &RoomId) -> usize {
        self.0.presence.count(room.as_str())
    }

    /// How many people have any page open.
    pub fn online(&self) -> usize {
        self.0.presence.count(HOUSE)
    }

    /// Since when nobody is in `room`; `None`: somebody is. Before the first visit it is since the
    /// server could know.
    pub fn empty_since_ms(&self, room: &RoomId) -> Option<i64> {
        if self.count(room) > 0 {
            return None;
        }
        Some(self.0.presence.empty_since_ms(room.as_str()).unwrap_or(self.0.known_from_ms))
    }

    /// Everyone sees the name that `who` has now.
    pub fn rename(&self, who: &Guest) {
        let renamed = Arc::new(who.clone());
        for page in self.pages_of(&who.id) {
            page.update(|meta| meta.guest = renamed.clone());
        }
    }

    /// Hints about one room.
    pub fn subscribe(&self, room: &RoomId) -> Subscription<AttendanceChanged> {
        self.0.hints.subscribe(&Topic::new(room.as_str()), HINTS_MAX)
    }

    /// Hints that people came to the house, or went.
    pub fn subscribe_house(&self) -> Subscription<AttendanceChanged> {
        self.0.hints.subscribe(&Topic::new(HOUSE), HINTS_MAX)
    }

    /// What the presence tells, for the task that hands it on.
    pub(crate) fn diffs(&self) -> Subscription<Diff> {
        self.0.presence.subscribe_all()
    }

    /// Hands on that `topic` changed, and says which room that is.
    pub(crate) fn tell(&self, topic: &str) -> Option<RoomId> {
        let room = RoomId::parse(topic).ok();
        let hint = AttendanceChanged { room: room.clone() };
        self.0.hints.publish(&Topic::new(topic), hint);
        room
    }

    /// Where anybody is, for whoever lost what changed.
    pub(crate) fn topics(&self) -> Vec<String> {
        self.0.presence.topics().into_iter().map(|(topic, _)| topic).collect()
    }

    /// `since_ms`: since when they are known to be there.
    fn open(&self, room: Option<&RoomId>, meta: Meta, since_ms: i64) -> Seat {
        let (presence, id) = (&self.0.presence, meta.guest.id.as_str());
        let track = |topic: &str| presence.track_since(topic, id, meta.clone(), since_ms);
        let in_room = room.map(|room| Arc::new(track(room.as_str())));
        if let Some(page) = &in_room {
            self.pages().entry(id.into()).or_default().push(Arc::downgrade(page));
        }
        Seat { in_room, _in_house: track(HOUSE), attendance: self.clone() }
    }

    fn pages_of(&self, who: &GuestId) -> Vec<Arc<Tracked<Meta>>> {
        let pages = self.pages();
        pages.get(who.as_str()).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn forget(&self, page: &Arc<Tracked<Meta>>) {
        let mut pages = self.pages();
        let Some(of_theirs) = pages.get_mut(page.key()) else { return };
        of_theirs.retain(|known| known.as_ptr() != Arc::as_ptr(page));
        if of_theirs.is_empty() {
            pages.remove(page.key());
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().expect("no panic while the pages are held")
    }
}

impl Meta {
    /// A page that was just opened.
    fn of(guest: &Guest) -> Self {
        Self { guest: Arc::new(guest.clone()), typing: false, idle: false }
    }
}

impl Place {
    fn of(room: Option<RoomId>, one: Present) -> Self {
        Self { room, guest: one.guest, idle: one.idle, since_ms: one.since_ms }
    }
}

impl Present {
    /// Somebody who is about to be gone types no more. Of several names, that of the newest page
    /// holds.
    fn of(entry: Entry<Meta>) -> Option<Self> {
        let idle = entry.metas.iter().all(|meta| meta.idle);
        let typing = !entry.leaving && entry.metas.iter().any(|meta| meta.typing);
        let guest = Guest::clone(&entry.metas.last()?.guest);
        Some(Self { guest, typing, idle, since_ms: entry.since_ms })
    }
}

impl Seat {
    /// Whether the person types in this tab. Whoever calls this ends it too.
    pub fn set_typing(&self, typing: bool) {
        self.update(|meta| meta.typing = typing);
    }

    /// Whether this tab is in the background.
    pub fn set_idle(&self, idle: bool) {
        self.update(|meta| meta.idle = idle);
    }

    fn update(&self, change: impl FnOnce(&mut Meta)) {
        if let Some(in_room) = &self.in_room {
            in_room.update(change);
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").finish_non_exhaustive()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(page) = &self.in_room {
            self.attendance.forget(page);
        }
    }
}
