//! Who looks at a page: the session in the cookie.

use identity::GuestSession;
use liveview::Session;

use crate::house::House;

/// Makes somebody who is here for the first time a guest with a friendly name.
pub(crate) fn greet(_: &House, session: &mut Session) {
    if read(session).is_none() {
        put(session, &GuestSession::fresh());
    }
}

/// Whether a session still counts: it was not revoked.
pub(crate) fn admit(house: &House, session: &Session) -> bool {
    // One that names nobody is greeted.
    read(session).is_none_or(|session| house.identity.is_open(&session))
}

/// What the sockets of a session are closed by.
pub(crate) fn socket_id(_: &House, session: &Session) -> Option<String> {
    read(session).map(|session| session.session_id().to_string())
}

/// The session of somebody who was greeted.
pub(crate) fn session(session: &Session) -> GuestSession {
    read(session).unwrap_or_else(GuestSession::fresh)
}

/// Puts `session` into the cookie, in place of the one there.
fn put(cookie: &mut Session, session: &GuestSession) {
    for (field, value) in session.to_fields() {
        cookie.set(field, value);
    }
}

/// A cookie of its own for `session`.
pub(crate) fn cookie_of(session: &GuestSession) -> Session {
    let mut cookie = Session::fresh();
    put(&mut cookie, session);
    cookie
}

fn read(cookie: &Session) -> Option<GuestSession> {
    GuestSession::read(|field| cookie.get(field))
}
