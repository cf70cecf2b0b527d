//! The page of a room, for one visitor: what is personal about it. The composer, what they may do, as
//! much of the past as they scrolled to.
//!
//! What everyone sees stands in views of its own, nested here: the conversation ([`RoomFeed`]) and the
//! people ([`RoomPeople`]). This view hears nothing of messages; it hears what the room is like, and
//! who the visitor is in it, which is rare.

mod acts;
mod composer;
mod conversation;
mod forms;
mod header;
mod hearing;
mod menus;
mod outside;
mod room;
mod settings;

use std::time::Duration;

use chat::{Action, RoomSummary, Slug, Visit};
use identity::Guest;
use liveview::{Cx, Interrupt, LiveView, Message, Params, Rendered, html};
use serde_json::json;

pub(crate) use self::{
    acts::{Act, Outcome, Refused, Why, perform},
    composer::{PostForm, Spoken, speak},
};
use self::{
    composer::Composer,
    hearing::Heard,
    outside::Outside,
    room::{Asked, Room},
};
use crate::{
    access::Entry,
    companion::{self, Companion, News},
    house::House,
    layout::{self, Here},
};

/// How long somebody counts as typing after the last key.
const TYPING: Duration = Duration::from_secs(3);

#[derive(Debug, Message)]
pub(crate) enum Msg {
    /// The composer was submitted.
    Post(PostForm),
    /// One of the room's other forms was: `act` says which.
    Act(Params),
    /// Open the room whose address this is.
    Claim,
    /// The visitor scrolled to the top, where message `before` is.
    Older {
        before: u64,
    },
    /// The feed moved on: messages between the older ones and its own are missing.
    FillGap {
        from: u64,
        to: u64,
    },
    /// Messages among the older ones were changed.
    Refresh {
        from: u64,
        to: u64,
    },
    /// The text of message `number` is wanted, to be changed.
    EditMessage {
        number: u64,
    },
    CancelEdit,
    Typing,
    TypingStopped,
    /// The tab went to the background, or came back.
    Idle {
        idle: bool,
    },
    /// The settings were opened: who became a member by speaking is not announced.
    LookAgain,
    /// Everything up to message `number` was seen.
    Read {
        number: u64,
    },
    /// An invitation was answered.
    Answer(companion::Answer),
    #[internal]
    News(News),
    #[internal]
    Heard(Heard),
    /// Nothing was typed since the key with this number.
    #[internal]
    TypingEnds {
        key: u64,
    },
}

impl From<News> for Msg {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct RoomLive {
    viewer: Viewer,
    companion: Companion,
    shown: Shown,
}

/// Who looks.
#[derive(Debug)]
struct Viewer {
    me: Guest,
    csrf_token: String,
}

/// What the address leads to.
#[derive(Debug)]
enum Shown {
    Inside(Box<Room>),
    Outside(Box<Outside>),
    Free { slug: Slug, error: Option<String> },
}

impl LiveView for RoomLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let house = cx.app().clone();
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        let viewer = Viewer { me, csrf_token: cx.session().csrf_token().to_owned() };
        let address = cx.params().get("slug").unwrap_or_default().to_owned();
        let room = match house.chat.open_room(&address).await.map_err(Interrupt::fault)? {
            Visit::Room(room) => room,
            Visit::Free(slug) => {
                cx.title(slug.as_str().to_owned());
                let companion = Companion::mount(&viewer.me, None, cx).await?;
                return Ok(Self { viewer, companion, shown: Shown::Free { slug, error: None } });
            }
            Visit::Impossible(_) => return Err(Interrupt::Status(404)),
        };
        if cx.connected() {
            hearing::listen(&room.id, &viewer.me.id, cx);
        }
        let companion = Companion::mount(&viewer.me, Some(&room.id), cx).await?;
        let shown = Self::look(&viewer, room, Asked::by(cx)?, cx).await?;
        Ok(Self { viewer, companion, shown })
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::News(news) => self.companion.hear(news, cx).await,
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::Heard(heard) => self.hear(heard, cx).await,
            Msg::Act(fields) => self.act(&fields, cx).await,
            Msg::Claim => self.claim(cx).await,
            Msg::LookAgain => self.look_again(cx).await,
            message => {
                if let Shown::Inside(room) = &mut self.shown {
                    inside(room, &self.viewer, message, cx).await;
                }
            }
        }
    }

    fn render(&self) -> Rendered {
        match &self.shown {
            Shown::Inside(room) => self.render_room(room),
            Shown::Outside(outside) => outside.render(&self.viewer, &self.companion),
            Shown::Free { slug, error } => self.render_free(slug, error.as_deref()),
        }
    }
}

/// What the visitor does with a conversation that they see. From a page of before, when they saw it,
/// it means nothing.
async fn inside(room: &mut Room, viewer: &Viewer, message: Msg, cx: &mut Cx<RoomLive>) {
    let house = cx.app().clone();
    match message {
        Msg::Post(form) => post(room, viewer, form, cx).await,
        Msg::Older { before } => room.show_older(&house.chat, before).await,
        Msg::FillGap { from, to } => room.fill(&house.chat, from, to).await,
        Msg::Refresh { from, to } => room.refresh(&house.chat, from, to).await,
        Msg::EditMessage { number } => room.begin_edit(&house.chat, viewer, number).await,
        Msg::CancelEdit => room.editing = None,
        Msg::Typing => {
            let key = room.typed();
            cx.after(TYPING, Msg::TypingEnds { key });
        }
        Msg::TypingStopped => room.stopped_typing(),
        Msg::TypingEnds { key } => {
            if room.is_last_key(key) {
                room.stopped_typing();
            }
        }
        Msg::Idle { idle } => room.set_idle(idle),
        Msg::Read { number } => {
            // A fault is logged where it happened; the next message is read again.
            let act = Act::Read { number };
            let _read = perform(&house, &room.summary, &viewer.me, cx.peer(), act).await;
        }
        Msg::News(_)
        | Msg::Answer(_)
        | Msg::Heard(_)
        | Msg::Act(_)
        | Msg::Claim
        | Msg::LookAgain => {}
    }
}

async fn post(room: &mut Room, viewer: &Viewer, form: PostForm, cx: &mut Cx<RoomLive>) {
    let id = form.message_id.clone();
    room.stopped_typing();
    match speak(cx.app(), &room.summary, &viewer.me, cx.peer(), &form).await {
        Ok(spoken) => {
            room.composer = Composer::after(&spoken);
            cx.push_event("posted", json!({ "id": id }));
            if matches!(spoken, Spoken::Posted(_)) && room.is_past() {
                cx.navigate(room.path());
            }
        }
        Err(refused) => room.composer = Composer::refused(form, refused.text),
    }
}

impl RoomLive {
    /// What `viewer` gets to see of `room`.
    async fn look(
        viewer: &Viewer,
        room: RoomSummary,
        asked: Asked,
        cx: &mut Cx<Self>,
    ) -> Result<Shown, Interrupt> {
        let role = cx.app().chat.role(&room, &viewer.me.id).await.map_err(Interrupt::fault)?;
        match Entry::of(&room, role) {
            Entry::Inside => {
                let room = Room::enter(viewer, room, role, asked, cx).await?;
                cx.title(room.name(viewer).to_owned());
                Ok(Shown::Inside(Box::new(room)))
            }
            entry => {
                let outside = Outside::look(viewer, room, entry, asked.refusal, cx).await;
                cx.title(outside.title());
                Ok(Shown::Outside(Box::new(outside)))
            }
        }
    }

    async fn act(&mut self, fields: &Params, cx: &mut Cx<Self>) {
        let name = fields.get("act").unwrap_or_default().to_owned();
        let Some(room) = self.summary().cloned() else { return };
        let act = Act::read(&name, fields);
        let changed = act.as_ref().and_then(Act::message);
        let outcome = match act {
            Some(act) => perform(cx.app(), &room, &self.viewer.me, cx.peer(), act).await,
            None => Err(Refused::unfit("Something is missing in this form.")),
        };
        if let Ok(Outcome::Done(Some(done))) = &outcome {
            cx.app().chat.readable(done).await;
        }
        match outcome {
            Ok(Outcome::Go(path)) => cx.navigate(path),
            Ok(Outcome::Done(_)) => {
                cx.push_event("acted", json!({ "act": name }));
                self.acted(&name);
                self.look_again(cx).await;
                if let (Shown::Inside(room), Some(number)) = (&mut self.shown, changed) {
                    room.refresh(&cx.app().chat, number, number).await;
                }
            }
            Err(refused) => match &mut self.shown {
                Shown::Inside(room) => room.refuse(&name, fields, refused.text),
                Shown::Outside(outside) => outside.refusal = Some(refused.text),
                Shown::Free { .. } => {}
            },
        }
    }

    fn acted(&mut self, name: &str) {
        match &mut self.shown {
            Shown::Inside(room) => room.acted(name),
            Shown::Outside(outside) => outside.refusal = None,
            Shown::Free { .. } => {}
        }
    }

    async fn claim(&mut self, cx: &mut Cx<Self>) {
        let Shown::Free { slug, error } = &mut self.shown else { return };
        let me = &self.viewer.me;
        if let Err(too_much) = cx.app().limits.check(crate::Kind::Room, cx.peer(), &me.id) {
            *error = Some(too_much.to_string());
            return;
        }
        match cx.app().chat.claim_room(slug, me).await {
            Ok(claimed) => cx.navigate(format!("/r/{}", claimed.room().slug.as_str())),
            Err(fault) => *error = Some(fault.to_string()),
        }
    }

    fn summary(&self) -> Option<&RoomSummary> {
        match &self.shown {
            Shown::Inside(room) => Some(&room.summary),
            Shown::Outside(outside) => Some(&outside.summary),
            Shown::Free { .. } => None,
        }
    }

    fn render_room(&self, room: &Room) -> Rendered {
        let viewer = &self.viewer;
        html! {
            <div class="room" id="room" data-me={viewer.me.id.as_str()} data-role={room.role_name()} data-path={room.path()} data-of-two?={room.summary.with.is_some()} data-dismisses-others?={room.may(Action::DismissOthers)} data-blocked={room.blocked()} data-read-mark?={room.read_mark} phx-hook="Room">
                <aside id="rooms" class="rooms-column" popover aria-label="Rooms">{self.companion.render_rooms()}</aside>
                {header::render(viewer, room)}
                <div class="connection" role="status">
                    <p class="connection-lost">"The connection is lost. What you write is kept."</p>
                    <p class="connection-back">Up to date again.</p>
                </div>
                {conversation::render(viewer, room)}
                <button id="new-messages" type="button" class="new-messages" hidden></button>
                <div id="announcer" class="visually-hidden" aria-live="polite" phx-update="ignore"></div>
                {composer::render(viewer, room)}
                {menus::people(room)}
                {settings::render(viewer, room)}
                {menus::of_message(viewer, room)}
                {menus::of_person(viewer, room)}
                {self.companion.render_invites()}
            </div>
        }
    }

    fn render_free(&self, slug: &Slug, error: Option<&str>) -> Rendered {
        html! {
            {layout::top(Here::Elsewhere, &self.viewer.me)}
            <main class="page error-page" id="main">
                <h1>{slug.as_str()}</h1>
                <p>"There is no room at this address yet."</p>
                <p class="refusal" role="alert">{error.unwrap_or_default()}</p>
                <form id="claim" action={format!("/r/{}/open", slug.as_str())} method="post" phx-submit={Msg::Claim}>
                    <input type="hidden" name="_csrf_token" value={self.viewer.csrf_token}>
                    <button type="submit" class="button">Open this room</button>
                </form>
                <p><a href="/">To the lobby</a></p>
            </main>
            {self.companion.render_invites()}
        }
    }
}
