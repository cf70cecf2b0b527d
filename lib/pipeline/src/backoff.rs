//! How long to wait before the next attempt.

use std::time::Duration;

/// Exponential, with full jitter: a random time up to `first` × 2ⁿ⁻¹, at most `longest`
/// (M. Brooker, "Exponential Backoff And Jitter", 2015), but at least `least`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Never shorter.
    pub least: Duration,
    /// The longest wait after the first attempt.
    pub first: Duration,
    /// Never longer.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after attempt `attempt`, from 1; `random` is uniform from 0 to 1.
    pub fn after(&self, attempt: u32, random: f64) -> Duration {
        let _ = (attempt, random);
        todo!()
    }
}
