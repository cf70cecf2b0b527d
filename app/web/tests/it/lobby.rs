//! The first page: starting, finding and opening rooms, and taking a name.

use chat::{NewRoom, Retention, Visibility};
use web::{Rate, RateTable, Rates};

use crate::cast::{Person, TeaHouse};

async fn opened(house: &TeaHouse, by: &Person, title: &str, visibility: Visibility) {
    let room = NewRoom { visibility, ..NewRoom::titled(title) };
    house.chat.create_room(&by.guest, room).await.expect("a room is opened");
    house.caught_up().await;
}

#[tokio::test]
async fn one_click_starts_a_room() {
    let house = TeaHouse::open().await;
    let mut page = house.person("Ana").browser.visit("/").await;
    page.submit("#start", &[]).await;
    assert!(page.url().contains("/r/"), "{}", page.url());

    let mut page = house.person("Ben").browser.visit("/").await;
    let fields = [("title", "Tea & cake"), ("visibility", "unlisted"), ("retention", "1800000")];
    page.submit("#start", &fields).await;
    let (_, slug) = page.url().rsplit_once('/').expect("a path");
    let slug = chat::Slug::parse(slug).expect("a room's page");
    house.caught_up().await;
    let room = house.chat.directory().by_slug(&slug).await.expect("no fault").expect("a room");
    assert_eq!((room.name(), room.visibility), ("Tea & cake", Visibility::Unlisted));
    assert_eq!(room.retention, Retention::Fleeting { idle_ms: 1_800_000 });
}

#[tokio::test]
async fn public_rooms_appear_by_themselves_and_others_do_not() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let mut page = house.person("Ben").browser.visit("/").await;
    assert!(page.has(".room-listing .empty"), "an empty list says what to do");
    opened(&house, &ana, "The attic", Visibility::Unlisted).await;
    opened(&house, &ana, "The cellar", Visibility::Private).await;
    opened(&house, &ana, "The kitchen", Visibility::Public).await;
    page.until(|page| page.has(".room-list .room-link")).await;
    assert_eq!(page.texts(".room-list .room-name"), ["The kitchen"]);
    page.until(|page| page.text(".house-counts").starts_with("3 rooms")).await;
}

#[tokio::test]
async fn a_list_is_searched_live_and_by_its_address() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    for title in ["The kitchen", "The garden"] {
        opened(&house, &ana, title, Visibility::Public).await;
    }
    let ben = house.person("Ben");
    let mut page = ben.clone().browser.visit("/").await;
    assert_eq!(page.texts(".room-list .room-name").len(), 2, "need another one to leave out");
    page.change("#find", &[("q", "KIT")]).await;
    page.until(|page| page.texts(".room-list .room-name") == ["The kitchen"]).await;
    assert!(page.url().ends_with("/?q=kit"), "{}", page.url());

    let found = house.get(&ben, "/?q=kit&sort=newest").await;
    assert!(found.body.contains("The kitchen") && !found.body.contains("The garden"));
    let nothing = house.get(&ben, "/?q=zzz").await;
    assert!(nothing.body.contains("No public room is called like that"));
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_next_to_what_was_typed() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let long = "x".repeat(41);
    let mut page = ana.clone().browser.visit("/").await;
    page.submit("#name", &[("name", &long)]).await;
    assert!(!page.text("#name-refusal").is_empty());
    assert_eq!(page.find("#name-name").attr("value"), Some(long.as_str()));

    let refused = house.post(&ana, "/me/name", &[("name", &long), ("return_to", "/")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&long), "what was typed is kept");

    page.submit("#name", &[("name", "Anabel")]).await;
    assert_eq!(page.text(".me-name"), "Anabel");
}

#[tokio::test]
async fn too_many_rooms_are_refused_in_the_page_and_in_the_form() {
    let one = Rate { at_once: 1, per_minute: 1 };
    let rates = RateTable { rooms: Rates { address: one, person: one }, ..RateTable::default() };
    let house = TeaHouse::with_rates(rates).await;
    let ana = house.person("Ana");
    let started = house.post(&ana, "/rooms", &[("title", "First")]).await;
    assert_eq!(started.status, 303, "{}", started.head);

    let refused = house.post(&ana, "/rooms", &[("title", "Second")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Too many rooms in a short time"));
    assert!(refused.body.contains("Second"), "what was typed is kept");

    let mut page = ana.clone().browser.visit("/").await;
    page.submit("#start", &[("title", "Third")]).await;
    assert!(page.text("#start-refusal").starts_with("Too many rooms"));
    assert_eq!(page.find("#start-title").attr("value"), Some("Third"));
}

#[tokio::test]
async fn a_form_of_another_site_starts_nothing() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    for path in ["/rooms", "/me/name", "/sign-out", "/sign-in/github"] {
        let refused = house.post_with(path, Some(&ana), Some("forged"), &[]).await;
        assert_eq!(refused.status, 403, "{path}");
    }
}

#[tokio::test]
async fn whoever_waits_at_a_door_is_online() {
    let house = TeaHouse::open().await;
    let (ana, mut ben, mut eve) = (house.person("Ana"), house.person("Ben"), house.person("Eve"));
    let cellar = NewRoom { visibility: Visibility::Private, ..NewRoom::titled("The cellar") };
    let cellar = house.chat.create_room(&ana.guest, cellar).await.expect("a room is opened");
    house.caught_up().await;
    let online = || house.chat.attendance().online();
    let mut lobby = eve.browser.visit("/").await;
    assert_eq!(online(), 1, "need a house with nobody else in it");
    let path = format!("/r/{}", cellar.slug.as_str());
    house.get(&ben, &path).await;
    assert_eq!(online(), 1, "a page without a script is nobody's");

    let mut door = ben.browser.visit(&path).await;
    assert!(door.has("#knock"), "need somebody who is outside");
    assert_eq!((online(), house.chat.attendance().count(&cellar.id)), (2, 0));
    lobby.until(|page| page.text(".house-counts").contains("2 people online")).await;

    door.submit("#knock", &[]).await;
    house.chat.admit(&cellar.id, &ana.guest, &ben.guest).await.expect("she may");
    door.until(|page| page.has("#room")).await;
    assert_eq!((online(), house.chat.attendance().count(&cellar.id)), (2, 1));
}
