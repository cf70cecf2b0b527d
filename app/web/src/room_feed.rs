//! What was said in a room, live: one instance per room and node, whoever looks.

use std::{sync::Arc, time::Duration};

use chat::{Chat, Follower, Happening, Message, Notice, Page, RoomId, Step, Subscription, What};
use liveview::{Interrupt, Mailbox, Place, Rendered, Session, SharedCx, SharedView, Stream, html};
use pubsub::Received;
use serde_json::json;
use tokio::time::timeout;

use crate::{access, house::House, message::Row, notice::LINES_MAX};

/// How many of the newest messages every browser shows, of its own accord. Older ones are in the
/// view around this one.
pub(crate) const WINDOW: usize = 80;

/// The newest messages of one room.
///
/// Pushes the event `refresh` {from, to} when messages above its window changed: pages that show
/// them ask for them again.
#[derive(Debug)]
pub(crate) struct RoomFeed {
    room: RoomId,
    slug: String,
    follower: Follower,
    rows: Stream<Row>,
    tail: Tail,
}

/// The newest message and what happened after it: they are shown as one row.
#[derive(Debug, Default)]
struct Tail {
    message: Option<Arc<Message>>,
    notices: Vec<Arc<Notice>>,
}

/// What happened in the room, as far as one knows.
#[derive(Debug)]
pub(crate) enum Happened {
    /// A hint came.
    Change(chat::Change),
    /// Hints were lost, or may have been.
    Missed,
    /// What the room is like, or who somebody is in it, has changed.
    Facts,
}

impl SharedView for RoomFeed {
    type Context = House;
    type Key = String;
    type Msg = Happened;

    fn id(room: &String) -> String {
        format!("room-{room}")
    }

    async fn allows(house: &House, room: &String, session: &Session) -> bool {
        access::may_read(house, room, session).await
    }

    async fn mount(room: String, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let room = RoomId::parse(&room).map_err(Interrupt::fault)?;
        let chat = cx.app().chat.clone();
        let (hints, facts) = (chat.subscribe(&room), chat.subscribe_facts(&room));
        let summary = chat.directory().by_id(&room).await.map_err(Interrupt::fault)?;
        let slug = summary.ok_or(Interrupt::Status(404))?.slug.as_str().to_owned();
        let page = chat.timeline().newest(&room, WINDOW).await.map_err(Interrupt::fault)?;
        let shown = page.head.change;
        let mut feed = Self {
            room: room.clone(),
            slug,
            follower: Follower::at(shown),
            rows: Stream::windowed("messages", Row::dom_id, WINDOW),
            tail: Tail::default(),
        };
        feed.show(&page);
        cx.spawn_with(move |mailbox| listen(chat, room, shown, hints, mailbox));
        cx.spawn_with(move |mailbox| listen_to_facts(facts, mailbox));
        Ok(feed)
    }

    async fn update(&mut self, happened: Happened, cx: &mut SharedCx<Self>) {
        match happened {
            Happened::Facts => cx.recheck(),
            Happened::Missed => self.reload(cx).await,
            Happened::Change(change) => match self.follower.hint(change.number) {
                Step::Ignore => {}
                Step::Reload => self.reload(cx).await,
                Step::Apply => self.apply(change, cx).await,
            },
        }
    }

    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        let head = cx.app().chat.timeline().head(&self.room).await;
        let is_behind = head.is_ok_and(|head| self.follower.is_behind(head.change));
        if is_behind {
            self.reload(cx).await;
        }
        is_behind
    }

    fn render(&self) -> Rendered {
        html! {
            <ol id="feed" class="messages" phx-update="stream">
                {self.rows.each(|id, row| row.render(id))}
            </ol>
        }
    }
}

impl RoomFeed {
    async fn apply(&mut self, change: chat::Change, cx: &mut SharedCx<Self>) {
        match change.what {
            What::Posted(message) => {
                self.rows.push(Row::new(&self.slug, &message, &[]));
                self.tail = Tail { message: Some(message), notices: Vec::new() };
            }
            What::Edited(message) => self.show_edited(message, cx).await,
            What::Noticed(notice) => {
                if decides_who_may_look(&notice.what) {
                    // Nobody who was just sent away gets even this.
                    access::until_known(&cx.app().chat, &self.room, change.number).await;
                    cx.recheck();
                }
                self.note(notice);
            }
            What::Erased => {
                access::until_known(&cx.app().chat, &self.room, change.number).await;
                self.rows.clear();
                self.tail = Tail::default();
                cx.recheck();
            }
            _ => {}
        }
    }

    fn show(&mut self, page: &Page) {
        Row::of_page(&self.slug, page).into_iter().for_each(|row| self.rows.push(row));
        let last = page.messages.last();
        let from = last.map_or(0, |message| message.change);
        let after = page.notices.iter().filter(|notice| notice.change > from).cloned();
        self.tail = Tail { message: last.cloned(), notices: after.collect() };
    }

    /// A message in the window changes where it stands; pages that show one above it ask again.
    async fn show_edited(&mut self, message: Arc<Message>, cx: &mut SharedCx<Self>) {
        let number = message.number;
        if number < self.first() {
            cx.push_event("refresh", json!({ "from": number, "to": number }));
        } else if self.tail.message.as_ref().is_some_and(|last| last.number == number) {
            self.tail.message = Some(message);
            self.show_tail();
        } else {
            // A fault is logged where it happened; the next look at everything shows the change.
            let page = cx.app().chat.timeline().range(&self.room, number, number).await;
            let rows = page.map(|page| Row::of_page(&self.slug, &page)).unwrap_or_default();
            let same = rows.into_iter().filter(|row| row.number == number);
            self.rows.extend(same, Place::LAST.update_only());
        }
    }

    fn note(&mut self, notice: Arc<Notice>) {
        self.tail.notices.push(notice);
        let skipped = self.tail.notices.len().saturating_sub(LINES_MAX);
        self.tail.notices.drain(..skipped);
        self.show_tail();
    }

    fn show_tail(&mut self) {
        let Tail { message, notices } = &self.tail;
        self.rows.push(match message {
            Some(message) => Row::new(&self.slug, message, notices),
            None => Row::beginning(notices),
        });
    }

    /// The number of the first message in the window.
    fn first(&self) -> u64 {
        let newest = self.tail.message.as_ref().map_or(0, |message| message.number);
        (newest + 1).saturating_sub(WINDOW as u64).max(1)
    }

    /// Reads the window again; the elements that are shown already are updated in place.
    async fn reload(&mut self, cx: &mut SharedCx<Self>) {
        // A fault is logged where it happened; the next hint, or the next tick, tries again.
        let page = cx.app().chat.timeline().newest(&self.room, WINDOW).await;
        let Ok(page) = page else { return };
        if !self.follower.is_behind(page.head.change) {
            return;
        }
        if page.messages.is_empty() && self.tail.message.is_some() {
            self.rows.clear();
        }
        self.show(&page);
        self.follower.reloaded(page.head.change);
        let first = self.first();
        if first > 1 {
            cx.push_event("refresh", json!({ "from": 1, "to": first - 1 }));
        }
        cx.recheck();
    }
}

/// Whether somebody may look no more because of it.
fn decides_who_may_look(what: &Happening) -> bool {
    matches!(
        what,
        Happening::VisibilityChanged { .. } | Happening::Expelled { .. } | Happening::Left
    )
}

/// Passes on that facts changed; what they are now is read when it matters.
async fn listen_to_facts(
    mut facts: pubsub::Subscription<chat::FactsChanged>,
    mailbox: Mailbox<Happened>,
) {
    loop {
        let (Received::Hint(_) | Received::Lagged) = facts.recv().await;
        if !mailbox.send(Happened::Facts).await {
            return;
        }
    }
}

/// How often a room that is shown looks whether it missed something: hints may be lost.
const CHECK_EVERY: Duration = Duration::from_secs(3);

/// Passes hints on; in a quiet room, asks the timeline whether one is missing.
async fn listen(
    chat: Chat,
    room: RoomId,
    mut known: u64,
    mut hints: Subscription,
    mailbox: Mailbox<Happened>,
) {
    loop {
        let happened = match timeout(CHECK_EVERY, hints.recv()).await {
            Ok(Received::Hint(change)) => {
                known = known.max(change.number);
                Happened::Change(change)
            }
            Ok(Received::Lagged) => Happened::Missed,
            Err(_quiet) => match chat.timeline().head(&room).await {
                Ok(head) if head.change > known => {
                    known = head.change;
                    Happened::Missed
                }
                _ => continue,
            },
        };
        if !mailbox.send(happened).await {
            return;
        }
    }
}
