//! Who is slow. Time is paused: it moves on when everybody waits.

use std::{sync::Arc, time::Duration};

use fetch::{Config, FetchError, Fetcher, Guard, Incoming, Limits, Trust};
use tasks::Scope;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::{Instant, interval},
};
use url::Url;

use crate::{
    house::{fetcher, url},
    resolver::{Names, Silent},
};

/// Says `head`, and then one byte every `pause`.
async fn slow_server(scope: &Scope, head: &'static str, pause: Duration) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    scope.spawn_abortable("slow server", async move {
        let (mut stream, _) = listener.accept().await.expect("somebody asks");
        let mut request = [0; 4096];
        let _asked = stream.read(&mut request).await.expect("they say something");
        stream.write_all(head.as_bytes()).await.expect("they listen");
        let mut ticks = interval(pause);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            if stream.write_all(b"t").await.is_err() {
                return;
            }
        }
    });
    url(&format!("http://127.0.0.1:{port}/"))
}

const NEVER: Duration = Duration::from_secs(1_000_000);

async fn get(url: &Url) -> Result<Incoming, FetchError> {
    fetcher(Names::default()).get(url, "*/*", &Guard::anywhere(), &Limits::default()).await
}

#[track_caller]
fn check_late<T: std::fmt::Debug>(got: &Result<T, FetchError>, since: Instant, seconds: u64) {
    assert!(matches!(got, Err(FetchError::Late { .. })), "{got:?}");
    let took = since.elapsed();
    let expected = Duration::from_secs(seconds);
    assert!(took >= expected && took < expected + Duration::from_millis(100), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_takes_a_step_at_most() {
    let scope = Scope::root("test");
    let begun = "HTTP/1.1 200 OK\r\na: ";
    for (head, pause) in [("", NEVER), (begun, NEVER), (begun, Duration::from_secs(1))] {
        let there = slow_server(&scope, head, pause).await;
        let since = Instant::now();
        check_late(&get(&there).await, since, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_waited_for_one_step() {
    let scope = Scope::root("test");
    let there = slow_server(&scope, "HTTP/1.1 200 OK\r\n\r\ntea", NEVER).await;
    let since = Instant::now();
    let mut answer = get(&there).await.expect("an answer");
    assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"tea"[..]));
    check_late(&answer.chunk().await, since, 5);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_ends_with_the_whole_time() {
    let scope = Scope::root("test");
    let pause = Duration::from_secs(4);
    let there = slow_server(&scope, "HTTP/1.1 200 OK\r\n\r\n", pause).await;
    let since = Instant::now();
    let mut answer = get(&there).await.expect("an answer");
    for _ in 0..2 {
        assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"t"[..]));
    }
    check_late(&answer.chunk().await, since, 10);
    check_late(&answer.chunk().await, since, 10);
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_slowly_has_the_same_time() {
    let scope = Scope::root("test");
    let there = slow_server(&scope, "HTTP/1.1 200 OK\r\n\r\n", Duration::from_secs(1)).await;
    let since = Instant::now();
    let mut answer = get(&there).await.expect("an answer");
    tokio::time::advance(Duration::from_secs(9)).await;
    while answer.chunk().await.is_ok() {}
    check_late(&answer.chunk().await, since, 10);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_takes_as_long_as_connecting_may() {
    let config = Config { resolver: Arc::new(Silent), ..Config::default() };
    let since = Instant::now();
    let there = url("http://silent.example/");
    let limits = Limits::default();
    let got = Fetcher::new(config).get(&there, "*/*", &Guard::anywhere(), &limits).await;
    check_late(&got, since, 3);
}

#[tokio::test(start_paused = true)]
async fn shaking_hands_takes_a_step_at_most() {
    let scope = Scope::root("test");
    let there = slow_server(&scope, "", NEVER).await;
    let there = url(&there.as_str().replace("http:", "https:"));
    let since = Instant::now();
    let config = Config { trust: Trust::System, ..Config::default() };
    let limits = Limits::default();
    let got = Fetcher::new(config).get(&there, "*/*", &Guard::anywhere(), &limits).await;
    check_late(&got, since, 5);
}

/// With real time, because nobody ever waits here.
#[tokio::test]
async fn whoever_announces_for_ever_is_late() {
    let scope = Scope::root("test");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let there = url(&format!("http://{}/", listener.local_addr().expect("it is bound")));
    scope.spawn_abortable("announcer", async move {
        let (mut stream, _) = listener.accept().await.expect("somebody asks");
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </tea.css>\r\n\r\n".repeat(100);
        while stream.write_all(hints.as_bytes()).await.is_ok() {}
    });
    let limits = Limits { step: Duration::from_millis(300), ..Limits::default() };
    let since = Instant::now();
    let got = fetcher(Names::default()).get(&there, "*/*", &Guard::anywhere(), &limits).await;
    assert!(matches!(got, Err(FetchError::Late { .. })), "{got:?}");
    assert!(since.elapsed() < limits.total, "it does not keep everybody busy");
}
