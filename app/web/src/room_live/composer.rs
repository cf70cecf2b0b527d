//! Where one writes: the composer, and in its place the editor of something said before.

use std::net::IpAddr;

use chat::{Action, BODY_CHARS_MAX, Manner, MessageId, Posted, RoomSummary, Status};
use identity::{Guest, GuestName, Renamed};
use liveview::{Flash, Form, Rendered, html};

use super::{
    Msg, Viewer,
    acts::{Act, Refused, Why, perform},
    room::Room,
};
use crate::{
    commands::{HELP, Line},
    house::House,
    limits::Kind,
};

/// What the composer sends.
#[derive(Clone, Debug, Form)]
pub(crate) struct PostForm {
    /// Made by the browser (or by the page), so that a resend is recognised.
    pub(crate) message_id: String,
    pub(crate) body: String,
}

#[derive(Debug)]
pub(super) struct Composer {
    message_id: String,
    draft: String,
    refusal: Option<String>,
    /// What a command had to say.
    hint: Option<String>,
}

/// A text that is being changed.
#[derive(Debug)]
pub(super) struct Editing {
    pub(super) number: u64,
    pub(super) body: String,
    pub(super) refusal: Option<String>,
}

/// What came of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Posted(Posted),
    /// A command was carried out.
    Done,
    /// Something is to be read beside the composer.
    Told(&'static str),
}

impl Default for Composer {
    fn default() -> Self {
        let message_id = MessageId::random().as_str().to_owned();
        Self { message_id, draft: String::new(), refusal: None, hint: None }
    }
}

impl Composer {
    pub(super) fn after(spoken: &Spoken) -> Self {
        let hint = match spoken {
            Spoken::Told(hint) => Some((*hint).to_owned()),
            Spoken::Posted(_) | Spoken::Done => None,
        };
        Self { hint, ..Self::default() }
    }

    pub(super) fn refused(form: PostForm, refusal: String) -> Self {
        let PostForm { message_id, body } = form;
        Self { message_id, draft: body, refusal: Some(refusal), hint: None }
    }

    /// The composer of a plain form that was refused comes back with what was typed.
    pub(super) fn from_flash(flash: &Flash) -> Self {
        let kept = |kind| flash.get(kind).map(str::to_owned);
        match (kept("message_id"), kept("draft"), kept("refusal")) {
            (Some(message_id), Some(draft), refusal) => {
                Self { message_id, draft, refusal, hint: None }
            }
            _ => Self { hint: kept("hint"), ..Self::default() },
        }
    }
}

impl Editing {
    pub(super) fn of(message: &chat::Message) -> Self {
        Self { number: message.number, body: message.body.clone(), refusal: None }
    }
}

/// Says it in the room, or does what the line asks for; or why not, for the person.
pub(crate) async fn speak(
    house: &House,
    room: &RoomSummary,
    me: &Guest,
    peer: Option<IpAddr>,
    form: &PostForm,
) -> Result<Spoken, Refused> {
    let act = match Line::read(&form.body) {
        Line::Say(body) => return post(house, room, me, peer, form, Manner::Said, &body).await,
        Line::Do(body) => return post(house, room, me, peer, form, Manner::Did, &body).await,
        Line::Rename(name) => return rename(house, room, me, peer, &name).await,
        Line::Help => return Ok(Spoken::Told(HELP)),
        Line::Unclear(hint) => return Err(Refused::unfit(hint)),
        Line::Retitle(title) => Act::Retitle { title },
        Line::SetVisibility(to) => Act::SetVisibility { to },
    };
    perform(house, room, me, peer, act).await.map(|_| Spoken::Done)
}

async fn post(
    house: &House,
    room: &RoomSummary,
    me: &Guest,
    peer: Option<IpAddr>,
    form: &PostForm,
    manner: Manner,
    body: &str,
) -> Result<Spoken, Refused> {
    let id = MessageId::parse(&form.message_id).map_err(|_| {
        Refused::unfit("This message cannot be sent again. Copy it, and reload the page.")
    })?;
    within_limits(house, Kind::Message, peer, me)?;
    let posted = house.chat.post_as(&room.id, me, id, manner, body).await;
    Ok(Spoken::Posted(posted?))
}

async fn rename(
    house: &House,
    room: &RoomSummary,
    me: &Guest,
    peer: Option<IpAddr>,
    name: &str,
) -> Result<Spoken, Refused> {
    let name = GuestName::parse(name).map_err(|error| Refused::unfit(error.to_string()))?;
    within_limits(house, Kind::Name, peer, me)?;
    let renamed = house.identity.rename(me, name).await;
    let Renamed { from, guest, number } =
        renamed.map_err(|fault| Refused { text: fault.to_string(), why: Why::Fault })?;
    if from != guest.name {
        // They are called so already, whether or not the room has a place to note it.
        let _noted = house.chat.note_rename(&room.id, &guest, &from, number).await;
    }
    Ok(Spoken::Done)
}

fn within_limits(
    house: &House,
    kind: Kind,
    peer: Option<IpAddr>,
    me: &Guest,
) -> Result<(), Refused> {
    let checked = house.limits.check(kind, peer, &me.id);
    checked.map_err(|too_much| Refused::unfit(too_much.to_string()))
}

pub(super) fn render(viewer: &Viewer, room: &Room) -> Rendered {
    html! {
        <div class="writing" data-editing?={room.editing.is_some()}>
            <p id="typing" class="typing" phx-update="ignore"></p>
            if let Some(ended) = ended(&room.summary) {
                {ended}
            } else if room.may(Action::Post) {
                {composer(viewer, room)}
                {room.editing.as_ref().map(|editing| editor(viewer, room, editing))}
            }
        </div>
    }
}

/// That nothing is said any more; why and by whom stands in the conversation.
fn ended(room: &RoomSummary) -> Option<Rendered> {
    let Status::Ended { at_ms, reason } = &room.status else { return None };
    let at = crate::message::rfc3339(*at_ms);
    let reason = reason.as_ref().map(|reason| format!(": {reason}"));
    Some(html! {
        <p class="ended">"This conversation ended on "<time datetime={at} data-style="full">{at}</time>{reason}". It can be read, but nothing is added any more."</p>
    })
}

fn composer(viewer: &Viewer, room: &Room) -> Rendered {
    let composer = &room.composer;
    let refusal = composer.refusal.as_deref().unwrap_or_default();
    let hint = composer.hint.as_deref().unwrap_or_default();
    let placeholder = format!("Say something, {}", viewer.me.name.as_str());
    let label = format!("Message to {}", room.name(viewer));
    html! {
        <form id="composer" class="composer" data-placeholder={placeholder} data-label={label} action={format!("{}/post", room.path())} method="post" phx-submit={Msg::Post} phx-hook="Composer">
            <input type="hidden" name="_csrf_token" value={viewer.csrf_token}>
            <p class="refusal" role="alert" id="refusal">{refusal}</p>
            <p class="hint composer-hint" role="status">{hint}</p>
            <div id="composer-field" class="composer-field" phx-update="ignore">
                <input type="hidden" name={PostForm::FIELDS.message_id} value={composer.message_id}>
                <label class="visually-hidden" for="composer-body">{label}</label>
                <textarea id="composer-body" name={PostForm::FIELDS.body} rows="1" maxlength={BODY_CHARS_MAX} placeholder={placeholder} enterkeyhint="send" aria-describedby="refusal">{composer.draft}</textarea>
            </div>
            <button type="submit" class="send">Send</button>
        </form>
    }
}

/// In the composer's place, which keeps its draft behind it.
fn editor(viewer: &Viewer, room: &Room, editing: &Editing) -> Rendered {
    html! {
        <form id={format!("editor-{}", editing.number)} class="composer editor" action={format!("{}/edit", room.path())} method="post" phx-submit={Msg::Act} phx-hook="Editor" data-number={editing.number}>
            <p class="editor-banner"><span>"Editing "<a href={format!("{}/{}", room.path(), editing.number)}>{format!("message {}", editing.number)}</a></span><button type="button" class="action" phx-click={Msg::CancelEdit}>Cancel</button></p>
            {edit_fields(viewer, "editor", editing)}
            <button type="submit" class="send">Save</button>
        </form>
    }
}

/// The fields of the form that changes a text; `name` tells several on a page apart.
pub(super) fn edit_fields(viewer: &Viewer, name: &str, editing: &Editing) -> Rendered {
    let refusal = editing.refusal.as_deref().unwrap_or_default();
    html! {
        <input type="hidden" name="_csrf_token" value={viewer.csrf_token}>
        <input type="hidden" name="act" value="edit">
        <input type="hidden" name="number" value={editing.number}>
        <p class="refusal" role="alert" id={format!("{name}-refusal")}>{refusal}</p>
        <div id={format!("{name}-field-{}", editing.number)} class="composer-field" phx-update="ignore">
            <label class="visually-hidden" for={format!("{name}-body")}>The new text of the message</label>
            <textarea id={format!("{name}-body")} name="body" rows="1" maxlength={BODY_CHARS_MAX} enterkeyhint="send" aria-describedby={format!("{name}-refusal")}>{editing.body}</textarea>
        </div>
    }
}
