//! The newest events in memory, so that those who follow the log do not read the file for each.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use crate::{LogPage, Position, Recorded};

/// More bytes of payload than this are not kept, however few events they are.
const BYTES_MAX: usize = 4 << 20;

/// Holds the events after `start`, without gaps.
#[derive(Debug)]
pub(super) struct Tail {
    max: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The position before the first event here.
    start: Position,
    watermark: Position,
    bytes: usize,
    events: VecDeque<Recorded>,
}

impl Tail {
    pub(super) fn new(watermark: Position, max: usize) -> Self {
        let state = State { start: watermark, watermark, bytes: 0, events: VecDeque::new() };
        Self { max, state: Mutex::new(state) }
    }

    /// Adds what was committed, in the order of positions.
    pub(super) fn extend(&self, events: Vec<Recorded>) {
        let mut state = self.lock();
        for event in events {
            state.watermark = event.position;
            state.bytes += event.payload.len();
            state.events.push_back(event);
        }
        while state.events.len() > self.max || state.bytes > BYTES_MAX {
            let Some(oldest) = state.events.pop_front() else { break };
            state.start = oldest.position;
            state.bytes -= oldest.payload.len();
        }
    }

    /// The page after `after`, if all of it is here.
    pub(super) fn page(&self, after: Position, max: usize) -> Option<LogPage> {
        let state = self.lock();
        if after < state.start {
            return None;
        }
        let skip = (after.serial - state.start.serial) as usize;
        let events: Vec<_> = state.events.iter().skip(skip).take(max).cloned().collect();
        let next = events.last().map_or(after, |event| event.position);
        Some(LogPage { events, next, watermark: state.watermark })
    }

    /// Drops everything: the file has other payloads now.
    pub(super) fn forget(&self) {
        let mut state = self.lock();
        state.start = state.watermark;
        state.bytes = 0;
        state.events = VecDeque::new();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while the tail is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamId;

    fn event(serial: u64) -> Recorded {
        Recorded {
            position: Position::serial(serial),
            stream: StreamId::new("room", "kitchen"),
            version: serial,
            name: "Posted".into(),
            schema: 1,
            recorded_ms: 0,
            payload: "{}".into(),
            redacted: false,
        }
    }

    fn serials(page: LogPage) -> Vec<u64> {
        page.events.iter().map(|event| event.position.serial).collect()
    }

    #[test]
    fn it_answers_for_what_it_has_and_no_more() {
        let tail = Tail::new(Position::serial(10), 3);
        assert_eq!(tail.page(Position::serial(9), 9), None);
        assert_eq!(serials(tail.page(Position::serial(10), 9).expect("nothing new")), [0; 0]);
        tail.extend((11..=15).map(event).collect());
        assert_eq!(tail.page(Position::serial(11), 9), None);
        assert_eq!(serials(tail.page(Position::serial(12), 9).expect("kept")), [13, 14, 15]);
        assert_eq!(serials(tail.page(Position::serial(13), 1).expect("kept")), [14]);
        tail.forget();
        assert_eq!(tail.page(Position::serial(14), 9), None);
        assert!(tail.page(Position::serial(15), 9).expect("the head").is_last());
    }
}
