//! Who has a slug. Each slug is an aggregate of its own, so the log itself, by the expected version
//! of that stream, lets exactly one claim win, on however many nodes they are made.

use serde::{Deserialize, Serialize};

use crate::{RoomId, room::Opening};

/// The room claims the slug and, in the same event, says how it will begin: whoever finds a claimed
/// slug whose room is not open yet (its claimer died in between) can finish that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claimed {
    pub room: RoomId,
    pub opening: Opening,
}

/// The slug has a room already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This address was just taken by someone else.")]
pub(crate) struct Taken {
    pub by: Claimed,
}

/// A slug and who has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    by: Option<Claimed>,
}

impl Claim {
    pub fn decide(&self, claim: Claimed) -> Result<Claimed, Taken> {
        match &self.by {
            None => Ok(claim),
            Some(by) => Err(Taken { by: by.clone() }),
        }
    }

    pub fn apply(&mut self, claimed: &Claimed) {
        self.by = Some(claimed.clone());
    }
}
