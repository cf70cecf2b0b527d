//! A tab in a tea house: commands, events, a rule, and a resend that changes nothing.
//!
//! Run with `cargo run -p eventsourcing --example tea_tab`, more than once.

use std::{sync::Arc, time::Duration};

use eventsourcing::*;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Tab(u64);

#[derive(Clone, Serialize, Deserialize)]
struct Ordered(u64);

#[derive(Clone, Debug, thiserror::Error)]
#[error("your tab is full")]
struct TabIsFull;

impl EventPayload for Ordered {
    fn name(&self) -> &'static str {
        "Ordered"
    }
}

impl Aggregate for Tab {
    const KIND: &'static str = "tab";
    type Command = u64;
    type Event = Ordered;
    type Refusal = TabIsFull;

    fn decide(&self, &cents: &u64) -> Result<Vec<Ordered>, TabIsFull> {
        if self.0 + cents > 1_000 { Err(TabIsFull) } else { Ok(vec![Ordered(cents)]) }
    }

    fn apply(&mut self, event: &Ordered) {
        self.0 += event.0;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join("tea-tab");
    let store = Arc::new(SqliteStore::open(&folder, SqliteConfig::default())?);
    let scope = tasks::Scope::root("tea house");
    let dispatch = Dispatch::new(store.clone(), &scope, DispatchConfig::default());
    let order = CommandId::random();
    for _ in 0..2 {
        match dispatch.send::<Tab>("ana", order.clone(), 350).await {
            Ok(receipt) => println!("order {}, resend: {}", receipt.version, receipt.duplicate),
            Err(error) => println!("no: {error}"),
        }
    }
    scope.stop(Duration::from_secs(5)).await?;
    Ok(store.close().await?)
}
