//! Two people in the kitchen; one reloads the page, the other goes home.
//!
//! Run with `cargo run -p presence --example who_is_here`.

use std::time::Duration;

use presence::{Config, Diff, Presence};
use pubsub::{Received, Subscription};
use tasks::{Clock, Scope};

const KITCHEN: &str = "room:kitchen";

async fn next(kitchen: &mut Subscription<Diff>) -> String {
    match kitchen.recv().await {
        Received::Hint(diff) => {
            let (joins, leaves, updates) = (diff.joins, diff.leaves, diff.updates);
            format!("joined {joins:?}, left {leaves:?}, changed {updates:?}")
        }
        Received::Lagged => "too slow: the list says it all".to_owned(),
    }
}

fn show(presence: &Presence<&'static str>, what: &str) {
    let people = presence.list(KITCHEN).into_iter().map(|entry| match entry.leaving {
        true => format!("{} (leaving)", entry.key),
        false => format!("{}: {}", entry.key, entry.metas.join(", ")),
    });
    println!("{what}\n    {}", people.collect::<Vec<_>>().join(" | "));
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let scope = Scope::root("example");
    let config = Config { grace: Duration::from_millis(500), ..Config::default() };
    let presence = Presence::new(config, Clock::system(), &scope);
    let mut kitchen = presence.subscribe(KITCHEN);

    let ana = presence.track(KITCHEN, "ana", "reading");
    let ben = presence.track(KITCHEN, "ben", "cooking");
    show(&presence, &next(&mut kitchen).await);

    drop(ana);
    show(&presence, &next(&mut kitchen).await);
    let ana = presence.track(KITCHEN, "ana", "reading");
    ana.update(|doing| *doing = "typing");
    show(&presence, &next(&mut kitchen).await);

    drop(ben);
    show(&presence, &next(&mut kitchen).await);
    show(&presence, &next(&mut kitchen).await);
}
