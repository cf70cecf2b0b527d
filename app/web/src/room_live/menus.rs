//! What one can do with a message, and with a person.
//!
//! The conversation and the list of people are the same for everyone, so their menus stand here, once:
//! the page's script says which message or person is meant, and puts them there. Without a script,
//! their addresses (`/r/<slug>/<number>`, `?person=<id>`) show the same forms.

use chat::Action;
use identity::Guest;
use liveview::{Rendered, html, shared};

use super::{
    Viewer,
    composer::edit_fields,
    forms::{about, button, form},
    room::{Chosen, Room},
};
use crate::room_people::RoomPeople;

/// The list of people: a view of its own. In an element that never changes, which patches leave
/// alone: they would take the class from it by which the client says that a view is connected.
pub(super) fn people(room: &Room) -> Rendered {
    html! { <div class="people-view">{shared::<RoomPeople>(&room.summary.id.as_str().to_owned())}</div> }
}

/// The menu of a message. `room_menus.js` fills in the number, and shows only what is possible.
///
/// A list of one, whose key is the visitor's role: another role is another menu, sent whole. The
/// client leaves a menu's inside alone, so it could not put in what alone has changed.
pub(super) fn of_message(viewer: &Viewer, room: &Room) -> Rendered {
    let may = |action| room.may(action);
    html! {
        for role in [room.role_name()] {
            <div :key={role} id={format!("message-menu-{role}")} class="menu message-menu" popover phx-update="ignore" role="dialog" aria-label="Message" data-edits-own?={may(Action::EditOwn)} data-edits-others?={may(Action::EditOthers)} data-removes-own?={may(Action::RemoveOwn)} data-removes-others?={may(Action::RemoveOthers)}>
                <div class="menu-body">
                    <button type="button" class="menu-item" data-menu-copy>Copy link</button>
                    <button type="button" class="menu-item" data-menu-edit>Edit</button>
                    <button type="button" class="menu-item" data-menu-ask>"Delete…"</button>
                    <div class="menu-confirm" hidden>
                        <p>"Delete this message for everyone?"</p>
                        {form(viewer, room, "menu-remove", "remove", html! {
                            <input type="hidden" name="number" value="">
                            {button("Delete it")}
                        })}
                    </div>
                </div>
            </div>
        }
    }
}

/// The menu of a person; filled in by the script. As the menu of a message, one for each role.
pub(super) fn of_person(viewer: &Viewer, room: &Room) -> Rendered {
    html! {
        for role in [room.role_name()] {
            <div :key={role} id={format!("person-menu-{role}")} class="menu person-menu" popover phx-update="ignore" role="dialog" aria-label="Person">
                <p class="menu-title" data-menu-name></p>
                <div class="menu-body">{forms_about(viewer, room, "menu", None)}</div>
            </div>
        }
    }
}

/// Everything that one may do with somebody. Which of it makes sense depends on who they are, and the
/// server has the last word.
fn forms_about(viewer: &Viewer, room: &Room, place: &str, who: Option<&Guest>) -> Rendered {
    let who = who.map(|guest| guest.id.as_str());
    let form_of = |act: &str, inside: Rendered| about(viewer, room, place, act, who, inside);
    let role =
        |to: &str, text: &str| html! { <input type="hidden" name="role" value={to}>{button(text)} };
    let is_of_two = room.summary.with.is_some();
    html! {
        if !is_of_two {
            {form_of("invite", button("Private chat"))}
        }
        {form_of("block", button("Block"))}
        {form_of("unblock", button("Unblock"))}
        if room.may(Action::SetRole) {
            <div data-for="member visitor">{form_of("role", role("co-owner", "Make co-owner"))}</div>
            <div data-for="co-owner">{about(viewer, room, "demote", "role", who, role("member", "No longer co-owner"))}</div>
            {form_of("transfer", button("Hand the room over"))}
        }
        if room.may(Action::Expel) {
            {form_of("expel", button("Remove from the room"))}
        }
    }
}

/// The menu of the person whom the address names.
pub(super) fn chosen_person(viewer: &Viewer, room: &Room) -> Rendered {
    let person = room.person.as_ref().filter(|guest| guest.id != viewer.me.id);
    html! {
        if let Some(guest) = person {
            <section id="person" class="chosen" aria-labelledby="person-name">
                <h2 id="person-name">{guest.name.as_str()}</h2>
                {forms_about(viewer, room, "chosen", Some(guest))}
                <p><a href={room.path()}>Back to the conversation</a></p>
            </section>
        }
    }
}

/// What the visitor may do with the message that the address names.
pub(super) fn chosen_message(viewer: &Viewer, room: &Room, chosen: &Chosen) -> Rendered {
    let is_refused = chosen.editing.as_ref().is_some_and(|editing| editing.refusal.is_some());
    html! {
        <details class="chosen" open={is_refused}>
            <summary>{format!("Change message {}", chosen.number)}</summary>
            if let Some(editing) = &chosen.editing {
                <form id="chosen-edit" class="composer" action={format!("{}/edit", room.path())} method="post" phx-submit={super::Msg::Act}>
                    {edit_fields(viewer, "chosen", editing)}
                    <button type="submit" class="send">Save</button>
                </form>
            }
            for (place, card) in chosen.cards.iter().enumerate() {
                {form(viewer, room, &format!("chosen-dismiss-{place}"), "dismiss", html! {
                    <input type="hidden" name="number" value={chosen.number}>
                    <input type="hidden" name="link" value={card.link}>
                    <button type="submit" class="button quiet">{format!("Remove the card: {}", card.title.as_ref().unwrap_or(&card.site))}</button>
                })}
            }
            if chosen.may_remove {
                {form(viewer, room, "chosen-remove", "remove", html! {
                    <input type="hidden" name="number" value={chosen.number}>
                    <button type="submit" class="button dangerous">Delete this message</button>
                })}
            }
        </details>
    }
}
