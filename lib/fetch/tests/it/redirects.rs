//! From one place to the next.

use fetch::{FetchError, Guard, Limits};
use proptest::prelude::*;

use crate::{
    house::{House, OPEN, fetcher, found, get, moved},
    resolver::Names,
};

/// Leads from `/<n>` to `/<n - 1>`, and to tea at `/0`.
async fn stairs() -> House {
    House::open(|path| match path.trim_start_matches('/').parse::<u32>() {
        Ok(0) => found("tea"),
        Ok(step) => moved(302, &format!("/{}", step - 1)),
        Err(_) => found("no stairs"),
    })
    .await
}

#[tokio::test]
async fn five_redirects_are_followed_and_not_six() {
    let house = stairs().await;
    let answer = get(&house, "/5").await.expect("an answer");
    assert_eq!(answer.url(), &house.url("/0"), "where it came from in the end");
    assert_eq!(answer.bytes().await.expect("a body"), b"tea");
    assert_eq!(house.visits().await.len(), 6);
    let got = get(&house, "/6").await;
    assert!(matches!(got, Err(FetchError::Redirects { .. })), "{got:?}");
    assert_eq!(house.visits().await.len(), 6);
}

#[tokio::test]
async fn none_are_followed_where_none_may_be() {
    let house = stairs().await;
    let limits = Limits { redirects_max: 0, ..Limits::default() };
    let fetcher = fetcher(Names::default());
    let got = fetcher.get(&house.url("/5"), "*/*", &house.guard(), &limits).await;
    assert_eq!(got.expect("an answer").status(), 302);
    assert_eq!(house.visits().await.len(), 1);
}

#[tokio::test]
async fn where_to_is_read_as_a_browser_reads_it() {
    let house = House::answering(found("tea")).await;
    for (location, there) in [
        ("b", None),
        ("/a/b", None),
        ("../a/b?c#d", None),
        ("?c", None),
        ("/é d", None),
        ("//127.0.0.77:PORT/b", Some("/b")),
        ("\\\\127.0.0.77:PORT\\b", Some("/b")),
        ("http://127.0.0.77:PORT/b#c", Some("/b")),
        ("HTTP://127.0.0.77:PORT", Some("/")),
    ] {
        let location = location.replace("PORT", &house.port.to_string());
        let away = House::open({
            let location = location.clone();
            move |path| if path == "/a/" { moved(307, &location) } else { found("tea") }
        });
        let away = away.await;
        let expected = match there {
            Some(path) => house.url(path),
            None => away.url("/a/").join(&location).expect("a URL"),
        };
        let guard = Guard::public_or(vec![house.opening(), away.opening()]);
        let fetcher = fetcher(Names::default());
        let got = fetcher.get(&away.url("/a/"), "*/*", &guard, &Limits::default()).await;
        let mut got = got.expect("an answer").url().clone();
        assert_eq!(got.fragment(), None, "{location}");
        got.set_fragment(expected.fragment());
        assert_eq!(got, expected, "{location}");
    }
}

#[tokio::test]
async fn an_answer_that_says_not_where_to_is_the_answer() {
    for answer in
        ["302 Found\r\n", "300 Choices\r\nlocation: /b\r\n", "304 Same\r\nlocation: /b\r\n"]
    {
        let house = House::answering(format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n")).await;
        let status = get(&house, "/").await.expect("an answer").status();
        assert!(answer.starts_with(status.as_str()));
        assert_eq!(house.visits().await, [OPEN]);
    }
}

#[tokio::test]
async fn nothing_is_told_of_where_one_came_from() {
    let house = House::open(|path| if path == "/a" { moved(302, "/b") } else { found("") }).await;
    let mut from = house.url("/a");
    from.set_fragment(Some("secret"));
    let fetcher = fetcher(Names::default());
    let got = fetcher.get(&from, "text/html", &house.guard(), &Limits::default()).await;
    assert!(got.is_ok(), "{got:?}");
    let expected = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\naccept: text/html\r\naccept-encoding: gzip, deflate\r\n\
             host: {OPEN}:{}\r\nuser-agent: Teahouse\r\nconnection: close\r\n\r\n",
            house.port
        )
    };
    assert_eq!(house.asked(), [expected("/a"), expected("/b")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// However a site sends around, it is over after at most as many requests as may be.
    #[test]
    fn redirects_end(
        leads_to in prop::collection::vec((0_usize..8, 0_usize..5), 8),
        redirects_max in 0_usize..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let house = House::open(move |path| {
                let at = path.trim_start_matches('/').parse::<usize>();
                let Ok(Some((to, kind))) = at.map(|at| leads_to.get(at)) else { return found("") };
                moved([301, 302, 303, 307, 308][*kind], &format!("/{to}"))
            })
            .await;
            let limits = Limits { redirects_max, ..Limits::default() };
            let fetcher = fetcher(Names::default());
            let got = fetcher.get(&house.url("/0"), "*/*", &house.guard(), &limits).await;
            match got {
                Ok(answer) => assert_eq!((answer.status().as_u16() / 100, redirects_max), (3, 0)),
                Err(FetchError::Redirects { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
            assert_eq!(house.visits().await.len(), redirects_max + 1);
        });
    }
}
