//! What servers say.

use std::net::Ipv4Addr;

use fetch::{Config, FetchError, Fetcher, Guard, Limits, Refused};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    house::{House, fetcher, found, get, url},
    resolver::Names,
};

/// The body that `answer` has, or why it has none.
async fn body(answer: impl AsRef<[u8]>) -> Result<Vec<u8>, FetchError> {
    let house = House::answering(answer).await;
    get(&house, "/").await?.bytes().await
}

#[track_caller]
fn is_broken<T: std::fmt::Debug>(got: &Result<T, FetchError>) {
    assert!(matches!(got, Err(FetchError::Broken { .. })), "{got:?}");
}

#[tokio::test]
async fn answers_of_all_kinds_are_read() {
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\ntea", "a".repeat(30_000));
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\n\r\ntea",
        "HTTP/1.0 200 OK\r\n\r\ntea",
        "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\ncontent-length: 3\n\ntea",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea and more than was said",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nt\r\n2;a=b\r\nea\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n003\r\ntea\r\n0\r\na: b\r\n\r\n",
        "HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\nnot a header\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\ntea and more",
        "HTTP/1.1 200 Voilà\r\na: é\r\ncontent-length: 3\r\n\r\ntea",
        &long,
    ] {
        let got = body(answer).await;
        assert_eq!(got.unwrap_or_else(|error| panic!("{answer}: {error:?}")), b"tea", "{answer}");
    }
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nupgrade: tea\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        assert_eq!(body(answer).await.expect("an answer"), b"", "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_broken() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "SSH-2.0-house\r\n",
        "<html>tea</html>",
        "HTTP/1.1 200 OK\r\na\u{0}: b\r\ncontent-length: 3\r\n\r\ntea",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\ntea!",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\ntea",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntea\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ntea\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\ntea\r\n",
    ] {
        let got = body(answer).await;
        assert!(matches!(got, Err(FetchError::Broken { .. })), "{answer}: {got:?}");
    }
}

#[tokio::test]
async fn a_head_has_bounds() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
    let large = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "a".repeat(33_000));
    let endless = "HTTP/1.1 200 OK\r\na: ".to_owned() + &"a".repeat(1 << 20);
    for answer in [many, large, endless] {
        let got = get(&House::answering(&answer).await, "/").await.map(|answer| answer.status());
        assert!(matches!(got, Err(FetchError::TooLarge { .. })), "{answer:.60}: {got:?}");
    }
}

#[tokio::test]
async fn a_body_has_bounds_and_its_beginning_is_good() {
    let endless = "tea ".repeat(1 << 18);
    let sized = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n{endless}");
    let open = format!("HTTP/1.1 200 OK\r\n\r\n{endless}");
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{endless}\r\n0\r\n\r\n",
        endless.len()
    );
    let limits = Limits::default();
    for answer in [sized, open, chunked] {
        let house = House::answering(answer).await;
        let mut answer = get(&house, "/").await.expect("an answer");
        let mut length = 0;
        let end = loop {
            match answer.chunk().await {
                Ok(Some(piece)) => length += piece.len(),
                end => break end,
            }
        };
        assert!(matches!(end, Err(FetchError::TooLarge { .. })), "{end:?}");
        assert_eq!(length, limits.body_bytes_max);
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_is_said() {
    let house = House::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea").await;
    let mut answer = get(&house, "/").await.expect("an answer");
    assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"tea"[..]));
    is_broken(&answer.chunk().await);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_said() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let there = url(&format!("http://{}/", listener.local_addr().expect("it is bound")));
    let answer = async {
        let (mut stream, _) = listener.accept().await.expect("somebody comes");
        let mut asked = [0; 4096];
        let _asked = stream.read(&mut asked).await.expect("they say something");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ntea").await.expect("they listen");
        stream
    };
    let (guard, limits, fetcher) =
        (Guard::anywhere(), Limits::default(), fetcher(Names::default()));
    let (got, stream) = tokio::join!(fetcher.get(&there, "*/*", &guard, &limits), answer);
    let mut got = got.expect("an answer");
    assert_eq!(got.chunk().await.expect("a piece").as_deref(), Some(&b"tea"[..]));
    stream.set_zero_linger().expect("it is connected");
    drop(stream);
    is_broken(&got.chunk().await);
}

#[tokio::test]
async fn asking_again_loses_nothing() {
    let house = House::answering(found("tea")).await;
    let mut answer = get(&house, "/").await.expect("an answer");
    // The future is polled once and dropped.
    let once = tokio::time::timeout(std::time::Duration::ZERO, answer.chunk()).await;
    let mut read = once.ok().transpose().expect("nothing fails").flatten().unwrap_or_default();
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        read = [read, piece].concat().into();
    }
    assert_eq!(&read[..], b"tea");
}

#[tokio::test]
async fn what_a_body_is_stands_in_the_head() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=\"UTF-8\"\r\n\r\n";
    let house = House::answering(head).await;
    let answer = get(&house, "/").await.expect("an answer");
    let content_type = answer.content_type().expect("it says");
    assert_eq!(content_type.essence, "text/html");
    assert_eq!(content_type.charset.as_deref(), Some("UTF-8"));
    assert_eq!(get(&House::answering(found("")).await, "/").await.unwrap().content_type(), None);
}

#[tokio::test]
async fn who_is_not_there_is_said() {
    let house = House::answering("").await;
    let fetcher = fetcher(Names::default());
    let limits = Limits::default();
    let nowhere = url("http://nowhere.example/");
    let got = fetcher.get(&nowhere, "*/*", &house.guard(), &limits).await;
    assert!(matches!(got, Err(FetchError::NoSuchHost { .. })), "{got:?}");
    let mut closed = house.opening();
    closed.port = Some(1);
    let guard = Guard::public_or(vec![closed]);
    let there = url(&format!("http://{}:1/", closed.address));
    let got = fetcher.get(&there, "*/*", &guard, &limits).await;
    assert!(matches!(got, Err(FetchError::Unreachable { .. })), "{got:?}");
}

#[tokio::test]
async fn a_request_of_ones_own_is_sent_as_it_is() {
    let moved = "HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 3\r\n\r\ntea";
    let house = House::answering(moved).await;
    let request = http::Request::post(house.url("/a?b=c").as_str())
        .header("authorization", "Bearer secret")
        .body(b"sugar".to_vec())
        .expect("a request");
    let limits = Limits::default();
    let answer = fetcher(Names::default()).send(request, &house.guard(), &limits).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (302, &b"tea"[..]));
    let asked = house.asked().remove(0);
    assert!(asked.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{asked}");
    for line in ["authorization: Bearer secret", "content-length: 5", "user-agent: Teahouse"] {
        assert!(asked.contains(&format!("\r\n{line}\r\n")), "{asked}");
    }
    assert!(!asked.contains("accept-encoding"), "{asked}");
    let far = http::Request::get("/a").body(Vec::new()).expect("a request");
    let got = fetcher(Names::default()).send(far, &house.guard(), &limits).await;
    assert!(matches!(got, Err(FetchError::Refused(_))), "{got:?}");
}

#[tokio::test]
async fn what_the_system_calls_this_machine_is_refused() {
    let fetcher = Fetcher::new(Config::default());
    let (guard, limits) = (Guard::public_or(Vec::new()), Limits::default());
    for there in ["http://localhost/", "https://LOCALHOST/", "http://127.0.0.1/"] {
        let got = fetcher.get(&url(there), "*/*", &guard, &limits).await;
        let is_refused = matches!(got, Err(FetchError::Refused(Refused::NotPublic(_))));
        assert!(is_refused, "{there}: {got:?}");
        let found = fetcher.addresses(&url(there), &limits).await.expect("it has some");
        assert!(found.iter().all(|address| address.is_loopback()), "{found:?}");
    }
}
