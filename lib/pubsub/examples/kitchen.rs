//! Two readers of one topic; the slow one learns that it missed something.
//!
//! Run with `cargo run -p pubsub --example kitchen`.

use pubsub::{Bus, LocalBus, Received, Topic};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = LocalBus::new();
    let kitchen = Topic::of("room", "kitchen");
    let mut ana = bus.subscribe(&kitchen, 8);
    let mut ben = bus.subscribe(&kitchen, 2);
    for version in 1..=4_u64 {
        bus.publish(&kitchen, version);
    }
    while let Some(received) = ana.try_recv() {
        println!("Ana: {received:?}");
    }
    match ben.recv().await {
        Received::Lagged => println!("Ben was too slow: he reads the room from its timeline"),
        Received::Hint(version) => println!("Ben: version {version}"),
    }
}
