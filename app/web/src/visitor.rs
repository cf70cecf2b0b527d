//! Who looks at a page: the guest in the session cookie.

use identity::{FIELD_NAME, FIELD_SECRET, Guest, GuestSession};
use liveview::Session;

use crate::house::House;

/// Makes somebody who is here for the first time a guest with a friendly name.
pub(crate) fn greet(_: &House, session: &mut Session) {
    if guest_session(session).is_none() {
        for (field, value) in GuestSession::fresh().to_fields() {
            session.set(field, value);
        }
    }
}

/// The guest of a session that was greeted.
pub(crate) fn guest(session: &Session) -> Guest {
    guest_session(session).unwrap_or_else(GuestSession::fresh).guest()
}

fn guest_session(session: &Session) -> Option<GuestSession> {
    GuestSession::from_fields(session.get(FIELD_SECRET)?, session.get(FIELD_NAME)?)
}
