//! What a crowd costs, counted in work instead of time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use presence::{Config, Diff, Presence, Tracked};
use pubsub::{Received, Subscription};
use tasks::{Clock, Scope};

use crate::house::KITCHEN;

/// Counts how often it is copied.
#[derive(Debug)]
struct Meta(Arc<AtomicUsize>, u32);

impl Clone for Meta {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone(), self.1)
    }
}

impl PartialEq for Meta {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

struct Crowd {
    presence: Presence<Meta>,
    copies: Arc<AtomicUsize>,
    kitchen: Subscription<Diff>,
    pages: Vec<Tracked<Meta>>,
    _scope: Scope,
}

impl Crowd {
    /// `people` who join one after the other within a second.
    async fn joining(people: u32) -> Self {
        let (scope, copies) = (Scope::root("house"), Arc::default());
        let presence = Presence::new(Config::default(), Clock::manual(0), &scope);
        let kitchen = presence.subscribe(KITCHEN);
        let mut crowd = Self { presence, copies, kitchen, pages: Vec::new(), _scope: scope };
        for number in 0..people {
            let meta = Meta(crowd.copies.clone(), 0);
            crowd.pages.push(crowd.presence.track(KITCHEN, &number.to_string(), meta));
            tokio::time::sleep(Duration::from_secs(1) / people).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        crowd
    }

    fn copies(&self) -> usize {
        self.copies.swap(0, Ordering::Relaxed)
    }

    /// How many diffs were told, and how many keys they named.
    fn told(&mut self) -> (usize, usize) {
        let received = std::iter::from_fn(|| self.kitchen.try_recv());
        let keys = received.map(|received| match received {
            Received::Hint(diff) => diff.joins.len() + diff.leaves.len() + diff.updates.len(),
            Received::Lagged => panic!("diffs are few"),
        });
        keys.fold((0, 0), |(diffs, all), keys| (diffs + 1, all + keys))
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_joins_are_told_in_a_dozen_diffs_and_copy_no_list() {
    let mut crowd = Crowd::joining(1_000).await;
    assert_eq!(crowd.presence.count(KITCHEN), 1_000);
    let (diffs, keys) = crowd.told();
    assert_eq!(keys, 1_000, "each join is told once");
    assert!(diffs <= 12, "{diffs} diffs in a second");
    assert_eq!(crowd.copies(), 0, "what pages say is copied for those who read it");
}

#[tokio::test(start_paused = true)]
async fn one_persons_change_costs_the_same_among_ten_and_a_thousand() {
    for people in [10, 1_000] {
        let mut crowd = Crowd::joining(people).await;
        crowd.told();
        let told = crowd.presence.part().version();
        assert_eq!(crowd.copies(), 0);
        crowd.pages[3].update(|meta| meta.1 += 1);
        assert_eq!(crowd.copies(), 1, "to change it");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(crowd.told(), (1, 1));
        assert_eq!(crowd.presence.part_since(told).size(), 1);
        let entry = crowd.presence.entry(KITCHEN, "3").expect("the page is open");
        assert_eq!((entry.metas[0].1, crowd.copies()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_leaves_at_once_are_two_diffs() {
    let mut crowd = Crowd::joining(1_000).await;
    crowd.told();
    crowd.pages.clear();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(crowd.told(), (2, 2_000), "leaving, and gone");
    assert_eq!((crowd.copies(), crowd.presence.topics()), (0, vec![]));
}
