//! The plain forms of a room: everything its page does, for browsers without JavaScript and for
//! `curl`. Each calls what the live page calls.

use std::net::IpAddr;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use chat::{MessageId, RoomSummary, Visit};
use http::{Extensions, HeaderMap, StatusCode, request::Parts};
use identity::Guest;
use liveview::{Flash, Params, Session};

use crate::{
    forms::{sender, with_session},
    limits::Kind,
    room_live::{Act, Outcome, PostForm, Refused, Spoken, Why, perform, speak},
    router::Doors,
};

/// A form that a page of ours sent, or somebody without a cookie.
struct Sent {
    session: Session,
    fields: Params,
    me: Guest,
    peer: Option<IpAddr>,
}

/// `POST /r/{slug}/post`
pub(crate) async fn post(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    parts: Parts,
    body: String,
) -> Response {
    let (sent, room) = match open(&doors, &slug, &parts, &body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let field = |name: &str| sent.fields.get(name).unwrap_or_default().to_owned();
    // Without an id, every request is a message of its own.
    let message_id = Some(field("message_id")).filter(|id| !id.is_empty());
    let message_id = message_id.unwrap_or_else(|| MessageId::random().as_str().to_owned());
    let form = PostForm { message_id, body: field("body") };
    match speak(&doors.house, &room, &sent.me, sent.peer, &form).await {
        Ok(Spoken::Posted(posted)) => {
            doors.until_shown(&room.id, posted.number).await;
            sent.to(&doors, &format!("/r/{slug}#m-{}", posted.number))
        }
        Ok(Spoken::Done) => sent.to(&doors, &format!("/r/{slug}")),
        Ok(Spoken::Told(hint)) => {
            let path = format!("/r/{slug}");
            let kept = Flash::of("hint", hint);
            doors.endpoint.show(&path, &sent.session, kept, StatusCode::OK).await.into_response()
        }
        Err(refused) => {
            let mut kept = Flash::of("refusal", &refused.text);
            kept.put("draft", form.body);
            kept.put("message_id", form.message_id);
            sent.refused(&doors, &format!("/r/{slug}"), kept, refused.why).await
        }
    }
}

/// `POST /r/{slug}/open`
pub(crate) async fn claim(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    parts: Parts,
    body: String,
) -> Response {
    let sent = match read(&doors, &parts, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let claimed = match doors.house.chat.open_room(&slug).await {
        Ok(Visit::Room(_)) => Ok(()),
        Ok(Visit::Free(free)) => {
            if let Err(error) = doors.house.limits.check(Kind::Room, sent.peer, &sent.me.id) {
                let kept = Flash::of("refusal", error.to_string());
                return sent.refused(&doors, &format!("/r/{slug}"), kept, Why::Unfit).await;
            }
            doors.house.chat.claim_room(&free, &sent.me).await.map(drop)
        }
        Ok(Visit::Impossible(_)) => return not_found(&doors),
        Err(fault) => Err(fault),
    };
    match claimed {
        Ok(()) => sent.to(&doors, &format!("/r/{slug}")),
        Err(fault) => doors.endpoint.fault(&fault).into_response(),
    }
}

/// `POST /r/{slug}/{act}`
pub(crate) async fn act(
    State(doors): State<Doors>,
    Path((slug, name)): Path<(String, String)>,
    parts: Parts,
    body: String,
) -> Response {
    let (sent, room) = match open(&doors, &slug, &parts, &body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let Some(act) = Act::read(&name, &sent.fields) else {
        return doors.endpoint.error(StatusCode::BAD_REQUEST, None).into_response();
    };
    let shown_at = shown_at(&slug, &act);
    let is_beacon = matches!(act, Act::Read { .. });
    match perform(&doors.house, &room, &sent.me, sent.peer, act).await {
        // A page that goes away tells this, and nobody waits for the answer.
        Ok(_) if is_beacon => StatusCode::NO_CONTENT.into_response(),
        Ok(Outcome::Go(path)) => sent.to(&doors, &path),
        Ok(Outcome::Done(done)) => {
            if let Some(done) = &done {
                doors.house.chat.readable(done).await;
            }
            sent.to(&doors, &shown_at)
        }
        Err(refused) => {
            let kept = sent.kept(&name, &refused);
            let path = shown_at.split('#').next().unwrap_or_default();
            sent.refused(&doors, path, kept, refused.why).await
        }
    }
}

/// Where one sees what came of it.
fn shown_at(slug: &str, act: &Act) -> String {
    match act {
        Act::Edit { number, .. } | Act::Remove { number } => {
            format!("/r/{slug}/{number}#m-{number}")
        }
        _ => format!("/r/{slug}"),
    }
}

async fn open(
    doors: &Doors,
    slug: &str,
    parts: &Parts,
    body: &str,
) -> Result<(Sent, RoomSummary), Response> {
    let sent = read(doors, parts, body).await?;
    match doors.house.chat.open_room(slug).await {
        Ok(Visit::Room(room)) => Ok((sent, room)),
        Ok(Visit::Free(_) | Visit::Impossible(_)) => Err(not_found(doors)),
        Err(fault) => Err(doors.endpoint.fault(&fault).into_response()),
    }
}

async fn read(doors: &Doors, parts: &Parts, body: &str) -> Result<Sent, Response> {
    let fields = Params::decode(body);
    let token = fields.get("_csrf_token").unwrap_or_default();
    let Some(session) = sender(doors, &parts.headers, token) else {
        return Err(doors.endpoint.error(StatusCode::FORBIDDEN, None).into_response());
    };
    let me = doors.house.guest(&session).await;
    let me = me.map_err(|fault| doors.endpoint.fault(&fault).into_response())?;
    let peer = peer(doors, &parts.headers, &parts.extensions);
    Ok(Sent { session, fields, me, peer })
}

fn peer(doors: &Doors, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    doors.endpoint.peer(headers, extensions)
}

fn not_found(doors: &Doors) -> Response {
    doors.endpoint.error(StatusCode::NOT_FOUND, None).into_response()
}

impl Sent {
    fn to(&self, doors: &Doors, path: &str) -> Response {
        with_session(doors, &self.session, Redirect::to(path).into_response())
    }

    /// What the page shows once: the refusal, and what was typed.
    fn kept(&self, act: &str, refused: &Refused) -> Flash {
        let mut fields = self.fields.clone();
        fields.remove("_csrf_token");
        let mut kept = Flash::of("act", act);
        kept.put("refusal", &refused.text);
        kept.put("fields", fields.to_json().to_string());
        kept
    }

    async fn refused(&self, doors: &Doors, path: &str, kept: Flash, why: Why) -> Response {
        let status = match why {
            Why::Unfit => StatusCode::UNPROCESSABLE_ENTITY,
            Why::Forbidden => StatusCode::FORBIDDEN,
            Why::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        };
        doors.endpoint.show(path, &self.session, kept, status).await.into_response()
    }
}
