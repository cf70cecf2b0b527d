//! Invitations to private chats that nobody answered in time, or whose inviter has left.

use eventsourcing::{CommandId, DispatchError};

use super::{Housekeeper, Run};
use crate::{
    Fault, Invite,
    pair::{Ask, Pair, pair_id},
};

/// How long somebody who invites may take until they open the room themselves, in milliseconds.
const ARRIVES_WITHIN_MS: i64 = 30_000;

/// When an invitation is over if nobody answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    at_ms: i64,
    /// It expires; or else it is withdrawn.
    expires: bool,
}

/// Who waits in the room for an answer keeps the invitation open until its time is up; the other one
/// is in the room only after accepting. Whoever left counts as there for `grace_ms`, so a room may
/// become empty by somebody who left before they invited, on their way back into it.
fn end_of(invite: &Invite, empty_since_ms: Option<i64>, grace_ms: i64) -> End {
    let expiry = End { at_ms: invite.until_ms, expires: true };
    let Some(since_ms) = empty_since_ms else { return expiry };
    let left = since_ms.saturating_sub(grace_ms) > invite.at_ms;
    let at_ms = if left { since_ms } else { invite.at_ms.saturating_add(ARRIVES_WITHIN_MS) };
    if at_ms < invite.until_ms { End { at_ms, expires: false } } else { expiry }
}

impl Housekeeper {
    /// Ends the invitations whose end has come.
    pub(super) async fn invitations(&self, now_ms: i64, run: &mut Run) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let invites = self.invites.pending(after.as_ref()).await?;
            let Some(last) = invites.last() else { return Ok(()) };
            after = Some(last.clone());
            for invite in invites {
                let end =
                    end_of(&invite, self.attendance.empty_since_ms(&invite.room), self.grace_ms());
                if end.at_ms > now_ms {
                    run.come_again_by(end.at_ms);
                } else if self.end(&invite, end, now_ms).await {
                    run.invites_expired += 1;
                }
            }
        }
    }

    /// When the invitation to `room` ends, if one waits there.
    pub(super) async fn invitation_ends_ms(&self, room: &crate::RoomId) -> Option<i64> {
        // A fault is in the log; the usual run comes all the same.
        let invite = self.invites.in_room(room, self.clock.now_ms()).await.ok()??;
        Some(end_of(&invite, self.attendance.empty_since_ms(room), self.grace_ms()).at_ms)
    }

    fn grace_ms(&self) -> i64 {
        self.settings.borrow().grace_ms
    }

    /// The pair decides: it knows of answers that cannot be read yet. True: it ended now.
    async fn end(&self, invite: &Invite, end: End, now_ms: i64) -> bool {
        let ask = match end.expires {
            true => Ask::Expire { at_ms: now_ms },
            false => Ask::Withdraw { by: invite.from.id.clone() },
        };
        let pair = pair_id(&invite.from.id, &invite.to);
        match self.dispatch.send::<Pair>(&pair, CommandId::random(), ask).await {
            Ok(receipt) => !receipt.is_empty(),
            Err(DispatchError::Refused(_) | DispatchError::Busy) => false,
            Err(error) => {
                Fault::log("ending an invitation", &error);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;

    use super::*;
    use crate::{RoomId, Slug};

    #[track_caller]
    fn check(sentence: &str, empty_since_ms: Option<i64>, at_ms: i64, expires: bool) {
        let invite = Invite {
            room: RoomId::random(),
            slug: Slug::parse("for-two").expect("a slug"),
            from: GuestSession::fresh().guest(),
            to: GuestSession::fresh().guest().id,
            at_ms: 100_000,
            until_ms: 700_000,
        };
        assert_eq!(end_of(&invite, empty_since_ms, 5_000), End { at_ms, expires }, "{sentence}");
    }

    #[test]
    fn ends() {
        check("whoever waits in the room waits as long as is allowed", None, 700_000, true);
        check("whoever leaves takes it back", Some(150_000), 150_000, false);
        check("whoever left before they invited may come back", Some(104_000), 130_000, false);
        check("whoever never comes does so too", Some(5_000), 130_000, false);
        check("it is over only once", Some(900_000), 700_000, true);
    }
}
