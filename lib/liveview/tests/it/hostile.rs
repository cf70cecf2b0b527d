//! Clients that are up to no good, in memory and over TCP: they are refused, and nobody else notices.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Method, Request, header};
use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Message, Page as Around, Params, Rendered, Secret, html,
    testing::{Browser, Page},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tasks::Scope;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

const DEADLINE: Duration = Duration::from_secs(5);

/// Says what was sent.
#[derive(Default)]
struct Echo {
    said: String,
    times: u32,
}

#[derive(Message)]
enum Msg {
    Say { text: String },
    Post(Params),
}

impl LiveView for Echo {
    type Context = ();
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Echo::default())
    }

    async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
        self.times += 1;
        self.said = match message {
            Msg::Say { text } => text,
            Msg::Post(params) => params.to_json().to_string(),
        };
    }

    fn render(&self) -> Rendered {
        html! {
            <p id="said" title={self.said}>{self.said}</p>
            <b>{self.times}</b>
            <button phx-click={Msg::Say { text: "hello".into() }}>"Say"</button>
        }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Echo"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

fn endpoint(scope: &Scope) -> Endpoint<()> {
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    Endpoint::builder((), secret, scope)
        .origins(["https://chat.example.org".to_owned()])
        .live_session("public", layout, |routes| {
            routes.live::<Echo>("/").live::<Echo>("/other");
        })
        .build()
}

fn ana() -> Browser {
    Browser::new(&endpoint(&Scope::root("test")))
}

fn upgrade(query: &str, origin: Option<&str>) -> Request<()> {
    let mut request = Request::builder()
        .uri(format!("/live/websocket?{query}"))
        .header(header::HOST, "chat.example.net")
        .header(header::CONNECTION, "keep-alive, Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    request.body(()).expect("it is a request")
}

async fn check_upgrade(query: &str, origin: Option<&str>, status: u16) {
    let answer = ana().request(upgrade(query, origin)).await;
    assert_eq!(answer.status, status, "{query} from {origin:?}");
}

#[tokio::test]
async fn pages_of_other_origins_may_not_connect() {
    let version = "vsn=2.0.0";
    check_upgrade(version, None, 101).await;
    check_upgrade(version, Some("https://chat.example.net"), 101).await;
    check_upgrade(version, Some("https://chat.example.org"), 101).await;
    for origin in [
        "https://evil.example",
        "https://chat.example.net.evil.example",
        "https://evil.example/chat.example.net",
        "https://chat.example.net@evil.example",
        "https://chat.example.org:8080",
        "http://chat.example.org",
        "null",
        "",
    ] {
        check_upgrade(version, Some(origin), 403).await;
    }
}

#[tokio::test]
async fn only_version_2_is_spoken() {
    for query in ["", "vsn=1.0.0", "vsn=3.0.0", "vsn=20", "vsn[]=2.0.0", "vsn"] {
        check_upgrade(query, None, 403).await;
    }
    check_upgrade("vsn=2.1.0", None, 101).await;
}

#[tokio::test]
async fn what_is_no_upgrade_is_no_socket() {
    for missing in [header::UPGRADE, header::CONNECTION, header::SEC_WEBSOCKET_KEY] {
        let mut request = upgrade("vsn=2.0.0", None);
        request.headers_mut().remove(&missing);
        assert_eq!(ana().request(request).await.status, 426, "{missing}");
    }
    let mut request = upgrade("vsn=2.0.0", None);
    request.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("8"));
    assert_eq!(ana().request(request).await.status, 426);
}

#[tokio::test]
async fn pages_are_only_read() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        assert_eq!(ana().request(request).await.status, 405, "{method}");
    }
    assert_eq!(ana().get("/no/such/page").await.status, 404);
    assert_eq!(ana().get("/%ff%fe").await.status, 404);
}

/// A socket with the rights of the page, and its topic.
fn socket(page: &Page) -> (channels::testing::Client, String) {
    let query = format!("vsn=2.0.0&_csrf_token={}", page.csrf_token());
    (page.browser().socket(&query, 16), format!("lv:{}", page.main_id()))
}

async fn check_join_refused(page: &Page, topic: &str, payload: &str, reason: &str) {
    let (mut socket, own) = socket(page);
    let answer = socket.join(topic, payload).await;
    assert!(!answer.is_ok());
    assert_eq!(answer.response()["reason"], reason, "{topic} {payload}");
    let again = socket.join(&own, &page.join_payload().to_string()).await;
    assert!(again.is_ok(), "the socket lives on: {again:?}");
}

#[tokio::test]
async fn joins_that_make_no_sense_are_refused_and_the_socket_lives() {
    let page = ana().open("/").await;
    let own = format!("lv:{}", page.main_id());
    let good = page.join_payload().to_string();
    for topic in ["room:1", "", "lv", "LV:x", "phoenix"] {
        check_join_refused(&page, topic, &good, "unmatched topic").await;
    }
    for topic in ["lv:", "lv:x", &format!("{own} "), "lv:lv:"] {
        check_join_refused(&page, topic, &good, "stale").await;
    }
    for payload in [
        "null",
        "{}",
        "[]",
        "1",
        "\"x\"",
        r#"{"session":7}"#,
        r#"{"session":null,"url":"/"}"#,
        r#"{"session":"x","static":{}}"#,
        r#"{"session":"x","url":["/"]}"#,
    ] {
        check_join_refused(&page, &own, payload, "malformed join").await;
    }
}

#[tokio::test]
async fn a_token_is_good_for_one_purpose() {
    let page = ana().open("/").await;
    let own = format!("lv:{}", page.main_id());
    let payload = page.join_payload();
    let session = payload["session"].as_str().expect("a token");
    let (body, signature) = session.split_once('.').expect("a body and a signature");
    let cookie = page.browser().cookie("_liveview").expect("a session");
    for token in [
        payload["static"].as_str().expect("a token"),
        cookie,
        &format!("{body}."),
        &format!(".{signature}"),
        &format!("{signature}.{body}"),
        &format!("{body}.{signature}."),
        &format!("{body}A.{signature}"),
        ".",
    ] {
        let mut payload = payload.clone();
        payload["session"] = json!(token);
        check_join_refused(&page, &own, &payload.to_string(), "stale").await;
    }
}

#[tokio::test]
async fn a_join_leads_to_no_other_place() {
    let page = ana().open("/").await;
    let own = format!("lv:{}", page.main_id());
    for url in ["", "nonsense", "http://", "//", "/nowhere", "\u{0}"] {
        let mut payload = page.join_payload();
        payload["url"] = json!(url);
        check_join_refused(&page, &own, &payload.to_string(), "unauthorized").await;
    }
    let mut payload = page.join_payload();
    payload.as_object_mut().expect("an object").remove("url");
    check_join_refused(&page, &own, &payload.to_string(), "unauthorized").await;
}

#[tokio::test]
async fn what_was_not_joined_answers_that() {
    let page = ana().open("/").await;
    let (mut socket, own) = socket(&page);
    let click = json!({ "type": "click", "event": "say", "value": { "text": "x" } }).to_string();
    assert_eq!(socket.call(&own, "event", &click).await.response()["reason"], "unmatched topic");
    assert!(socket.call(&own, "phx_leave", "{}").await.is_ok());
    assert!(socket.call("phoenix", "heartbeat", "{}").await.is_ok());
}

#[tokio::test]
async fn text_stays_text() {
    let mut page = ana().visit("/").await;
    for text in [
        "<script>alert(1)</script>",
        "\"' onmouseover='x",
        "&amp;&lt;",
        "</p></div><div data-phx-main>",
        "\u{0}\u{1}\u{202e}\u{ffff}",
        "{\"s\":[\"x\"]}",
        "1",
    ] {
        let payload = json!({ "type": "hook", "event": "say", "value": { "text": text } });
        let main = page.main_id().to_owned();
        page.send(&main, "event", &payload).await;
        assert_eq!(page.find_all("p").len(), 1);
        let shown = page.find("#said");
        // Parsers of HTML show another character for NUL.
        assert_eq!(shown.attr("title"), Some(&*text.replace('\0', "\u{fffd}")));
        assert!(!page.has("script") && !page.has("[onmouseover]"));
    }
    assert_eq!(page.take_refusals(), Vec::<Value>::new());
}

/// Any JSON, not too big.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "say",
            "post",
            "event",
            "form",
            "lv:clear-flash",
            "a[b][]=1&a=2"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let key = prop::sample::select(vec![
            "type", "event", "value", "meta", "cid", "cids", "url", "text", "_target", "uploads",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_message() -> impl Strategy<Value = (&'static str, Value)> {
    let event = prop::sample::select(vec![
        "event",
        "event",
        "event",
        "live_patch",
        "cids_will_destroy",
        "cids_destroyed",
        "progress",
        "allow_upload",
        "diff",
        "heartbeat",
        "x",
    ]);
    (event, any_json())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_message_is_answered_and_none_kills_the_view(
        messages in prop::collection::vec(any_message(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut page = ana().visit("/").await;
            let main = page.main_id().to_owned();
            for (event, payload) in messages {
                page.send(&main, event, &payload).await;
            }
            assert_eq!(page.crashes(), 0);
            page.click("button").await;
            assert_eq!(page.text("#said"), "hello");
        });
    }

    #[test]
    fn any_form_decodes_to_something(body in "(\\PC|[\\[\\]&=%+]){0,60}") {
        let decoded = Params::decode(&body).to_json();
        prop_assert!(decoded.is_object());
    }
}

/// A server on a port of its own.
async fn serve(scope: &Scope) -> (Endpoint<()>, std::net::SocketAddr) {
    let endpoint = endpoint(scope);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let server = liveview::serve(listener, endpoint.clone(), Default::default(), scope.clone());
    scope.spawn_abortable("server", server);
    (endpoint, address)
}

type Socket = WebSocketStream<TcpStream>;

async fn open(
    address: std::net::SocketAddr,
    page: &Page,
    origin: &str,
) -> Result<Socket, tungstenite::Error> {
    let token = page.csrf_token();
    let url = format!("ws://{address}/live/websocket?vsn=2.0.0&_csrf_token={token}");
    let mut request = url.into_client_request().expect("it is a URL");
    let cookies = page.browser().headers()[header::COOKIE].clone();
    request.headers_mut().insert(header::COOKIE, cookies);
    request.headers_mut().insert(header::ORIGIN, HeaderValue::try_from(origin).expect("a header"));
    let stream = TcpStream::connect(address).await.expect("the server listens");
    Ok(client_async(request, stream).await?.0)
}

/// The next text as JSON, or the code of the farewell.
async fn next(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        let message =
            tokio::time::timeout(DEADLINE, socket.next()).await.expect("it comes in time");
        match message.expect("a farewell comes first").expect("the connection holds") {
            tungstenite::Message::Text(text) => {
                return Ok(serde_json::from_str(&text).expect("frames are JSON"));
            }
            tungstenite::Message::Close(farewell) => {
                return Err(farewell.map_or(1005, |farewell| farewell.code.into()));
            }
            _ => {}
        }
    }
}

async fn send(socket: &mut Socket, frame: Value) {
    let text = tungstenite::Message::text(frame.to_string());
    socket.send(text).await.expect("the connection holds");
}

async fn join(socket: &mut Socket, page: &Page) {
    let topic = format!("lv:{}", page.main_id());
    send(socket, json!(["4", "4", topic, "phx_join", page.join_payload()])).await;
    let answer = next(socket).await.expect("an answer");
    assert_eq!((&answer[1], &answer[4]["status"]), (&json!("4"), &json!("ok")), "{answer}");
}

#[tokio::test]
async fn what_is_longer_than_a_frame_arrives_whole() {
    let scope = Scope::root("test");
    let (endpoint, address) = serve(&scope).await;
    let page = Browser::new(&endpoint).open("/").await;
    let mut socket = open(address, &page, &format!("http://{address}")).await.expect("it is ours");
    join(&mut socket, &page).await;
    for bytes in [4_000, 4_096, 8_192, 60_000] {
        // Two bytes each: characters lie across the frames' ends.
        let text = format!("-{}", "ü".repeat(bytes / 2));
        let click = json!({ "type": "click", "event": "say", "value": { "text": text } });
        send(&mut socket, json!(["4", "5", format!("lv:{}", page.main_id()), "event", click]))
            .await;
        let answer = next(&mut socket).await.expect("an answer");
        assert!(answer.to_string().contains(&text), "{bytes} bytes");
    }
    scope.stop(DEADLINE).await.expect("nothing hangs");
}

#[tokio::test]
async fn a_browser_over_tcp_is_served() {
    let scope = Scope::root("test");
    let (endpoint, address) = serve(&scope).await;
    let page = Browser::new(&endpoint).open("/").await;
    let mut socket = open(address, &page, &format!("http://{address}")).await.expect("it is ours");
    join(&mut socket, &page).await;
    let click = json!({ "type": "click", "event": "say", "value": { "text": "<hi>" } });
    send(&mut socket, json!(["4", "5", format!("lv:{}", page.main_id()), "event", click])).await;
    let answer = next(&mut socket).await.expect("an answer");
    let diff = json!({ "0": "&lt;hi&gt;", "1": "&lt;hi&gt;", "2": "1" });
    assert_eq!(answer[4], json!({ "status": "ok", "response": { "diff": diff } }));
    send(&mut socket, json!([null, "6", "phoenix", "heartbeat", {}])).await;
    assert_eq!(next(&mut socket).await.expect("an answer")[1], "6");
    scope.stop(DEADLINE).await.expect("everything stops in time");
    assert_eq!(next(&mut socket).await, Err(1012), "come back to the next server");
}

#[tokio::test]
async fn another_origin_over_tcp_is_refused() {
    let scope = Scope::root("test");
    let (endpoint, address) = serve(&scope).await;
    let page = Browser::new(&endpoint).open("/").await;
    match open(address, &page, "https://evil.example").await {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403),
        other => panic!("{other:?}"),
    }
}

async fn check_closed(message: tungstenite::Message, code: u16) {
    let scope = Scope::root("test");
    let (endpoint, address) = serve(&scope).await;
    let page = Browser::new(&endpoint).open("/").await;
    let origin = format!("http://{address}");
    let mut socket = open(address, &page, &origin).await.expect("it is ours");
    let mut other = open(address, &page, &origin).await.expect("it is ours");
    join(&mut socket, &page).await;
    // It may be closed before all of it was sent.
    let _sent = socket.send(message).await;
    assert_eq!(next(&mut socket).await, Err(code));
    join(&mut other, &page).await;
}

#[tokio::test]
async fn frames_that_are_none_close_the_connection() {
    let text = |text: &str| tungstenite::Message::text(text.to_owned());
    check_closed(text("hello"), 1002).await;
    check_closed(text("{}"), 1002).await;
    check_closed(text(r#"["4","5","lv:x","event"]"#), 1002).await;
    check_closed(text(&"[".repeat(1_000)), 1008).await;
    check_closed(text(&format!(r#"["4","5","{}","event",{{}}]"#, "x".repeat(300))), 1008).await;
    check_closed(tungstenite::Message::binary(vec![9, 9, 9]), 1002).await;
}

#[tokio::test]
async fn frames_that_are_too_big_close_the_connection() {
    let big = format!(r#"["4","5","lv:x","event","{}"]"#, "x".repeat(70_000));
    check_closed(tungstenite::Message::text(big), 1009).await;
}
