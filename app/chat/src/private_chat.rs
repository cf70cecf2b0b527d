//! Private chats of two: inviting, accepting, declining. The facade's methods for it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use eventsourcing::{Aggregate as _, CommandId, DispatchError, Position, Receipt, StreamId};
use identity::{Guest, GuestId};

use crate::{
    ADDRESSES_TRIED, ActError, Chat, Fault, Refusal, Retention, RoomId, RoomSummary, Slug, Status,
    Visibility,
    blocks::{Blocks, Wish},
    claim::Claimed,
    error::Unexpected,
    event::{Event, Opening},
    pair::{Ask, NotPaired, Pair, pair_id},
    room::Room,
};

/// How many rooms it is remembered of whether they are of two.
const KNOWN_MAX: usize = 4_096;

/// An invitation that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub room: RoomId,
    pub slug: crate::Slug,
    /// Who invites, under the name they had then.
    pub from: Guest,
    pub to: GuestId,
    pub at_ms: i64,
    /// When it expires by itself.
    pub until_ms: i64,
}

/// How an invitation came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    Declined,
    Expired,
}

/// Which rooms are of two, and of which: a room is so from its opening on, or never.
#[derive(Default)]
pub(crate) struct Twos(Mutex<HashMap<RoomId, Option<[GuestId; 2]>>>);

impl Chat {
    /// The private chat of the two, made if there is none; and an invitation for `other`, unless
    /// they are in the room already. If `other` has invited `me`, that is accepted.
    ///
    /// # Errors
    /// Oneself, or somebody who blocked `me` or declined a moment ago.
    pub async fn invite(&self, me: &Guest, other: &Guest) -> Result<RoomSummary, ActError> {
        self.check_may_invite(&me.id, &other.id).await?;
        let room = self.pair_up(me, other).await?;
        let at_ms = self.0.clock.now_ms();
        let answer_within_ms = self.0.settings.borrow().answer_within_ms;
        let invite = Ask::Invite {
            by: me.clone(),
            other_is_there: self.attendance().is_present(&room.id, &other.id),
            at_ms,
            until_ms: at_ms.saturating_add(answer_within_ms),
        };
        self.ask_pair([&me.id, &other.id], invite).await?;
        Ok(room)
    }

    /// Takes the invitation to `room`. Taking it again is taking it.
    ///
    /// # Errors
    /// It was withdrawn or expired meanwhile.
    pub async fn accept(&self, me: &Guest, room: &RoomId) -> Result<RoomSummary, ActError> {
        let other = self.other_of(room, &me.id).await?;
        let other = other.ok_or(ActError::Refused(Refusal::NoInvite))?;
        let at_ms = self.0.clock.now_ms();
        let accept = Ask::Accept { by: me.id.clone(), room: room.clone(), at_ms };
        self.ask_pair([&me.id, &other], accept).await?;
        let found = self.directory().by_id(room).await.map_err(ActError::Fault)?;
        found.ok_or(ActError::Refused(Refusal::NoInvite))
    }

    /// Says no to the invitation to `room`. If there is none any more, that is fine.
    ///
    /// # Errors
    /// A fault.
    pub async fn decline(&self, me: &Guest, room: &RoomId) -> Result<(), ActError> {
        let Some(other) = self.other_of(room, &me.id).await? else { return Ok(()) };
        self.decline_other(&me.id, &other).await
    }

    /// `me` has entered `room`, by whatever way: whoever waits for them there need not wait any more,
    /// and whoever was told no, or nothing, is told otherwise. Nothing in rooms of many.
    ///
    /// # Errors
    /// A fault.
    pub async fn entered(&self, me: &Guest, room: &RoomId) -> Result<(), ActError> {
        let Some(other) = self.other_of(room, &me.id).await? else { return Ok(()) };
        // Most who come were not asked, and what is asked of a pair is written down.
        if !self.is_asked(&other, room).await.map_err(ActError::Fault)? {
            return Ok(());
        }
        let enter = Ask::Enter { by: me.id.clone(), room: room.clone() };
        self.ask_pair([&me.id, &other], enter).await
    }

    /// The invitations that wait for `me`, newest first.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn invites(&self, me: &GuestId) -> Result<Vec<Invite>, Fault> {
        self.0.invites.of(me, self.0.clock.now_ms()).await
    }

    /// Whether the other one of the private chat `room` has not answered yet.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn pending_invite(&self, room: &RoomId) -> Result<Option<Invite>, Fault> {
        self.0.invites.in_room(room, self.0.clock.now_ms()).await
    }

    /// How the last invitation to the private chat `room` came to nothing, if it was that of `me`.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn unanswered(
        &self,
        me: &GuestId,
        room: &RoomId,
    ) -> Result<Option<Unanswered>, Fault> {
        self.0.invites.unanswered(room, me).await
    }

    /// `me` wants neither invitations nor messages of `who` any more. What waits from them is
    /// declined.
    ///
    /// # Errors
    /// Oneself, too many, or a fault.
    pub async fn block(&self, me: &Guest, who: &Guest) -> Result<(), ActError> {
        self.wish(&me.id, Wish::Block { by: me.id.clone(), who: who.clone() }).await?;
        self.decline_other(&me.id, &who.id).await
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// A fault.
    pub async fn unblock(&self, me: &Guest, who: &GuestId) -> Result<(), ActError> {
        self.wish(&me.id, Wish::Unblock { who: who.clone() }).await
    }

    /// Whom `me` has blocked, under the names they had then.
    ///
    /// # Errors
    /// The read model could not be read.
    pub async fn blocks(&self, me: &GuestId) -> Result<Vec<Guest>, Fault> {
        self.0.invites.blocks(me).await
    }

    /// In a private chat, whether the other one wants to hear from `me`.
    pub(crate) async fn is_heard(&self, room: &RoomId, me: &GuestId) -> Result<bool, ActError> {
        let Some(other) = self.other_of(room, me).await? else { return Ok(true) };
        let blocked = self.0.invites.has_blocked(&other, me).await.map_err(ActError::Fault)?;
        Ok(!blocked)
    }

    async fn check_may_invite(&self, me: &GuestId, other: &GuestId) -> Result<(), ActError> {
        if me == other {
            return Err(ActError::Refused(Refusal::Oneself));
        }
        let blocked = self.0.invites.has_blocked(other, me).await.map_err(ActError::Fault)?;
        let blocking = self.0.invites.has_blocked(me, other).await.map_err(ActError::Fault)?;
        match (blocked, blocking) {
            (true, _) => Err(ActError::Refused(Refusal::Blocked)),
            (_, true) => Err(ActError::Refused(Refusal::BlockedByYou)),
            (false, false) => Ok(()),
        }
    }

    /// The room of the two. The pair decides which; then it is opened like any other. Another one is
    /// agreed on if nothing can be said any more in the one before, or somebody else has its address.
    async fn pair_up(&self, me: &Guest, other: &Guest) -> Result<RoomSummary, ActError> {
        let mut instead_of = None;
        for _ in 0..ADDRESSES_TRIED {
            let paired = self.agree_on_room(me, other, instead_of).await?;
            let room = paired.room.clone();
            let opened = self.open_claimed(paired).await.map_err(ActError::Fault)?;
            match opened.filter(|room| room.status == Status::Open) {
                Some(open) => return Ok(open),
                None => instead_of = Some(room),
            }
        }
        let error = Unexpected("no room that was tried could be opened for two");
        Err(ActError::Fault(Fault::log("opening a private chat", &error)))
    }

    async fn agree_on_room(
        &self,
        me: &Guest,
        other: &Guest,
        instead_of: Option<RoomId>,
    ) -> Result<Claimed, ActError> {
        let opening = Opening {
            slug: Slug::random(),
            title: None,
            owner: me.clone(),
            visibility: Visibility::Private,
            retention: Retention::Kept,
            with: Some(other.clone()),
            at_ms: self.0.clock.now_ms(),
        };
        let wanted = Claimed { room: RoomId::random(), opening };
        let ask = Ask::Pair { wanted: wanted.clone(), instead_of };
        match self.send_pair([&me.id, &other.id], ask).await {
            Ok(_) => Ok(wanted),
            Err(DispatchError::Refused(NotPaired::Already(paired))) => Ok(*paired),
            Err(error) => Err(pair_error(error)),
        }
    }

    /// Whether `by` asked the other one to `room` last, and has no better answer than none.
    async fn is_asked(&self, by: &GuestId, room: &RoomId) -> Result<bool, Fault> {
        let waits = self.pending_invite(room).await?.is_some_and(|invite| invite.from.id == *by);
        Ok(waits || self.unanswered(by, room).await?.is_some())
    }

    async fn decline_other(&self, me: &GuestId, other: &GuestId) -> Result<(), ActError> {
        let decline = Ask::Decline { by: me.clone(), at_ms: self.0.clock.now_ms() };
        self.ask_pair([me, other], decline).await
    }

    /// Sends `ask`, and waits until what follows can be read.
    async fn ask_pair(&self, two: [&GuestId; 2], ask: Ask) -> Result<(), ActError> {
        let receipt = self.send_pair(two, ask).await.map_err(pair_error)?;
        self.readable_at(receipt.position).await;
        Ok(())
    }

    async fn send_pair(
        &self,
        [one, other]: [&GuestId; 2],
        ask: Ask,
    ) -> Result<Receipt, DispatchError<NotPaired>> {
        self.0.dispatch.send::<Pair>(&pair_id(one, other), CommandId::random(), ask).await
    }

    async fn wish(&self, me: &GuestId, wish: Wish) -> Result<(), ActError> {
        let sent = self.0.dispatch.send::<Blocks>(me.as_str(), CommandId::random(), wish).await;
        let receipt = sent.map_err(|error| ActError::of("blocking somebody", error))?;
        self.readable_at(receipt.position).await;
        Ok(())
    }

    async fn readable_at(&self, position: Position) {
        self.readable(&crate::Done { change: 0, position }).await;
    }

    /// The other one of the private chat `room`, if it is one and `me` is in it.
    async fn other_of(&self, room: &RoomId, me: &GuestId) -> Result<Option<GuestId>, ActError> {
        let two = self.two_of(room).await.map_err(ActError::Fault)?;
        Ok(two.and_then(|[one, other]| match me {
            me if *me == one => Some(other),
            me if *me == other => Some(one),
            _ => None,
        }))
    }

    /// Asks the log, because a read model may not know the room yet, and what it does not know must
    /// not be remembered.
    async fn two_of(&self, room: &RoomId) -> Result<Option<[GuestId; 2]>, Fault> {
        if let Some(known) = self.0.twos.lock().get(room) {
            return Ok(known.clone());
        }
        let first = self.event_at(&StreamId::new(Room::KIND, room.as_str()), 1).await?;
        let first = first.map(|event| event.decode::<Event>()).transpose();
        match first.map_err(|error| Fault::log("reading how a room began", &error))? {
            Some(Event::Opened(opening)) => {
                let two = opening.with.map(|with| [opening.owner.id, with.id]);
                self.0.twos.remember(room, two.clone());
                Ok(two)
            }
            _ => Ok(None),
        }
    }
}

impl Twos {
    fn remember(&self, room: &RoomId, two: Option<[GuestId; 2]>) {
        let mut known = self.lock();
        // All at once: what is still asked for comes back by itself.
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(room.clone(), two);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Option<[GuestId; 2]>>> {
        self.0.lock().expect("no panic while it is held")
    }
}

fn pair_error(error: DispatchError<NotPaired>) -> ActError {
    match error {
        DispatchError::Refused(NotPaired::Refused(refusal)) => ActError::Refused(refusal),
        DispatchError::Busy => ActError::Busy,
        fault => ActError::Fault(Fault::log("pairing two people", &fault)),
    }
}
