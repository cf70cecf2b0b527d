//! Cards of links in a room: for everyone at once, and away at once.

use chat::{Card, CardImage, NewRoom, RoomId, RoomSummary, Visibility};
use liveview::testing::Page;
use serde_json::json;

use crate::cast::{Person, TeaHouse};

const LINK: &str = "https://example.org/?a=1&b=2";

/// The card of `link`, with a picture.
pub fn card(link: &str) -> Card {
    Card {
        link: link.to_owned(),
        url: link.to_owned(),
        site: "Example".to_owned(),
        title: Some("What an example is about".to_owned()),
        description: Some("In a few words".to_owned()),
        image: Some(CardImage { id: "1-0123456789abcdef".to_owned(), width: 480, height: 252 }),
    }
}

/// Puts `card` under message `number`, which nobody has edited, and waits until it can be read.
pub async fn attach(house: &TeaHouse, room: &RoomId, number: u64, card: Card) {
    let page = house.chat.timeline().range(room, number, number).await.expect("no fault");
    let said = page.messages[0].change;
    let attached = house.chat.attach_card(room, number, said, card).await;
    assert_eq!(attached, Ok(true), "under message {number}");
    house.caught_up().await;
}

struct Scene {
    house: TeaHouse,
    ana: Person,
    ben: Person,
    room: RoomSummary,
}

impl Scene {
    /// Ana's room, in which Ben said something with a link.
    async fn new() -> Self {
        let house = TeaHouse::open().await;
        let (ana, ben) = (house.person("Ana"), house.person("Ben"));
        let kitchen = NewRoom { visibility: Visibility::Public, ..NewRoom::titled("The kitchen") };
        let room = house.chat.create_room(&ana.guest, kitchen).await.expect("a room");
        house.say(&room.id, &ben, &format!("see {LINK}")).await;
        Self { house, ana, ben, room }
    }

    fn path(&self) -> String {
        format!("/r/{}", self.room.slug.as_str())
    }

    async fn visit(&self, who: &Person) -> Page {
        who.browser.clone().visit(&self.path()).await
    }

    async fn attach(&self, number: u64) {
        attach(&self.house, &self.room.id, number, card(LINK)).await;
    }
}

/// As the page's script dismisses the card of message `number`.
async fn dismiss(page: &mut Page, number: u64) {
    let number = number.to_string();
    let act = json!({ "act": "dismiss", "number": number, "link": LINK });
    page.hook_event("#room", "act", act).await;
}

#[tokio::test]
async fn a_card_comes_to_everyone_and_goes_from_everyone() {
    let scene = Scene::new().await;
    let (mut ana, mut ben) = (scene.visit(&scene.ana).await, scene.visit(&scene.ben).await);
    scene.attach(1).await;
    for page in [&mut ana, &mut ben] {
        page.until(|page| page.has("#m-1 .card")).await;
        assert_eq!(page.text("#m-1 .card-title"), "What an example is about");
        assert_eq!(page.find_all(".message").len(), 1, "the message stands where it stood");
        let link = page.find("#m-1 .card-link");
        assert_eq!(link.attr("href"), Some(LINK));
        assert_eq!(link.attr("rel"), Some("noopener noreferrer nofollow ugc"));
        let picture = page.find("#m-1 .card-picture");
        let path = format!("{}/cards/1-0123456789abcdef", scene.path());
        assert_eq!(picture.attr("src"), Some(path.as_str()));
        assert_eq!((picture.attr("width"), picture.attr("height")), (Some("480"), Some("252")));
    }
    dismiss(&mut ben, 1).await;
    assert_eq!(ben.take_event("acted"), Some(json!({ "act": "dismiss" })));
    for page in [&mut ana, &mut ben] {
        page.until(|page| !page.has(".card")).await;
    }
}

#[tokio::test]
async fn only_the_author_and_owners_dismiss_a_card() {
    let scene = Scene::new().await;
    scene.attach(1).await;
    let cleo = scene.house.person("Cleo");
    let (mut cleos, mut anas) = (scene.visit(&cleo).await, scene.visit(&scene.ana).await);
    assert!(cleos.find("#room").attr("data-dismisses-others").is_none());
    dismiss(&mut cleos, 1).await;
    assert!(cleos.has(".card"), "she may not");
    assert!(anas.find("#room").attr("data-dismisses-others").is_some());
    dismiss(&mut anas, 1).await;
    for page in [&mut anas, &mut cleos] {
        page.until(|page| !page.has(".card")).await;
    }
}

#[tokio::test]
async fn a_card_above_the_window_is_asked_for_again() {
    let scene = Scene::new().await;
    for number in 2..=120 {
        scene.house.rest();
        scene.house.say(&scene.room.id, &scene.ana, &format!("text {number}")).await;
    }
    let mut ana = scene.visit(&scene.ana).await;
    ana.hook_event("#scroller", "older", json!({ "before": 41 })).await;
    scene.attach(1).await;
    let told = loop {
        ana.catch_up().await;
        if let Some(told) = ana.take_event("refresh") {
            break told;
        }
    };
    assert_eq!(told, json!({ "from": 1, "to": 1 }));
    ana.hook_event("#scroller", "refresh", told).await;
    ana.until(|page| page.has("#o-1 .card")).await;
}

#[tokio::test]
async fn without_a_script_cards_are_seen_and_dismissed() {
    let scene = Scene::new().await;
    scene.attach(1).await;
    let page = scene.house.get(&scene.ana, &scene.path()).await.body;
    assert!(page.contains("What an example is about"), "{page}");
    let chosen = format!("{}/1", scene.path());
    let page = scene.house.get(&scene.ben, &chosen).await.body;
    assert!(page.contains("Remove the card: What an example is about</button>"), "{page}");
    let stranger = scene.house.person("Cleo");
    let page = scene.house.get(&stranger, &chosen).await.body;
    assert!(!page.contains("Remove the card: What an example is about</button>"), "{page}");

    let fields = [("number", "1"), ("link", LINK)];
    let path = format!("{}/dismiss", scene.path());
    assert_eq!(scene.house.post(&stranger, &path, &fields).await.status, 403);
    let answer = scene.house.post(&scene.ben, &path, &fields).await;
    assert_eq!((answer.status, answer.location()), (303, format!("{chosen}#m-1").as_str()));
    let page = scene.house.get(&scene.ben, &chosen).await.body;
    assert!(!page.contains("What an example is about"), "{page}");
}

#[tokio::test]
async fn a_removed_message_has_no_card() {
    let scene = Scene::new().await;
    scene.attach(1).await;
    let mut ana = scene.visit(&scene.ana).await;
    assert!(ana.has(".card"));
    scene.house.chat.remove(&scene.room.id, &scene.ben.guest, 1).await.expect("his");
    ana.until(|page| page.has("#m-1[data-removed]") && !page.has(".card")).await;
}
