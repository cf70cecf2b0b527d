//! Views with one instance per browser tab, used as a person would.

use liveview::{
    ComponentCx, Cx, Endpoint, Flash, Form, Interrupt, Js, LiveComponent, LiveView, Message,
    Myself, NestedView, Page as Around, Rendered, Secret, SharedCx, SharedView, Temporary, html,
    live_component, nested, shared,
    testing::{Browser, Page},
};
use serde_json::{Value, json};
use tasks::{Clock, Scope};

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html lang="en">
            <head>
                <meta name="csrf-token" content={page.csrf_token}>
                <title>{page.title.unwrap_or("Tea")}</title>
                <link rel="stylesheet" phx-track-static href="/assets/old.css">
            </head>
            <body>{page.content}</body>
        </html>
    }
}

fn endpoint() -> Endpoint<()> {
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    Endpoint::builder((), secret, &Scope::root("test"))
        .statics(["/assets/new.css".to_owned()])
        .live_session("public", layout, |routes| {
            routes.live::<Room>("/room/{slug}").live::<Nest>("/nest").live::<Parts>("/parts");
            routes.live::<Door>("/door/{kind}");
        })
        .live_session("staff", layout, |routes| {
            routes.live::<Staff>("/staff");
        })
        .nested::<Inner>()
        .shared::<Sign>()
        .build()
}

fn ana() -> Browser {
    Browser::new(&endpoint())
}

/// One of everything that a view of one tab can do.
struct Room {
    slug: String,
    page: String,
    count: i64,
    draft: String,
    refusal: Option<&'static str>,
    said: Vec<String>,
    unused: bool,
    once: Temporary<String>,
    flash: Flash,
    stale: bool,
}

#[derive(Form, Clone)]
struct SayForm {
    body: String,
    room: String,
}

#[derive(Message)]
enum Msg {
    Add {
        by: i64,
    },
    Twice,
    Draft(liveview::Change<SayForm>),
    Say(SayForm),
    Ask {
        question: String,
    },
    Call,
    Later,
    #[internal]
    Came,
    Next,
    Away,
    Out,
    Break,
    Fresh,
}

impl LiveView for Room {
    type Context = ();
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("Room");
        Ok(Room {
            slug: cx.params().get("slug").unwrap_or_default().to_owned(),
            page: String::new(),
            count: 0,
            draft: String::new(),
            refusal: None,
            said: Vec::new(),
            unused: false,
            once: Temporary::new("first".to_owned()),
            flash: cx.flash().clone(),
            stale: cx.static_changed(),
        })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.page = cx.params().get("page").unwrap_or("1").to_owned();
        self.slug = cx.params().get("slug").unwrap_or_default().to_owned();
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Add { by } => self.count += by,
            Msg::Twice => self.count *= 2,
            Msg::Draft(change) => {
                self.unused = change.event.is_unused("body");
                self.draft = change.form.body;
            }
            Msg::Say(form) if form.body.trim().is_empty() => {
                self.refusal = Some("say something");
                self.draft = form.body;
            }
            Msg::Say(form) => {
                self.refusal = None;
                self.draft.clear();
                self.said.push(format!("{}: {}", form.room, form.body));
            }
            Msg::Ask { question } => cx.reply(json!({ "answer": question.len() })),
            Msg::Call => {
                cx.push_event("call", json!({ "count": self.count }));
                cx.title("Called");
            }
            Msg::Later => cx.spawn(async { Msg::Came }),
            Msg::Came => self.count = 100,
            Msg::Next => cx.patch(format!("/room/{}?page=2", self.slug)),
            Msg::Away => cx.navigate_with("/room/attic", Flash::of("info", "moved")),
            Msg::Out => cx.redirect_with("/room/cellar", Flash::of("info", "gone")),
            Msg::Break => panic!("the view breaks, as it was told"),
            Msg::Fresh => self.once.set("second".to_owned()),
        }
    }

    fn render(&self) -> Rendered {
        let info = self.flash.get("info");
        html! {
            <h1>{&self.slug}</h1>
            <p id="page">{&self.page}</p>
            <p id="info">{info}</p>
            <p id="stale">{if self.stale { "stale" } else { "fresh" }}</p>
            <p id="count">{self.count}</p>
            <p id="once">{self.once.show(|text| html! { <b>{text}</b> })}</p>
            <button id="add" phx-click={Msg::Add { by: 2 }}>"Add"</button>
            <button id="both" phx-click={Js::new().push(Msg::Add { by: 1 }).push(Msg::Twice)}>"Both"</button>
            <button id="call" phx-click={Msg::Call}>"Call"</button>
            <button id="later" phx-click={Msg::Later}>"Later"</button>
            <button id="next" phx-click={Msg::Next}>"Next"</button>
            <button id="away" phx-click={Msg::Away}>"Away"</button>
            <button id="out" phx-click={Msg::Out}>"Out"</button>
            <button id="fresh" phx-click={Msg::Fresh}>"Fresh"</button>
            <a id="third" href={format!("/room/{}?page=3", self.slug)} data-phx-link="patch" data-phx-link-state="push">"3"</a>
            <a id="staff" href="/staff" data-phx-link="redirect" data-phx-link-state="push">"Staff"</a>
            <form id="say" phx-change={Msg::Draft} phx-submit={Msg::Say}>
                <input type="hidden" name={SayForm::FIELDS.room} value={&self.slug}>
                <input name={SayForm::FIELDS.body} value={&self.draft}>
                <span :if={self.unused} id="unused">"unused"</span>
                if let Some(refusal) = self.refusal {
                    <p id="refusal">{refusal}</p>
                }
            </form>
            <ul>
                <li :for={line in &self.said}>{line}</li>
            </ul>
        }
    }

    fn flash(&mut self) -> Option<&mut Flash> {
        Some(&mut self.flash)
    }
}

#[derive(Message)]
enum NoMsg {}

/// Is never let in.
struct Door;

impl LiveView for Door {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        match (cx.params().get("kind"), cx.connected()) {
            (Some("elsewhere"), _) => Err(Interrupt::Redirect {
                to: "/room/kitchen".to_owned(),
                flash: Flash::of("info", "not here"),
            }),
            (Some("gone"), true) => Err(Interrupt::Status(404)),
            (Some("broken"), _) => panic!("the door breaks, as it was told"),
            (Some("cracked"), true) => panic!("the door breaks, as it was told"),
            _ => Ok(Door),
        }
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <p>"Door"</p> }
    }
}

struct Staff;

impl LiveView for Staff {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Staff)
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <p id="staff-only">"Staff only"</p> }
    }
}

/// A view around others.
struct Nest {
    second: bool,
}

#[derive(Message)]
enum NestMsg {
    Toggle,
}

impl LiveView for Nest {
    type Context = ();
    type Msg = NestMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Nest { second: false })
    }

    async fn update(&mut self, NestMsg::Toggle: NestMsg, _: &mut Cx<Self>) {
        self.second = !self.second;
    }

    fn render(&self) -> Rendered {
        let inner = |id: &str, start: i64| -> NestedView { nested::<Inner>(id, start) };
        html! {
            <button id="toggle" phx-click={NestMsg::Toggle}>"Toggle"</button>
            <section>{inner("one", 10)}</section>
            if self.second {
                <section>{inner("two", 20)}</section>
            }
            {shared::<Sign>(&"tea".to_owned())}
        }
    }
}

struct Inner(i64);

#[derive(Message)]
enum InnerMsg {
    Add,
}

impl LiveView for Inner {
    type Context = ();
    type Msg = InnerMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Inner(cx.nested_session()?))
    }

    async fn update(&mut self, InnerMsg::Add: InnerMsg, _: &mut Cx<Self>) {
        self.0 += 1;
    }

    fn render(&self) -> Rendered {
        html! { <button class="inner" phx-click={InnerMsg::Add}>{self.0}</button> }
    }
}

struct Sign {
    text: String,
}

impl SharedView for Sign {
    type Context = ();
    type Key = String;
    type Msg = ();

    fn id(key: &String) -> String {
        format!("sign-{key}")
    }

    async fn mount(key: String, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        cx.spawn_with(|mailbox| async move {
            mailbox.send(()).await;
        });
        Ok(Sign { text: key })
    }

    async fn update(&mut self, (): (), _: &mut SharedCx<Self>) {
        self.text.push_str(" is ready");
    }

    fn render(&self) -> Rendered {
        html! { <p class="sign">{&self.text}</p> }
    }
}

/// A view of components.
struct Parts {
    names: Vec<&'static str>,
}

#[derive(Message)]
enum PartsMsg {
    Swap,
    Drop,
}

impl LiveView for Parts {
    type Context = ();
    type Msg = PartsMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Parts { names: vec!["cup", "pot"] })
    }

    async fn update(&mut self, message: PartsMsg, _: &mut Cx<Self>) {
        match message {
            PartsMsg::Swap => self.names.reverse(),
            PartsMsg::Drop => drop(self.names.pop()),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <button id="swap" phx-click={PartsMsg::Swap}>"Swap"</button>
            <button id="drop" phx-click={PartsMsg::Drop}>"Drop"</button>
            <div :for={name in &self.names}>{live_component::<Part>(*name, *name)}</div>
        }
    }
}

struct Part {
    name: &'static str,
    taps: u32,
}

#[derive(Message)]
enum PartMsg {
    Tap,
}

impl LiveComponent for Part {
    type Props = &'static str;
    type Msg = PartMsg;

    fn mount(name: &'static str, _: &mut ComponentCx<'_>) -> Self {
        Part { name, taps: 0 }
    }

    fn props(&mut self, name: &'static str, _: &mut ComponentCx<'_>) {
        self.name = name;
    }

    fn update(&mut self, PartMsg::Tap: PartMsg, cx: &mut ComponentCx<'_>) {
        self.taps += 1;
        cx.push_event("tapped", json!({ "name": self.name }));
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! {
            <button id={self.name} phx-click={PartMsg::Tap} phx-target={myself}>
                {self.name}" "{self.taps}
            </button>
        }
    }
}

#[tokio::test]
async fn a_click_is_counted() {
    let mut page = ana().visit("/room/kitchen").await;
    assert_eq!((page.text("h1"), page.text("#count")), ("kitchen".to_owned(), "0".to_owned()));
    page.click("#add").await;
    page.click("#add").await;
    assert_eq!(page.text("#count"), "4");
    page.click("#both").await;
    assert_eq!(page.text("#count"), "10");
}

#[tokio::test]
async fn a_refused_form_keeps_its_draft() {
    let mut page = ana().visit("/room/kitchen").await;
    page.change("#say", &[("body", "Hel & lo")]).await;
    assert_eq!(page.find("#say input[name=body]").attr("value"), Some("Hel & lo"));
    assert!(!page.has("#unused"));
    page.submit("#say", &[("body", "  ")]).await;
    assert_eq!(page.text("#refusal"), "say something");
    assert_eq!(page.find("#say input[name=body]").attr("value"), Some("  "));
    page.submit("#say", &[("body", "Tee für alle")]).await;
    assert_eq!(page.text("li"), "kitchen: Tee für alle");
    assert!(!page.has("#refusal"));
}

#[tokio::test]
async fn views_inside_a_view_live_by_themselves() {
    let mut page = ana().visit("/nest").await;
    assert_eq!(page.text("#one .inner"), "10");
    page.click("#one .inner").await;
    assert_eq!(page.text("#one .inner"), "11");
    page.click("#toggle").await;
    assert_eq!(
        (page.text("#one .inner"), page.text("#two .inner")),
        ("11".to_owned(), "20".to_owned())
    );
    page.click("#two .inner").await;
    page.click("#toggle").await;
    assert!(!page.has("#two"));
    page.click("#toggle").await;
    assert_eq!(page.text("#two .inner"), "20");
    page.until(|page| page.text("#sign-tea .sign") == "tea is ready").await;
}

#[tokio::test]
async fn a_temporary_value_stays_until_the_next_one() {
    let mut page = ana().visit("/room/kitchen").await;
    assert_eq!(page.text("#once"), "first");
    page.click("#add").await;
    assert_eq!(page.text("#once"), "first");
    page.click("#fresh").await;
    page.click("#add").await;
    assert_eq!(page.text("#once"), "second");
}

#[tokio::test]
async fn a_field_that_nobody_touched_is_unused() {
    let mut page = ana().visit("/room/kitchen").await;
    page.change("#say", &[("room", "attic")]).await;
    assert!(page.has("#unused"));
    page.change("#say", &[("body", "x")]).await;
    assert!(!page.has("#unused"));
}

/// Sends an event of the main view and returns how it was refused.
async fn refused(page: &mut Page, event: &str, payload: Value) -> Vec<Value> {
    let main = page.main_id().to_owned();
    page.send(&main, event, &payload).await;
    page.take_refusals()
}

#[tokio::test]
async fn an_event_that_is_not_understood_is_refused_and_the_view_lives() {
    let mut page = ana().visit("/room/kitchen").await;
    for (event, payload) in [
        ("event", json!({ "type": "click", "event": "no_such", "value": {} })),
        ("event", json!({ "type": "click", "event": "add", "value": { "by": "two" } })),
        ("event", json!({ "type": "click", "event": "add", "value": {} })),
        ("event", json!({ "type": "hook", "event": "came", "value": {} })),
        ("event", json!("nonsense")),
        ("no_such", json!({})),
    ] {
        assert_eq!(refused(&mut page, event, payload.clone()).await.len(), 1, "{payload}");
    }
    page.click("#add").await;
    assert_eq!((page.text("#count"), page.crashes()), ("2".to_owned(), 0));
}

#[tokio::test]
async fn every_message_of_a_client_is_answered() {
    let mut page = ana().visit("/room/kitchen").await;
    for (event, payload) in [
        ("cids_will_destroy", json!({ "cids": [7] })),
        ("cids_destroyed", json!({ "cids": [7] })),
        ("event", json!({ "type": "click", "event": "lv:clear-flash", "value": {} })),
        ("event", json!({ "type": "click", "event": "add", "value": { "by": 0 } })),
        ("event", json!({ "type": "click", "event": "tap", "value": {}, "cid": 9 })),
        ("live_patch", json!({ "url": "http://localhost/room/kitchen" })),
        ("live_patch", Value::Null),
    ] {
        assert_eq!(refused(&mut page, event, payload).await, Vec::<Value>::new(), "{event}");
    }
    assert!(page.is_live() && page.crashes() == 0);
}

#[tokio::test]
async fn a_panic_ends_its_view_alone() {
    let endpoint = endpoint();
    let mut ben = Browser::new(&endpoint).visit("/room/kitchen").await;
    let mut page = Browser::new(&endpoint).visit("/room/kitchen").await;
    page.click("#add").await;
    let broken = json!({ "type": "click", "event": "break", "value": {} });
    assert!(refused(&mut page, "event", broken).await.is_empty());
    page.until(|page| page.crashes() == 1 && page.is_live()).await;
    assert_eq!(page.text("#count"), "0");
    page.click("#add").await;
    ben.click("#add").await;
    assert_eq!((page.text("#count"), ben.text("#count")), ("2".to_owned(), "2".to_owned()));
}

#[tokio::test]
async fn a_panic_in_mount_is_a_page_with_a_reference() {
    let endpoint = endpoint();
    let mut ben = Browser::new(&endpoint).visit("/room/kitchen").await;
    let mut ana = Browser::new(&endpoint);
    let broken = ana.open("/door/broken").await;
    assert_eq!(broken.status(), 500);
    assert!(broken.text("p").contains("Reference: "), "{}", broken.html());
    let cracked = ana.open("/door/cracked").await;
    let refusal = refusal(&ana, &cracked, json!({})).await;
    assert_ne!(refusal["reason"], Value::Null);
    ben.click("#add").await;
    assert_eq!(ben.text("#count"), "2");
}

#[tokio::test]
async fn a_view_pushes_events_answers_hooks_and_says_its_title() {
    let mut page = ana().visit("/room/kitchen").await;
    assert_eq!(page.title(), Some("Room"));
    page.click("#add").await;
    page.click("#call").await;
    assert_eq!(page.take_event("call"), Some(json!({ "count": 2 })));
    assert_eq!(page.title(), Some("Called"));
    let answer = page.hook_event("#say", "ask", json!({ "question": "why" })).await;
    assert_eq!(answer, json!({ "answer": 3 }));
    page.click("#later").await;
    page.until(|page| page.text("#count") == "100").await;
}

#[tokio::test]
async fn a_patch_changes_parameters_and_keeps_the_model() {
    let mut page = ana().visit("/room/kitchen").await;
    page.click("#add").await;
    page.click("#next").await;
    assert_eq!((page.url(), &*page.text("#page")), ("/room/kitchen?page=2", "2"));
    page.click("#third").await;
    assert_eq!((page.url(), &*page.text("#page")), ("/room/kitchen?page=3", "3"));
    page.patch("/room/attic").await;
    assert_eq!(
        (&*page.text("h1"), &*page.text("#page"), &*page.text("#count")),
        ("attic", "1", "2")
    );
}

#[tokio::test]
async fn a_patch_to_another_view_is_a_navigation() {
    let mut page = ana().visit("/room/kitchen").await;
    let main = page.main_id().to_owned();
    page.patch("/parts").await;
    assert!(page.has("#cup") && page.is_live());
    assert_eq!((page.url(), page.main_id(), page.loads()), ("/parts", &*main, 1));
}

#[tokio::test]
async fn a_view_navigates_with_a_flash() {
    let mut page = ana().visit("/room/kitchen").await;
    page.click("#add").await;
    page.click("#away").await;
    page.until(|page| page.text("h1") == "attic").await;
    let shown = (page.url(), page.text("#info"), page.text("#count"), page.loads());
    assert_eq!(shown, ("/room/attic", "moved".to_owned(), "0".to_owned(), 1));
    let clear = json!({ "type": "click", "event": "lv:clear-flash", "value": {} });
    assert!(refused(&mut page, "event", clear).await.is_empty());
    assert_eq!(page.text("#info"), "");
}

#[tokio::test]
async fn a_flash_crosses_a_page_load_once() {
    let mut page = ana().visit("/room/kitchen").await;
    page.click("#out").await;
    page.until(|page| page.text("h1") == "cellar").await;
    assert_eq!((page.text("#info"), page.loads()), ("gone".to_owned(), 2));
    let again = page.browser().clone().visit("/room/cellar").await;
    assert_eq!(again.text("#info"), "");
}

#[tokio::test]
async fn another_live_session_needs_a_page_load() {
    let mut page = ana().visit("/room/kitchen").await;
    page.click("#staff").await;
    page.until(|page| page.has("#staff-only")).await;
    assert_eq!((page.loads(), page.url()), (2, "/staff"));
    let mut ana = ana();
    let page = ana.open("/room/kitchen").await;
    let unauthorized = json!({ "reason": "unauthorized" });
    for url in ["http://localhost/nest", "http://localhost/staff", "http://localhost/nowhere"] {
        assert_eq!(refusal(&ana, &page, json!({ "url": url })).await, unauthorized, "{url}");
    }
    let redirect = json!({ "redirect": "http://localhost/staff" });
    assert_eq!(refusal(&ana, &page, redirect).await, unauthorized);
}

/// The answer to the join of a page with these parts of its payload changed.
async fn refusal(browser: &Browser, page: &Page, changed: Value) -> Value {
    let csrf_token = page.csrf_token();
    refusal_of_socket(browser, &csrf_token, page, changed).await
}

async fn refusal_of_socket(
    browser: &Browser,
    csrf_token: &str,
    page: &Page,
    changed: Value,
) -> Value {
    let mut payload = page.join_payload();
    let changed = changed.as_object().cloned().unwrap_or_default();
    payload.as_object_mut().expect("a payload is an object").extend(changed);
    let mut socket = browser.socket(&format!("vsn=2.0.0&_csrf_token={csrf_token}"), 16);
    let answer = socket.join(&format!("lv:{}", page.main_id()), &payload.to_string()).await;
    assert!(!answer.is_ok(), "{answer:?}");
    answer.response().clone()
}

#[tokio::test]
async fn a_page_with_wrong_tokens_is_stale() {
    let mut ana = ana();
    let page = ana.open("/room/kitchen").await;
    let other = ana.open("/room/kitchen").await;
    let stale = json!({ "reason": "stale" });
    let token = page.join_payload()["session"].as_str().expect("it has a token").to_owned();
    for wrong in [format!("{token}x"), String::new(), token.to_uppercase()] {
        assert_eq!(refusal(&ana, &page, json!({ "session": wrong })).await, stale, "{wrong}");
    }
    let others = json!({ "session": other.join_payload()["session"] });
    assert_eq!(refusal(&ana, &page, others).await, stale);
    assert_eq!(refusal_of_socket(&ana, "guessed", &page, json!({})).await, stale);
    let stranger = Browser::new(&endpoint());
    assert_eq!(refusal(&stranger, &page, json!({})).await, stale);
}

#[tokio::test]
async fn a_page_that_was_open_too_long_is_stale() {
    let clock = Clock::manual(1_000_000);
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    let endpoint = Endpoint::builder((), secret, &Scope::root("test"))
        .clock(clock.clone())
        .live_session("public", layout, |routes| {
            routes.live::<Room>("/room/{slug}");
        })
        .build();
    let mut ana = Browser::new(&endpoint);
    let page = ana.open("/room/kitchen").await;
    clock.advance_ms(15 * 24 * 3600 * 1000);
    assert_eq!(refusal(&ana, &page, json!({})).await, json!({ "reason": "stale" }));
    assert!(ana.visit("/room/kitchen").await.is_live());
}

#[tokio::test]
async fn a_page_that_is_elsewhere_answers_with_a_redirect() {
    let mut ana = ana();
    let answer = ana.get("/door/elsewhere").await;
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (303, &"/room/kitchen".parse().unwrap())
    );
    assert_eq!(ana.visit("/room/kitchen").await.text("#info"), "not here");
}

#[tokio::test]
async fn a_join_refused_with_a_status_shows_its_page() {
    let mut ana = ana();
    let page = ana.open("/door/gone").await;
    let refused = refusal(&ana, &page, json!({})).await;
    assert_eq!((&refused["reason"], &refused["status"]), (&json!("reload"), &json!(404)));
    let token = refused["token"].as_str().expect("it has a token");
    ana.set_cookie("__phoenix_reload_status__", token);
    assert_eq!(ana.get("/door/gone").await.status, 404);
    assert_eq!(ana.get("/door/gone").await.status, 200);
    ana.set_cookie("__phoenix_reload_status__", "forged");
    assert_eq!(ana.get("/door/gone").await.status, 200);
}

#[tokio::test]
async fn components_get_their_own_events() {
    let mut page = ana().visit("/parts").await;
    page.click("#cup").await;
    page.click("#cup").await;
    page.click("#pot").await;
    assert_eq!((page.text("#cup"), page.text("#pot")), ("cup 2".to_owned(), "pot 1".to_owned()));
    assert_eq!(page.take_event("tapped"), Some(json!({ "name": "cup" })));
    page.click("#swap").await;
    assert_eq!((page.text("#cup"), page.text("#pot")), ("cup 2".to_owned(), "pot 1".to_owned()));
    page.click("#cup").await;
    assert_eq!(page.text("#cup"), "cup 3");
    page.click("#drop").await;
    assert!(!page.has("#cup") && page.has("#pot"));
}

#[tokio::test]
async fn a_page_of_another_build_is_told_so() {
    let mut ana = ana();
    let page = ana.open("/room/kitchen").await;
    for (tracked, told) in [("old", "stale"), ("new", "fresh")] {
        let mut payload = page.join_payload();
        payload["params"]["_track_static"] =
            json!([format!("http://localhost/assets/{tracked}.css")]);
        let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
        let mut socket = ana.socket(&query, 16);
        let answer = socket.join(&format!("lv:{}", page.main_id()), &payload.to_string()).await;
        assert!(answer.is_ok(), "{answer:?}");
        let rendered = answer.response()["rendered"].to_string();
        assert!(rendered.contains(&format!("\"{told}\"")), "{tracked}: {rendered}");
    }
}

#[tokio::test]
async fn a_flash_is_not_shown_again_after_a_lost_connection() {
    let mut page = ana().visit("/room/kitchen").await;
    page.click("#out").await;
    page.until(|page| page.text("#info") == "gone").await;
    page.reconnect().await;
    assert_eq!((page.text("h1"), page.text("#info")), ("cellar".to_owned(), String::new()));
}
