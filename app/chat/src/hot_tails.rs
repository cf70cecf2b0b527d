//! The newest messages and notices of active rooms, in memory. Pure: the projection says what
//! happens.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{Change, Head, Message, Notice, Page, RoomId, What, timeline::NOTICES_MAX};

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

/// The last messages of a room, without gaps, and what happened besides.
#[derive(Debug)]
struct HotTail {
    head: Head,
    messages: VecDeque<Arc<Message>>,
    /// As many as a page may have: more are never asked for.
    notices: VecDeque<Arc<Notice>>,
    /// Every notice from this change on is here.
    from_change: u64,
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
            (_, What::Erased) => {
                self.rooms.remove(&change.room);
            }
            (Some(tail), what) => {
                tail.take(change.number, what);
                tail.used = used;
            }
            (None, What::Opened | What::Posted(_)) => {
                let tail = HotTail::starting(change, used);
                self.rooms.insert(change.room.clone(), tail);
                self.forget_some();
            }
            (None, _) => {
                self.rooms.remove(&change.room);
            }
        }
    }

    /// How far the room is, if it is here.
    pub fn head(&self, room: &RoomId) -> Option<Head> {
        self.rooms.get(room).filter(|tail| tail.sure).map(|tail| tail.head)
    }

    /// The last `limit` messages and their notices, if they are all here.
    pub fn newest(&mut self, room: &RoomId, limit: usize) -> Option<Page> {
        self.uses += 1;
        let tail = self.rooms.get_mut(room).filter(|tail| tail.sure)?;
        let page = tail.newest(limit)?;
        tail.used = self.uses;
        Some(page)
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
    /// Begins with an opening or a message: what is before them is not needed to show it.
    fn starting(change: &Change, used: u64) -> Self {
        let messages = match &change.what {
            What::Posted(message) => message.number - 1,
            _ => 0,
        };
        let mut tail = Self {
            head: Head { change: change.number - 1, messages },
            messages: VecDeque::new(),
            notices: VecDeque::new(),
            // Change 1 is the opening, which is no notice.
            from_change: if change.number <= 2 { 0 } else { change.number },
            text_bytes: 0,
            sure: true,
            used,
        };
        tail.take(change.number, &change.what);
        tail
    }

    fn newest(&self, limit: usize) -> Option<Page> {
        let wanted = limit.min(usize::try_from(self.head.messages).unwrap_or(usize::MAX));
        let skipped = self.messages.len().checked_sub(wanted)?;
        let first = self.messages.get(skipped).map(|first| &**first);
        let notices = match Page::notices_from(self.head, first) {
            Some(from) if from < self.from_change => return None,
            Some(from) => self.notices.iter().filter(|one| one.change >= from).cloned().collect(),
            None => Vec::new(),
        };
        let messages = self.messages.iter().skip(skipped).cloned().collect();
        Some(Page { head: self.head, messages, notices })
    }

    fn take(&mut self, change: u64, what: &What) {
        self.head.change = change;
        self.sure = true;
        match what {
            What::Posted(message) => {
                self.head.messages = message.number;
                self.text_bytes += message.text_bytes();
                self.messages.push_back(message.clone());
            }
            What::Edited(message) => self.exchange(message),
            What::Noticed(notice) => self.notices.push_back(notice.clone()),
            What::Opened | What::Unseen | What::Erased => {}
        }
        self.shorten();
    }

    /// An older message than those here is in the tables, and nothing here says otherwise.
    fn exchange(&mut self, message: &Arc<Message>) {
        let first = self.messages.front().map_or(u64::MAX, |first| first.number);
        let place = message.number.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(known) = place.and_then(|at| self.messages.get_mut(at)) {
            self.text_bytes = self.text_bytes - known.text_bytes() + message.text_bytes();
            *known = message.clone();
        }
    }

    fn shorten(&mut self) {
        while self.messages.len() > MESSAGES_MAX || self.text_bytes > TEXT_BYTES_MAX {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.text_bytes -= oldest.text_bytes();
            self.from_change = self.messages.front().map_or(u64::MAX, |first| first.change);
        }
        let from_change = self.from_change;
        while self.notices.len() > NOTICES_MAX
            || self.notices.front().is_some_and(|oldest| oldest.change < from_change)
        {
            self.notices.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::{Guest, GuestSession};

    use super::*;
    use crate::{Happening, Manner, MessageId, event::Posted};

    fn message(author: &Guest, number: u64, body: &str) -> Message {
        let (id, author, body) = (MessageId::random(), author.clone(), body.into());
        let posted = Posted { number, id, author, manner: Manner::Said, body, at_ms: 0 };
        Message::after(None, number + 1, posted)
    }

    fn posted(room: &RoomId, author: &Guest, number: u64, body: &str) -> Change {
        let what = What::Posted(Arc::new(message(author, number, body)));
        Change { room: room.clone(), number: number + 1, what }
    }

    fn left(room: &RoomId, who: &Guest, change: u64) -> Change {
        let notice = Notice { change, by: who.clone(), what: Happening::Left, at_ms: 0 };
        Change { room: room.clone(), number: change, what: What::Noticed(Arc::new(notice)) }
    }

    fn noticed(page: Option<Page>) -> Option<Vec<u64>> {
        page.map(|page| page.notices.iter().map(|notice| notice.change).collect())
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
    fn a_room_is_here_from_its_opening_on() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        hot.committed(&Change { room: kitchen.clone(), number: 1, what: What::Opened });
        hot.committed(&left(&kitchen, &ana, 2));
        assert_eq!(noticed(hot.newest(&kitchen, 5)), Some(vec![2]), "before anything was said");
        let mut first = message(&ana, 1, "hi");
        first.change = 3;
        let what = What::Posted(Arc::new(first));
        hot.committed(&Change { room: kitchen.clone(), number: 3, what });
        hot.committed(&left(&kitchen, &ana, 4));
        assert_eq!(noticed(hot.newest(&kitchen, 5)), Some(vec![2, 4]));
        assert_eq!(noticed(hot.newest(&kitchen, 0)), Some(vec![]), "they belong to messages");
        hot.committed(&Change { room: kitchen.clone(), number: 5, what: What::Erased });
        assert_eq!(hot.newest(&kitchen, 5), None);
    }

    #[test]
    fn notices_before_the_first_message_here_are_only_in_the_tables() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        let mut first = message(&ana, 1, "hi");
        first.change = 9;
        let what = What::Posted(Arc::new(first));
        hot.committed(&Change { room: kitchen.clone(), number: 9, what });
        assert_eq!(hot.newest(&kitchen, 5), None, "what happened before it was not told");
        assert_eq!(hot.head(&kitchen), Some(Head { change: 9, messages: 1 }));
    }

    #[test]
    fn an_edit_takes_the_place_of_what_was_said() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        for number in 4..=6 {
            hot.committed(&posted(&kitchen, &ana, number, "hi"));
        }
        for (change, number) in [(8, 5), (9, 3)] {
            let what = What::Edited(Arc::new(message(&ana, number, "hello")));
            hot.committed(&Change { room: kitchen.clone(), number: change, what });
        }
        let page = hot.newest(&kitchen, 3).expect("they are here");
        let bodies: Vec<_> = page.messages.iter().map(|m| m.body.as_str()).collect();
        assert_eq!(bodies, ["hi", "hello", "hi"]);
        assert_eq!(page.head, Head { change: 9, messages: 6 });
        assert_eq!(hot.rooms[&kitchen].text_bytes, "hihellohi".len());
    }

    #[test]
    fn notices_go_with_the_messages_they_stand_between() {
        let (ana, kitchen) = (GuestSession::fresh().guest(), RoomId::random());
        let mut hot = HotTails::new(8);
        let mut change = 1;
        hot.committed(&Change { room: kitchen.clone(), number: change, what: What::Opened });
        for number in 1..=150 {
            change += 1;
            let mut said = message(&ana, number, "hi");
            said.change = change;
            let what = What::Posted(Arc::new(said));
            hot.committed(&Change { room: kitchen.clone(), number: change, what });
            change += 1;
            hot.committed(&left(&kitchen, &ana, change));
        }
        let tail = &hot.rooms[&kitchen];
        assert_eq!((tail.messages.len(), tail.notices.len()), (MESSAGES_MAX, MESSAGES_MAX));
        for _ in 0..300 {
            change += 1;
            hot.committed(&left(&kitchen, &ana, change));
        }
        assert_eq!(hot.rooms[&kitchen].notices.len(), NOTICES_MAX);
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
