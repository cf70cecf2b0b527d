//! Who was here lately, in memory: most uses of a session need not be stored.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use crate::{GuestId, GuestSession, SessionId, SessionInfo, person::SEEN_EVERY_MS};

/// Sessions that are remembered. When there are more, the eighth that was seen longest ago is
/// forgotten: what was stored of them stays.
const SESSIONS_MAX: usize = 8_192;

#[derive(Default)]
pub(crate) struct Sightings(Mutex<HashMap<SessionId, Sighting>>);

struct Sighting {
    person: GuestId,
    browser: String,
    first_ms: i64,
    last_ms: i64,
    told_ms: i64,
}

impl Sightings {
    /// Takes note, and says whether it is time to store it.
    pub fn see(&self, session: &GuestSession, browser: String, now_ms: i64) -> bool {
        let mut sightings = self.lock();
        if let Some(known) = sightings.get_mut(session.session_id()) {
            known.last_ms = now_ms;
            known.browser = browser;
            let due = now_ms - known.told_ms >= SEEN_EVERY_MS;
            known.told_ms = if due { now_ms } else { known.told_ms };
            return due;
        }
        if sightings.len() >= SESSIONS_MAX {
            forget_an_eighth(&mut sightings);
        }
        let person = session.guest_id();
        let (first_ms, last_ms, told_ms) = (now_ms, now_ms, now_ms);
        let sighting = Sighting { person, browser, first_ms, last_ms, told_ms };
        sightings.insert(session.session_id().clone(), sighting);
        true
    }

    pub fn forget(&self, session: &SessionId) {
        self.lock().remove(session);
    }

    pub fn belongs_to(&self, session: &SessionId, person: &GuestId) -> bool {
        self.lock().get(session).is_some_and(|sighting| sighting.person == *person)
    }

    /// Adds what was seen of `person` to what was stored.
    pub fn add_to(&self, sessions: &mut Vec<SessionInfo>, person: &GuestId) {
        let sightings = self.lock();
        for (id, sighting) in sightings.iter().filter(|(_, seen)| seen.person == *person) {
            match sessions.iter_mut().find(|session| session.id == *id) {
                Some(session) => session.seen_at_ms = session.seen_at_ms.max(sighting.last_ms),
                None => sessions.push(SessionInfo {
                    id: id.clone(),
                    browser: sighting.browser.clone(),
                    opened_at_ms: sighting.first_ms,
                    seen_at_ms: sighting.last_ms,
                }),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Sighting>> {
        self.0.lock().expect("no panic while the sightings are held")
    }
}

fn forget_an_eighth(sightings: &mut HashMap<SessionId, Sighting>) {
    let mut seen: Vec<_> = sightings.values().map(|sighting| sighting.last_ms).collect();
    seen.sort_unstable();
    let before_ms = seen[SESSIONS_MAX / 8];
    sightings.retain(|_, sighting| sighting.last_ms > before_ms);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_stored_once_an_hour() {
        let (sightings, ana) = (Sightings::default(), GuestSession::fresh());
        let see = |now_ms| sightings.see(&ana, "Firefox".into(), now_ms);
        assert!(see(0), "the first since the start");
        assert!(!see(SEEN_EVERY_MS - 1));
        assert!(see(SEEN_EVERY_MS));
        assert!(!see(SEEN_EVERY_MS + 1));
    }

    #[test]
    fn what_was_seen_is_added_to_what_was_stored() {
        let (sightings, ana, ben) =
            (Sightings::default(), GuestSession::fresh(), GuestSession::fresh());
        sightings.see(&ana, "Firefox".into(), 5);
        sightings.see(&ana, "Firefox".into(), 9);
        sightings.see(&ben, "Chrome".into(), 7);
        let listed = |stored: &[SessionInfo]| {
            let mut sessions = stored.to_vec();
            sightings.add_to(&mut sessions, &ana.guest_id());
            sessions
        };
        let (id, browser) = (ana.session_id().clone(), "Firefox".to_owned());
        let seen = SessionInfo { id, browser, opened_at_ms: 5, seen_at_ms: 9 };
        assert_eq!(listed(&[]), std::slice::from_ref(&seen));
        let stored = SessionInfo { opened_at_ms: 1, seen_at_ms: 2, ..seen.clone() };
        assert_eq!(listed(&[stored]), [SessionInfo { opened_at_ms: 1, ..seen }]);
        assert!(sightings.belongs_to(ana.session_id(), &ana.guest_id()));
        assert!(!sightings.belongs_to(ana.session_id(), &ben.guest_id()));
        sightings.forget(ana.session_id());
        assert_eq!(listed(&[]), []);
    }

    #[test]
    fn the_ones_seen_longest_ago_are_forgotten() {
        let (sightings, first) = (Sightings::default(), GuestSession::fresh());
        sightings.see(&first, "Firefox".into(), 0);
        for now_ms in 1..=SESSIONS_MAX as i64 {
            sightings.see(&GuestSession::fresh(), "Firefox".into(), now_ms);
        }
        assert!(sightings.lock().len() < SESSIONS_MAX);
        assert!(!sightings.belongs_to(first.session_id(), &first.guest_id()));
    }
}
