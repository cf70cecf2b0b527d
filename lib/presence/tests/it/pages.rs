//! What one person, or two, see of pages that come and go.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use presence::{Config, Presence, Tracked};
use pubsub::Received;
use tasks::{Clock, Scope};

use crate::house::{GRACE_MS, House, KITCHEN, PACE_MS, diff, told};

#[tokio::test(start_paused = true)]
async fn one_entry_however_many_pages() {
    let house = House::new();
    let first = house.presence.track(KITCHEN, "ana", 1);
    house.pass_ms(10).await;
    let _ben = house.presence.track(KITCHEN, "ben", 7);
    let _second = house.presence.track(KITCHEN, "ana", 2);
    let list = house.presence.list(KITCHEN);
    assert_eq!(house.keys(), ["ana", "ben"]);
    assert_eq!((&*list[0].metas, list[0].since_ms, list[0].leaving), (&[1, 2][..], 1_000, false));
    assert_eq!(house.presence.count(KITCHEN), 2);
    assert_eq!(house.presence.topics(), [(KITCHEN.to_owned(), 2)]);

    drop(first);
    let ana = house.presence.entry(KITCHEN, "ana").expect("another page is open");
    assert_eq!((&*ana.metas, ana.since_ms, ana.leaving), (&[2][..], 1_000, false));
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_listed_first_and_then_by_key() {
    let house = House::new();
    let _two = [house.track("zoe"), house.track("ben")];
    house.pass_ms(10).await;
    let _ana = house.track("ana");
    assert_eq!(house.keys(), ["ben", "zoe", "ana"]);
}

#[tokio::test(start_paused = true)]
async fn who_was_here_before_the_start_keeps_their_place() {
    let house = House::new();
    let _ben = house.track("ben");
    drop(house.presence.track_since(KITCHEN, "zoe", 0, 400));
    let _ahead = house.presence.track_since(KITCHEN, "ana", 0, i64::MAX);
    assert_eq!(house.keys(), ["zoe", "ana", "ben"]);
    let _zoe = house.track("zoe");
    let since_ms = house.presence.list(KITCHEN).iter().map(|entry| entry.since_ms).collect();
    assert_eq!((house.keys()[0].as_str(), since_ms), ("zoe", vec![400, 1_000, 1_000]));
}

#[tokio::test(start_paused = true)]
async fn a_closed_page_goes_when_its_grace_time_is_over() {
    let house = House::new();
    let _ben = house.track("ben");
    let ana = house.presence.track(KITCHEN, "ana", 3);
    house.pass_ms(10).await;
    drop(ana);
    house.pass_ms(GRACE_MS - 1).await;
    assert!(house.presence.contains(KITCHEN, "ana"));
    let entry = house.presence.entry(KITCHEN, "ana").expect("it is leaving");
    assert_eq!((&*entry.metas, entry.leaving), (&[3][..], true));
    house.pass_ms(3).await;
    assert!(!house.presence.contains(KITCHEN, "ana"));
    assert_eq!(house.keys(), ["ben"]);
}

#[tokio::test(start_paused = true)]
async fn the_page_that_was_closed_last_stays_while_leaving() {
    let house = House::new();
    let first = house.presence.track(KITCHEN, "ana", 1);
    let second = house.presence.track(KITCHEN, "ana", 2);
    drop(second);
    drop(first);
    assert_eq!(house.presence.list(KITCHEN)[0].metas, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_loaded_again_was_never_away() {
    let house = House::new();
    let mut kitchen = house.presence.subscribe(KITCHEN);
    let mut ana = house.track("ana");
    house.pass_ms(10).await;
    assert_eq!(told(&mut kitchen), [diff(["ana"], [], [])]);
    // Again and again, and each time just in time.
    for _ in 0..3 {
        drop(ana);
        house.pass_ms(GRACE_MS - 1).await;
        assert_eq!(house.keys(), ["ana"]);
        ana = house.track("ana");
        house.pass_ms(PACE_MS * 2).await;
        assert_eq!(told(&mut kitchen), vec![diff([], [], ["ana"]); 2], "leaving, and back");
        let entry = &house.presence.list(KITCHEN)[0];
        assert_eq!((entry.since_ms, entry.leaving, entry.metas.len()), (1_000, false, 1));
    }
    house.pass_ms(GRACE_MS * 2).await;
    assert_eq!((house.keys(), told(&mut kitchen)), (vec!["ana".to_owned()], vec![]));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_too_late_is_new() {
    let house = House::new();
    drop(house.track("ana"));
    house.pass_ms(GRACE_MS + 1).await;
    let _ana = house.track("ana");
    let now_ms = house.clock.now_ms();
    assert_eq!(house.presence.list(KITCHEN)[0].since_ms, now_ms);
}

/// Regression test of D26: three tabs that were closed at once broke every page.
#[tokio::test(start_paused = true)]
async fn several_leaves_are_one_diff() {
    let house = House::new();
    let mut kitchen = house.presence.subscribe(KITCHEN);
    let people = ["ana", "ben", "cem"].map(|key| house.track(key));
    house.pass_ms(PACE_MS).await;
    drop(people);
    house.pass_ms(GRACE_MS * 2).await;
    let all = ["ana", "ben", "cem"];
    assert_eq!(told(&mut kitchen), [diff(all, [], []), diff([], [], all), diff([], all, [])]);
    assert_eq!(house.keys(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_update_is_told_and_one_that_changes_nothing_is_not() {
    let house = House::new();
    let ana = house.track("ana");
    house.pass_ms(PACE_MS).await;
    let mut kitchen = house.presence.subscribe(KITCHEN);
    ana.update(|meta| *meta += 5);
    house.pass_ms(PACE_MS).await;
    assert_eq!(told(&mut kitchen), [diff([], [], ["ana"])]);
    assert_eq!(house.presence.list(KITCHEN)[0].metas, [5]);
    ana.update(|meta| *meta = 5);
    house.pass_ms(PACE_MS).await;
    assert_eq!(told(&mut kitchen), [] as [[Vec<String>; 3]; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_update_may_read_the_presence_and_one_that_panics_changes_nothing() {
    let house = House::new();
    let ana = house.track("ana");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ana.update(|meta| {
            *meta = 9;
            panic!("boom")
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(house.presence.list(KITCHEN)[0].metas, [0]);
    ana.update(|meta| *meta = 1 + u32::from(house.presence.contains(KITCHEN, "ana")));
    assert_eq!(house.presence.list(KITCHEN)[0].metas, [2]);
}

#[tokio::test(start_paused = true)]
async fn topics_are_apart_and_who_follows_all_hears_of_each() {
    let house = House::new();
    let mut cellar = house.presence.subscribe("room:cellar");
    let mut all = house.presence.subscribe_all();
    let ana = house.track("ana");
    let _ben = house.presence.track("room:cellar", "ben", 0);
    assert_eq!((ana.topic(), ana.key()), (KITCHEN, "ana"));
    house.pass_ms(10).await;
    assert_eq!(told(&mut cellar), [diff(["ben"], [], [])]);
    assert_eq!(told(&mut all), [diff(["ben"], [], []), diff(["ana"], [], [])]);
}

#[tokio::test(start_paused = true)]
async fn a_page_whose_task_dies_is_closed() {
    let house = House::new();
    let ana = house.track("ana");
    let task = house.scope.spawn("page", async move {
        let _open = ana;
        panic!("boom")
    });
    assert_eq!(task.join().await, None::<()>);
    assert!(house.presence.list(KITCHEN)[0].leaving);
    house.pass_ms(GRACE_MS + 1).await;
    assert_eq!(house.presence.count(KITCHEN), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_to_list_again() {
    let house = House::with(Config { mailbox_diffs: 2, ..Config::default() });
    let mut kitchen = house.presence.subscribe(KITCHEN);
    let mut people = Vec::new();
    for key in ["ana", "ben", "cem"] {
        people.push(house.track(key));
        house.pass_ms(PACE_MS * 2).await;
    }
    assert_eq!(kitchen.recv().await, Received::Lagged);
    assert_eq!(house.keys(), ["ana", "ben", "cem"]);
}

#[tokio::test(start_paused = true)]
async fn since_when_a_topic_is_empty_is_remembered_for_a_while() {
    let house = House::with(Config { emptied_topics_max: 1, ..Config::default() });
    assert_eq!(house.presence.empty_since_ms(KITCHEN), None);
    let ana = house.track("ana");
    drop(ana);
    house.pass_ms(10).await;
    assert_eq!(house.presence.empty_since_ms(KITCHEN), None, "she is leaving");
    house.pass_ms(GRACE_MS + 1).await;
    let now_ms = house.clock.now_ms();
    assert_eq!(house.presence.empty_since_ms(KITCHEN), Some(now_ms));
    house.pass_ms(50).await;
    assert_eq!(house.presence.empty_since_ms(KITCHEN), Some(now_ms));

    let ana = house.track("ana");
    assert_eq!(house.presence.empty_since_ms(KITCHEN), None);
    drop(ana);
    house.pass_ms(GRACE_MS + 1).await;
    assert!(house.presence.empty_since_ms(KITCHEN).is_some());
    drop(house.presence.track("room:cellar", "ben", 0));
    house.pass_ms(GRACE_MS + 1).await;
    assert!(house.presence.empty_since_ms("room:cellar").is_some());
    assert_eq!(house.presence.empty_since_ms(KITCHEN), None, "one topic is remembered");
}

#[tokio::test(start_paused = true)]
async fn what_pages_said_is_gone_when_everyone_left() {
    let (scope, config) = (Scope::root("house"), Config::default());
    let presence = Presence::new(config, Clock::manual(0), &scope);
    let metas: Vec<Arc<u32>> = (0..100).map(Arc::new).collect();
    let pages: Vec<Tracked<Arc<u32>>> =
        metas.iter().map(|meta| presence.track(KITCHEN, &meta.to_string(), meta.clone())).collect();
    let metas: Vec<Weak<u32>> = metas.into_iter().map(|meta| Arc::downgrade(&meta)).collect();
    let alive = || metas.iter().filter(|meta| meta.upgrade().is_some()).count();
    assert_eq!(alive(), 100);
    drop(pages);
    assert_eq!(alive(), 100, "they are leaving");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((alive(), presence.topics(), presence.part().size()), (0, vec![], 0));
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle_and_the_last_page() {
    let House { presence, clock: _, scope } = House::new();
    let ana = presence.track(KITCHEN, "ana", 0);
    drop(presence);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scope.running(), 1, "a page is open");
    drop(ana);
    tokio::time::timeout(Duration::from_secs(60), ended(&scope)).await.expect("it ends");

    let House { presence, clock: _, scope } = House::new();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scope.running(), 1, "a handle is left");
    drop(presence);
    tokio::time::timeout(Duration::from_secs(60), ended(&scope)).await.expect("it ends");
}

/// Waits for the tasks of `scope`; the paused clock goes on while nothing else happens.
async fn ended(scope: &Scope) {
    while scope.running() > 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn pages_come_and_go_on_many_threads() {
    let scope = Scope::root("house");
    let config = Config { grace: Duration::ZERO, pace: Duration::ZERO, ..Config::default() };
    let presence = Presence::new(config, Clock::system(), &scope);
    let mut kitchen = presence.subscribe(KITCHEN);
    std::thread::scope(|threads| {
        for number in 0..4_u32 {
            let presence = &presence;
            threads.spawn(move || {
                for round in 0..200 {
                    let key = format!("guest {}", (number + round) % 5);
                    let page = presence.track(KITCHEN, &key, number);
                    page.update(|meta| *meta += 1);
                    assert!(presence.contains(KITCHEN, &key), "a page is open");
                }
            });
        }
    });
    let empty = async {
        while presence.count(KITCHEN) > 0 {
            kitchen.recv().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), empty).await.expect("everyone goes");
}

#[test]
fn guards_and_handles_go_to_other_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Tracked<u32>>();
    is_shared::<Presence<u32>>();
}
