//! Read models follow the log, announce after their commit, and can be made again at any time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventsourcing::{
    Apply, ApplyError, Difference, EventStore, FaultyStore, MemoryStore, Position, Projections,
    ProjectionsConfig, ReadModel, ReadModelHome, RebuildError, Recorded, SqlProjection, StartError,
    WaitError,
    rusqlite::{self, Connection},
    verify_log,
};
use tasks::Scope;

use crate::cast::*;

fn quick() -> ProjectionsConfig {
    ProjectionsConfig {
        backoff: Duration::from_millis(1),
        backoff_max: Duration::from_millis(4),
        alarm_after: 3,
        ..ProjectionsConfig::default()
    }
}

fn follow(store: &Arc<impl EventStore>, home: ReadModelHome, scope: &Scope) -> Projections {
    Projections::new(store.clone(), home, scope, quick())
}

async fn cents(model: &ReadModel<Totals>, tab: &'static str) -> i64 {
    model.read(cents_of(tab)).await.expect("readable")
}

/// Both homes keep the same promises.
fn homes(folder: &tempfile::TempDir) -> [ReadModelHome; 2] {
    [ReadModelHome::Memory, ReadModelHome::Folder(folder.path().join("read"))]
}

#[tokio::test]
async fn what_was_acknowledged_is_read_after_waiting_for_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for home in homes(&folder) {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let projections = follow(&store, home, &scope);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        for number in 1..=20 {
            let command = id(&format!("c{number}"));
            let receipt = tabs.send::<Tab>("ana", command, order(10)).await.expect("accepted");
            soon(projections.wait_for("totals", receipt.position)).await.expect("it runs");
            assert_eq!(cents(&model, "ana").await, 10 * number);
            assert!(model.position() >= receipt.position);
        }
        let announced = model.projection().announced.lock().expect("not poisoned").clone();
        assert!(announced.into_iter().eq((1..=20).map(|version| ("ana".to_owned(), version))));
        stop(scope).await;
    }
}

#[tokio::test]
async fn a_restart_goes_on_and_a_deleted_file_is_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = ReadModelHome::Folder(folder.path().join("read"));
    let store = sqlite(&folder.path().join("log"));
    let scope = Scope::root("first");
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, home.clone(), &scope);
    projections.start_sql(Totals::default()).await.expect("starts");
    tabs.send::<Tab>("ana", id("c1"), order(100)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    stop(scope).await;

    let scope = Scope::root("second");
    let tabs = dispatch(&store, &scope);
    tabs.send::<Tab>("ana", id("c2"), order(10)).await.expect("accepted while nothing follows");
    let projections = follow(&store, home.clone(), &scope);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(cents(&model, "ana").await, 110);
    let announced = model.projection().announced.lock().expect("not poisoned").clone();
    assert_eq!(announced, [("ana".to_owned(), 2)], "only what is new");
    stop(scope).await;
    drop((model, projections));

    std::fs::remove_dir_all(folder.path().join("read")).expect("the read models go");
    let scope = Scope::root("third");
    let projections = follow(&store, home, &scope);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(cents(&model, "ana").await, 110);
    stop(scope).await;
}

#[tokio::test]
async fn a_damaged_file_or_one_of_another_log_is_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read = folder.path().join("read");
    let home = ReadModelHome::Folder(read.clone());
    for spoil in ["nothing", "another log", "garbage"] {
        // Each round has a log of its own, and so finds the file of another.
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        tabs.send::<Tab>("ana", id("c1"), order(7)).await.expect("accepted");
        if spoil == "garbage" {
            for entry in std::fs::read_dir(&read).expect("a folder") {
                let path = entry.expect("an entry").path();
                std::fs::write(path, vec![b'x'; 8_192]).expect("writable");
            }
        }
        let projections = follow(&store, home.clone(), &scope);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        soon(projections.wait_for_all()).await.expect("it runs");
        assert_eq!(cents(&model, "ana").await, 7, "{spoil}");
        stop(scope).await;
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_waits_with_an_alarm_and_loses_nothing() {
    for trouble in [Trouble::Fail, Trouble::Panic] {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let projections = follow(&store, ReadModelHome::Memory, &scope);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
        soon(projections.wait_for_all()).await.expect("it runs");

        *model.projection().trouble.lock().expect("not poisoned") = Some(trouble);
        let late = tabs.send::<Tab>("ana", id("c2"), order(2)).await.expect("accepted");
        until(|| projections.status()[0].alarm).await;
        let status = projections.status().remove(0);
        let failure = status.failure.expect("a reason");
        assert!(failure.starts_with("event 2 of tab/ana (Ordered): "), "{failure}");
        assert!(status.position < late.position);
        assert_eq!(cents(&model, "ana").await, 1, "what it had can still be read");

        *model.projection().trouble.lock().expect("not poisoned") = None;
        soon(projections.wait_for("totals", late.position)).await.expect("it runs");
        assert_eq!(cents(&model, "ana").await, 3);
        until(|| !projections.status()[0].alarm).await;
        stop(scope).await;
    }
}

#[tokio::test]
async fn a_panic_while_announcing_loses_only_the_announcement() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, ReadModelHome::Memory, &scope);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    *model.projection().trouble.lock().expect("not poisoned") = Some(Trouble::Announce);
    let receipt = tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    soon(projections.wait_for("totals", receipt.position)).await.expect("it runs");
    *model.projection().trouble.lock().expect("not poisoned") = None;
    let receipt = tabs.send::<Tab>("ana", id("c2"), order(1)).await.expect("accepted");
    soon(projections.wait_for("totals", receipt.position)).await.expect("it runs");
    assert_eq!(cents(&model, "ana").await, 2);
    stop(scope).await;
}

#[tokio::test]
async fn an_unavailable_log_is_waited_for() {
    let (store, scope) = (FaultyStore::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, ReadModelHome::Memory, &scope);
    let model = projections.start_sql(Totals::default()).await.expect("starts");
    let receipt = tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    store.set_unavailable(true);
    assert!(matches!(projections.wait_for_all().await, Err(WaitError::Store(_))));
    assert_eq!(cents(&model, "ana").await, 1, "reading needs no log");
    assert!(model.position() >= receipt.position);
    store.set_unavailable(false);
    tabs.send::<Tab>("ana", id("c2"), order(1)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(cents(&model, "ana").await, 2);
    stop(scope).await;
}

#[tokio::test]
async fn a_rebuild_is_never_seen_half_built_while_commands_go_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for home in homes(&folder) {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let config = ProjectionsConfig { batch_max: 2, ..quick() };
        let projections = Projections::new(store.clone(), home.clone(), &scope, config);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        for number in 0..50 {
            let command = id(&format!("c{number}"));
            tabs.send::<Tab>("ana", command, order(1)).await.expect("accepted");
        }
        soon(projections.wait_for_all()).await.expect("it runs");

        let done = Arc::new(AtomicBool::new(false));
        let (reader, reading) = (model.clone(), done.clone());
        let watching = scope.spawn("reader", async move {
            let (mut last, mut reads) = (50, 0);
            while !reading.load(Ordering::SeqCst) {
                let now = cents(&reader, "ana").await;
                assert!(now >= last, "{now} after {last}: a half-built model was read");
                (last, reads) = (now, reads + 1);
            }
            reads
        });
        let (writer, writing) = (tabs.clone(), done.clone());
        let sending = scope.spawn("writer", async move {
            let mut number = 50;
            while !writing.load(Ordering::SeqCst) {
                let command = id(&format!("c{number}"));
                writer.send::<Tab>("ana", command, order(1)).await.expect("accepted");
                number += 1;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            number
        });
        for _ in 0..3 {
            soon(projections.rebuild("totals")).await.expect("rebuilt");
        }
        done.store(true, Ordering::SeqCst);
        let sent = sending.join().await.expect("no panic");
        assert!(watching.join().await.expect("no panic") > 0, "somebody must have read");
        soon(projections.wait_for_all()).await.expect("it runs");
        assert_eq!(cents(&model, "ana").await, sent);
        assert_eq!(*model.projection().replaced.lock().expect("not poisoned"), 3);
        let announced = model.projection().announced.lock().expect("not poisoned").clone();
        assert!(announced.iter().is_sorted(), "announcements stay in order");
        stop(scope).await;
        drop((model, tabs));
        if let ReadModelHome::Folder(folder) = home {
            let files = std::fs::read_dir(folder).expect("a folder").count();
            assert!(files <= 3, "one file, its log and index; the others went");
        }
    }
}

#[tokio::test]
async fn a_rebuild_that_fails_leaves_the_model_that_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for home in homes(&folder) {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let projections = follow(&store, home, &scope);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
        soon(projections.wait_for_all()).await.expect("it runs");
        *model.projection().trouble.lock().expect("not poisoned") = Some(Trouble::Fail);
        let failed = soon(projections.rebuild("totals")).await;
        assert!(matches!(failed, Err(RebuildError::Failed(why)) if why.contains("event 1")));
        assert_eq!(cents(&model, "ana").await, 1);
        stop(scope).await;
    }
}

#[tokio::test]
async fn verifying_finds_every_row_that_the_log_does_not_lead_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read = folder.path().join("read");
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, ReadModelHome::Folder(read.clone()), &scope);
    projections.start_sql(Totals::default()).await.expect("starts");
    for (tab, number) in [("ana", 1), ("ana", 2), ("ben", 3)] {
        let command = id(&format!("c{number}"));
        tabs.send::<Tab>(tab, command, order(number)).await.expect("accepted");
    }
    soon(projections.wait_for_all()).await.expect("it runs");
    let verdict = soon(projections.verify("totals")).await.expect("comparable");
    assert_eq!((verdict.rows, verdict.differences.len()), (5, 0));

    let vandal = Connection::open(read.join("totals.1.db")).expect("the file");
    vandal.execute("UPDATE tabs SET cents = 999 WHERE tab = 'ana'", []).expect("changed");
    vandal.execute("DELETE FROM orders WHERE tab = 'ben'", []).expect("changed");
    let verdict = soon(projections.verify("totals")).await.expect("comparable");
    let difference =
        |table: &str, missing, extra| Difference { table: table.into(), missing, extra };
    assert_eq!(verdict.differences, [difference("orders", 1, 0), difference("tabs", 1, 1)]);

    soon(projections.rebuild("totals")).await.expect("rebuilt");
    let verdict = soon(projections.verify("totals")).await.expect("comparable");
    assert_eq!(verdict.differences, []);
    stop(scope).await;
}

#[tokio::test]
async fn a_model_in_memory_follows_and_survives_a_panic() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, ReadModelHome::Memory, &scope);
    let announced = Arc::new(std::sync::Mutex::new(Vec::new()));
    let announce = announced.clone();
    let model = projections
        .start_memory::<Seen>(move |mut changes| {
            announce.lock().expect("not poisoned").append(&mut changes);
        })
        .expect("starts");
    tabs.send::<Tab>("ana", id("c1"), order(1)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    assert_eq!(model.read(|seen| seen.events.len()), 1);

    *SEEN_PANICS.lock().expect("not poisoned") = true;
    let receipt = tabs.send::<Tab>("ana", id("c2"), order(1)).await.expect("accepted");
    soon(projections.wait_for("seen", receipt.position)).await.expect("it runs");
    let positions: Vec<_> = (1..=2).map(Position::serial).collect();
    assert_eq!(model.read(|seen| seen.events.clone()), positions, "none doubled, none missing");
    assert_eq!(model.position(), receipt.position);
    soon(projections.rebuild("seen")).await.expect("rebuilt");
    assert_eq!(model.read(|seen| seen.events.clone()), positions);
    assert_eq!(*announced.lock().expect("not poisoned"), positions);
    assert!(projections.verify("seen").await.is_err());
    stop(scope).await;
}

/// The same name and another schema.
struct TotalsOfTomorrow;

impl SqlProjection for TotalsOfTomorrow {
    type Change = ();
    const NAME: &'static str = "totals";
    const SCHEMA: u32 = 2;

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch("CREATE TABLE tabs (tab TEXT PRIMARY KEY, orders INTEGER NOT NULL)")
    }

    fn apply(&self, apply: &mut Apply<'_, ()>, event: &Recorded) -> Result<(), ApplyError> {
        let upsert =
            "INSERT INTO tabs VALUES (?1, 1) ON CONFLICT DO UPDATE SET orders = orders + 1";
        apply.execute(upsert, [event.stream.id()])?;
        Ok(())
    }
}

#[tokio::test]
async fn another_schema_is_made_from_the_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = ReadModelHome::Folder(folder.path().to_path_buf());
    let store = Arc::new(MemoryStore::new());
    let scope = Scope::root("old");
    let tabs = dispatch(&store, &scope);
    let projections = follow(&store, home.clone(), &scope);
    projections.start_sql(Totals::default()).await.expect("starts");
    tabs.send::<Tab>("ana", id("c1"), order(40)).await.expect("accepted");
    soon(projections.wait_for_all()).await.expect("it runs");
    stop(scope).await;
    let scope = Scope::root("new");
    let projections = follow(&store, home, &scope);
    let model = projections.start_sql(TotalsOfTomorrow).await.expect("starts");
    soon(projections.wait_for_all()).await.expect("it runs");
    let orders = model
        .read(|db| db.query_row("SELECT orders FROM tabs", [], |row| row.get::<_, i64>(0)))
        .await;
    assert_eq!(orders.expect("readable"), 1);
    stop(scope).await;
}

#[tokio::test]
async fn names_are_unique_and_unknown_ones_are_refused() {
    let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
    let projections = follow(&store, ReadModelHome::Memory, &scope);
    projections.start_sql(Totals::default()).await.expect("starts");
    let taken = projections.start_sql(Totals::default()).await;
    assert!(matches!(taken, Err(StartError::NameTaken("totals"))));
    let unknown = projections.wait_for("nobody", Position::START).await;
    assert!(matches!(unknown, Err(WaitError::Unknown(_))));
    assert!(matches!(projections.rebuild("nobody").await, Err(RebuildError::Unknown(_))));
    stop(scope).await;
    let stopped = projections.wait_for("totals", Position::serial(9)).await;
    assert!(matches!(stopped, Err(WaitError::Stopped(_))));
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for home in homes(&folder) {
        let (store, scope) = (Arc::new(MemoryStore::new()), Scope::root("test"));
        let tabs = dispatch(&store, &scope);
        let projections = follow(&store, home, &scope);
        let model = projections.start_sql(Totals::default()).await.expect("starts");
        tabs.send::<Tab>("ana", id("c1"), order(40)).await.expect("accepted");
        soon(projections.wait_for_all()).await.expect("it runs");
        let _ = model.read(|db| db.execute("UPDATE tabs SET cents = 0", [])).await;
        assert_eq!(cents(&model, "ana").await, 40);
        let panicked = model.read(|_| -> rusqlite::Result<()> { panic!("a bad query") }).await;
        assert!(panicked.is_err());
        assert_eq!(cents(&model, "ana").await, 40, "the next one is served");
        stop(scope).await;
    }
}

#[tokio::test]
async fn the_whole_log_can_be_verified() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (store, scope) = (sqlite(folder.path()), Scope::root("test"));
    let tabs = dispatch(&store, &scope);
    for number in 0..10 {
        let command = id(&format!("c{number}"));
        tabs.send::<Tab>("ana", command, order(1)).await.expect("accepted");
    }
    let report = verify_log(&*store).await.expect("intact");
    assert_eq!((report.events, report.position), (10, Position::serial(10)));
    stop(scope).await;
}
