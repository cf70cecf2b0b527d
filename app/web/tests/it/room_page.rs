//! The page of a room, live, for several people at once.

use channels::testing::Client;
use chat::{NewRoom, Role, RoomSummary, Visibility};
use liveview::testing::Page;
use serde_json::{Value, json};

use crate::{
    cards::{attach, card},
    cast::{Person, TeaHouse},
    http_client::escape,
};

/// As many people as look at a room in the worst of our promises.
const VIEWERS: usize = 1_000;

struct Scene {
    house: TeaHouse,
    ana: Person,
    ben: Person,
    room: RoomSummary,
}

impl Scene {
    async fn with(visibility: Visibility) -> Self {
        let house = TeaHouse::open().await;
        let (ana, ben) = (house.person("Ana"), house.person("Ben"));
        let kitchen = NewRoom { visibility, ..NewRoom::titled("The kitchen") };
        let room = house.chat.create_room(&ana.guest, kitchen).await.expect("a room");
        Self { house, ana, ben, room }
    }

    fn path(&self) -> String {
        format!("/r/{}", self.room.slug.as_str())
    }

    async fn visit(&self, who: &Person) -> Page {
        who.browser.clone().visit(&self.path()).await
    }

    fn feed(&self) -> String {
        format!("room-{}", self.room.id)
    }

    fn people(&self) -> String {
        format!("people-{}", self.room.id)
    }
}

/// The form of an act, filled in as the page's script would.
async fn act(page: &mut Page, name: &str, fields: &[(&str, &str)]) {
    let mut value = format!("act={name}");
    for (field, text) in fields {
        value.push_str(&format!("&{field}={}", text.replace(' ', "+")));
    }
    let main = page.main_id().to_owned();
    let payload = json!({ "type": "form", "event": "act", "value": value });
    page.send(&main, "event", &payload).await;
}

/// A socket of the page's own browser that does as it likes.
fn socket(page: &Page) -> Client {
    let token = escape(&page.csrf_token());
    page.browser().socket(&format!("_csrf_token={token}&vsn=2.0.0"), 256)
}

/// What the bodies of the messages on the page say.
fn said(page: &Page) -> Vec<String> {
    page.texts(".message .body")
}

/// Who types, by the list of people.
fn typing(page: &Page) -> Vec<String> {
    let typing = page.find_all(".person[data-typing]");
    typing.iter().map(|person| person.attr("data-person").unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn somebody_knocks_and_is_let_in() {
    let scene = Scene::with(Visibility::Private).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    assert!(!ben.html().contains("The kitchen"), "its name is nobody's business");
    ben.submit("#knock", &[]).await;
    ben.until(|page| page.has(".waiting")).await;
    ana.until(|page| page.has(".knock")).await;
    assert!(ana.text(".knock").contains("Ben knocks"), "{}", ana.text(".knock"));
    ana.submit(".knock form[data-act='admit']", &[]).await;
    ben.until(|page| page.has("#composer") && page.has("#feed")).await;
    ana.until(|page| !page.has(".knock")).await;
    ana.until(|page| page.html().contains("Ana let Ben in")).await;
}

#[tokio::test]
async fn somebody_who_is_not_let_in_hears_so() {
    let scene = Scene::with(Visibility::Private).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    ben.submit("#knock", &[]).await;
    ana.until(|page| page.has(".knock")).await;
    ana.submit(".knock form[data-act='turn-away']", &[]).await;
    ben.until(|page| page.text("#outside > .refusal").contains("Nobody let you in")).await;
    ben.submit("#knock", &[]).await;
    ben.until(|page| page.text("#outside > .refusal").contains("answered with no")).await;
}

#[tokio::test]
async fn who_is_sent_out_gets_no_frame_more() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    // A second tab that does not care what its page says: it stays where it joined.
    let session = |page: &Page, id: &str| {
        let container = page.find(&format!("#{id}"));
        let session = container.attr("data-phx-session").expect("a nested view").to_owned();
        let token = page.csrf_token();
        json!({ "session": session, "static": null, "params": { "_csrf_token": token } })
    };
    let mut hostile = socket(&ben);
    for id in [scene.feed(), scene.people()] {
        let joined = hostile.join(&format!("lv:{id}"), &session(&ben, &id).to_string()).await;
        assert!(joined.is_ok(), "{joined:?}");
    }
    act(&mut ana, "expel", &[("who", scene.ben.id())]).await;
    ben.until(|page| page.has("#outside")).await;
    assert!(ben.text("#outside").contains("removed you"), "{}", ben.html());
    for id in [scene.feed(), scene.people()] {
        let topic = format!("lv:{id}");
        hostile.find(|message| message.topic == topic && message.event != "diff").await;
        let payload = session(&ana, &id).to_string();
        let again = hostile.join(&topic, &payload).await;
        assert!(!again.is_ok(), "{topic} must not be joined again");
    }
    scene.house.say(&scene.room.id, &scene.ana, "a secret of those who are left").await;
    ana.until(|page| page.html().contains("a secret")).await;
    let pong = hostile.call("phoenix", "heartbeat", "{}").await;
    assert!(pong.is_ok());
    let heard = format!("{:?}", hostile.arrived());
    assert!(!heard.contains("a secret"), "{heard}");
}

#[tokio::test]
async fn a_room_is_renamed_for_everyone_at_once() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    ana.submit(".rename form", &[("title", "The tea garden")]).await;
    for page in [&mut ana, &mut ben] {
        page.until(|page| page.text("#room-title") == "The tea garden").await;
        page.until(|page| page.html().contains("renamed the room from")).await;
        assert_eq!(page.title(), Some("The tea garden"));
    }
    let refused = "x".repeat(200);
    ana.submit(".rename form", &[("title", &refused)]).await;
    assert!(ana.text(".rename .refusal").contains("at most"), "{}", ana.text(".rename"));
    assert_eq!(ana.find("#rename-title").attr("value"), Some(refused.as_str()), "it is kept");
}

#[tokio::test]
async fn who_types_is_told_and_forgotten() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    ben.hook_event("#composer", "typing", json!({})).await;
    // The list names who types; each page's script leaves its own viewer out by `data-me`.
    for page in [&mut ana, &mut ben] {
        page.until(|page| typing(page) == [scene.ben.id()]).await;
    }
    assert_eq!(ben.find("#room").attr("data-me"), Some(scene.ben.id()));
    ben.submit("#composer", &[("body", "hello")]).await;
    ana.until(|page| typing(page).is_empty() && said(page) == ["hello"]).await;
    ben.hook_event("#composer", "typing", json!({})).await;
    ana.until(|page| !typing(page).is_empty()).await;
    ben.hook_event("#composer", "typing_stopped", json!({})).await;
    ana.until(|page| typing(page).is_empty()).await;
    // Whoever says nothing more has stopped after three seconds.
    ben.hook_event("#composer", "typing", json!({})).await;
    ana.until(|page| !typing(page).is_empty()).await;
    ana.until(|page| typing(page).is_empty()).await;
}

#[tokio::test]
async fn a_person_is_one_entry_however_many_tabs() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let (_tab, mut ben) = (scene.visit(&scene.ben).await, scene.visit(&scene.ben).await);
    ana.until(|page| page.text("#people-title") == "People: 2").await;
    assert_eq!(ana.find_all(".person").len(), 2);
    ben.hook_event("#room", "idle", json!({ "idle": true })).await;
    assert!(!ana.has(".person[data-idle]"), "the other tab is in front");
}

#[tokio::test]
async fn edits_show_in_the_window_and_above_it() {
    let scene = Scene::with(Visibility::Public).await;
    for number in 1..=120 {
        scene.house.rest();
        scene.house.say(&scene.room.id, &scene.ana, &format!("text {number}")).await;
    }
    let mut ana = scene.visit(&scene.ana).await;
    ana.hook_event("#scroller", "older", json!({ "before": 41 })).await;
    assert_eq!(said(&ana).len(), 120);
    let before = ana.stream_ids("messages").len();

    ana.hook_event("#room", "edit_message", json!({ "number": 100 })).await;
    assert_eq!(ana.find(".editor textarea").text, "text 100", "what was said, as it was typed");
    ana.submit(".editor", &[("body", "a better text")]).await;
    ana.until(|page| page.text("#m-100 .body").contains("a better text")).await;
    assert!(ana.has("#m-100 .edited") && !ana.has(".editor"));
    assert_eq!(ana.stream_ids("messages").len(), before, "it stands where it stood");

    scene.house.rest();
    act(&mut ana, "remove", &[("number", "7")]).await;
    ana.until(|page| page.has("#o-7[data-removed]")).await;
    let mut ben = scene.visit(&scene.ben).await;
    ben.hook_event("#scroller", "older", json!({ "before": 41 })).await;
    scene.house.rest();
    act(&mut ana, "edit", &[("number", "8"), ("body", "new")]).await;
    let told = loop {
        ben.catch_up().await;
        if let Some(told) = ben.take_event("refresh") {
            break told;
        }
    };
    assert_eq!(told, json!({ "from": 8, "to": 8 }));
    ben.hook_event("#scroller", "refresh", told).await;
    ben.until(|page| page.text("#o-8 .body").starts_with("new")).await;
    assert_eq!(said(&ben).len(), 120, "none came twice");
}

#[tokio::test]
async fn nobody_edits_what_is_not_theirs() {
    let scene = Scene::with(Visibility::Public).await;
    scene.house.say(&scene.room.id, &scene.ana, "mine").await;
    let mut ben = scene.visit(&scene.ben).await;
    ben.hook_event("#room", "edit_message", json!({ "number": 1 })).await;
    assert!(!ben.has(".editor"));
    act(&mut ben, "edit", &[("number", "1"), ("body", "yours")]).await;
    assert!(ben.text(".said").contains("what others said"), "{}", ben.text(".said"));
    assert_eq!(said(&ben), ["mine"]);
}

#[tokio::test]
async fn slash_commands_do_what_they_say() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    ben.submit("#composer", &[("body", " /nick  Benjamin ")]).await;
    ana.until(|page| page.html().contains("Ben is now called Benjamin")).await;
    ana.until(|page| page.texts(".person .author").contains(&"Benjamin".to_owned())).await;
    ben.submit("#composer", &[("body", "/me waves")]).await;
    ana.until(|page| page.has(".message[data-did]")).await;
    assert_eq!(ana.text(".message[data-did] .body"), "Benjamin waves");
    ben.submit("#composer", &[("body", "/title Mine now")]).await;
    assert!(ben.text("#refusal").contains("Only an owner"), "{}", ben.text("#refusal"));
    ben.submit("#composer", &[("body", "/dance")]).await;
    assert!(ben.text("#refusal").contains("no command /dance"), "{}", ben.text("#refusal"));
    assert_eq!(ben.find("#composer textarea").text, "/dance", "it is kept");
    ana.submit("#composer", &[("body", "/private")]).await;
    ben.until(|page| page.text(".room-facts").contains("Private")).await;
    assert!(ben.has("#composer"), "who is there stays");
    ana.submit("#composer", &[("body", "//help is a command")]).await;
    ben.until(|page| said(page).contains(&"/help is a command".to_owned())).await;
}

#[tokio::test]
async fn another_tab_learns_of_a_new_name() {
    let scene = Scene::with(Visibility::Public).await;
    let mut first = scene.visit(&scene.ben).await;
    let mut second = scene.visit(&scene.ben).await;
    first.submit("#composer", &[("body", "/nick Benjamin")]).await;
    let placeholder = |page: &Page| {
        page.find("#composer").attr("data-placeholder").unwrap_or_default().to_owned()
    };
    second.until(|page| placeholder(page).contains("Benjamin")).await;
    second.until(|page| page.html().contains("is now called Benjamin")).await;
    // What both tabs had to say about it is said by now.
    first.catch_up().await;
    first.submit("#composer", &[("body", "done")]).await;
    second.until(|page| said(page) == ["done"]).await;
    let noted = second.html().matches("is now called Benjamin").count();
    assert_eq!(noted, 1, "it is noted once, however many tabs know");
}

#[tokio::test]
async fn what_is_left_of_a_room_is_a_receipt() {
    let scene = Scene::with(Visibility::Public).await;
    scene.house.say(&scene.room.id, &scene.ana, "hello").await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    act(&mut ana, "delete", &[("name", "something else")]).await;
    assert!(ana.text(".danger").contains("type its name"), "{}", ana.text(".danger"));
    act(&mut ana, "delete", &[("name", "The kitchen")]).await;
    for page in [&mut ana, &mut ben] {
        page.until(|page| page.has("#outside")).await;
        let receipt = page.text("#outside");
        assert!(receipt.contains("1 message was erased; nothing is left"), "{receipt}");
    }
}

#[tokio::test]
async fn who_shares_the_powers_sees_it_at_once() {
    let scene = Scene::with(Visibility::Public).await;
    scene.house.say(&scene.room.id, &scene.ben, "hello").await;
    let mut ana = scene.visit(&scene.ana).await;
    let mut ben = scene.visit(&scene.ben).await;
    assert!(!ben.has("#settings"));
    act(&mut ana, "role", &[("who", scene.ben.id()), ("role", "co-owner")]).await;
    ben.until(|page| page.find("#room").attr("data-role") == Some("co-owner")).await;
    assert!(ben.has("#settings"));
    ana.until(|page| {
        let people = page.find_all(".person[data-role='co-owner']");
        people.len() == 1 && people[0].attr("data-person") == Some(scene.ben.id())
    })
    .await;
    let role = scene.house.chat.role(&scene.room, &scene.ben.guest.id).await;
    assert_eq!(role.expect("no fault"), Role::CoOwner);
}

/// How often shared views were rendered and encoded until now.
fn counts(house: &TeaHouse) -> (u64, u64) {
    let counts = house.web.endpoint().shared_counts();
    (counts.renders(), counts.encodes())
}

#[tokio::test]
async fn a_thousand_viewers_cost_one_render_and_one_encode_per_change() {
    let scene = Scene::with(Visibility::Public).await;
    let mut ana = scene.visit(&scene.ana).await;
    let ben = scene.visit(&scene.ben).await;
    let joins: Vec<(String, Value)> = [scene.feed(), scene.people()]
        .into_iter()
        .map(|id| {
            let session = ben.find(&format!("#{id}"));
            let session = session.attr("data-phx-session").expect("a nested view").to_owned();
            let params = json!({ "_csrf_token": ben.csrf_token() });
            (format!("lv:{id}"), json!({ "session": session, "static": null, "params": params }))
        })
        .collect();
    let mut viewers = Vec::with_capacity(VIEWERS);
    for _ in 0..VIEWERS {
        let mut viewer = socket(&ben);
        for (topic, payload) in &joins {
            assert!(viewer.join(topic, &payload.to_string()).await.is_ok());
        }
        viewers.push(viewer);
    }
    ana.until(|page| page.text("#people-title") == "People: 2").await;

    let before = counts(&scene.house);
    ana.hook_event("#composer", "typing", json!({})).await;
    for viewer in &mut viewers {
        let frame = viewer.find(|message| message.event == "diff").await;
        assert_eq!(frame.topic, joins[1].0);
    }
    let after = counts(&scene.house);
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1), "who types");

    scene.house.say(&scene.room.id, &scene.ana, "hello, all of you").await;
    for viewer in &mut viewers {
        let frame = viewer.find(|message| message.topic == joins[0].0).await;
        assert!(frame.payload.to_string().contains("hello, all of you"));
    }
    let said = counts(&scene.house);
    assert_eq!((said.0 - after.0, said.1 - after.1), (1, 1), "what was said");

    attach(&scene.house, &scene.room.id, 1, card("https://example.org/")).await;
    for viewer in &mut viewers {
        let frame = viewer.find(|message| message.topic == joins[0].0).await;
        assert!(frame.payload.to_string().contains("What an example is about"));
    }
    let with_card = counts(&scene.house);
    assert_eq!((with_card.0 - said.0, with_card.1 - said.1), (1, 1), "a card");
}
