//! Sockets that are closed by their id, all at once.

use std::time::Duration;

use channels::{
    Config,
    testing::{self, Client},
};

use crate::house::House;

fn connect(house: &House, id: &str) -> Client {
    testing::connect(&house.endpoint, &house.scope, testing::ana().with_id(id))
}

#[tokio::test(start_paused = true)]
async fn every_socket_of_the_id_is_closed_and_no_other() {
    let mut house = House::new(Config::default());
    let (mut phone, mut laptop) = (connect(&house, "ana"), connect(&house, "ana"));
    let (mut ben, mut nobody) = (connect(&house, "ben"), house.connect());
    for client in [&mut phone, &mut laptop, &mut ben, &mut nobody] {
        assert!(client.join("board", "{}").await.is_ok());
    }
    assert_eq!(house.endpoint.disconnect("ana"), 2);
    house.publish();
    for mut client in [phone, laptop] {
        assert_eq!(client.closed().await, (1012, "disconnected"));
        assert_eq!(client.arrived(), [], "nothing more than the farewell");
    }
    assert_eq!(ben.next().await.payload["n"], 1);
    assert_eq!(nobody.next().await.payload["n"], 1);
    assert_eq!(house.endpoint.disconnect("ana"), 0);
    assert_eq!(house.subscribers(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_browser_that_does_not_read_is_dropped() {
    let mut house = House::new(Config::default());
    let mut ana = connect(&house, "ana");
    ana.join("board", "{}").await;
    for _ in 0..60 {
        house.publish();
        tokio::task::yield_now().await;
    }
    ana.stuck().await;
    assert_eq!(house.endpoint.disconnect("ana"), 1);
    assert_eq!(ana.closed_unread().await, (1012, "disconnected"));
    assert_eq!(house.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_closed_before_its_first_turn_too() {
    let house = House::new(Config::default());
    let mut ana = connect(&house, "ana");
    assert_eq!(house.endpoint.disconnect("ana"), 1);
    assert_eq!(ana.closed().await, (1012, "disconnected"));
    let mut again = connect(&house, "ana");
    assert!(again.join("board", "{}").await.is_ok(), "the id is free to come back");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_ended_is_forgotten() {
    let house = House::new(Config::default());
    let mut ana = connect(&house, "ana");
    ana.join("board", "{}").await;
    drop(ana);
    house.scope.stop(Duration::from_secs(1)).await.expect("the socket ends");
    assert_eq!(house.endpoint.disconnect("ana"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_works_for_the_browser_is_told_that_it_is_gone() {
    let house = House::new(Config::default());
    let mut ana = connect(&house, "ana");
    ana.join("room:1", "{}").await;
    ana.push("room:1", "wait", "{}");
    ana.all_read().await;
    house.endpoint.disconnect("ana");
    assert_eq!(ana.closed().await, (1012, "disconnected"));
    house.gate.add_permits(1);
    house.scope.stop(Duration::from_secs(1)).await.expect("the channel finishes and ends");
    assert_eq!(ana.arrived(), []);
}
