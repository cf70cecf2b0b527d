//! Batchers: by key, size and time; and what becomes of what they do not take.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pipeline::{testing::*, *};
use tokio::sync::Semaphore;

use crate::cast::*;

const S: fn(u64) -> Duration = Duration::from_secs;

/// Makes the name of the job, for the tray of its pot.
struct Pours;

#[derive(Clone, Debug)]
struct Poured {
    name: String,
    pot: String,
    attempt: u32,
}

impl Processor for Pours {
    type Job = Cup;
    type Output = Poured;
    async fn process(&self, attempt: Attempt<Cup>) -> Result<Poured, WorkError> {
        pour(&attempt).await?;
        let (name, pot) = (attempt.id.to_string(), attempt.job.pot);
        Ok(Poured { name, pot, attempt: attempt.number })
    }
}

/// What happens with one cup of a tray.
type Carry = fn(&Poured) -> Result<(), WorkError>;

/// Carries trays, and remembers each; clones are one.
#[derive(Clone)]
struct Tray {
    carried: Arc<Mutex<Vec<String>>>,
    each: Carry,
    /// One for each tray that may be carried.
    go: Arc<Semaphore>,
}

impl Tray {
    fn new(each: Carry) -> Self {
        let go = Arc::new(Semaphore::new(1_000));
        Self { carried: Arc::default(), each, go }
    }

    fn carried(&self) -> Vec<String> {
        self.carried.lock().expect("whole").clone()
    }
}

impl Batcher for Tray {
    type Item = Poured;

    fn key(&self, item: &Poured) -> String {
        assert_ne!(item.pot, "cursed", "no key for that");
        item.pot.clone()
    }

    async fn batch(&self, key: &str, items: Vec<Poured>) -> Vec<Result<(), WorkError>> {
        let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
        self.carried.lock().expect("whole").push(format!("{key}: {}", names.join(" ")));
        self.go.acquire().await.expect("never closed").forget();
        items.iter().map(self.each).collect()
    }
}

fn of(items_max: usize, wait: u64, concurrency: usize) -> BatchConfig {
    BatchConfig { items_max, wait_max: S(wait), concurrency }
}

async fn house(tray: &Tray, batches: BatchConfig) -> Harness<Cup> {
    let lanes = LaneLimits { concurrency: 100, rate: None };
    let (queue, config) = (QueueConfig { lanes, ..queue_config() }, config());
    let config = Config { concurrency: 1, ..config };
    Harness::batched(Pours, tray.clone(), batches, queue, config).await
}

async fn push_all(house: &Harness<Cup>, names: &[&str]) {
    for name in names {
        // A name begins with its pot.
        house.push(name, cup(&name[..1], Does::Well)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_taken_when_it_is_full() {
    let tray = Tray::new(|_| Ok(()));
    let house = house(&tray, of(3, 600, 1)).await;
    push_all(&house, &["g1", "g2", "g3"]).await;
    for name in ["g1", "g2", "g3"] {
        assert_eq!(house.outcome(name).await, Outcome::Done);
    }
    assert_eq!(tray.carried(), ["g: g1 g2 g3"]);
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_taken_when_its_first_one_waited_long_enough() {
    let tray = Tray::new(|_| Ok(()));
    let house = house(&tray, of(10, 5, 1)).await;
    push_all(&house, &["g1", "b1", "g2"]).await;
    house.pass(S(4)).await;
    assert!(tray.carried().is_empty(), "{:?}", tray.carried());
    assert_eq!(house.pipeline.running().len(), 3, "they are still in hand");
    house.pass(S(2)).await;
    let mut carried = tray.carried();
    carried.sort();
    assert_eq!(carried, ["b: b1", "g: g1 g2"]);
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_of_a_batch_has_its_own_end() {
    let tray = Tray::new(|item| match (item.name.as_str(), item.attempt) {
        ("g1", _) => Ok(()),
        ("g2", 1) => Err(WorkError::Retry { after: None, source: "it tipped over".into() }),
        ("g2", _) => Ok(()),
        _ => Err(WorkError::GiveUp("it is chipped".into())),
    });
    let house = house(&tray, of(3, 5, 1)).await;
    push_all(&house, &["g1", "g2", "g3"]).await;
    assert_eq!(house.outcome("g1").await, Outcome::Done);
    assert_eq!(house.outcome("g3").await, Outcome::Dead { why: "it is chipped".into() });
    assert_eq!(house.outcome("g2").await, Outcome::Done);
    let retried = house.outcomes("g2", 2).await;
    assert!(matches!(&retried[0], Outcome::Retry { why, .. } if why == "it tipped over"));
    assert_eq!(tray.carried(), ["g: g1 g2 g3", "g: g2"], "it is processed again");
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_panics_is_tried_again_as_a_whole() {
    let tray = Tray::new(|item| if item.attempt == 1 { panic!("the tray fell") } else { Ok(()) });
    let house = house(&tray, of(2, 5, 1)).await;
    push_all(&house, &["g1", "g2"]).await;
    for name in ["g1", "g2"] {
        assert_eq!(house.outcome(name).await, Outcome::Done);
        let all = house.outcomes(name, 2).await;
        assert!(matches!(&all[0], Outcome::Retry { why, .. } if why == "it panicked"));
    }
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_is_tried_again() {
    let tray = Tray::new(|_| Ok(()));
    tray.go.forget_permits(1_000);
    let house = house(&tray, of(1, 5, 1)).await;
    push_all(&house, &["g1"]).await;
    let all = house.outcomes("g1", 1).await;
    assert!(matches!(&all[0], Outcome::Retry { why, .. } if why == "it took longer than 10s"));
    tray.go.add_permits(1);
    assert_eq!(house.outcome("g1").await, Outcome::Done);
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_result_without_a_key_has_failed() {
    let tray = Tray::new(|_| Ok(()));
    let house = house(&tray, of(1, 5, 1)).await;
    house.push("c1", cup("cursed", Does::Well)).await;
    push_all(&house, &["g1"]).await;
    assert_eq!(house.outcome("g1").await, Outcome::Done);
    assert_eq!(house.outcome("c1").await, Outcome::Dead { why: "it panicked".into() });
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_batcher_makes_workers_wait() {
    let tray = Tray::new(|_| Ok(()));
    tray.go.forget_permits(1_000);
    let house = house(&tray, of(2, 1, 1)).await;
    let names: Vec<_> = (0..9).map(|number| format!("g{number}")).collect();
    push_all(&house, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.pass(S(2)).await;
    let running = house.queue.jobs().into_iter().filter(|job| job.waiting == Waiting::Running);
    assert_eq!(running.count(), 4, "one batch that is taken, one that is filled");
    tray.go.add_permits(9);
    for name in &names {
        assert_eq!(house.outcome(name).await, Outcome::Done);
    }
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn batches_are_taken_so_many_at_a_time() {
    let tray = Tray::new(|_| Ok(()));
    tray.go.forget_permits(1_000);
    let house = house(&tray, of(1, 1, 2)).await;
    push_all(&house, &["a1", "b1", "c1", "d1"]).await;
    house.pass(S(2)).await;
    assert_eq!(tray.carried(), ["a: a1", "b: b1"]);
    tray.go.add_permits(4);
    for name in ["a1", "b1", "c1", "d1"] {
        assert_eq!(house.outcome(name).await, Outcome::Done);
    }
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_takes_the_last_batches() {
    let tray = Tray::new(|_| Ok(()));
    let house = house(&tray, of(10, 600, 1)).await;
    push_all(&house, &["g1", "g2", "b1"]).await;
    house.pass(S(1)).await;
    assert!(tray.carried().is_empty(), "need unfilled batches for this to mean anything");
    assert_eq!(house.pipeline.drain(S(30)).await.cut_off, 0);
    let mut carried = tray.carried();
    carried.sort();
    assert_eq!(carried, ["b: b1", "g: g1 g2"]);
    assert!(house.queue.jobs().is_empty(), "they are settled when it returns");
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn batches_that_are_cut_off_go_back() {
    let tray = Tray::new(|_| Ok(()));
    tray.go.forget_permits(1_000);
    let house = house(&tray, of(2, 1, 1)).await;
    push_all(&house, &["g1", "g2", "b1"]).await;
    house.pass(S(2)).await;
    assert_eq!(house.pipeline.drain(S(3)).await.cut_off, 3);
    let jobs = house.queue.jobs();
    assert!(jobs.len() == 3 && jobs.iter().all(|job| job.waiting == Waiting::Turn), "{jobs:?}");
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batcher_that_answers_too_little_is_asked_again() {
    struct Mute;
    impl Batcher for Mute {
        type Item = Poured;
        fn key(&self, _: &Poured) -> String {
            String::new()
        }
        async fn batch(&self, _: &str, items: Vec<Poured>) -> Vec<Result<(), WorkError>> {
            items.iter().skip(1).map(|_| Ok(())).collect()
        }
    }
    let house = Harness::batched(Pours, Mute, of(1, 5, 1), queue_config(), config()).await;
    push_all(&house, &["g1"]).await;
    let why = "the batcher did not answer for it".to_owned();
    assert_eq!(house.outcome("g1").await, Outcome::Dead { why });
    house.stop().await;
}
