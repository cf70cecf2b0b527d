//! A node with its clocks, and what a test asks of it.

use std::time::Duration;

use presence::{Config, Diff, Presence, Tracked};
use pubsub::{Received, Subscription};
use tasks::{Clock, Scope};

pub const KITCHEN: &str = "room:kitchen";
/// Odd, so that tests that wait for even times never meet the moment itself.
pub const GRACE_MS: u64 = 5_001;
pub const PACE_MS: u64 = 100;

/// One node; what its pages say is a number.
pub struct House {
    pub presence: Presence<u32>,
    pub clock: Clock,
    pub scope: Scope,
}

impl House {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    /// A node with the times of these tests and the rest of `config`.
    pub fn with(config: Config) -> Self {
        let (scope, clock) = (Scope::root("house"), Clock::manual(1_000));
        let grace = Duration::from_millis(GRACE_MS);
        let config = Config { grace, pace: Duration::from_millis(PACE_MS), ..config };
        let presence = Presence::new(config, clock.clone(), &scope);
        Self { presence, clock, scope }
    }

    /// Lets time pass on both clocks. Tokio's is paused, so it goes from timer to timer, whatever
    /// is due is done, and nobody waits.
    pub async fn pass_ms(&self, ms: u64) {
        self.clock.advance_ms(i64::try_from(ms).expect("tests are short"));
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    pub fn track(&self, key: &str) -> Tracked<u32> {
        self.presence.track(KITCHEN, key, 0)
    }

    /// Keys in the kitchen, in the order of the list.
    pub fn keys(&self) -> Vec<String> {
        self.presence.list(KITCHEN).into_iter().map(|entry| entry.key.to_string()).collect()
    }
}

/// What waits in a subscription: joins, leaves and updates of each diff.
pub fn told(subscription: &mut Subscription<Diff>) -> Vec<[Vec<String>; 3]> {
    let names = |keys: &[std::sync::Arc<str>]| keys.iter().map(|key| key.to_string()).collect();
    std::iter::from_fn(|| subscription.try_recv())
        .map(|received| match received {
            Received::Hint(diff) => [names(&diff.joins), names(&diff.leaves), names(&diff.updates)],
            Received::Lagged => panic!("this reader is quick enough"),
        })
        .collect()
}

/// A diff as [`told`] gives it.
pub fn diff<const J: usize, const L: usize, const U: usize>(
    joins: [&str; J],
    leaves: [&str; L],
    updates: [&str; U],
) -> [Vec<String>; 3] {
    [names(&joins), names(&leaves), names(&updates)]
}

fn names(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// A runtime with a paused clock, for properties.
pub fn paused() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime starts")
}
