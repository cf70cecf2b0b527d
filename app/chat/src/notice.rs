//! What happened in a room besides what was said, as it is read.

use identity::{Guest, GuestName};

use crate::{Retention, Role, Visibility};

/// One line between the messages. The same for every reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The change of the room that it is: its place among the messages.
    pub change: u64,
    /// Who did it; for [`Happening::Renamed`], under the new name.
    pub by: Guest,
    pub what: Happening,
    pub at_ms: i64,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
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
