//! Faults of the disk as a command and a reader meet them.

use eventsourcing::{
    DispatchError, DispatchFault, EventStore, Projections, ProjectionsConfig, ReadModelHome,
    SqliteStore, StoreError, rusqlite::Connection,
};
use tasks::Scope;

use crate::cast::*;

#[tokio::test]
async fn a_damaged_event_stops_its_own_aggregate_only_and_readers_keep_what_they_had() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let store = sqlite(&log);
    let scope = Scope::root("before");
    let tabs = dispatch(&store, &scope);
    for (of, command) in [("ana", "a1"), ("ben", "b1"), ("ana", "a2"), ("ben", "b2")] {
        tabs.send::<Tab>(of, id(command), order(10)).await.expect("accepted");
    }
    // Still resident, so there are no snapshots to start from.
    store.close().await.expect("closes");
    stop(scope).await;
    drop(tabs);
    let db = Connection::open(log.join(SqliteStore::FILE)).expect("the file");
    db.execute_batch("UPDATE events SET payload = '{\"Ord' WHERE position = 3").expect("damaged");
    drop(db);

    let store = sqlite(&log);
    let scope = Scope::root("after");
    let tabs = dispatch(&store, &scope);
    let error = tabs.send::<Tab>("ana", id("a3"), order(10)).await.unwrap_err();
    let DispatchError::Fault(DispatchFault::Store(error)) = error else { panic!("{error:?}") };
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("event 2 of tab/ana"), "{error}");
    tabs.send::<Tab>("ben", id("b3"), order(10)).await.expect("another one goes on");

    let config = ProjectionsConfig { alarm_after: 1, ..ProjectionsConfig::default() };
    let home = ReadModelHome::Folder(folder.path().join("read"));
    let projections = Projections::new(store.clone(), home, &scope, config);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    until(|| projections.status()[0].alarm).await;
    let failure = projections.status().remove(0).failure.expect("a reason");
    assert!(failure.contains("event 2 of tab/ana"), "{failure}");
    assert_eq!(model.position(), eventsourcing::Position::serial(2), "up to the damage");
    assert_eq!(model.read(cents_of("ben")).await.expect("readable"), 10);
    stop(scope).await;
}

#[tokio::test]
async fn a_read_model_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("written");
    let (store, scope) = (sqlite(&folder.path().join("log")), Scope::root("test"));
    let home = ReadModelHome::Folder(file.join("read"));
    let projections = Projections::new(store, home, &scope, ProjectionsConfig::default());
    let error = projections.start_sql(Totals::default()).await.unwrap_err();
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(text.contains("file/read cannot be opened"), "{text}");
    stop(scope).await;
}

#[tokio::test]
async fn a_read_model_that_is_damaged_while_it_runs_is_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (store, scope) = (sqlite(&folder.path().join("log")), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let read = folder.path().join("read");
    let home = ReadModelHome::Folder(read.clone());
    let projections = Projections::new(store, home, &scope, ProjectionsConfig::default());
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    tabs.send::<Tab>("ana", id("c1"), order(10)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    soon(projections.sweep()).await.expect("everything is in the file");
    let path = read.join("totals.1.db");
    let bytes = std::fs::metadata(&path).expect("the file").len() as usize;
    // Over the file, keeping its first page, so that it still looks like a database.
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().write(true).open(&path).expect("the file");
    file.write_all_at(&vec![0xAA; bytes - 4_096], 4_096).expect("overwritten");
    // A schema change makes every connection drop the pages it has in memory.
    let vandal = Connection::open(&path).expect("the file");
    let _ = vandal.execute_batch("PRAGMA user_version = 7");
    let receipt = tabs.send::<Tab>("ana", id("c2"), order(10)).await.expect("accepted");
    soon(projections.wait_for("totals", receipt.position)).await.expect("it runs");
    assert_eq!(model.read(cents_of("ana")).await.expect("readable"), 20);
    stop(scope).await;
}
