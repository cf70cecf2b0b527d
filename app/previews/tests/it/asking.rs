//! Whatever goes wrong, whoever is told to wait gets one final answer, and in time.

use std::{io, sync::Arc, time::Duration};

use eventsourcing::{FaultyStore, MemoryStore, StreamId};
use fetch::{Config, Fetcher, Resolve, Resolved, Trust};
use previews::{AskError, Link, Reason, Settings, Status};
use pubsub::Received;
use rustls::RootCertStore;
use tasks::Clock;

use crate::{
    cast::{House, NOON_MS},
    web::{Web, html},
};

fn link(text: &str) -> Link {
    Link::parse(text).expect("a link")
}

/// A resolver that does to each name what the name says.
struct Moody;

impl Resolve for Moody {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        Box::pin(async move {
            match host {
                "panic.test" => panic!("this resolver does, for that name"),
                "silent.test" => std::future::pending().await,
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        })
    }
}

fn moody() -> Fetcher {
    let trust = Trust::Roots(Arc::new(RootCertStore::empty()));
    Fetcher::new(Config { resolver: Arc::new(Moody), trust, ..Config::default() })
}

#[tokio::test]
async fn a_fetch_that_panics_is_a_failure_and_the_next_ones_work() {
    let house = House::in_memory(moody(), Settings::default()).await;
    for _ in 0..3 {
        let preview = house.preview_again(&link("http://panic.test/")).await;
        assert!(matches!(preview.status, Status::Error(Reason::Failed(_))), "{preview:?}");
        house.clock.advance_ms(60_000);
    }
    let nobody = house.preview(&link("http://nobody.test/")).await;
    let Status::Error(Reason::Failed(why)) = nobody.status else { panic!("{nobody:?}") };
    assert!(why.contains("nobody.test"), "{why}");
    house.close().await;
}

#[tokio::test]
async fn a_log_that_fails_is_an_answer_at_once_and_no_more_than_that() {
    let web = Web::new();
    let site = web.answering("tea", |_| html("<title>Tea</title>")).await;
    let log = FaultyStore::new(MemoryStore::new());
    let clock = Clock::manual(NOON_MS);
    let house = House::open(log.clone(), None, clock, web.fetcher(), web.settings()).await;
    log.set_unavailable(true);
    let preview = house.preview(&site.link("/")).await;
    assert!(matches!(preview.status, Status::Error(Reason::Failed(_))), "{preview:?}");
    log.set_unavailable(false);
    assert_eq!(
        house.preview(&site.link("/")).await.status,
        Status::Processed,
        "it was no failure of the site"
    );
    house.close().await;
}

/// So many wait that most are never fetched.
#[tokio::test]
async fn a_thousand_who_wait_for_a_site_that_never_answers_are_all_told_in_time() {
    let house = House::in_memory(moody(), Settings::default()).await;
    let mut waiting = Vec::new();
    for number in 0..1_000 {
        let link = link(&format!("http://silent.test/{number}"));
        let changes = house.previews.subscribe(&link);
        let preview = house.previews.ask(&link).await.expect("it may be asked");
        assert_eq!(preview.status, Status::Pending);
        waiting.push(changes);
    }
    let one_more = house.previews.ask(&link("http://silent.test/more")).await;
    assert_eq!(one_more, Err(AskError::Busy), "there is a bound, and an answer to it");
    let stream = StreamId::new("queue", "previews");
    while house.log.read_stream(&stream, 0, 1).await.expect("no fault").head < 1_000 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // All of them wait by now.
    tokio::time::pause();
    for _ in 0..13 {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
    for changes in &mut waiting {
        let answer = tokio::time::timeout(Duration::from_secs(1), changes.recv()).await;
        let Ok(Received::Hint(preview)) = answer else { panic!("{answer:?}") };
        assert!(matches!(preview.status, Status::Error(Reason::Failed(_))), "{preview:?}");
    }
    for changes in &mut waiting {
        assert_eq!(changes.try_recv(), None, "one answer, and no more");
    }
    let next = house.previews.ask(&link("http://nobody.test/")).await.expect("there is room again");
    assert_eq!(next.status, Status::Pending);
    house.previews.shutdown(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn who_asks_while_everything_stops_is_not_left_waiting() {
    let house = House::in_memory(moody(), Settings::default()).await;
    let silent = link("http://silent.test/");
    let mut changes = house.previews.subscribe(&silent);
    assert_eq!(house.previews.ask(&silent).await.expect("it may be asked").status, Status::Pending);
    house.previews.shutdown(Duration::from_millis(100)).await;
    let answer = tokio::time::timeout(Duration::from_secs(1), changes.recv()).await;
    let Ok(Received::Hint(preview)) = answer else { panic!("{answer:?}") };
    assert!(matches!(preview.status, Status::Error(Reason::Failed(_))), "{preview:?}");
}
