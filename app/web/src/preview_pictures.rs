//! The pictures of previews, from here and from nowhere else.

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chat::Visit;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::Fault;
use previews::StoredPicture;

use crate::{access, router::Doors};

/// Another picture has another id.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Not everyone may see it, so nobody between here and the browser keeps it.
const CACHED_BY_BROWSER: HeaderValue =
    HeaderValue::from_static("private, max-age=31536000, immutable");
/// A picture is looked at, and is never a page that does anything.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// `GET /preview/images/{id}`
pub(crate) async fn of_page(State(doors): State<Doors>, Path(id): Path<String>) -> Response {
    answer(&doors, doors.house.previews.page_picture(&id).await, CACHED)
}

/// `GET /r/{slug}/cards/{id}`: for whoever may read the room.
pub(crate) async fn of_card(
    State(doors): State<Doors>,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let house = &doors.house;
    let room = match house.chat.open_room(&slug).await {
        Ok(Visit::Room(room)) => room.id,
        Ok(Visit::Free(_) | Visit::Impossible(_)) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => return doors.endpoint.fault(&fault).into_response(),
    };
    // Whoever may not see it learns no more than that.
    if !access::may_read(house, room.as_str(), &doors.endpoint.session(&headers)).await {
        return StatusCode::NOT_FOUND.into_response();
    }
    answer(&doors, house.previews.room_picture(&room, &id).await, CACHED_BY_BROWSER)
}

fn answer(
    doors: &Doors,
    picture: Result<Option<StoredPicture>, Fault>,
    cached: HeaderValue,
) -> Response {
    let picture = match picture {
        Ok(Some(picture)) => picture,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => return doors.endpoint.fault(&fault).into_response(),
    };
    let mut response = Response::new(Body::from(Bytes::from_owner(picture.bytes)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(picture.media_type));
    headers.insert(header::CACHE_CONTROL, cached);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
