//! Whatever comes in whatever order: as a plain model of it says.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

/// A job whose lane is its number of three.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cup(u8);

impl Job for Cup {
    fn lane(&self) -> String {
        lane_of(self.0).to_string()
    }
}

const LANES: u8 = 3;
const CUPS: u8 = 9;
const DEAD_MAX: usize = 3;

fn lane_of(cup: u8) -> u8 {
    cup % LANES
}

fn id(cup: u8) -> JobId {
    JobId::new(&format!("cup-{cup}")).expect("a valid id")
}

fn moment(ms: u64) -> Moment {
    Moment { at: Duration::from_millis(ms), wall_ms: ms as i64 }
}

fn last() -> Last {
    Last { why: "cold".into(), attempts: 1, at_ms: 0 }
}

fn limits(concurrency: usize, rate: Option<(u32, u64)>) -> LaneLimits {
    let rate = rate.map(|(burst, ms)| Rate { burst, every: Duration::from_millis(ms) });
    LaneLimits { concurrency, rate }
}

/// What is done to a schedule. A cup that is settled is one of those that run, the so-many-th.
#[derive(Clone, Debug)]
enum Act {
    Push(u8),
    Take(usize),
    Done(usize),
    Retry(usize, u64),
    Release(usize),
    GiveUp(usize),
    Revive(u8),
    Discard(u8),
    Pass(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0..CUPS).prop_map(Act::Push),
        6 => (1..4usize).prop_map(Act::Take),
        3 => (0..9usize).prop_map(Act::Done),
        2 => (0..9usize, 0..30u64).prop_map(|(which, after)| Act::Retry(which, after)),
        1 => (0..9usize).prop_map(Act::Release),
        1 => (0..9usize).prop_map(Act::GiveUp),
        1 => (0..CUPS).prop_map(Act::Revive),
        1 => (0..CUPS).prop_map(Act::Discard),
        4 => (0..20u64).prop_map(Act::Pass),
    ];
    vec(act, 0..120)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    /// From this time on.
    Waiting(u64),
    Running,
}

/// The plain model: lists, looked through from the beginning each time.
struct Model {
    limits: LaneLimits,
    now: u64,
    next: Number,
    jobs: BTreeMap<u8, (Number, Is)>,
    /// Everything handed out and not settled, discarded or not, in the order it was.
    running: Vec<(u8, bool)>,
    dead: Vec<u8>,
    started: [Vec<u64>; LANES as usize],
    /// How often another lane started since this one could have.
    passed_over: [[u32; LANES as usize]; LANES as usize],
}

impl Model {
    fn new(limits: LaneLimits) -> Self {
        Self {
            limits,
            now: 0,
            next: 0,
            jobs: BTreeMap::new(),
            running: Vec::new(),
            dead: Vec::new(),
            started: Default::default(),
            passed_over: Default::default(),
        }
    }

    fn next_number(&mut self) -> Number {
        self.next += 1;
        self.next
    }

    fn orphan(&self, cup: u8) -> bool {
        self.running.contains(&(cup, true))
    }

    /// The first of a lane that waits, and since when it could start.
    fn first(&self, lane: u8, at: u64) -> Option<u8> {
        let of_lane = self.jobs.iter().filter(|(cup, _)| lane_of(**cup) == lane);
        let waiting = of_lane.filter_map(|(cup, (number, is))| match is {
            Is::Waiting(from) if *from <= at && !self.orphan(*cup) => Some((*number, *cup)),
            _ => None,
        });
        waiting.min().map(|(_, cup)| cup)
    }

    fn has_room(&self, lane: u8) -> bool {
        let running = self.running.iter().filter(|(cup, _)| lane_of(*cup) == lane).count();
        running < self.limits.concurrency
    }

    /// When a lane's rate allows one more: any `burst + n` starts take `n` steps or longer.
    fn paced(&self, lane: u8) -> u64 {
        let Some(rate) = self.limits.rate else { return 0 };
        let (every, started) = (rate.every.as_millis() as u64, &self.started[lane as usize]);
        let over = started.iter().rev().enumerate().map(|(back, at)| {
            let steps = (back as u64 + 2).saturating_sub(u64::from(rate.burst.max(1)));
            if steps == 0 { 0 } else { at + steps * every }
        });
        over.max().unwrap_or(0)
    }

    fn may_start(&self, lane: u8) -> bool {
        self.has_room(lane) && self.paced(lane) <= self.now && self.first(lane, self.now).is_some()
    }

    /// The next moment at which time alone lets something start or be tried again.
    fn next_at(&self) -> Option<u64> {
        let retries = self.jobs.iter().filter_map(|(_, (_, is))| match is {
            Is::Waiting(from) if *from > self.now => Some(*from),
            _ => None,
        });
        let lanes = (0..LANES).filter(|lane| {
            self.has_room(*lane) && self.first(*lane, self.now).is_some() && !self.may_start(*lane)
        });
        retries.chain(lanes.map(|lane| self.paced(lane))).min()
    }

    /// Checks that `cup` may start, and that nobody was passed over for it.
    fn start(&mut self, cup: u8) {
        let lane = lane_of(cup);
        assert!(self.may_start(lane), "lane {lane} may not start anything");
        assert_eq!(self.first(lane, self.now), Some(cup), "not the first of its lane");
        for other in 0..LANES {
            let passed = &mut self.passed_over[other as usize][lane as usize];
            *passed += 1;
            let twice = *passed > 1 && other != lane;
            assert!(!(twice && self.may_start(other)), "lane {other} waits and {lane} goes twice");
        }
        self.passed_over[lane as usize] = Default::default();
        self.started[lane as usize].push(self.now);
        self.running.push((cup, false));
        self.jobs.get_mut(&cup).expect("it waits").1 = Is::Running;
    }

    /// Lanes that cannot start are not passed over.
    fn forget_passed(&mut self) {
        for lane in 0..LANES {
            if !self.may_start(lane) {
                self.passed_over[lane as usize] = Default::default();
            }
        }
    }

    /// Takes the `which`-th of what runs; says whether it counts.
    fn end(&mut self, which: usize) -> Option<(u8, bool)> {
        let at = which.checked_rem(self.running.len())?;
        let (cup, orphan) = self.running.remove(at);
        Some((cup, !orphan))
    }
}

struct Pair {
    model: Model,
    schedule: Schedule<Cup>,
}

impl Pair {
    fn now(&self) -> Moment {
        moment(self.model.now)
    }

    fn act(&mut self, act: Act) {
        let now = self.now();
        let Self { model, schedule } = self;
        match act {
            Act::Push(cup) => {
                if !schedule.knows(&id(cup)) {
                    let number = model.next_number();
                    model.jobs.insert(cup, (number, Is::Waiting(0)));
                    let arrival = Arrival { id: id(cup), job: Cup(cup), number, pushed_at_ms: 0 };
                    schedule.push(arrival, now);
                }
            }
            Act::Take(demand) => self.take(demand),
            Act::Done(which) => {
                let Some((cup, counts)) = model.end(which) else { return };
                schedule.done(&id(cup), now);
                if counts {
                    model.jobs.remove(&cup);
                    // So that it can be pushed again, and more can happen.
                    schedule.done = Remembered::new(DONE_MAX);
                }
            }
            Act::Retry(which, after) => {
                let Some((cup, counts)) = model.end(which) else { return };
                schedule.retry(&id(cup), Duration::from_millis(after), "cold".into(), now);
                if counts {
                    model.jobs.get_mut(&cup).expect("it ran").1 = Is::Waiting(model.now + after);
                }
            }
            Act::Release(which) => {
                let Some((cup, counts)) = model.end(which) else { return };
                schedule.release(&id(cup), now);
                if counts {
                    model.jobs.get_mut(&cup).expect("it ran").1 = Is::Waiting(0);
                }
            }
            Act::GiveUp(which) => {
                let Some((cup, counts)) = model.end(which) else { return };
                let gone = schedule.give_up(&id(cup), last(), now);
                if counts {
                    model.jobs.remove(&cup);
                    model.dead.push(cup);
                    let over = model.dead.len().saturating_sub(DEAD_MAX);
                    let over: Vec<_> = model.dead.drain(..over).map(id).collect();
                    assert_eq!(gone, over);
                }
            }
            Act::Revive(cup) => {
                assert_eq!(schedule.is_dead(&id(cup)), model.dead.contains(&cup));
                if model.dead.contains(&cup) {
                    model.dead.retain(|dead| *dead != cup);
                    let number = model.next_number();
                    model.jobs.insert(cup, (number, Is::Waiting(0)));
                    schedule.revive(&id(cup), number, 0, now);
                }
            }
            Act::Discard(cup) => {
                schedule.discard(&id(cup), now);
                model.dead.retain(|dead| *dead != cup);
                if let Some((_, Is::Running)) = model.jobs.remove(&cup) {
                    let running =
                        model.running.iter_mut().find(|running| **running == (cup, false));
                    running.expect("it runs").1 = true;
                }
            }
            Act::Pass(ms) => model.now += ms,
        }
        self.model.forget_passed();
    }

    fn take(&mut self, demand: usize) {
        let now = self.now();
        let taken = self.schedule.take(demand, now);
        assert!(taken.len() <= demand, "more than asked for");
        for Taken { job: Cup(cup), .. } in &taken {
            self.model.start(*cup);
            self.model.forget_passed();
        }
        if taken.len() < demand {
            assert!((0..LANES).all(|lane| !self.model.may_start(lane)), "somebody could start");
            let next = self.model.next_at().map(Duration::from_millis);
            assert_eq!(self.schedule.next_at(), next, "when the next one may");
        }
    }

    /// Nothing is lost, and nothing is twice.
    fn check(&self) {
        let mut jobs: Vec<_> =
            self.model.jobs.iter().map(|(cup, (at, is))| (at, cup, is)).collect();
        jobs.sort_by_key(|(at, ..)| **at);
        let listed = self.schedule.list();
        assert_eq!(listed.len(), jobs.len());
        assert_eq!(self.schedule.len(), jobs.len());
        for (listed, (_, cup, is)) in listed.iter().zip(jobs) {
            assert_eq!((&listed.id, listed.job.0), (&id(*cup), *cup));
            assert_eq!(matches!(listed.waiting, Waiting::Running), *is == Is::Running);
            assert_eq!(self.schedule.runs(&id(*cup)), *is == Is::Running);
        }
        let dead: Vec<_> = self.schedule.dead_letters().iter().map(|dead| dead.job.0).collect();
        assert!(dead.iter().eq(self.model.dead.iter().rev()));
        assert_eq!(self.schedule.is_running(), !self.model.running.is_empty());
    }

    /// Everything comes to its end, and nothing is left of it.
    fn finish(mut self) {
        while !self.model.jobs.is_empty() || !self.model.running.is_empty() {
            self.act(Act::Take(3));
            while !self.model.running.is_empty() {
                self.act(Act::Done(0));
            }
            self.act(Act::Pass(50));
        }
        self.act(Act::Pass(10_000));
        self.act(Act::Take(1));
        assert_eq!(self.schedule.lanes.remembered(), 0, "an idle lane is forgotten");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn any_order_is_as_the_model_says(
        acts in acts(),
        concurrency in 1..3usize,
        rate in proptest::option::of((1..3u32, 1..15u64)),
    ) {
        let limits = limits(concurrency, rate);
        let schedule = Schedule::new(limits, DEAD_MAX);
        let mut pair = Pair { model: Model::new(limits), schedule };
        for act in acts {
            pair.act(act);
            pair.check();
        }
        pair.finish();
    }
}

fn pushed(schedule: &mut Schedule<Cup>, cups: impl IntoIterator<Item = u8>) {
    for (number, cup) in (0..).zip(cups) {
        let arrival = Arrival { id: id(cup), job: Cup(cup), number, pushed_at_ms: 5 };
        schedule.push(arrival, moment(0));
    }
}

fn take(schedule: &mut Schedule<Cup>, demand: usize, ms: u64) -> Vec<u8> {
    schedule.take(demand, moment(ms)).iter().map(|taken| taken.job.0).collect()
}

#[test]
fn lanes_take_turns_and_each_keeps_its_order() {
    let mut schedule = Schedule::new(limits(9, None), 9);
    pushed(&mut schedule, [0, 3, 6, 1, 4, 2]);
    assert_eq!(take(&mut schedule, 9, 0), [0, 1, 2, 3, 4, 6]);
}

#[test]
fn a_lane_starts_as_often_as_its_rate_says() {
    let mut schedule = Schedule::new(limits(9, Some((2, 100))), 9);
    pushed(&mut schedule, [0, 3, 6, 9]);
    assert_eq!(take(&mut schedule, 9, 10), [0, 3]);
    assert_eq!(schedule.next_at(), Some(Duration::from_millis(110)));
    assert!(take(&mut schedule, 9, 109).is_empty());
    assert_eq!(take(&mut schedule, 9, 110), [6]);
    assert_eq!(take(&mut schedule, 9, 1_000), [9]);
}

#[test]
fn attempts_are_counted_and_releasing_takes_one_back() {
    let mut schedule = Schedule::new(limits(1, None), 9);
    pushed(&mut schedule, [0]);
    let attempt = |schedule: &mut Schedule<Cup>, ms| {
        schedule.take(1, moment(ms)).first().map(|taken| (taken.attempt, taken.waited.as_millis()))
    };
    assert_eq!(attempt(&mut schedule, 7), Some((1, 7)));
    schedule.release(&id(0), moment(10));
    assert_eq!(attempt(&mut schedule, 11), Some((1, 1)));
    schedule.retry(&id(0), Duration::from_millis(50), "cold".into(), moment(20));
    let waiting = Waiting::Retry { at_ms: 70, why: "cold".into() };
    assert_eq!(schedule.list()[0].waiting, waiting);
    assert_eq!(attempt(&mut schedule, 69), None);
    assert_eq!(attempt(&mut schedule, 75), Some((2, 5)));
}

#[test]
fn a_job_that_was_discarded_while_it_ran_gives_way_to_another_one_of_its_name() {
    let mut schedule = Schedule::new(limits(2, None), 9);
    pushed(&mut schedule, [0]);
    assert_eq!(take(&mut schedule, 1, 0), [0]);
    schedule.discard(&id(0), moment(0));
    assert!(!schedule.knows(&id(0)) && schedule.list().is_empty());
    pushed(&mut schedule, [0]);
    assert!(take(&mut schedule, 1, 0).is_empty(), "only one of a name is worked on");
    schedule.done(&id(0), moment(1));
    assert_eq!(take(&mut schedule, 1, 1), [0]);
}

#[test]
fn what_was_done_is_known_until_many_others_were() {
    let mut remembered = Remembered::new(2);
    for cup in [1, 2, 2, 3] {
        remembered.add(id(cup));
    }
    let known: Vec<_> = (1..=3).filter(|cup| remembered.contains(&id(*cup))).collect();
    assert_eq!(known, [2, 3]);
}

#[test]
fn a_lane_that_was_emptied_keeps_its_turn() {
    let mut schedule = Schedule::new(limits(1, None), 9);
    pushed(&mut schedule, [0, 1, 3]);
    schedule.done(&id(0), moment(0));
    schedule.give_up(&id(1), last(), moment(0));
    schedule.revive(&id(1), 9, 0, moment(0));
    assert_eq!(take(&mut schedule, 2, 0), [3, 1]);
}
