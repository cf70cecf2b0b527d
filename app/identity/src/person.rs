//! What a person is called and where they are signed in: commands, events, rules.

use std::{collections::BTreeMap, convert::Infallible};

use eventsourcing::{Aggregate, EventPayload};
use serde::{Deserialize, Serialize};

use crate::{GuestName, SESSION_MAX_MS, SessionId};

/// Sessions a person may have at a time; one more closes the one that was used longest ago.
pub const SESSIONS_MAX: usize = 50;
/// How exactly it is known when a session was last used, in milliseconds.
pub const SEEN_EVERY_MS: i64 = 60 * 60 * 1000;

/// A person who was named or signed in. Guests who did neither are in their cookies alone.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Person {
    name: Option<GuestName>,
    renames: u64,
    signed_in: bool,
    /// When each open session was last used.
    sessions: BTreeMap<SessionId, i64>,
    picture: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// `from` is the name in the cookie; what was recorded is newer.
    Rename {
        from: GuestName,
        to: GuestName,
        at_ms: i64,
    },
    SignIn(SignIn),
    See {
        session: SessionId,
        browser: String,
        at_ms: i64,
    },
    /// `proven`: whoever asks has the session's cookie, or was seen with it.
    Close {
        session: SessionId,
        proven: bool,
        at_ms: i64,
    },
    Picture {
        content: String,
        at_ms: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    /// The name in the cookie of the browser that signs in.
    pub name: GuestName,
    /// What the provider calls them.
    pub suggested: Option<GuestName>,
    /// The provider's label, and the account's name there.
    pub provider: String,
    pub login: String,
    pub session: SessionId,
    pub browser: String,
    /// The session that this one takes the place of.
    pub closes: Option<SessionId>,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The name was recorded for the first time, as it was.
    Named {
        name: GuestName,
        at_ms: i64,
    },
    /// `number` counts the renames of a person from 1.
    Renamed {
        from: GuestName,
        to: GuestName,
        number: u64,
        at_ms: i64,
    },
    SignedIn {
        provider: String,
        login: String,
        at_ms: i64,
    },
    SessionOpened {
        session: SessionId,
        browser: String,
        at_ms: i64,
    },
    SessionSeen {
        session: SessionId,
        browser: String,
        at_ms: i64,
    },
    SessionClosed {
        session: SessionId,
        at_ms: i64,
    },
    Pictured {
        content: String,
        at_ms: i64,
    },
}

impl EventPayload for Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Named { .. } => "Named",
            Self::Renamed { .. } => "Renamed",
            Self::SignedIn { .. } => "SignedIn",
            Self::SessionOpened { .. } => "SessionOpened",
            Self::SessionSeen { .. } => "SessionSeen",
            Self::SessionClosed { .. } => "SessionClosed",
            Self::Pictured { .. } => "Pictured",
        }
    }

    fn redacted(&self) -> Option<Self> {
        let mut redacted = self.clone();
        match &mut redacted {
            Self::Named { name, .. } => *name = GuestName::erased(),
            Self::Renamed { from, to, .. } => {
                (*from, *to) = (GuestName::erased(), GuestName::erased())
            }
            Self::SignedIn { login, .. } => login.clear(),
            _ => return None,
        }
        Some(redacted)
    }
}

impl Aggregate for Person {
    const KIND: &'static str = "person";
    type Command = Command;
    type Event = Event;
    type Refusal = Infallible;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Infallible> {
        Ok(match command.clone() {
            Command::Rename { from, to, at_ms } => self.rename(&from, to, at_ms),
            Command::SignIn(sign_in) => self.sign_in(sign_in),
            Command::See { session, browser, at_ms } => self.see(session, browser, at_ms),
            Command::Close { session, proven, at_ms } => {
                let closes = proven || self.sessions.contains_key(&session);
                if closes { vec![Event::SessionClosed { session, at_ms }] } else { vec![] }
            }
            Command::Picture { content, .. } if self.picture.as_ref() == Some(&content) => vec![],
            Command::Picture { content, at_ms } => vec![Event::Pictured { content, at_ms }],
        })
    }

    fn apply(&mut self, event: &Event) {
        match event.clone() {
            Event::Named { name, .. } => self.name = Some(name),
            Event::Renamed { to, number, .. } => {
                self.name = Some(to);
                self.renames = number;
            }
            Event::SignedIn { .. } => self.signed_in = true,
            Event::SessionOpened { session, at_ms, .. } => {
                self.sessions.insert(session, at_ms);
            }
            Event::SessionSeen { session, at_ms, .. } => {
                if let Some(seen) = self.sessions.get_mut(&session) {
                    *seen = at_ms;
                }
            }
            Event::SessionClosed { session, .. } => {
                self.sessions.remove(&session);
            }
            Event::Pictured { content, .. } => self.picture = Some(content),
        }
    }
}

impl Person {
    fn rename(&self, from: &GuestName, to: GuestName, at_ms: i64) -> Vec<Event> {
        let from = self.name.as_ref().unwrap_or(from).clone();
        if from == to {
            return vec![];
        }
        vec![Event::Renamed { from, to, number: self.renames + 1, at_ms }]
    }

    fn sign_in(&self, sign_in: SignIn) -> Vec<Event> {
        let SignIn { name, suggested, provider, login, session, browser, closes, at_ms } = sign_in;
        let mut events = Vec::new();
        if self.name.is_none() {
            events.push(Event::Named { name: name.clone(), at_ms });
        }
        let chosen_by_nobody = self.name.as_ref().unwrap_or(&name).is_friendly();
        if let Some(to) = suggested.filter(|_| !self.signed_in && chosen_by_nobody) {
            events.extend(self.rename(&name, to, at_ms));
        }
        events.push(Event::SignedIn { provider, login, at_ms });
        let surplus = self.surplus(closes.as_ref(), at_ms);
        let closed = closes.into_iter().chain(surplus);
        events.extend(closed.map(|session| Event::SessionClosed { session, at_ms }));
        events.push(Event::SessionOpened { session, browser, at_ms });
        events
    }

    /// The sessions besides `closes` that expired, or have no place beside a new one.
    fn surplus(&self, closes: Option<&SessionId>, at_ms: i64) -> Vec<SessionId> {
        let mut open: Vec<_> = self.sessions.iter().filter(|(id, _)| Some(*id) != closes).collect();
        open.sort_by_key(|(_, seen_at_ms)| **seen_at_ms);
        let too_many = (open.len() + 1).saturating_sub(SESSIONS_MAX);
        let goes = |(at, (_, seen_at_ms)): &(usize, (&SessionId, &i64))| {
            *at < too_many || at_ms - **seen_at_ms > SESSION_MAX_MS
        };
        open.into_iter().enumerate().filter(goes).map(|(_, (id, _))| id.clone()).collect()
    }

    fn see(&self, session: SessionId, browser: String, at_ms: i64) -> Vec<Event> {
        match self.sessions.get(&session) {
            Some(seen_at_ms) if at_ms - seen_at_ms >= SEEN_EVERY_MS => {
                vec![Event::SessionSeen { session, browser, at_ms }]
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GuestSession;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    #[track_caller]
    fn check(sentence: &str, given: &[Event], when: Command, then: &[Event]) {
        let decided = person(given).decide(&when).expect("a person is never refused");
        assert_eq!(decided, then, "{sentence}");
    }

    fn person(given: &[Event]) -> Person {
        let mut person = Person::default();
        given.iter().for_each(|event| person.apply(event));
        person
    }

    fn name(text: &str) -> GuestName {
        GuestName::parse(text).expect("a name")
    }

    fn session() -> SessionId {
        GuestSession::fresh().session_id().clone()
    }

    fn renamed(from: &str, to: &str, number: u64) -> Event {
        Event::Renamed { from: name(from), to: name(to), number, at_ms: 5 }
    }

    fn rename(from: &str, to: &str) -> Command {
        Command::Rename { from: name(from), to: name(to), at_ms: 5 }
    }

    fn sign_in(
        called: &str,
        session: &SessionId,
        closes: Option<&SessionId>,
        at_ms: i64,
    ) -> SignIn {
        SignIn {
            name: name(called),
            suggested: Some(name("Ana B.")),
            provider: "GitHub".into(),
            login: "ana".into(),
            session: session.clone(),
            browser: "Firefox".into(),
            closes: closes.cloned(),
            at_ms,
        }
    }

    fn signed_in(at_ms: i64) -> Event {
        Event::SignedIn { provider: "GitHub".into(), login: "ana".into(), at_ms }
    }

    fn opened(session: &SessionId, at_ms: i64) -> Event {
        Event::SessionOpened { session: session.clone(), browser: "Firefox".into(), at_ms }
    }

    fn closed(session: &SessionId, at_ms: i64) -> Event {
        Event::SessionClosed { session: session.clone(), at_ms }
    }

    #[test]
    fn names() {
        check(
            "the first rename is from the cookie's name",
            &[],
            rename("Ana", "Eve"),
            &[renamed("Ana", "Eve", 1)],
        );
        let given = [renamed("Ana", "Eve", 1)];
        check(
            "a later one from the recorded name",
            &given,
            rename("Ana", "Ida"),
            &[renamed("Eve", "Ida", 2)],
        );
        check("the same name changes nothing", &given, rename("Ana", "Eve"), &[]);
        check("nor the same as in the cookie", &[], rename("Ana", "Ana"), &[]);
    }

    #[test]
    fn signing_in() {
        let (old, new) = (session(), session());
        let first = |called| Command::SignIn(sign_in(called, &new, Some(&old), 5));
        let named = |called| Event::Named { name: name(called), at_ms: 5 };
        let rest = [signed_in(5), closed(&old, 5), opened(&new, 5)];
        let then = [&[named("Ana")], &rest[..]].concat();
        check("a name that somebody chose is kept", &[], first("Ana"), &then);
        let then = [&[named("Quiet Heron"), renamed("Quiet Heron", "Ana B.", 1)], &rest[..]];
        check("a friendly one is not", &[], first("Quiet Heron"), &then.concat());
        let given = [renamed("Quiet Heron", "Eve", 1)];
        check("what was recorded counts", &given, first("Quiet Heron"), &rest);
        let given = [named("Quiet Heron"), signed_in(1)];
        check("the provider names nobody twice", &given, first("Ida"), &rest);
    }

    #[test]
    fn sessions() {
        let (here, there) = (session(), session());
        let given = [opened(&here, 5)];
        let close = |proven| Command::Close { session: here.clone(), proven, at_ms: 5 };
        check("one's own session is closed", &given, close(false), &[closed(&here, 5)]);
        check("an unknown one is not", &[], close(false), &[]);
        check("unless whoever asks has it", &[], close(true), &[closed(&here, 5)]);
        let see = |id: &SessionId, at_ms| {
            let (session, browser) = (id.clone(), "Firefox".to_owned());
            Command::See { session, browser, at_ms }
        };
        let (soon, late) = (4 + SEEN_EVERY_MS, 5 + SEEN_EVERY_MS);
        check("a use within the hour is not recorded", &given, see(&here, soon), &[]);
        let (session, browser) = (here.clone(), "Firefox".to_owned());
        let seen = Event::SessionSeen { session, browser, at_ms: late };
        check("a later one is", &given, see(&here, late), std::slice::from_ref(&seen));
        check("once", &[opened(&here, 5), seen], see(&here, late), &[]);
        check("an unknown session is not seen", &given, see(&there, late), &[]);
    }

    #[test]
    fn sessions_that_expired_go_when_somebody_signs_in() {
        let (old, used, new) = (session(), session(), session());
        let named = Event::Named { name: name("Ana"), at_ms: 0 };
        let given = [named, signed_in(0), opened(&old, 0), opened(&used, DAY_MS)];
        let at_ms = 60 * DAY_MS + 1;
        let when = Command::SignIn(sign_in("Ana", &new, None, at_ms));
        check(
            "60 days later",
            &given,
            when,
            &[signed_in(at_ms), closed(&old, at_ms), opened(&new, at_ms)],
        );
    }

    #[test]
    fn the_session_used_longest_ago_makes_place() {
        let ids: Vec<_> = (0..SESSIONS_MAX).map(|_| session()).collect();
        let mut given = vec![Event::Named { name: name("Ana"), at_ms: 0 }, signed_in(0)];
        given.extend((0..).zip(&ids).map(|(at_ms, id)| opened(id, 100 - at_ms)));
        let new = session();
        let oldest = ids.last().expect("fifty");
        let when = Command::SignIn(sign_in("Ana", &new, None, 200));
        check("of fifty", &given, when, &[signed_in(200), closed(oldest, 200), opened(&new, 200)]);
        let when = Command::SignIn(sign_in("Ana", &new, Some(&ids[0]), 200));
        let then = [signed_in(200), closed(&ids[0], 200), opened(&new, 200)];
        check("unless one goes anyway", &given, when, &then);
    }

    #[test]
    fn pictures() {
        let picture = |content: &str| Command::Picture { content: content.into(), at_ms: 5 };
        let pictured = Event::Pictured { content: "a".into(), at_ms: 5 };
        check("a picture is recorded", &[], picture("a"), std::slice::from_ref(&pictured));
        check("the same one once", &[pictured], picture("a"), &[]);
    }

    #[test]
    fn what_a_person_wrote_can_be_removed() {
        let here = session();
        let renamed = renamed("Ana", "Eve", 1);
        let redacted = renamed.redacted().expect("somebody wrote it");
        let text = serde_json::to_string(&redacted).expect("it is stored as JSON");
        assert!(!text.contains("Ana") && !text.contains("Eve"), "{text}");
        assert_eq!(redacted.redacted(), Some(redacted.clone()), "twice changes nothing more");
        assert_eq!(person(&[redacted]).renames, 1);
        let login = signed_in(5).redacted().expect("somebody chose it");
        assert_eq!(
            login,
            Event::SignedIn { provider: "GitHub".into(), login: String::new(), at_ms: 5 }
        );
        assert_eq!(opened(&here, 5).redacted(), None);
    }

    proptest::proptest! {
        /// However sessions come and go, there are never too many, and the last one is among them.
        #[test]
        fn sessions_stay_bounded(steps in proptest::collection::vec((0_usize..80, 0_u8..4), 1..200)) {
            let ids: Vec<_> = (0..80).map(|_| session()).collect();
            let mut person = Person::default();
            for (at_ms, (which, what)) in (0..).zip(steps) {
                let id = ids[which].clone();
                let command = match what {
                    0 => Command::Close { session: id, proven: false, at_ms },
                    _ => Command::SignIn(sign_in("Ana", &id, None, at_ms)),
                };
                let events = person.decide(&command).expect("a person is never refused");
                events.iter().for_each(|event| person.apply(event));
                proptest::prop_assert!(person.sessions.len() <= SESSIONS_MAX);
                proptest::prop_assert_eq!(person.sessions.contains_key(&ids[which]), what != 0);
            }
        }
    }
}
