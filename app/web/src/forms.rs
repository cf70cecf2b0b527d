//! The plain forms of the lobby, and the answers to invitations, for browsers without JavaScript and
//! for `curl`.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use liveview::Flash;
use serde::Deserialize;

use crate::{
    companion::{self, Answer},
    lobby_live::{self, OpenForm, StartForm},
    router::Doors,
    sent::Sent,
};

/// `POST /rooms`
pub(crate) async fn start(State(doors): State<Doors>, sent: Sent) -> Response {
    let form = StartForm {
        title: sent.field("title"),
        visibility: sent.field("visibility"),
        retention: sent.field("retention"),
    };
    match lobby_live::start(&doors.house, &sent.me, sent.peer, &form).await {
        Ok(path) => sent.to(&doors, &path),
        Err(refusal) => {
            let mut kept = Flash::of("title", form.title);
            kept.put("visibility", form.visibility);
            kept.put("retention", form.retention);
            kept.put("title_refusal", refusal);
            sent.refused(&doors, "/", kept, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct OpenFields {
    #[serde(default)]
    address: String,
}

/// `GET /open?address=…`
pub(crate) async fn open(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Query(fields): Query<OpenFields>,
) -> Response {
    let form = OpenForm { address: fields.address };
    match lobby_live::open(&form) {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(refusal) => {
            let mut kept = Flash::of("address", form.address);
            kept.put("address_refusal", refusal);
            let session = doors.endpoint.session(&headers);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            doors.endpoint.show("/", &session, kept, status).await.into_response()
        }
    }
}

/// `POST /invites/{room}/{act}`
pub(crate) async fn answer(
    State(doors): State<Doors>,
    Path((room, act)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    match companion::answer(&doors.house, &sent.me, &Answer { room, act }).await {
        Ok(path) => sent.to(&doors, path.as_deref().unwrap_or("/")),
        Err(refusal) => {
            sent.refused(&doors, "/", Flash::of("info", refusal), StatusCode::UNPROCESSABLE_ENTITY)
                .await
        }
    }
}
