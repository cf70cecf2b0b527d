//! Who has a slug. Each slug is an aggregate of its own, so the log itself, by the expected version
//! of that stream, lets exactly one claim win, on however many nodes they are made.

use eventsourcing::{Aggregate, EventPayload};
use serde::{Deserialize, Serialize};

use crate::{RoomId, event::Opening};

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

impl EventPayload for Claimed {
    fn name(&self) -> &'static str {
        "Claimed"
    }

    fn redacted(&self) -> Option<Self> {
        let mut redacted = self.clone();
        redacted.opening.redact();
        Some(redacted)
    }
}

impl Aggregate for Claim {
    const KIND: &'static str = "slug";
    type Command = Claimed;
    type Event = Claimed;
    type Refusal = Taken;

    fn decide(&self, claim: &Claimed) -> Result<Vec<Claimed>, Taken> {
        match &self.by {
            None => Ok(vec![claim.clone()]),
            Some(by) => Err(Taken { by: by.clone() }),
        }
    }

    fn apply(&mut self, claimed: &Claimed) {
        self.by = Some(claimed.clone());
    }
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;

    use super::*;
    use crate::Slug;

    #[track_caller]
    fn check(sentence: &str, given: &[Claimed], when: &Claimed, then: Result<Vec<Claimed>, Taken>) {
        let mut claim = Claim::default();
        given.iter().for_each(|claimed| claim.apply(claimed));
        assert_eq!(claim.decide(when), then, "{sentence}");
    }

    fn kitchen() -> Claimed {
        let slug = Slug::parse("kitchen").expect("a valid slug");
        let opening = Opening {
            slug,
            title: None,
            owner: GuestSession::fresh().guest(),
            visibility: crate::Visibility::Public,
            retention: crate::Retention::Kept,
            with: None,
            at_ms: 1,
        };
        Claimed { room: RoomId::random(), opening }
    }

    #[test]
    fn claims() {
        let (ana, ben) = (kitchen(), kitchen());
        check("a free slug is claimed", &[], &ana, Ok(vec![ana.clone()]));
        let taken = Err(Taken { by: ana.clone() });
        let given = std::slice::from_ref(&ana);
        check("a taken one is not", given, &ben, taken.clone());
        check("not even by its owner", given, &ana, taken);
    }

    #[test]
    fn a_redacted_claim_still_leads_to_its_room() {
        let claimed = kitchen();
        let redacted = claimed.redacted().expect("somebody wrote it");
        assert_eq!(redacted.room, claimed.room);
        assert_eq!(redacted.opening.owner.name.as_str(), "");
    }
}
