//! Whatever is sent, resent, refused and failed in whatever order: the log is whole, and the read
//! models are what a rebuild makes of it.

use std::{collections::BTreeSet, sync::Arc};

use eventsourcing::{
    Aggregate, Dispatch, DispatchConfig, EventStore, Fault, FaultyStore, MemoryStore, Position,
    Projections, ProjectionsConfig, ReadModelHome,
};
use proptest::prelude::*;
use tasks::Scope;

use crate::cast::*;

#[derive(Clone, Debug)]
enum Step {
    /// To which tab, under which id (few, so that there are resends), what.
    Send(usize, u8, u64),
    Settle(usize, u8),
    Fault(Fault),
    Rebuild,
    Redact(usize),
    /// Everything in memory goes: a restart of dispatch.
    Restart,
}

const TABS: [&str; 3] = ["ana", "ben", "cleo"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let faults = prop_oneof![
        Just(Fault::BeforeStoring),
        Just(Fault::AfterStoring),
        Just(Fault::WrongVersion),
    ];
    let step = prop_oneof![
        8 => (0..TABS.len(), any::<u8>(), 1..400_u64).prop_map(|(tab, id, cents)| Step::Send(tab, id, cents)),
        2 => (0..TABS.len(), any::<u8>()).prop_map(|(tab, id)| Step::Settle(tab, id)),
        2 => faults.prop_map(Step::Fault),
        1 => Just(Step::Rebuild),
        1 => (0..TABS.len()).prop_map(Step::Redact),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_leaves_what_a_rebuild_makes(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let store = FaultyStore::new(MemoryStore::new());
    let scope = Scope::root("test");
    let config = ProjectionsConfig { batch_max: 3, ..ProjectionsConfig::default() };
    let projections = Projections::new(store.clone(), ReadModelHome::Memory, &scope, config);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    let mut running = Vec::new();
    let mut dispatch = start(&store, &scope);
    for step in steps {
        let (tab, command_id, command) = match step {
            Step::Send(tab, number, cents) => (tab, number, order(cents)),
            Step::Settle(tab, number) => (tab, number, TabCommand::Settle),
            Step::Fault(fault) => {
                store.next_append(fault);
                continue;
            }
            Step::Rebuild => {
                projections.rebuild("totals").await.expect("rebuilt");
                continue;
            }
            Step::Redact(tab) => {
                dispatch.0.redact::<Tab>(TABS[tab], 1..=2).await.expect("redacted");
                continue;
            }
            Step::Restart => {
                stop(dispatch.1).await;
                dispatch = start(&store, &scope);
                continue;
            }
        };
        let tabs = dispatch.0.clone();
        running.push(scope.spawn("send", async move {
            let command_id = id(&format!("c{}", command_id % 16));
            tabs.send::<Tab>(TABS[tab], command_id, command).await.ok()
        }));
    }
    let mut receipts = Vec::new();
    for task in running {
        receipts.extend(task.join().await.expect("no panic"));
    }
    soon(projections.wait_for_all()).await.expect("it runs");
    soon(projections.wait_for("totals", Position::START)).await.expect("it runs");

    let log = store.read_all(Position::START, 10_000).await.expect("readable").events;
    for receipt in &receipts {
        for version in receipt.versions() {
            let there = log
                .iter()
                .filter(|event| event.stream == receipt.stream && event.version == version);
            assert_eq!(there.count(), 1, "{receipt:?}");
        }
    }
    let first: Vec<_> = receipts.iter().filter(|receipt| !receipt.duplicate).collect();
    let distinct: BTreeSet<_> =
        first.iter().map(|receipt| (&receipt.stream, receipt.version)).collect();
    assert_eq!(first.len(), distinct.len(), "no event answers two commands");
    for name in TABS {
        let mut state = Tab::default();
        for event in log.iter().filter(|event| event.stream == tab(name)) {
            state.apply(&event.decode().expect("decodable"));
            assert!(state.cents <= CENTS_MAX, "a rule was broken");
        }
        let read = model.read(cents_of(name)).await.unwrap_or(0);
        assert_eq!(read as u64, state.cents, "{name}");
    }
    // The notes were redacted in the log only, so they are left out by rebuilding first.
    projections.rebuild("totals").await.expect("rebuilt");
    let verdict = projections.verify("totals").await.expect("comparable");
    assert_eq!(verdict.differences, []);
    stop(dispatch.1).await;
    stop(scope).await;
}

fn start(store: &Arc<FaultyStore<MemoryStore>>, scope: &Scope) -> (Dispatch, Scope) {
    let scope = scope.child("dispatch");
    let config = DispatchConfig { snapshot_every: 4, recent_max: 2, ..settings() };
    (Dispatch::new(store.clone(), &scope, config), scope)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Without redaction there is nothing to leave out: what was read all along is the rebuild.
    #[test]
    fn what_is_read_needs_no_rebuild(sends in proptest::collection::vec((0..3_usize, 1..400_u64, any::<bool>()), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
            let tabs = dispatch(&store, &scope);
            let config = ProjectionsConfig { batch_max: 2, ..ProjectionsConfig::default() };
            let projections = Projections::new(store.clone(), ReadModelHome::Memory, &scope, config);
            projections.start_sql(Totals::default()).await.expect("starts");
            let tasks: Vec<_> = sends.into_iter().enumerate().map(|(number, (tab, cents, settle))| {
                let tabs = tabs.clone();
                let command = if settle { TabCommand::Settle } else { order(cents) };
                let command_id = id(&format!("c{}", number % 24));
                scope.spawn("send", async move {
                    tabs.send::<Tab>(TABS[tab], command_id, command).await.is_ok()
                })
            }).collect();
            for task in tasks {
                task.join().await.expect("no panic");
            }
            soon(projections.wait_for_all()).await.expect("it runs");
            let verdict = projections.verify("totals").await.expect("comparable");
            assert_eq!(verdict.differences, []);
            stop(scope).await;
        });
    }
}
