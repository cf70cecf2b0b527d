//! The plain forms: everything the pages do, for browsers without JavaScript and for `curl`.

use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use chat::{MessageId, Visit};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use liveview::{Flash, Session};
use serde::Deserialize;

use crate::{
    lobby_live::{self, OpenForm, StartForm},
    room_live::{self, PostForm},
    router::Doors,
    visitor,
};

#[derive(Deserialize)]
pub(crate) struct PostFields {
    #[serde(default)]
    _csrf_token: String,
    /// Without one, every request is a message of its own.
    message_id: Option<String>,
    #[serde(default)]
    body: String,
}

/// `POST /r/{slug}/post`
pub(crate) async fn post(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<PostFields>,
) -> Response {
    let Some(session) = sender(&doors, &headers, &fields._csrf_token) else {
        return doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response();
    };
    let room = match doors.house.chat.open_room(&slug).await {
        Ok(Visit::Room(room)) => room,
        Ok(_) => return doors.endpoint.error(StatusCode::NOT_FOUND, None).into_response(),
        Err(fault) => return doors.endpoint.fault(&fault).into_response(),
    };
    let message_id = fields.message_id.filter(|id| !id.is_empty());
    let message_id = message_id.unwrap_or_else(|| MessageId::random().as_str().to_owned());
    let form = PostForm { message_id, body: fields.body };
    let me = visitor::guest(&session);
    match room_live::post(&doors.house.chat, &room.id, &me, &form).await {
        Ok(number) => {
            doors.until_shown(&room.id, number).await;
            let to = format!("/r/{slug}#m-{number}");
            with_session(&doors, &session, Redirect::to(&to).into_response())
        }
        Err(refusal) => {
            let mut kept = Flash::of("refusal", refusal);
            kept.put("draft", form.body);
            kept.put("message_id", form.message_id);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let path = format!("/r/{slug}");
            doors.endpoint.show(&path, &session, kept, status).await.into_response()
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct OnlyToken {
    #[serde(default)]
    _csrf_token: String,
}

/// `POST /r/{slug}/open`
pub(crate) async fn claim(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<OnlyToken>,
) -> Response {
    let Some(session) = sender(&doors, &headers, &fields._csrf_token) else {
        return doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response();
    };
    let claimed = match doors.house.chat.open_room(&slug).await {
        Ok(Visit::Room(_)) => Ok(()),
        Ok(Visit::Free(free)) => {
            doors.house.chat.claim_room(&free, &visitor::guest(&session)).await.map(drop)
        }
        Ok(Visit::Impossible(_)) => {
            return doors.endpoint.error(StatusCode::NOT_FOUND, None).into_response();
        }
        Err(fault) => Err(fault),
    };
    match claimed {
        Ok(()) => {
            let to = Redirect::to(&format!("/r/{slug}")).into_response();
            with_session(&doors, &session, to)
        }
        Err(fault) => doors.endpoint.fault(&fault).into_response(),
    }
}

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
fn sender(doors: &Doors, headers: &HeaderMap, csrf_token: &str) -> Option<Session> {
    let session = doors.endpoint.session(headers);
    let is_ours = doors.endpoint.is_own_origin(headers)
        && (!doors.endpoint.has_session(headers) || session.csrf_matches(csrf_token));
    is_ours.then_some(session)
}

fn with_session(doors: &Doors, session: &Session, mut response: Response) -> Response {
    let cookie: HeaderValue = doors.endpoint.set_cookie(session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
