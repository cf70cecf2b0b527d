//! How sockets end.

use std::{sync::Arc, time::Duration};

use channels::{CloseCode, Closed, Config, Incoming, TransportError, testing};

use crate::house::House;

#[tokio::test(start_paused = true)]
async fn when_the_server_stops_everybody_is_told_to_come_back() {
    let house = House::new(Config::default());
    let mut clients: Vec<_> = (0..10).map(|_| house.connect()).collect();
    for client in &mut clients {
        assert!(client.join("room:kitchen", "{}").await.is_ok());
    }
    house.scope.stop(Duration::from_secs(5)).await.expect("sockets and channels end when asked");
    for client in &mut clients {
        assert_eq!(client.closed().await, (1012, "restarting"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_comes_too_late_is_sent_away() {
    let house = House::new(Config::default());
    house.scope.stop(Duration::from_secs(5)).await.expect("there is nothing to stop");
    let (transport, mut client) = testing::pair(16);
    let closed = house.endpoint.serve(transport, testing::ana()).await;
    assert!(matches!(closed, Closed::ByServer(CloseCode::Restart, _)));
    assert_eq!(client.closed().await.0, 1012);
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_channels_are_working_on() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("room:kitchen", "{}").await;
    ana.push("room:kitchen", "wait", "{}");
    ana.all_read().await;
    let gate = house.gate.clone();
    let stop = house.scope.stop(Duration::from_secs(5));
    let (stopped, ()) = tokio::join!(stop, async {
        assert_eq!(ana.closed().await.0, 1012);
        gate.add_permits(1);
    });
    stopped.expect("the event ends, and with it the channel");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_never_drains_is_dropped() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("room:kitchen", "{}").await;
    ana.push("room:kitchen", "wait", "{}");
    ana.all_read().await;
    house.scope.stop(Duration::from_secs(31)).await.expect("30 seconds are enough");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_dropped_ends_its_channels() {
    let house = House::new(Config::default());
    let (transport, mut ana) = testing::pair(16);
    let socket = house.scope.spawn("socket", house.endpoint.serve(transport, testing::ana()));
    ana.join("board", "{}").await;
    ana.join("room:kitchen", "{}").await;
    socket.abort();
    assert!(socket.join().await.is_none(), "it was aborted");
    house.scope.stop(Duration::from_secs(1)).await.expect("the channel ends");
    assert_eq!(house.subscribers(), 0);
}

#[test]
fn a_broken_transport_is_closed_by_its_fault() {
    for (error, code) in [
        (TransportError::TooBig, 1009),
        (TransportError::NotText, 1007),
        (TransportError::Protocol, 1002),
    ] {
        match Closed::from(error) {
            Closed::ByServer(close, _) => assert_eq!(close.number(), code),
            other => panic!("{other:?} should be the server's"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_browser_says_goodbye() {
    let house = House::new(Config::default());
    let (transport, client) = testing::pair(16);
    client.send(Incoming::Close);
    let closed = house.endpoint.serve(transport, testing::ana()).await;
    assert!(matches!(closed, Closed::ByBrowser));
    assert_eq!(client.close_code(), None, "the transport answers");
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_ends_its_channels() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("room:kitchen", "{}").await;
    ana.send_join("slow:cellar", "{}");
    ana.all_read().await;
    assert_eq!(house.scope.running(), 3, "need a socket and two channels");
    drop(ana);
    let ended = async {
        while house.scope.running() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), ended).await.expect("all three end");
    assert_eq!(Arc::strong_count(&house.endpoint), 1);
}
