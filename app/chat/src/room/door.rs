//! Who knocks at a private room, and who was told no.

use std::collections::BTreeMap;

use identity::GuestId;
use serde::{Deserialize, Serialize};

use crate::Refusal;

/// How many may wait at the door of a room.
pub const KNOCKS_MAX: usize = 50;
/// Who was turned away may knock again after this long.
pub const KNOCK_AGAIN_AFTER_MS: i64 = 10 * 60 * 1_000;
/// How many that were turned away are remembered.
const TURNED_AWAY_MAX: usize = 1_000;

/// When people knocked, and when they were turned away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Door {
    knocks: BTreeMap<GuestId, i64>,
    turned_away: BTreeMap<GuestId, i64>,
}

impl Door {
    /// Whether `who` may knock at `at_ms`, and whether that is anything new. A knock counts for
    /// `answer_within_ms`.
    pub fn knock(&self, who: &GuestId, at_ms: i64, answer_within_ms: i64) -> Result<bool, Refusal> {
        let counts = |knocked_ms: i64| at_ms.saturating_sub(knocked_ms) < answer_within_ms;
        if self.knocks.get(who).is_some_and(|&knocked_ms| counts(knocked_ms)) {
            return Ok(false);
        }
        if let Some(&told_ms) = self.turned_away.get(who) {
            let retry_after_ms = told_ms.saturating_add(KNOCK_AGAIN_AFTER_MS).saturating_sub(at_ms);
            // More than the whole time: a clock was put back.
            if (1..=KNOCK_AGAIN_AFTER_MS).contains(&retry_after_ms) {
                return Err(Refusal::TurnedAway { retry_after_ms });
            }
        }
        if self.knocks.values().filter(|&&knocked_ms| counts(knocked_ms)).count() >= KNOCKS_MAX {
            return Err(Refusal::DoorIsBusy);
        }
        Ok(true)
    }

    pub fn is_waiting(&self, who: &GuestId) -> bool {
        self.knocks.contains_key(who)
    }

    pub fn knocked(&mut self, who: &GuestId, at_ms: i64) {
        insert_latest(&mut self.knocks, who, at_ms, KNOCKS_MAX);
    }

    pub fn turned_away(&mut self, who: &GuestId, at_ms: i64) {
        self.knocks.remove(who);
        insert_latest(&mut self.turned_away, who, at_ms, TURNED_AWAY_MAX);
    }

    /// `who` needs no answer any more.
    pub fn answered(&mut self, who: &GuestId) {
        self.knocks.remove(who);
        self.turned_away.remove(who);
    }

    /// Nobody needs to knock any more.
    pub fn open(&mut self) {
        self.knocks.clear();
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.knocks.len().max(self.turned_away.len())
    }
}

/// Notes `who`, in the place of the earliest if there are `max` already.
fn insert_latest(people: &mut BTreeMap<GuestId, i64>, who: &GuestId, at_ms: i64, max: usize) {
    people.insert(who.clone(), at_ms);
    if people.len() > max {
        let earliest = people.iter().min_by_key(|(_, at_ms)| **at_ms).map(|(who, _)| who.clone());
        earliest.map(|who| people.remove(&who));
    }
}
