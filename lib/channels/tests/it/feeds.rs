//! One source of frames, many connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use channels::{
    Config,
    testing::{Client, Message},
};
use serde_json::json;

use crate::house::House;

fn narrow() -> Config {
    Config { feed_backlog_max: 8, batch_frames_max: 4, ..Config::default() }
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.payload["n"].as_u64().expect("a board's diff")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_join_reply_is_the_snapshot_and_what_follows_is_shared() {
    let mut house = House::new(Config::default());
    house.publish();
    let (mut ana, mut ben) = (house.connect(), house.connect());
    let reply = ana.join("board", "{}").await;
    assert_eq!(*reply.response(), json!({ "rendered": { "n": 1 } }));
    house.publish();
    assert_eq!(*ben.join("board", "{}").await.response(), json!({ "rendered": { "n": 2 } }));
    house.publish();
    let diff = ana.next().await;
    assert_eq!((diff.join_ref, diff.message_ref), (None, None));
    assert_eq!((&*diff.topic, &*diff.event, diff.payload), ("board", "diff", json!({ "n": 2 })));
    assert_eq!(ana.next().await.payload, json!({ "n": 3 }));
    assert_eq!(ben.next().await.payload, json!({ "n": 3 }));
}

#[tokio::test(start_paused = true)]
async fn frames_that_wait_together_are_written_together() {
    let mut house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    let before = ana.flushes();
    (0..10).for_each(|_| house.publish());
    for n in 1..=10 {
        assert_eq!(ana.next().await.payload["n"], n);
    }
    assert_eq!(ana.flushes(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_feed_comes_after_leaving() {
    let mut house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    ana.push("board", "phx_leave", "{}");
    ana.event("phx_close").await;
    assert_eq!(house.subscribers(), 0);
    house.publish();
    assert!(ana.call("phoenix", "heartbeat", "{}").await.is_ok());
    ana.arrived().iter().for_each(|message| assert_eq!(message.event, "phx_reply"));
}

#[tokio::test(start_paused = true)]
async fn frames_that_wait_when_the_browser_leaves_are_dropped() {
    let mut house = House::new(narrow());
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    for _ in 0..30 {
        house.publish();
        tokio::task::yield_now().await;
    }
    ana.stuck().await;
    let leave = ana.push("board", "phx_leave", "{}");
    ana.all_read().await;
    let mut close_seen = false;
    loop {
        let message = ana.next().await;
        assert!(!close_seen || message.event != "diff", "a diff after phx_close");
        close_seen |= message.event == "phx_close";
        if message.message_ref.as_deref() == Some(&leave) {
            break;
        }
    }
    assert!(close_seen);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_one_snapshot_and_others_get_everything() {
    let mut house = House::new(narrow());
    let (mut ana, mut slow) = (house.connect(), house.connect());
    ana.join("board", "{}").await;
    slow.join("board", "{}").await;
    for n in 1..=200 {
        house.publish();
        assert_eq!(ana.next().await.payload["n"], n, "ana gets every frame");
    }
    assert!(slow.call("phoenix", "heartbeat", "{}").await.is_ok());
    house.publish();
    assert_eq!(ana.next().await.payload["n"], 201);
    slow.find(|message| message.payload["n"] == 201).await;
    let diffs = slow.arrived();
    let whole: Vec<_> = diffs.iter().filter(|diff| diff.payload["whole"] == true).collect();
    assert_eq!(whole.len(), 1, "one snapshot stands for the backlog");
    assert_eq!(whole[0].payload["n"], 200, "as of when it was written");
    let seen = numbers(&diffs);
    assert!(seen.len() < 40, "far fewer than 200");
    assert!(seen.is_sorted_by(|a, b| a < b), "in order, nothing twice: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_is_closed_and_others_get_everything() {
    let mut house = House::new(narrow());
    let (mut ana, mut stuck) = (house.connect(), house.connect());
    ana.join("board", "{}").await;
    stuck.join("board", "{}").await;
    for n in 1..=100 {
        house.publish();
        assert_eq!(ana.next().await.payload["n"], n);
    }
    let stuck = stuck.patient(11_000);
    assert_eq!(stuck.closed_unread().await, (1012, "too slow"));
    assert_eq!(house.subscribers(), 1, "and it holds no place any more");
    house.publish();
    assert_eq!(ana.next().await.payload["n"], 101);
}

#[tokio::test(start_paused = true)]
async fn when_a_feed_ends_its_readers_join_again() {
    let mut house = House::new(Config::default());
    let mut ana = house.connect();
    let join_ref = ana.join("board", "{}").await.join_ref;
    house.publish();
    drop(house.publisher.take());
    assert_eq!(ana.next().await.payload["n"], 1, "what was published still comes");
    let error = ana.next().await;
    assert_eq!((&*error.event, error.join_ref), ("phx_error", join_ref));
    assert_eq!(ana.join("board", "{}").await.response()["reason"], "join crashed");
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_gives_its_place_back() {
    let mut house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    assert_eq!(house.subscribers(), 1);
    drop(ana);
    house.scope.stop(Duration::from_secs(1)).await.expect("the socket ends");
    assert_eq!(house.subscribers(), 0);
    house.publish();
}

/// Joins again and again while frames are published, and checks that each is the one after what
/// it has, or a snapshot that skips ahead.
async fn watch(mut client: Client, done: &AtomicBool) -> (usize, usize) {
    let (mut frames, mut rounds) = (0, 0);
    while !done.load(Ordering::SeqCst) {
        let reply = client.join("board", "{}").await;
        let mut at = reply.response()["rendered"]["n"].as_u64().expect("a snapshot");
        for _ in 0..rounds % 50 {
            if done.load(Ordering::SeqCst) {
                break;
            }
            let diff = client.event("diff").await;
            let n = diff.payload["n"].as_u64().expect("a number");
            let whole = diff.payload["whole"] == true;
            assert!(n == at + 1 || (whole && n > at), "{n} came after {at}, whole: {whole}");
            (at, frames) = (n, frames + 1);
        }
        let leave = client.push("board", "phx_leave", "{}");
        client.reply(&leave).await;
        client.arrived();
        rounds += 1;
    }
    (frames, rounds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn joins_and_leaves_during_publishing_miss_nothing() {
    let quick = Config {
        flood_frames_per_second: 1_000_000,
        flood_frames_burst: 1_000_000,
        feed_backlog_max: 8,
        ..Config::default()
    };
    let mut house = House::new(quick);
    static DONE: AtomicBool = AtomicBool::new(false);
    let watchers: Vec<_> = (0..8)
        .map(|_| house.scope.spawn("watcher", watch(house.connect().patient(20_000), &DONE)))
        .collect();
    for n in 0..20_000 {
        house.publish();
        if n % 8 == 0 {
            tokio::task::yield_now().await;
        }
    }
    DONE.store(true, Ordering::SeqCst);
    // Those that wait for a diff when publishing stops need some more.
    let publishing = async {
        loop {
            house.publish();
            tokio::task::yield_now().await;
        }
    };
    let watching = async {
        let mut total = (0, 0);
        for watcher in watchers {
            let (frames, rounds) = watcher.join().await.expect("no watcher saw a gap");
            total = (total.0 + frames, total.1 + rounds);
        }
        total
    };
    let (frames, rounds) = tokio::select! {
        total = watching => total,
        () = publishing => unreachable!("it never ends"),
    };
    assert!(frames > 100 && rounds > 20, "need traffic: {frames} frames in {rounds} rounds");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_expelled_gets_nothing_more_and_others_notice_nothing() {
    let mut house = House::new(Config::default());
    let (mut ana, mut mallory) = (house.connect(), house.connect_as("Mallory"));
    ana.join("board", "{}").await;
    let join_ref = mallory.join("board", "{}").await.join_ref;
    house.publish();
    assert_eq!(mallory.next().await.payload["n"], 1);
    house.expel("Mallory");
    house.publish();
    let error = mallory.next().await;
    assert_eq!((&*error.event, error.join_ref), ("phx_error", join_ref));
    assert_eq!(
        (ana.next().await.payload, ana.next().await.payload),
        (json!({ "n": 1 }), json!({ "n": 2 }))
    );
    assert_eq!(mallory.call("board", "say", "{}").await.response()["reason"], "unmatched topic");
    assert_eq!((mallory.arrived(), house.subscribers()), (vec![], 1));
    assert!(mallory.join("board", "{}").await.is_ok(), "the handler decides about a new join");
    house.publish();
    assert_eq!(mallory.next().await.payload["n"], 3);
    assert_eq!(ana.next().await.payload["n"], 3);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_expelled_is_dropped() {
    // As frames, and as the snapshot in their place.
    for (taken, waiting) in [(24, 3), (30, 40)] {
        let mut house = House::new(narrow());
        let mut mallory = house.connect_as("Mallory");
        mallory.join("board", "{}").await;
        for _ in 0..taken {
            house.publish();
            tokio::task::yield_now().await;
        }
        mallory.stuck().await;
        (0..waiting).for_each(|_| house.publish());
        house.expel("Mallory");
        house.publish();
        mallory.event("phx_error").await;
        let last = numbers(&mallory.arrived()).into_iter().max();
        assert!(last <= Some(20), "{last:?} is more than the connection had taken");
    }
}

#[tokio::test(start_paused = true)]
async fn a_join_that_is_expelled_before_its_answer_is_refused() {
    let mut house = House::new(Config::default());
    let (mut ana, mut mallory) = (house.connect(), house.connect_as("Mallory"));
    let joins = [
        ana.send_join("board", r#"{"how":"slow"}"#),
        mallory.send_join("board", r#"{"how":"slow"}"#),
    ];
    let both_wait = async {
        while house.subscribers() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), both_wait).await.expect("they wait");
    house.expel("Mallory");
    house.gate.add_permits(2);
    assert!(ana.reply(&joins[0]).await.is_ok());
    assert_eq!(mallory.reply(&joins[1]).await.response()["reason"], "unauthorized");
    house.publish();
    assert_eq!(ana.next().await.payload["n"], 1);
    assert!(mallory.call("phoenix", "heartbeat", "{}").await.is_ok());
    assert_eq!((mallory.arrived(), house.subscribers()), (vec![], 1));
}

#[tokio::test(start_paused = true)]
async fn a_place_of_a_join_that_came_to_nothing_is_given_back() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let join = ana.send_join("board", r#"{"how":"slow"}"#);
    ana.all_read().await;
    ana.push("board", "phx_leave", "{}");
    assert!(!ana.reply(&join).await.is_ok());
    assert_eq!(house.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_changed_hands_is_not_taken_from_the_next() {
    let mut house = House::new(Config::default());
    let mut mallory = house.connect_as("Mallory");
    mallory.join("board", "{}").await;
    let feed = house.publisher.as_ref().expect("it is there").feed().clone();
    let before = feed.viewers();
    let leave = mallory.push("board", "phx_leave", "{}");
    mallory.reply(&leave).await;
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    before.iter().for_each(|viewer| feed.expel(viewer));
    house.publish();
    assert_eq!(ana.next().await.payload["n"], 1);
}

/// Joins again and again, and notes the highest number it was ever shown.
async fn pry(mut client: Client, seen: Arc<AtomicU64>, done: Arc<AtomicBool>) {
    let mut is_over = false;
    while !is_over {
        is_over = done.load(Ordering::SeqCst);
        let reply = client.join("board", r#"{"how":"judged"}"#).await;
        for message in std::iter::once(reply).chain(client.arrived()) {
            let shown = [&message.payload["n"], &message.response()["rendered"]["n"]];
            let highest = shown.iter().filter_map(|n| n.as_u64()).max();
            seen.fetch_max(highest.unwrap_or_default(), Ordering::SeqCst);
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_shown_what_came_after_they_were_expelled() {
    let quick = Config {
        flood_frames_per_second: 1_000_000,
        flood_frames_burst: 1_000_000,
        feed_backlog_max: 2,
        ..Config::default()
    };
    for round in 0..60 {
        let mut house = House::new(quick.clone());
        let (seen, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let client = house.connect_as("Mallory").patient(20_000);
        let mallory = house.scope.spawn("mallory", pry(client, seen.clone(), done.clone()));
        let mut published = 0;
        let until_seen = async {
            while seen.load(Ordering::SeqCst) <= round {
                house.publish();
                published += 1;
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), until_seen).await.expect("it is shown");
        house.is_closed.store(true, Ordering::SeqCst);
        house.expel("Mallory");
        for _ in 0..50 {
            house.publish();
            tokio::task::yield_now().await;
        }
        done.store(true, Ordering::SeqCst);
        mallory.join().await.expect("every join is answered");
        let seen = seen.load(Ordering::SeqCst);
        assert!(seen <= published, "{seen} was shown, expelled at {published}");
    }
}
