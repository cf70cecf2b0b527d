//! Somebody as a reader: how far they have read the rooms they were in.
//!
//! Pure, as a room is. Only what somebody did is recorded; who is absent costs nothing.

use std::{collections::BTreeMap, convert::Infallible};

use eventsourcing::{Aggregate, EventPayload};
use serde::{Deserialize, Serialize};

use crate::RoomId;

/// How many rooms are remembered to tell what is new. Beyond it the one read longest ago makes room:
/// reading there again is then recorded once more than it had to be.
const ROOMS_MAX: usize = 1_000;

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    UpTo {
        room: RoomId,
        number: u64,
        /// What is read does not know them in the room: they left it, say, and are back.
        anew: bool,
        at_ms: i64,
    },
    Forget {
        room: RoomId,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reading {
    /// They have read the messages up to `number`; 0: they have been there.
    Read { room: RoomId, number: u64, at_ms: i64 },
    /// The room is none of those they know any more.
    Forgot { room: RoomId },
}

/// How far somebody has read, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reader {
    rooms: BTreeMap<RoomId, Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    number: u64,
    at_ms: i64,
}

impl EventPayload for Reading {
    fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Read",
            Self::Forgot { .. } => "Forgot",
        }
    }
}

impl Aggregate for Reader {
    const KIND: &'static str = "reader";
    type Command = Read;
    type Event = Reading;
    type Refusal = Infallible;

    fn decide(&self, command: &Read) -> Result<Vec<Reading>, Infallible> {
        Ok(match command {
            Read::UpTo { room, number, anew, at_ms } => {
                let is_known = self.rooms.get(room).is_some_and(|mark| mark.number >= *number);
                let (room, number, at_ms) = (room.clone(), *number, *at_ms);
                let read = Reading::Read { room, number, at_ms };
                (*anew || !is_known).then_some(read).into_iter().collect()
            }
            Read::Forget { room } => vec![Reading::Forgot { room: room.clone() }],
        })
    }

    fn apply(&mut self, event: &Reading) {
        match event {
            Reading::Read { room, number, at_ms } => {
                let mark = Mark { number: *number, at_ms: *at_ms };
                self.rooms.insert(room.clone(), mark);
                self.forget_one();
            }
            Reading::Forgot { room } => {
                self.rooms.remove(room);
            }
        }
    }
}

impl Reader {
    fn forget_one(&mut self) {
        if self.rooms.len() > ROOMS_MAX {
            let oldest = self.rooms.iter().min_by_key(|(_, mark)| mark.at_ms);
            oldest.map(|(room, _)| room.clone()).map(|room| self.rooms.remove(&room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(room: &RoomId, number: u64, anew: bool) -> Read {
        Read::UpTo { room: room.clone(), number, anew, at_ms: 7 }
    }

    fn read(room: &RoomId, number: u64) -> Reading {
        Reading::Read { room: room.clone(), number, at_ms: 7 }
    }

    #[track_caller]
    fn check(sentence: &str, given: &[Reading], when: &Read, then: Vec<Reading>) {
        let mut reader = Reader::default();
        given.iter().for_each(|event| reader.apply(event));
        assert_eq!(reader.decide(when), Ok(then), "{sentence}");
    }

    #[test]
    fn reading() {
        let (kitchen, cellar) = (RoomId::random(), RoomId::random());
        let given = [read(&kitchen, 5)];
        check("the first visit is read", &[], &up_to(&kitchen, 0, true), vec![read(&kitchen, 0)]);
        check("going on is read", &given, &up_to(&kitchen, 6, false), vec![read(&kitchen, 6)]);
        check("the same again is nothing", &given, &up_to(&kitchen, 5, false), vec![]);
        check("going back is nothing", &given, &up_to(&kitchen, 4, false), vec![]);
        check("another room is another", &given, &up_to(&cellar, 4, false), vec![read(&cellar, 4)]);
        check("coming back is read", &given, &up_to(&kitchen, 5, true), vec![read(&kitchen, 5)]);
        let forgot = Reading::Forgot { room: kitchen.clone() };
        let forget = Read::Forget { room: kitchen.clone() };
        check("a room is forgotten", &given, &forget, vec![forgot.clone()]);
        let given = [read(&kitchen, 5), forgot];
        check("and known again", &given, &up_to(&kitchen, 5, false), vec![read(&kitchen, 5)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut reader = Reader::default();
        for at_ms in 0..2 * ROOMS_MAX as i64 {
            reader.apply(&Reading::Read { room: RoomId::random(), number: 1, at_ms });
        }
        assert_eq!(reader.rooms.len(), ROOMS_MAX);
        assert!(reader.rooms.values().all(|mark| mark.at_ms >= ROOMS_MAX as i64));
    }
}
