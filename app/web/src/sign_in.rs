//! Going to a provider to sign in, and coming back.

use axum::{
    extract::{Path, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use liveview::Flash;

use crate::{
    layout,
    limits::Kind,
    router::Doors,
    sent::{Sent, with_session},
    visitor,
};

/// Holds what a sign-in that was begun needs to be finished.
const COOKIE: &str = "_teahouse_sign_in";
const PURPOSE: &str = "sign in";
/// How long somebody may take at the provider, seconds.
const PENDING_S: i64 = 600;
/// The refusal stands there, next to the buttons.
const PAGE: &str = "/me";

/// `POST /sign-in/{provider}`: shows a page that goes on to the provider by itself.
///
/// Not a redirect: the content security policy lets forms lead to this server only, and browsers
/// hold redirects after a form to that.
pub(crate) async fn begin(
    State(doors): State<Doors>,
    Path(provider): Path<String>,
    sent: Sent,
) -> Response {
    let checked = doors.house.limits.check(Kind::SignIn, sent.peer, &sent.me.id);
    if let Err(refusal) = checked {
        return refused(&doors, &sent.session, refusal.to_string()).await;
    }
    let session = visitor::session(&sent.session);
    let return_to = sent.field("return_to");
    match doors.house.identity.begin_sign_in(&provider, &session, &return_to).await {
        Ok(departure) => {
            let mut response = going(&departure.url).into_response();
            let cookie = pending_cookie(&doors, &departure.pending);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            with_session(&doors, &sent.session, response)
        }
        Err(error) => refused(&doors, &sent.session, error.to_string()).await,
    }
}

/// `GET /sign-in/{provider}/callback?…`: the provider sends the browser back here.
pub(crate) async fn finish(
    State(doors): State<Doors>,
    Path(provider): Path<String>,
    parts: Parts,
) -> Response {
    let cookie = doors.endpoint.session(&parts.headers);
    let session = visitor::session(&cookie);
    let peer = doors.endpoint.peer(&parts.headers, &parts.extensions);
    let checked = doors.house.limits.check(Kind::SignIn, peer, &session.guest_id());
    if let Err(refusal) = checked {
        return refused(&doors, &cookie, refusal.to_string()).await;
    }
    let query = parts.uri.query().unwrap_or_default();
    let pending = pending(&doors, &parts.headers).unwrap_or_default();
    let browser = user_agent(&parts.headers);
    let finished =
        doors.house.identity.finish_sign_in(&provider, query, &pending, &session, browser).await;
    match finished {
        Ok(arrival) => {
            let name = arrival.session.guest().name;
            let info = format!("Signed in. You are {}.", name.as_str());
            // A cookie of its own: whoever knew the one before knows nothing of this one.
            let cookie = visitor::cookie_of(&arrival.session);
            let response = Redirect::to(&arrival.return_to).into_response();
            let mut response = with_session(&doors, &cookie, response);
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, forget_pending());
            if let Some(flash) = doors.endpoint.set_flash(&Flash::of("info", info)) {
                headers.append(header::SET_COOKIE, flash);
            }
            response
        }
        Err(error) => {
            let mut response = refused(&doors, &cookie, error.to_string()).await;
            response.headers_mut().append(header::SET_COOKIE, forget_pending());
            response
        }
    }
}

/// The page of the person, with why they are not signed in.
async fn refused(doors: &Doors, session: &liveview::Session, refusal: String) -> Response {
    let kept = Flash::of("sign_in_refusal", refusal);
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    doors.endpoint.show(PAGE, session, kept, status).await.into_response()
}

/// The page on the way to the provider.
fn going(url: &str) -> Response {
    let page = layout::going(url).to_html();
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(layout::CONTENT_SECURITY_POLICY),
    );
    // The provider need not know which page it was.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn pending_cookie(doors: &Doors, pending: &str) -> HeaderValue {
    let expires_ms = doors.clock.now_ms() + PENDING_S * 1_000;
    let token = doors.secret.sign(PURPOSE, &pending, expires_ms);
    let secure = if doors.https { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={token}; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age={PENDING_S}{secure}"
    );
    HeaderValue::try_from(text).expect("base64 and digits fit a header")
}

fn forget_pending() -> HeaderValue {
    HeaderValue::try_from(format!("{COOKIE}=; Path=/sign-in; Max-Age=0"))
        .expect("names of cookies fit a header")
}

fn pending(doors: &Doors, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, token) = pairs.find(|(name, _)| *name == COOKIE)?;
    doors.secret.verify(PURPOSE, token, doors.clock.now_ms())
}

pub(crate) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
