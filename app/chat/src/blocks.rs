//! Whom somebody does not want to hear from.

use std::collections::BTreeSet;

use eventsourcing::{Aggregate, EventPayload};
use identity::{Guest, GuestId, GuestName};
use serde::{Deserialize, Serialize};

use crate::room::Refusal;

/// How many people one person may block.
pub const BLOCKS_MAX: usize = 500;

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Block { by: GuestId, who: Guest },
    Unblock { who: GuestId },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Blocking {
    Blocked { who: Guest },
    Unblocked { who: GuestId },
}

/// Whom one person has blocked. Named by their id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blocks(BTreeSet<GuestId>);

impl EventPayload for Blocking {
    fn name(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "Blocked",
            Self::Unblocked { .. } => "Unblocked",
        }
    }

    fn redacted(&self) -> Option<Self> {
        match self {
            Self::Blocked { who } => {
                let who = Guest { id: who.id.clone(), name: GuestName::erased() };
                Some(Self::Blocked { who })
            }
            Self::Unblocked { .. } => None,
        }
    }
}

impl Aggregate for Blocks {
    const KIND: &'static str = "blocks";
    type Command = Wish;
    type Event = Blocking;
    type Refusal = Refusal;

    fn decide(&self, wish: &Wish) -> Result<Vec<Blocking>, Refusal> {
        match wish {
            Wish::Block { by, who } if who.id == *by => Err(Refusal::Oneself),
            Wish::Block { who, .. } if self.0.contains(&who.id) => Ok(Vec::new()),
            Wish::Block { .. } if self.0.len() >= BLOCKS_MAX => Err(Refusal::TooManyBlocks),
            Wish::Block { who, .. } => Ok(vec![Blocking::Blocked { who: who.clone() }]),
            Wish::Unblock { who } => {
                let unblocked = Blocking::Unblocked { who: who.clone() };
                Ok(self.0.contains(who).then_some(unblocked).into_iter().collect())
            }
        }
    }

    fn apply(&mut self, event: &Blocking) {
        match event {
            Blocking::Blocked { who } => self.0.insert(who.id.clone()),
            Blocking::Unblocked { who } => self.0.remove(who),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(number: usize) -> Guest {
        let id = GuestId::parse(&format!("{number:0>16}")).expect("sixteen digits");
        Guest { id, name: GuestName::friendly(number as u64) }
    }

    fn block(who: usize) -> Wish {
        Wish::Block { by: guest(0).id, who: guest(who) }
    }

    fn blocked(who: usize) -> Blocking {
        Blocking::Blocked { who: guest(who) }
    }

    #[track_caller]
    fn check(sentence: &str, given: &[Blocking], when: Wish, then: Result<Vec<Blocking>, Refusal>) {
        let mut blocks = Blocks::default();
        given.iter().for_each(|event| blocks.apply(event));
        assert_eq!(blocks.decide(&when), then, "{sentence}");
    }

    #[test]
    fn blocking() {
        let unblock = Wish::Unblock { who: guest(1).id };
        let unblocked = Blocking::Unblocked { who: guest(1).id };
        check("somebody is blocked", &[], block(1), Ok(vec![blocked(1)]));
        check("once", &[blocked(1)], block(1), Ok(vec![]));
        check("nobody blocks themselves", &[], block(0), Err(Refusal::Oneself));
        check("a block is taken back", &[blocked(1)], unblock.clone(), Ok(vec![unblocked.clone()]));
        check("nothing else is", &[blocked(2)], unblock, Ok(vec![]));
        check("and made again", &[blocked(1), unblocked.clone()], block(1), Ok(vec![blocked(1)]));
        let mut many: Vec<_> = (1..=BLOCKS_MAX).map(blocked).collect();
        check("there is an end to it", &many, block(501), Err(Refusal::TooManyBlocks));
        check("who is blocked stays so", &many, block(1), Ok(vec![]));
        many.push(unblocked);
        check("one back, one more", &many, block(501), Ok(vec![blocked(501)]));
    }

    #[test]
    fn a_redacted_block_still_holds() {
        let redacted = blocked(1).redacted().expect("it names somebody");
        let text = serde_json::to_string(&redacted).expect("events are plain data");
        assert!(!text.contains(guest(1).name.as_str()), "{text}");
        check("by its id", &[redacted], block(1), Ok(vec![]));
    }
}
