//! The state and what time adds to it: when grace times end, and when changes are told.
//!
//! Pure: the time comes in.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::{Config, diff::Diff, state::State};

/// What the task of a presence works on.
#[derive(Debug)]
pub(crate) struct Tracker<M> {
    pub state: State<M>,
    grace: Duration,
    pace: Duration,
    /// Pages that were closed and when their grace time ends, in that order. One whose person came
    /// back is skipped when its turn comes.
    leaving: VecDeque<(Instant, u64)>,
    /// Until when changes are collected.
    quiet_until: Option<Instant>,
}

/// What came of looking at the time.
#[derive(Debug)]
pub(crate) struct Turn {
    /// What to tell.
    pub diffs: Vec<Diff>,
    /// When to look again, if nothing happens before.
    pub next: Option<Instant>,
}

impl<M> Tracker<M> {
    /// Nobody is here.
    pub fn new(config: &Config) -> Self {
        Self {
            state: State::new(config.node.clone(), config.run, config.emptied_topics_max),
            grace: config.grace,
            pace: config.pace,
            leaving: VecDeque::new(),
            quiet_until: None,
        }
    }

    /// Closes an own page; the grace time of its key begins when it was the last one.
    pub fn close(&mut self, number: u64, now: Instant, now_ms: i64) {
        if self.state.close(number, now_ms)
            // A time too far to be counted never comes.
            && let Some(end) = now.checked_add(self.grace)
        {
            self.leaving.push_back((end, number));
        }
    }

    /// Ends what is due, and gives out the news unless it gave out some just before.
    pub fn turn(&mut self, now: Instant, now_ms: i64) -> Turn {
        let next_end = self.end_due(now, now_ms);
        if self.quiet_until.is_some_and(|until| until <= now) {
            self.quiet_until = None;
        }
        if !self.state.has_news() {
            return Turn { diffs: Vec::new(), next: next_end };
        }
        if let Some(until) = self.quiet_until {
            let next = next_end.map_or(until, |end| end.min(until));
            return Turn { diffs: Vec::new(), next: Some(next) };
        }
        self.quiet_until = now.checked_add(self.pace);
        Turn { diffs: self.state.take_news(), next: next_end }
    }

    /// Ends the grace times that are over, and says when the next one is.
    fn end_due(&mut self, now: Instant, now_ms: i64) -> Option<Instant> {
        while let Some((end, number)) = self.leaving.front().copied() {
            let is_leaving = self.state.is_leaving(number);
            if is_leaving && end > now {
                return Some(end);
            }
            self.leaving.pop_front();
            self.state.end(number, now_ms);
        }
        // Gives back what a thousand pages that were closed at once took.
        self.leaving = VecDeque::new();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KITCHEN: &str = "room:kitchen";

    fn tracker() -> Tracker<u32> {
        Tracker::new(&Config::default())
    }

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn nothing_is_looked_at_while_nobody_is_leaving() {
        let (mut tracker, now) = (tracker(), Instant::now());
        assert_eq!(tracker.turn(now, 0).next, None);
        tracker.state.open(KITCHEN, "ana", 0, 0);
        let turn = tracker.turn(now, 0);
        assert_eq!((turn.diffs.len(), turn.next), (1, None));
    }

    #[test]
    fn the_first_change_is_told_at_once_and_the_next_ones_together() {
        let (mut tracker, now) = (tracker(), Instant::now());
        tracker.state.open(KITCHEN, "ana", 0, 0);
        assert_eq!(tracker.turn(now, 0).diffs.len(), 1);
        tracker.state.open(KITCHEN, "ben", 0, 0);
        let turn = tracker.turn(after(now, 1), 1);
        assert_eq!((turn.diffs.len(), turn.next), (0, Some(after(now, 100))));
        tracker.state.open(KITCHEN, "cem", 0, 0);
        let turn = tracker.turn(after(now, 100), 100);
        assert_eq!((turn.diffs.len(), turn.next), (1, None));
        assert_eq!(turn.diffs[0].joins.len(), 2);
        // Long after, the first one is told at once again.
        tracker.state.open(KITCHEN, "dan", 0, 0);
        assert_eq!(tracker.turn(after(now, 900), 900).diffs.len(), 1);
    }

    #[test]
    fn who_came_back_is_not_waited_for() {
        let (mut tracker, now) = (tracker(), Instant::now());
        let page = tracker.state.open(KITCHEN, "ana", 0, 0);
        tracker.close(page, now, 0);
        tracker.turn(now, 0);
        assert_eq!(tracker.turn(after(now, 1), 1).next, Some(after(now, 5_000)));
        tracker.state.open(KITCHEN, "ana", 0, 2);
        tracker.turn(after(now, 200), 200);
        assert_eq!(tracker.turn(after(now, 201), 201).next, None);
        assert!(tracker.leaving.is_empty());
    }

    #[test]
    fn a_grace_time_ends_also_while_changes_are_collected() {
        let config = Config { grace: Duration::from_millis(50), ..Config::default() };
        let (mut tracker, now) = (Tracker::new(&config), Instant::now());
        let page = tracker.state.open(KITCHEN, "ana", 0, 0);
        assert_eq!(tracker.turn(now, 0).diffs.len(), 1);
        tracker.close(page, now, 0);
        assert_eq!(tracker.turn(now, 0).next, Some(after(now, 50)));
        let turn = tracker.turn(after(now, 50), 50);
        assert_eq!((turn.diffs.len(), turn.next), (0, Some(after(now, 100))));
        assert!(!tracker.state.roster().contains(KITCHEN, "ana"));
    }

    #[test]
    fn a_grace_time_without_end_never_ends() {
        let config = Config { grace: Duration::MAX, ..Config::default() };
        let (mut tracker, now) = (Tracker::new(&config), Instant::now());
        let page = tracker.state.open(KITCHEN, "ana", 0, 0);
        tracker.close(page, now, 0);
        tracker.turn(now, 0);
        assert!(tracker.state.roster().contains(KITCHEN, "ana"));
    }
}
