//! A plain form that was sent, and the ways to answer it.

use std::net::IpAddr;

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::Guest;
use liveview::{Flash, Params, Session};

use crate::router::Doors;

/// A form that a page of ours sent, or somebody without a cookie.
///
/// As an extractor it takes the whole request; the answer to a form that another site made a browser
/// send is an error page.
pub(crate) struct Sent {
    pub(crate) session: Session,
    pub(crate) fields: Params,
    pub(crate) me: Guest,
    pub(crate) peer: Option<IpAddr>,
}

impl FromRequest<Doors> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Response> {
        let peer = doors.endpoint.peer(request.headers(), request.extensions());
        let headers = request.headers().clone();
        let body = String::from_request(request, doors).await;
        let fields = Params::decode(&body.map_err(IntoResponse::into_response)?);
        let token = fields.get("_csrf_token").unwrap_or_default();
        let session = sender(doors, &headers, token)
            .ok_or_else(|| doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response())?;
        let me = doors.house.guest(&session).await;
        let me = me.map_err(|fault| doors.endpoint.fault(&fault).into_response())?;
        Ok(Self { session, fields, me, peer })
    }
}

impl Sent {
    pub(crate) fn field(&self, name: &str) -> String {
        self.fields.get(name).unwrap_or_default().to_owned()
    }

    /// Goes on to `path`.
    pub(crate) fn to(&self, doors: &Doors, path: &str) -> Response {
        with_session(doors, &self.session, Redirect::to(path).into_response())
    }

    /// Goes on to `path`, where `info` is shown once.
    pub(crate) fn told(&self, doors: &Doors, path: &str, info: &str) -> Response {
        let mut response = self.to(doors, path);
        if let Some(cookie) = doors.endpoint.set_flash(&Flash::of("info", info)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Shows the page at `path` with what was typed, and why it was refused.
    pub(crate) async fn refused(
        &self,
        doors: &Doors,
        path: &str,
        kept: Flash,
        status: StatusCode,
    ) -> Response {
        doors.endpoint.show(path, &self.session, kept, status).await.into_response()
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

pub(crate) fn with_session(doors: &Doors, session: &Session, mut response: Response) -> Response {
    let cookie: HeaderValue = doors.endpoint.set_cookie(session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
