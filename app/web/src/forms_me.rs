//! The plain forms of a person's own page.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use liveview::Flash;

use crate::{
    lost_links,
    me_live::{self, IdForm},
    naming,
    router::Doors,
    sent::Sent,
    visitor,
};

const PATH: &str = "/me";
const UNFIT: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// `POST /me/name`, from the lobby too: `return_to` says so.
pub(crate) async fn rename(State(doors): State<Doors>, sent: Sent) -> Response {
    let path = if sent.field("return_to") == "/" { "/" } else { PATH };
    let name = sent.field("name");
    match naming::rename(&doors.house, &sent.me, sent.peer, &name).await {
        Ok(renamed) => {
            let has_namesake = naming::has_namesake(&doors.house, &renamed.guest).await;
            sent.told(&doors, path, &naming::answer(&renamed.guest, has_namesake))
        }
        Err(refusal) => {
            let mut kept = Flash::of("name", name);
            kept.put("name_refusal", refusal);
            sent.refused(&doors, path, kept, UNFIT).await
        }
    }
}

/// `POST /me/sessions/{id}/revoke`
pub(crate) async fn revoke(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    sent: Sent,
) -> Response {
    let revoked = me_live::revoke(&doors.house, &sent.me.id, &IdForm { which: id }).await;
    said(&doors, &sent, revoked).await
}

/// `POST /me/blocks/{id}/unblock`
pub(crate) async fn unblock(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    sent: Sent,
) -> Response {
    let unblocked = me_live::unblock(&doors.house, &sent.me, &IdForm { which: id }).await;
    said(&doors, &sent, unblocked).await
}

/// `POST /me/links/retry`
pub(crate) async fn retry(State(doors): State<Doors>, sent: Sent) -> Response {
    let form = IdForm { which: sent.field("which") };
    let retried = lost_links::retry(&doors.house, &sent.me, sent.peer, &form).await;
    said(&doors, &sent, retried).await
}

/// `POST /me/links/forget`
pub(crate) async fn forget(State(doors): State<Doors>, sent: Sent) -> Response {
    let form = IdForm { which: sent.field("which") };
    let forgotten = lost_links::forget(&doors.house, &sent.me, &form).await;
    said(&doors, &sent, forgotten).await
}

/// `POST /sign-out`: this browser is a new guest from now on.
pub(crate) async fn sign_out(State(doors): State<Doors>, mut sent: Sent) -> Response {
    match doors.house.identity.sign_out(&visitor::session(&sent.session)).await {
        Ok(fresh) => {
            sent.session = visitor::cookie_of(&fresh);
            sent.told(&doors, "/", "You are signed out. This browser is a new guest now.")
        }
        Err(fault) => {
            sent.refused(&doors, PATH, Flash::of("refusal", fault.to_string()), UNFIT).await
        }
    }
}

async fn said(doors: &Doors, sent: &Sent, done: Result<String, String>) -> Response {
    match done {
        Ok(info) => sent.told(doors, PATH, &info),
        Err(refusal) => sent.refused(doors, PATH, Flash::of("refusal", refusal), UNFIT).await,
    }
}
