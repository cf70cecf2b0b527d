//! The shared suite, against the bus of one process.

use std::sync::Arc;

use pubsub::{Bus, LocalBus, Received, Topic};

#[tokio::test]
async fn the_local_bus_passes_the_suite() {
    pubsub::testing::suite(LocalBus::new).await;
}

#[tokio::test]
async fn a_bus_behind_a_pointer_passes_the_suite() {
    pubsub::testing::suite(|| -> Arc<dyn Bus<u64>> { Arc::new(LocalBus::new()) }).await;
}

#[test]
fn concurrent_subscribers_and_publishers_leave_nothing_behind() {
    let bus = LocalBus::<u64>::new();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for number in 0..500 {
                    let topic = Topic::of("room", &(number % 3));
                    let mut ana = bus.subscribe(&topic, 64);
                    bus.publish(&topic, number);
                    // Others publish here too, so any hint will do; none would be a lost one.
                    assert!(matches!(ana.try_recv(), Some(Received::Hint(_) | Received::Lagged)));
                }
            });
        }
    });
    assert_eq!(bus.topics(), 0);
}
