//! Ending what has had its time: which rooms and invitations, when, and how often that was done.

mod invitations;

use std::sync::{Arc, Mutex, MutexGuard};

use eventsourcing::{CommandId, Dispatch, DispatchError};
use tasks::Clock;
use tokio::sync::watch;

use crate::{
    Activity, Attendance, Chat, Directory, Fault, Retention, RoomId, RoomSummary, Settings, Status,
    invites::Invites,
    room::{Command, Room},
};

/// Rooms looked at together.
const PAGE_MAX: usize = 500;

/// What the housekeeper did since the start, and when it comes again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    pub runs: u64,
    /// `None`: not yet.
    pub last_run_ms: Option<i64>,
    /// `None`: it does not come again, because everything stops.
    pub next_run_ms: Option<i64>,
    pub rooms_erased: u64,
    /// Messages that were in those rooms.
    pub messages_erased: u64,
    /// Invitations that nobody answered in time, or whose inviter had left.
    pub invites_expired: u64,
}

impl Chat {
    /// What the housekeeper did, and when it comes again.
    pub fn housekeeping(&self) -> Housekeeping {
        *self.0.housekeeper.record()
    }

    /// Ends now what has had its time, whenever the housekeeper comes next.
    pub async fn keep_house(&self) -> Housekeeping {
        self.0.housekeeper.run().await
    }

    /// When `room` will be erased if nobody comes and nothing is said, in milliseconds since the
    /// Unix epoch. `None`: never, or not while somebody is there.
    pub fn deadline(&self, room: &RoomSummary) -> Option<i64> {
        deadline_ms(room, self.0.attendance.empty_since_ms(&room.id))
    }
}

/// When nobody was there and nothing was said for long enough. `None` while somebody is there.
pub(crate) fn deadline_ms(room: &RoomSummary, empty_since_ms: Option<i64>) -> Option<i64> {
    let Retention::Fleeting { idle_ms } = room.retention else { return None };
    if matches!(room.status, Status::Erased { .. }) {
        return None;
    }
    Some(room.active_at_ms.max(empty_since_ms?).saturating_add(idle_ms))
}

/// Ends what has had its time.
pub(crate) struct Housekeeper {
    clock: Clock,
    settings: watch::Receiver<Settings>,
    dispatch: Dispatch,
    directory: Directory,
    attendance: Attendance,
    invites: Invites,
    record: Mutex<Housekeeping>,
    /// One run after the other, so that nothing is counted twice.
    running: tokio::sync::Mutex<()>,
}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Run {
    rooms_erased: u64,
    messages_erased: u64,
    invites_expired: u64,
    /// The nearest deadline that is still to come.
    next_deadline_ms: Option<i64>,
}

impl Run {
    fn come_again_by(&mut self, deadline_ms: i64) {
        let known_ms = self.next_deadline_ms.unwrap_or(i64::MAX);
        self.next_deadline_ms = Some(known_ms.min(deadline_ms));
    }
}

impl Housekeeper {
    pub fn new(
        clock: Clock,
        settings: watch::Receiver<Settings>,
        dispatch: Dispatch,
        directory: Directory,
        attendance: Attendance,
        invites: Invites,
    ) -> Arc<Self> {
        let (record, running) = (Mutex::default(), tokio::sync::Mutex::default());
        Arc::new(Self {
            clock,
            settings,
            dispatch,
            directory,
            attendance,
            invites,
            record,
            running,
        })
    }

    /// Follows the settings.
    pub fn settings(&self) -> watch::Receiver<Settings> {
        self.settings.clone()
    }

    /// How long until the next run.
    pub fn pause(&self) -> std::time::Duration {
        let next_ms = self.record().next_run_ms.unwrap_or_default();
        let pause_ms = next_ms.saturating_sub(self.clock.now_ms()).max(0);
        std::time::Duration::from_millis(pause_ms.unsigned_abs())
    }

    /// Ends what has had its time, and says when to come again: at the next deadline that is known,
    /// or after the usual time. What failed is tried again then.
    pub async fn run(&self) -> Housekeeping {
        let _one = self.running.lock().await;
        let now_ms = self.clock.now_ms();
        let every_ms = self.settings.borrow().housekeeping_every_ms.max(1);
        let usual_ms = now_ms.saturating_add(every_ms);
        let mut run = Run::default();
        // What failed is in the log already, and does not keep the rest waiting.
        let _rooms = self.rooms(now_ms, usual_ms, &mut run).await;
        let _invitations = self.invitations(now_ms, &mut run).await;
        let next_ms = run.next_deadline_ms.map_or(usual_ms, |deadline| deadline.min(usual_ms));
        let record = self.note(run, now_ms, next_ms);
        report(&run, &record);
        record
    }

    /// Comes earlier if a room, in which something happened, has a deadline before the next run.
    /// What happens in a room mostly happens while somebody is there: that costs no question.
    pub async fn reconsider(&self, activity: &Activity) {
        for room in activity.rooms.iter().filter(|room| self.attendance.count(room) == 0) {
            // A fault is in the log; the usual run comes all the same.
            let found = self.directory.by_id(room).await.ok().flatten();
            let empty_since_ms = self.attendance.empty_since_ms(room);
            let expires_ms = found.and_then(|room| deadline_ms(&room, empty_since_ms));
            let ends_ms = self.invitation_ends_ms(room).await;
            for deadline_ms in expires_ms.into_iter().chain(ends_ms) {
                let mut record = self.record();
                record.next_run_ms = record.next_run_ms.map(|next| next.min(deadline_ms));
            }
        }
    }

    /// It does not come again.
    pub fn stopped(&self) {
        self.record().next_run_ms = None;
    }

    /// Erases the fleeting rooms whose time is up. Only those are asked for whose last message is
    /// long enough ago to matter before `usual_ms`.
    async fn rooms(&self, now_ms: i64, usual_ms: i64, run: &mut Run) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rooms = self.directory.fleeting(usual_ms, after, PAGE_MAX).await?;
            let is_last = rooms.len() < PAGE_MAX;
            after = rooms.last().map(|room| room.id.clone());
            for room in rooms {
                self.room(&room, now_ms, run).await;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn room(&self, room: &RoomSummary, now_ms: i64, run: &mut Run) {
        let empty_since_ms = self.attendance.empty_since_ms(&room.id);
        match deadline_ms(room, empty_since_ms).zip(empty_since_ms) {
            Some((deadline_ms, _)) if deadline_ms > now_ms => run.come_again_by(deadline_ms),
            Some((_, empty_since_ms)) if self.expire(&room.id, empty_since_ms, now_ms).await => {
                run.rooms_erased += 1;
                run.messages_erased += room.messages;
            }
            Some(_) | None => {}
        }
    }

    /// The room decides: it knows of messages that cannot be read yet. True: it was erased now.
    async fn expire(&self, room: &RoomId, empty_since_ms: i64, at_ms: i64) -> bool {
        let expire = Command::Expire { empty_since_ms, at_ms };
        let sent = self.dispatch.send::<Room>(room.as_str(), CommandId::random(), expire).await;
        match sent {
            Ok(receipt) => !receipt.is_empty(),
            Err(DispatchError::Refused(_) | DispatchError::Busy) => false,
            Err(error) => {
                Fault::log("ending a room whose time is up", &error);
                false
            }
        }
    }

    fn note(&self, run: Run, now_ms: i64, next_ms: i64) -> Housekeeping {
        let mut record = self.record();
        record.runs += 1;
        record.last_run_ms = Some(now_ms);
        record.next_run_ms = Some(next_ms);
        record.rooms_erased += run.rooms_erased;
        record.messages_erased += run.messages_erased;
        record.invites_expired += run.invites_expired;
        *record
    }

    fn record(&self) -> MutexGuard<'_, Housekeeping> {
        self.record.lock().expect("no panic while the record is held")
    }
}

/// Runs that did nothing are told to whoever wants to know everything.
fn report(run: &Run, total: &Housekeeping) {
    if *run == (Run { next_deadline_ms: run.next_deadline_ms, ..Run::default() }) {
        tracing::debug!(runs = total.runs, "the house was looked after; nothing had had its time");
        return;
    }
    tracing::info!(
        runs = total.runs,
        rooms.erased = run.rooms_erased,
        rooms.erased_in_total = total.rooms_erased,
        messages.erased = run.messages_erased,
        messages.erased_in_total = total.messages_erased,
        invites.expired = run.invites_expired,
        invites.expired_in_total = total.invites_expired,
        "the house was looked after",
    );
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;

    use super::*;
    use crate::{Slug, Visibility, event::Opening};

    fn room(retention: Retention) -> RoomSummary {
        let opening = Opening {
            slug: Slug::parse("campfire").expect("a slug"),
            title: None,
            owner: GuestSession::fresh().guest(),
            visibility: Visibility::Public,
            retention,
            with: None,
            at_ms: 1_000,
        };
        RoomSummary::opened(RoomId::random(), opening)
    }

    #[track_caller]
    fn check(
        sentence: &str,
        room: &RoomSummary,
        empty_since_ms: Option<i64>,
        expected: Option<i64>,
    ) {
        assert_eq!(deadline_ms(room, empty_since_ms), expected, "{sentence}");
    }

    #[test]
    fn deadlines() {
        let fleeting = room(Retention::Fleeting { idle_ms: 500 });
        check("not while somebody is there", &fleeting, None, None);
        check("after the last one went", &fleeting, Some(2_000), Some(2_500));
        check("after the last message", &fleeting, Some(10), Some(1_500));
        check("a room that is kept has none", &room(Retention::Kept), Some(2_000), None);
        let ended = RoomSummary {
            status: Status::Ended { at_ms: 1_200, reason: None },
            ..fleeting.clone()
        };
        check("one that has ended goes too", &ended, Some(2_000), Some(2_500));
        let erased = Status::Erased { at_ms: 1_800, messages: 0, expired: true };
        let erased = RoomSummary { status: erased, ..fleeting };
        check("nothing goes twice", &erased, Some(2_000), None);
        let long = room(Retention::Fleeting { idle_ms: i64::MAX });
        check("the end of time is no overflow", &long, Some(2_000), Some(i64::MAX));
    }
}
