//! Which sessions count no more, in memory, because every page asks.

use std::collections::{HashSet, VecDeque};

use eventsourcing::{Aggregate as _, ApplyError, MemoryProjection, Recorded};

use crate::{
    GuestId, SESSION_MAX_MS, SessionId,
    person::{Event, Person},
};

/// A session that was closed, and whose it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub person: GuestId,
    pub session: SessionId,
}

/// The sessions that were closed and whose cookies may still be around: those of the last 60 days,
/// as of the newest closing. Earlier cookies are no longer read.
#[derive(Default)]
pub(crate) struct ClosedSessions {
    known: HashSet<SessionId>,
    oldest_first: VecDeque<(i64, SessionId)>,
}

impl ClosedSessions {
    pub fn contains(&self, session: &SessionId) -> bool {
        self.known.contains(session)
    }

    fn close(&mut self, session: SessionId, at_ms: i64) {
        if self.known.insert(session.clone()) {
            self.oldest_first.push_back((at_ms, session));
        }
        while let Some((_, old)) =
            self.oldest_first.pop_front_if(|(closed_ms, _)| at_ms - *closed_ms > SESSION_MAX_MS)
        {
            self.known.remove(&old);
        }
    }
}

impl MemoryProjection for ClosedSessions {
    type Change = Closing;

    const NAME: &'static str = "closed_sessions";

    fn apply(&mut self, event: &Recorded, changes: &mut Vec<Closing>) -> Result<(), ApplyError> {
        if event.stream.kind() != Person::KIND || event.name != "SessionClosed" {
            return Ok(());
        }
        let Event::SessionClosed { session, at_ms } = event.decode()? else { return Ok(()) };
        let person = GuestId::parse(event.stream.id());
        let person = person.map_err(|error| ApplyError::Other(error.to_string()))?;
        self.close(session.clone(), at_ms);
        changes.push(Closing { person, session });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GuestSession;

    #[test]
    fn a_closed_session_is_known_until_its_cookie_is_too_old() {
        let ids: Vec<_> = (0..3).map(|_| GuestSession::fresh().session_id().clone()).collect();
        let mut closed = ClosedSessions::default();
        closed.close(ids[0].clone(), 0);
        closed.close(ids[0].clone(), 1);
        closed.close(ids[1].clone(), SESSION_MAX_MS);
        assert!(closed.contains(&ids[0]) && closed.contains(&ids[1]) && !closed.contains(&ids[2]));
        closed.close(ids[2].clone(), SESSION_MAX_MS + 1);
        assert!(!closed.contains(&ids[0]) && closed.contains(&ids[1]) && closed.contains(&ids[2]));
    }
}
