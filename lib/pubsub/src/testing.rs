//! What every [`Bus`] adapter must do, as cases it runs in its own tests.

use std::time::Duration;

use crate::{Bus, Received, Subscription, Topic};

/// Longer than any adapter needs to deliver a hint.
const DELIVERY_MAX: Duration = Duration::from_secs(10);

/// Runs every case against buses made by `bus`, each time a fresh one.
///
/// # Panics
/// At the first case that fails.
pub async fn suite<B: Bus<u64>>(bus: impl Fn() -> B) {
    every_subscriber_gets_the_hint(bus()).await;
    topics_are_apart(bus()).await;
    hints_from_before_are_not_delivered(bus()).await;
    hints_arrive_in_order(bus()).await;
    a_full_mailbox_lags_once_and_recovers(bus()).await;
    one_slow_reader_does_not_delay_another(bus()).await;
    a_dropped_subscription_receives_nothing_more(bus()).await;
    publishing_to_nobody_is_fine(bus());
    a_waiting_reader_is_woken(bus()).await;
}

async fn next(subscription: &mut Subscription<u64>) -> Received<u64> {
    tokio::time::timeout(DELIVERY_MAX, subscription.recv())
        .await
        .expect("a hint within the deadline")
}

async fn every_subscriber_gets_the_hint(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let (mut ana, mut ben) = (bus.subscribe(&kitchen, 4), bus.subscribe(&kitchen, 4));
    bus.publish(&kitchen, 1);
    assert_eq!(next(&mut ana).await, Received::Hint(1));
    assert_eq!(next(&mut ben).await, Received::Hint(1));
}

async fn topics_are_apart(bus: impl Bus<u64>) {
    let (kitchen, cellar) = (Topic::new("room:kitchen"), Topic::new("room:cellar"));
    let mut ana = bus.subscribe(&kitchen, 4);
    bus.publish(&cellar, 1);
    bus.publish(&kitchen, 2);
    assert_eq!(next(&mut ana).await, Received::Hint(2));
    assert_eq!(ana.try_recv(), None);
}

async fn hints_from_before_are_not_delivered(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    bus.publish(&kitchen, 1);
    let mut ana = bus.subscribe(&kitchen, 4);
    bus.publish(&kitchen, 2);
    assert_eq!(next(&mut ana).await, Received::Hint(2));
}

async fn hints_arrive_in_order(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let mut ana = bus.subscribe(&kitchen, 100);
    for number in 1..=100 {
        bus.publish(&kitchen, number);
    }
    for number in 1..=100 {
        assert_eq!(next(&mut ana).await, Received::Hint(number));
    }
}

async fn a_full_mailbox_lags_once_and_recovers(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let mut ana = bus.subscribe(&kitchen, 2);
    let mut witness = bus.subscribe(&kitchen, 16);
    for number in 1..=10 {
        bus.publish(&kitchen, number);
    }
    for number in 1..=10 {
        assert_eq!(next(&mut witness).await, Received::Hint(number));
    }
    assert_eq!(next(&mut ana).await, Received::Lagged);
    assert_eq!(ana.try_recv(), None);
    bus.publish(&kitchen, 11);
    assert_eq!(next(&mut ana).await, Received::Hint(11));
}

async fn one_slow_reader_does_not_delay_another(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let slow = bus.subscribe(&kitchen, 1);
    let mut quick = bus.subscribe(&kitchen, 1);
    for number in 1..=50 {
        bus.publish(&kitchen, number);
        assert_eq!(next(&mut quick).await, Received::Hint(number));
    }
    drop(slow);
}

async fn a_dropped_subscription_receives_nothing_more(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let first = bus.subscribe(&kitchen, 4);
    drop(first);
    bus.publish(&kitchen, 1);
    let mut second = bus.subscribe(&kitchen, 4);
    bus.publish(&kitchen, 2);
    assert_eq!(next(&mut second).await, Received::Hint(2));
}

fn publishing_to_nobody_is_fine(bus: impl Bus<u64>) {
    bus.publish(&Topic::new("room:empty"), 1);
}

async fn a_waiting_reader_is_woken(bus: impl Bus<u64>) {
    let kitchen = Topic::new("room:kitchen");
    let mut ana = bus.subscribe(&kitchen, 4);
    let publish = async {
        tokio::task::yield_now().await;
        bus.publish(&kitchen, 1);
    };
    let (received, ()) = tokio::join!(next(&mut ana), publish);
    assert_eq!(received, Received::Hint(1));
}
