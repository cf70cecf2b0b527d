//! What a durable queue is asked, and what that leads to in one append: pure.

use std::{collections::HashSet, sync::Arc};

use eventsourcing::StoreError;
use tokio::sync::oneshot;

use crate::{
    Job, JobId, PushError, Pushed, SourceError, StoreFault, journal::Event, schedule::Schedule,
};

type Reply<T, E> = oneshot::Sender<Result<T, E>>;

/// What the journal is asked.
pub(crate) enum Order<J> {
    Push {
        id: JobId,
        job: J,
        reply: Reply<Pushed, PushError>,
    },
    Revive {
        id: JobId,
        reply: Reply<bool, PushError>,
    },
    /// What has happened, whether it can be written or not.
    Note {
        events: Vec<Event<J>>,
        reply: Reply<(), SourceError>,
    },
    Drop {
        ids: Vec<JobId>,
        reply: Reply<(), SourceError>,
    },
}

/// Who is told once it is written.
pub(crate) enum Waiting {
    Push(Reply<Pushed, PushError>, Pushed),
    Revive(Reply<bool, PushError>),
    Note(Reply<(), SourceError>),
}

/// What is written in one append.
pub(crate) struct Group<J> {
    /// What has happened whether it can be written or not.
    pub facts: Vec<Event<J>>,
    /// What happens only if it is written.
    pub wishes: Vec<Event<J>>,
    pub waiting: Vec<Waiting>,
    /// Jobs that wait or run if the wishes come true, and did not before.
    new: HashSet<JobId>,
}

impl<J> Default for Group<J> {
    fn default() -> Self {
        let (facts, wishes, waiting) = (Vec::new(), Vec::new(), Vec::new());
        Self { facts, wishes, waiting, new: HashSet::new() }
    }
}

impl<J: Job> Group<J> {
    /// What `orders` lead to. Those that lead to nothing are answered at once.
    pub(crate) fn decide(
        orders: impl Iterator<Item = Order<J>>,
        schedule: &Schedule<J>,
        jobs_max: usize,
        closed: bool,
        now_ms: i64,
    ) -> Self {
        let mut group = Self::default();
        for order in orders {
            let room = match closed {
                true => Err(PushError::Closed),
                false if schedule.len() + group.new.len() >= jobs_max => Err(PushError::Full),
                false => Ok(()),
            };
            match order {
                Order::Push { id, job, reply } => {
                    group.push(id, job, reply, schedule, room, now_ms);
                }
                Order::Revive { id, reply } => group.revive(id, reply, schedule, room, now_ms),
                Order::Note { events, reply } => group.note(events, reply),
                Order::Drop { ids, reply } => {
                    group.wishes.extend(ids.into_iter().map(|id| Event::Dropped { id }));
                    group.waiting.push(Waiting::Note(reply));
                }
            }
        }
        group
    }

    /// What `orders` lead to if nothing can be written: what has happened all the same, and everybody
    /// who must be told.
    pub(crate) fn undecided(orders: impl Iterator<Item = Order<J>>) -> Self {
        let mut group = Self::default();
        for order in orders {
            match order {
                Order::Push { reply, .. } => group.waiting.push(Waiting::Push(reply, Pushed::New)),
                Order::Revive { reply, .. } => group.waiting.push(Waiting::Revive(reply)),
                Order::Note { events, reply } => group.note(events, reply),
                Order::Drop { reply, .. } => group.waiting.push(Waiting::Note(reply)),
            }
        }
        group
    }

    fn push(
        &mut self,
        id: JobId,
        job: J,
        reply: Reply<Pushed, PushError>,
        schedule: &Schedule<J>,
        room: Result<(), PushError>,
        now_ms: i64,
    ) {
        match room {
            Err(PushError::Closed) => answer(reply, Err(PushError::Closed)),
            _ if schedule.knows(&id) => answer(reply, Ok(Pushed::Known)),
            // Whoever was first with it is not sure of it yet either.
            _ if self.new.contains(&id) => self.waiting.push(Waiting::Push(reply, Pushed::Known)),
            Err(refused) => answer(reply, Err(refused)),
            Ok(()) => {
                self.new.insert(id.clone());
                self.wishes.push(Event::Queued { id, job, at_ms: now_ms });
                self.waiting.push(Waiting::Push(reply, Pushed::New));
            }
        }
    }

    fn revive(
        &mut self,
        id: JobId,
        reply: Reply<bool, PushError>,
        schedule: &Schedule<J>,
        room: Result<(), PushError>,
        now_ms: i64,
    ) {
        match room {
            Err(PushError::Closed) => answer(reply, Err(PushError::Closed)),
            _ if !schedule.is_dead(&id) || self.new.contains(&id) => answer(reply, Ok(false)),
            Err(refused) => answer(reply, Err(refused)),
            Ok(()) => {
                self.new.insert(id.clone());
                self.wishes.push(Event::Revived { id, at_ms: now_ms });
                self.waiting.push(Waiting::Revive(reply));
            }
        }
    }

    fn note(&mut self, events: Vec<Event<J>>, reply: Reply<(), SourceError>) {
        self.facts.extend(events);
        self.waiting.push(Waiting::Note(reply));
    }
}

impl Waiting {
    /// Whoever asked may be gone; it is written all the same.
    pub(crate) fn written(self) {
        match self {
            Self::Push(reply, pushed) => answer(reply, Ok(pushed)),
            Self::Revive(reply) => answer(reply, Ok(true)),
            Self::Note(reply) => answer(reply, Ok(())),
        }
    }

    pub(crate) fn failed(self, error: &StoreError) {
        let fault = StoreFault(error.clone());
        match self {
            Self::Push(reply, _) => answer(reply, Err(PushError::Store(fault))),
            Self::Revive(reply) => answer(reply, Err(PushError::Store(fault))),
            Self::Note(reply) => answer(reply, Err(SourceError(Arc::new(fault)))),
        }
    }
}

fn answer<T>(reply: oneshot::Sender<T>, answer: T) {
    let _ = reply.send(answer);
}
