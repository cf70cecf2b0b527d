//! How long reading takes in a large room. Prints; what is asserted is that there is something to
//! measure, because times depend on the machine.

use std::{sync::Arc, time::Instant};

use eventsourcing::{
    Aggregate as _, Append, CommandId, Decided, EventStore, MemoryStore, NewEvent, ReadModelHome,
    StreamId,
};
use tasks::{Clock, Scope};

use crate::{
    Chat, Config, Fault, Search, Store,
    crowd::{kitchen, person, talk},
    room::Room,
};

const MEMBERS: u64 = 500;
const MESSAGES: u64 = 10_000;
const PAGE: usize = 50;

/// A log in which everything was said already.
async fn log() -> Arc<dyn EventStore> {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let events: Vec<_> = talk(MEMBERS, MESSAGES).collect();
    let stream = StreamId::new(Room::KIND, kitchen().as_str());
    for (page, events) in events.chunks(1_000).enumerate() {
        let encoded = events.iter().map(NewEvent::encode).collect::<Result<_, _>>();
        let decided =
            Decided { command: CommandId::random(), events: encoded.expect("they are JSON") };
        let (stream, expected) = (stream.clone(), page as u64 * 1_000);
        let append = Append { stream, expected, recorded_ms: 0, commands: vec![decided] };
        log.append(append).await.expect("nobody else appends");
    }
    log
}

/// Runs `ask` a few times, prints the best, and answers the last answer.
async fn timed<T>(what: &str, ask: impl AsyncFn() -> Result<T, Fault>) -> T {
    let (mut best, mut answer) = (f64::MAX, None);
    for _ in 0..5 {
        let start = Instant::now();
        answer = Some(ask().await.expect("no fault"));
        best = best.min(start.elapsed().as_secs_f64() * 1_000.0);
    }
    println!("{what:40} {best:8.2} ms");
    answer.expect("it was asked")
}

#[tokio::test]
async fn a_large_room_is_read_and_searched() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let home = ReadModelHome::Folder(folder.path().join("read-models"));
    let (log, scope) = (log().await, Scope::root("test"));
    let start = Instant::now();
    let config = Config::new(Store::Given { log, read_models: home });
    let chat = Chat::open(config, Clock::manual(0), &scope).await.expect("the house opens");
    chat.caught_up().await.expect("it catches up");
    let per_s = (MESSAGES + 1) as f64 / start.elapsed().as_secs_f64();
    println!("all read models are made at              {per_s:8.0} events a second");
    let start = Instant::now();
    assert!(chat.verify().await.expect("no fault").iter().all(|(_, v)| v.differences.is_empty()));
    println!("rebuilt and compared in                  {:8.0} ms", start.elapsed().as_millis());

    let (room, me) = (kitchen(), person(7).id);
    let page = timed("the newest page", async || chat.timeline().newest(&room, PAGE).await).await;
    assert_eq!(page.messages.len(), PAGE, "this test needs a large room");
    timed("a page in the middle", async || chat.timeline().before(&room, 5_000, PAGE).await).await;
    timed("who is a member", async || chat.directory().members(&room, 100).await).await;
    timed("the rooms somebody knows", async || chat.known_rooms(&me, 50).await).await;
    for (what, words, by) in [
        ("searching a word of every message", "biscuits", None),
        ("searching a rarer word", "rare17", None),
        ("searching three words", "\"tea and\" rare17 someb", None),
        ("searching the beginning of all words", "a", None),
        ("searching a word of somebody", "tea", Some(person(7).name.as_str().to_owned())),
        ("searching what nobody said", "coffee", None),
    ] {
        let search = Search { words: words.to_owned(), by, ..Search::default() };
        let found = timed(what, async || chat.search(&me, search.clone()).await).await;
        assert_eq!(found.hits.is_empty(), words == "coffee", "{what}");
    }
    scope.stop(std::time::Duration::from_secs(30)).await.expect("nothing hangs");
}
