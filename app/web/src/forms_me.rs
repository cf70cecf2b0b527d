//! The plain forms of a person's own page.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::request::Parts;
use liveview::Flash;

use crate::{
    forms::Sent,
    me_live::{self, IdForm},
    naming,
    router::Doors,
    visitor,
};

const PATH: &str = "/me";

/// `POST /me/name`, from the lobby too: `return_to` says so.
pub(crate) async fn rename(State(doors): State<Doors>, parts: Parts, body: String) -> Response {
    let sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let path = if sent.field("return_to") == "/" { "/" } else { PATH };
    let name = sent.field("name");
    match naming::rename(&doors.house, &sent.me, sent.peer, &name).await {
        Ok(renamed) => {
            let has_namesake = naming::has_namesake(&doors.house, &renamed.guest).await;
            sent.to(&doors, path, &naming::answer(&renamed.guest, has_namesake))
        }
        Err(refusal) => {
            let mut kept = Flash::of("name", name);
            kept.put("name_refusal", refusal);
            sent.refused(&doors, path, kept).await
        }
    }
}

/// `POST /me/sessions/{id}/revoke`
pub(crate) async fn revoke(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    parts: Parts,
    body: String,
) -> Response {
    let sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let revoked = me_live::revoke(&doors.house, &sent.me.id, &IdForm { id }).await;
    said(&doors, &sent, revoked).await
}

/// `POST /me/blocks/{id}/unblock`
pub(crate) async fn unblock(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    parts: Parts,
    body: String,
) -> Response {
    let sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let unblocked = me_live::unblock(&doors.house, &sent.me, &IdForm { id }).await;
    said(&doors, &sent, unblocked).await
}

/// `POST /sign-out`: this browser is a new guest from now on.
pub(crate) async fn sign_out(State(doors): State<Doors>, parts: Parts, body: String) -> Response {
    let mut sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    match doors.house.identity.sign_out(&visitor::session(&sent.session)).await {
        Ok(fresh) => {
            sent.session = visitor::cookie_of(&fresh);
            sent.to(&doors, "/", "You are signed out. This browser is a new guest now.")
        }
        Err(fault) => sent.refused(&doors, PATH, Flash::of("refusal", fault.to_string())).await,
    }
}

async fn said(doors: &Doors, sent: &Sent, done: Result<String, String>) -> Response {
    match done {
        Ok(info) => sent.to(doors, PATH, &info),
        Err(refusal) => sent.refused(doors, PATH, Flash::of("refusal", refusal)).await,
    }
}
