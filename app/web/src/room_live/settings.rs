//! What a room is like, for those who may change it.

use chat::{Action, Retention, Role, Status, TITLE_CHARS_MAX, Visibility};
use liveview::{Rendered, html};

use super::{
    Viewer,
    forms::{about, form, refusal, typed},
    room::Room,
};
use crate::retention::{CHOICES, span};

pub(super) fn render(viewer: &Viewer, room: &Room) -> Rendered {
    let is_of_two = room.summary.with.is_some();
    html! {
        if room.may(Action::SetRetention) || room.may(Action::Erase) {
            <dialog id="settings" class="sheet" popover aria-labelledby="settings-title">
                <header class="sheet-header">
                    <h2 id="settings-title">Settings of this room</h2>
                    <button type="button" class="action" popovertarget="settings" popovertargetaction="hide" aria-label="Close">"✕"</button>
                </header>
                if room.may(Action::Retitle) && !is_of_two {
                    {title(viewer, room)}
                }
                if room.may(Action::SetVisibility) {
                    {visibility(viewer, room)}
                }
                if room.may(Action::SetRetention) {
                    {keeping(viewer, room)}
                }
                if room.may(Action::SetRole) {
                    {roles(viewer, room)}
                }
                if room.may(Action::Expel) && !room.owners.expelled.is_empty() {
                    {expelled(viewer, room)}
                }
                {ending(viewer, room)}
            </dialog>
        }
    }
}

fn title(viewer: &Viewer, room: &Room) -> Rendered {
    let now = room.summary.title.as_deref().unwrap_or_default();
    html! {
        <section>
            {form(viewer, room, "settings-form-title", "title", html! {
                <label for="settings-name">Name</label>
                <div class="one-line">
                    <input id="settings-name" type="text" name="title" value={typed(room, "title", "title", now)} maxlength={TITLE_CHARS_MAX} autocomplete="off" placeholder={room.summary.slug.as_str()}>
                    <button type="submit" class="button quiet">Rename</button>
                </div>
            })}
            {refusal(room, "title")}
        </section>
    }
}

fn visibility(viewer: &Viewer, room: &Room) -> Rendered {
    let choices = [
        (Visibility::Public, "public", "Public: listed in the lobby, anyone may enter"),
        (Visibility::Unlisted, "unlisted", "Unlisted: whoever has the link may enter"),
        (Visibility::Private, "private", "Private: members only, others may knock"),
    ];
    html! {
        <section>
            {form(viewer, room, "settings-form-visibility", "visibility", html! {
                <fieldset>
                    <legend>Who may enter</legend>
                    for (visibility, name, says) in choices {
                        <label class="choice"><input type="radio" name="visibility" value={name} checked={room.summary.visibility == visibility}>{says}</label>
                    }
                </fieldset>
                <button type="submit" class="button quiet">Change</button>
            })}
            {refusal(room, "visibility")}
        </section>
    }
}

fn keeping(viewer: &Viewer, room: &Room) -> Rendered {
    let idle_ms = match room.summary.retention {
        Retention::Kept => None,
        Retention::Fleeting { idle_ms } => Some(idle_ms),
    };
    let is_own = idle_ms.is_some_and(|idle_ms| !CHOICES.contains(&idle_ms));
    let minutes = idle_ms.map_or(30, |idle_ms| (idle_ms / 60_000).max(1)).to_string();
    html! {
        <section>
            {form(viewer, room, "settings-form-retention", "retention", html! {
                <label for="settings-retention">What is said is kept</label>
                <select id="settings-retention" name="retention">
                    <option value="kept" selected={idle_ms.is_none()}>Until somebody deletes it</option>
                    for choice in CHOICES {
                        <option value={choice} selected={idle_ms == Some(choice)}>{format!("Until {} after the last has left", span(choice))}</option>
                    }
                    <option value="own" selected={is_own}>For a time of your own</option>
                </select>
                <div class="one-line own-time">
                    <label for="settings-minutes">Minutes</label>
                    <input id="settings-minutes" type="text" inputmode="numeric" name="minutes" value={typed(room, "retention", "minutes", &minutes)} autocomplete="off">
                </div>
                <button type="submit" class="button quiet">Change</button>
            })}
            {refusal(room, "retention")}
        </section>
    }
}

fn roles(viewer: &Viewer, room: &Room) -> Rendered {
    let others = || room.owners.members.iter().filter(|member| member.role != Role::Owner);
    html! {
        <section>
            <h3>Who shares your powers</h3>
            if others().next().is_none() {
                <p class="hint">"Nobody else is a member yet. Whoever speaks here, or is let in, becomes one."</p>
            } else {
                <ul class="people-list">
                    for member in others() {
                        <li :key={member.guest.id.as_str()}>
                            <span class="author" data-hue={member.guest.colour()}>{member.guest.name.as_str()}</span>
                            {share(viewer, room, member.guest.id.as_str(), member.role)}
                            {about(viewer, room, "settings", "transfer", Some(member.guest.id.as_str()), html! { <button type="submit" class="button quiet">Hand over</button> })}
                        </li>
                    }
                </ul>
            }
            {refusal(room, "role")}
            {refusal(room, "transfer")}
        </section>
    }
}

fn share(viewer: &Viewer, room: &Room, who: &str, role: Role) -> Rendered {
    let (to, text) = match role {
        Role::CoOwner => ("member", "No longer co-owner"),
        _ => ("co-owner", "Make co-owner"),
    };
    about(
        viewer,
        room,
        "settings",
        "role",
        Some(who),
        html! {
            <input type="hidden" name="role" value={to}>
            <button type="submit" class="button quiet">{text}</button>
        },
    )
}

fn expelled(viewer: &Viewer, room: &Room) -> Rendered {
    html! {
        <section>
            <h3>Removed from the room</h3>
            <ul class="people-list">
                for guest in &room.owners.expelled {
                    <li :key={guest.id.as_str()}>
                        <span class="author" data-hue={guest.colour()}>{guest.name.as_str()}</span>
                        {about(viewer, room, "settings", "pardon", Some(guest.id.as_str()), html! { <button type="submit" class="button quiet">Let come back</button> })}
                    </li>
                }
            </ul>
            {refusal(room, "pardon")}
        </section>
    }
}

fn ending(viewer: &Viewer, room: &Room) -> Rendered {
    let is_open = room.summary.status == Status::Open;
    html! {
        <section class="danger">
            if is_open && room.may(Action::End) {
                {form(viewer, room, "settings-form-end", "end", html! {
                    <label for="settings-reason">"End the conversation: it can be read, and nothing is added. Why? (You may leave this empty.)"</label>
                    <div class="one-line">
                        <input id="settings-reason" type="text" name="reason" value={typed(room, "end", "reason", "")} maxlength={TITLE_CHARS_MAX} autocomplete="off">
                        <button type="submit" class="button quiet">End</button>
                    </div>
                })}
                {refusal(room, "end")}
            }
            if room.may(Action::Erase) {
                {form(viewer, room, "settings-form-delete", "delete", html! {
                    <label for="settings-delete">{format!("Delete the room and everything that was said in it, for good. To confirm, type its name: {}", room.name(viewer))}</label>
                    <div class="one-line">
                        <input id="settings-delete" type="text" name="name" value={typed(room, "delete", "name", "")} autocomplete="off">
                        <button type="submit" class="button dangerous">Delete</button>
                    </div>
                })}
                {refusal(room, "delete")}
            }
        </section>
    }
}
