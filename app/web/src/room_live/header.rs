//! Above the conversation: what the room is called and what it is like, and the ways to everything
//! else.

use chat::{Action, Retention, RoomSummary, TITLE_CHARS_MAX, Visibility};
use liveview::{Rendered, html};

use super::{
    Viewer,
    forms::{button, form, refusal, typed},
    room::Room,
};
use crate::{layout, message::rfc3339, retention};

pub(super) fn render(viewer: &Viewer, room: &Room) -> Rendered {
    html! {
        <header class="room-header">
            {home()}
            <button type="button" class="action column-button" popovertarget="rooms" aria-label="Your rooms">"☰"</button>
            <div class="room-heading">
                {title(viewer, room)}
                <p class="room-facts">{facts(&room.summary, room.erased_at_ms)}</p>
            </div>
            <div class="room-actions">
                <button type="button" class="action people-button" popovertarget="people" aria-label="People"><span class="people-sign" aria-hidden="true"></span><span id="people-count" phx-update="ignore">{room.people_count}</span></button>
                {layout::theme_switch()}
                <button type="button" class="action" data-help aria-label="Keyboard help">"?"</button>
                <button type="button" class="action" popovertarget="room-menu" aria-label="Room menu">"⋯"</button>
            </div>
            {menu(viewer, room)}
        </header>
        {door(viewer, room)}
        {said(room)}
    }
}

fn home() -> Rendered {
    html! {
        <a href="/" class="home" aria-label="Lobby">
            <svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
                <path fill="currentColor" d="M5 14h17v5a8 8 0 0 1-8 8h-1a8 8 0 0 1-8-8z"/>
                <path d="M22 15.5h2a4 4 0 0 1 0 8h-2.6M10 4c2 2-2 3.6 0 6M16.5 4c2 2-2 3.6 0 6"/>
            </svg>
        </a>
    }
}

/// The name; whoever may change it does so where it stands.
fn title(viewer: &Viewer, room: &Room) -> Rendered {
    let may_rename = room.may(Action::Retitle) && room.summary.with.is_none();
    let now = room.summary.title.as_deref().unwrap_or_default();
    html! {
        <h1 id="room-title" data-rename?={may_rename} title?={may_rename.then_some("Click to rename")}>{room.name(viewer)}</h1>
        if may_rename {
            <div class="rename">
                {form(viewer, room, "rename", "title", html! {
                    <label class="visually-hidden" for="rename-title">The name of the room</label>
                    <input id="rename-title" type="text" name="title" value={typed(room, "title", "title", now)} maxlength={TITLE_CHARS_MAX} autocomplete="off" placeholder={room.summary.slug.as_str()}>
                    <button type="submit" class="button">Save</button>
                })}
                {refusal(room, "title")}
            </div>
        }
    }
}

fn facts(room: &RoomSummary, erased_at_ms: Option<i64>) -> Rendered {
    let (visibility, says) = match room.visibility {
        _ if room.with.is_some() => ("Private chat", "Only the two of you"),
        Visibility::Public => ("Public", "Listed in the lobby; anyone may enter"),
        Visibility::Unlisted => ("Unlisted", "Whoever has the link may enter"),
        Visibility::Private => ("Private", "Members only; others may knock"),
    };
    html! {
        <span class="fact" title={says}>{visibility}</span>
        if let Retention::Fleeting { idle_ms } = room.retention {
            <span class="fact fleeting" title={retention::sentence(room.retention).unwrap_or_default()}>{format!("Erased {} after the last has left", retention::span(idle_ms))}</span>
        }
        {erased_at_ms.map(rfc3339).map(|at| html! { <span class="fact fleeting">"Erased "<span data-until={at}>{at}</span>" unless somebody comes"</span> })}
    }
}

fn menu(viewer: &Viewer, room: &Room) -> Rendered {
    let has_settings = room.may(Action::SetRetention) || room.may(Action::Erase);
    html! {
        <div id="room-menu" class="menu" popover>
            <button type="button" class="menu-item" data-copy={room.path()}>Copy link</button>
            <button type="button" class="menu-item" data-share>"Share…"</button>
            if has_settings {
                <button type="button" class="menu-item" popovertarget="settings">"Settings…"</button>
            }
            <button type="button" class="menu-item" data-notices-switch aria-pressed="false">Hide what happens besides messages</button>
            <a class="menu-item" href={format!("/search?room={}", room.summary.slug.as_str())}>Search in this room</a>
            <button type="button" class="menu-item" data-help>Keyboard</button>
            <div class="menu-theme">{layout::theme_switch()}<span aria-hidden="true">Light or dark</span></div>
            if room.may(Action::Leave) && room.role_name() != "visitor" {
                {form(viewer, room, "leave", "leave", button("Leave the room"))}
            }
        </div>
    }
}

/// Who waits to be let in, for those who may let them.
fn door(viewer: &Viewer, room: &Room) -> Rendered {
    let knocks = &room.owners.knocks;
    html! {
        <div class="door" role="status">
            for guest in knocks {
                <div :key={guest.id.as_str()} class="knock">
                    <p><strong class="author" data-hue={guest.colour()}>{guest.name.as_str()}</strong>" knocks."</p>
                    {super::forms::about(viewer, room, "door", "admit", Some(guest.id.as_str()), html! { <button type="submit" class="button">Let in</button> })}
                    {super::forms::about(viewer, room, "door", "turn-away", Some(guest.id.as_str()), html! { <button type="submit" class="button quiet">Say no</button> })}
                </div>
            }
        </div>
    }
}

/// What came of something that has no place of its own to say so.
fn said(room: &Room) -> Rendered {
    let refusal = room.refusal.as_ref().map(|refusal| refusal.text.as_str());
    html! {
        <div class="said" role="status">
            {refusal.map(|text| html! { <p class="refusal">{text}</p> })}
            {room.invited.map(|invited| html! { <p class="waiting">{invited.sentence()}</p> })}
        </div>
    }
}
