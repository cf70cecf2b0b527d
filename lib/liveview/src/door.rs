//! Who is at the door: whose session a request brings, and whether it still counts.

use std::net::{IpAddr, SocketAddr};

use channels::ConnectionInfo;
use http::HeaderMap;

use crate::{
    app::App,
    join::Visitor,
    params::Params,
    peer,
    probe::Probe,
    session::{PAGE_TOKEN_MS, Session},
};

/// What tokens of tabs are signed for.
const OWN_TAB: &str = "tab";

type Greet<C> = Box<dyn Fn(&C, &mut Session) + Send + Sync>;
type SocketId<C> = Box<dyn Fn(&C, &Session) -> Option<String> + Send + Sync>;
type Admit<C> = Box<dyn Fn(&C, &Session) -> bool + Send + Sync>;

/// What the program says about visitors.
pub(crate) struct Door<C> {
    pub(crate) greet: Option<Greet<C>>,
    pub(crate) admit: Option<Admit<C>>,
    pub(crate) socket_id: Option<SocketId<C>>,
    pub(crate) trust_proxy: bool,
    /// The query parameter, and its value, that makes a tab a visitor of its own.
    pub(crate) own_tab: Option<(&'static str, &'static str)>,
}

impl<C> Default for Door<C> {
    fn default() -> Self {
        Self { greet: None, admit: None, socket_id: None, trust_proxy: false, own_tab: None }
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
        self.greeted(self.known_session(headers).unwrap_or_else(Session::fresh))
    }

    fn greeted(&self, mut session: Session) -> Session {
        if let Some(greet) = &self.door.greet {
            greet(&self.context, &mut session);
        }
        session
    }

    /// The session of a tab that is to be a visitor of its own, if the page is asked for like that;
    /// and the token by which its socket is known.
    pub(crate) fn own_tab(&self, params: &Params) -> Option<(Session, String)> {
        let (name, value) = self.door.own_tab?;
        if params.get(name) != Some(value) {
            return None;
        }
        let session = self.greeted(Session::fresh());
        let expires_ms = self.clock.now_ms() + PAGE_TOKEN_MS;
        let token = self.secret.sign(OWN_TAB, &session, expires_ms);
        Some((session, token))
    }

    /// The browser's address.
    pub(crate) fn peer(
        &self,
        connected: Option<SocketAddr>,
        headers: &HeaderMap,
    ) -> Option<IpAddr> {
        peer::browser(connected, headers, self.door.trust_proxy)
    }

    /// Who connects: the cookie counts only together with the token in the page. A tab of its own
    /// brings its session along, signed, and in nothing that a browser sends by itself.
    pub(crate) fn visitor(
        &self,
        connected: Option<SocketAddr>,
        headers: &HeaderMap,
        query: &Params,
        probe: Probe,
    ) -> Visitor {
        let peer = self.peer(connected, headers);
        let session = match query.get("_tab") {
            Some(tab) => {
                let session = self.secret.verify(OWN_TAB, tab, self.clock.now_ms());
                session.filter(|session| self.admits(session))
            }
            None => {
                let token = query.get("_csrf_token").unwrap_or_default();
                self.known_session(headers).filter(|session| session.csrf_matches(token))
            }
        };
        Visitor { session: session.map(Into::into), peer, probe }
    }

    /// A visitor's connection, known by the id that the program gave the session. Its socket is
    /// open under that id before its first join asks whether the session counts, so a session
    /// that was revoked meanwhile is closed or refused.
    pub(crate) fn connection(
        &self,
        connected: Option<SocketAddr>,
        visitor: Visitor,
    ) -> ConnectionInfo {
        let peer = connected.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)));
        let session = visitor.session.as_deref();
        let socket_id = self.door.socket_id.as_ref().zip(session);
        let id = socket_id.and_then(|(socket_id, session)| socket_id(&self.context, session));
        let connection = ConnectionInfo::new(peer, visitor);
        match id {
            Some(id) => connection.with_id(id),
            None => connection,
        }
    }
}
