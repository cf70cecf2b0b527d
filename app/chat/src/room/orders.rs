//! What people order in a room besides speaking: whether it happens.

use identity::{Guest, GuestName};

use super::{Act, ORDERS, Order, Refusal, Room, Target, check_body};
use crate::{
    Action, IDLE_MS_MAX, IDLE_MS_MIN, Retention, Role, Visibility,
    event::{Edited, Event},
    message::normal_body,
};

/// An event, a refusal, or nothing: it is so already.
type Decision = Result<Option<Event>, Refusal>;

impl Room {
    /// The pace is asked last: what changes nothing costs nothing.
    pub(super) fn decide_order(&self, order: &Order) -> Result<Vec<Event>, Refusal> {
        let events = self.decide_act(order)?;
        if !events.is_empty() {
            self.orders.check(ORDERS, &order.by.id, order.at_ms)?;
        }
        Ok(events)
    }

    fn decide_act(&self, order: &Order) -> Result<Vec<Event>, Refusal> {
        let event = match &order.act {
            Act::Edit { target, body, links } => {
                return self.decide_edit(order, target, body, links);
            }
            Act::Remove { target } => self.decide_remove(order, target),
            Act::DismissCard { target, link } => self.decide_dismiss(order, target, link),
            Act::Retitle { to } => self.decide_retitle(order, to.as_deref()),
            Act::SetVisibility { to, present } => self.decide_visibility(order, *to, present),
            Act::SetRetention { to } => self.decide_retention(order, *to),
            Act::Knock { answer_within_ms } => self.decide_knock(order, *answer_within_ms),
            Act::Admit { who } => self.decide_admit(order, who),
            Act::TurnAway { who } => self.decide_turn_away(order, who),
            Act::SetRole { who, role } => self.decide_role(order, who, *role),
            Act::Transfer { to } => self.decide_transfer(order, to),
            Act::Expel { who } => self.decide_expel(order, who),
            Act::Pardon { who } => self.decide_pardon(order, who),
            Act::Leave => self.decide_leave(order),
            Act::NoteRename { from } => self.decide_rename(order, from),
            Act::End { reason } => self.decide_end(order, reason.as_deref()),
            Act::Erase => self.decide_erase(order),
        };
        Ok(event?.into_iter().collect())
    }

    /// No card outlives its link: it goes with the old text.
    fn decide_edit(
        &self,
        order: &Order,
        target: &Target,
        body: &str,
        links: &[String],
    ) -> Result<Vec<Event>, Refusal> {
        self.allow_on(order, target, Action::EditOwn, Action::EditOthers)?;
        let before = self.text_of(target).ok_or(Refusal::NoSuchMessage)?;
        let body = normal_body(body);
        check_body(&body)?;
        if before == body {
            return Ok(Vec::new());
        }
        self.check_holds(target)?;
        let (number, by, at_ms) = (target.number, order.by.clone(), order.at_ms);
        let mut events = Self::drop_cards(target, links, at_ms);
        let stay = events.len() < target.cards.len();
        let links = if stay { links.to_vec() } else { Vec::new() };
        events.push(Event::Edited(Edited { number, by, body, links, at_ms }));
        Ok(events)
    }

    fn decide_remove(&self, order: &Order, target: &Target) -> Decision {
        self.allow_on(order, target, Action::RemoveOwn, Action::RemoveOthers)?;
        let is_there = self.text_of(target).is_some();
        let (number, by, at_ms) = (target.number, order.by.clone(), order.at_ms);
        Ok(is_there.then_some(Event::Removed { number, by, at_ms }))
    }

    pub(super) fn allow_on(
        &self,
        order: &Order,
        target: &Target,
        own: Action,
        others: Action,
    ) -> Result<(), Refusal> {
        self.allow(if target.author == order.by.id { own } else { others }, &order.by.id)?;
        if (1..=self.messages).contains(&target.number) {
            Ok(())
        } else {
            Err(Refusal::NoSuchMessage)
        }
    }

    /// What a message says, as it was read, unless it was removed since.
    pub(super) fn text_of<'a>(&self, target: &'a Target) -> Option<&'a str> {
        target.body.as_deref().filter(|_| !self.removed.contains(&target.number))
    }

    fn decide_retitle(&self, order: &Order, to: Option<&str>) -> Decision {
        self.allow(Action::Retitle, &order.by.id)?;
        let changed = self.title.as_deref() != to;
        Ok(changed.then(|| Event::Retitled {
            by: order.by.clone(),
            from: self.title.clone(),
            to: to.map(str::to_owned),
            at_ms: order.at_ms,
        }))
    }

    fn decide_visibility(&self, order: &Order, to: Visibility, present: &[Guest]) -> Decision {
        self.allow(Action::SetVisibility, &order.by.id)?;
        let becomes_private = to == Visibility::Private;
        let stay = if becomes_private { self.people.newcomers(present) } else { Vec::new() };
        let (by, at_ms) = (order.by.clone(), order.at_ms);
        let changed = to != self.visibility;
        Ok(changed.then_some(Event::VisibilityChanged { by, to, stay, at_ms }))
    }

    fn decide_retention(&self, order: &Order, to: Retention) -> Decision {
        self.allow(Action::SetRetention, &order.by.id)?;
        check_retention(to)?;
        let (by, at_ms) = (order.by.clone(), order.at_ms);
        let changed = to != self.retention;
        Ok(changed.then_some(Event::RetentionChanged { by, to, at_ms }))
    }

    /// Who may enter anyway need not knock.
    fn decide_knock(&self, order: &Order, answer_within_ms: i64) -> Decision {
        self.allow(Action::Knock, &order.by.id)?;
        if self.role(&order.by.id) != Role::Outsider {
            return Ok(None);
        }
        let (who, at_ms) = (order.by.clone(), order.at_ms);
        let is_new = self.door.knock(&who.id, at_ms, answer_within_ms)?;
        Ok(is_new.then_some(Event::Knocked { who, at_ms }))
    }

    fn decide_admit(&self, order: &Order, who: &Guest) -> Decision {
        self.allow(Action::Admit, &order.by.id)?;
        match self.role(&who.id) {
            Role::Expelled => return Err(Refusal::NoSuchPerson),
            Role::Outsider | Role::Visitor if self.people.places() == 0 => {
                return Err(Refusal::Full);
            }
            Role::Outsider | Role::Visitor => {}
            Role::Member | Role::CoOwner | Role::Owner => return Ok(None),
        }
        let (who, by, at_ms) = (who.clone(), order.by.clone(), order.at_ms);
        Ok(Some(Event::Admitted { who, by, at_ms }))
    }

    fn decide_turn_away(&self, order: &Order, who: &Guest) -> Decision {
        self.allow(Action::Admit, &order.by.id)?;
        let waits = self.door.is_waiting(&who.id);
        let (who, by, at_ms) = (who.clone(), order.by.clone(), order.at_ms);
        Ok(waits.then_some(Event::TurnedAway { who, by, at_ms }))
    }

    fn decide_role(&self, order: &Order, who: &Guest, role: Role) -> Decision {
        self.allow(Action::SetRole, &order.by.id)?;
        let before = self.other_member(order, who)?;
        // Nobody is made an owner or a stranger by naming them so: there are other orders for that.
        if !matches!(role, Role::Member | Role::CoOwner) {
            return Err(Refusal::NotAllowed(Action::SetRole));
        }
        let (who, by, at_ms) = (who.clone(), order.by.clone(), order.at_ms);
        Ok((role != before).then_some(Event::RoleChanged { who, role, by, at_ms }))
    }

    fn decide_transfer(&self, order: &Order, to: &Guest) -> Decision {
        self.allow(Action::Transfer, &order.by.id)?;
        self.other_member(order, to)?;
        let (to, by, at_ms) = (to.clone(), order.by.clone(), order.at_ms);
        Ok(Some(Event::Transferred { to, by, at_ms }))
    }

    /// The role of `who`, who is a member and not the one who orders.
    fn other_member(&self, order: &Order, who: &Guest) -> Result<Role, Refusal> {
        if who.id == order.by.id {
            return Err(Refusal::Oneself);
        }
        let role = self.role(&who.id);
        if role >= Role::Member { Ok(role) } else { Err(Refusal::NoSuchPerson) }
    }

    /// Only who names co-owners may expel one, and nobody expels the owner.
    fn decide_expel(&self, order: &Order, who: &Guest) -> Decision {
        self.allow(Action::Expel, &order.by.id)?;
        if who.id == order.by.id {
            return Err(Refusal::Oneself);
        }
        match self.role(&who.id) {
            Role::Owner => return Err(Refusal::NotAllowed(Action::Transfer)),
            Role::CoOwner => self.allow(Action::SetRole, &order.by.id)?,
            Role::Expelled => return Ok(None),
            Role::Member | Role::Visitor | Role::Outsider => {}
        }
        if !self.people.can_expel(&who.id) {
            return Err(Refusal::Full);
        }
        let (who, by, at_ms) = (who.clone(), order.by.clone(), order.at_ms);
        Ok(Some(Event::Expelled { who, by, at_ms }))
    }

    fn decide_pardon(&self, order: &Order, who: &Guest) -> Decision {
        self.allow(Action::Expel, &order.by.id)?;
        let is_expelled = self.role(&who.id) == Role::Expelled;
        let (who, by, at_ms) = (who.clone(), order.by.clone(), order.at_ms);
        Ok(is_expelled.then_some(Event::Pardoned { who, by, at_ms }))
    }

    fn decide_leave(&self, order: &Order) -> Decision {
        self.allow(Action::Leave, &order.by.id)?;
        let is_member = self.role(&order.by.id) >= Role::Member;
        let (who, at_ms) = (order.by.clone(), order.at_ms);
        Ok(is_member.then_some(Event::Left { who, at_ms }))
    }

    /// Whoever may speak in the room is known in it by name.
    fn decide_rename(&self, order: &Order, from: &GuestName) -> Decision {
        self.allow(Action::Post, &order.by.id)?;
        let changed = *from != order.by.name;
        let (who, from, at_ms) = (order.by.clone(), from.clone(), order.at_ms);
        Ok(changed.then_some(Event::Renamed { who, from, at_ms }))
    }

    fn decide_end(&self, order: &Order, reason: Option<&str>) -> Decision {
        self.allow(Action::End, &order.by.id)?;
        let (by, reason, at_ms) = (order.by.clone(), reason.map(str::to_owned), order.at_ms);
        Ok(Some(Event::Ended { by, reason, at_ms }))
    }

    fn decide_erase(&self, order: &Order) -> Decision {
        self.allow(Action::Erase, &order.by.id)?;
        let (by, messages, at_ms) = (Some(order.by.clone()), self.messages, order.at_ms);
        Ok(Some(Event::Erased { by, messages, at_ms }))
    }
}

/// Whether a room can keep things so.
pub(crate) fn check_retention(retention: Retention) -> Result<(), Refusal> {
    match retention {
        Retention::Fleeting { idle_ms } if !(IDLE_MS_MIN..=IDLE_MS_MAX).contains(&idle_ms) => {
            Err(Refusal::IdleTime)
        }
        Retention::Fleeting { .. } | Retention::Kept => Ok(()),
    }
}
