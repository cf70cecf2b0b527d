//! Who is let in: sessions that the program completes, and those it no longer knows.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use channels::testing::Client;
use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Message, Page as Around, Rendered, Secret, Session, html,
    testing::{Browser, Page},
};
use tasks::Scope;

/// How many guests there were, and which of them are out.
#[derive(Clone, Default)]
struct Inn(Arc<Mutex<(u32, BTreeSet<String>)>>);

impl Inn {
    fn greet(&self, session: &mut Session) {
        if session.get("guest").is_none() {
            let mut inn = self.0.lock().unwrap();
            inn.0 += 1;
            session.set("guest", inn.0.to_string());
        }
    }

    fn knows(&self, session: &Session) -> bool {
        session.get("guest").is_some_and(|guest| !self.0.lock().unwrap().1.contains(guest))
    }

    fn revoke(&self, guest: &str) {
        self.0.lock().unwrap().1.insert(guest.to_owned());
    }
}

/// Says who is here.
struct Hello {
    guest: String,
}

#[derive(Message)]
enum Msg {
    Wave,
}

impl LiveView for Hello {
    type Context = Inn;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Hello { guest: cx.session().get("guest").unwrap_or_default().to_owned() })
    }

    async fn update(&mut self, _: Msg, _: &mut Cx<Self>) {
        self.guest.push('!');
    }

    fn render(&self) -> Rendered {
        html! { <b>{self.guest}</b><button phx-click={Msg::Wave}>"Wave"</button> }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Inn"</title></head><body data-csrf={page.csrf_token} data-tab?={page.tab_token}>{page.content}</body></html>
    }
}

fn inn() -> (Inn, Endpoint<Inn>) {
    let (inn, secret) = (Inn::default(), Secret::new(&[7; 32]).expect("it is long enough"));
    let endpoint = Endpoint::builder(inn.clone(), secret, &Scope::root("test"))
        .greet(Inn::greet)
        .admit(Inn::knows)
        .socket_id(|_, session| session.get("guest").map(|guest| format!("guest:{guest}")))
        .own_tabs("as", "guest")
        .live_session("main", layout, |routes| _ = routes.live::<Hello>("/"))
        .build();
    (inn, endpoint)
}

/// A socket with the rights of the page, and its topic.
fn socket(page: &Page) -> (Client, String) {
    let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
    (page.browser().socket(&query, 16), format!("lv:{}", page.main_id()))
}

#[tokio::test]
async fn a_greeting_knows_the_context_and_happens_once_per_visitor() {
    let (_, endpoint) = inn();
    let (mut ana, mut ben) = (Browser::new(&endpoint), Browser::new(&endpoint));
    assert_eq!(ana.visit("/").await.text("b"), "1");
    assert_eq!(ben.visit("/").await.text("b"), "2");
    assert_eq!(ana.visit("/").await.text("b"), "1", "she is known by her cookie");
}

#[tokio::test]
async fn a_page_of_a_revoked_session_is_a_strangers() {
    let (inn, endpoint) = inn();
    let mut ana = Browser::new(&endpoint);
    let mut page = ana.visit("/").await;
    let before = page.csrf_token();
    inn.revoke("1");
    let mut page_after = ana.visit("/").await;
    assert_eq!(page_after.text("b"), "2");
    assert_ne!(page_after.csrf_token(), before);
    page_after.click("button").await;
    assert_eq!(page_after.text("b"), "2!", "and it is live");
    page.click("button").await;
    assert_eq!(page.text("b"), "1!", "what was joined before goes on");
}

#[tokio::test]
async fn a_page_that_comes_back_revoked_is_loaded_anew() {
    let (inn, endpoint) = inn();
    let mut page = Browser::new(&endpoint).visit("/").await;
    inn.revoke("1");
    page.reconnect().await;
    assert_eq!(page.text("b"), "2");
}

#[tokio::test]
async fn a_revoked_session_joins_nothing() {
    let (inn, endpoint) = inn();
    let ana = Browser::new(&endpoint).open("/").await;
    let ben = Browser::new(&endpoint).open("/").await;
    let (mut early, topic) = socket(&ana);
    inn.revoke("1");
    let (mut late, _) = socket(&ana);
    for socket in [&mut early, &mut late] {
        let answer = socket.join(&topic, &ana.join_payload().to_string()).await;
        assert_eq!(answer.response()["reason"], "stale");
    }
    let (mut socket, topic) = socket(&ben);
    assert!(socket.join(&topic, &ben.join_payload().to_string()).await.is_ok());
}

#[tokio::test]
async fn handlers_beside_the_views_see_the_same() {
    let (inn, endpoint) = inn();
    let page = Browser::new(&endpoint).open("/").await;
    let headers = page.browser().headers();
    assert!(endpoint.has_session(&headers));
    assert_eq!(endpoint.session(&headers).get("guest"), Some("1"));
    inn.revoke("1");
    assert!(!endpoint.has_session(&headers));
    let stranger = endpoint.session(&headers);
    assert_eq!(stranger.get("guest"), Some("2"));
    assert!(!stranger.csrf_matches(&page.csrf_token()));
}

#[tokio::test]
async fn a_revoked_session_is_thrown_out_and_comes_back_as_a_stranger() {
    let (inn, endpoint) = inn();
    let mut ana = Browser::new(&endpoint);
    let (mut page, ben) = (ana.visit("/").await, Browser::new(&endpoint).visit("/").await);
    let (mut hostile, topic) = socket(&page);
    let (token, payload) = (page.csrf_token(), page.join_payload().to_string());
    assert!(hostile.join(&topic, &payload).await.is_ok());
    inn.revoke("1");
    assert_eq!(endpoint.disconnect("guest:1"), 2, "the page's socket, and the other one");
    assert_eq!(hostile.closed().await, (1012, "disconnected"));
    page.reconnect().await;
    assert_eq!(page.text("b"), "3");
    let mut again = ana.socket(&format!("vsn=2.0.0&_csrf_token={token}"), 16);
    assert_eq!(again.join(&topic, &payload).await.response()["reason"], "stale");
    assert_eq!(endpoint.disconnect("guest:1"), 0, "nobody connects under that name any more");
    assert_eq!(ben.text("b"), "2");
    assert_eq!(endpoint.disconnect("guest:2"), 1, "and nobody else was touched");
}

#[tokio::test]
async fn a_session_that_still_counts_just_comes_back() {
    let (_, endpoint) = inn();
    let mut page = Browser::new(&endpoint).visit("/").await;
    assert_eq!(endpoint.disconnect("guest:1"), 1);
    page.reconnect().await;
    assert_eq!(page.text("b"), "1");
    page.click("button").await;
    assert_eq!(page.text("b"), "1!");
    assert_eq!(endpoint.disconnect("guest:1"), 1);
}

#[tokio::test]
async fn without_the_token_of_its_page_a_cookie_opens_no_socket_of_its_session() {
    let (_, endpoint) = inn();
    let page = Browser::new(&endpoint).open("/").await;
    let mut forged = page.browser().socket("vsn=2.0.0&_csrf_token=guessed", 16);
    let topic = format!("lv:{}", page.main_id());
    let answer = forged.join(&topic, &page.join_payload().to_string()).await;
    assert_eq!(answer.response()["reason"], "stale");
    assert_eq!(endpoint.disconnect("guest:1"), 0);
}

/// The token of a page that is a visitor of its own.
fn tab_token(page: &Page) -> String {
    let (_, after) = page.document().split_once("data-tab=\"").expect("the page has a token");
    after.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_tab_may_be_a_visitor_of_its_own() {
    let (inn, endpoint) = inn();
    let mut browser = Browser::new(&endpoint);
    assert_eq!(browser.open("/").await.text("b"), "1");
    let tab = browser.open("/?as=guest").await;
    assert_eq!(tab.text("b"), "2");
    let plain = browser.open("/").await;
    assert_eq!(plain.text("b"), "1", "the cookie is still that of the browser");
    assert!(!plain.document().contains("data-tab"));

    let query = format!("vsn=2.0.0&_tab={}", tab_token(&tab));
    let join = |page: &Page| (format!("lv:{}", page.main_id()), page.join_payload().to_string());
    let (topic, payload) = join(&tab);
    let mut socket = browser.socket(&query, 16);
    let answer = socket.join(&topic, &payload).await;
    assert_eq!(answer.response()["rendered"]["0"], "2", "its socket is the same visitor's");

    // Whatever page is opened next in that tab, made with the cookie, is joined as the tab.
    let (topic, payload) = join(&plain);
    let answer = socket.join(&topic, &payload).await;
    assert_eq!(answer.response()["rendered"]["0"], "2");

    inn.revoke("2");
    let (topic, payload) = join(&tab);
    for query in [query.as_str(), "vsn=2.0.0&_tab=forged"] {
        let answer = browser.socket(query, 16).join(&topic, &payload).await;
        assert_eq!(answer.response()["reason"], "stale", "{query}");
    }
}
