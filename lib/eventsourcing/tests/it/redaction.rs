//! Text that must become unreadable is gone from every file, and nothing else is.

use std::{path::Path, sync::Arc};

use eventsourcing::{EventStore, Position, Projections, ProjectionsConfig, ReadModelHome};
use tasks::Scope;

use crate::cast::*;

const SECRET: &str = "the-secret-recipe";

/// The files below `folder` that hold the secret.
fn files_with_secret(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with_secret(&path));
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable");
        if bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn redacted_text_is_in_no_file_any_more() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = sqlite(&folder.path().join("log"));
    let scope = Scope::root("test");
    let tabs = dispatch(&store, &scope);
    let home = ReadModelHome::Folder(folder.path().join("read"));
    let projections = Projections::new(store.clone(), home, &scope, ProjectionsConfig::default());
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    for number in 0..5 {
        let note = if number == 2 { SECRET } else { "green tea" };
        let command = id(&format!("c{number}"));
        tabs.send::<Tab>("ana", command, order_with(100, note)).await.expect("accepted");
    }
    soon(projections.wait_for_all()).await.expect("it runs");
    assert!(
        !files_with_secret(folder.path()).is_empty(),
        "need a secret for this to mean anything"
    );

    let replaced = tabs.redact::<Tab>("ana", 3..=3).await.expect("redacted");
    assert_eq!(replaced, 1);
    assert_eq!(files_with_secret(&folder.path().join("log")), [""; 0]);
    let page = store.read_all(Position::START, 100).await.expect("readable");
    let redacted: Vec<_> = page.events.iter().map(|event| event.redacted).collect();
    assert_eq!(redacted, [false, false, true, false, false]);
    assert!(page.events.iter().map(|event| event.version).eq(1..=5));

    // What the domain says about it reaches the read models as an event.
    tabs.send::<Tab>("ana", id("settle"), TabCommand::Settle).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    soon(projections.sweep()).await.expect("swept");
    assert_eq!(files_with_secret(folder.path()), [""; 0]);
    assert_eq!(model.read(cents_of("ana")).await.expect("readable"), 0);
    let verdict = soon(projections.verify("totals")).await.expect("comparable");
    assert_eq!(verdict.differences, []);
    stop(scope).await;
    assert_eq!(files_with_secret(folder.path()), [""; 0], "nor in a snapshot made on the way out");
}

#[tokio::test]
async fn redacting_changes_no_decision_and_may_be_repeated() {
    let store = Arc::new(eventsourcing::MemoryStore::new());
    let scope = Scope::root("test");
    let tabs = dispatch(&store, &scope);
    for number in 0..3 {
        let command = id(&format!("c{number}"));
        tabs.send::<Tab>("ana", command, order_with(300, SECRET)).await.expect("accepted");
    }
    for _ in 0..2 {
        assert_eq!(tabs.redact::<Tab>("ana", 1..=99).await.expect("redacted"), 3);
    }
    assert_eq!(tabs.redact::<Tab>("nobody", 1..=99).await.expect("harmless"), 0);
    assert!(tabs.send::<Tab>("ana", id("c3"), order(101)).await.is_err(), "the tab is still full");
    let again = tabs.send::<Tab>("ana", id("c0"), order(300)).await.expect("a resend");
    assert!(again.duplicate);
    stop(scope).await;
    let state = store.load_snapshot(&tab("ana")).await.expect("readable").expect("kept").state;
    assert!(!state.contains(SECRET));
}
