//! A name that leads elsewhere the second time: only what was judged is connected to.

use std::net::{IpAddr, Ipv4Addr};

use fetch::{FetchError, Guard, Limits, Opening, Refused};
use tokio::net::TcpListener;

use crate::{
    house::{House, NOBODY, OPEN, fetcher, found, moved, url},
    resolver::Names,
};

const TURNING: &str = "turning.example";
const CLOSED: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Of somebody else. The tests never connect to it, because its port is not the web's.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1));

fn refused<T>(got: &Result<T, FetchError>) -> bool {
    *got.as_ref().err().map_or("", |error| match error {
        FetchError::Refused(Refused::NotPublic(host)) => host,
        _ => "",
    }) == *TURNING
}

#[tokio::test]
async fn what_was_judged_is_what_is_connected_to() {
    let house = House::answering(found("tea")).await;
    for (first, second) in [(OPEN, CLOSED), (CLOSED, OPEN)] {
        let names = Names::of([(TURNING, vec![vec![first], vec![second]])]);
        let fetcher = fetcher(names.clone());
        let there = url(&format!("http://{TURNING}:{}/", house.port));
        for (turn, address) in (1..).zip([first, second]) {
            let got = fetcher.get(&there, "*/*", &house.guard(), &Limits::default()).await;
            assert_eq!(names.lookups(), turn, "it is looked up once for each connection");
            assert_eq!(got.is_ok(), address == OPEN, "{address}: {got:?}");
            assert_eq!(refused(&got), address == CLOSED, "{address}: {got:?}");
        }
        assert_eq!(house.visits().await, [OPEN]);
    }
}

#[tokio::test]
async fn every_redirect_is_looked_up_and_judged_anew() {
    let house = House::answering(moved(302, "/again")).await;
    let names = Names::of([(TURNING, vec![vec![OPEN], vec![OPEN], vec![CLOSED]])]);
    let there = url(&format!("http://{TURNING}:{}/", house.port));
    let fetcher = fetcher(names.clone());
    let got = fetcher.get(&there, "*/*", &house.guard(), &Limits::default()).await;
    assert!(refused(&got), "{got:?}");
    assert_eq!(names.lookups(), 3);
    assert_eq!(house.visits().await, [OPEN, OPEN]);
}

#[tokio::test]
async fn one_good_address_does_not_open_the_others() {
    let house = House::answering(found("tea")).await;
    let another = IpAddr::from([127, 0, 0, 2]);
    let there = url(&format!("http://{TURNING}:{}/", house.port));
    for answer in [vec![CLOSED, OPEN, another], vec![OPEN, CLOSED], vec![PUBLIC, OPEN]] {
        let fetcher = fetcher(Names::of([(TURNING, vec![answer])]));
        let got = fetcher.get(&there, "*/*", &house.guard(), &Limits::default()).await;
        assert!(got.is_ok(), "{got:?}");
        assert_eq!(house.visits().await, [OPEN]);
    }
    for (answer, refusal) in [
        (vec![CLOSED, another], Refused::NotPublic(TURNING.into())),
        (vec![PUBLIC, CLOSED], Refused::Port(house.port)),
    ] {
        let fetcher = fetcher(Names::of([(TURNING, vec![answer])]));
        let got = fetcher.get(&there, "*/*", &house.guard(), &Limits::default()).await;
        assert!(matches!(&got, Err(FetchError::Refused(why)) if *why == refusal), "{got:?}");
        assert_eq!(house.visits().await, NOBODY);
    }
}

#[tokio::test]
async fn the_next_address_is_tried_when_nobody_is_at_the_first() {
    let [first, second] = [[127, 0, 0, 80], [127, 0, 0, 81]].map(IpAddr::from);
    let listener = TcpListener::bind((second, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let guard = Guard::public_or(
        [first, second].map(|address| Opening { address, port: Some(port) }).into(),
    );
    let fetcher = fetcher(Names::of([(TURNING, vec![vec![first, second]])]));
    let limits = Limits::default();
    let there = url(&format!("http://{TURNING}:{port}/"));
    let (got, accepted) = tokio::join!(fetcher.get(&there, "*/*", &guard, &limits), async {
        let (stream, _) = listener.accept().await.expect("somebody comes");
        stream.local_addr().expect("it is connected").ip()
    });
    assert_eq!(accepted, second);
    assert!(matches!(got, Err(FetchError::Broken { .. })), "nothing was said: {got:?}");
}
