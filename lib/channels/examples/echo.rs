//! A room that answers everyone and shows everybody the same count, over connections in memory.
//!
//! Run with: `cargo run -p channels --example echo`

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use channels::{
    BoxFuture, ChannelHandler, ChannelSender, Config, Endpoint, EventHandler, Feed, FromBrowser,
    Join, JoinOutcome, Json, Payload, Publisher, Snapshot, feed, testing,
};

/// What was said is echoed to its sender; how often anyone spoke is shown to all.
struct Echo {
    feed: Feed,
    spoken: Arc<AtomicU64>,
    publisher: Mutex<Publisher>,
}

struct Kitchen(Arc<Echo>);

impl ChannelHandler for Kitchen {
    fn join(&self, join: Join) -> BoxFuture<'_, JoinOutcome> {
        let (place, handler) = (self.0.feed.reserve(&join.connection), self.0.clone());
        Box::pin(async move { JoinOutcome::answering(place, handler) })
    }
}

impl EventHandler for Echo {
    fn handle(&self, said: FromBrowser, _: ChannelSender) -> BoxFuture<'_, ()> {
        let mut publisher = self.publisher.lock().expect("no panic while it is held");
        let spoken = self.spoken.fetch_add(1, Ordering::SeqCst) + 1;
        publisher.publish(spoken, &Json::encode(&spoken));
        if let Payload::Json(body) = &said.payload {
            said.answer.ok(&Json::from_encoded(body.get()));
        }
        Box::pin(async {})
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let spoken = Arc::new(AtomicU64::new(0));
    let shown = spoken.clone();
    let (publisher, feed) = feed("kitchen", move |_| {
        let sequence = shown.load(Ordering::SeqCst);
        Snapshot { sequence, payload: Json::encode(&sequence) }
    });
    let kitchen = Kitchen(Arc::new(Echo { feed, spoken, publisher: Mutex::new(publisher) }));
    let scope = tasks::Scope::root("echo");
    let endpoint = Endpoint::new(&scope, Config::default()).channel("kitchen", Arc::new(kitchen));
    let mut ana = testing::connect(&Arc::new(endpoint), &scope, testing::ana());
    println!("joined: {:?}", ana.join("kitchen", "{}").await.payload);
    println!("echoed: {:?}", ana.call("kitchen", "say", r#""hello""#).await.payload);
    println!("shown to all: {:?}", ana.event("diff").await.payload);
}
