//! Links of somebody's own messages that could not be shown: a section of their own page.

use std::{collections::BTreeMap, net::IpAddr};

use chat::{RoomId, RoomSummary};
use identity::{Fault, Guest, GuestId};
use liveview::{Rendered, html};
use previews::{DeadLetter, Link};

use crate::{
    access::Entry,
    companion,
    house::House,
    limits::Kind,
    me_live::{IdForm, Msg},
    message::rfc3339,
};

/// How many are shown; the others follow as these go.
const SHOWN_MAX: usize = 20;
/// How much of a link is shown, in Unicode scalar values.
const LINK_CHARS_MAX: usize = 80;

/// The same for what never was, what is gone and what is somebody else's.
const GONE: &str = "That link does not wait for you any more.";

/// A link that was given up, as whoever wrote it sees it.
#[derive(Debug)]
pub(crate) struct LostLink {
    letter: DeadLetter,
    /// Host and path.
    shown: String,
    /// Where the message is, and what its room is called; `None`: they may not read it any more.
    place: Option<(String, String)>,
}

/// The links of what `me` wrote, the last that was given up first.
///
/// # Errors
/// The store could not be read.
pub(crate) async fn find(house: &House, me: &GuestId) -> Result<Vec<LostLink>, Fault> {
    let mut rooms = BTreeMap::new();
    let mut found = Vec::new();
    for letter in house.previews.dead_letters_of(me).into_iter().take(SHOWN_MAX) {
        let (Some(id), Some(number)) = (&letter.room, letter.number) else { continue };
        if !rooms.contains_key(id) {
            rooms.insert(id.clone(), readable(house, id, me).await?);
        }
        let place = rooms[id].as_ref().map(|room| {
            let path = format!("/r/{}/{number}#m-{number}", room.slug.as_str());
            (path, companion::name_of(room, me).to_owned())
        });
        found.push(LostLink { shown: shown(&letter.link), place, letter });
    }
    Ok(found)
}

/// The room, if `me` may look into it.
async fn readable(
    house: &House,
    room: &RoomId,
    me: &GuestId,
) -> Result<Option<RoomSummary>, Fault> {
    let Some(room) = house.chat.directory().by_id(room).await? else { return Ok(None) };
    let role = house.chat.role(&room, me).await?;
    Ok((Entry::of(&room, role) == Entry::Inside).then_some(room))
}

/// Nothing, where there is none.
pub(crate) fn render(links: &[LostLink], csrf_token: &str) -> Option<Rendered> {
    (!links.is_empty()).then(|| {
        html! {
            <section aria-labelledby="lost-links-title">
                <h2 id="lost-links-title">Links that could not be shown</h2>
                <ul class="plain-list" id="lost-links">
                    for link in links {
                        <li :key={link.letter.id.as_str()}>{link.render(csrf_token)}</li>
                    }
                </ul>
            </section>
        }
    })
}

impl LostLink {
    fn render(&self, csrf_token: &str) -> Rendered {
        let DeadLetter { id, link, why, attempts, at_ms, .. } = &self.letter;
        let at = rfc3339(*at_ms);
        let attempts = match attempts {
            1 => "1 attempt".to_owned(),
            count => format!("{count} attempts"),
        };
        html! {
            <div class="line">
                <span class="line-name">
                    <a href={link.as_str()} target="_blank" rel="noopener noreferrer nofollow ugc" dir="ltr">{self.shown.as_str()}</a>
                    <span class="hint" dir="auto">{why.as_str()}</span>
                    <span class="hint">{self.render_place()}", "{attempts}", given up "<time datetime={at} data-style="recent">{at}</time></span>
                </span>
                <div class="answers">
                    <form id={format!("retry-{id}")} action="/me/links/retry" method="post" phx-submit={Msg::Retry}>
                        <input type="hidden" name="_csrf_token" value={csrf_token}>
                        <input type="hidden" name={IdForm::FIELDS.which} value={id.as_str()}>
                        <button type="submit" class="button quiet" aria-label={format!("Try again: {}", self.shown)}>Try again</button>
                    </form>
                    <form id={format!("forget-{id}")} action="/me/links/forget" method="post" phx-submit={Msg::Forget}>
                        <input type="hidden" name="_csrf_token" value={csrf_token}>
                        <input type="hidden" name={IdForm::FIELDS.which} value={id.as_str()}>
                        <button type="submit" class="button quiet" aria-label={format!("Forget: {}", self.shown)}>Forget</button>
                    </form>
                </div>
            </div>
        }
    }

    fn render_place(&self) -> Rendered {
        match &self.place {
            Some((path, name)) => {
                html! { "In "<a href={path} dir="auto">{name.as_str()}</a> }
            }
            None => html! { "In a room that you cannot read any more" },
        }
    }
}

/// Has a link of `me` fetched again; says what was done, or why not.
pub(crate) async fn retry(
    house: &House,
    me: &Guest,
    peer: Option<IpAddr>,
    form: &IdForm,
) -> Result<String, String> {
    check_own(house, me, form)?;
    house.limits.check(Kind::Preview, peer, &me.id).map_err(|refusal| refusal.to_string())?;
    match house.previews.retry(&form.which).await {
        Ok(true) => Ok("It is being fetched again.".to_owned()),
        Ok(false) => Err(GONE.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Has a link of `me` forgotten; says what was done, or why not.
pub(crate) async fn forget(house: &House, me: &Guest, form: &IdForm) -> Result<String, String> {
    check_own(house, me, form)?;
    match house.previews.forget(&form.which).await {
        Ok(true) => Ok("It is forgotten. What you said stays.".to_owned()),
        Ok(false) => Err(GONE.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn check_own(house: &House, me: &Guest, form: &IdForm) -> Result<(), String> {
    let own = house.previews.dead_letters_of(&me.id);
    let is_own = own.iter().any(|letter| letter.id == form.which);
    if is_own { Ok(()) } else { Err(GONE.to_owned()) }
}

/// Host and path, cut where it is too long.
fn shown(link: &Link) -> String {
    let text = link.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('?').next().unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    match text.char_indices().nth(LINK_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(link: &str, expected: &str) {
        assert_eq!(shown(&Link::parse(link).expect("a link")), expected);
    }

    #[test]
    fn of_a_link_its_host_and_path_are_shown() {
        check("https://example.org", "example.org");
        check("http://example.org:8080/tea/?sort=price#green", "example.org:8080/tea");
        check("https://example.org/?to=http://elsewhere.test/", "example.org");
        let long = format!("example.org/{}", "a".repeat(68));
        check(&format!("https://{long}"), &long);
        check(&format!("https://{long}b"), &format!("{long}…"));
    }
}
