//! A queue in the log: what is there after a restart, what is not there any more, and what a store
//! that fails does to it.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    EventStore, Fault, FaultyStore, MemoryStore, Position, Recorded, SqliteConfig, SqliteStore,
    StreamId,
};
use pipeline::{testing::*, *};
use tasks::{Clock, Scope};

use crate::cast::*;

const S: fn(u64) -> Duration = Duration::from_secs;

/// One run of the program.
struct Run {
    queue: Queue<Cup>,
    scope: Scope,
}

async fn run(store: &Arc<impl EventStore>) -> Run {
    let config =
        QueueConfig { keep: Keep::Log(store.clone()), clock: Clock::manual(7), ..queue_config() };
    let scope = Scope::root("run");
    Run { queue: Queue::open(config, &scope).await.expect("it opens"), scope }
}

impl Run {
    async fn push(&self, name: &str, pot: &str) -> Result<Pushed, PushError> {
        self.queue.push(id(name), cup(pot, Does::Well)).await
    }

    async fn take(&self) -> String {
        let taken = tokio::time::timeout(S(20), self.queue.take(1)).await.expect("there is one");
        taken[0].id.to_string()
    }

    async fn settle(&self, name: &str, outcome: Outcome) -> Result<(), SourceError> {
        self.queue.settle(vec![Settled { id: id(name), outcome }]).await
    }

    /// Takes one, and says what became of it.
    async fn work(&self, outcome: Outcome) -> String {
        let name = self.take().await;
        self.settle(&name, outcome).await.expect("kept");
        name
    }

    /// So many jobs come and are done, all in lanes of their own.
    async fn work_many(&self, jobs: usize) {
        let names: Vec<_> = (0..jobs).map(|number| format!("c{number}")).collect();
        for names in names.chunks(100) {
            for name in names {
                self.push(name, name).await.expect("kept");
            }
            let taken = self.queue.take(100).await;
            assert_eq!(taken.len(), names.len());
            let done =
                taken.into_iter().map(|taken| Settled { id: taken.id, outcome: Outcome::Done });
            self.queue.settle(done.collect()).await.expect("kept");
        }
    }

    fn jobs(&self) -> Vec<String> {
        self.queue.jobs().iter().map(|job| job.id.to_string()).collect()
    }

    fn dead(&self) -> Vec<String> {
        self.queue.dead_letters().iter().map(|dead| dead.id.to_string()).collect()
    }

    async fn stop(self) {
        self.scope.stop(S(20)).await.expect("it stops");
    }
}

fn dead(why: &str) -> Outcome {
    Outcome::Dead { why: why.into() }
}

async fn events(store: &impl EventStore) -> Vec<Recorded> {
    let stream = StreamId::new("queue", "test");
    store.read_stream(&stream, 0, 100_000).await.expect("readable").events
}

async fn names(store: &impl EventStore) -> Vec<String> {
    events(store).await.into_iter().map(|event| event.name).collect()
}

/// Waits until the log is as it should be.
async fn until(store: &impl EventStore, is: impl Fn(&[Recorded]) -> bool) {
    let waits = async {
        while !is(&events(store).await) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(S(30), waits).await.expect("it becomes so");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_settled_is_there_after_a_restart_in_its_order() {
    let store = Arc::new(MemoryStore::new());
    let first = run(&store).await;
    for (name, pot) in [("c1", "g"), ("c2", "b"), ("c3", "g"), ("c4", "g"), ("c5", "w")] {
        first.push(name, pot).await.expect("kept");
    }
    assert_eq!(first.work(Outcome::Done).await, "c1");
    assert_eq!(first.work(dead("cold")).await, "c2");
    assert_eq!(first.take().await, "c5", "in hand when it ends");
    let retry = Outcome::Retry { after: S(1_000), why: "cold".into() };
    assert_eq!(first.work(retry).await, "c3");
    first.stop().await;

    let second = run(&store).await;
    assert_eq!(
        (second.jobs(), second.dead()),
        (vec!["c3".into(), "c4".into(), "c5".into()], vec!["c2".into()])
    );
    let listed = &second.queue.jobs()[0];
    assert_eq!((listed.pushed_at_ms, &listed.waiting), (7, &Waiting::Turn));
    assert_eq!(second.push("c1", "g").await.expect("kept"), Pushed::Known, "it was done lately");
    assert_eq!(second.push("c2", "g").await.expect("kept"), Pushed::Known, "it is dead");
    assert_eq!(second.push("c3", "g").await.expect("kept"), Pushed::Known, "it waits");
    assert!(second.queue.retry(&id("c2")).await.expect("kept"));
    for expected in ["c2", "c3", "c5", "c4"] {
        assert_eq!(second.work(Outcome::Done).await, expected);
    }
    second.stop().await;
    let third = run(&store).await;
    assert!(third.jobs().is_empty() && third.dead().is_empty());
    third.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_text_of_settled_jobs_is_unreadable() {
    let store = Arc::new(MemoryStore::new());
    let queue = run(&store).await;
    for name in ["done", "dead", "dropped", "open"] {
        queue.push(name, &format!("pot of {name}")).await.expect("kept");
    }
    for name in ["done", "dead", "dropped"] {
        assert_eq!(queue.take().await, name);
        let outcome = if name == "dead" { dead("secret reason") } else { Outcome::Done };
        if name != "dropped" {
            queue.settle(name, outcome).await.expect("kept");
        }
    }
    queue.queue.discard(|id, _| id.as_str() == "dropped").await.expect("kept");
    until(&*store, |events| {
        let readable = |text: &str| events.iter().any(|event| event.payload.contains(text));
        !readable("pot of done") && !readable("pot of dropped")
    })
    .await;
    let text: String = events(&*store).await.into_iter().map(|event| event.payload).collect();
    assert!(["pot of dead", "secret reason", "pot of open"].iter().all(|part| text.contains(part)));
    queue.queue.discard(|id, _| id.as_str() == "dead").await.expect("kept");
    queue.stop().await;
    let text: String = events(&*store).await.into_iter().map(|event| event.payload).collect();
    assert!(
        !text.contains("pot of dead") && !text.contains("secret reason"),
        "stopping clears too"
    );
    assert!(text.contains("pot of open"));
}

#[tokio::test(start_paused = true)]
async fn text_that_was_not_cleared_is_after_the_next_start() {
    let store = FaultyStore::new(MemoryStore::new());
    let first = run(&store).await;
    first.push("c1", "secret pot").await.expect("kept");
    store.set_keeps_text(true);
    first.work(dead("secret reason")).await;
    first.queue.discard(|_, _| true).await.expect("kept");
    first.stop().await;
    let readable =
        |events: &[Recorded]| events.iter().any(|event| event.payload.contains("secret"));
    assert!(readable(&events(&*store).await), "need text for this to mean anything");
    store.set_keeps_text(false);
    let second = run(&store).await;
    assert!(second.jobs().is_empty() && second.dead().is_empty());
    until(&*store, |events| !readable(events)).await;
    second.stop().await;
}

#[tokio::test]
async fn what_waits_is_written_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = SqliteStore::open(folder.path(), SqliteConfig::default()).expect("it opens");
    let store = Arc::new(open);
    let run = run(&store).await;
    let before = store.commits();
    let pushes: Vec<_> = (0..200)
        .map(|number| {
            let queue = run.queue.clone();
            let push =
                async move { queue.push(id(&format!("c{number}")), cup("g", Does::Well)).await };
            run.scope.spawn("push", push)
        })
        .collect();
    for push in pushes {
        assert!(matches!(push.join().await, Some(Ok(Pushed::New))));
    }
    let commits = store.commits() - before;
    assert!(commits < 20, "{commits} transactions for 200 pushes");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_push_that_cannot_be_kept_says_so() {
    let store = FaultyStore::new(MemoryStore::new());
    let queue = run(&store).await;
    store.next_append(Fault::BeforeStoring);
    assert!(matches!(queue.push("c1", "g").await, Err(PushError::Store(_))));
    assert!(queue.jobs().is_empty());
    assert_eq!(queue.push("c1", "g").await.expect("kept"), Pushed::New, "it works again");
    store.set_unavailable(true);
    assert!(matches!(queue.push("c2", "g").await, Err(PushError::Store(_))));
    assert!(matches!(queue.queue.retry(&id("c1")).await, Err(PushError::Store(_))));
    store.set_unavailable(false);
    assert_eq!(queue.work(Outcome::Done).await, "c1");
    queue.stop().await;
    assert_eq!(names(&*store).await, ["Queued", "Done"]);
}

#[tokio::test(start_paused = true)]
async fn a_push_whose_answer_was_lost_is_there() {
    let store = FaultyStore::new(MemoryStore::new());
    let queue = run(&store).await;
    store.next_append(Fault::AfterStoring);
    assert_eq!(queue.push("c1", "g").await.expect("the log knows"), Pushed::New);
    assert_eq!(queue.work(Outcome::Done).await, "c1");
    queue.stop().await;
    assert_eq!(names(&*store).await, ["Queued", "Done"]);
}

#[tokio::test(start_paused = true)]
async fn somebody_else_who_was_first_is_heard() {
    let store = FaultyStore::new(MemoryStore::new());
    let (one, other) = (run(&store).await, run(&store).await);
    one.push("c1", "g").await.expect("kept");
    assert_eq!(other.push("c1", "g").await.expect("kept"), Pushed::New, "not yet heard of");
    other.push("c2", "g").await.expect("kept");
    assert_eq!(other.jobs(), ["c1", "c2"], "the other one's job is there once");
    store.next_append(Fault::WrongVersion);
    one.push("c3", "g").await.expect("kept");
    assert_eq!(one.jobs(), ["c1", "c2", "c3"]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_while_nothing_could_be_kept_is_kept_later() {
    let store = FaultyStore::new(MemoryStore::new());
    let queue = run(&store).await;
    for name in ["c1", "c2", "c3"] {
        queue.push(name, "g").await.expect("kept");
    }
    store.set_unavailable(true);
    assert_eq!(queue.take().await, "c1");
    queue.settle("c1", Outcome::Done).await.expect_err("it cannot be kept");
    assert_eq!(queue.take().await, "c2", "the lane goes on");
    queue.settle("c2", dead("cold")).await.expect_err("it cannot be kept");
    queue.queue.discard(|id, _| id.as_str() == "c3").await.expect_err("it cannot be kept");
    assert_eq!((queue.jobs(), queue.dead()), (vec!["c3".into()], vec!["c2".into()]));
    store.set_unavailable(false);
    assert_eq!(queue.queue.discard(|id, _| id.as_str() == "c3").await.expect("kept"), 1);
    assert!(queue.jobs().is_empty());
    until(&*store, |events| events.len() >= 6).await;
    queue.stop().await;
    let again = run(&store).await;
    assert_eq!((again.jobs().len(), again.dead()), (0, vec!["c2".into()]));
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_and_never_kept_is_handed_out_again() {
    let store = FaultyStore::new(MemoryStore::new());
    let queue = run(&store).await;
    queue.push("c1", "g").await.expect("kept");
    store.set_unavailable(true);
    assert_eq!(queue.take().await, "c1");
    queue.settle("c1", Outcome::Done).await.expect_err("it cannot be kept");
    queue.stop().await;
    store.set_unavailable(false);
    let again = run(&store).await;
    assert_eq!(again.work(Outcome::Done).await, "c1");
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_reads_in_proportion_to_what_is_open() {
    let store = Arc::new(MemoryStore::new());
    let queue = run(&store).await;
    queue.push("old-dead", "g").await.expect("kept");
    queue.work(dead("cold")).await;
    queue.push("old", "stuck").await.expect("kept");
    assert_eq!(queue.take().await, "old");
    queue.work_many(11_000).await;
    queue.push("new", "stuck").await.expect("kept");
    queue.stop().await;
    let checkpoint = store.load_checkpoint("queue-test").await.expect("readable");
    let all = events(&*store).await.len() as u64;
    assert!(all > 22_000, "need a long history for this to mean anything");
    let read = all - checkpoint.unwrap_or(Position::START).serial;
    assert!(read < 15_000, "{read} of {all} events are read at the next start");
    assert_eq!(names(&*store).await.iter().filter(|name| *name == "Carried").count(), 2);

    let again = run(&store).await;
    assert_eq!(
        (again.jobs(), again.dead()),
        (vec!["old".into(), "new".into()], vec!["old-dead".into()])
    );
    assert_eq!(again.push("c10999", "g").await.expect("kept"), Pushed::Known);
    assert_eq!((again.take().await.as_str(), again.take_nothing()), ("old", true), "in its order");
    again.stop().await;
}

impl Run {
    /// Whether nothing can be taken now.
    fn take_nothing(&self) -> bool {
        use std::task::{Context, Poll, Waker};
        let mut taken = self.queue.take(1);
        matches!(taken.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending)
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ends_as_it_is_carried_has_ended() {
    let store = Arc::new(MemoryStore::new());
    let queue = run(&store).await;
    queue.push("old", "stuck").await.expect("kept");
    assert_eq!(queue.take().await, "old");
    // The next append carries what is more than 20,002 events back.
    queue.work_many(10_002).await;
    assert!(!names(&*store).await.iter().any(|name| name == "Carried"), "not yet");
    queue.settle("old", Outcome::Done).await.expect("kept");
    let names = names(&*store).await;
    assert!(names.ends_with(&["Carried".into(), "Done".into()]), "need both in one append");
    assert!(queue.jobs().is_empty());
    queue.stop().await;
    let again = run(&store).await;
    assert!(again.jobs().is_empty());
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_of_a_newer_program_is_not_guessed() {
    let store = Arc::new(MemoryStore::new());
    let scope = Scope::root("newer");
    let config = QueueConfig { keep: Keep::Log(store.clone()), ..queue_config() };
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Pitcher {
        litres: u32,
    }
    impl Job for Pitcher {
        fn lane(&self) -> String {
            String::new()
        }
    }
    let queue = Queue::open(config.clone(), &scope).await.expect("it opens");
    queue.push(id("p1"), Pitcher { litres: 2 }).await.expect("kept");
    scope.stop(S(20)).await.expect("it stops");
    let opened = Queue::<Cup>::open(config, &Scope::root("older")).await;
    assert!(matches!(opened, Err(OpenError::Job(_))));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_is_an_error() {
    let store = FaultyStore::new(MemoryStore::new());
    store.set_unavailable(true);
    let config = QueueConfig { keep: Keep::Log(store), ..queue_config() };
    let opened = Queue::<Cup>::open(config, &Scope::root("test")).await;
    assert!(matches!(opened, Err(OpenError::Store(_))));
}

#[tokio::test]
async fn no_file_of_the_log_has_the_text_of_settled_jobs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = SqliteStore::open(folder.path(), SqliteConfig::default()).expect("it opens");
    let store = Arc::new(open);
    let queue = run(&store).await;
    queue.push("c1", "a pot that nobody may know of").await.expect("kept");
    let holds_text = || {
        let files = std::fs::read_dir(folder.path()).expect("readable");
        files
            .map(|file| std::fs::read(file.expect("readable").path()).expect("readable"))
            .any(|bytes| bytes.windows(13).any(|part| part == b"nobody may kn"))
    };
    assert!(holds_text(), "need the text for this to mean anything");
    queue.work(Outcome::Done).await;
    queue.stop().await;
    assert!(!holds_text());
}
