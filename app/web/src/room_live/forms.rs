//! The forms of a room: each works as it is, and at once where the page is live.

use liveview::{Rendered, html};

use super::{Msg, Viewer, room::Room};

/// The form `act`, with `inside` it.
pub(super) fn form(viewer: &Viewer, room: &Room, act: &str, inside: Rendered) -> Rendered {
    html! {
        <form class="act" action={format!("{}/{act}", room.path())} method="post" phx-submit={Msg::Act} data-act={act}>
            <input type="hidden" name="_csrf_token" value={viewer.csrf_token}>
            <input type="hidden" name="act" value={act}>
            {inside}
        </form>
    }
}

/// The form `act` that is about one person; the page's script may say later about whom.
pub(super) fn about(
    viewer: &Viewer,
    room: &Room,
    act: &str,
    who: Option<&str>,
    inside: Rendered,
) -> Rendered {
    let with_person = html! {
        <input type="hidden" name="who" value={who.unwrap_or_default()}>
        {inside}
    };
    form(viewer, room, act, with_person)
}

/// Why the form was refused, where it stands.
pub(super) fn refusal(room: &Room, act: &str) -> Rendered {
    let text = room.refusal(act).map(|refusal| refusal.text.as_str()).unwrap_or_default();
    html! { <p class="refusal" role="alert">{text}</p> }
}

/// What was typed into a form that was refused; or else what is so now.
pub(super) fn typed<'a>(room: &'a Room, act: &str, field: &str, now: &'a str) -> &'a str {
    room.refusal(act).and_then(|refusal| refusal.fields.get(field)).unwrap_or(now)
}

/// A button that sends its form.
pub(super) fn button(text: &str) -> Rendered {
    html! { <button type="submit" class="menu-item">{text}</button> }
}
