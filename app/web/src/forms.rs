//! The plain forms of the lobby, and what all plain forms share: everything the pages do, for
//! browsers without JavaScript and for `curl`.

use std::net::IpAddr;

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use identity::Guest;
use liveview::{Flash, Params, Session};
use serde::Deserialize;

use crate::{
    companion::{self, Answer},
    lobby_live::{self, OpenForm, StartForm},
    router::Doors,
};

/// A form that a page of ours sent, or somebody without a cookie.
pub(crate) struct Sent {
    pub(crate) session: Session,
    pub(crate) fields: Params,
    pub(crate) me: Guest,
    pub(crate) peer: Option<IpAddr>,
}

impl Sent {
    /// Reads a form; the answer to one that another site made a browser send is an error page.
    pub(crate) async fn read(doors: &Doors, parts: &Parts, body: &str) -> Result<Self, Response> {
        let fields = Params::decode(body);
        let token = fields.get("_csrf_token").unwrap_or_default();
        let session = sender(doors, &parts.headers, token)
            .ok_or_else(|| doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response())?;
        let me = doors.house.guest(&session).await;
        let me = me.map_err(|fault| doors.endpoint.fault(&fault).into_response())?;
        let peer = doors.endpoint.peer(&parts.headers, &parts.extensions);
        Ok(Self { session, fields, me, peer })
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.fields.get(name).unwrap_or_default().to_owned()
    }

    /// Goes on to `path`, where `info` is shown once, if it says anything.
    pub(crate) fn to(&self, doors: &Doors, path: &str, info: &str) -> Response {
        let mut response = with_session(doors, &self.session, Redirect::to(path).into_response());
        let flash = Flash::of("info", info);
        if let Some(cookie) = doors.endpoint.set_flash(&flash).filter(|_| !info.is_empty()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Shows the page at `path` with what was typed, and why it was refused.
    pub(crate) async fn refused(&self, doors: &Doors, path: &str, kept: Flash) -> Response {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        doors.endpoint.show(path, &self.session, kept, status).await.into_response()
    }
}

/// `POST /rooms`
pub(crate) async fn start(State(doors): State<Doors>, parts: Parts, body: String) -> Response {
    let sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let form = StartForm {
        title: sent.field("title"),
        visibility: sent.field("visibility"),
        retention: sent.field("retention"),
    };
    match lobby_live::start(&doors.house, &sent.me, sent.peer, &form).await {
        Ok(path) => sent.to(&doors, &path, ""),
        Err(refusal) => {
            let mut kept = Flash::of("title", form.title);
            kept.put("visibility", form.visibility);
            kept.put("retention", form.retention);
            kept.put("title_refusal", refusal);
            sent.refused(&doors, "/", kept).await
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
    parts: Parts,
    body: String,
) -> Response {
    let sent = match Sent::read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    match companion::answer(&doors.house, &sent.me, &Answer { room, act }).await {
        Ok(path) => sent.to(&doors, path.as_deref().unwrap_or("/"), ""),
        Err(refusal) => sent.refused(&doors, "/", Flash::of("info", refusal)).await,
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
