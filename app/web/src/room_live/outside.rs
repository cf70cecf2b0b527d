//! What somebody sees of a room that they are not in: the door, or that it is closed to them, or what
//! is left of it.

use chat::{Action, Chat, Role, RoomSummary, Seat, Status, allowed};
use identity::GuestId;
use liveview::{Cx, Rendered, html};

use super::{Msg, RoomLive, Viewer, room::Refusal};
use crate::{
    access::Entry,
    companion::Companion,
    layout::{self, Here},
    message::rfc3339,
};

/// A room from outside.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) summary: RoomSummary,
    entry: Entry,
    /// The visitor knocked, and has no answer yet.
    waits: bool,
    pub(super) refusal: Option<String>,
    /// Whoever waits at a door is in no room, and online all the same.
    _seat: Option<Seat>,
}

impl Outside {
    pub(super) async fn look(
        viewer: &Viewer,
        summary: RoomSummary,
        entry: Entry,
        refusal: Option<Refusal>,
        cx: &Cx<RoomLive>,
    ) -> Self {
        let (chat, me) = (&cx.app().chat, &viewer.me);
        let waits = waits(chat, &me.id, &summary, entry).await;
        let seat = cx.connected().then(|| chat.attendance().visit(me));
        let refusal = refusal.map(|refusal| refusal.text);
        Self { summary, entry, waits, refusal, _seat: seat }
    }

    /// Somebody whose knock is no longer there, and who is still outside, was told no.
    pub(super) async fn look_again(
        &mut self,
        chat: &Chat,
        me: &GuestId,
        summary: RoomSummary,
        entry: Entry,
    ) {
        let waited = std::mem::replace(&mut self.waits, waits(chat, me, &summary, entry).await);
        if waited && !self.waits && entry == Entry::Door {
            self.refusal = Some("Nobody let you in this time.".to_owned());
        }
        (self.summary, self.entry) = (summary, entry);
    }

    /// What the document is called. A room that one may not enter keeps its name to itself.
    pub(super) fn title(&self) -> String {
        match self.entry {
            Entry::Inside | Entry::Door => self.summary.slug.as_str().to_owned(),
            Entry::OfTwo => "A private chat".to_owned(),
            Entry::Expelled => "You were removed".to_owned(),
            Entry::Erased => "This room is gone".to_owned(),
        }
    }

    pub(super) fn render(&self, viewer: &Viewer, companion: &Companion) -> Rendered {
        html! {
            {layout::top(Here::Elsewhere, &viewer.me)}
            <main class="page error-page" id="main">
                <div class="outside" id="outside">
                    <h1>{self.title()}</h1>
                    {match self.entry {
                        Entry::Inside | Entry::Door => self.door(viewer),
                        Entry::OfTwo => html! { <p>"Two people talk here, and nobody else can enter."</p> },
                        Entry::Expelled => html! { <p>"An owner removed you from this room. What you were writing is still in this browser."</p> },
                        Entry::Erased => self.receipt(),
                    }}
                    <p class="refusal" role="alert">{self.refusal.as_deref().unwrap_or_default()}</p>
                    <p><a href="/">To the lobby</a></p>
                </div>
            </main>
            {companion.render_invites()}
        }
    }

    fn door(&self, viewer: &Viewer) -> Rendered {
        let can_knock = allowed(Action::Knock, Role::Outsider, self.summary.condition());
        html! {
            <p>"This room is private: its members let in whom they know."</p>
            <div role="status">
                if self.waits {
                    <p class="waiting">"Waiting for an answer. This page becomes the room when somebody lets you in."</p>
                }
            </div>
            if !self.waits && can_knock.is_ok() {
                <form id="knock" action={format!("/r/{}/knock", self.summary.slug.as_str())} method="post" phx-submit={Msg::Act}>
                    <input type="hidden" name="_csrf_token" value={viewer.csrf_token}>
                    <input type="hidden" name="act" value="knock">
                    <p class="hint">{format!("You knock as {}.", viewer.me.name.as_str())}</p>
                    <button type="submit" class="button">Knock</button>
                </form>
            }
        }
    }

    /// What is said of a room of which nothing is left.
    fn receipt(&self) -> Rendered {
        let Status::Erased { at_ms, messages, expired } = self.summary.status else {
            return html! {};
        };
        let (what, at) = (if expired { "expired" } else { "was deleted" }, rfc3339(at_ms));
        let count = match messages {
            0 => "Nothing had been said in it; nothing is left.".to_owned(),
            1 => "1 message was erased; nothing is left.".to_owned(),
            count => format!("{count} messages were erased; nothing is left."),
        };
        html! {
            <p>{format!("This room {what} on ")}<time datetime={at} data-style="full">{at}</time>". "{count}</p>
        }
    }
}

async fn waits(chat: &Chat, me: &GuestId, room: &RoomSummary, entry: Entry) -> bool {
    if entry != Entry::Door {
        return false;
    }
    // A fault is logged where it happened; the next hint looks again.
    let knocks = chat.directory().knocks(&room.id).await.unwrap_or_default();
    knocks.iter().any(|guest| guest.id == *me)
}
