//! How fast somebody may do things: leaky buckets, and what they said last.

use std::collections::BTreeMap;

use identity::GuestId;
use serde::{Deserialize, Serialize};

use crate::{REPEAT_AFTER_MS, Refusal};

/// How many people are remembered. Beyond it new ones go unlimited until others are forgotten: more
/// than this many people within one burst's time are limited by other means.
pub(super) const PEOPLE_MAX: usize = 2_048;
/// People are forgotten when a new one comes and there are a multiple of this many.
const SWEEP_EVERY: usize = 64;

/// `burst` at once, and one per `every_ms` in the long run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub burst: i64,
    pub every_ms: i64,
}

/// How much of their burst people have used up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Buckets(BTreeMap<GuestId, Bucket>);

/// As of the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bucket {
    at_ms: i64,
    /// How much is used up, in time it takes to come back.
    used_ms: i64,
}

impl Limit {
    const fn whole_ms(self) -> i64 {
        self.burst * self.every_ms
    }
}

impl Buckets {
    /// Whether `who` may go on at `at_ms`.
    pub fn check(&self, limit: Limit, who: &GuestId, at_ms: i64) -> Result<(), Refusal> {
        let over_ms = self.used_ms(limit, who, at_ms) + limit.every_ms - limit.whole_ms();
        if over_ms > 0 { Err(Refusal::TooFast { retry_after_ms: over_ms }) } else { Ok(()) }
    }

    /// Notes that `who` did something.
    pub fn charge(&mut self, limit: Limit, who: &GuestId, at_ms: i64) {
        if !has_place(&mut self.0, who, |bucket| matters(bucket.at_ms, limit.whole_ms(), at_ms)) {
            return;
        }
        let used_ms = self.used_ms(limit, who, at_ms) + limit.every_ms;
        self.0.insert(who.clone(), Bucket { at_ms, used_ms });
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn used_ms(&self, limit: Limit, who: &GuestId, at_ms: i64) -> i64 {
        let bucket = self.0.get(who);
        let bucket = bucket.filter(|bucket| matters(bucket.at_ms, limit.whole_ms(), at_ms));
        bucket.map_or(0, |bucket| (bucket.used_ms - since_ms(bucket.at_ms, at_ms)).max(0))
    }
}

/// What people said last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LastTexts(BTreeMap<GuestId, LastText>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LastText {
    number: u64,
    at_ms: i64,
    hash: u64,
}

impl LastTexts {
    /// Whether `who` says again what they said last.
    pub fn check(&self, who: &GuestId, text: &str, at_ms: i64) -> Result<(), Refusal> {
        let repeats = |last: &LastText| {
            matters(last.at_ms, REPEAT_AFTER_MS, at_ms) && last.hash == text_hash(text)
        };
        if self.0.get(who).is_some_and(repeats) { Err(Refusal::Repeated) } else { Ok(()) }
    }

    /// Notes message `number`.
    pub fn note(&mut self, who: &GuestId, number: u64, text: &str, at_ms: i64) {
        if has_place(&mut self.0, who, |last| matters(last.at_ms, REPEAT_AFTER_MS, at_ms)) {
            self.0.insert(who.clone(), LastText { number, at_ms, hash: text_hash(text) });
        }
    }

    /// Forgets message `number`: a short text could be guessed from its hash.
    pub fn forget(&mut self, number: u64) {
        self.0.retain(|_, last| last.number != number);
    }
}

/// Whether `who` is remembered, or can be.
fn has_place<T>(
    people: &mut BTreeMap<GuestId, T>,
    who: &GuestId,
    matters: impl Fn(&T) -> bool,
) -> bool {
    if people.contains_key(who) {
        return true;
    }
    if !people.is_empty() && people.len().is_multiple_of(SWEEP_EVERY) {
        people.retain(|_, entry| matters(entry));
    }
    people.len() < PEOPLE_MAX
}

/// Long ago matters no more; and a far future means that a clock was put back, which must not
/// silence anyone until it catches up.
fn matters(at_ms: i64, for_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(at_ms).saturating_abs() < for_ms
}

/// Never negative: the clocks of two nodes may differ a little.
fn since_ms(at_ms: i64, now_ms: i64) -> i64 {
    now_ms.saturating_sub(at_ms).max(0)
}

/// FNV-1a: the same on every node and version, as the state may travel in a snapshot.
fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
