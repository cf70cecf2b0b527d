//! Who is at the door: whose session a request brings, and whether it still counts.

use http::HeaderMap;

use crate::{app::App, join::Visitor, params::Params, probe::Probe, session::Session};

type Greet<C> = Box<dyn Fn(&C, &mut Session) + Send + Sync>;
type Admit<C> = Box<dyn Fn(&C, &Session) -> bool + Send + Sync>;

/// What the program says about visitors.
pub(crate) struct Door<C> {
    pub(crate) greet: Option<Greet<C>>,
    pub(crate) admit: Option<Admit<C>>,
}

impl<C> Default for Door<C> {
    fn default() -> Self {
        Self { greet: None, admit: None }
    }
}

impl<C> App<C> {
    /// Whether the program still knows a session that we signed.
    pub(crate) fn admits(&self, session: &Session) -> bool {
        self.door.admit.as_ref().is_none_or(|admit| admit(&self.context, session))
    }

    /// The session in a request's cookie, if it counts.
    pub(crate) fn known_session(&self, headers: &HeaderMap) -> Option<Session> {
        let session = self.cookie.read(headers, self.clock.now_ms())?;
        self.admits(&session).then_some(session)
    }

    /// The session in a request's cookie, or one of somebody new, greeted.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Session {
        let mut session = self.known_session(headers).unwrap_or_else(Session::fresh);
        if let Some(greet) = &self.door.greet {
            greet(&self.context, &mut session);
        }
        session
    }

    /// Who connects: the cookie counts only together with the token in the page.
    pub(crate) fn visitor(&self, headers: &HeaderMap, query: &Params, probe: Probe) -> Visitor {
        let token = query.get("_csrf_token").unwrap_or_default();
        let session = self.known_session(headers).filter(|session| session.csrf_matches(token));
        Visitor { session: session.map(Into::into), probe }
    }
}
