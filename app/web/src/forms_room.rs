//! The plain forms of a room: everything its page does, for browsers without JavaScript and for
//! `curl`. Each calls what the live page calls.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chat::{MessageId, RoomSummary, Visit};
use http::StatusCode;
use liveview::Flash;

use crate::{
    limits::Kind,
    room_live::{Act, Outcome, PostForm, Refused, Spoken, Why, perform, speak},
    router::Doors,
    sent::Sent,
};

/// `POST /r/{slug}/post`
pub(crate) async fn post(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    sent: Sent,
) -> Response {
    let room = match open(&doors, &slug).await {
        Ok(room) => room,
        Err(response) => return response,
    };
    // Without an id, every request is a message of its own.
    let message_id = Some(sent.field("message_id")).filter(|id| !id.is_empty());
    let message_id = message_id.unwrap_or_else(|| MessageId::random().as_str().to_owned());
    let form = PostForm { message_id, body: sent.field("body") };
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
            sent.refused(&doors, &format!("/r/{slug}"), kept, status(refused.why)).await
        }
    }
}

/// `POST /r/{slug}/open`
pub(crate) async fn claim(
    State(doors): State<Doors>,
    Path(slug): Path<String>,
    sent: Sent,
) -> Response {
    let claimed = match doors.house.chat.open_room(&slug).await {
        Ok(Visit::Room(_)) => Ok(()),
        Ok(Visit::Free(free)) => {
            if let Err(error) = doors.house.limits.check(Kind::Room, sent.peer, &sent.me.id) {
                let kept = Flash::of("refusal", error.to_string());
                return sent.refused(&doors, &format!("/r/{slug}"), kept, status(Why::Unfit)).await;
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
    sent: Sent,
) -> Response {
    let room = match open(&doors, &slug).await {
        Ok(room) => room,
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
            let kept = kept(&sent, &name, &refused);
            let path = shown_at.split('#').next().unwrap_or_default();
            sent.refused(&doors, path, kept, status(refused.why)).await
        }
    }
}

/// Where one sees what came of it.
fn shown_at(slug: &str, act: &Act) -> String {
    match act {
        Act::Edit { number, .. } | Act::Remove { number } | Act::DismissCard { number, .. } => {
            format!("/r/{slug}/{number}#m-{number}")
        }
        _ => format!("/r/{slug}"),
    }
}

async fn open(doors: &Doors, slug: &str) -> Result<RoomSummary, Response> {
    match doors.house.chat.open_room(slug).await {
        Ok(Visit::Room(room)) => Ok(room),
        Ok(Visit::Free(_) | Visit::Impossible(_)) => Err(not_found(doors)),
        Err(fault) => Err(doors.endpoint.fault(&fault).into_response()),
    }
}

fn not_found(doors: &Doors) -> Response {
    doors.endpoint.error(StatusCode::NOT_FOUND, None).into_response()
}

/// What the page shows once: the refusal, and what was typed.
fn kept(sent: &Sent, act: &str, refused: &Refused) -> Flash {
    let mut fields = sent.fields.clone();
    fields.remove("_csrf_token");
    let mut kept = Flash::of("act", act);
    kept.put("refusal", &refused.text);
    kept.put("fields", fields.to_json().to_string());
    kept
}

fn status(why: Why) -> StatusCode {
    match why {
        Why::Unfit => StatusCode::UNPROCESSABLE_ENTITY,
        Why::Forbidden => StatusCode::FORBIDDEN,
        Why::Fault => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
