//! Finding, claiming and opening rooms.

use std::sync::Arc;

use chat::{Claimed, CreateError, Head, LineError, NewRoom, SlugError, TITLE_CHARS_MAX, Visit};
use eventsourcing::{EventStore, Fault, FaultyStore, MemoryStore, SqliteConfig, SqliteStore};

use crate::cast::{House, NOON_MS, ana, ben, in_every_house, person, slug};

#[tokio::test]
async fn a_new_room_is_found_at_once() {
    in_every_house(async |house| {
        let room = house
            .chat
            .create_room(&ana(), NewRoom::titled(" The   kitchen "))
            .await
            .expect("a room");
        assert_eq!(room.name(), "The kitchen");
        assert_eq!((&room.owner, room.opened_at_ms), (&ana(), NOON_MS));
        let found = house.chat.open_room(room.slug.as_str()).await;
        assert_eq!(found, Ok(Visit::Room(room.clone())));
        let head = house.chat.timeline().head(&room.id).await;
        assert_eq!(head, Ok(Head { change: 1, messages: 0 }));
        assert_eq!(house.chat.directory().by_id(&room.id).await, Ok(Some(room)));
    })
    .await;
}

#[tokio::test]
async fn a_room_without_a_title_goes_by_its_address() {
    let house = House::in_memory().await;
    for title in [None, Some(""), Some(" \u{200B} ")] {
        let room = house
            .chat
            .create_room(&ana(), NewRoom { title: title.map(str::to_owned), ..NewRoom::default() })
            .await
            .expect("a room");
        assert_eq!(room.name(), room.slug.as_str());
    }
    house.close().await;
}

#[tokio::test]
async fn a_title_has_limits() {
    let house = House::in_memory().await;
    let long = "t".repeat(TITLE_CHARS_MAX + 1);
    let too_long = LineError::TooLong { chars: 101, chars_max: TITLE_CHARS_MAX };
    let refused = house.chat.create_room(&ana(), NewRoom::titled(&long)).await;
    assert_eq!(refused, Err(CreateError::Title(too_long)));
    let disguised = house.chat.create_room(&ana(), NewRoom::titled("a\u{202E}b")).await;
    assert_eq!(disguised, Err(CreateError::Title(LineError::ControlCharacter)));
    assert_eq!(house.chat.directory().recent_public(10).await, Ok(vec![]));
    house.close().await;
}

#[tokio::test]
async fn an_address_is_a_room_or_free_or_impossible() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await;
        let visit = async |text: &str| house.chat.open_room(text).await.expect("no fault");
        assert_eq!(visit("kitchen").await, Visit::Room(kitchen));
        assert_eq!(visit("cellar").await, Visit::Free(slug("cellar")));
        assert_eq!(visit("cellar").await, Visit::Free(slug("cellar")), "looking claims nothing");
        assert_eq!(visit("dashboard").await, Visit::Impossible(SlugError::Reserved));
        assert_eq!(visit("me").await, Visit::Impossible(SlugError::Reserved));
        for hostile in ["", "../etc", "a/b/c", "tea pot", "Kitchen", "%00", "ki\u{0}tchen"] {
            assert!(matches!(visit(hostile).await, Visit::Impossible(_)), "{hostile:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_taken_address_leads_to_the_room_that_has_it() {
    in_every_house(async |house| {
        let first = house.chat.claim_room(&slug("kitchen"), &ana()).await.expect("no fault");
        let Claimed::Opened(kitchen) = first else { panic!("nobody else was there") };
        let second = house.chat.claim_room(&slug("kitchen"), &ben()).await;
        assert_eq!(second, Ok(Claimed::WasThere(kitchen.clone())));
        assert_eq!(kitchen.owner, ana());
    })
    .await;
}

/// `count` people claim the same address at once, on each of `nodes` in turn.
async fn exactly_one_claim_wins(nodes: &[House], address: &str, count: usize) {
    let claims: Vec<_> = (0..count)
        .map(|number| {
            let node = &nodes[number % nodes.len()];
            let letter = char::from(b'A' + u8::try_from(number).expect("a few people"));
            let (chat, who) = (node.chat.clone(), person(letter, &format!("Person {number}")));
            let slug = slug(address);
            node.scope.spawn("claim", async move { chat.claim_room(&slug, &who).await })
        })
        .collect();
    let mut rooms = Vec::new();
    let mut opened = 0;
    for claim in claims {
        let claimed = claim.join().await.expect("no panic").expect("no fault");
        opened += usize::from(matches!(claimed, Claimed::Opened(_)));
        rooms.push(claimed.room());
    }
    assert_eq!(opened, 1, "one claim wins");
    assert!(rooms.iter().all(|room| room.id == rooms[0].id), "all are led to the same room");
    for node in nodes {
        let found = node.chat.open_room(address).await;
        assert_eq!(found, Ok(Visit::Room(rooms[0].clone())), "every node finds it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_wins() {
    for house in [House::in_memory().await, House::on_disk().await] {
        let houses = [house];
        exactly_one_claim_wins(&houses, "kitchen", 26).await;
        let [house] = houses;
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_on_several_nodes_one_wins() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let on_disk = SqliteStore::open(folder.path(), SqliteConfig::default()).expect("a log");
    let logs: [Arc<dyn EventStore>; 2] = [Arc::new(MemoryStore::new()), Arc::new(on_disk)];
    for log in logs {
        let nodes = [
            House::node(log.clone()).await,
            House::node(log.clone()).await,
            House::node(log).await,
        ];
        for address in ["kitchen", "cellar", "attic"] {
            exactly_one_claim_wins(&nodes, address, 12).await;
        }
        for node in nodes {
            node.close().await;
        }
    }
}

#[tokio::test]
async fn a_claim_whose_claimer_died_is_finished_by_the_next_visitor() {
    let log = FaultyStore::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    log.next_append(Fault::Delay(std::time::Duration::ZERO));
    log.next_append(Fault::BeforeStoring);
    let died = house.chat.claim_room(&slug("kitchen"), &ana()).await;
    assert!(died.is_err(), "this test needs a claim without a room: {died:?}");
    assert_eq!(house.chat.directory().by_slug(&slug("kitchen")).await, Ok(None));

    let visit = house.chat.open_room("kitchen").await.expect("no fault");
    let Visit::Room(kitchen) = visit else { panic!("it is claimed: {visit:?}") };
    assert_eq!(kitchen.owner, ana(), "it is hers, whoever finished it");
    house.say(&kitchen.id, &ben(), "hello").await.expect("the room is open");
    house.close().await;
}

#[tokio::test]
async fn the_list_has_the_latest_activity_first() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await;
        house.clock.advance_ms(1_000);
        let cellar =
            house.chat.create_room(&ben(), NewRoom::titled("Cellar")).await.expect("a room");
        let listed = async || {
            house.chat.caught_up().await.expect("it catches up");
            house.chat.directory().recent_public(10).await.expect("no fault")
        };
        let ids = |rooms: &[chat::RoomSummary]| -> Vec<_> {
            rooms.iter().map(|room| room.id.clone()).collect()
        };
        assert_eq!(ids(&listed().await), [cellar.id.clone(), kitchen.id.clone()]);
        house.clock.advance_ms(1_000);
        house.say(&kitchen.id, &ana(), "tea?").await.expect("accepted");
        let rooms = listed().await;
        assert_eq!(ids(&rooms), [kitchen.id.clone(), cellar.id.clone()]);
        assert_eq!((rooms[0].messages, rooms[0].active_at_ms), (1, NOON_MS + 2_000));
        assert_eq!(house.chat.directory().recent_public(1).await.map(|r| r.len()), Ok(1));
    })
    .await;
}
