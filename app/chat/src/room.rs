//! A room: what may happen in it.
//!
//! Pure: [`Room::decide`] says what a command makes happen, [`Room::apply`] takes in what happened.
//! The time comes with the command and is kept in the event, so every decision can be made again
//! from the log. What a room remembers to decide is bounded: neither the history, nor everyone who
//! ever spoke.

mod refusal;
mod people;
mod door;
mod pace;
mod target;
mod orders;
mod cards;

use std::collections::VecDeque;

use eventsourcing::Aggregate;
use identity::{Guest, GuestId, GuestName, is_blank};
use serde::{Deserialize, Serialize};

use self::{
    door::Door,
    pace::LastTexts,
    people::{People, Standing},
    target::Touched,
};
use crate::{
    Action, Manner, MessageId, Retention, Role, Visibility,
    event::{Event, Opening, Posted},
    message::{BODY_CHARS_MAX, BODY_LINES_MAX, normal_body},
    permissions::{Condition, Stage, allowed},
};

pub use door::{KNOCK_AGAIN_AFTER_MS, KNOCKS_MAX};
pub use refusal::Refusal;
pub(crate) use {
    cards::Attach,
    orders::check_retention,
    pace::{Buckets, Limit},
    target::Target,
};

/// How many messages one author may send at once before the rate counts.
pub const BURST_MAX: i64 = 10;
/// How often one author may send in the long run: once per this time.
pub const PACE_MS: i64 = 1_000;
/// The same text by the same author is refused for this long.
pub const REPEAT_AFTER_MS: i64 = 10_000;

/// How much one person may order at once, besides speaking, before the rate counts.
pub const ORDERS_MAX: i64 = 20;
/// How often one person may order something in the long run: once per this time.
pub const ORDER_PACE_MS: i64 = 2_000;

const POSTS: Limit = Limit { burst: BURST_MAX, every_ms: PACE_MS };
const ORDERS: Limit = Limit { burst: ORDERS_MAX, every_ms: ORDER_PACE_MS };
/// How many removed messages are remembered; of one before those, it is known only where it is read
/// that nothing is left.
const REMOVED_MAX: usize = 256;

/// What somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Open(Opening),
    Post(Post),
    Act(Order),
    Attach(Attach),
    /// The room's time may be up: nobody was there since `empty_since_ms`.
    Expire {
        empty_since_ms: i64,
        at_ms: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub id: MessageId,
    pub author: Guest,
    pub manner: Manner,
    pub body: String,
    /// Of a private chat's two, the other one has not blocked the author.
    pub is_heard: bool,
    pub at_ms: i64,
}

/// Who wants what else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub by: Guest,
    pub act: Act,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Edit {
        target: Target,
        body: String,
        /// The links in `body` that may have cards.
        links: Vec<String>,
    },
    Remove {
        target: Target,
    },
    DismissCard {
        target: Target,
        link: String,
    },
    /// `None`: the room goes by its address.
    Retitle {
        to: Option<String>,
    },
    /// `present` are the people in the room; when it becomes private, they stay.
    SetVisibility {
        to: Visibility,
        present: Vec<Guest>,
    },
    SetRetention {
        to: Retention,
    },
    /// A knock waits this long for its answer.
    Knock {
        answer_within_ms: i64,
    },
    Admit {
        who: Guest,
    },
    TurnAway {
        who: Guest,
    },
    SetRole {
        who: Guest,
        role: Role,
    },
    Transfer {
        to: Guest,
    },
    Expel {
        who: Guest,
    },
    Pardon {
        who: Guest,
    },
    Leave,
    /// `by` goes by another name than `from` now.
    NoteRename {
        from: GuestName,
    },
    End {
        reason: Option<String>,
    },
    Erase,
}

/// What a room remembers to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Room {
    /// `None`: it was never opened.
    stage: Option<Stage>,
    title: Option<String>,
    visibility: Visibility,
    retention: Retention,
    people: People,
    door: Door,
    messages: u64,
    /// The last messages that were removed.
    removed: VecDeque<u64>,
    touched: Touched,
    /// When the last message came, or the room was opened or became fleeting.
    active_at_ms: i64,
    posts: Buckets,
    texts: LastTexts,
    orders: Buckets,
}

impl Aggregate for Room {
    const KIND: &'static str = "room";
    const SNAPSHOT_SCHEMA: u32 = 3;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    /// A message that is sent again is no matter of the rules: its command id is known, and the
    /// dispatch answers before it asks the room.
    fn decide(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        match command {
            // Whoever claimed the slug is the one who opens; anybody may finish that for them.
            Command::Open(_) if self.stage.is_some() => Ok(Vec::new()),
            Command::Open(opening) => Ok(vec![Event::Opened(opening.clone())]),
            Command::Post(post) => self.decide_post(post),
            Command::Act(order) => self.decide_order(order),
            Command::Attach(attach) => self.decide_attach(attach),
            Command::Expire { empty_since_ms, at_ms } => {
                self.decide_expiry(*empty_since_ms, *at_ms)
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        self.apply_pace(event);
        self.touched.note(event);
        match event {
            Event::Opened(opening) => {
                let touched = std::mem::take(&mut self.touched);
                *self = Self { touched, ..Self::opened(opening) };
            }
            Event::Posted(posted) => self.apply_posted(posted),
            Event::Edited(_)
            | Event::CardAttached { .. }
            | Event::CardDismissed { .. }
            | Event::CardDropped { .. }
            | Event::Renamed { .. } => {}
            Event::Removed { number, .. } => self.apply_removed(*number),
            Event::Retitled { to, .. } => self.title.clone_from(to),
            Event::VisibilityChanged { to, stay, .. } => self.apply_visibility(*to, stay),
            Event::RetentionChanged { to, at_ms, .. } => self.apply_retention(*to, *at_ms),
            Event::Knocked { who, at_ms } => self.door.knocked(&who.id, *at_ms),
            Event::TurnedAway { who, at_ms, .. } => self.door.turned_away(&who.id, *at_ms),
            Event::Transferred { to, .. } => self.people.transfer(&to.id),
            Event::Admitted { who, .. } => self.apply_standing(who, Some(Standing::Member)),
            Event::RoleChanged { who, role: Role::CoOwner, .. } => {
                self.apply_standing(who, Some(Standing::CoOwner));
            }
            Event::RoleChanged { who, .. } => self.apply_standing(who, Some(Standing::Member)),
            Event::Expelled { who, .. } => self.apply_standing(who, Some(Standing::Expelled)),
            Event::Pardoned { who, .. } | Event::Left { who, .. } => self.apply_standing(who, None),
            Event::Ended { .. } => self.stage = Some(Stage::Ended),
            // Nothing that anybody wrote is left, nor who was here.
            Event::Erased { messages, .. } => {
                let (stage, messages) = (Some(Stage::Erased), *messages);
                *self = Self { stage, messages, ..Self::default() };
            }
        }
    }
}

impl Room {
    /// Who `who` is here.
    fn role(&self, who: &GuestId) -> Role {
        self.people.role(who, self.visibility)
    }

    fn allow(&self, action: Action, who: &GuestId) -> Result<(), Refusal> {
        let stage = self.stage.ok_or(Refusal::NoSuchRoom)?;
        allowed(action, self.role(who), Condition { stage, of_two: self.people.are_two() })
    }

    fn decide_post(&self, post: &Post) -> Result<Vec<Event>, Refusal> {
        let Post { id, author, manner, body, is_heard, at_ms } = post;
        self.allow(Action::Post, &author.id)?;
        if !is_heard {
            return Err(Refusal::Blocked);
        }
        let body = normal_body(body);
        check_body(&body)?;
        // The text first: it tells more than the pace, and usually is an accident.
        self.texts.check(&author.id, &body, *at_ms)?;
        self.posts.check(POSTS, &author.id, *at_ms)?;
        let (id, author, manner, at_ms) = (id.clone(), author.clone(), *manner, *at_ms);
        let number = self.messages + 1;
        Ok(vec![Event::Posted(Posted { number, id, author, manner, body, at_ms })])
    }

    /// Whoever thinks that the time is up may not know of the last message yet.
    fn decide_expiry(&self, empty_since_ms: i64, at_ms: i64) -> Result<Vec<Event>, Refusal> {
        if self.stage.ok_or(Refusal::NoSuchRoom)? == Stage::Erased {
            return Ok(Vec::new());
        }
        let Retention::Fleeting { idle_ms } = self.retention else { return Err(Refusal::InUse) };
        let idle_since_ms = self.active_at_ms.max(empty_since_ms);
        if idle_since_ms.saturating_add(idle_ms) > at_ms {
            return Err(Refusal::InUse);
        }
        Ok(vec![Event::Erased { by: None, messages: self.messages, at_ms }])
    }

    fn opened(opening: &Opening) -> Self {
        Self {
            stage: Some(Stage::Open),
            title: opening.title.clone(),
            visibility: opening.visibility,
            retention: opening.retention,
            people: People::of(opening),
            active_at_ms: opening.at_ms,
            ..Self::default()
        }
    }

    fn apply_pace(&mut self, event: &Event) {
        match (event, event.by()) {
            (Event::Opened(_), _) | (_, None) => {}
            (Event::Posted(posted), Some(by)) => self.posts.charge(POSTS, &by.id, posted.at_ms),
            (order, Some(by)) => self.orders.charge(ORDERS, &by.id, order.at_ms()),
        }
    }

    fn apply_posted(&mut self, posted: &Posted) {
        let Posted { number, author, body, at_ms, .. } = posted;
        self.messages = *number;
        self.active_at_ms = self.active_at_ms.max(*at_ms);
        self.people.join(&author.id);
        self.texts.note(&author.id, *number, body, *at_ms);
    }

    fn apply_removed(&mut self, number: u64) {
        self.texts.forget(number);
        self.removed.push_back(number);
        if self.removed.len() > REMOVED_MAX {
            self.removed.pop_front();
        }
    }

    fn apply_visibility(&mut self, to: Visibility, stay: &[Guest]) {
        self.visibility = to;
        stay.iter().for_each(|guest| self.people.join(&guest.id));
        if to != Visibility::Private {
            self.door.open();
        }
    }

    /// What was kept until now is not gone the moment that it no longer is.
    fn apply_retention(&mut self, to: Retention, at_ms: i64) {
        self.retention = to;
        self.active_at_ms = self.active_at_ms.max(at_ms);
    }

    fn apply_standing(&mut self, who: &Guest, standing: Option<Standing>) {
        self.door.answered(&who.id);
        match standing {
            Some(standing) => self.people.set(&who.id, standing),
            None => self.people.forget(&who.id),
        }
    }
}

fn check_body(body: &str) -> Result<(), Refusal> {
    if is_blank(body) {
        return Err(Refusal::Empty);
    }
    let chars = body.chars().count();
    if chars > BODY_CHARS_MAX {
        return Err(Refusal::TooLong { chars });
    }
    let lines = body.split('\n').count();
    if lines > BODY_LINES_MAX {
        return Err(Refusal::TooManyLines { lines });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
