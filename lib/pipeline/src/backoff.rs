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
        let doublings = attempt.saturating_sub(1).min(31);
        let longest = self.first.saturating_mul(1 << doublings).min(self.longest);
        let wait = Duration::try_from_secs_f64(longest.as_secs_f64() * random.clamp(0.0, 1.0));
        wait.unwrap_or(longest).max(self.least)
    }
}

/// Uniform from 0 to 1.
pub(crate) fn random() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_longest_wait_doubles_up_to_a_bound() {
        let backoff = Backoff { least: MS(0), first: MS(100), longest: MS(1_000) };
        let waits: Vec<_> = (1..=6).map(|attempt| backoff.after(attempt, 1.0)).collect();
        assert_eq!(waits, [MS(100), MS(200), MS(400), MS(800), MS(1_000), MS(1_000)]);
        assert_eq!(backoff.after(u32::MAX, 1.0), MS(1_000));
    }

    #[test]
    fn jitter_is_full_and_never_below_the_least() {
        let backoff = Backoff { least: MS(10), first: MS(100), longest: MS(1_000) };
        assert_eq!(backoff.after(1, 0.0), MS(10));
        assert_eq!(backoff.after(1, 0.5), MS(50));
        assert_eq!(backoff.after(0, 2.0), MS(100));
    }

    #[test]
    fn random_numbers_are_in_their_range_and_differ() {
        let numbers: Vec<_> = (0..100).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..=1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number != numbers[0]));
    }
}
