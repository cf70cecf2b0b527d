//! Who is in a room right now, and who is typing. Not in the log: it is true only as long as it is
//! watched.

use identity::{Guest, GuestId};

use crate::RoomId;

/// Who is where. Cheap to clone.
#[derive(Clone)]
pub struct Attendance(());

/// A person who is in a room, however many tabs they have it open in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    pub guest: Guest,
    pub typing: bool,
    /// All their tabs are in the background.
    pub idle: bool,
    pub since_ms: i64,
}

/// One open page. Dropping it is leaving; whoever comes back within a few seconds was never gone.
pub struct Seat(());

/// A hint that somebody came, went, or types. Ask again who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttendanceChanged {
    /// `None`: the house as a whole.
    pub room: Option<RoomId>,
}

impl Attendance {
    pub(crate) fn nobody() -> Self {
        Self(())
    }

    /// A page of `room` is open.
    pub fn arrive(&self, room: &RoomId, me: &Guest) -> Seat {
        let _ = (room, me);
        todo!()
    }

    /// Some other page is open: the lobby, say.
    pub fn visit(&self, me: &Guest) -> Seat {
        let _ = me;
        todo!()
    }

    /// Who is in `room`, who came first in front.
    pub fn present(&self, room: &RoomId) -> Vec<Present> {
        let _ = room;
        todo!()
    }

    /// Whether `who` has `room` open.
    pub fn is_present(&self, room: &RoomId, who: &GuestId) -> bool {
        let _ = (room, who);
        todo!()
    }

    /// How many people are in `room`.
    pub fn count(&self, room: &RoomId) -> usize {
        let _ = room;
        todo!()
    }

    /// How many people have any page open.
    pub fn online(&self) -> usize {
        todo!()
    }

    /// Since when nobody is in `room`; `None`: somebody is.
    pub fn empty_since_ms(&self, room: &RoomId) -> Option<i64> {
        let _ = room;
        todo!()
    }

    /// Everyone sees the name that `who` has now.
    pub fn rename(&self, who: &Guest) {
        let _ = who;
        todo!()
    }

    /// Hints about one room.
    pub fn subscribe(&self, room: &RoomId) -> pubsub::Subscription<AttendanceChanged> {
        let _ = room;
        todo!()
    }
}

impl Seat {
    /// Whether the person types in this tab. Whoever calls this ends it too.
    pub fn set_typing(&self, typing: bool) {
        let _ = typing;
        todo!()
    }

    /// Whether this tab is in the background.
    pub fn set_idle(&self, idle: bool) {
        let _ = idle;
        todo!()
    }
}
