//! The pictures of people, from here and from nowhere else.

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::GuestId;

use crate::router::Doors;

/// Somebody who gets another picture is seen with the old one for as long, at most.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// Whoever signs in for the first time gets a picture in place of the pattern soon.
const CACHED_PATTERN: HeaderValue = HeaderValue::from_static("public, max-age=30");
/// A picture is looked at, and is never a page that does anything.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// `GET /people/{id}/avatar`
pub(crate) async fn avatar(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Response {
    let Ok(person) = GuestId::parse(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let avatar = match doors.house.identity.avatar(&person).await {
        Ok(avatar) => avatar,
        Err(fault) => return doors.endpoint.fault(&fault).into_response(),
    };
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut known =
        known.unwrap_or_default().split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    let mut response = if known.any(|tag| tag == avatar.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(avatar.bytes.to_vec()));
        let content_type = HeaderValue::from_static(avatar.content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    };
    let headers = response.headers_mut();
    let is_pattern = avatar.content_type == "image/svg+xml";
    headers.insert(header::CACHE_CONTROL, if is_pattern { CACHED_PATTERN } else { CACHED });
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::try_from(avatar.etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}
