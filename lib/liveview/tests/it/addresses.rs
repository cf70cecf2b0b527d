//! From where browsers come, for pages, sockets and handlers.

use std::net::{IpAddr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use http::{Request, header};
use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Message, Page as Around, PeerAddr, Rendered, Secret, html,
    nested, testing::Browser,
};
use serde_json::{Value, json};
use tasks::Scope;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

fn seen<V: LiveView>(cx: &Cx<V>) -> String {
    cx.peer().map_or("nowhere".to_owned(), |address| address.to_string())
}

/// Says where it is seen.
struct Outer(String);

struct Inner(String);

#[derive(Message)]
enum NoMsg {}

impl LiveView for Outer {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Outer(seen(cx)))
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <b>{self.0}</b>{nested::<Inner>("inner", &())} }
    }
}

impl LiveView for Inner {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Inner(seen(cx)))
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <i>{self.0}</i> }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Where"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

fn endpoint(trust_proxy: bool, scope: &Scope) -> Endpoint<()> {
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    Endpoint::builder((), secret, scope)
        .trust_proxy(trust_proxy)
        .live_session("main", layout, |routes| _ = routes.live::<Outer>("/"))
        .nested::<Inner>()
        .build()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("it is an address")
}

#[tokio::test]
async fn views_know_from_where_they_are_seen() {
    let endpoint = endpoint(false, &Scope::root("test"));
    let browser = Browser::new(&endpoint).at(address("198.51.100.2"));
    let mut page = browser.clone().open("/").await;
    for _ in 0..2 {
        assert_eq!(
            (page.text("b"), page.text("i")),
            ("198.51.100.2".into(), "198.51.100.2".into())
        );
        page.connect().await;
    }
    let mut elsewhere = browser.at(address("::ffff:203.0.113.7"));
    assert_eq!(elsewhere.visit("/").await.text("b"), "203.0.113.7");
}

#[tokio::test]
async fn a_page_that_is_shown_for_a_form_does_not_know() {
    let endpoint = endpoint(false, &Scope::root("test"));
    let session = endpoint.session(&Default::default());
    let shown = endpoint.show("/", &session, Default::default(), http::StatusCode::OK).await;
    let shown = http_body_util::BodyExt::collect(shown.into_body()).await.expect("it is in memory");
    assert!(String::from_utf8_lossy(&shown.to_bytes()).contains("<b>nowhere</b>"));
}

#[tokio::test]
async fn a_proxy_counts_only_if_it_is_trusted() {
    for (trust, seen) in [(true, "198.51.100.2"), (false, "127.0.0.1")] {
        let endpoint = endpoint(trust, &Scope::root("test"));
        let mut request = Request::new(());
        let forwarded = "203.0.113.7, 198.51.100.2".parse().expect("a header");
        request.headers_mut().insert("x-forwarded-for", forwarded);
        let connected = PeerAddr(SocketAddr::from(([127, 0, 0, 1], 9)));
        request.extensions_mut().insert(connected);
        let peer = endpoint.peer(request.headers(), request.extensions());
        assert_eq!(peer, Some(address(seen)));
        let page = Browser::new(&endpoint).request(request).await;
        assert!(page.html.contains(&format!("<b>{seen}</b>")), "{}", page.html);
    }
}

/// What the view says in its answer to a join over TCP.
async fn joined_through_a_proxy(trust_proxy: bool) -> Value {
    let scope = Scope::root("test");
    let endpoint = endpoint(trust_proxy, &scope);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let server = liveview::serve(listener, endpoint.clone(), Default::default(), scope.clone());
    scope.spawn_abortable("server", server);
    let page = Browser::new(&endpoint).open("/").await;
    let url = format!("ws://{at}/live/websocket?vsn=2.0.0&_csrf_token={}", page.csrf_token());
    let mut request = url.into_client_request().expect("it is a URL");
    let cookies = page.browser().headers()[header::COOKIE].clone();
    request.headers_mut().insert(header::COOKIE, cookies);
    let forwarded = "203.0.113.7, 198.51.100.2".parse().expect("a header");
    request.headers_mut().insert("x-forwarded-for", forwarded);
    let stream = TcpStream::connect(at).await.expect("the server listens");
    let (mut socket, _) = client_async(request, stream).await.expect("it is let in");
    let join = json!(["4", "4", format!("lv:{}", page.main_id()), "phx_join", page.join_payload()]);
    socket.send(join.to_string().into()).await.expect("the connection holds");
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), socket.next()).await;
    let answer = answer.expect("it comes in time").expect("it comes").expect("it holds");
    let answer: Value = serde_json::from_str(answer.to_text().expect("a text")).expect("JSON");
    answer[4]["response"]["rendered"]["0"].clone()
}

#[tokio::test]
async fn a_socket_through_a_proxy_is_where_its_browser_is() {
    assert_eq!(joined_through_a_proxy(true).await, "198.51.100.2");
    assert_eq!(joined_through_a_proxy(false).await, "127.0.0.1");
}
