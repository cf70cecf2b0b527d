//! What was removed is gone: from the log, the queue, the pictures, and every file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chat::{NewRoom, Retention, RoomId};
use eventsourcing::{FaultyStore, Position, SqliteConfig, SqliteStore};
use tasks::{Clock, Scope};

use crate::{
    cast::{self, House, NOON_MS, ana, files, files_with, sqlite, until},
    web::{Site, Web, found, html, png, status},
};

/// In the link, the page and what is said of it.
const SECRET: &str = "xylophonesecret";

/// A site whose one page tells the secret, with a picture.
async fn secretive(web: &Web) -> Site {
    let page = format!(
        "<title>{SECRET} title</title><meta name=description content='{SECRET} text'>\
         <meta property=og:image content=/{SECRET}.png>"
    );
    let site = web.answering("tea", move |path| match path.ends_with(".png") {
        true => found("image/png", png(400, 300, [200, 0, 0])),
        false => html(&page),
    });
    site.await
}

fn url(site: &Site) -> String {
    site.url(&format!("/{SECRET}"))
}

/// The queue makes what it is done with unreadable together, within seconds.
async fn nothing_is_left(house: &House) {
    assert_eq!(files(&house.folder().join("previews")), [""; 0]);
    until("nothing is left", || files_with(house.folder(), SECRET).is_empty()).await;
}

async fn with_card(house: &House, room: &RoomId, site: &Site) -> u64 {
    let number = house.say(room, &url(site)).await.number;
    let message = house.message(room, number).await;
    assert!(message.cards[0].image.is_some(), "this test needs a picture");
    assert!(!files_with(house.folder(), SECRET).is_empty(), "and the secret to be somewhere");
    number
}

#[tokio::test]
async fn a_removed_message_takes_its_link_its_card_and_its_picture_with_it() {
    let web = Web::new();
    let site = secretive(&web).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let number = with_card(&house, &kitchen, &site).await;
    house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    house.caught_up().await;
    nothing_is_left(&house).await;
    // And it is not in memory any more: whoever asks has it fetched.
    house.preview(&site.link(&format!("/{SECRET}"))).await;
    assert_eq!(site.asked(&format!("/{SECRET}")), 2);
    house.close().await;
}

#[tokio::test]
async fn an_erased_room_and_one_whose_time_was_up_take_everything_with_them() {
    let web = Web::new();
    let site = secretive(&web).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    with_card(&house, &kitchen, &site).await;
    house.chat.erase(&kitchen, &ana()).await.expect("hers");
    house.caught_up().await;
    nothing_is_left(&house).await;

    let retention = Retention::Fleeting { idle_ms: 10_000 };
    let fire = house.room(NewRoom { retention, ..NewRoom::default() }).await;
    with_card(&house, &fire, &site).await;
    house.clock.advance_ms(20_000);
    assert_eq!(house.chat.keep_house().await.rooms_erased, 1);
    house.caught_up().await;
    nothing_is_left(&house).await;
    let house = house.restart().await;
    nothing_is_left(&house).await;
    house.close().await;
}

/// The site holds its answer until it is let go, which is after the message was removed.
#[tokio::test]
async fn what_is_fetched_while_its_message_is_removed_is_kept_nowhere() {
    let web = Web::new();
    let is_let_go = Arc::new(AtomicBool::new(false));
    let lets = is_let_go.clone();
    let site = web.site("tea", move |visit| {
        let lets = lets.clone();
        Box::pin(async move {
            until("it is let go", || lets.load(Ordering::SeqCst)).await;
            visit.answer(html(&format!("<title>{SECRET}</title>"))).await;
        })
    });
    let (site, house) = (site.await, House::on_disk(web.fetcher(), web.settings()).await);
    let kitchen = house.kitchen().await;
    let number = house.say(&kitchen, &url(&site)).await.number;
    until("it is asked", || site.came() == 1).await;
    house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    house.caught_up().await;
    // While it runs.
    nothing_is_left(&house).await;
    is_let_go.store(true, Ordering::SeqCst);
    // What is in hand is finished.
    let folder = house.close().await.expect("a folder");
    assert_eq!(files_with(folder.path(), SECRET), [""; 0]);
    assert_eq!(files(&folder.path().join("previews")), [""; 0]);
}

#[tokio::test]
async fn a_dead_letter_that_is_forgotten_leaves_only_its_message() {
    let web = Web::new();
    let site = web.site(SECRET, |visit| Box::pin(async move { drop(visit) })).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let number = house.say(&kitchen, &url(&site)).await.number;
    house.given_up(1).await;
    let dead = house.previews.dead_letters();
    assert!(secretive_streams(&house).await.len() > 1, "this test needs it to be in the queue");
    assert_eq!(house.previews.forget("m-nothing").await, Ok(false));
    assert_eq!(house.previews.forget(&dead[0].id).await, Ok(true));
    assert_eq!(house.previews.dead_letters(), []);
    assert_eq!(house.previews.forget(&dead[0].id).await, Ok(false));
    assert_eq!(house.previews.retry(&dead[0].id).await, Ok(false));
    let forgotten = async {
        while secretive_streams(&house).await != ["room"] {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(cast::DEADLINE, forgotten).await.expect("only what was said stays");
    house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    nothing_is_left(&house).await;
    house.close().await;
}

/// The kind of stream of each event that has the secret in it.
async fn secretive_streams(house: &House) -> Vec<String> {
    let page = house.log.read_all(Position::START, 1_000).await.expect("the log can be read");
    let told = page.events.iter().filter(|event| event.payload.contains(SECRET));
    told.map(|event| event.stream.kind().to_owned()).collect()
}

#[tokio::test]
async fn a_dead_letter_goes_with_its_message() {
    let web = Web::new();
    // What went wrong names the host.
    let site = web.site(SECRET, |visit| Box::pin(async move { drop(visit) })).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let number = house.say(&kitchen, &url(&site)).await.number;
    house.given_up(1).await;
    let why = house.previews.dead_letters()[0].why.clone();
    assert!(why.contains(SECRET), "this test needs it to be in there: {why}");
    house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    house.caught_up().await;
    assert_eq!(house.previews.dead_letters(), []);
    nothing_is_left(&house).await;
    house.close().await;
}

/// Everything that runs is dropped where it stands, with the picture written and its card not yet
/// in the log, or with the message removed and nobody who has heard.
#[tokio::test]
async fn what_was_left_by_a_kill_is_gone_after_the_next_start() {
    let web = Web::new();
    let site = secretive(&web).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let number = with_card(&house, &kitchen, &site).await;
    let shown = house.message(&kitchen, number).await.cards[0].image.clone().expect("a picture").id;
    house.previews.shutdown(cast::DEADLINE).await;
    house.chat.remove(&kitchen, &ana(), number).await.expect("hers");
    let (folder, clock) = (house.close().await.expect("a folder"), Clock::manual(NOON_MS + 60_000));
    // As somebody leaves it who is killed between a picture and its card.
    let (marks, rooms) =
        (folder.path().join("previews/unsettled"), folder.path().join("previews/rooms"));
    let orphan = format!("{number}-00000000-0000000000000000");
    std::fs::write(marks.join(format!("{kitchen}.{orphan}")), "").expect("written");
    std::fs::write(rooms.join(kitchen.as_str()).join(format!("{orphan}.jpg")), SECRET)
        .expect("written");
    assert!(files(&rooms).iter().any(|file| file.contains(&shown)), "this test needs both");

    let log = sqlite(folder.path());
    let house = House::open(log, Some(folder), clock, web.fetcher(), web.settings()).await;
    house.caught_up().await;
    nothing_is_left(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_picture_whose_card_was_attached_just_before_a_kill_stays() {
    let web = Web::new();
    let site = secretive(&web).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let number = with_card(&house, &kitchen, &site).await;
    let id = house.message(&kitchen, number).await.cards[0].image.clone().expect("a picture").id;
    let marks = house.folder().join("previews/unsettled");
    let folder = house.close().await;
    std::fs::write(marks.join(format!("{kitchen}.{id}")), "").expect("written");
    let folder = folder.expect("a folder");
    let log = sqlite(folder.path());
    let clock = Clock::manual(NOON_MS + 60_000);
    let house = House::open(log, Some(folder), clock, web.fetcher(), web.settings()).await;
    assert!(house.previews.room_picture(&kitchen, &id).await.expect("no fault").is_some());
    assert_eq!(files(&marks), [""; 0]);
    house.close().await;
}

#[tokio::test]
async fn what_nobody_waits_for_is_in_no_file_after_it_was_answered() {
    let web = Web::new();
    let site = web.answering("tea", |_| status(404)).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    house.preview(&site.link(&format!("/{SECRET}"))).await;
    house.caught_up().await;
    let all = house.log.read_all(Position::START, 1_000).await.expect("no fault").events;
    assert!(
        all.iter().any(|event| event.stream.as_str().contains("previews")),
        "it was in the log"
    );
    until("it is redacted", || {
        files_with(house.folder(), SECRET).iter().all(|file| file.contains("pages"))
    })
    .await;
    house.close().await;
}

/// Everything that runs is dropped where it stands, right after the message was removed.
#[test]
fn what_was_removed_just_before_a_kill_is_gone_after_the_next_start() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder for this test");
    let first = runtime();
    first.block_on(async {
        let web = Web::new();
        let site = secretive(&web).await;
        let (scope, clock) = (Scope::root("killed"), Clock::manual(NOON_MS));
        let log = SqliteStore::open(folder.path(), SqliteConfig::default()).expect("a log");
        let (log, path) = (FaultyStore::new(log), Some(folder.path()));
        // Nothing is made unreadable before the kill.
        log.set_keeps_text(true);
        let (chat, previews, _settings) =
            cast::open(log, path, &clock, web.fetcher(), web.settings(), &scope).await;
        let kitchen = chat.create_room(&ana(), NewRoom::default()).await.expect("a room").id;
        let said = cast::say(&chat, &clock, &kitchen, &url(&site)).await;
        previews.caught_up().await.expect("it catches up");
        chat.caught_up().await.expect("it catches up");
        chat.remove(&kitchen, &ana(), said.number).await.expect("hers");
    });
    drop(first);
    assert!(!files_with(folder.path(), SECRET).is_empty(), "this test needs it to be somewhere");

    runtime().block_on(async {
        let web = Web::new();
        let (log, clock) = (sqlite(folder.path()), Clock::manual(NOON_MS + 60_000));
        let house = House::open(log, Some(folder), clock, web.fetcher(), web.settings()).await;
        house.caught_up().await;
        nothing_is_left(&house).await;
        house.close().await;
    });
}
