//! What was said in a room, live: one instance per room and node, whoever looks.

use std::{sync::Arc, time::Duration};

use chat::{Chat, Follower, Message, RoomId, Step, Subscription, What};
use liveview::{Interrupt, Mailbox, Rendered, SharedCx, SharedView, Stream, html};
use pubsub::Received;
use tokio::time::timeout;

use crate::{house::House, message::Row};

/// How many of the newest messages every browser shows, of its own accord. Older ones are in the
/// view around this one.
pub(crate) const WINDOW: usize = 80;

/// The newest messages of one room.
#[derive(Debug)]
pub(crate) struct RoomFeed {
    room: RoomId,
    slug: String,
    follower: Follower,
    messages: Stream<Row>,
}

/// What happened in the room, as far as one knows.
#[derive(Debug)]
pub(crate) enum Happened {
    /// A hint came.
    Change(chat::Change),
    /// Hints were lost, or may have been.
    Missed,
}

impl SharedView for RoomFeed {
    type Context = House;
    type Key = String;
    type Msg = Happened;

    fn id(room: &String) -> String {
        format!("room-{room}")
    }

    async fn mount(room: String, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let room = RoomId::parse(&room).map_err(Interrupt::fault)?;
        let chat = cx.app().chat.clone();
        let hints = chat.subscribe(&room);
        let summary = chat.directory().by_id(&room).await.map_err(Interrupt::fault)?;
        let slug = summary.ok_or(Interrupt::Status(404))?.slug.as_str().to_owned();
        let page = chat.timeline().newest(&room, WINDOW).await.map_err(Interrupt::fault)?;
        let mut messages = Stream::windowed("messages", Row::dom_id, WINDOW);
        page.messages.iter().for_each(|message| messages.push(Row::new(&slug, message)));
        let shown = page.head.change;
        let listened = room.clone();
        cx.spawn_with(move |mailbox| listen(chat, listened, shown, hints, mailbox));
        Ok(Self { room, slug, follower: Follower::at(shown), messages })
    }

    async fn update(&mut self, happened: Happened, cx: &mut SharedCx<Self>) {
        let Happened::Change(change) = happened else { return self.reload(&cx.app().chat).await };
        match self.follower.hint(change.number) {
            Step::Ignore => {}
            Step::Reload => self.reload(&cx.app().chat).await,
            Step::Apply => {
                if let What::Posted(message) = change.what {
                    self.show(&message);
                }
            }
        }
    }

    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        let head = cx.app().chat.timeline().head(&self.room).await;
        let is_behind = head.is_ok_and(|head| self.follower.is_behind(head.change));
        if is_behind {
            self.reload(&cx.app().chat.clone()).await;
        }
        is_behind
    }

    fn render(&self) -> Rendered {
        html! {
            <ol id="feed" class="messages" phx-update="stream">
                {self.messages.each(|id, row| row.render(id))}
            </ol>
        }
    }
}

impl RoomFeed {
    fn show(&mut self, message: &Arc<Message>) {
        self.messages.push(Row::new(&self.slug, message));
    }

    /// Reads the window again; the elements that are shown already are updated in place.
    async fn reload(&mut self, chat: &Chat) {
        // A fault is logged where it happened; the next hint, or the next tick, tries again.
        let Ok(page) = chat.timeline().newest(&self.room, WINDOW).await else { return };
        if self.follower.is_behind(page.head.change) {
            page.messages.iter().for_each(|message| self.show(message));
            self.follower.reloaded(page.head.change);
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
