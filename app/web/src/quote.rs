//! A message as it is quoted under another one that links to it.
//!
//! What stands in a room is the same for everyone there; what a link in it leads to may not be for
//! everyone. So the message says only that it links here, and the browser of whoever reads asks for
//! the quote, in the name of its reader.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chat::{Message, RoomSummary, Slug, Visit};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{Fault, Guest};
use liveview::{Rendered, Session, html};

use crate::{access, companion, message, router::Doors};

/// How much of a message is quoted, in Unicode scalar values.
const QUOTE_CHARS_MAX: usize = 300;

/// It depends on who asks, and on what becomes of the message.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
/// A piece of a page, and no page.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The address of the message that `url` leads to, on a server such as this: `/r/<slug>/<number>`,
/// with the origin if it names one. Whether that is here, the reader's browser knows.
pub(crate) fn address(url: &str) -> Option<String> {
    let (origin, path) = split_origin(url)?;
    let (path, place) = path.split_once('#').unwrap_or((path, ""));
    let (slug, number) = path.strip_prefix("/r/")?.split_once('/')?;
    let (slug, number) = (Slug::parse(slug).ok()?, number.parse::<u64>().ok()?);
    let is_there = place.is_empty() || place == format!("m-{number}");
    is_there.then(|| format!("{origin}/r/{}/{number}", slug.as_str()))
}

/// What of a URL comes before its path; nothing, if it is a path.
fn split_origin(url: &str) -> Option<(&str, &str)> {
    if url.starts_with('/') {
        return Some(("", url));
    }
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let path = host.find('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_host = path > 0 && host.bytes().take(path).all(is_plain);
    is_host.then(|| url.split_at(url.len() - host.len() + path))
}

/// `GET /r/{slug}/{number}/quote`: a piece of HTML for whoever may read the room, and for others
/// nothing, as where there is nothing.
pub(crate) async fn quote(
    State(doors): State<Doors>,
    Path((slug, number)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let session = doors.endpoint.session(&headers);
    let mut response = match find(&doors, &slug, &number, &session).await {
        Ok(Some((room, message, me))) => {
            let html = render(&room, &message, &me).to_html();
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(fault) => doors.endpoint.fault(&fault).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NOT_KEPT);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn find(
    doors: &Doors,
    slug: &str,
    number: &str,
    session: &Session,
) -> Result<Option<(RoomSummary, Message, Guest)>, Fault> {
    let (chat, Ok(number)) = (&doors.house.chat, number.parse::<u64>()) else { return Ok(None) };
    let Visit::Room(room) = chat.open_room(slug).await? else { return Ok(None) };
    if !access::may_read(&doors.house, room.id.as_str(), session).await {
        return Ok(None);
    }
    let page = chat.timeline().range(&room.id, number, number).await?;
    let found = page.messages.into_iter().find(|message| message.number == number);
    let Some(message) = found.filter(|message| !message.body.is_empty()) else { return Ok(None) };
    let me = doors.house.guest(session).await?;
    Ok(Some((room, (*message).clone(), me)))
}

fn render(room: &RoomSummary, message: &Message, me: &Guest) -> Rendered {
    let path = format!("/r/{}/{1}#m-{1}", room.slug.as_str(), message.number);
    let sent = message::Moment::at(message.sent_at_ms);
    let author = &message.author;
    html! {
        <blockquote class="quote" data-author={author.id.as_str()}>
            <a class="quote-link" href={path}>
                <span class="quote-head"><span class="quote-author" data-hue={author.colour()}>{author.name.as_str()}</span>" "<time datetime={sent.rfc3339()} data-style="recent">{sent.clock()}</time>" "<span class="quote-room" dir="auto">{companion::name_of(room, &me.id)}</span></span>
                <span class="quote-text" dir="auto">{shortened(&message.body)}</span>
            </a>
        </blockquote>
    }
}

/// One line of what was said, as it was typed.
fn shortened(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, url: &str, expected: Option<&str>) {
        assert_eq!(address(url).as_deref(), expected, "{sentence}: {url}");
    }

    #[test]
    fn addresses_of_messages() {
        let kitchen = Some("/r/kitchen/7");
        check("a path", "/r/kitchen/7", kitchen);
        check("with its place on the page", "/r/kitchen/7#m-7", kitchen);
        let far = Some("https://tea.example:4000/r/kitchen/7");
        check("with an origin", "https://tea.example:4000/r/kitchen/7#m-7", far);
        let six = Some("http://[::1]:4000/r/kitchen/7");
        check("of any kind", "http://[::1]:4000/r/kitchen/7", six);
        check("a room is no message", "/r/kitchen", None);
        check("nor is something else in it", "/r/kitchen/cards", None);
        check("nor another place", "/r/kitchen/7#people", None);
        check("nor a question", "/r/kitchen/7?person=1", None);
        check("nor a path without a beginning", "r/kitchen/7", None);
        check("nor a host in disguise", "//evil.example/r/kitchen/7", None);
        check("nor somebody's name at it", "https://me@tea.example/r/kitchen/7", None);
        check("nor another scheme", "ftp://tea.example/r/kitchen/7", None);
        check("nor a longer path", "/r/kitchen/7/quote", None);
        check("nor what is no address of a room", "/r/../7", None);
    }

    #[test]
    fn a_quote_is_one_line_that_is_not_long() {
        assert_eq!(shortened("two\n  lines "), "two lines");
        assert_eq!(shortened(&"é".repeat(300)), "é".repeat(300));
        assert_eq!(shortened(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    }
}
