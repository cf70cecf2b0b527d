//! What is true of every queue, wherever it keeps its jobs.

use std::{sync::Arc, time::Duration};

use eventsourcing::{MemoryStore, SqliteConfig, SqliteStore};
use pipeline::{testing::*, *};
use tasks::Scope;

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
    a_dead_letter_is_retried(keep()).await;
    the_oldest_dead_letters_go(keep()).await;
    what_is_discarded_is_not_done(keep()).await;
    what_is_discarded_while_it_runs_leads_to_nothing(keep()).await;
    a_full_queue_says_so(keep()).await;
    a_closed_queue_says_so(keep()).await;
    the_same_job_at_the_same_time_is_one(keep()).await;
    lanes_have_their_limits_and_do_not_wait_for_each_other(keep()).await;
    everybody_who_waits_gets_one(keep()).await;
    who_stops_waiting_loses_nothing(keep()).await;
    what_is_settled_twice_or_unknown_is_ignored(keep()).await;
    many_jobs_are_each_done_once(keep()).await;
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

async fn a_dead_letter_is_retried(keep: Keep) {
    let waiter = Waiter::default();
    let house = Harness::with(waiter.clone(), on(keep), config()).await;
    house.push("c1", cup("green", Does::Breaks)).await;
    house.outcome("c1").await;
    assert_eq!(house.push("c1", cup("green", Does::Well)).await, Pushed::Known, "it is decided");
    assert!(house.queue.retry(&id("c1")).await.expect("kept"));
    assert!(!house.queue.retry(&id("c2")).await.expect("kept"), "there is no such one");
    house.outcomes("c1", 2).await;
    house.queue.push(id("c2"), cup("green", Does::Well)).await.expect("taken");
    house.outcome("c2").await;
    assert_eq!(waiter.poured(), ["c1", "c1", "c2"]);
    assert_eq!(house.queue.dead_letters().len(), 1, "it broke again");
    house.stop().await;
}

async fn the_oldest_dead_letters_go(keep: Keep) {
    let queue = QueueConfig { dead_max: 2, ..on(keep) };
    let house = Harness::with(Waiter::default(), queue, config()).await;
    for name in ["a", "b", "c"] {
        house.push(name, cup("green", Does::Breaks)).await;
        house.outcome(name).await;
    }
    let left: Vec<_> = house.queue.dead_letters().iter().map(|dead| dead.id.to_string()).collect();
    assert_eq!(left, ["c", "b"]);
    house.stop().await;
}

async fn open(config: QueueConfig) -> (Queue<Cup>, Scope) {
    let scope = Scope::root("test");
    (Queue::open(config, &scope).await.expect("it opens"), scope)
}

async fn push(queue: &Queue<Cup>, name: &str, pot: &str) -> Result<Pushed, PushError> {
    queue.push(id(name), cup(pot, Does::Well)).await
}

async fn settle(queue: &Queue<Cup>, name: &str, outcome: Outcome) {
    queue.settle(vec![Settled { id: id(name), outcome }]).await.expect("kept");
}

async fn take(queue: &Queue<Cup>, demand: usize) -> Vec<String> {
    let taken = tokio::time::timeout(Duration::from_secs(20), queue.take(demand)).await;
    taken.expect("there is one").iter().map(|taken| taken.id.to_string()).collect()
}

async fn stop(scope: Scope) {
    scope.stop(Duration::from_secs(20)).await.expect("it stops");
}

async fn what_is_discarded_is_not_done(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    for name in ["a1", "b1", "a2", "b2"] {
        push(&queue, name, "green").await.expect("taken");
    }
    assert_eq!(take(&queue, 1).await, ["a1"]);
    settle(&queue, "a1", Outcome::Dead { why: "cold".into() }).await;
    let discarded = queue.discard(|id, _| id.as_str().starts_with('a')).await;
    assert_eq!(discarded.expect("kept"), 2, "one dead letter, one that waits");
    assert!(queue.dead_letters().is_empty());
    assert_eq!(take(&queue, 1).await, ["b1"]);
    settle(&queue, "b1", Outcome::Done).await;
    assert_eq!(take(&queue, 1).await, ["b2"]);
    assert_eq!(push(&queue, "a1", "green").await.expect("taken"), Pushed::New, "it is forgotten");
    settle(&queue, "b2", Outcome::Done).await;
    stop(scope).await;
}

async fn what_is_discarded_while_it_runs_leads_to_nothing(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    push(&queue, "c1", "green").await.expect("taken");
    assert_eq!(take(&queue, 1).await, ["c1"]);
    assert_eq!(queue.discard(|_, _| true).await.expect("kept"), 1);
    assert_eq!(push(&queue, "c1", "green").await.expect("taken"), Pushed::New);
    settle(&queue, "c1", Outcome::Dead { why: "cold".into() }).await;
    assert!(queue.dead_letters().is_empty(), "nobody wants to know");
    assert_eq!(take(&queue, 1).await, ["c1"]);
    settle(&queue, "c1", Outcome::Done).await;
    assert!(queue.jobs().is_empty());
    stop(scope).await;
}

async fn a_full_queue_says_so(keep: Keep) {
    let (queue, scope) = open(QueueConfig { jobs_max: 2, ..on(keep) }).await;
    for name in ["c1", "c2"] {
        push(&queue, name, "green").await.expect("there is room");
    }
    assert!(matches!(push(&queue, "c3", "green").await, Err(PushError::Full)));
    assert!(matches!(push(&queue, "c1", "green").await, Ok(Pushed::Known)));
    assert_eq!(take(&queue, 1).await, ["c1"]);
    assert!(matches!(push(&queue, "c3", "green").await, Err(PushError::Full)), "it runs");
    settle(&queue, "c1", Outcome::Dead { why: "cold".into() }).await;
    push(&queue, "c3", "green").await.expect("a dead letter takes no room");
    assert!(matches!(queue.retry(&id("c1")).await, Err(PushError::Full)));
    stop(scope).await;
}

async fn a_closed_queue_says_so(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    let waiting = queue.clone();
    let waits = scope.spawn("waits", async move { waiting.take(1).await.len() });
    push(&queue, "c1", "green").await.expect("taken");
    assert_eq!(waits.join().await, Some(1));
    let waiting = queue.clone();
    let waits = scope.spawn("waits", async move { waiting.take(1).await.len() });
    queue.close();
    assert_eq!(waits.join().await, Some(0), "there will be no more");
    assert!(matches!(push(&queue, "c2", "green").await, Err(PushError::Closed)));
    assert!(matches!(queue.retry(&id("c1")).await, Err(PushError::Closed)));
    settle(&queue, "c1", Outcome::Done).await;
    assert!(queue.jobs().is_empty());
    stop(scope).await;
}

async fn the_same_job_at_the_same_time_is_one(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    let pushes = (0..20).map(|_| {
        let queue = queue.clone();
        scope.spawn("pushes", async move { push(&queue, "c1", "green").await.expect("taken") })
    });
    let mut new = 0;
    for push in pushes.collect::<Vec<_>>() {
        new += usize::from(push.join().await == Some(Pushed::New));
    }
    assert_eq!((new, queue.jobs().len()), (1, 1));
    stop(scope).await;
}

async fn lanes_have_their_limits_and_do_not_wait_for_each_other(keep: Keep) {
    let waiter = Waiter::default();
    let lanes = LaneLimits { concurrency: 2, rate: None };
    let config = Config { concurrency: 6, ..config() };
    let house = Harness::with(waiter.clone(), QueueConfig { lanes, ..on(keep) }, config).await;
    for number in 0..8 {
        house.push(&format!("g{number}"), cup("green", Does::Takes(20))).await;
        house.push(&format!("b{number}"), cup("black", Does::Takes(20))).await;
    }
    for number in 0..8 {
        assert_eq!(house.outcome(&format!("g{number}")).await, Outcome::Done);
        assert_eq!(house.outcome(&format!("b{number}")).await, Outcome::Done);
    }
    house.stop().await;
    assert_eq!((waiter.most("green"), waiter.most("black"), waiter.most("all")), (2, 2, 4));
}

async fn everybody_who_waits_gets_one(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    let waits = (0..5).map(|_| {
        let queue = queue.clone();
        scope.spawn("waits", async move { take(&queue, 1).await })
    });
    let waits: Vec<_> = waits.collect();
    for name in ["c1", "c2", "c3", "c4", "c5"] {
        push(&queue, name, name).await.expect("taken");
    }
    let mut all = Vec::new();
    for waits in waits {
        all.extend(waits.join().await.expect("no panic"));
    }
    all.sort();
    assert_eq!(all, ["c1", "c2", "c3", "c4", "c5"]);
    stop(scope).await;
}

async fn who_stops_waiting_loses_nothing(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    let other = queue.clone();
    for round in 0..20 {
        let name = format!("c{round}");
        // Two wait; the first one, which a push would wake, goes away again.
        let mut first = queue.take(1);
        let mut second = std::pin::pin!(take(&other, 1));
        tokio::select! {
            biased;
            _ = &mut first => panic!("there is none"),
            _ = &mut second => panic!("there is none"),
            () = tokio::task::yield_now() => {}
        }
        push(&queue, &name, "green").await.expect("taken");
        drop(first);
        assert_eq!(second.await, [name.as_str()]);
        settle(&queue, &name, Outcome::Done).await;
    }
    stop(scope).await;
}

async fn what_is_settled_twice_or_unknown_is_ignored(keep: Keep) {
    let (queue, scope) = open(on(keep)).await;
    push(&queue, "c1", "green").await.expect("taken");
    settle(&queue, "c1", Outcome::Done).await;
    assert_eq!(take(&queue, 1).await, ["c1"], "it was not in hand");
    settle(&queue, "nobody", Outcome::Done).await;
    settle(&queue, "c1", Outcome::Done).await;
    settle(&queue, "c1", Outcome::Dead { why: "cold".into() }).await;
    assert!(queue.jobs().is_empty() && queue.dead_letters().is_empty());
    stop(scope).await;
}

async fn many_jobs_are_each_done_once(keep: Keep) {
    let waiter = Waiter::default();
    let lanes = LaneLimits { concurrency: 3, rate: None };
    let config = Config { concurrency: 8, ..config() };
    let house = Harness::with(waiter.clone(), QueueConfig { lanes, ..on(keep) }, config).await;
    let names: Vec<_> = (0..300).map(|number| format!("c{number:03}")).collect();
    for (number, name) in names.iter().enumerate() {
        house.push(name, cup(&format!("pot {}", number % 7), Does::Well)).await;
    }
    for name in &names {
        assert_eq!(house.outcome(name).await, Outcome::Done);
    }
    house.stop().await;
    let mut poured = waiter.poured();
    poured.sort();
    assert_eq!(poured, names);
}
