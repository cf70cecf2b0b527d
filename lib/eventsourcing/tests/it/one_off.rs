//! One-off work: at least once, never for a replay.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use eventsourcing::{
    EventStore, FaultyStore, GaveUp, MemoryStore, OneOff, OneOffError, Projections,
    ProjectionsConfig, ReadModelHome, Recorded, StartAt, WorkKey,
};
use tasks::Scope;

use crate::cast::*;

/// Sends letters about orders.
#[derive(Clone, Default)]
struct Letters {
    sent: Arc<Mutex<Vec<String>>>,
    given_up: Arc<Mutex<Vec<String>>>,
    /// What happens to the next attempts; nothing means that they work.
    trouble: Arc<Mutex<Vec<Trouble>>>,
    /// Never ends, as if the process were killed while it works.
    hangs: bool,
}

#[derive(Clone, Copy)]
enum Trouble {
    Retry,
    GiveUp,
    Panic,
}

impl OneOff for Letters {
    const NAME: &'static str = "letters";
    const START_AT: StartAt = StartAt::Beginning;

    fn concerns(&self, event: &Recorded) -> bool {
        event.name == "Ordered"
    }

    async fn handle(&self, _event: &Recorded, key: &WorkKey) -> Result<(), OneOffError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let trouble = self.trouble.lock().expect("not poisoned").pop();
        match trouble {
            None => {
                self.sent.lock().expect("not poisoned").push(key.to_string());
                Ok(())
            }
            Some(Trouble::Retry) => Err(OneOffError::Retry("the post is closed".into())),
            Some(Trouble::GiveUp) => Err(OneOffError::GiveUp("no such street".into())),
            Some(Trouble::Panic) => panic!("told to panic"),
        }
    }

    async fn gave_up(&self, event: &Recorded, why: GaveUp) {
        let why = match why {
            GaveUp::Failed(_) => "failed",
            GaveUp::Panicked => "panicked",
        };
        let line = format!("{}@{} {why}", event.stream, event.version);
        self.given_up.lock().expect("not poisoned").push(line);
    }
}

/// The same, but only from now on, and a few at a time.
struct Bells(Letters);

impl OneOff for Bells {
    const NAME: &'static str = "bells";
    const CONCURRENT_MAX: usize = 4;

    fn concerns(&self, event: &Recorded) -> bool {
        self.0.concerns(event)
    }

    async fn handle(&self, event: &Recorded, key: &WorkKey) -> Result<(), OneOffError> {
        self.0.handle(event, key).await
    }
}

fn follow(store: &Arc<impl EventStore>, scope: &Scope) -> Projections {
    let config = ProjectionsConfig {
        backoff: Duration::from_millis(1),
        backoff_max: Duration::from_millis(2),
        attempts_max: 3,
        ..ProjectionsConfig::default()
    };
    Projections::new(store.clone(), ReadModelHome::Memory, scope, config)
}

#[tokio::test]
async fn work_is_done_once_per_event_also_over_restarts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite(folder.path());
    let letters = Letters::default();
    for round in 0..3 {
        let scope = Scope::root("test");
        let tabs = dispatch(&store, &scope);
        let projections = follow(&store, &scope);
        projections.start_one_off(letters.clone()).await.expect("starts");
        for (tab, command) in [("ana", order(1)), ("ana", TabCommand::Settle), ("ben", order(1))] {
            let command_id = id(&format!("{round}{tab}{command:?}").replace(' ', ""));
            tabs.send::<Tab>(tab, command_id, command).await.expect("accepted");
        }
        soon(projections.wait_for_all()).await.expect("it runs");
        stop(scope).await;
    }
    let sent = letters.sent.lock().expect("not poisoned").clone();
    let expected = ["tab/ana@1", "tab/ben@1", "tab/ana@3", "tab/ben@2", "tab/ana@5", "tab/ben@3"];
    assert_eq!(sent, expected.map(|event| format!("letters:{event}")));
}

#[tokio::test]
async fn work_in_hand_at_a_crash_runs_again_under_the_same_key() {
    let store = Arc::new(MemoryStore::new());
    let scope = Scope::root("test");
    dispatch(&store, &scope).send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    let hanging = Letters { hangs: true, ..Letters::default() };
    follow(&store, &scope).start_one_off(hanging).await.expect("starts");
    stop(scope).await;
    let (scope, letters) = (Scope::root("test"), Letters::default());
    let projections = follow(&store, &scope);
    projections.start_one_off(letters.clone()).await.expect("starts");
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(*letters.sent.lock().expect("not poisoned"), ["letters:tab/ana@1"]);
    stop(scope).await;
}

#[tokio::test]
async fn failing_work_is_tried_again_and_then_given_up_without_holding_up_the_rest() {
    for (trouble, outcome) in [
        (vec![Trouble::Retry, Trouble::Panic], None),
        (vec![Trouble::Retry; 3], Some("tab/ana@1 failed")),
        (vec![Trouble::Panic; 3], Some("tab/ana@1 panicked")),
        (vec![Trouble::GiveUp], Some("tab/ana@1 failed")),
    ] {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let letters = Letters { trouble: Arc::new(Mutex::new(trouble)), ..Letters::default() };
        let projections = follow(&store, &scope);
        projections.start_one_off(letters.clone()).await.expect("starts");
        tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
        tabs.send::<Tab>("ben", id("c1"), order(1)).await.expect("accepted");
        soon(projections.wait_for_all()).await.expect("it runs");
        let given_up = letters.given_up.lock().expect("not poisoned").clone();
        assert_eq!(given_up, outcome.into_iter().collect::<Vec<_>>());
        let sent = letters.sent.lock().expect("not poisoned").clone();
        assert_eq!(sent.last().map(String::as_str), Some("letters:tab/ben@1"));
        assert_eq!(sent.len(), if outcome.is_some() { 1 } else { 2 });
        stop(scope).await;
    }
}

#[tokio::test]
async fn a_handler_that_starts_now_leaves_the_past_alone() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("past"), order(1)).await.expect("accepted");
    let (projections, letters) = (follow(&store, &scope), Letters::default());
    projections.start_one_off(Bells(letters.clone())).await.expect("starts");
    for number in 0..10 {
        let command = id(&format!("c{number}"));
        tabs.send::<Tab>("ana", command, order(1)).await.expect("accepted");
    }
    soon(projections.wait_for_all()).await.expect("it runs");
    let mut sent = letters.sent.lock().expect("not poisoned").clone();
    sent.sort();
    let mut expected: Vec<_> = (2..=11).map(|version| format!("bells:tab/ana@{version}")).collect();
    expected.sort();
    assert_eq!(sent, expected);
    stop(scope).await;
}

#[tokio::test]
async fn an_unavailable_log_is_waited_for() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let (projections, letters) = (follow(&store, &scope), Letters::default());
    projections.start_one_off(letters.clone()).await.expect("starts");
    tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    store.inner().append(other_order()).await.expect("another node appends");
    store.set_unavailable(true);
    tokio::task::yield_now().await;
    store.set_unavailable(false);
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(letters.sent.lock().expect("not poisoned").len(), 2);
    stop(scope).await;
}

fn other_order() -> eventsourcing::Append {
    let event = TabEvent::Ordered { cents: 1, note: String::new() };
    let events = vec![eventsourcing::NewEvent::encode(&event).expect("JSON")];
    let commands = vec![eventsourcing::Decided { command: id("other"), events }];
    eventsourcing::Append { stream: tab("ben"), expected: 0, recorded_ms: 0, commands }
}
