//! One fault at a time, met with a clear error, and nothing lost.

use std::path::PathBuf;

use rusqlite::Connection;

use super::*;
use crate::{Decided, NewEvent};

fn kitchen() -> StreamId {
    StreamId::new("room", "kitchen")
}

fn said(expected: Version, text: &str) -> Append {
    let payload = format!("{{\"text\":\"{text}\"}}");
    let events = vec![NewEvent { name: "Said".into(), schema: 1, payload }];
    let command = CommandId::new(format!("c{expected}")).expect("a valid id");
    let commands = vec![Decided { command, events }];
    Append { stream: kitchen(), expected, recorded_ms: 0, commands }
}

fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder, SqliteConfig::default())
}

async fn filled(folder: &Path, events: Version) -> SqliteStore {
    let store = open(folder).expect("opens");
    for version in 0..events {
        store.append(said(version, "hello")).await.expect("appended");
    }
    store
}

/// Changes the file behind the store's back.
async fn tamper(folder: &Path, sql: &str) {
    filled(folder, 3).await.close().await.expect("closes");
    let db = Connection::open(folder.join(SqliteStore::FILE)).expect("the file");
    db.execute_batch(sql).expect("changed");
}

async fn texts(store: &SqliteStore) -> usize {
    store.read_stream(&kitchen(), 0, 100).await.expect("readable").events.len()
}

#[tokio::test]
async fn a_full_disk_is_named_and_writing_resumes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 3).await;
    store.writer.run(|db| db.pragma_update(None, "max_page_count", 1).expect("limited")).await;
    let long = "x".repeat(200_000);
    let error = store.append(said(3, &long)).await.unwrap_err();
    let AppendError::Store(error @ StoreError::DiskFull { .. }) = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("log.db: free some"), "{error}");
    assert_eq!(texts(&store).await, 3, "what is stored can be read");

    store.writer.run(|db| db.pragma_update(None, "max_page_count", 1 << 30).expect("free")).await;
    store.append(said(3, &long)).await.expect("writing resumed");
    drop(store);
    assert_eq!(texts(&open(folder.path()).expect("opens again")).await, 4);
}

#[tokio::test]
async fn one_append_that_does_not_fit_leaves_the_others_of_its_group_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 0).await;
    store.writer.run(|db| db.pragma_update(None, "max_page_count", 40).expect("limited")).await;
    let other = |id: &str| Append { stream: StreamId::new("room", id), ..said(0, "hello") };
    let (one, big, two) = tokio::join!(
        store.append(other("one")),
        store.append(said(0, &"x".repeat(500_000))),
        store.append(other("two")),
    );
    one.expect("it fits");
    two.expect("it fits");
    assert!(matches!(big, Err(AppendError::Store(StoreError::DiskFull { .. }))));
}

#[tokio::test]
async fn a_read_only_file_is_named_and_writing_resumes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 3).await;
    store.writer.run(|db| db.pragma_update(None, "query_only", true).expect("closed")).await;
    let error = store.append(said(3, "late")).await.unwrap_err();
    let AppendError::Store(error @ StoreError::ReadOnly { .. }) = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("log.db cannot be written"), "{error}");
    assert_eq!(texts(&store).await, 3);
    store.writer.run(|db| db.pragma_update(None, "query_only", false).expect("open")).await;
    store.append(said(3, "late")).await.expect("writing resumed");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("written");
    let error = open(&file.join("data")).unwrap_err();
    assert!(matches!(error, StoreError::Inaccessible { .. }), "{error:?}");
    assert!(error.to_string().contains("file/data cannot be opened"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "not a folder");
}

#[test]
fn what_the_system_says_is_explained() {
    use std::io::{Error, ErrorKind};
    let explained = |kind: ErrorKind| explain_io(Path::new("/data"), Error::from(kind));
    assert!(matches!(explained(ErrorKind::PermissionDenied), StoreError::ReadOnly { .. }));
    assert!(matches!(explained(ErrorKind::ReadOnlyFilesystem), StoreError::ReadOnly { .. }));
    assert!(matches!(explained(ErrorKind::StorageFull), StoreError::DiskFull { .. }));
    assert!(matches!(explained(ErrorKind::NotFound), StoreError::Inaccessible { .. }));
}

#[tokio::test]
async fn a_damaged_event_is_named_and_the_rest_can_be_read() {
    for (sql, place) in [
        ("UPDATE events SET payload = '{\"te' WHERE version = 2", "event 2 of room/kitchen"),
        ("UPDATE events SET payload = '{\"text\":\"lie\"}' WHERE version = 2", "event 2 of room"),
        ("UPDATE events SET name = 'Shouted' WHERE version = 2", "event 2 of room/kitchen"),
        ("UPDATE events SET payload = CAST(x'ff' AS TEXT) WHERE version = 2", "position 2"),
        ("DELETE FROM events WHERE version = 2", "event 2 of room/kitchen"),
        ("UPDATE events SET version = version + 10 WHERE version = 2", "event 2 of room/kitchen"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        tamper(folder.path(), sql).await;
        let store = open(folder.path()).expect("opens: one row is no reason not to");
        let error = store.read_stream(&kitchen(), 0, 100).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{sql}: {error:?}");
        let text = error.to_string();
        assert!(text.contains("log.db is damaged at") && text.contains(place), "{sql}: {text}");
        assert!(store.read_all(Position::START, 100).await.is_err(), "{sql}");
        assert!(crate::verify_log(&store).await.is_err(), "{sql}");
        let before = store.read_stream(&kitchen(), 0, 1).await.expect("the one before");
        assert_eq!(before.events.len(), 1);
        let first = store.read_all(Position::START, 1).await.expect("the one before");
        assert_eq!(first.events.len(), 1);
        let elsewhere = Append { stream: StreamId::new("room", "cellar"), ..said(0, "hello") };
        store.append(elsewhere).await.expect("other streams go on");
    }
}

#[tokio::test]
async fn a_missing_last_event_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tamper(folder.path(), "DELETE FROM events WHERE version = 3").await;
    let store = open(folder.path()).expect("opens");
    let error = store.read_stream(&kitchen(), 0, 100).await.unwrap_err();
    assert!(error.to_string().contains("event 3 of room/kitchen"), "{error}");
}

#[tokio::test]
async fn a_damaged_snapshot_is_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 1).await;
    let snapshot = Snapshot { stream: kitchen(), version: 1, schema: 1, state: "{}".into() };
    store.save_snapshot(snapshot).await.expect("kept");
    drop(store);
    let db = Connection::open(folder.path().join(SqliteStore::FILE)).expect("the file");
    db.execute_batch("UPDATE snapshots SET state = '{\"cents\":9}'").expect("changed");
    drop(db);
    let store = open(folder.path()).expect("opens");
    assert_eq!(store.load_snapshot(&kitchen()).await.expect("readable"), None);
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tamper(folder.path(), "PRAGMA user_version = 99").await;
    let before = std::fs::read(folder.path().join(SqliteStore::FILE)).expect("readable");
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("run the newer program"), "{error}");
    assert_eq!(std::fs::read(folder.path().join(SqliteStore::FILE)).expect("readable"), before);
}

#[test]
fn somebody_elses_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(SqliteStore::FILE);
    let db = Connection::open(&path).expect("made");
    db.execute_batch("CREATE TABLE recipes (name TEXT)").expect("made");
    drop(db);
    assert!(matches!(open(folder.path()), Err(StoreError::Foreign { .. })));
    std::fs::write(&path, "x".repeat(4_096)).expect("written");
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).expect("readable"), vec![b'x'; 4_096]);
}

#[tokio::test]
async fn a_folder_in_use_is_refused_until_it_is_free() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 1).await;
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("another process"), "{error}");
    store.close().await.expect("closes");
    let store = open(folder.path()).expect("it is free now");
    assert_eq!(texts(&store).await, 1);
}

#[tokio::test]
async fn a_log_survives_closing_and_keeps_its_identity() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 5).await;
    let log_id = store.log_id().to_owned();
    drop(store);
    let store = open(folder.path()).expect("opens again");
    assert_eq!((store.log_id(), texts(&store).await), (log_id.as_str(), 5));
    assert_eq!(*store.watch().borrow(), Position::serial(5));
    let error = store.append(said(4, "again")).await.unwrap_err();
    assert!(matches!(error, AppendError::Duplicate { .. }));
}

#[tokio::test]
async fn waiting_appends_share_a_commit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Arc::new(filled(folder.path(), 0).await);
    let (held, hold) = std::sync::mpsc::channel::<()>();
    let scope = tasks::Scope::root("test");
    // The writer stands still while others queue up.
    let writer = store.clone();
    let standing = scope.spawn("hold", async move {
        writer.writer.run(move |_| hold.recv().expect("released")).await;
    });
    let appends: Vec<_> = (0..100)
        .map(|number| {
            let store = store.clone();
            let stream = StreamId::new("room", &number.to_string());
            let append = Append { stream, ..said(0, "hello") };
            scope.spawn("append", async move { store.append(append).await })
        })
        .collect();
    tokio::task::yield_now().await;
    held.send(()).expect("the writer waits");
    standing.join().await.expect("no panic");
    for append in appends {
        append.join().await.expect("no panic").expect("appended");
    }
    let commits = store.commits();
    assert!((1..=6).contains(&commits), "{commits} commits for 100 appends");
}

#[tokio::test]
async fn a_backup_is_a_log_of_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(&folder.path().join("log"), 3).await;
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).expect("made");
    store.backup(copy.join(SqliteStore::FILE)).await.expect("copied");
    let restored = open(&copy).expect("opens");
    assert_eq!((texts(&restored).await, restored.log_id()), (3, store.log_id()));
    let nowhere = store.backup(PathBuf::from("/nowhere/at/all.db")).await.unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere/at/all.db"), "{nowhere}");
}

#[tokio::test]
async fn commits_wait_for_the_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = filled(folder.path(), 1).await;
    store
        .writer
        .run(|db| {
            let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, String>(0));
            let number = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            assert_eq!(pragma("journal_mode").expect("readable"), "wal");
            assert_eq!(number("synchronous").expect("readable"), 2, "FULL: fsync at every commit");
            assert_eq!(number("secure_delete").expect("readable"), 1);
        })
        .await;
}
