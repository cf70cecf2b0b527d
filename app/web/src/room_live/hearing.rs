//! What a room's page hears of the house: rare things, each a reason to look again.

use chat::{PersonHint, RoomId, RoomSummary};
use identity::{Guest, GuestId, GuestName, PersonChange};
use liveview::Cx;
use pubsub::Received;

use super::{Asked, Msg, RoomLive, Shown, outside::Outside};
use crate::{access::Entry, companion::News};

/// What there is to look at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// What the room is like, or who the visitor is in it.
    Room,
    /// Whom the visitor has blocked.
    Blocks,
    /// What came of an invitation, perhaps to this room.
    Invites,
    /// The visitor goes by another name, which they took here or elsewhere.
    Renamed { from: GuestName, guest: Guest, number: u64 },
}

/// Listens for as long as the page is open. Subscribes at once, so that a look after it misses
/// nothing.
pub(super) fn listen(room: &RoomId, me: &GuestId, cx: &mut Cx<RoomLive>) {
    let (chat, identity) = (cx.app().chat.clone(), cx.app().identity.clone());
    let (mut facts, mut hints) = (chat.subscribe_facts(room), chat.subscribe_person(me));
    let mut changes = identity.subscribe(me);
    let room = room.clone();
    cx.spawn_with(|mailbox| async move {
        loop {
            let heard = tokio::select! {
                _ = facts.recv() => Some(Heard::Room),
                hint = hints.recv() => of_hint(&hint, &room),
                change = changes.recv() => of_change(change),
            };
            let Some(heard) = heard else { continue };
            if !mailbox.send(Msg::Heard(heard)).await {
                return;
            }
        }
    });
}

fn of_hint(hint: &Received<PersonHint>, room: &RoomId) -> Option<Heard> {
    match hint {
        Received::Hint(PersonHint::Standing(id)) if id == room => Some(Heard::Room),
        Received::Hint(PersonHint::Blocks) => Some(Heard::Blocks),
        Received::Hint(PersonHint::Invites) => Some(Heard::Invites),
        Received::Hint(_) => None,
        // Whatever else it was is looked at together with the room.
        Received::Lagged => Some(Heard::Room),
    }
}

fn of_change(change: Received<PersonChange>) -> Option<Heard> {
    match change {
        Received::Hint(PersonChange::Renamed { from, guest, number }) => {
            Some(Heard::Renamed { from, guest, number })
        }
        // A name that was missed is seen when the page is loaded again.
        Received::Hint(_) | Received::Lagged => None,
    }
}

impl RoomLive {
    pub(super) async fn hear(&mut self, heard: Heard, cx: &mut Cx<Self>) {
        match heard {
            Heard::Room => self.look_again(cx).await,
            Heard::Blocks => {
                if let Shown::Inside(room) = &mut self.shown {
                    room.look_at_blocks(&cx.app().chat, &self.viewer.me.id).await;
                }
            }
            Heard::Invites => {
                if let Shown::Inside(room) = &mut self.shown {
                    room.look_at_invite(&cx.app().chat, &self.viewer.me).await;
                }
            }
            Heard::Renamed { from, guest, number } => {
                self.viewer.me = guest;
                if let Shown::Inside(room) = &self.shown {
                    // Refused, where nothing is noted any more, it is known to the people all the same.
                    let (chat, me) = (&cx.app().chat, &self.viewer.me);
                    let _noted = chat.note_rename(&room.summary.id, me, &from, number).await;
                }
            }
        }
    }

    /// Reads what the room is like, and who the visitor is in it; lets them in, or out.
    pub(super) async fn look_again(&mut self, cx: &mut Cx<Self>) {
        let chat = cx.app().chat.clone();
        let Some(id) = self.summary().map(|room| room.id.clone()) else { return };
        // A fault is logged where it happened, and what was shown stays until the next hint.
        let Ok(Some(summary)) = chat.directory().by_id(&id).await else { return };
        let Ok(role) = chat.role(&summary, &self.viewer.me.id).await else { return };
        match (&mut self.shown, Entry::of(&summary, role)) {
            (Shown::Inside(room), Entry::Inside) => {
                let was = room.name(&self.viewer).to_owned();
                room.become_like(summary, role, &chat).await;
                if room.name(&self.viewer) != was {
                    cx.title(room.name(&self.viewer).to_owned());
                    self.companion.hear(News::Rooms, cx).await;
                }
            }
            (Shown::Outside(outside), entry) if entry != Entry::Inside => {
                outside.look_again(&chat, &self.viewer.me.id, summary, entry).await;
                cx.title(outside.title());
            }
            (_, Entry::Inside) => self.enter(summary, cx).await,
            (_, entry) => {
                let outside = Outside::look(&self.viewer, summary, entry, None, cx).await;
                cx.title(outside.title());
                self.shown = Shown::Outside(Box::new(outside));
            }
        }
    }

    async fn enter(&mut self, summary: RoomSummary, cx: &mut Cx<Self>) {
        let shown = Self::look(&self.viewer, summary, Asked::default(), cx).await;
        // Not read: logged where it happened; the door stays until the next hint.
        if let Ok(shown) = shown {
            self.shown = shown;
        }
    }
}
