//! Who sees what of a room, by every way to look into it: pages, permalinks, older messages, search,
//! lists of rooms, and the shared views behind a page, with the tokens of somebody else's page.

use channels::testing::Client;
use chat::Action;
use liveview::testing::Page;
use serde_json::{Value, json};

use crate::{
    cast::{Person, TeaHouse},
    http_client::escape,
    rooms::{Cast, Kind, Room, SECRET, TITLE},
    table::{Column, Stage, answer},
};

const STAGES: [Stage; 3] = [Stage::Open, Stage::Ended, Stage::Erased];

/// The addresses at which a room can be read.
fn addresses(room: &Room) -> [String; 4] {
    let (path, mia) = (room.path(), room.mia.id());
    [path.clone(), format!("{path}/1"), format!("{path}?before=3"), format!("{path}?person={mia}")]
}

/// Every room, each in a house of its own, and everybody at it.
async fn for_everybody(test: impl AsyncFn(&TeaHouse, &Cast, &Room, Column)) {
    for kind in Kind::ALL {
        for stage in STAGES {
            let house = TeaHouse::open().await;
            let cast = Cast::of(&house);
            let room = Room::make(&house, &cast, kind, stage).await;
            for by in kind.columns() {
                test(&house, &cast, &room, by).await;
            }
        }
    }
}

/// Nothing of the room stands in `text`.
#[track_caller]
fn check_silent(text: &str, place: &str) {
    for told in [SECRET, TITLE, "Mia"] {
        assert!(!tells(text, told), "{place} tells {told}:\n{text}");
    }
}

/// Whether `word` stands in `text` by itself: a random token may have any three letters in it.
fn tells(text: &str, word: &str) -> bool {
    let goes_on =
        |next: Option<char>| next.is_some_and(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !goes_on(before.chars().next_back()) && !goes_on(after.chars().next())
    })
}

#[tokio::test]
async fn pages_show_a_room_to_whom_the_table_says() {
    for_everybody(async |house, cast, room, by| {
        let may = answer(Action::Read, by, room.stage).is_ok();
        for address in addresses(room) {
            let page = house.get(cast.get(by), &address).await;
            let place = format!("{address} for {by:?}, {:?} {:?}", room.kind, room.stage);
            match may {
                true => assert!(page.body.contains(SECRET), "{place}: {}", page.body),
                false => check_silent(&page.body, &place),
            }
        }
        let number = |number: u32| format!("{}/{number}", room.path());
        let there = house.get(cast.get(by), &number(1)).await.status;
        let missing = house.get(cast.get(by), &number(99)).await.status;
        assert!(may || there == missing, "{by:?} does not learn how much was said");
    })
    .await;
}

#[tokio::test]
async fn a_joined_page_shows_a_room_to_whom_the_table_says() {
    for_everybody(async |house, cast, room, by| {
        let may = answer(Action::Read, by, room.stage).is_ok();
        let mut page = cast.get(by).browser.clone().open(&room.path()).await;
        page.connect().await;
        let before = house.now().await;
        let place = format!("{} for {by:?}, {:?} {:?}", room.path(), room.kind, room.stage);
        ask_for_everything(&mut page).await;
        assert!(may || house.since(before).await.is_empty(), "{place}");
        match may {
            true => assert!(page.html().contains(SECRET), "{place}"),
            false => check_silent(&page.html(), &place),
        }
    })
    .await;
}

/// What a page that shows the conversation asks for when one scrolls, edits or comes back.
async fn ask_for_everything(page: &mut Page) {
    let events = [
        ("older", json!({ "before": 100 })),
        ("fill_gap", json!({ "from": 1, "to": 100 })),
        ("refresh", json!({ "from": 0, "to": u64::MAX })),
        ("edit_message", json!({ "number": 1 })),
        ("read", json!({ "number": u64::MAX })),
        ("claim", json!({})),
    ];
    let main = page.main_id().to_owned();
    for (event, value) in events {
        let payload = json!({ "type": "hook", "event": event, "value": value });
        page.send(&main, "event", &payload).await;
    }
    assert_eq!(page.crashes(), 0);
}

#[tokio::test]
async fn search_finds_what_one_may_read() {
    for_everybody(async |house, cast, room, by| {
        let slug = room.summary.slug.as_str();
        let may = answer(Action::Read, by, room.stage).is_ok();
        // Whoever was never in an unlisted room, or has left it, does not find it.
        let knows = room.kind != Kind::Unlisted || by != Column::Visitor;
        for query in [format!("q={SECRET}&room={slug}"), format!("by=Mia&room={slug}")] {
            let page = house.get(cast.get(by), &format!("/search?{query}")).await;
            let found = page.body.contains(&format!("href=\"/r/{slug}/"));
            let place = format!("{query} by {by:?}, {:?} {:?}", room.kind, room.stage);
            assert_eq!(found, may && knows, "{place}");
            assert!(may || !page.body.contains(TITLE), "{place} tells the title");
        }
        let everywhere = house.get(cast.get(by), &format!("/search?q={SECRET}")).await;
        let found = everywhere.body.contains(&format!("href=\"/r/{slug}/"));
        assert!(may || !found, "everywhere, by {by:?}: {:?} {:?}", room.kind, room.stage);
    })
    .await;
}

#[tokio::test]
async fn the_lobby_lists_public_rooms_alone() {
    for_everybody(async |house, _, room, _| {
        let stranger = house.person("Zoe");
        let slug = room.summary.slug.as_str();
        let lobby = house.get(&stranger, &format!("/?q={slug}")).await;
        let listed = lobby.body.contains(&format!("href=\"/r/{slug}\""));
        let is_to_be = room.kind == Kind::Public && room.stage == Stage::Open;
        assert_eq!(listed, is_to_be, "{:?} {:?}", room.kind, room.stage);
    })
    .await;
}

/// The topics and tokens of the shared views in the page of somebody who may see them.
fn tokens(page: &Page, room: &Room) -> [(String, Value); 2] {
    ["room", "people"].map(|view| {
        let id = format!("{view}-{}", room.summary.id);
        let container = page.find(&format!("[id='{id}'][data-phx-session]"));
        let token = |name| container.attr(name).map(str::to_owned);
        let payload = json!({
            "session": token("data-phx-session"),
            "static": token("data-phx-static"),
            "params": { "_mounts": 0 },
        });
        (format!("lv:{id}"), payload)
    })
}

/// A socket with the rights of `who`.
fn socket(who: &Person) -> Client {
    let query = format!("vsn=2.0.0&_csrf_token={}", escape(&who.token()));
    who.browser.socket(&query, 256)
}

#[tokio::test]
async fn tokens_of_somebody_elses_page_open_no_conversation() {
    for_everybody(async |_, cast, room, by| {
        let owner = if room.kind == Kind::OfTwo { Column::Either } else { Column::Owner };
        if room.stage == Stage::Erased {
            return;
        }
        let page = cast.get(owner).browser.clone().visit(&room.path()).await;
        let may = answer(Action::Read, by, room.stage).is_ok();
        let mut socket = socket(cast.get(by));
        for (topic, payload) in tokens(&page, room) {
            let joined = socket.join(&topic, &payload.to_string()).await;
            let place = format!("{topic} by {by:?}, {:?} {:?}", room.kind, room.stage);
            assert_eq!(joined.is_ok(), may, "{place}: {joined:?}");
            assert!(may || !joined.payload.to_string().contains(SECRET), "{place}");
        }
        let main = format!("lv:{}", page.main_id());
        let joined = socket.join(&main, &page.join_payload().to_string()).await;
        assert!(joined.is_ok(), "it is their own view of that address: {joined:?}");
        assert!(may || !joined.payload.to_string().contains(TITLE), "{by:?}: {joined:?}");
    })
    .await;
}
