//! The plain forms: everything the pages do, for browsers without JavaScript and for `curl`.

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use liveview::{Flash, Session};
use serde::Deserialize;

use crate::{
    lobby_live::{self, OpenForm, StartForm},
    router::Doors,
    visitor,
};

#[derive(Deserialize)]
pub(crate) struct StartFields {
    #[serde(default)]
    _csrf_token: String,
    #[serde(default)]
    title: String,
}

/// `POST /rooms`
pub(crate) async fn start(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(fields): Form<StartFields>,
) -> Response {
    let Some(session) = sender(&doors, &headers, &fields._csrf_token) else {
        return doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response();
    };
    let form = StartForm { title: fields.title };
    match lobby_live::start(&doors.house.chat, &visitor::guest(&session), &form).await {
        Ok(path) => with_session(&doors, &session, Redirect::to(&path).into_response()),
        Err(refusal) => {
            let mut kept = Flash::of("title", form.title);
            kept.put("title_refusal", refusal);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            doors.endpoint.show("/", &session, kept, status).await.into_response()
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

/// Who sends a form; `None` if another site made a browser send it.
///
/// A request without our cookie acts for nobody, so it needs no token: it comes from a new guest.
/// Browsers name the page it comes from, and that must be ours.
pub(crate) fn sender(doors: &Doors, headers: &HeaderMap, csrf_token: &str) -> Option<Session> {
    let session = doors.endpoint.session(headers);
    let is_ours = doors.endpoint.is_own_origin(headers)
        && (!doors.endpoint.has_session(headers) || session.csrf_matches(csrf_token));
    is_ours.then_some(session)
}

pub(crate) fn with_session(doors: &Doors, session: &Session, mut response: Response) -> Response {
    let cookie: HeaderValue = doors.endpoint.set_cookie(session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
