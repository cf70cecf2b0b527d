//! Which lane is next, and whether it may start one more.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{LaneLimits, Rate};

/// The number of a job in the order of the queue.
pub(crate) type Number = u64;

/// Jobs that wait for their turn, by lane. Lanes that may start take turns; a lane's own jobs go in
/// the order of their numbers.
///
/// A lane is in `ready` or `paced` only if `place` says so, and at most once; so it has one turn per
/// round whatever comes and goes. One that is emptied stays in `ready` until its turn, which then
/// passes.
#[derive(Debug)]
pub(super) struct Lanes {
    limits: LaneLimits,
    lanes: HashMap<Arc<str>, Lane>,
    /// May start now, in the order of their turns.
    ready: VecDeque<Arc<str>>,
    /// Must wait for their rate.
    paced: BTreeSet<(Duration, Arc<str>)>,
    /// Have nothing to do, and are remembered until their rate has recovered.
    resting: BTreeSet<(Duration, Arc<str>)>,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeSet<Number>,
    running: usize,
    /// When the next start would be due if they came evenly: the theoretical arrival time of GCRA
    /// (ITU-T I.371).
    due: Duration,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Nowhere,
    Ready,
    /// Until then.
    Paced(Duration),
}

impl Lanes {
    pub(super) fn new(limits: LaneLimits) -> Self {
        let limits = LaneLimits { concurrency: limits.concurrency.max(1), ..limits };
        let (lanes, ready) = (HashMap::new(), VecDeque::new());
        Self { limits, lanes, ready, paced: BTreeSet::new(), resting: BTreeSet::new() }
    }

    /// Lets job `number` wait in `lane`.
    pub(super) fn add(&mut self, lane: &Arc<str>, number: Number, now: Duration) {
        self.lanes.entry(lane.clone()).or_default().waiting.insert(number);
        self.settle(lane, now);
    }

    /// Job `number` waits no more.
    pub(super) fn remove(&mut self, lane: &Arc<str>, number: Number, now: Duration) {
        if let Some(state) = self.lanes.get_mut(lane) {
            state.waiting.remove(&number);
            if let (true, Place::Paced(at)) = (state.waiting.is_empty(), state.place) {
                state.place = Place::Nowhere;
                self.paced.remove(&(at, lane.clone()));
            }
            self.settle(lane, now);
        }
    }

    /// The next job that may start; it counts as running from now on.
    pub(super) fn start(&mut self, now: Duration) -> Option<Number> {
        self.advance(now);
        while let Some(lane) = self.ready.pop_front() {
            let state = self.lanes.get_mut(&lane).expect("a lane with a place is remembered");
            state.place = Place::Nowhere;
            let started = state.waiting.pop_first();
            if started.is_some() {
                state.running += 1;
                if let Some(rate) = self.limits.rate {
                    state.due = state.due.max(now).saturating_add(rate.every);
                }
            }
            self.settle(&lane, now);
            if started.is_some() {
                return started;
            }
        }
        None
    }

    /// One that was running in `lane` is not any more.
    pub(super) fn ended(&mut self, lane: &Arc<str>, now: Duration) {
        if let Some(state) = self.lanes.get_mut(lane) {
            state.running = state.running.saturating_sub(1);
            self.settle(lane, now);
        }
    }

    /// Whether [`Lanes::start`] may have something, as far as was looked by now.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When a lane that waits for its rate may start.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.paced.first().map(|(at, _)| *at)
    }

    /// Moves on lanes whose time has come.
    fn advance(&mut self, now: Duration) {
        while let Some((_, lane)) = pop_due(&mut self.paced, now) {
            let state = self.lanes.get_mut(&lane).expect("a lane with a place is remembered");
            state.place = Place::Nowhere;
            self.settle(&lane, now);
        }
        while let Some((_, lane)) = pop_due(&mut self.resting, now) {
            self.settle(&lane, now);
        }
    }

    /// Gives a lane the place it should have now.
    fn settle(&mut self, name: &Arc<str>, now: Duration) {
        let Some(lane) = self.lanes.get_mut(name) else { return };
        if lane.place != Place::Nowhere {
            return;
        }
        if lane.waiting.is_empty() {
            if lane.running == 0 {
                self.rest(name, now);
            }
            return;
        }
        if lane.running >= self.limits.concurrency {
            return;
        }
        let at = self.limits.rate.map_or(Duration::ZERO, |rate| rate.earliest(lane.due));
        if at <= now {
            lane.place = Place::Ready;
            self.ready.push_back(name.clone());
        } else {
            lane.place = Place::Paced(at);
            self.paced.insert((at, name.clone()));
        }
    }

    fn rest(&mut self, name: &Arc<str>, now: Duration) {
        match self.lanes.get(name).map(|lane| lane.due) {
            Some(due) if due > now => drop(self.resting.insert((due, name.clone()))),
            _ => drop(self.lanes.remove(name)),
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.lanes.len()
    }
}

impl Rate {
    /// When the next one may start, if it would be due at `due`.
    fn earliest(self, due: Duration) -> Duration {
        due.saturating_sub(self.every.saturating_mul(self.burst.saturating_sub(1)))
    }
}

fn pop_due(
    waiting: &mut BTreeSet<(Duration, Arc<str>)>,
    now: Duration,
) -> Option<(Duration, Arc<str>)> {
    waiting.first().filter(|(at, _)| *at <= now)?;
    waiting.pop_first()
}
