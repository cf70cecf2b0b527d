//! What happened in a room besides what was said, as it is read.

use identity::{Guest, GuestName};
use serde::{Deserialize, Serialize};

use crate::{Retention, Role, Visibility, event::Event};

/// One line between the messages. The same for every reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The change of the room that it is: its place among the messages.
    pub change: u64,
    /// Who did it; for [`Happening::Renamed`], under the new name.
    pub by: Guest,
    pub what: Happening,
    pub at_ms: i64,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// `None`: the room goes by its address.
    Retitled {
        from: Option<String>,
        to: Option<String>,
    },
    VisibilityChanged {
        to: Visibility,
    },
    RetentionChanged {
        to: Retention,
    },
    Admitted {
        who: Guest,
    },
    RoleChanged {
        who: Guest,
        role: Role,
    },
    Transferred {
        to: Guest,
    },
    Expelled {
        who: Guest,
    },
    Pardoned {
        who: Guest,
    },
    Left,
    Renamed {
        from: GuestName,
    },
    Ended {
        reason: Option<String>,
    },
}

impl Notice {
    /// What the timeline shows of change `change`, if it is no message: a knock, for example, is
    /// the matter of those who may answer it, and of nobody who reads.
    pub(crate) fn of(change: u64, event: Event) -> Option<Self> {
        let at_ms = event.at_ms();
        let (by, what) = match event {
            Event::Retitled { by, from, to, .. } => (by, Happening::Retitled { from, to }),
            Event::VisibilityChanged { by, to, .. } => (by, Happening::VisibilityChanged { to }),
            Event::RetentionChanged { by, to, .. } => (by, Happening::RetentionChanged { to }),
            Event::Admitted { who, by, .. } => (by, Happening::Admitted { who }),
            Event::RoleChanged { who, role, by, .. } => (by, Happening::RoleChanged { who, role }),
            Event::Transferred { to, by, .. } => (by, Happening::Transferred { to }),
            Event::Expelled { who, by, .. } => (by, Happening::Expelled { who }),
            Event::Pardoned { who, by, .. } => (by, Happening::Pardoned { who }),
            Event::Left { who, .. } => (who, Happening::Left),
            Event::Renamed { who, from, .. } => (who, Happening::Renamed { from }),
            Event::Ended { by, reason, .. } => (by, Happening::Ended { reason }),
            Event::Opened(_)
            | Event::Posted(_)
            | Event::Edited(_)
            | Event::Removed { .. }
            | Event::CardAttached { .. }
            | Event::CardDismissed { .. }
            | Event::CardDropped { .. }
            | Event::Knocked { .. }
            | Event::TurnedAway { .. }
            | Event::Erased { .. } => return None,
        };
        Some(Self { change, by, what, at_ms })
    }
}
