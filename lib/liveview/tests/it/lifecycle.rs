//! From the join of a view to its end: reconnecting, navigating, nesting, crashing, and the work
//! that goes with it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use liveview::{
    Change, ComponentCx, Cx, Endpoint, Form, Interrupt, LiveComponent, LiveView, Message, Myself,
    Page as Around, Rendered, Secret, html, live_component, nested,
    testing::{Browser, Page},
};
use serde_json::json;
use tasks::Scope;
use tokio::sync::watch;

/// What the views of a test have in common.
#[derive(Clone, Default)]
struct World {
    mounts: Arc<AtomicUsize>,
    /// How much work of views is going on.
    working: Arc<watch::Sender<usize>>,
}

impl World {
    fn mounts(&self) -> usize {
        self.mounts.load(Ordering::SeqCst)
    }

    async fn until_idle(&self) {
        let mut working = self.working.subscribe();
        let idle = working.wait_for(|count| *count == 0);
        let idle = tokio::time::timeout(Duration::from_secs(5), idle).await;
        let _seen = idle.expect("it ends in time").expect("the world stays");
    }
}

struct Working(World);

impl Working {
    fn start(world: &World) -> Self {
        world.working.send_modify(|count| *count += 1);
        Self(world.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.send_modify(|count| *count -= 1);
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"House"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

fn house() -> (World, Endpoint<World>) {
    let world = World::default();
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    let endpoint = Endpoint::builder(world.clone(), secret, &Scope::root("test"))
        .live_session("main", layout, |routes| {
            routes.live::<Hall>("/hall").live::<Hall>("/hall/{door}").live::<Desk>("/desk");
        })
        .nested::<Radio>()
        .nested::<Clock>()
        .build();
    (world, endpoint)
}

async fn visit(path: &str) -> (World, Page) {
    let (world, endpoint) = house();
    let page = Browser::new(&endpoint).visit(path).await;
    (world, page)
}

/// A page with a radio that plays on, and a clock that does not.
struct Hall {
    door: String,
}

#[derive(Message)]
enum HallMsg {
    Around,
    Loop,
}

impl LiveView for Hall {
    type Context = World;
    type Msg = HallMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        match (cx.params().get("door"), cx.connected()) {
            (Some("desk"), true) => Err(Interrupt::redirect("/desk")),
            (Some("walk"), true) => {
                Err(Interrupt::Navigate { to: "/desk".into(), flash: Default::default() })
            }
            (Some("work"), _) => {
                let working = Working::start(cx.app());
                cx.spawn_with(|_| async move {
                    let _working = working;
                    std::future::pending::<()>().await;
                });
                Ok(Hall { door: "work".into() })
            }
            _ => Ok(Hall { door: String::new() }),
        }
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.door = cx.params().get("door").unwrap_or("none").to_owned();
        match (&*self.door, cx.connected()) {
            ("old", true) => cx.patch("/hall/new"),
            ("loop", true) => cx.patch("/hall/loop"),
            _ => {}
        }
    }

    async fn update(&mut self, message: HallMsg, cx: &mut Cx<Self>) {
        match message {
            HallMsg::Around => cx.patch("/hall/old"),
            HallMsg::Loop => cx.patch("/hall/loop"),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <h1>{&self.door}</h1>
            <button id="around" phx-click={HallMsg::Around}>"Around"</button>
            <button id="loop" phx-click={HallMsg::Loop}>"Loop"</button>
            {nested::<Radio>("radio", ()).sticky()}
            {nested::<Clock>("clock", ()).class("clock")}
        }
    }
}

/// Plays a song more with each press.
struct Radio(u32);

#[derive(Message)]
enum Press {
    Press,
    Break,
}

impl LiveView for Radio {
    type Context = World;
    type Msg = Press;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Radio(0))
    }

    async fn update(&mut self, message: Press, _: &mut Cx<Self>) {
        match message {
            Press::Press => self.0 += 1,
            Press::Break => panic!("the radio breaks, as it was told"),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <button class="press" phx-click={Press::Press}>{self.0}</button>
            <button class="break" phx-click={Press::Break}>"Break"</button>
        }
    }
}

struct Clock {
    ticks: u32,
}

#[derive(Message)]
enum Tick {
    Wind,
    #[internal]
    Tick,
}

impl LiveView for Clock {
    type Context = World;
    type Msg = Tick;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.app().mounts.fetch_add(1, Ordering::SeqCst);
        cx.every(Duration::from_secs(60), || Tick::Tick);
        Ok(Clock { ticks: 0 })
    }

    async fn update(&mut self, message: Tick, _: &mut Cx<Self>) {
        match message {
            Tick::Wind => self.ticks = 0,
            Tick::Tick => self.ticks += 1,
        }
    }

    fn render(&self) -> Rendered {
        html! { <button class="wind" phx-click={Tick::Wind}>{self.ticks}</button> }
    }
}

/// Where a letter is written.
struct Desk {
    draft: String,
    sent: Vec<String>,
    target: Vec<String>,
    flaps: bool,
}

#[derive(Form, Clone)]
struct Letter {
    body: String,
    signed: bool,
    paper: String,
}

#[derive(Message)]
enum DeskMsg {
    Draft(Change<Letter>),
    Send(Letter),
    Flip,
}

impl LiveView for Desk {
    type Context = World;
    type Msg = DeskMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Desk { draft: String::new(), sent: Vec::new(), target: Vec::new(), flaps: true })
    }

    async fn update(&mut self, message: DeskMsg, _: &mut Cx<Self>) {
        match message {
            DeskMsg::Draft(change) => {
                self.target = change.event.target().unwrap_or_default().to_vec();
                self.draft = change.form.body;
            }
            DeskMsg::Send(Letter { body, signed, paper }) => {
                self.sent.push(format!("{body} {signed} {paper}"));
                self.draft.clear();
            }
            DeskMsg::Flip => self.flaps = !self.flaps,
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <form id="letter" phx-change={DeskMsg::Draft} phx-submit={DeskMsg::Send}>
                <textarea name={Letter::FIELDS.body}></textarea>
                <input type="checkbox" name={Letter::FIELDS.signed}>
                <select name={Letter::FIELDS.paper}><option>"white"</option><option value="b">"blue"</option></select>
                <button id="send">"Send"</button>
            </form>
            <p id="draft">{&self.draft}</p>
            <p id="target">{self.target.join("/")}</p>
            <p class="sent" :for={letter in &self.sent}>{letter}</p>
            <button id="flip" phx-click={DeskMsg::Flip}>"Flip"</button>
            if self.flaps { <div>{live_component::<Flap>("flap", ())}</div> }
        }
    }
}

struct Flap(u32);

#[derive(Message)]
enum FlapMsg {
    Open,
}

impl LiveComponent for Flap {
    type Props = ();
    type Msg = FlapMsg;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        Flap(0)
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, FlapMsg::Open: FlapMsg, _: &mut ComponentCx<'_>) {
        self.0 += 1;
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! { <button id="flap" phx-click={FlapMsg::Open} phx-target={myself}>{self.0}</button> }
    }
}

#[tokio::test]
async fn a_form_is_recovered_after_a_lost_connection() {
    let (_, mut page) = visit("/desk").await;
    page.change("#letter", &[("body", "Dear Ben,\nhow & why?")]).await;
    assert_eq!(
        (page.text("#draft"), page.text("#target")),
        ("Dear Ben,\nhow & why?".into(), "body".into())
    );
    page.reconnect().await;
    assert_eq!(page.text("#draft"), "Dear Ben,\nhow & why?");
    page.submit("#letter", &[("signed", "on")]).await;
    assert_eq!(page.texts(".sent"), ["Dear Ben,\nhow & why? true white"]);
    assert_eq!(page.text("#draft"), "");
}

#[tokio::test]
async fn a_submit_button_submits_its_form() {
    let (_, mut page) = visit("/desk").await;
    page.change("#letter", &[("body", "Hi"), ("paper", "b")]).await;
    assert_eq!(page.text("#target"), "paper");
    page.click("#send").await;
    assert_eq!(page.texts(".sent"), ["Hi false b"]);
}

#[tokio::test]
async fn a_component_that_went_starts_anew() {
    let (_, mut page) = visit("/desk").await;
    page.click("#flap").await;
    assert_eq!(page.text("#flap"), "1");
    let first = page.find("#flap").attr("data-phx-component").map(str::to_owned);
    page.click("#flip").await;
    assert!(!page.has("#flap"));
    page.click("#flip").await;
    assert_eq!(page.text("#flap"), "0");
    let second = page.find("#flap").attr("data-phx-component").map(str::to_owned);
    assert!(first.is_some() && first != second, "numbers are not used again");
}

#[tokio::test]
async fn a_component_that_comes_back_between_the_two_messages_lives_on() {
    let (_, endpoint) = house();
    let page = Browser::new(&endpoint).open("/desk").await;
    let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
    let mut socket = page.browser().socket(&query, 64);
    let topic = format!("lv:{}", page.main_id());
    socket.join(&topic, &page.join_payload().to_string()).await;
    let event = |event: &str, cid: Option<u64>| {
        json!({ "type": "click", "event": event, "value": {}, "cid": cid }).to_string()
    };
    socket.call(&topic, "event", &event("open", Some(1))).await;
    socket.call(&topic, "event", &event("flip", None)).await;
    let going = socket.call(&topic, "cids_will_destroy", r#"{"cids":[1]}"#).await;
    assert_eq!(going.response(), &json!({}));
    let back = socket.call(&topic, "event", &event("flip", None)).await;
    let component = &back.response()["diff"]["c"]["1"];
    assert_eq!((&component["r"], component.get("s").is_some()), (&json!(1), true), "{back:?}");
    let gone = socket.call(&topic, "cids_destroyed", r#"{"cids":[1]}"#).await;
    assert_eq!(gone.response(), &json!({ "cids": [] }));
    let opened = socket.call(&topic, "event", &event("open", Some(1))).await;
    assert_eq!(opened.response(), &json!({ "diff": { "c": { "1": { "2": "2" } } } }));
}

#[tokio::test]
async fn a_sticky_view_stays_over_navigation_and_others_join_again() {
    let (world, mut page) = visit("/hall").await;
    assert_eq!(world.mounts(), 2, "for the page, and for the browser");
    page.click("#radio .press").await;
    page.navigate("/hall/two").await;
    assert_eq!((page.text("h1"), page.text("#radio .press")), ("two".into(), "1".into()));
    assert_eq!(world.mounts(), 3);
    page.click("#radio .press").await;
    page.navigate("/desk").await;
    assert!(!page.joined().contains(&"radio"), "nobody shows it");
    page.navigate("/hall").await;
    assert_eq!((page.text("#radio .press"), page.loads()), ("0".into(), 1));
}

#[tokio::test]
async fn a_nested_view_that_crashes_comes_back_alone() {
    let (world, mut page) = visit("/hall").await;
    page.click("#radio .press").await;
    page.click("#radio .break").await;
    page.until(|page| page.crashes() == 1 && page.joined().contains(&"radio")).await;
    assert_eq!((page.text("#radio .press"), world.mounts()), ("0".into(), 2));
    page.click("#radio .press").await;
    assert_eq!(page.text("#radio .press"), "1");
}

#[tokio::test]
async fn a_patch_while_joining_changes_the_address() {
    let (_, page) = visit("/hall/old").await;
    assert_eq!((page.url(), &*page.text("h1")), ("/hall/new", "new"));
}

#[tokio::test]
async fn patches_may_follow_each_other_but_not_for_ever() {
    let (_, mut page) = visit("/hall").await;
    page.click("#around").await;
    assert_eq!((page.url(), &*page.text("h1")), ("/hall/new", "new"));
    page.click("#around").await;
    assert_eq!(page.crashes(), 0);
    let (_, endpoint) = house();
    let page = Browser::new(&endpoint).open("/hall").await;
    let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
    let mut socket = page.browser().socket(&query, 64);
    let topic = format!("lv:{}", page.main_id());
    socket.join(&topic, &page.join_payload().to_string()).await;
    socket.push(&topic, "event", r#"{"type":"click","event":"loop","value":{}}"#);
    assert_eq!(socket.event("phx_error").await.topic, topic);
}

#[tokio::test]
async fn a_mount_may_send_the_browser_elsewhere() {
    let (_, page) = visit("/hall/desk").await;
    assert_eq!((page.url(), page.loads(), page.has("#letter")), ("/desk", 2, true));
    let (_, page) = visit("/hall/walk").await;
    assert_eq!((page.url(), page.loads(), page.has("#letter")), ("/desk", 1, true));
}

#[tokio::test]
async fn work_ends_with_its_view() {
    let (world, mut page) = visit("/hall/work").await;
    assert_eq!(*world.working.borrow(), 1, "the page's own view does not work");
    page.navigate("/hall").await;
    world.until_idle().await;
    page.navigate("/hall/work").await;
    assert_eq!(*world.working.borrow(), 1);
    page.disconnect();
    world.until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_ticks_until_its_view_is_gone() {
    let (_, mut page) = visit("/hall").await;
    for minute in 1..=3 {
        // Heartbeats keep the connection while nothing happens.
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(20)).await;
            page.catch_up().await;
        }
        page.until(|page| page.text("#clock .wind") == minute.to_string()).await;
    }
    page.click("#clock .wind").await;
    assert_eq!(page.text("#clock .wind"), "0");
}

#[tokio::test]
async fn events_are_handled_in_order() {
    let (_, endpoint) = house();
    let page = Browser::new(&endpoint).open("/desk").await;
    let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
    let mut socket = page.browser().socket(&query, 512);
    let topic = format!("lv:{}", page.main_id());
    socket.join(&topic, &page.join_payload().to_string()).await;
    let refs: Vec<_> = (0..100)
        .map(|n| {
            let value = format!("body=letter-{n}&paper=b");
            let payload = json!({ "type": "form", "event": "send", "value": value, "meta": {} });
            socket.push(&topic, "event", &payload.to_string())
        })
        .collect();
    for (n, message_ref) in refs.into_iter().enumerate() {
        let answer = socket.next().await;
        assert_eq!((answer.message_ref, answer.event.as_str()), (Some(message_ref), "phx_reply"));
        assert!(answer.payload.to_string().contains(&format!("letter-{n} false b")));
    }
}
