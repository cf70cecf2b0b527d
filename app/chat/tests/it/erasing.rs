//! What was removed is gone: from what is read, and from every file.

use std::{fs, path::Path, sync::Arc};

use chat::{Card, Chat, Config, MessageId, NewRoom, Posted, RoomId, Status, Store};
use eventsourcing::{
    Append, CommandId, Decided, EventStore, FaultyStore, MemoryStore, NewEvent, Position,
    ReadModelHome, SqliteConfig, SqliteStore, StreamId,
};
use tasks::{Clock, Scope};

use crate::cast::{DEADLINE, House, NOON_MS, ana, ben, bodies, card, in_every_house};

const SECRET: &str = "xylophonesecret";
const LINK: &str = "https://example.org/page";

/// The files below `folder` that have `text` in them, in whatever form a database keeps it.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
            continue;
        }
        // One that is gone by now has nothing in it.
        let bytes = fs::read(&path).unwrap_or_default();
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Waits until the eraser and the read models are done.
async fn settled(chat: &Chat) {
    let done = async {
        chat.caught_up().await.expect("it catches up");
        chat.erased().await.expect("it is erased");
    };
    tokio::time::timeout(DEADLINE, done).await.expect("in time");
}

#[tokio::test]
async fn a_removed_message_is_in_no_file() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    house.say(&kitchen, &ana(), "before").await.expect("accepted");
    let said = house.say(&kitchen, &ana(), &format!("the {SECRET} one")).await.expect("accepted");
    house.chat.edit(&kitchen, &ana(), said.number, &format!("a {SECRET} two")).await.expect("hers");
    house.say(&kitchen, &ben(), "after").await.expect("accepted");
    house.chat.caught_up().await.expect("it catches up");
    assert!(!files_with(house.folder(), SECRET).is_empty(), "this test needs it to be somewhere");

    house.chat.remove(&kitchen, &ana(), said.number).await.expect("hers");
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0]);
    let page = house.everything(&kitchen).await;
    assert_eq!(bodies(&page), ["before", "", "after"], "and the others are there");
    assert!(page.messages[1].removed);

    let house = house.restart(|folder| assert_eq!(files_with(folder, SECRET), [""; 0])).await;
    assert_eq!(house.everything(&kitchen).await, page);
    house.say(&kitchen, &ben(), "the room goes on").await.expect("accepted");
    house.close().await;
}

/// A card that says `SECRET`, under what Ana says; what she said, and by which change.
async fn say_with_card(house: &House, room: &RoomId) -> Posted {
    let said = house.say(room, &ana(), &format!("see {LINK}")).await.expect("accepted");
    let (title, site) = (Some(format!("a {SECRET} title")), SECRET.to_owned());
    let card = Card { title, site, ..card(said.number, LINK) };
    let attached = house.chat.attach_card(room, said.number, said.change, card).await;
    assert_eq!(attached, Ok(true));
    house.chat.caught_up().await.expect("it catches up");
    assert!(!files_with(house.folder(), SECRET).is_empty(), "this test needs it to be somewhere");
    said
}

#[tokio::test]
async fn a_card_that_is_gone_is_in_no_file() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    let said = say_with_card(&house, &kitchen).await.number;
    house.chat.dismiss_card(&kitchen, &ana(), said, LINK).await.expect("hers");
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0], "dismissed");

    house.clock.advance_ms(60_000);
    let said = say_with_card(&house, &kitchen).await.number;
    house.chat.edit(&kitchen, &ana(), said, "no link").await.expect("hers");
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0], "its link is gone");

    house.clock.advance_ms(60_000);
    let said = say_with_card(&house, &kitchen).await.number;
    house.chat.remove(&kitchen, &ana(), said).await.expect("hers");
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0], "its message is removed");
    for (name, verdict) in house.chat.verify().await.expect("no fault") {
        assert_eq!(verdict.differences, [], "{name} is what the log leads to");
    }
    let house = house.restart(|folder| assert_eq!(files_with(folder, SECRET), [""; 0])).await;
    let page = house.everything(&kitchen).await;
    assert!(page.messages.iter().all(|message| message.cards.is_empty()));
    house.close().await;
}

/// The link is in the messages of before, too: all of it goes with the message.
#[tokio::test]
async fn a_removed_link_is_in_no_file_whatever_became_of_its_card() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    let link = format!("https://example.org/{SECRET}");
    let mut said = Vec::new();
    for number in 1..=3 {
        house.clock.advance_ms(60_000);
        let text = format!("{number} see {link}");
        let posted = house.say(&kitchen, &ana(), &text).await.expect("accepted");
        let card = card(number, &link);
        let attached = house.chat.attach_card(&kitchen, number, posted.change, card).await;
        assert_eq!(attached, Ok(true));
        said.push(posted.number);
    }
    house.chat.dismiss_card(&kitchen, &ana(), said[0], &link).await.expect("hers");
    house.chat.edit(&kitchen, &ana(), said[1], "no link").await.expect("hers");
    let still = format!("still {link}");
    house.chat.edit(&kitchen, &ana(), said[2], &still).await.expect("hers");
    settled(&house.chat).await;
    assert!(!files_with(house.folder(), SECRET).is_empty(), "the messages are still there");
    for number in said {
        house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    }
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0]);
    house.close().await;
}

#[tokio::test]
async fn an_erased_room_is_in_no_file() {
    let house = House::on_disk().await;
    let title = format!("The {SECRET} title");
    let room = house.chat.create_room(&ana(), NewRoom::titled(&title)).await.expect("a room");
    for number in 0..30 {
        house.clock.advance_ms(1_000);
        house.say(&room.id, &ben(), &format!("{SECRET} {number}")).await.expect("accepted");
    }
    let said = house.say(&room.id, &ben(), &format!("see {LINK}")).await.expect("accepted");
    let card = Card { title: Some(SECRET.to_owned()), ..card(said.number, LINK) };
    let attached = house.chat.attach_card(&room.id, said.number, said.change, card).await;
    assert_eq!(attached, Ok(true));
    let retitled = format!("A {SECRET} more");
    house.chat.retitle(&room.id, &ana(), &retitled).await.expect("hers");
    let kitchen = house.kitchen().await.id;
    house.say(&kitchen, &ben(), "elsewhere").await.expect("accepted");
    house.chat.caught_up().await.expect("it catches up");
    assert!(!files_with(house.folder(), SECRET).is_empty(), "this test needs it to be somewhere");

    house.chat.erase(&room.id, &ana()).await.expect("hers");
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0]);
    assert_eq!(house.everything(&room.id).await.messages, []);
    let left = house.chat.directory().by_id(&room.id).await.expect("no fault").expect("a receipt");
    assert!(matches!(left.status, Status::Erased { messages: 31, expired: false, .. }));
    assert_eq!(left.slug, room.slug, "the address stays taken");
    assert_eq!(bodies(&house.everything(&kitchen).await), ["elsewhere"]);
    for (name, verdict) in house.chat.verify().await.expect("no fault") {
        assert_eq!(verdict.differences, [], "{name} is what the log leads to");
    }
    let house = house.restart(|folder| assert_eq!(files_with(folder, SECRET), [""; 0])).await;
    house.close().await;
}

#[tokio::test]
async fn a_room_whose_time_was_up_is_in_no_file() {
    let house = House::on_disk().await;
    let retention = chat::Retention::Fleeting { idle_ms: 10_000 };
    let fire = NewRoom { retention, ..NewRoom::default() };
    let fire = house.chat.create_room(&ana(), fire).await.expect("a room").id;
    house.say(&fire, &ana(), SECRET).await.expect("accepted");
    house.chat.caught_up().await.expect("it catches up");
    house.clock.advance_ms(20_000);
    assert_eq!(house.chat.keep_house().await.rooms_erased, 1);
    settled(&house.chat).await;
    assert_eq!(files_with(house.folder(), SECRET), [""; 0]);
    house.close().await;
}

/// What was said, by whoever is killed afterwards.
async fn say_and_remove(chat: &Chat, erase: bool) -> RoomId {
    let kitchen = chat.create_room(&ana(), NewRoom::default()).await.expect("a room").id;
    let said = chat.post(&kitchen, &ana(), MessageId::random(), SECRET).await.expect("accepted");
    chat.caught_up().await.expect("it catches up");
    let done = match erase {
        true => chat.erase(&kitchen, &ana()).await,
        false => chat.remove(&kitchen, &ana(), said.number).await,
    };
    done.expect("hers");
    kitchen
}

/// Everything that runs is dropped where it stands, before the text is out of the log.
fn killed_before_it_is_erased(erase: bool) {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = runtime();
    let kitchen = first.block_on(async {
        let log = SqliteStore::open(folder.path(), SqliteConfig::default()).expect("a log");
        let log = FaultyStore::new(log);
        log.set_keeps_text(true);
        let read_models = ReadModelHome::Folder(folder.path().join("read-models"));
        let store = Store::Given { log, read_models };
        let scope = Scope::root("killed");
        let chat = Chat::open(Config::new(store), Clock::manual(NOON_MS), &scope).await;
        say_and_remove(&chat.expect("it opens"), erase).await
    });
    drop(first);
    let left = files_with(folder.path(), SECRET);
    assert!(!left.is_empty(), "this test needs the eraser to be late");

    runtime().block_on(async {
        let scope = Scope::root("again");
        let config = Config::new(Store::Folder(folder.path().to_owned()));
        let chat = Chat::open(config, Clock::manual(NOON_MS), &scope).await.expect("it opens");
        settled(&chat).await;
        assert_eq!(files_with(folder.path(), SECRET), [""; 0]);
        let page = chat.timeline().newest(&kitchen, 10).await.expect("no fault");
        assert!(page.messages.iter().all(|message| message.body.is_empty()));
        chat.shutdown(DEADLINE).await;
    });
}

#[test]
fn a_removed_message_is_in_no_file_after_a_kill_in_between() {
    killed_before_it_is_erased(false);
}

#[test]
fn an_erased_room_is_in_no_file_after_a_kill_in_between() {
    killed_before_it_is_erased(true);
}

#[tokio::test]
async fn removing_twice_and_removing_what_was_edited_often_is_fine() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let said = house.say(&kitchen, &ana(), "text 0").await.expect("accepted").number;
        house.chat.caught_up().await.expect("it catches up");
        for number in 1..10 {
            house.clock.advance_ms(3_000);
            let text = format!("text {number}");
            house.chat.edit(&kitchen, &ana(), said, &text).await.expect("hers");
        }
        house.chat.remove(&kitchen, &ana(), said).await.expect("hers");
        let again = house.chat.remove(&kitchen, &ana(), said).await;
        settled(&house.chat).await;
        assert_eq!(bodies(&house.everything(&kitchen).await), [""], "{again:?}");
    })
    .await;
}

/// As another node may append it, that knows of the removal as little as this edit does.
#[tokio::test]
async fn an_edit_that_lands_after_the_removal_is_erased_too() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let kitchen = house.kitchen().await.id;
    let said = house.say(&kitchen, &ana(), "text").await.expect("accepted").number;
    house.chat.caught_up().await.expect("it catches up");
    let edited = house.chat.edit(&kitchen, &ana(), said, SECRET).await.expect("hers").change;
    let stream = StreamId::new("room", kitchen.as_str());
    let event = log.read_stream(&stream, edited - 1, 1).await.expect("no fault").events.remove(0);
    let removed = house.chat.remove(&kitchen, &ana(), said).await.expect("hers").change;
    settled(&house.chat).await;

    let late = NewEvent { name: event.name, schema: event.schema, payload: event.payload };
    let command = Decided { command: CommandId::random(), events: vec![late] };
    let append =
        Append { stream, expected: removed, recorded_ms: NOON_MS, commands: vec![command] };
    log.append(append.clone()).await.expect("it lands");
    settled(&house.chat).await;
    let events = log.read_stream(&append.stream, 0, 100).await.expect("no fault").events;
    assert_eq!(events.len() as u64, removed + 1, "this test needs it to be there");
    assert!(events.iter().all(|event| !event.payload.contains(SECRET)));
    assert_eq!(bodies(&house.everything(&kitchen).await), [""]);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_was_full_for_an_hour_is_no_reason_to_keep_what_was_removed() {
    let log = FaultyStore::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let kitchen = house.kitchen().await.id;
    let said = house.say(&kitchen, &ana(), SECRET).await.expect("accepted").number;
    house.chat.caught_up().await.expect("it catches up");
    log.set_keeps_text(true);
    house.chat.remove(&kitchen, &ana(), said).await.expect("hers");
    house.pass(3_600_000).await;
    let stream = StreamId::new("room", kitchen.as_str());
    let text = async || log.read_stream(&stream, 1, 1).await.expect("no fault").events.remove(0);
    assert!(text().await.payload.contains(SECRET), "this test needs it to be there");
    log.set_keeps_text(false);
    house.pass(60_000).await;
    settled(&house.chat).await;
    assert!(!text().await.payload.contains(SECRET));
    house.close().await;
}

#[tokio::test]
async fn an_erased_private_chat_leaves_no_names_and_the_next_one_keeps_its_own() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let room = house.chat.invite(&ana(), &ben()).await.expect("he may be asked").id;
    house.chat.erase(&room, &ana()).await.expect("it is theirs");
    settled(&house.chat).await;
    let all = log.read_all(Position::START, 1_000).await.expect("no fault").events;
    assert!(all.iter().any(|event| event.stream.kind() == "pair"), "this test needs a pair");
    assert!(all.iter().all(|event| !event.payload.contains("\"Ben\"")), "no names are left");

    let again = house.chat.invite(&ana(), &ben()).await.expect("they may start anew");
    assert_ne!(again.id, room);
    settled(&house.chat).await;
    let waiting = house.chat.invites(&ben().id).await.expect("no fault");
    assert_eq!((waiting.len(), waiting[0].from.clone()), (1, ana()));
    for (name, verdict) in house.chat.verify().await.expect("no fault") {
        assert_eq!(verdict.differences, [], "{name} is what the log leads to");
    }
    house.close().await;
}
