//! Defects of earlier chat programs that this one must not have, where no other test proves it.
//! `docs/defects.md` names the test of every one of them.

use std::{fs, path::Path};

use chat::{Chat, Config, MessageId, NewRoom, Refusal, Retention, Status, Store, Visibility};
use eventsourcing::ReadModelHome;
use tasks::Scope;

use crate::cast::TeaHouse;

const DOCUMENT: &str = include_str!("../../../../docs/defects.md");

/// Another chat on the same log, as after a restart, or on another node.
async fn another_start(house: &TeaHouse) -> Chat {
    let scope = Scope::root("another start");
    let store = Store::Given { log: house.log.clone(), read_models: ReadModelHome::Memory };
    let again = Chat::open(Config::new(store), house.clock.clone(), &scope).await;
    let again = again.expect("the log is read again");
    again.caught_up().await.expect("it catches up");
    again
}

/// D6: whoever reads the log anew, as after a restart, knows that the conversation has ended.
#[tokio::test]
async fn d6_an_ended_room_stays_ended_after_a_replay() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let room = house.chat.create_room(&ana.guest, NewRoom::titled("Kitchen")).await;
    let room = room.expect("a room").id;
    house.say(&room, &ana, "one").await;
    house.chat.end(&room, &ana.guest, None).await.expect("it ends");
    let again = another_start(&house).await;
    for chat in [&house.chat, &again] {
        let said = chat.post(&room, &ana.guest, MessageId::random(), "two").await;
        assert_eq!(said, Err(chat::ActError::Refused(Refusal::Ended)));
        let page = chat.timeline().newest(&room, 9).await.expect("no fault");
        assert_eq!(page.messages.len(), 1, "what was said can be read");
    }
}

/// D7: what was made, and what was said, is on the very next page.
#[tokio::test]
async fn d7_what_was_done_is_on_the_next_page() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    for round in 0..20 {
        let (title, body) = (format!("Room {round}"), format!("words {round}"));
        let made = house.post(&ana, "/rooms", &[("title", &title)]).await;
        let path = made.location().to_owned();
        assert!(house.get(&ana, &path).await.body.contains(&title), "{path} is there");
        house.post(&ana, &format!("{path}/post"), &[("body", &body)]).await;
        assert!(house.get(&ana, &path).await.body.contains(&body), "{path} shows {body}");
    }
}

/// D9: each message shows its author's picture, whoever looks.
#[tokio::test]
async fn d9_a_message_has_its_authors_picture() {
    let house = TeaHouse::open().await;
    let (ana, ben) = (house.person("Ana"), house.person("Ben"));
    let room = house.chat.create_room(&ana.guest, NewRoom::default()).await.expect("a room");
    house.say(&room.id, &ana, "by Ana").await;
    house.say(&room.id, &ben, "by Ben").await;
    for viewer in [&ana, &ben, &house.person("Cleo")] {
        let page = viewer.browser.clone().visit(&format!("/r/{}", room.slug.as_str())).await;
        for (number, author) in [(1, &ana), (2, &ben)] {
            let picture = page.find(&format!("#m-{number} img.avatar"));
            assert_eq!(picture.attr("src"), Some(&*format!("/people/{}/avatar", author.id())));
        }
    }
}

/// D16: a page that went on to another room hears nothing of the first one.
#[tokio::test]
async fn d16_a_page_hears_only_of_the_room_that_it_shows() {
    let house = TeaHouse::open().await;
    let (ana, ben) = (house.person("Ana"), house.person("Ben"));
    let mut rooms = Vec::new();
    for title in ["First", "Second"] {
        let room = house.chat.create_room(&ana.guest, NewRoom::titled(title)).await;
        rooms.push(room.expect("a room"));
    }
    let mut page = ben.browser.clone().visit(&format!("/r/{}", rooms[0].slug.as_str())).await;
    page.navigate(&format!("/r/{}", rooms[1].slug.as_str())).await;
    house.say(&rooms[0].id, &ana, "not for here").await;
    house.say(&rooms[1].id, &ana, "for here").await;
    page.until(|page| page.html().contains("for here")).await;
    assert!(!page.html().contains("not for here"), "{}", page.html());
    let first = format!("room-{}", rooms[0].id);
    assert!(!page.joined().contains(&first.as_str()), "the first conversation was left");
}

/// D25: text is escaped once, wherever it stands.
#[tokio::test]
async fn d25_text_is_shown_as_it_was_written() {
    const TEXT: &str = "Tom & \"Jo\" <3";
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    assert_eq!(house.post(&ana, "/me/name", &[("name", TEXT)]).await.status, 303);
    let made = house.post(&ana, "/rooms", &[("title", TEXT)]).await;
    let path = made.location().to_owned();
    house.post(&ana, &format!("{path}/post"), &[("body", TEXT)]).await;
    house.caught_up().await;
    for address in [path.as_str(), &format!("{path}/1"), "/", "/me", "/search?q=Tom"] {
        let page = ana.browser.clone().open(address).await;
        assert!(page.html().contains("Tom &amp; "), "need the text on {address}");
        assert!(!page.document().contains("&amp;amp;"), "{address}: {}", page.document());
        assert!(!page.document().contains("&amp;lt;"), "{address}: {}", page.document());
        assert!(!page.document().contains("<3"), "{address}: {}", page.document());
    }
    let page = ana.browser.clone().visit(&path).await;
    assert_eq!(page.text("#m-1 .body"), TEXT);
    assert_eq!(page.text("#m-1 .author"), TEXT);
}

/// D31: what opens somebody's session is in no page, and their public id is.
#[tokio::test]
async fn d31_the_secret_of_a_session_is_in_no_page() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let room = house.chat.create_room(&ana.guest, NewRoom::default()).await.expect("a room");
    house.say(&room.id, &ana, "here I am").await;
    let secret = ana.secret();
    assert!(secret.len() > 20, "need a secret for this to mean anything");
    for path in [format!("/r/{}", room.slug.as_str()), "/me".to_owned(), "/".to_owned()] {
        let page = ana.browser.clone().visit(&path).await;
        let told = format!("{}{}", page.document(), page.html());
        assert!(!told.contains(secret), "{path}");
        assert!(!path.starts_with("/r/") || told.contains(ana.id()), "{path}");
    }
}

/// D38: rooms are below an address of their own, and words that pages may need are no rooms.
#[tokio::test]
async fn d38_no_name_of_a_room_shadows_a_page() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    for name in ["dashboard", "search", "about", "assets", "live", "me", "lobby"] {
        let opened = house.post(&ana, &format!("/r/{name}/open"), &[]).await;
        assert_eq!(opened.status, 404, "{name} is reserved");
    }
    for name in ["open", "post", "title", "knock", "open-post"] {
        let path = format!("/r/{name}");
        assert_eq!(house.post(&ana, &format!("{path}/open"), &[]).await.status, 303, "{name}");
        let page = house.get(&ana, &path).await;
        assert!(page.status == 200 && page.body.contains("id=\"composer\""), "{name}");
        assert_eq!(house.post(&ana, &format!("{path}/post"), &[("body", "hi")]).await.status, 303);
    }
    for (path, word) in [("/search", "id=\"search\""), ("/about", "About"), ("/", "Teahouse")] {
        assert!(house.get(&ana, path).await.body.contains(word), "{path}");
    }
}

/// D32: a private chat is of exactly two, and nobody is invited by themselves.
#[tokio::test]
async fn d32_nobody_invites_themselves_through_a_form() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let room = house.chat.create_room(&ana.guest, NewRoom::default()).await.expect("a room");
    let before = house.now().await;
    let path = format!("/r/{}/invite", room.slug.as_str());
    assert_eq!(house.post(&ana, &path, &[("who", ana.id())]).await.status, 422);
    assert!(house.since(before).await.is_empty());
    let found = house.chat.directory().by_id(&room.id).await.expect("no fault").expect("a room");
    assert_eq!(found.visibility, Visibility::Public, "the room is as it was");
}

/// D33: two nodes that tidy up at the same moment erase a room once, and agree on what is left.
#[tokio::test]
async fn d33_two_nodes_erase_a_room_once() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let retention = Retention::Fleeting { idle_ms: 60_000 };
    let room = NewRoom { retention, ..NewRoom::titled("By the fire") };
    let room = house.chat.create_room(&ana.guest, room).await.expect("a room").id;
    house.say(&room, &ana, "a story").await;
    let other = another_start(&house).await;
    let before = house.now().await;
    house.rest();
    tokio::join!(house.chat.keep_house(), other.keep_house());
    assert_eq!(house.since(before).await, ["room Erased"]);
    for chat in [&house.chat, &other] {
        chat.caught_up().await.expect("it catches up");
        let left = chat.directory().by_id(&room).await.expect("no fault").expect("its receipt");
        assert!(matches!(left.status, Status::Erased { messages: 1, expired: true, .. }));
    }
}

/// The document's table: `| D6 | what it was | tests |`, each test as `` `path::name` ``.
fn named_tests() -> Vec<(&'static str, &'static str)> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| D"));
    let cells =
        rows.filter_map(|row| row.rsplit_once(" | ")).flat_map(|(_, tests)| tests.split('`'));
    cells.filter_map(|cell| cell.split_once("::")).collect()
}

#[test]
fn every_test_that_the_document_names_is_there() {
    let named = named_tests();
    assert!(named.len() >= 30, "need tests for this to mean anything");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, name) in named {
        let text = fs::read_to_string(root.join(path));
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        let is_there = match path.ends_with(".js") {
            true => text.contains(&format!("test(\"{name}")),
            false => text.contains(&format!("fn {name}(")),
        };
        assert!(is_there, "{path} has no test {name}");
    }
}
