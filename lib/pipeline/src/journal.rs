//! What a durable queue writes into the log, and what it need not read again: pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eventsourcing::{EventPayload, Redaction, Version};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Job, JobId,
    schedule::{Arrival, Last, Moment, Number, Schedule},
};

/// Events before the newest one that are read at every start, so that jobs which were done lately
/// are known.
pub(crate) const TAIL: u64 = 10_000;

/// Open jobs that are written anew with one append, at most.
const CARRIED_MAX: usize = 64;

/// What happened to a job, as it is in the queue's stream. Attempts are not: they are counted anew
/// after a start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "J: Serialize", deserialize = "J: DeserializeOwned"))]
pub(crate) enum Event<J> {
    Queued {
        id: JobId,
        job: J,
        at_ms: i64,
    },
    Done {
        id: JobId,
    },
    Dead {
        id: JobId,
        last: Last,
    },
    Revived {
        id: JobId,
        at_ms: i64,
    },
    Dropped {
        id: JobId,
    },
    /// A job that is open for long, written anew so that a start need not read back to where it was
    /// queued. `number` is its place among the others.
    Carried {
        id: JobId,
        job: J,
        number: Number,
        at_ms: i64,
        last: Option<Last>,
    },
    /// What is left of an event when its job is settled.
    Cleared,
}

impl<J: Job> EventPayload for Event<J> {
    fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "Queued",
            Self::Done { .. } => "Done",
            Self::Dead { .. } => "Dead",
            Self::Revived { .. } => "Revived",
            Self::Dropped { .. } => "Dropped",
            Self::Carried { .. } => "Carried",
            Self::Cleared => "Cleared",
        }
    }

    fn redacted(&self) -> Option<Self> {
        self.text_of().map(|_| Self::Cleared)
    }
}

impl<J> Event<J> {
    /// The job whose text this has.
    fn text_of(&self) -> Option<&JobId> {
        match self {
            Self::Queued { id, .. } | Self::Dead { id, .. } | Self::Carried { id, .. } => Some(id),
            Self::Done { .. } | Self::Revived { .. } | Self::Dropped { .. } | Self::Cleared => None,
        }
    }
}

impl<J: Job> Event<J> {
    /// The job as it is carried.
    pub(crate) fn carried((arrival, last): (Arrival<J>, Option<Last>)) -> Self {
        let Arrival { id, job, number, pushed_at_ms } = arrival;
        Self::Carried { id, job, number, at_ms: pushed_at_ms, last }
    }

    /// Brings `schedule` to what it is after this event, the stream's `version`. It changes nothing a
    /// second time. Returns the dead letters that had to go.
    pub(crate) fn apply(
        self,
        version: Version,
        schedule: &mut Schedule<J>,
        now: Moment,
    ) -> Vec<JobId> {
        match self {
            Self::Queued { id, job, at_ms } => {
                schedule.push(Arrival { id, job, number: version, pushed_at_ms: at_ms }, now);
            }
            Self::Done { id } => schedule.done(&id, now),
            Self::Dead { id, last } => return schedule.give_up(&id, last, now),
            Self::Revived { id, at_ms } => schedule.revive(&id, version, at_ms, now),
            Self::Dropped { id } => schedule.discard(&id, now),
            Self::Carried { id, job, number, at_ms, last } => {
                if schedule.describe(&id).is_none() {
                    let arrival = Arrival { id: id.clone(), job, number, pushed_at_ms: at_ms };
                    schedule.push(arrival, now);
                    return last.map_or(Vec::new(), |last| schedule.give_up(&id, last, now));
                }
            }
            Self::Cleared => {}
        }
        Vec::new()
    }
}

/// Where in the stream the text of which job is, and which of it is no longer needed.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The last version that was read or written.
    version: Version,
    /// The text of jobs that are open: waiting, running or dead.
    open: BTreeMap<Version, JobId>,
    places: HashMap<JobId, Vec<Version>>,
    /// The text of jobs that are settled.
    spent: BTreeSet<Version>,
}

impl Ledger {
    /// For a stream whose events up to `version` need not be read.
    pub(crate) fn after(version: Version) -> Self {
        Self { version, ..Self::default() }
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Takes note of the stream's next event.
    pub(crate) fn note<J>(&mut self, version: Version, event: &Event<J>) {
        self.version = version;
        match event {
            Event::Done { id } | Event::Dropped { id } => return self.close(id),
            // Its job was settled, and only this is not cleared yet.
            Event::Dead { id, .. } if !self.places.contains_key(id) => {
                self.spent.insert(version);
                return;
            }
            Event::Carried { id, .. } => self.close(id),
            _ => {}
        }
        if let Some(id) = event.text_of() {
            self.open.insert(version, id.clone());
            self.places.entry(id.clone()).or_default().push(version);
        }
    }

    /// The job's text is no longer needed.
    pub(crate) fn close(&mut self, id: &JobId) {
        for version in self.places.remove(id).unwrap_or_default() {
            self.open.remove(&version);
            self.spent.insert(version);
        }
    }

    /// Up to where nothing need be read at the next start.
    pub(crate) fn checkpoint(&self) -> Version {
        let needed = [self.open.keys().next(), self.spent.first()];
        let first = needed.into_iter().flatten().min().map_or(self.version, |first| first - 1);
        first.min(self.version.saturating_sub(TAIL))
    }

    /// Open jobs that are so far back that reading up to them would take long: more than twice what
    /// is read anyway, and twice as much as there is to carry. So a job is carried once in so many
    /// events, and what is read stays in proportion to what is open.
    pub(crate) fn to_carry(&self) -> Vec<JobId> {
        let far = 2 * (TAIL + self.open.len() as u64);
        let before = self.version.saturating_sub(far);
        let old: BTreeSet<_> =
            self.open.range(..before).map(|(_, id)| id).take(CARRIED_MAX).collect();
        old.into_iter().cloned().collect()
    }

    /// How many events have text that is no longer needed.
    pub(crate) fn spent(&self) -> usize {
        self.spent.len()
    }

    /// What takes the place of the first `max` of them.
    pub(crate) fn redactions(&self, max: usize) -> Vec<Redaction> {
        // A unit variant is the same JSON whatever the job.
        let cleared = |&version| Redaction { version, schema: 1, payload: r#""Cleared""#.into() };
        self.spent.iter().take(max).map(cleared).collect()
    }

    /// They are unreadable now.
    pub(crate) fn redacted(&mut self, redactions: &[Redaction]) {
        for redaction in redactions {
            self.spent.remove(&redaction.version);
        }
    }
}
