//! Links that were given up, on the page of whoever wrote them.

use std::time::Duration;

use chat::{NewRoom, RoomSummary, Visibility};
use web::{Rate, RateTable, Rates};

use crate::{
    cast::{Person, TeaHouse, wide},
    http_client::Answer,
    site::Site,
};

const GONE: &str = "That link does not wait for you any more.";
const TITLE: &str = "Links that could not be shown";

struct Scene {
    house: TeaHouse,
    ana: Person,
    ben: Person,
    room: RoomSummary,
    site: Site,
}

impl Scene {
    /// Ana's room, in which Ben said something with a link to a site that is ill: it was given up.
    async fn open() -> Self {
        Self::with_rates(wide()).await
    }

    async fn with_rates(rates: RateTable) -> Self {
        let site = Site::open().await;
        let house = TeaHouse::with(rates, site.settings()).await;
        let (ana, ben) = (house.person("Ana"), house.person("Ben"));
        let kitchen = NewRoom { visibility: Visibility::Public, ..NewRoom::titled("The kitchen") };
        let room = house.chat.create_room(&ana.guest, kitchen).await.expect("a room");
        site.fail();
        let scene = Self { house, ana, ben, room, site };
        scene.say("/tea/green?sort=price").await;
        scene.given_up(1).await;
        scene
    }

    /// Ben says a link.
    async fn say(&self, path: &str) -> u64 {
        self.house.rest();
        self.house.say(&self.room.id, &self.ben, &self.site.url(path)).await
    }

    /// Waits until so many links were given up.
    async fn given_up(&self, count: usize) {
        while self.letters().len() < count {
            // Time goes by in small steps, in between which the site can answer.
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::time::resume();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The ids of what was given up, the latest first.
    fn letters(&self) -> Vec<String> {
        self.house.previews.dead_letters().into_iter().map(|letter| letter.id).collect()
    }

    async fn post(&self, who: &Person, act: &str, id: &str) -> Answer {
        self.house.post(who, &format!("/me/links/{act}"), &[("which", id)]).await
    }
}

#[tokio::test]
async fn whoever_wrote_a_link_sees_that_it_was_given_up_and_nobody_else() {
    let scene = Scene::open().await;
    let mut ben = scene.ben.browser.clone();
    let page = ben.visit("/me").await;
    assert_eq!(page.text("#lost-links-title"), TITLE);
    assert_eq!(page.find_all("#lost-links .line").len(), 1);
    // In a browser it would hide the id of its form, which was then shown twice.
    let plain = scene.house.get(&scene.ben, "/me").await.body;
    assert!(plain.contains(TITLE) && !plain.contains("name=\"id\""), "{plain}");
    let shown = page.text("#lost-links .line-name");
    assert!(shown.contains("/tea/green") && !shown.contains("sort=price"), "{shown}");
    assert!(shown.contains("The site answered with 503."), "{shown}");
    assert!(shown.contains("In The kitchen, 3 attempts"), "{shown}");
    let place = format!("/r/{}/1#m-1", scene.room.slug.as_str());
    assert!(page.html().contains(&format!("href=\"{place}\"")), "{}", page.html());

    for other in [&scene.ana, &scene.house.person("Cleo")] {
        let page = scene.house.get(other, "/me").await.body;
        assert!(!page.contains(TITLE) && !page.contains("/tea/green"), "{page}");
    }
}

#[tokio::test]
async fn the_latest_come_first_and_go_with_their_messages() {
    let scene = Scene::open().await;
    let second = scene.say("/cake").await;
    scene.given_up(2).await;
    let names = |page: &liveview::testing::Page| page.texts("#lost-links .line-name > a");
    let page = scene.ben.browser.clone().visit("/me").await;
    let shown = names(&page);
    assert!(shown[0].ends_with("/cake") && shown[1].ends_with("/tea/green"), "{shown:?}");
    scene.house.chat.remove(&scene.room.id, &scene.ben.guest, second).await.expect("his");
    scene.house.previews.caught_up().await.expect("it is heard");
    let page = scene.ben.browser.clone().visit("/me").await;
    assert_eq!(names(&page).len(), 1, "{}", page.html());
}

#[tokio::test]
async fn what_is_tried_again_becomes_a_card() {
    let scene = Scene::open().await;
    let id = scene.letters()[0].clone();
    let mut page = scene.ben.browser.clone().visit("/me").await;
    scene.site.recover();
    page.submit(&format!("#retry-{id}"), &[]).await;
    assert_eq!(page.text(".info"), "It is being fetched again.");
    assert!(!page.has("#lost-links"), "{}", page.html());
    scene.house.previews.caught_up().await.expect("it is fetched");
    scene.house.caught_up().await;
    let said = scene.house.chat.timeline().newest(&scene.room.id, 1).await.expect("no fault");
    let cards = &said.messages[0].cards;
    assert_eq!(cards.len(), 1, "{cards:?}");
}

#[tokio::test]
async fn what_is_forgotten_is_gone_and_the_page_says_so() {
    let scene = Scene::open().await;
    let id = scene.letters()[0].clone();
    let browser = &scene.ben.browser;
    let (mut page, mut other) =
        (browser.clone().visit("/me").await, browser.clone().visit("/me").await);
    page.submit(&format!("#forget-{id}"), &[]).await;
    assert_eq!(page.text(".info"), "It is forgotten. What you said stays.");
    assert!(!page.has("#lost-links"), "{}", page.html());
    assert_eq!(scene.letters(), [""; 0]);
    assert!(other.has("#lost-links"), "need another tab for this to mean anything");
    other.submit(&format!("#retry-{id}"), &[]).await;
    assert_eq!(other.text("#me-refusal"), GONE);
    assert!(!other.has("#lost-links"), "{}", other.html());
}

#[tokio::test]
async fn without_a_script_a_link_is_tried_again_and_forgotten() {
    let scene = Scene::open().await;
    let body = scene.house.get(&scene.ben, "/me").await.body;
    for act in ["retry", "forget"] {
        assert!(body.contains(&format!("action=\"/me/links/{act}\"")), "{act}: {body}");
    }
    let asked = scene.site.asked_in_all();
    let answer = scene.post(&scene.ben, "retry", &scene.letters()[0]).await;
    assert_eq!((answer.status, answer.location()), (303, "/me"));
    assert_eq!(scene.letters(), [""; 0]);
    scene.given_up(1).await;
    assert!(scene.site.asked_in_all() > asked, "it was asked again, and given up again");

    let id = scene.letters()[0].clone();
    let answer = scene.post(&scene.ben, "forget", &id).await;
    assert_eq!((answer.status, answer.location()), (303, "/me"));
    assert!(!scene.house.get(&scene.ben, "/me").await.body.contains(TITLE));
    let again = scene.post(&scene.ben, "forget", &id).await;
    assert!(again.status == 422 && again.body.contains(GONE), "{}", again.body);
}

#[tokio::test]
async fn what_somebody_else_wrote_is_nobodys_to_try_or_to_forget() {
    let scene = Scene::open().await;
    let letters = scene.letters();
    scene.say("/cake").await;
    scene.given_up(2).await;
    // A page of Ana's own with a form on it, whose button is made to be about Ben's.
    let anas = scene.site.url("/anas");
    scene.house.say(&scene.room.id, &scene.ana, &anas).await;
    scene.given_up(3).await;
    let own = scene.letters()[0].clone();
    let mut page = scene.ana.browser.clone().visit("/me").await;
    let before = scene.letters();
    for act in ["retry", "forget"] {
        for id in [letters[0].as_str(), "m-nothing", ""] {
            let answer = scene.post(&scene.ana, act, id).await;
            assert!(answer.status == 422 && answer.body.contains(GONE), "{act} {id}");
            page.submit(&format!("#{act}-{own}"), &[("which", id)]).await;
            assert_eq!(page.text("#me-refusal"), GONE, "{act} {id}");
        }
        let bens_token = scene.ben.token();
        let path = format!("/me/links/{act}");
        let fields = [("which", letters[0].as_str())];
        let forged =
            scene.house.post_with(&path, Some(&scene.ana), Some(&bens_token), &fields).await;
        assert_eq!(forged.status, 403, "{act}");
    }
    assert_eq!(scene.letters(), before, "nothing happened");
}

#[tokio::test]
async fn whoever_may_not_read_the_room_any_more_is_not_told_what_it_is_called() {
    let scene = Scene::open().await;
    let Scene { house, ana, ben, room, .. } = &scene;
    house.chat.expel(&room.id, &ana.guest, &ben.guest).await.expect("she is the owner");
    house.caught_up().await;
    let page = house.get(ben, "/me").await.body;
    assert!(page.contains(TITLE) && page.contains("In a room that you cannot read any more"));
    let section = page.split_once(TITLE).map_or("", |(_, section)| section);
    let section = section.split_once("</section>").map_or("", |(section, _)| section);
    assert!(!section.contains("The kitchen") && !section.contains(room.slug.as_str()), "{section}");
}

#[tokio::test]
async fn trying_again_too_often_is_refused_in_words() {
    let once = Rate { at_once: 1, per_minute: 1 };
    let rates = RateTable { previews: Rates { address: once, person: once }, ..wide() };
    let scene = Scene::with_rates(rates).await;
    scene.say("/cake").await;
    scene.given_up(2).await;
    let letters = scene.letters();
    assert_eq!(scene.post(&scene.ben, "retry", &letters[0]).await.status, 303);
    let refused = scene.post(&scene.ben, "retry", &letters[1]).await;
    assert!(refused.status == 422 && refused.body.contains("Too many previews"));
    assert!(scene.letters().contains(&letters[1]), "it waits for another day");
}
