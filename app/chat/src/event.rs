//! What happens in a room, as the log has it.

use eventsourcing::EventPayload;
use identity::{Guest, GuestName};
use serde::{Deserialize, Serialize};

use crate::{Card, MessageId, Retention, Role, Slug, Visibility};

/// What happened. Each is one change of the room; the changes count from 1 without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    Opened(Opening),
    Posted(Posted),
    Edited(Edited),
    /// The text of the message is gone; its number stays.
    Removed {
        number: u64,
        by: Guest,
        at_ms: i64,
    },
    /// A link of the message, the one at `place` among them, is shown as a card.
    CardAttached {
        number: u64,
        place: u32,
        card: Box<Card>,
        at_ms: i64,
    },
    /// Somebody does not want the card of `link` under this message, now or later.
    CardDismissed {
        number: u64,
        link: String,
        by: Guest,
        at_ms: i64,
    },
    /// The message is about to be edited, and will not have `link` any more.
    CardDropped {
        number: u64,
        link: String,
        at_ms: i64,
    },
    Retitled {
        by: Guest,
        from: Option<String>,
        to: Option<String>,
        at_ms: i64,
    },
    /// Who was there when a room became private stays in it.
    VisibilityChanged {
        by: Guest,
        to: Visibility,
        stay: Vec<Guest>,
        at_ms: i64,
    },
    RetentionChanged {
        by: Guest,
        to: Retention,
        at_ms: i64,
    },
    /// A stranger asks to be let into a private room.
    Knocked {
        who: Guest,
        at_ms: i64,
    },
    Admitted {
        who: Guest,
        by: Guest,
        at_ms: i64,
    },
    TurnedAway {
        who: Guest,
        by: Guest,
        at_ms: i64,
    },
    /// `role` is that of a co-owner or of a member.
    RoleChanged {
        who: Guest,
        role: Role,
        by: Guest,
        at_ms: i64,
    },
    /// The owner, `by`, is a co-owner from now on.
    Transferred {
        to: Guest,
        by: Guest,
        at_ms: i64,
    },
    Expelled {
        who: Guest,
        by: Guest,
        at_ms: i64,
    },
    /// Somebody expelled may come back.
    Pardoned {
        who: Guest,
        by: Guest,
        at_ms: i64,
    },
    Left {
        who: Guest,
        at_ms: i64,
    },
    /// Somebody in the room goes by another name.
    Renamed {
        who: Guest,
        from: GuestName,
        at_ms: i64,
    },
    /// Nothing is said any more; what was said stays.
    Ended {
        by: Guest,
        reason: Option<String>,
        at_ms: i64,
    },
    /// Everything that was said is gone. `by` is `None` when the time was up.
    Erased {
        by: Option<Guest>,
        messages: u64,
        at_ms: i64,
    },
}

/// How a room begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub slug: Slug,
    pub title: Option<String>,
    pub owner: Guest,
    pub visibility: Visibility,
    pub retention: Retention,
    /// The other one of a private chat of two; nobody else ever enters.
    pub with: Option<Guest>,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posted {
    /// Messages count from 1 without gaps.
    pub number: u64,
    pub id: MessageId,
    pub author: Guest,
    pub manner: Manner,
    pub body: String,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edited {
    pub number: u64,
    pub by: Guest,
    pub body: String,
    /// The links in it, in their order, if it has cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    pub at_ms: i64,
}

/// How a message was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Manner {
    /// "Ana: hello"
    #[default]
    Said,
    /// "Ana waves", from `/me waves`.
    Did,
}

impl Event {
    /// When it happened, in milliseconds since the Unix epoch.
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Opened(opening) => opening.at_ms,
            Self::Posted(posted) => posted.at_ms,
            Self::Edited(edited) => edited.at_ms,
            Self::Removed { at_ms, .. }
            | Self::CardAttached { at_ms, .. }
            | Self::CardDismissed { at_ms, .. }
            | Self::CardDropped { at_ms, .. }
            | Self::Retitled { at_ms, .. }
            | Self::VisibilityChanged { at_ms, .. }
            | Self::RetentionChanged { at_ms, .. }
            | Self::Knocked { at_ms, .. }
            | Self::Admitted { at_ms, .. }
            | Self::TurnedAway { at_ms, .. }
            | Self::RoleChanged { at_ms, .. }
            | Self::Transferred { at_ms, .. }
            | Self::Expelled { at_ms, .. }
            | Self::Pardoned { at_ms, .. }
            | Self::Left { at_ms, .. }
            | Self::Renamed { at_ms, .. }
            | Self::Ended { at_ms, .. }
            | Self::Erased { at_ms, .. } => *at_ms,
        }
    }
}

impl Event {
    /// Who did it; `None`: nobody. Its time was up, or it is about a card.
    pub fn by(&self) -> Option<&Guest> {
        match self {
            Self::Opened(opening) => Some(&opening.owner),
            Self::Posted(posted) => Some(&posted.author),
            Self::Edited(edited) => Some(&edited.by),
            Self::Removed { by, .. }
            | Self::CardDismissed { by, .. }
            | Self::Retitled { by, .. }
            | Self::VisibilityChanged { by, .. }
            | Self::RetentionChanged { by, .. }
            | Self::Knocked { who: by, .. }
            | Self::Admitted { by, .. }
            | Self::TurnedAway { by, .. }
            | Self::RoleChanged { by, .. }
            | Self::Transferred { by, .. }
            | Self::Expelled { by, .. }
            | Self::Pardoned { by, .. }
            | Self::Left { who: by, .. }
            | Self::Renamed { who: by, .. }
            | Self::Ended { by, .. } => Some(by),
            Self::CardAttached { .. } | Self::CardDropped { .. } => None,
            Self::Erased { by, .. } => by.as_ref(),
        }
    }
}

impl EventPayload for Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "Opened",
            Self::Posted(_) => "Posted",
            Self::Edited(_) => "Edited",
            Self::Removed { .. } => "Removed",
            Self::CardAttached { .. } => "CardAttached",
            Self::CardDismissed { .. } => "CardDismissed",
            Self::CardDropped { .. } => "CardDropped",
            Self::Retitled { .. } => "Retitled",
            Self::VisibilityChanged { .. } => "VisibilityChanged",
            Self::RetentionChanged { .. } => "RetentionChanged",
            Self::Knocked { .. } => "Knocked",
            Self::Admitted { .. } => "Admitted",
            Self::TurnedAway { .. } => "TurnedAway",
            Self::RoleChanged { .. } => "RoleChanged",
            Self::Transferred { .. } => "Transferred",
            Self::Expelled { .. } => "Expelled",
            Self::Pardoned { .. } => "Pardoned",
            Self::Left { .. } => "Left",
            Self::Renamed { .. } => "Renamed",
            Self::Ended { .. } => "Ended",
            Self::Erased { .. } => "Erased",
        }
    }

    /// Without what a person wrote: texts, and names of people. Who and when stay.
    fn redacted(&self) -> Option<Self> {
        let mut redacted = self.clone();
        match &mut redacted {
            Self::Opened(opening) => opening.redact(),
            Self::Posted(Posted { author, body, .. }) => {
                body.clear();
                forget_name(author);
            }
            Self::Edited(Edited { by, body, links, .. }) => {
                body.clear();
                links.clear();
                forget_name(by);
            }
            Self::CardAttached { card, .. } => card.redact(),
            Self::CardDismissed { link, by, .. } => {
                link.clear();
                forget_name(by);
            }
            Self::CardDropped { link, .. } => link.clear(),
            Self::Retitled { by, from, to, .. } => {
                (*from, *to) = (None, None);
                forget_name(by);
            }
            Self::VisibilityChanged { by, stay, .. } => {
                stay.iter_mut().for_each(forget_name);
                forget_name(by);
            }
            Self::Removed { by, .. } | Self::RetentionChanged { by, .. } => forget_name(by),
            Self::Knocked { who, .. } | Self::Left { who, .. } => forget_name(who),
            Self::Admitted { who, by, .. }
            | Self::TurnedAway { who, by, .. }
            | Self::RoleChanged { who, by, .. }
            | Self::Transferred { to: who, by, .. }
            | Self::Expelled { who, by, .. }
            | Self::Pardoned { who, by, .. } => {
                forget_name(who);
                forget_name(by);
            }
            Self::Renamed { who, from, .. } => {
                *from = GuestName::erased();
                forget_name(who);
            }
            Self::Ended { by, reason, .. } => {
                *reason = None;
                forget_name(by);
            }
            Self::Erased { by, .. } => by.iter_mut().for_each(forget_name),
        }
        Some(redacted)
    }
}

impl Opening {
    pub fn redact(&mut self) {
        self.title = None;
        forget_name(&mut self.owner);
        self.with.iter_mut().for_each(forget_name);
    }
}

fn forget_name(guest: &mut Guest) {
    guest.name = GuestName::erased();
}
