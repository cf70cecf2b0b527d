//! What people do in a room besides speaking: the facade's methods for it.
//!
//! Each is one order to the room, which decides. `Ok` means that it is stored; doing what is so
//! already is `Ok` as well and changes nothing. [`Chat::readable`] waits until it can be read.

use eventsourcing::{CommandId, DispatchError};
use identity::{Guest, GuestId, GuestName};

use crate::{
    ActError, Action, Chat, Done, Fault, Retention, Role, RoomId, TITLE_CHARS_MAX, Visibility,
    allowed,
    card::READINGS_MAX,
    message::normal_body,
    room::{Act, Command, Order, Refusal, Room, Target},
};

impl Chat {
    /// Changes the text of message `number`: one's own, or any as an owner. The message says so.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn edit(
        &self,
        room: &RoomId,
        me: &Guest,
        number: u64,
        body: &str,
    ) -> Result<Done, ActError> {
        let links = self.links_of(&normal_body(body));
        let edit = |target| Act::Edit { target, body: body.to_owned(), links: links.clone() };
        self.order_on(room, me, number, edit).await
    }

    /// Removes what message `number` says, for good: one's own, or any as an owner. Its number stays.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn remove(&self, room: &RoomId, me: &Guest, number: u64) -> Result<Done, ActError> {
        self.order_on(room, me, number, |target| Act::Remove { target }).await
    }

    /// Gives the room another title; a blank one: it goes by its address.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn retitle(&self, room: &RoomId, me: &Guest, title: &str) -> Result<Done, ActError> {
        let title = Some(title).filter(|title| !identity::is_blank(title));
        let title = title.map(|title| identity::one_line(title, TITLE_CHARS_MAX)).transpose();
        let to = title.map_err(|error| ActError::Refused(Refusal::Line(error)))?;
        self.order(room, me, Act::Retitle { to }).await
    }

    /// Changes who finds and who may enter the room. Whoever is there when it becomes private stays.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn set_visibility(
        &self,
        room: &RoomId,
        me: &Guest,
        to: Visibility,
    ) -> Result<Done, ActError> {
        let present = self.attendance().present(room).into_iter().map(|one| one.guest).collect();
        self.order(room, me, Act::SetVisibility { to, present }).await
    }

    /// Changes how long the room keeps what is said.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn set_retention(
        &self,
        room: &RoomId,
        me: &Guest,
        to: Retention,
    ) -> Result<Done, ActError> {
        self.order(room, me, Act::SetRetention { to }).await
    }

    /// Asks to be let into a private room.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn knock(&self, room: &RoomId, me: &Guest) -> Result<Done, ActError> {
        let answer_within_ms = self.0.settings.borrow().answer_within_ms;
        self.order(room, me, Act::Knock { answer_within_ms }).await
    }

    /// Lets somebody in.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn admit(&self, room: &RoomId, me: &Guest, who: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Admit { who: who.clone() }).await
    }

    /// Says no to somebody who knocked.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn turn_away(
        &self,
        room: &RoomId,
        me: &Guest,
        who: &Guest,
    ) -> Result<Done, ActError> {
        self.order(room, me, Act::TurnAway { who: who.clone() }).await
    }

    /// Makes somebody a co-owner, or a member again.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn set_role(
        &self,
        room: &RoomId,
        me: &Guest,
        who: &Guest,
        role: Role,
    ) -> Result<Done, ActError> {
        self.order(room, me, Act::SetRole { who: who.clone(), role }).await
    }

    /// Hands the room over; who had it is a co-owner from then on.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn transfer(&self, room: &RoomId, me: &Guest, to: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Transfer { to: to.clone() }).await
    }

    /// Sends somebody out of the room, for good.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn expel(&self, room: &RoomId, me: &Guest, who: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Expel { who: who.clone() }).await
    }

    /// Lets somebody who was expelled come back.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn pardon(&self, room: &RoomId, me: &Guest, who: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Pardon { who: who.clone() }).await
    }

    /// Is a member no more.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn leave(&self, room: &RoomId, me: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Leave).await
    }

    /// Notes in a room that `me` was called `from` before. The same rename is noted once, however
    /// many tabs tell: `number` is that of the rename.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn note_rename(
        &self,
        room: &RoomId,
        me: &Guest,
        from: &GuestName,
        number: u64,
    ) -> Result<Done, ActError> {
        let once = CommandId::new(format!("rename:{}:{number}", me.id))
            .expect("a short id and a number are visible ASCII characters");
        self.attendance().rename(me);
        self.order_once(room, me, Act::NoteRename { from: from.clone() }, once).await
    }

    /// Ends the conversation: what was said stays, nothing is said any more.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn end(
        &self,
        room: &RoomId,
        me: &Guest,
        reason: Option<&str>,
    ) -> Result<Done, ActError> {
        let reason = reason.filter(|reason| !identity::is_blank(reason));
        let reason = reason.map(|reason| identity::one_line(reason, TITLE_CHARS_MAX)).transpose();
        let reason = reason.map_err(|error| ActError::Refused(Refusal::Line(error)))?;
        self.order(room, me, Act::End { reason }).await
    }

    /// Deletes the room: everything that was said in it is made unreadable. A receipt stays.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn erase(&self, room: &RoomId, me: &Guest) -> Result<Done, ActError> {
        self.order(room, me, Act::Erase).await
    }

    /// Message `number` as it can be read, for the room to decide about it. Whoever was just told
    /// that a message is stored may mean that one: it is waited for.
    async fn target(&self, room: &RoomId, number: u64) -> Result<Target, ActError> {
        let found = match self.find_target(room, number).await? {
            Some(target) => Some(target),
            None => {
                self.caught_up().await.map_err(ActError::Fault)?;
                self.find_target(room, number).await?
            }
        };
        found.ok_or(ActError::Refused(Refusal::NoSuchMessage))
    }

    async fn find_target(&self, room: &RoomId, number: u64) -> Result<Option<Target>, ActError> {
        self.timeline().target(room, number).await.map_err(ActError::Fault)
    }

    /// Whoever may not read a room learns nothing about it by naming a message, not even whether
    /// there is one. Whoever was let in just now may not be known yet: that is waited for.
    pub(crate) async fn check_reads(&self, me: &GuestId, room: &RoomId) -> Result<(), ActError> {
        match self.reads_now(me, room).await {
            Err(ActError::Refused(_)) => {
                self.caught_up().await.map_err(ActError::Fault)?;
                self.reads_now(me, room).await
            }
            answer => answer,
        }
    }

    async fn reads_now(&self, me: &GuestId, room: &RoomId) -> Result<(), ActError> {
        let seen = self.directory().seen_by(me, room).await.map_err(ActError::Fault)?;
        let (room, role) = seen.ok_or(ActError::Refused(Refusal::NoSuchRoom))?;
        allowed(Action::Read, role, room.condition()).map_err(ActError::Refused)
    }

    /// An order about message `number`: read, decided, and read again if that was too late.
    pub(crate) async fn order_on(
        &self,
        room: &RoomId,
        me: &Guest,
        number: u64,
        act: impl Fn(Target) -> Act,
    ) -> Result<Done, ActError> {
        self.check_reads(&me.id, room).await?;
        for _ in 1..READINGS_MAX {
            let target = self.target(room, number).await?;
            match self.order(room, me, act(target)).await {
                Err(ActError::Refused(Refusal::Meanwhile)) => {
                    self.caught_up().await.map_err(ActError::Fault)?;
                }
                answer => return answer,
            }
        }
        let target = self.target(room, number).await?;
        self.order(room, me, act(target)).await
    }

    async fn order(&self, room: &RoomId, me: &Guest, act: Act) -> Result<Done, ActError> {
        self.order_once(room, me, act, CommandId::random()).await
    }

    async fn order_once(
        &self,
        room: &RoomId,
        me: &Guest,
        act: Act,
        once: CommandId,
    ) -> Result<Done, ActError> {
        let order = Order { by: me.clone(), act, at_ms: self.0.clock.now_ms() };
        let sent = self.0.dispatch.send::<Room>(room.as_str(), once, Command::Act(order)).await;
        let receipt = sent.map_err(|error| ActError::of("changing a room", error))?;
        Ok(Done { change: receipt.version, position: receipt.position })
    }
}

impl ActError {
    pub(crate) fn of(doing: &'static str, error: DispatchError<Refusal>) -> Self {
        match error {
            DispatchError::Refused(refusal) => Self::Refused(refusal),
            DispatchError::Busy => Self::Busy,
            fault => Self::Fault(Fault::log(doing, &fault)),
        }
    }
}
