//! The newest messages of active rooms, in memory. Pure: the projection says what happens.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{Change, Head, Message, Page, RoomId, What};

/// How many of a room's newest messages are in memory.
const MESSAGES_MAX: usize = 100;
/// How much text of a room is in memory, in bytes.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// The newest messages of the rooms where something was said lately.
///
/// It is filled by changes alone, never by reads, so there is no moment at which an old answer could
/// overwrite a newer one. What is not here is read from the tables.
#[derive(Debug)]
pub(crate) struct HotTails {
    rooms_max: usize,
    rooms: HashMap<RoomId, HotTail>,
    /// Counts uses, to know the one that is longest ago.
    uses: u64,
}

/// The last messages of a room, without gaps.
#[derive(Debug)]
struct HotTail {
    head: Head,
    messages: VecDeque<Arc<Message>>,
    text_bytes: usize,
    /// Nothing is about to be, or may have been, committed that is not in here.
    sure: bool,
    used: u64,
}

impl HotTails {
    pub fn new(rooms_max: usize) -> Self {
        Self { rooms_max: rooms_max.max(1), rooms: HashMap::new(), uses: 0 }
    }

    /// Something about `room` is about to be committed: until [`HotTails::committed`] tells, the
    /// tables know better. If that is never called, they stay the ones who know.
    pub fn doubt(&mut self, room: &RoomId) {
        if let Some(tail) = self.rooms.get_mut(room) {
            tail.sure = false;
        }
    }

    /// The change can be read from the tables now.
    pub fn committed(&mut self, change: &Change) {
        self.uses += 1;
        let used = self.uses;
        let known = self.rooms.get_mut(&change.room);
        match (known.filter(|tail| tail.head.change + 1 == change.number), &change.what) {
            (Some(tail), what) => {
                tail.take(change.number, what);
                tail.used = used;
            }
            (None, What::Posted(message)) => {
                let tail = HotTail::starting(change.number, message, used);
                self.rooms.insert(change.room.clone(), tail);
                self.forget_some();
            }
            (None, _) => {
                self.rooms.remove(&change.room);
            }
        }
    }

    /// The last `limit` messages, if they are all here.
    pub fn newest(&mut self, room: &RoomId, limit: usize) -> Option<Page> {
        self.uses += 1;
        let tail = self.rooms.get_mut(room).filter(|tail| tail.sure)?;
        let wanted = limit.min(usize::try_from(tail.head.messages).unwrap_or(usize::MAX));
        let skipped = tail.messages.len().checked_sub(wanted)?;
        tail.used = self.uses;
        Some(Page {
            head: tail.head,
            messages: tail.messages.iter().skip(skipped).cloned().collect(),
            notices: Vec::new(),
        })
    }

    /// Other tables are read from now on.
    pub fn clear(&mut self) {
        self.rooms.clear();
    }

    /// Forgets an eighth at a time, the longest unused, so that finding them costs little per room.
    fn forget_some(&mut self) {
        if self.rooms.len() <= self.rooms_max {
            return;
        }
        let mut used: Vec<_> = self.rooms.values().map(|tail| tail.used).collect();
        used.sort_unstable();
        let keep_from = used[self.rooms.len() - self.rooms_max + self.rooms_max / 8];
        self.rooms.retain(|_, tail| tail.used >= keep_from);
    }
}

impl HotTail {
    fn starting(change: u64, message: &Arc<Message>, used: u64) -> Self {
        let head = Head { change: change - 1, messages: message.number - 1 };
        let mut tail = Self { head, messages: VecDeque::new(), text_bytes: 0, sure: true, used };
        tail.take(change, &What::Posted(message.clone()));
        tail
    }

    fn take(&mut self, change: u64, what: &What) {
        self.head.change = change;
        self.sure = true;
        if let What::Posted(message) = what {
            self.head.messages = message.number;
            self.text_bytes += message.body.len();
            self.messages.push_back(message.clone());
        }
        while self.messages.len() > MESSAGES_MAX || self.text_bytes > TEXT_BYTES_MAX {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.text_bytes -= oldest.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::{Guest, GuestSession};

    use super::*;
    use crate::MessageId;

    fn posted(room: &RoomId, author: &Guest, number: u64, body: &str) -> Change {
        let id = MessageId::random();
        let message = Message::after(None, number, id, author.clone(), body.into(), 0);
        Change { room: room.clone(), number: number + 1, what: What::Posted(Arc::new(message)) }
    }

    fn numbers(page: Option<Page>) -> Option<Vec<u64>> {
        page.map(|page| page.messages.iter().map(|message| message.number).collect())
    }

    #[test]
    fn the_newest_are_here_once_enough_was_said() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        assert_eq!(hot.newest(&kitchen, 2), None, "nothing was said yet");
        for number in 7..=9 {
            hot.committed(&posted(&kitchen, &ana, number, "hi"));
        }
        assert_eq!(numbers(hot.newest(&kitchen, 2)), Some(vec![8, 9]));
        assert_eq!(numbers(hot.newest(&kitchen, 3)), Some(vec![7, 8, 9]));
        assert_eq!(hot.newest(&kitchen, 4), None, "number 6 is only in the tables");
        let head = hot.newest(&kitchen, 1).expect("it is here").head;
        assert_eq!(head, Head { change: 10, messages: 9 });
    }

    #[test]
    fn a_young_room_is_here_as_a_whole() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        hot.committed(&posted(&kitchen, &ana, 1, "hi"));
        assert_eq!(numbers(hot.newest(&kitchen, 50)), Some(vec![1]));
    }

    #[test]
    fn what_is_in_doubt_is_not_told() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        hot.committed(&posted(&kitchen, &ana, 1, "hi"));
        hot.doubt(&kitchen);
        assert_eq!(hot.newest(&kitchen, 1), None);
        hot.committed(&posted(&kitchen, &ana, 2, "ho"));
        assert_eq!(numbers(hot.newest(&kitchen, 2)), Some(vec![1, 2]));
    }

    #[test]
    fn a_change_that_was_never_told_leaves_no_gap() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        hot.committed(&posted(&kitchen, &ana, 1, "hi"));
        hot.committed(&posted(&kitchen, &ana, 3, "hello?"));
        assert_eq!(hot.newest(&kitchen, 2), None);
        assert_eq!(numbers(hot.newest(&kitchen, 1)), Some(vec![3]));
    }

    #[test]
    fn memory_is_bounded() {
        let ana = GuestSession::fresh().guest();
        let mut hot = HotTails::new(16);
        let rooms: Vec<_> = (0..100).map(|_| RoomId::random()).collect();
        for room in &rooms {
            hot.committed(&posted(room, &ana, 1, "hi"));
            assert!(hot.rooms.len() <= 16);
            assert!(hot.newest(room, 1).is_some(), "the latest stays");
        }
        let kitchen = &rooms[99];
        for number in 2..=200 {
            hot.committed(&posted(kitchen, &ana, number, "hi"));
        }
        assert_eq!(hot.rooms[kitchen].messages.len(), MESSAGES_MAX);
        for number in 201..=300 {
            hot.committed(&posted(kitchen, &ana, number, &"é".repeat(4_000)));
        }
        let tail = &hot.rooms[kitchen];
        assert!(tail.text_bytes <= TEXT_BYTES_MAX);
        assert_eq!(tail.text_bytes, tail.messages.iter().map(|m| m.body.len()).sum::<usize>());
        assert!(tail.messages.len() > 30);
    }
}
