//! Which job is next: pure. What time it is comes with every call.

mod lanes;
mod remembered;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use self::{lanes::Lanes, remembered::Remembered};
use crate::{Job, JobId, Taken};

pub(crate) use self::lanes::Number;

/// Ids of jobs that were done, which are remembered.
pub(crate) const DONE_MAX: usize = 10_000;

/// What jobs share limits with.
pub type Lane = String;

/// What one lane may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// Jobs of one lane that run at a time.
    pub concurrency: usize,
    /// How often a job of one lane may start; `None`: as often as they end.
    pub rate: Option<Rate>,
}

/// So many at once, and one more every so often (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may start at once.
    pub burst: u32,
    /// How long until one more may.
    pub every: Duration,
}

/// A job as it is listed.
#[derive(Clone, Debug)]
pub struct Listed<J> {
    /// Which job.
    pub id: JobId,
    /// What is to be done.
    pub job: J,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it was pushed, in milliseconds since the Unix epoch.
    pub pushed_at_ms: i64,
    /// What it waits for.
    pub waiting: Waiting,
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its turn.
    Turn,
    /// Its next attempt.
    Retry {
        /// When that is, in milliseconds since the Unix epoch.
        at_ms: i64,
        /// What went wrong last.
        why: String,
    },
    /// Nothing: it is being worked on.
    Running,
}

/// A job that was given up, until somebody retries or discards it.
#[derive(Clone, Debug)]
pub struct DeadLetter<J> {
    /// Which job.
    pub id: JobId,
    /// What was to be done.
    pub job: J,
    /// Why it was given up.
    pub why: String,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it was given up, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// One moment, on both clocks: `at` since the queue was opened, which only goes forward and is what
/// waits are counted in; `wall_ms` since the Unix epoch, which is what people read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub at: Duration,
    pub wall_ms: i64,
}

/// Every job of a queue, and which one is next.
///
/// A job is in exactly one of: `jobs` (it waits or runs), `dead`. `orphans` are those that were
/// discarded while they ran: their lane counts them until they end, and a job that is pushed under
/// the same id meanwhile is held back until then, since only one of them can be told about.
#[derive(Debug)]
pub(crate) struct Schedule<J> {
    jobs: HashMap<JobId, Entry<J>>,
    /// The same in the order they were pushed.
    order: BTreeMap<Number, JobId>,
    lanes: Lanes,
    retries: BTreeSet<(Duration, Number)>,
    orphans: HashMap<JobId, Arc<str>>,
    /// In the order they were given up.
    dead: BTreeMap<u64, DeadLetter<J>>,
    dead_ids: HashMap<JobId, u64>,
    next_dead: u64,
    dead_max: usize,
    done: Remembered,
}

/// How a job ended that was given up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Last {
    pub why: String,
    pub attempts: u32,
    pub at_ms: i64,
}

/// A job on its way into the schedule.
#[derive(Debug)]
pub(crate) struct Arrival<J> {
    pub id: JobId,
    pub job: J,
    /// Its place among all jobs, which nobody else has.
    pub number: Number,
    pub pushed_at_ms: i64,
}

#[derive(Debug)]
struct Entry<J> {
    number: Number,
    job: J,
    lane: Arc<str>,
    attempts: u32,
    pushed_at_ms: i64,
    /// Since when it could have been taken, its lane and its turn aside.
    since: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Turn,
    /// An orphan of the same id still runs.
    Held,
    Retry {
        at: Duration,
        at_ms: i64,
        why: String,
    },
    Running,
}

impl<J: Job> Schedule<J> {
    pub(crate) fn new(limits: LaneLimits, dead_max: usize) -> Self {
        Self {
            jobs: HashMap::new(),
            order: BTreeMap::new(),
            lanes: Lanes::new(limits),
            retries: BTreeSet::new(),
            orphans: HashMap::new(),
            dead: BTreeMap::new(),
            dead_ids: HashMap::new(),
            next_dead: 0,
            dead_max,
            done: Remembered::new(DONE_MAX),
        }
    }

    /// Jobs that wait or run.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether a job of this id waits, runs, was given up, or was done lately.
    pub(crate) fn knows(&self, id: &JobId) -> bool {
        self.jobs.contains_key(id) || self.dead_ids.contains_key(id) || self.done.contains(id)
    }

    /// Whether it is being worked on, and what comes of it counts.
    pub(crate) fn runs(&self, id: &JobId) -> bool {
        !self.orphans.contains_key(id)
            && self.jobs.get(id).is_some_and(|entry| matches!(entry.state, State::Running))
    }

    /// Whether anything is being worked on.
    pub(crate) fn is_running(&self) -> bool {
        !self.orphans.is_empty()
            || self.jobs.values().any(|entry| matches!(entry.state, State::Running))
    }

    pub(crate) fn is_dead(&self, id: &JobId) -> bool {
        self.dead_ids.contains_key(id)
    }

    /// How often the job was begun.
    pub(crate) fn attempts(&self, id: &JobId) -> u32 {
        self.jobs.get(id).map_or(0, |entry| entry.attempts)
    }

    /// The number that comes after all of those who are here.
    pub(crate) fn next_number(&self) -> Number {
        self.order.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    /// Adds a job to its lane. One that is here is left as it is.
    pub(crate) fn push(&mut self, arrival: Arrival<J>, now: Moment) {
        let Arrival { id, job, number, pushed_at_ms } = arrival;
        if self.jobs.contains_key(&id) || self.dead_ids.contains_key(&id) {
            return;
        }
        let lane = Arc::from(job.lane());
        let state = if self.orphans.contains_key(&id) { State::Held } else { State::Turn };
        if matches!(state, State::Turn) {
            self.lanes.add(&lane, number, now.at);
        }
        self.order.insert(number, id.clone());
        let entry = Entry { number, job, lane, attempts: 0, pushed_at_ms, since: now.at, state };
        self.jobs.insert(id, entry);
    }

    /// At most `demand` jobs whose turn it is; they run from now on.
    pub(crate) fn take(&mut self, demand: usize, now: Moment) -> Vec<Taken<J>> {
        self.retry_due(now);
        let mut taken = Vec::new();
        while taken.len() < demand {
            let Some(number) = self.lanes.start(now.at) else { break };
            let id = self.order[&number].clone();
            let entry = self.jobs.get_mut(&id).expect("every number is a job's");
            entry.state = State::Running;
            entry.attempts += 1;
            taken.push(Taken {
                id,
                job: entry.job.clone(),
                attempt: entry.attempts,
                waited: now.at.saturating_sub(entry.since),
            });
        }
        taken
    }

    /// Whether [`Schedule::take`] may have something, as far as it looked by now.
    pub(crate) fn is_ready(&self) -> bool {
        self.lanes.is_ready()
    }

    /// When there may be something to take although nothing else happens.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        let retry = self.retries.first().map(|(at, _)| *at);
        retry.into_iter().chain(self.lanes.next_at()).min()
    }

    fn retry_due(&mut self, now: Moment) {
        while let Some(&(at, number)) = self.retries.first().filter(|(at, _)| *at <= now.at) {
            self.retries.pop_first();
            let entry = self.jobs.get_mut(&self.order[&number]).expect("every number is a job's");
            entry.state = State::Turn;
            entry.since = at;
            self.lanes.add(&entry.lane, number, now.at);
        }
    }

    /// The job is done, and remembered for a while.
    pub(crate) fn done(&mut self, id: &JobId, now: Moment) {
        if !self.end_orphan(id, now) {
            self.take_out(id, now);
            self.done.add(id.clone());
        }
    }

    /// The job is tried again later.
    pub(crate) fn retry(&mut self, id: &JobId, after: Duration, why: String, now: Moment) {
        let Some(entry) = self.stop_running(id, now) else { return };
        let at = now.at.saturating_add(after);
        let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
        entry.state = State::Retry { at, at_ms: now.wall_ms.saturating_add(after_ms), why };
        let number = entry.number;
        self.retries.insert((at, number));
    }

    /// The job was not begun: it goes back to where it was in its lane.
    pub(crate) fn release(&mut self, id: &JobId, now: Moment) {
        let Some(entry) = self.stop_running(id, now) else { return };
        entry.state = State::Turn;
        entry.attempts = entry.attempts.saturating_sub(1);
        let (lane, number) = (entry.lane.clone(), entry.number);
        self.lanes.add(&lane, number, now.at);
    }

    /// The job is given up. Returns the dead letters that had to go for it.
    pub(crate) fn give_up(&mut self, id: &JobId, last: Last, now: Moment) -> Vec<JobId> {
        if self.end_orphan(id, now) {
            return Vec::new();
        }
        let Some(Entry { job, .. }) = self.take_out(id, now) else { return Vec::new() };
        let Last { why, attempts, at_ms } = last;
        self.dead_ids.insert(id.clone(), self.next_dead);
        self.dead.insert(self.next_dead, DeadLetter { id: id.clone(), job, why, attempts, at_ms });
        self.next_dead += 1;
        let mut gone = Vec::new();
        while self.dead.len() > self.dead_max
            && let Some((_, oldest)) = self.dead.pop_first()
        {
            self.dead_ids.remove(&oldest.id);
            gone.push(oldest.id);
        }
        gone
    }

    /// Puts a dead letter back into its lane.
    pub(crate) fn revive(&mut self, id: &JobId, number: Number, pushed_at_ms: i64, now: Moment) {
        let dead = self.dead_ids.remove(id).and_then(|number| self.dead.remove(&number));
        if let Some(DeadLetter { id, job, .. }) = dead {
            self.push(Arrival { id, job, number, pushed_at_ms }, now);
        }
    }

    /// Forgets a job or a dead letter.
    pub(crate) fn discard(&mut self, id: &JobId, now: Moment) {
        if let Some(number) = self.dead_ids.remove(id) {
            self.dead.remove(&number);
        } else if self.runs(id) {
            let entry = self.jobs.remove(id).expect("it runs");
            self.order.remove(&entry.number);
            self.orphans.insert(id.clone(), entry.lane);
        } else {
            self.take_out(id, now);
        }
    }

    /// What must be known to have it again: the job, its number, when it was pushed, and how it ended
    /// if it is a dead letter, which has no number.
    pub(crate) fn describe(&self, id: &JobId) -> Option<(Arrival<J>, Option<Last>)> {
        let arrival = |job: &J, number, pushed_at_ms| Arrival {
            id: id.clone(),
            job: job.clone(),
            number,
            pushed_at_ms,
        };
        if let Some(entry) = self.jobs.get(id) {
            return Some((arrival(&entry.job, entry.number, entry.pushed_at_ms), None));
        }
        let dead = &self.dead[self.dead_ids.get(id)?];
        let DeadLetter { job, why, attempts, at_ms, .. } = dead;
        let last = Last { why: why.clone(), attempts: *attempts, at_ms: *at_ms };
        Some((arrival(job, 0, *at_ms), Some(last)))
    }

    /// Ids of what waits, runs or is dead, and that `which` is for.
    pub(crate) fn find(&self, which: impl Fn(&JobId, &J) -> bool) -> Vec<JobId> {
        let jobs = self.order.values().filter(|id| which(id, &self.jobs[*id].job));
        let dead = self.dead.values().filter(|dead| which(&dead.id, &dead.job));
        jobs.chain(dead.map(|dead| &dead.id)).cloned().collect()
    }

    pub(crate) fn list(&self) -> Vec<Listed<J>> {
        self.order.values().map(|id| self.jobs[id].listed(id)).collect()
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter<J>> {
        self.dead.values().rev().cloned().collect()
    }

    /// Ends what was discarded while it ran. Whoever waited under the same id has its turn now.
    fn end_orphan(&mut self, id: &JobId, now: Moment) -> bool {
        let Some(lane) = self.orphans.remove(id) else { return false };
        self.lanes.ended(&lane, now.at);
        if let Some(entry) = self.jobs.get_mut(id) {
            entry.state = State::Turn;
            self.lanes.add(&entry.lane, entry.number, now.at);
        }
        true
    }

    /// `None`: it does not run, or nobody wants to know.
    fn stop_running(&mut self, id: &JobId, now: Moment) -> Option<&mut Entry<J>> {
        if self.end_orphan(id, now) {
            return None;
        }
        let entry = self.jobs.get_mut(id).filter(|entry| matches!(entry.state, State::Running))?;
        self.lanes.ended(&entry.lane, now.at);
        entry.since = now.at;
        Some(entry)
    }

    /// Takes a job out of everything, whatever it waits for.
    fn take_out(&mut self, id: &JobId, now: Moment) -> Option<Entry<J>> {
        let entry = self.jobs.remove(id)?;
        self.order.remove(&entry.number);
        match entry.state {
            State::Turn => self.lanes.remove(&entry.lane, entry.number, now.at),
            State::Held => {}
            State::Retry { at, .. } => drop(self.retries.remove(&(at, entry.number))),
            State::Running => self.lanes.ended(&entry.lane, now.at),
        }
        Some(entry)
    }
}

impl<J: Job> Entry<J> {
    fn listed(&self, id: &JobId) -> Listed<J> {
        let waiting = match &self.state {
            State::Turn | State::Held => Waiting::Turn,
            State::Retry { at_ms, why, .. } => Waiting::Retry { at_ms: *at_ms, why: why.clone() },
            State::Running => Waiting::Running,
        };
        Listed {
            id: id.clone(),
            job: self.job.clone(),
            attempts: self.attempts,
            pushed_at_ms: self.pushed_at_ms,
            waiting,
        }
    }
}
