//! Commands through dispatch: once, in order, whatever fails on the way.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    Aggregate, Dispatch, DispatchConfig, DispatchError, DispatchFault, EventStore, Fault,
    FaultyStore, HandOverError, MemoryStore, NodeName, Owner, Snapshot, testing,
};
use tasks::Scope;

use crate::cast::*;

#[test]
fn decisions_follow_from_events() {
    let check = |given: &[TabEvent], when, then: Result<Vec<TabEvent>, TabRefusal>| {
        assert_eq!(testing::decide::<Tab>(given.to_vec(), &when), then);
    };
    let ordered = |cents| TabEvent::Ordered { cents, note: "green tea".into() };
    check(&[], order(300), Ok(vec![ordered(300)]));
    check(&[ordered(900)], order(100), Ok(vec![ordered(100)]));
    check(&[ordered(900)], order(101), Err(TabRefusal::Full));
    check(&[ordered(900)], TabCommand::Settle, Ok(vec![TabEvent::Settled { cents: 900 }]));
    check(&[], TabCommand::Settle, Err(TabRefusal::Empty));
}

#[tokio::test]
async fn a_receipt_says_what_was_stored() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let dispatch = dispatch(&store, &scope);
    let receipt = dispatch.send::<Tab>("ana", id("c1"), order(300)).await.expect("accepted");
    assert_eq!((receipt.stream.clone(), receipt.version), (tab("ana"), 1));
    assert_eq!(receipt.versions().collect::<Vec<_>>(), [1]);
    assert_eq!(receipt.position, store.head().await.expect("readable"));
    let events = store.read_stream(&tab("ana"), 0, 10).await.expect("readable").events;
    assert_eq!(events[0].recorded_ms, 1_000);
    let nothing = dispatch.send::<Tab>("ana", id("c2"), TabCommand::Look).await.expect("accepted");
    assert!(nothing.is_empty() && nothing.versions().count() == 0);
    let refused = dispatch.send::<Tab>("ana", id("c3"), order(900)).await.unwrap_err();
    assert!(matches!(refused, DispatchError::Refused(TabRefusal::Full)));
    assert_eq!(refused.to_string(), "your tab is full");
    stop(scope).await;
}

#[tokio::test]
async fn a_resend_gets_the_first_receipt() {
    let store = Arc::new(MemoryStore::new());
    let scope = Scope::root("first");
    let tabs = dispatch(&store, &scope);
    let first = tabs.send::<Tab>("ana", id("c1"), order(600)).await.expect("accepted");
    let again = tabs.send::<Tab>("ana", id("c1"), order(600)).await.expect("a resend");
    assert!(!first.duplicate && again.duplicate);
    assert_eq!((again.version, again.position), (first.version, first.position));
    stop(scope).await;

    // Another process: nothing in memory. The command would be refused if it were decided again.
    let scope = Scope::root("second");
    let tabs = dispatch(&store, &scope);
    let again = tabs.send::<Tab>("ana", id("c1"), order(600)).await.expect("a resend");
    assert!(again.duplicate && again.version == first.version);
    // And one that would be accepted.
    let small = tabs.send::<Tab>("ana", id("c2"), order(1)).await.expect("accepted");
    stop(scope).await;
    let scope = Scope::root("third");
    let tabs = dispatch(&store, &scope);
    let again = tabs.send::<Tab>("ana", id("c2"), order(1)).await.expect("a resend");
    assert!(again.duplicate && again.version == small.version);
    assert_eq!(events_of(&*store, "ana").await.len(), 2);
    // Its task goes on from there.
    let next = tabs.send::<Tab>("ana", id("c3"), order(1)).await.expect("accepted");
    assert_eq!((next.version, next.duplicate), (3, false));
    stop(scope).await;
}

#[tokio::test]
async fn a_resend_of_a_command_that_changed_nothing_changes_nothing_later() {
    let store = Arc::new(MemoryStore::new());
    let scope = Scope::root("test");
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("c1"), TabCommand::Look).await.expect("accepted");
    stop(scope).await;
    let scope = Scope::root("test");
    let tabs = dispatch(&store, &scope);
    let again = tabs.send::<Tab>("ana", id("c1"), order(300)).await.expect("a resend");
    assert!(again.duplicate && again.is_empty());
    stop(scope).await;
}

#[tokio::test]
async fn resends_that_race_are_stored_once() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let racing: Vec<_> = (0..32)
        .map(|_| {
            let tabs = tabs.clone();
            scope.spawn("send", async move { tabs.send::<Tab>("ana", id("c1"), order(600)).await })
        })
        .collect();
    let mut firsts = 0;
    for task in racing {
        let receipt = task.join().await.expect("no panic").expect("accepted");
        assert_eq!(receipt.version, 1);
        firsts += u32::from(!receipt.duplicate);
    }
    assert_eq!((firsts, events_of(&*store, "ana").await.len()), (1, 1));
    stop(scope).await;
}

#[tokio::test]
async fn two_dispatches_on_one_log_stay_right() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let (here, there) = (dispatch(&store, &scope), dispatch(&store, &scope));
    for round in 0..20 {
        for (name, tabs) in [("here", &here), ("there", &there)] {
            let command = id(&format!("{name}{round}"));
            tabs.send::<Tab>("ana", command, order(20)).await.expect("decided again if need be");
        }
    }
    let sum: u64 = events_of(&*store, "ana")
        .await
        .iter()
        .map(|event| if let TabEvent::Ordered { cents, .. } = event { *cents } else { 0 })
        .sum();
    assert_eq!(sum, 800);
    stop(scope).await;
}

#[tokio::test]
async fn a_lost_answer_is_found_in_the_log() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("c0"), order(1)).await.expect("accepted");
    store.next_append(Fault::AfterStoring);
    let receipt = tabs.send::<Tab>("ana", id("c1"), order(2)).await.expect("it was stored");
    assert_eq!((receipt.version, receipt.duplicate), (2, false));
    assert_eq!(events_of(&*store, "ana").await.len(), 2);
    stop(scope).await;
}

#[tokio::test]
async fn a_failed_append_stores_nothing_and_can_be_sent_again() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    store.next_append(Fault::BeforeStoring);
    let error = tabs.send::<Tab>("ana", id("c1"), order(2)).await.unwrap_err();
    assert!(matches!(error, DispatchError::Fault(DispatchFault::Store(_))));
    assert_eq!(events_of(&*store, "ana").await.len(), 0);
    let receipt = tabs.send::<Tab>("ana", id("c1"), order(2)).await.expect("the fault is gone");
    assert_eq!((receipt.version, receipt.duplicate), (1, false));
    stop(scope).await;
}

#[tokio::test]
async fn an_unavailable_store_is_a_fault_until_it_is_back() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("c1"), order(2)).await.expect("accepted");
    store.set_unavailable(true);
    for tab in ["ana", "ben"] {
        let error = tabs.send::<Tab>(tab, id("c2"), order(2)).await.unwrap_err();
        assert!(matches!(error, DispatchError::Fault(DispatchFault::Store(_))));
    }
    store.set_unavailable(false);
    let receipt = tabs.send::<Tab>("ana", id("c2"), order(2)).await.expect("it is back");
    assert_eq!(receipt.version, 2);
    stop(scope).await;
}

#[tokio::test]
async fn a_wrong_version_is_decided_again_but_not_for_ever() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let config = DispatchConfig { attempts_max: 3, ..settings() };
    let tabs = Dispatch::new(store.clone(), &scope, config);
    store.next_append(Fault::WrongVersion);
    store.next_append(Fault::WrongVersion);
    tabs.send::<Tab>("ana", id("c1"), order(2)).await.expect("the third time works");
    (0..3).for_each(|_| store.next_append(Fault::WrongVersion));
    let error = tabs.send::<Tab>("ana", id("c2"), order(2)).await.unwrap_err();
    assert!(matches!(error, DispatchError::Fault(DispatchFault::Contended)));
    tabs.send::<Tab>("ana", id("c2"), order(2)).await.expect("nobody is in the way now");
    stop(scope).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_is_busy_and_what_waits_is_appended_together() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let config = DispatchConfig { mailbox_max: 4, ..settings() };
    let tabs = Dispatch::new(store.clone(), &scope, config);
    let send = |number: u32| {
        let tabs = tabs.clone();
        async move { tabs.send::<Tab>("ana", id(&format!("c{number}")), order(300)).await }
    };
    store.next_append(Fault::Delay(Duration::from_secs(1)));
    let first = scope.spawn("send", send(0));
    // The clock is paused: once the first is being appended, nothing moves but these.
    until(|| tabs.residents() == 1).await;
    let waiting: Vec<_> = (1..=4).map(|number| scope.spawn("send", send(number))).collect();
    tokio::task::yield_now().await;
    assert!(matches!(send(5).await, Err(DispatchError::Busy)));
    first.join().await.expect("no panic").expect("accepted");
    let mut refused = 0;
    for task in waiting {
        match task.join().await.expect("no panic") {
            Ok(_) => {}
            Err(DispatchError::Refused(TabRefusal::Full)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    // 3 × 300 fit, decided in order although two were appended in one go.
    assert_eq!((refused, events_of(&*store, "ana").await.len()), (2, 3));
    send(6).await.expect_err("still full");
    stop(scope).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_batch_is_decided_again_without_what_was_not_stored() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let send = |command: &'static str, what| {
        let tabs = tabs.clone();
        scope.spawn("send", async move { tabs.send::<Tab>("ana", id(command), what).await })
    };
    store.next_append(Fault::Delay(Duration::from_secs(1)));
    store.next_append(Fault::BeforeStoring);
    let first = send("c1", order(1));
    until(|| tabs.residents() == 1).await;
    // In one batch: the second fits only because the first is not stored.
    let (big, bigger) = (send("c2", order(900)), send("c3", order(950)));
    first.join().await.expect("no panic").expect("accepted");
    let big = big.join().await.expect("no panic");
    assert!(matches!(big, Err(DispatchError::Fault(DispatchFault::Store(_)))));
    bigger
        .join()
        .await
        .expect("no panic")
        .expect("refused on a state that never was, so redecided");
    stop(scope).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    store.next_append(Fault::Delay(Duration::from_millis(20)));
    let mut head = store.watch();
    let sending = tabs.send::<Tab>("ana", id("c1"), order(2));
    assert!(tokio::time::timeout(Duration::from_millis(1), sending).await.is_err());
    soon(head.changed()).await.expect("it is stored all the same");
    assert_eq!(events_of(&*store, "ana").await.len(), 1);
    stop(scope).await;
}

#[tokio::test]
async fn a_panic_drops_the_state_and_stores_nothing() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("c1"), order(100)).await.expect("accepted");
    for (number, command) in
        [TabCommand::PanicInDecide, TabCommand::PanicInApply].into_iter().enumerate()
    {
        let error = tabs.send::<Tab>("ana", id(&format!("p{number}")), command).await.unwrap_err();
        assert!(matches!(error, DispatchError::Fault(DispatchFault::Panicked)), "{error:?}");
        let next = tabs.send::<Tab>("ana", id(&format!("c{number}x")), order(1)).await;
        assert_eq!(next.expect("it goes on").version, 2 + number as u64);
    }
    assert!(!events_of(&*store, "ana").await.contains(&TabEvent::Poison));
    stop(scope).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_aggregate_leaves_with_a_snapshot_and_comes_back() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let config = DispatchConfig { idle: Duration::from_secs(60), ..settings() };
    let tabs = Dispatch::new(store.clone(), &scope, config);
    tabs.send::<Tab>("ana", id("c1"), order(100)).await.expect("accepted");
    assert_eq!(tabs.residents(), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    until(|| tabs.residents() == 0).await;
    let snapshot = store.load_snapshot(&tab("ana")).await.expect("readable").expect("kept");
    assert_eq!((snapshot.version, snapshot.schema), (1, Tab::SNAPSHOT_SCHEMA));
    let again = tabs.send::<Tab>("ana", id("c1"), order(100)).await.expect("a resend");
    assert!(again.duplicate);
    let full = tabs.send::<Tab>("ana", id("c2"), order(901)).await;
    assert!(full.is_err(), "the state came back");
    stop(scope).await;
}

#[tokio::test]
async fn a_snapshot_is_made_every_so_many_events() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let config = DispatchConfig { snapshot_every: 3, ..settings() };
    let tabs = Dispatch::new(store.clone(), &scope, config);
    for number in 0..7 {
        tabs.send::<Tab>("ana", id(&format!("c{number}")), order(1)).await.expect("accepted");
    }
    // The answer comes before the snapshot; another command's answer comes after it.
    tabs.send::<Tab>("ana", id("last"), TabCommand::Look).await.expect("accepted");
    let snapshot = store.load_snapshot(&tab("ana")).await.expect("readable").expect("made");
    assert_eq!(snapshot.version, 6);
    stop(scope).await;
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_ignored() {
    for (version, schema, state) in [
        (2, Tab::SNAPSHOT_SCHEMA + 1, r#"{"cents":0,"notes":[]}"#),
        (2, Tab::SNAPSHOT_SCHEMA, "{"),
        (2, Tab::SNAPSHOT_SCHEMA, r#"{"euros":7}"#),
        (99, Tab::SNAPSHOT_SCHEMA, r#"{"cents":0,"notes":[]}"#),
    ] {
        let store = Arc::new(MemoryStore::new());
        let scope = Scope::root("test");
        let tabs = dispatch(&store, &scope);
        for number in 0..2 {
            let command = id(&format!("c{number}"));
            tabs.send::<Tab>("ana", command, order(400)).await.expect("accepted");
        }
        stop(scope).await;
        let snapshot = Snapshot { stream: tab("ana"), version, schema, state: state.into() };
        store.save_snapshot(snapshot).await.expect("kept");
        let scope = Scope::root("test");
        let tabs = dispatch(&store, &scope);
        let full = tabs.send::<Tab>("ana", id("c2"), order(400)).await;
        assert!(matches!(full, Err(DispatchError::Refused(TabRefusal::Full))), "{state}");
        stop(scope).await;
    }
}

#[tokio::test]
async fn an_aggregate_is_handed_over() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let (here, there) = (dispatch(&store, &scope), dispatch(&store, &scope));
    let node = NodeName::new("there");
    here.send::<Tab>("ana", id("c1"), order(100)).await.expect("accepted");
    assert_eq!(here.owner::<Tab>("ana"), Owner::Here);

    let handed = here.hand_over::<Tab>("ana", node.clone()).await.expect("handed over");
    assert_eq!((handed.snapshot.version, &handed.successor), (1, &node));
    assert_eq!(handed.recent[0].0, id("c1"));
    assert_eq!(here.owner::<Tab>("ana"), Owner::Node(node.clone()));
    let moved = here.send::<Tab>("ana", id("c2"), order(1)).await;
    assert!(matches!(moved, Err(DispatchError::Moved(to)) if to == node));
    let twice = here.hand_over::<Tab>("ana", node.clone()).await;
    assert!(matches!(twice, Err(HandOverError::Moved(_))));

    there.take_over::<Tab>(handed.clone());
    let again = there.send::<Tab>("ana", id("c1"), order(100)).await.expect("a resend");
    assert!(again.duplicate);
    there.send::<Tab>("ana", id("c2"), order(1)).await.expect("accepted");

    // Back with a state that is older than the log by now: the log decides.
    here.take_over::<Tab>(handed);
    assert_eq!(here.owner::<Tab>("ana"), Owner::Here);
    let full = here.send::<Tab>("ana", id("c3"), order(900)).await;
    assert!(matches!(full, Err(DispatchError::Refused(TabRefusal::Full))));
    stop(scope).await;
}

#[tokio::test]
async fn a_hand_over_that_fails_leaves_the_owner() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    store.set_unavailable(true);
    let failed = tabs.hand_over::<Tab>("ana", NodeName::new("there")).await;
    assert!(matches!(failed, Err(HandOverError::Fault(DispatchFault::Store(_)))));
    store.set_unavailable(false);
    assert_eq!(tabs.owner::<Tab>("ana"), Owner::Here);
    tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    stop(scope).await;
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_the_commands_that_wait() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let senders = Scope::root("senders");
    let tabs = dispatch(&store, &scope);
    store.next_append(Fault::Delay(Duration::from_secs(1)));
    let send = |number: u32| {
        let tabs = tabs.clone();
        async move { tabs.send::<Tab>("ana", id(&format!("c{number}")), order(1)).await }
    };
    let waiting: Vec<_> = (0..10).map(|number| senders.spawn("send", send(number))).collect();
    until(|| tabs.residents() == 1).await;
    stop(scope).await;
    for task in waiting {
        task.join().await.expect("no panic").expect("it was accepted before the stop");
    }
    let late = send(99).await;
    assert!(matches!(late, Err(DispatchError::Fault(DispatchFault::Stopping))));
    assert_eq!(events_of(&*store, "ana").await.len(), 10);
    assert!(store.load_snapshot(&tab("ana")).await.expect("readable").is_some());
}
