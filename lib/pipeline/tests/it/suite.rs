//! What is true of every queue, wherever it keeps its jobs.

use std::sync::Arc;

use eventsourcing::{MemoryStore, SqliteConfig, SqliteStore};
use pipeline::{testing::*, *};

use crate::cast::*;

#[tokio::test]
async fn a_queue_in_memory_passes() {
    suite(|| Keep::Memory).await;
}

#[tokio::test]
async fn a_queue_in_a_log_in_memory_passes() {
    suite(|| Keep::Log(Arc::new(MemoryStore::new()))).await;
}

#[tokio::test]
async fn a_queue_in_a_log_in_a_file_passes() {
    let folders = tempfile::tempdir().expect("a temporary folder");
    let next = std::cell::Cell::new(0);
    suite(|| {
        next.set(next.get() + 1);
        let folder = folders.path().join(next.get().to_string());
        Keep::Log(Arc::new(SqliteStore::open(&folder, SqliteConfig::default()).expect("it opens")))
    })
    .await;
}

async fn suite(keep: impl Fn() -> Keep) {
    a_job_is_done_once(keep()).await;
    a_failure_is_tried_again(keep()).await;
    attempts_end(keep()).await;
}

fn on(keep: Keep) -> QueueConfig {
    QueueConfig { keep, ..queue_config() }
}

async fn a_job_is_done_once(keep: Keep) {
    let waiter = Waiter::default();
    let house = Harness::with(waiter.clone(), on(keep), config()).await;
    assert_eq!(house.push("c1", cup("green", Does::Well)).await, Pushed::New);
    assert_eq!(house.outcome("c1").await, Outcome::Done);
    assert_eq!(house.push("c1", cup("green", Does::Well)).await, Pushed::Known);
    assert!(house.queue.jobs().is_empty());
    assert_eq!(house.stop().await.cut_off, 0);
    assert_eq!(waiter.poured(), ["c1"]);
}

async fn a_failure_is_tried_again(keep: Keep) {
    let waiter = Waiter::default();
    let house = Harness::with(waiter.clone(), on(keep), config()).await;
    house.push("c1", cup("green", Does::WellAt(3))).await;
    assert_eq!(house.outcome("c1").await, Outcome::Done);
    let all = house.outcomes("c1", 3).await;
    let spilled = |outcome: &Outcome| matches!(outcome, Outcome::Retry { why, .. } if why == "it was spilled");
    assert!(all[..2].iter().all(spilled), "{all:?}");
    house.stop().await;
    assert_eq!(waiter.poured().len(), 3);
}

async fn attempts_end(keep: Keep) {
    let waiter = Waiter::default();
    let house = Harness::with(waiter.clone(), on(keep), config()).await;
    for (id, does) in [("s", Does::Spills), ("b", Does::Breaks), ("p", Does::Panics)] {
        house.push(id, cup(id, does)).await;
    }
    for (id, why, attempts) in
        [("s", "it was spilled", 3), ("b", "it is broken", 1), ("p", "it panicked", 3)]
    {
        assert_eq!(house.outcome(id).await, Outcome::Dead { why: why.into() });
        let dead = house.queue.dead_letters();
        let dead = dead.iter().find(|dead| dead.id == crate::cast::id(id)).expect("a dead letter");
        assert_eq!((dead.why.as_str(), dead.attempts), (why, attempts));
    }
    house.stop().await;
    let mut told = waiter.told();
    told.sort();
    assert_eq!(told, ["b failed", "p panicked", "s failed"]);
}
