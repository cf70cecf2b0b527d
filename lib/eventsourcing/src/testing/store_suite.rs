//! The cases that every store passes.

use std::sync::Arc;

use tasks::Scope;

use crate::{
    Append, AppendError, CommandId, Decided, EventStore, NewEvent, Position, Receipt, Recorded,
    Redaction, Snapshot, StoreError, StreamId, Version,
};

type Store = Arc<dyn EventStore>;

/// Runs every case against stores made by `empty`, each time a fresh one.
///
/// # Panics
/// At the first case that fails.
pub async fn store_suite(empty: impl Fn() -> Arc<dyn EventStore>) {
    what_was_appended_can_be_read(empty()).await;
    versions_have_no_gaps_and_commands_get_their_own(empty()).await;
    a_wrong_version_is_refused_and_writes_nothing(empty()).await;
    a_command_is_stored_once(empty()).await;
    a_duplicate_keeps_the_rest_of_its_append_out(empty()).await;
    the_same_id_in_another_stream_is_another_command(empty()).await;
    a_command_without_events_is_remembered(empty()).await;
    streams_are_apart_and_the_log_has_them_all(empty()).await;
    reading_resumes_where_it_stopped(empty()).await;
    the_watermark_is_announced_after_the_commit(empty()).await;
    one_of_many_concurrent_appends_wins(empty()).await;
    concurrent_appends_to_many_streams_all_land(empty()).await;
    text_survives_as_it_was(empty()).await;
    snapshots_are_kept_and_replaced(empty()).await;
    redaction_replaces_payloads_and_nothing_else(empty()).await;
    redaction_forgets_the_snapshot(empty()).await;
    checkpoints_are_kept(empty()).await;
    a_closed_store_says_so(empty()).await;
    logs_differ_in_their_identity(empty(), empty());
}

fn kitchen() -> StreamId {
    StreamId::new("room", "kitchen")
}

fn cellar() -> StreamId {
    StreamId::new("room", "cellar")
}

fn id(text: &str) -> CommandId {
    CommandId::new(text).expect("a valid id")
}

fn said(text: &str) -> NewEvent {
    let payload = serde_json::json!({ "text": text }).to_string();
    NewEvent { name: "Said".into(), schema: 2, payload }
}

fn append(stream: StreamId, expected: Version, commands: &[(&str, &[&str])]) -> Append {
    let commands = commands.iter().map(|(command, texts)| Decided {
        command: id(command),
        events: texts.iter().map(|text| said(text)).collect(),
    });
    Append { stream, expected, recorded_ms: 1_700, commands: commands.collect() }
}

async fn must_append(
    store: &Store,
    stream: StreamId,
    expected: Version,
    command: &str,
    texts: &[&str],
) -> Receipt {
    let receipts = store.append(append(stream, expected, &[(command, texts)])).await;
    receipts.expect("the append works").remove(0)
}

async fn stream_of(store: &Store, stream: &StreamId) -> Vec<Recorded> {
    store.read_stream(stream, 0, 1_000).await.expect("readable").events
}

async fn log_of(store: &Store) -> Vec<Recorded> {
    store.read_all(Position::START, 1_000).await.expect("readable").events
}

async fn what_was_appended_can_be_read(store: Store) {
    let receipt = must_append(&store, kitchen(), 0, "c1", &["hello"]).await;
    assert_eq!((receipt.after, receipt.version, receipt.duplicate), (0, 1, false));
    assert_eq!(receipt.stream, kitchen());
    let events = stream_of(&store, &kitchen()).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.version, &event.stream, event.position), (1, &kitchen(), receipt.position));
    assert_eq!((event.name.as_str(), event.schema), ("Said", 2));
    assert_eq!((event.recorded_ms, event.redacted), (1_700, false));
    assert_eq!(event.payload, said("hello").payload);
    assert_eq!(log_of(&store).await, events);
    let nobody = store.read_stream(&cellar(), 0, 10).await.expect("readable");
    assert_eq!((nobody.events.len(), nobody.head), (0, 0));
}

async fn versions_have_no_gaps_and_commands_get_their_own(store: Store) {
    let batch = append(kitchen(), 0, &[("c1", &["a", "b"]), ("c2", &[]), ("c3", &["c"])]);
    let receipts = store.append(batch).await.expect("the append works");
    let versions: Vec<_> =
        receipts.iter().map(|receipt| (receipt.after, receipt.version)).collect();
    assert_eq!(versions, [(0, 2), (2, 2), (2, 3)]);
    must_append(&store, kitchen(), 3, "c4", &["d"]).await;
    let versions: Vec<_> =
        stream_of(&store, &kitchen()).await.iter().map(|event| event.version).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
}

async fn a_wrong_version_is_refused_and_writes_nothing(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a", "b"]).await;
    for wrong in [0, 1, 3, 99] {
        let error = store.append(append(kitchen(), wrong, &[("c2", &["x"])])).await.unwrap_err();
        assert!(
            matches!(&error, AppendError::WrongVersion { expected, actual: 2, .. } if *expected == wrong),
            "{error:?}"
        );
    }
    assert_eq!(stream_of(&store, &kitchen()).await.len(), 2);
    assert_eq!(store.find_command(&kitchen(), &id("c2")).await.expect("readable"), None);
    must_append(&store, kitchen(), 2, "c2", &["x"]).await;
}

async fn a_command_is_stored_once(store: Store) {
    let first = must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    let again = Receipt { duplicate: true, ..first };
    // Whatever version it expects: that it is a resend matters more.
    for expected in [0, 1] {
        let error = store.append(append(kitchen(), expected, &[("c1", &["a"])])).await.unwrap_err();
        assert!(
            matches!(&error, AppendError::Duplicate { receipt, .. } if *receipt == again),
            "{error:?}"
        );
    }
    assert_eq!(stream_of(&store, &kitchen()).await.len(), 1);
    let found = store.find_command(&kitchen(), &id("c1")).await.expect("readable");
    assert_eq!(found, Some(again));
}

async fn a_duplicate_keeps_the_rest_of_its_append_out(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    let batch = append(kitchen(), 1, &[("c2", &["b"]), ("c1", &["a"])]);
    let error = store.append(batch).await.unwrap_err();
    assert!(matches!(&error, AppendError::Duplicate { command, .. } if *command == id("c1")));
    assert_eq!(stream_of(&store, &kitchen()).await.len(), 1);
    assert_eq!(store.find_command(&kitchen(), &id("c2")).await.expect("readable"), None);
}

async fn the_same_id_in_another_stream_is_another_command(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    assert_eq!(store.find_command(&cellar(), &id("c1")).await.expect("readable"), None);
    must_append(&store, cellar(), 0, "c1", &["a"]).await;
}

async fn a_command_without_events_is_remembered(store: Store) {
    let nothing = must_append(&store, kitchen(), 0, "c1", &[]).await;
    assert!(nothing.is_empty());
    let found = store.find_command(&kitchen(), &id("c1")).await.expect("readable");
    assert_eq!(found, Some(Receipt { duplicate: true, ..nothing }));
    assert_eq!(log_of(&store).await.len(), 0);
    must_append(&store, kitchen(), 0, "c2", &["a"]).await;
}

async fn streams_are_apart_and_the_log_has_them_all(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    must_append(&store, cellar(), 0, "c2", &["b"]).await;
    let last = must_append(&store, kitchen(), 1, "c3", &["c"]).await;
    let log = log_of(&store).await;
    let order: Vec<_> = log.iter().map(|event| (event.stream.id(), event.version)).collect();
    assert_eq!(order, [("kitchen", 1), ("cellar", 1), ("kitchen", 2)]);
    assert!(log.is_sorted_by(|a, b| a.position < b.position));
    assert_eq!(store.head().await.expect("readable"), last.position);
    let page = store.read_all(Position::START, 1_000).await.expect("readable");
    assert!(page.is_last() && page.next == last.position && page.watermark == last.position);
}

async fn reading_resumes_where_it_stopped(store: Store) {
    for version in 0..10 {
        must_append(&store, kitchen(), version, &format!("c{version}"), &["a"]).await;
    }
    let (mut position, mut seen) = (Position::START, Vec::new());
    loop {
        let page = store.read_all(position, 3).await.expect("readable");
        assert!(page.events.len() <= 3);
        seen.extend(page.events.iter().map(|event| event.version));
        position = page.next;
        if page.is_last() {
            break;
        }
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    let at_the_end = store.read_all(position, 3).await.expect("readable");
    assert!(at_the_end.events.is_empty() && at_the_end.next == position && at_the_end.is_last());
    let page = store.read_stream(&kitchen(), 4, 3).await.expect("readable");
    let versions: Vec<_> = page.events.iter().map(|event| event.version).collect();
    assert_eq!((versions, page.head), (vec![5, 6, 7], 10));
}

async fn the_watermark_is_announced_after_the_commit(store: Store) {
    let mut hints = store.watch();
    assert_eq!(*hints.borrow_and_update(), Position::START);
    let receipt = must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    let seen = *hints.wait_for(|head| *head >= receipt.position).await.expect("the store is open");
    assert_eq!(seen, store.head().await.expect("readable"));
}

async fn one_of_many_concurrent_appends_wins(store: Store) {
    let scope = Scope::root("suite");
    let mut attempts = Vec::new();
    for number in 0..16 {
        let store = store.clone();
        let command = format!("c{number}");
        attempts.push(scope.spawn("append", async move {
            store.append(append(kitchen(), 0, &[(&command, &["a"])])).await.is_ok()
        }));
    }
    let mut won = 0;
    for attempt in attempts {
        won += usize::from(attempt.join().await.expect("no panic"));
    }
    assert_eq!((won, stream_of(&store, &kitchen()).await.len()), (1, 1));
}

async fn concurrent_appends_to_many_streams_all_land(store: Store) {
    let scope = Scope::root("suite");
    let mut appends = Vec::new();
    for number in 0..32 {
        let store = store.clone();
        appends.push(scope.spawn("append", async move {
            let stream = StreamId::new("room", &format!("r{number}"));
            for version in 0..4 {
                must_append(&store, stream.clone(), version, &format!("c{version}"), &["a"]).await;
            }
        }));
    }
    for append in appends {
        append.join().await.expect("no panic");
    }
    let log = log_of(&store).await;
    assert_eq!(log.len(), 128);
    assert!(log.is_sorted_by(|a, b| a.position < b.position));
    for number in 0..32 {
        let id = format!("r{number}");
        let of_stream = log.iter().filter(|event| event.stream.id() == id);
        assert!(of_stream.map(|event| event.version).eq(1..=4), "{id} is in order");
    }
}

async fn text_survives_as_it_was(store: Store) {
    let text = "Grüße 👩‍👩‍👧 \u{0} \"quoted\" \n 'and' \u{202e} all";
    must_append(&store, kitchen(), 0, "c1", &[text]).await;
    assert_eq!(stream_of(&store, &kitchen()).await[0].payload, said(text).payload);
}

async fn snapshots_are_kept_and_replaced(store: Store) {
    assert_eq!(store.load_snapshot(&kitchen()).await.expect("readable"), None);
    must_append(&store, kitchen(), 0, "c1", &["a", "b"]).await;
    for (version, schema) in [(1, 1), (2, 7)] {
        let state = format!("{{\"at\":{version}}}");
        let snapshot = Snapshot { stream: kitchen(), version, schema, state };
        store.save_snapshot(snapshot.clone()).await.expect("kept");
        assert_eq!(store.load_snapshot(&kitchen()).await.expect("readable"), Some(snapshot));
    }
    assert_eq!(store.load_snapshot(&cellar()).await.expect("readable"), None);
}

async fn redaction_replaces_payloads_and_nothing_else(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a", "secret", "c"]).await;
    must_append(&store, cellar(), 0, "c1", &["other"]).await;
    let before = log_of(&store).await;
    let redaction = |version| Redaction { version, schema: 3, payload: "{}".into() };
    let replaced = store.redact(&kitchen(), vec![redaction(2), redaction(99)]).await;
    assert_eq!(replaced.expect("redacted"), 1);
    let mut expected = before;
    expected[1].payload = "{}".into();
    expected[1].schema = 3;
    expected[1].redacted = true;
    assert_eq!(log_of(&store).await, expected);
    assert_eq!(stream_of(&store, &kitchen()).await, expected[..3]);
    let again = store.redact(&kitchen(), vec![redaction(2)]).await;
    assert_eq!(again.expect("harmless"), 1);
    let nobody = store.redact(&StreamId::new("room", "attic"), vec![redaction(1)]).await;
    assert_eq!(nobody.expect("harmless"), 0);
}

async fn redaction_forgets_the_snapshot(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["secret"]).await;
    let state = "{\"last\":\"secret\"}".into();
    let snapshot = Snapshot { stream: kitchen(), version: 1, schema: 1, state };
    store.save_snapshot(snapshot).await.expect("kept");
    let redaction = Redaction { version: 1, schema: 2, payload: "{}".into() };
    store.redact(&kitchen(), vec![redaction]).await.expect("redacted");
    assert_eq!(store.load_snapshot(&kitchen()).await.expect("readable"), None);
}

async fn checkpoints_are_kept(store: Store) {
    assert_eq!(store.load_checkpoint("mail").await.expect("readable"), None);
    for position in [Position::serial(3), Position { transaction: 4, serial: 1 }] {
        store.save_checkpoint("mail", position).await.expect("kept");
        assert_eq!(store.load_checkpoint("mail").await.expect("readable"), Some(position));
    }
    assert_eq!(store.load_checkpoint("fetch").await.expect("readable"), None);
}

async fn a_closed_store_says_so(store: Store) {
    must_append(&store, kitchen(), 0, "c1", &["a"]).await;
    store.close().await.expect("closes");
    let append = store.append(append(kitchen(), 1, &[("c2", &["b"])])).await;
    assert!(matches!(append, Err(AppendError::Store(StoreError::Closed))));
    let read = store.read_stream(&kitchen(), 0, 10).await;
    assert!(matches!(read, Err(StoreError::Closed)));
    assert!(matches!(store.read_all(Position::START, 10).await, Err(StoreError::Closed)));
    assert!(matches!(store.head().await, Err(StoreError::Closed)));
}

fn logs_differ_in_their_identity(one: Store, other: Store) {
    assert!(!one.log_id().is_empty());
    assert_ne!(one.log_id(), other.log_id());
}
