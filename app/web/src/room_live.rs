//! The page of a room, for one visitor: the composer, and as much of the past as they scrolled to.
//!
//! The conversation itself is [`RoomFeed`], nested here and shared by everyone.

use chat::{ActError, BODY_CHARS_MAX, Chat, MessageId, Page, RoomId, RoomSummary, Slug, Visit};
use identity::Guest;
use liveview::{Cx, Form, Interrupt, LiveView, Message, Place, Rendered, Stream, html, shared};
use serde_json::json;

use crate::{
    house::House,
    layout,
    message::Row,
    room_feed::{RoomFeed, WINDOW},
    visitor,
};

/// How many older messages come at a time.
const PAGE: usize = 50;
/// How many older messages a page that comes back is given at once.
const COME_BACK_MAX: u64 = 500;

/// What the composer sends.
#[derive(Clone, Debug, Form)]
pub(crate) struct PostForm {
    /// Made by the browser (or by the page), so that a resend is recognised.
    pub(crate) message_id: String,
    pub(crate) body: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    /// The composer was submitted.
    Post(PostForm),
    /// Open the room whose address this is.
    Claim,
    /// The visitor scrolled to the top, where message `before` is.
    Older { before: u64 },
    /// The feed moved on: messages between the older ones and its own are missing.
    FillGap { from: u64, to: u64 },
}

#[derive(Debug)]
pub(crate) struct RoomLive {
    me: Guest,
    csrf_token: String,
    shown: Shown,
}

/// What the address leads to.
#[derive(Debug)]
enum Shown {
    Room(Box<Room>),
    Free { slug: Slug, error: Option<String> },
}

#[derive(Debug)]
struct Room {
    summary: RoomSummary,
    composer: Composer,
    older: Stream<Row>,
    /// The number of the first message on the page; there are older ones if it is above 1.
    first: u64,
    /// A stretch of the past instead of the present.
    past: Option<Past>,
}

#[derive(Debug)]
struct Composer {
    message_id: String,
    draft: String,
    refusal: Option<String>,
}

/// A stretch of the past, for a permalink or a browser without JavaScript.
#[derive(Debug)]
struct Past {
    rows: Vec<Row>,
    has_later: bool,
}

impl LiveView for RoomLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let me = visitor::guest(cx.session());
        let csrf_token = cx.session().csrf_token().to_owned();
        let address = cx.params().get("slug").unwrap_or_default().to_owned();
        let shown = match cx.app().chat.open_room(&address).await.map_err(Interrupt::fault)? {
            Visit::Room(summary) => {
                cx.title(summary.name().to_owned());
                Shown::Room(Box::new(Room::mount(summary, cx).await?))
            }
            Visit::Free(slug) => {
                cx.title(slug.as_str().to_owned());
                Shown::Free { slug, error: None }
            }
            Visit::Impossible(_) => return Err(Interrupt::Status(404)),
        };
        Ok(Self { me, csrf_token, shown })
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        let chat = cx.app().chat.clone();
        match (&mut self.shown, message) {
            (Shown::Room(room), Msg::Post(form)) => {
                let id = form.message_id.clone();
                match post(&chat, &room.summary.id, &self.me, &form).await {
                    Ok(_) => {
                        room.composer = Composer::empty();
                        cx.push_event("posted", json!({ "id": id }));
                        if room.past.is_some() {
                            cx.navigate(room.path());
                        }
                    }
                    Err(refusal) => room.composer = Composer::refused(form, refusal),
                }
            }
            (Shown::Room(room), Msg::Older { before }) => room.show_older(&chat, before).await,
            (Shown::Room(room), Msg::FillGap { from, to }) => room.fill(&chat, from, to).await,
            (Shown::Free { slug, error }, Msg::Claim) => {
                match chat.claim_room(slug, &self.me).await {
                    Ok(claimed) => cx.navigate(format!("/r/{}", claimed.room().slug.as_str())),
                    Err(fault) => *error = Some(fault.to_string()),
                }
            }
            // A page of before: the room was opened meanwhile, or is not there.
            (Shown::Room(_), Msg::Claim) => {}
            (Shown::Free { .. }, Msg::Post(_) | Msg::Older { .. } | Msg::FillGap { .. }) => {}
        }
    }

    fn render(&self) -> Rendered {
        match &self.shown {
            Shown::Room(room) => self.render_room(room),
            Shown::Free { slug, error } => self.render_free(slug, error.as_deref()),
        }
    }
}

/// Says it in the room; or why not, for the person.
pub(crate) async fn post(
    chat: &Chat,
    room: &RoomId,
    me: &Guest,
    form: &PostForm,
) -> Result<u64, String> {
    let id = MessageId::parse(&form.message_id).map_err(|_| {
        "This message cannot be sent again. Copy it, and reload the page.".to_owned()
    })?;
    match chat.post(room, me, id, &form.body).await {
        Ok(posted) => Ok(posted.number),
        Err(error @ (ActError::Refused(_) | ActError::Busy | ActError::Fault(_))) => {
            Err(error.to_string())
        }
    }
}

impl Composer {
    fn empty() -> Self {
        let message_id = MessageId::random().as_str().to_owned();
        Self { message_id, draft: String::new(), refusal: None }
    }

    fn refused(form: PostForm, refusal: String) -> Self {
        Self { message_id: form.message_id, draft: form.body, refusal: Some(refusal) }
    }

    /// The composer of a plain form that was refused comes back with what was typed.
    fn from_flash(cx: &Cx<RoomLive>) -> Self {
        let kept = |kind| cx.flash().get(kind).map(str::to_owned);
        match (kept("message_id"), kept("draft"), kept("refusal")) {
            (Some(message_id), Some(draft), refusal) => Self { message_id, draft, refusal },
            _ => Self::empty(),
        }
    }
}

impl Room {
    async fn mount(summary: RoomSummary, cx: &mut Cx<RoomLive>) -> Result<Self, Interrupt> {
        let chat = cx.app().chat.clone();
        let number = |params: &liveview::Params, key| params.get(key)?.parse::<u64>().ok();
        let before = number(cx.params(), "before");
        let around = match cx.params().get("number") {
            None => None,
            Some(text) => Some(text.parse::<u64>().map_err(|_| Interrupt::Status(404))?),
        };
        let oldest = number(cx.connect_params(), "oldest");
        let mut room = Self {
            summary,
            composer: Composer::from_flash(cx),
            older: Stream::new("older", Row::older_dom_id),
            first: 1,
            past: None,
        };
        let id = room.summary.id.clone();
        let half = PAGE as u64 / 2;
        let past = match (around, before) {
            (Some(number), _) => {
                let from = number.saturating_sub(half).max(1);
                let page = chat.timeline().range(&id, from, number.saturating_add(half)).await;
                let page = page.map_err(Interrupt::fault)?;
                if !page.messages.iter().any(|message| message.number == number) {
                    return Err(Interrupt::Status(404));
                }
                Some(page)
            }
            (None, Some(number)) => {
                let page = chat.timeline().before(&id, number, PAGE).await;
                Some(page.map_err(Interrupt::fault)?)
            }
            (None, None) => None,
        };
        match past {
            Some(page) => room.show_past(&page),
            None => room.show_present(&chat, oldest).await?,
        }
        Ok(room)
    }

    fn show_past(&mut self, page: &Page) {
        self.first = page.messages.first().map_or(1, |message| message.number);
        let rows = page.messages.iter().map(|message| self.row(message)).collect();
        self.past = Some(Past { rows, has_later: page.has_later() });
    }

    /// The feed shows the newest messages; a page that comes back is given what it had before them.
    async fn show_present(&mut self, chat: &Chat, oldest: Option<u64>) -> Result<(), Interrupt> {
        let head = chat.timeline().head(&self.summary.id).await.map_err(Interrupt::fault)?;
        let window = (head.messages + 1).saturating_sub(WINDOW as u64).max(1);
        self.first = window;
        let Some(oldest) = oldest.filter(|oldest| (1..window).contains(oldest)) else {
            return Ok(());
        };
        let from = oldest.max(window.saturating_sub(COME_BACK_MAX));
        let page = chat.timeline().range(&self.summary.id, from, window - 1).await;
        for message in page.map_err(Interrupt::fault)?.messages {
            self.older.push(self.row(&message));
        }
        self.first = from;
        Ok(())
    }

    async fn show_older(&mut self, chat: &Chat, before: u64) {
        // A fault is logged where it happened; scrolling again asks again.
        let Ok(page) = chat.timeline().before(&self.summary.id, before, PAGE).await else { return };
        let Some(first) = page.messages.first() else { return };
        self.first = first.number;
        for message in page.messages.iter().rev() {
            self.older.insert(self.row(message), Place::FIRST);
        }
    }

    async fn fill(&mut self, chat: &Chat, from: u64, to: u64) {
        let to = to.min(from.saturating_add(COME_BACK_MAX));
        let Ok(page) = chat.timeline().range(&self.summary.id, from, to).await else { return };
        for message in page.messages {
            self.older.push(self.row(&message));
        }
    }

    fn row(&self, message: &chat::Message) -> Row {
        Row::new(self.summary.slug.as_str(), message)
    }

    fn path(&self) -> String {
        format!("/r/{}", self.summary.slug.as_str())
    }

    fn older_path(&self) -> Option<String> {
        (self.first > 1).then(|| format!("{}?before={}", self.path(), self.first))
    }

    /// The script takes this one over, and puts the older messages in above.
    fn older_link(&self) -> Option<Rendered> {
        self.older_path().map(|href| {
            html! { <a id="older-link" class="older-link" href={href} data-before={self.first}>Older messages</a> }
        })
    }
}

impl RoomLive {
    fn render_room(&self, room: &Room) -> Rendered {
        html! {
            <div class="room" id="room" data-me={self.me.id.as_str()} phx-hook="Room">
                <header class="room-header">
                    {home()}
                    <h1 id="room-title">{room.summary.name()}</h1>
                    {actions()}
                </header>
                <div class="connection" role="status">
                    <p class="connection-lost">"The connection is lost. What you write is kept."</p>
                    <p class="connection-back">Up to date again.</p>
                </div>
                {conversation(room)}
                <button id="new-messages" type="button" class="new-messages" hidden></button>
                <div id="announcer" class="visually-hidden" aria-live="polite" phx-update="ignore"></div>
                {self.composer(room)}
            </div>
        }
    }

    fn composer(&self, room: &Room) -> Rendered {
        let composer = &room.composer;
        let refusal = composer.refusal.as_deref().unwrap_or_default();
        html! {
            <form id="composer" class="composer" action={format!("{}/post", room.path())} method="post" phx-submit={Msg::Post} phx-hook="Composer">
                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                <p class="refusal" role="alert" id="refusal">{refusal}</p>
                <div id="composer-field" class="composer-field" phx-update="ignore">
                    <input type="hidden" name={PostForm::FIELDS.message_id} value={composer.message_id}>
                    <label class="visually-hidden" for="composer-body">{format!("Message to {}", room.summary.name())}</label>
                    <textarea id="composer-body" name={PostForm::FIELDS.body} rows="1" maxlength={BODY_CHARS_MAX} placeholder={format!("Say something, {}", self.me.name.as_str())} enterkeyhint="send" aria-describedby="refusal">{composer.draft}</textarea>
                </div>
                <button type="submit" class="send">Send</button>
            </form>
        }
    }

    fn render_free(&self, slug: &Slug, error: Option<&str>) -> Rendered {
        html! {
            <main class="page error-page">
                <h1>{slug.as_str()}</h1>
                <p>"There is no room at this address yet."</p>
                <p class="refusal" role="alert">{error.unwrap_or_default()}</p>
                <form id="claim" action={format!("/r/{}/open", slug.as_str())} method="post" phx-submit={Msg::Claim}>
                    <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                    <button type="submit" class="button">Open this room</button>
                </form>
                <p><a href="/">To the lobby</a></p>
            </main>
        }
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

fn actions() -> Rendered {
    html! {
        <div class="room-actions">
            <button type="button" class="action" data-copy="">Copy link</button>
            {layout::theme_switch()}
            <button type="button" class="action" data-help aria-label="Keyboard help">"?"</button>
        </div>
    }
}

fn conversation(room: &Room) -> Rendered {
    let inside = match &room.past {
        Some(past) => past_messages(room, past),
        None => html! {
            {room.older_link()}
            <ol id="older" class="messages" phx-update="stream">
                {room.older.each(|id, row| row.render(id))}
            </ol>
            {shared::<RoomFeed>(&room.summary.id.as_str().to_owned())}
            <p class="empty">"Nobody has said anything yet. You could be the first."</p>
        },
    };
    html! {
        <main id="scroller" class="scroller" tabindex="0" aria-label="Conversation" phx-hook="Scroller">
            <div class="conversation">{inside}</div>
        </main>
    }
}

fn past_messages(room: &Room, past: &Past) -> Rendered {
    let later = past.rows.last().map_or(1, |last| last.number + 1 + PAGE as u64);
    let later = past.has_later.then(|| format!("{}?before={later}", room.path()));
    html! {
        {room.older_path().map(|href| html! { <a class="older-link" href={href}>Older messages</a> })}
        <ol id="past" class="messages">
            for row in &past.rows {
                {row.render(&Row::dom_id(row))}
            }
        </ol>
        <nav class="past-links" aria-label="Pages">
            {later.as_ref().map(|href| html! { <a class="newer-link" href={href}>Newer messages</a> })}
            <a href={room.path()}>To the newest</a>
        </nav>
    }
}
