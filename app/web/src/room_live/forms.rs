//! The forms of a room: each works as it is, and at once where the page is live.

use liveview::{Rendered, html};

use super::{Msg, Viewer, room::Room};

/// The form `act`, with `inside` it; `id` is unique in the page.
pub(super) fn form(
    viewer: &Viewer,
    room: &Room,
    id: &str,
    act: &str,
    inside: Rendered,
) -> Rendered {
    html! {
        <form id={id} class="act" action={format!("{}/{act}", room.path())} method="post" phx-submit={Msg::Act} data-act={act}>
            <input type="hidden" name="_csrf_token" value={viewer.csrf_token}>
            <input type="hidden" name="act" value={act}>
            {inside}
        </form>
    }
}

/// The form `act` that is about one person, at one `place` of the page; the page's script may say
/// later about whom.
pub(super) fn about(
    viewer: &Viewer,
    room: &Room,
    place: &str,
    act: &str,
    who: Option<&str>,
    inside: Rendered,
) -> Rendered {
    let with_person = html! {
        <input type="hidden" name="who" value={who.unwrap_or_default()}>
        {inside}
    };
    let id = format!("{place}-{act}-{}", who.unwrap_or_default());
    form(viewer, room, &id, act, with_person)
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
