//! Pipelines on a clock that stands still: attempts, waits, what is told, draining.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pipeline::{testing::*, *};
use tasks::Scope;

use crate::cast::*;

const S: fn(u64) -> Duration = Duration::from_secs;

fn patient() -> Config {
    let backoff = Backoff { least: S(30), first: S(30), longest: S(30) };
    Config { backoff, ..config() }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_counts_as_failed() {
    let waiter = Waiter::default();
    let house = Harness::start(waiter.clone()).await;
    house.push("slow", cup("green", Does::Takes(60_000))).await;
    let why = "it took longer than 10s".to_owned();
    assert_eq!(house.outcome("slow").await, Outcome::Dead { why });
    assert_eq!((waiter.poured().len(), waiter.told()), (3, vec!["slow late".to_owned()]));
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_as_long_as_it_should() {
    let waiter = Waiter::default();
    let house = Harness::with(waiter.clone(), queue_config(), patient()).await;
    house.push("c1", cup("green", Does::WellAt(2))).await;
    let first = house.outcomes("c1", 1).await;
    assert!(matches!(&first[0], Outcome::Retry { after, .. } if *after == S(30)));
    let listed = &house.queue.jobs()[0];
    assert!(
        matches!(&listed.waiting, Waiting::Retry { at_ms: 30_000, why } if why == "it was spilled")
    );
    house.pass(S(29)).await;
    assert_eq!(waiter.poured().len(), 1, "it waits");
    house.pass(S(2)).await;
    assert_eq!(house.outcome("c1").await, Outcome::Done);
    house.stop().await;
}

/// Wants to be asked again only after a while.
struct Sleepy;

impl Processor for Sleepy {
    type Job = Cup;
    type Output = ();
    async fn process(&self, attempt: Attempt<Cup>) -> Result<(), WorkError> {
        match attempt.number {
            1 => Err(WorkError::Retry { after: Some(S(40)), source: "too early".into() }),
            _ => Ok(()),
        }
    }
    async fn gave_up(&self, _: Attempt<Cup>, _: &GaveUp) {
        panic!("nothing is given up");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_not_before_what_the_work_says() {
    let house = Harness::start(Sleepy).await;
    house.push("c1", cup("green", Does::Well)).await;
    assert_eq!(house.outcome("c1").await, Outcome::Done);
    let all = house.outcomes("c1", 2).await;
    assert!(matches!(&all[0], Outcome::Retry { after, .. } if *after == S(40)));
    house.stop().await;
}

/// Gives everything up, and panics when it should say so.
struct Clumsy;

impl Processor for Clumsy {
    type Job = Cup;
    type Output = ();
    async fn process(&self, _: Attempt<Cup>) -> Result<(), WorkError> {
        Err(WorkError::GiveUp("no".into()))
    }
    async fn gave_up(&self, _: Attempt<Cup>, _: &GaveUp) {
        panic!("fell again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_given_up_even_if_telling_so_fails() {
    let house = Harness::start(Clumsy).await;
    for name in ["c1", "c2", "c3", "c4", "c5"] {
        house.push(name, cup(name, Does::Well)).await;
        assert_eq!(house.outcome(name).await, Outcome::Dead { why: "no".into() });
    }
    house.stop().await;
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Telemetry for Heard {
    fn happened(&self, what: &Happened) {
        let line = match what {
            Happened::Began { id, lane, attempt, .. } => format!("{id} of {lane} began {attempt}"),
            Happened::Processed { id, took } => format!("{id} took {took:?}"),
            Happened::Retried { id, after, .. } => format!("{id} again after {after:?}"),
            Happened::GaveUp { id, .. } => format!("{id} was given up"),
            _ => return,
        };
        self.0.lock().expect("whole").push(line);
    }
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_told() {
    let heard = Arc::new(Heard::default());
    let config = Config { telemetry: Some(heard.clone()), attempts_max: 2, ..patient() };
    let house = Harness::with(Waiter::default(), queue_config(), config).await;
    for (name, does) in [("c1", Does::Takes(250)), ("c2", Does::Spills)] {
        house.push(name, cup("green", does)).await;
        house.outcome(name).await;
    }
    house.stop().await;
    let expected = [
        "c1 of green began 1",
        "c1 took 250ms",
        "c2 of green began 1",
        "c2 again after 30s",
        "c2 of green began 2",
        "c2 was given up",
    ];
    assert_eq!(*heard.0.lock().expect("whole"), expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_is_listed() {
    let house = Harness::start(Waiter::default()).await;
    house.push("c1", cup("green", Does::Takes(5_000))).await;
    house.push("c2", cup("green", Does::Well)).await;
    house.pass(S(1)).await;
    let running = house.pipeline.running();
    assert_eq!(running.len(), 1, "a lane has one at a time");
    assert_eq!((running[0].attempt.id.as_str(), running[0].since), ("c1", S(1)));
    let listed: Vec<_> = house.queue.jobs().into_iter().map(|job| job.waiting).collect();
    assert_eq!(listed, [Waiting::Running, Waiting::Turn]);
    house.outcome("c2").await;
    assert!(house.pipeline.running().is_empty());
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_finishes_what_is_in_hand_and_begins_nothing() {
    let waiter = Waiter::default();
    let config = Config { concurrency: 2, ..config() };
    let house = Harness::with(waiter.clone(), queue_config(), config).await;
    for name in ["c1", "c2", "c3"] {
        house.push(name, cup(name, Does::Takes(3_000))).await;
    }
    house.pass(S(1)).await;
    let drained = house.pipeline.drain(S(60)).await;
    assert_eq!(drained.cut_off, 0);
    let done: Vec<_> = house.settled().into_iter().map(|settled| settled.outcome).collect();
    assert_eq!(done, [Outcome::Done, Outcome::Done], "they are settled when it returns");
    assert_eq!((waiter.poured().len(), house.queue.jobs().len()), (2, 1));
    assert_eq!(house.stop().await.cut_off, 0, "a second drain finds nothing");
}

#[tokio::test(start_paused = true)]
async fn what_a_drain_cuts_off_goes_back_to_its_place() {
    let waiter = Waiter::default();
    let config = Config { concurrency: 2, ..config() };
    let house = Harness::with(waiter.clone(), queue_config(), config.clone()).await;
    for (name, pot) in [("c1", "green"), ("c2", "green"), ("c3", "black")] {
        house.push(name, cup(pot, Does::Takes(8_000))).await;
    }
    house.pass(S(1)).await;
    assert_eq!(house.pipeline.drain(S(2)).await, Drained { cut_off: 2 });
    let jobs = house.queue.jobs();
    let listed: Vec<_> = jobs.iter().map(|job| (job.id.as_str(), job.attempts)).collect();
    assert_eq!(listed, [("c1", 0), ("c2", 0), ("c3", 0)]);
    let scope = Scope::root("another");
    let source: Arc<dyn Source<Cup>> = Arc::new(house.queue.clone());
    let again = Pipeline::start(waiter.clone(), source, config, &scope);
    house.pass(S(30)).await;
    assert_eq!(again.drain(S(60)).await.cut_off, 0);
    let mut poured = waiter.poured();
    assert_eq!(poured.split_off(2), ["c1", "c3", "c2"]);
    assert!(house.queue.jobs().is_empty());
    house.stop().await;
}

#[tokio::test(start_paused = true)]
async fn stopping_the_scope_without_a_drain_gives_everything_back() {
    let scope = Scope::root("test");
    let queue = Queue::open(queue_config(), &scope).await.expect("it opens");
    let source: Arc<dyn Source<Cup>> = Arc::new(queue.clone());
    let pipeline = Pipeline::start(Waiter::default(), source, config(), &scope);
    queue.push(id("c1"), cup("green", Does::Takes(5_000))).await.expect("taken");
    tokio::time::sleep(S(1)).await;
    assert_eq!(pipeline.running().len(), 1, "need one in hand for this to mean anything");
    scope.stop(S(60)).await.expect("it stops");
    let jobs = queue.jobs();
    assert_eq!((jobs.len(), &jobs[0].waiting), (1, &Waiting::Turn));
}

/// Notes what is asked for, and what is not yet settled.
struct Asked {
    queue: Queue<Cup>,
    most: Mutex<(usize, usize)>,
}

impl Source<Cup> for Asked {
    fn take(
        &self,
        demand: usize,
    ) -> std::pin::Pin<Box<dyn Future<Output = Vec<Taken<Cup>>> + Send + '_>> {
        Box::pin(async move {
            let taken = self.queue.take(demand).await;
            let mut most = self.most.lock().expect("whole");
            *most = (most.0.max(demand), most.1.max(taken.len()));
            taken
        })
    }

    fn settle(
        &self,
        settled: Vec<Settled>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + '_>> {
        self.queue.settle(settled)
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_sent_more_than_they_asked_for() {
    let scope = Scope::root("test");
    let lanes = LaneLimits { concurrency: 100, rate: None };
    let queue =
        Queue::open(QueueConfig { lanes, ..queue_config() }, &scope).await.expect("it opens");
    for number in 0..50 {
        let job = cup("green", Does::Takes(1_000));
        queue.push(id(&format!("c{number}")), job).await.expect("taken");
    }
    let waiter = Waiter::default();
    let asked = Arc::new(Asked { queue: queue.clone(), most: Mutex::default() });
    let pipeline = Pipeline::start(waiter.clone(), asked.clone(), config(), &scope);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let running = queue.jobs().into_iter().filter(|job| job.waiting == Waiting::Running).count();
    assert_eq!(running, 4, "only what is being worked on has left the queue");
    tokio::time::sleep(S(20)).await;
    assert!(queue.jobs().is_empty());
    assert_eq!((waiter.most("all"), *asked.most.lock().expect("whole")), (4, (1, 1)));
    pipeline.drain(S(1)).await;
    scope.stop(S(1)).await.expect("it stops");
}

#[tokio::test(start_paused = true)]
async fn a_rate_spreads_the_starts_of_a_lane() {
    let rate = Rate { burst: 2, every: S(10) };
    let lanes = LaneLimits { concurrency: 9, rate: Some(rate) };
    let house =
        Harness::with(Waiter::default(), QueueConfig { lanes, ..queue_config() }, config()).await;
    let began = tokio::time::Instant::now();
    let mut ends = Vec::new();
    for name in ["c1", "c2", "c3", "c4"] {
        house.push(name, cup("green", Does::Well)).await;
    }
    for name in ["c1", "c2", "c3", "c4"] {
        house.outcome(name).await;
        ends.push(began.elapsed().as_secs());
    }
    assert_eq!(ends, [0, 0, 10, 20]);
    house.stop().await;
}
