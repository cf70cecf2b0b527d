//! A browser, as far as the server can tell: loads the page of a room and joins its views.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig,
    },
};

/// How long a server may take for one answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A socket with small buffers: there are thousands.
pub type Socket = WebSocketStream<TcpStream>;

/// Opens a WebSocket.
///
/// # Errors
/// The server refuses.
pub async fn open(address: &str, path: &str, cookie: Option<&str>) -> anyhow::Result<Socket> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", HeaderValue::from_str(cookie)?);
    }
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

/// A page of a room, joined: somebody new, in a tab of their own.
pub struct RoomPage {
    pub socket: Socket,
    /// What came between the answers to its joins.
    pub early: Vec<Utf8Bytes>,
    pub voice: Voice,
}

/// What a page says to its server.
#[derive(Clone)]
pub struct Voice {
    topic: String,
}

/// What the page says about the view that is to be joined, and what every join sends along.
struct Loaded {
    cookie: String,
    csrf_token: String,
    topic: String,
    session: String,
}

impl RoomPage {
    /// Loads `/r/<slug>` as somebody new and joins the page, its conversation and its list of people.
    ///
    /// # Errors
    /// The server answers otherwise than it should.
    pub async fn open(address: &str, slug: &str) -> anyhow::Result<Self> {
        let (head, page) = get(address, &format!("/r/{slug}")).await?;
        let loaded = Loaded::read(&head, &page)?;
        let query = format!("/live/websocket?_csrf_token={}&vsn=2.0.0", loaded.csrf_token);
        let socket = open(address, &query, Some(&loaded.cookie)).await?;
        let Loaded { csrf_token, topic, session, .. } = loaded;
        let voice = Voice { topic: topic.clone() };
        let mut page = Self { socket, early: Vec::new(), voice };
        let url = format!("http://{address}/r/{slug}");
        let params = json!({ "_csrf_token": csrf_token, "_mounts": 0 });
        let join = json!({ "url": url, "params": params, "session": session, "static": null });
        let reply = page.join("1", &topic, join).await?;
        let nested = nested(&reply)?;
        let topics: Vec<_> = nested.iter().map(|(topic, _)| topic.as_str()).collect();
        ensure!(topics.len() == 2, "the conversation and the people, and not {topics:?}");
        for (number, (topic, session)) in nested.iter().enumerate() {
            let join = json!({ "params": params, "session": session, "static": null });
            page.join(&(number + 2).to_string(), topic, join).await?;
        }
        Ok(page)
    }

    /// The reply to the join, as it came.
    async fn join(
        &mut self,
        join_ref: &str,
        topic: &str,
        payload: Value,
    ) -> anyhow::Result<Utf8Bytes> {
        let frame = json!([join_ref, join_ref, topic, "phx_join", payload]).to_string();
        self.socket.send(Message::text(frame)).await?;
        loop {
            let text = self.next_text().await?;
            let reply: Value = serde_json::from_str(&text)?;
            if reply[1] == join_ref {
                ensure!(reply[4]["status"] == "ok", "the join of {topic} is refused: {text}");
                return Ok(text);
            }
            self.early.push(text);
        }
    }

    async fn next_text(&mut self) -> anyhow::Result<Utf8Bytes> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await?.context("closed")?? {
            Message::Text(text) => Ok(text),
            other => bail!("not a text frame: {other:?}"),
        }
    }
}

impl Voice {
    /// The frame that submits the composer with `body`.
    pub fn post_frame(&self, reference: &str, message_id: &str, body: &str) -> Message {
        let value = format!("message_id={message_id}&body={body}");
        self.event(reference, json!({ "type": "form", "event": "post", "value": value }))
    }

    /// The frame by which the composer tells that somebody types.
    pub fn typing_frame(&self, reference: &str) -> Message {
        self.event(reference, json!({ "type": "hook", "event": "typing", "value": {} }))
    }

    /// The frame by which the page tells that everything up to message `number` was seen.
    pub fn read_frame(&self, reference: &str, number: u32) -> Message {
        let value = json!({ "number": number });
        self.event(reference, json!({ "type": "hook", "event": "read", "value": value }))
    }

    fn event(&self, reference: &str, payload: Value) -> Message {
        Message::text(json!(["1", reference, self.topic, "event", payload]).to_string())
    }
}

impl Loaded {
    fn read(head: &str, page: &str) -> anyhow::Result<Self> {
        ensure!(head.starts_with("HTTP/1.1 200"), "the room's page is {head}");
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .and_then(|cookie| cookie.split(';').next())
            .context("no cookie")?;
        let (before, container) = page.split_once("data-phx-main").context("no main view")?;
        let id = before.rsplit_once("id=\"").and_then(|(_, id)| id.split('"').next());
        Ok(Self {
            cookie: cookie.to_owned(),
            csrf_token: between(page, "name=\"csrf-token\" content=\"", "\"")?.to_owned(),
            topic: format!("lv:{}", id.context("no id")?),
            session: between(container, "data-phx-session=\"", "\"")?.to_owned(),
        })
    }
}

/// Topic and session of every view that stands in the markup of a join's reply.
fn nested(reply: &str) -> anyhow::Result<Vec<(String, String)>> {
    let (session, quote) = ("data-phx-session=\\\"", "\\\"");
    let views = reply.match_indices(session).map(|(place, _)| {
        let id = reply[..place].rsplit_once("id=\\\"").context("a view without an id")?.1;
        let id = id.split_once(quote).context("an id without an end")?.0;
        Ok((format!("lv:{id}"), between(&reply[place..], session, quote)?.to_owned()))
    });
    views.collect()
}

/// Status line, headers and body of one request.
async fn get(address: &str, path: &str) -> anyhow::Result<(String, String)> {
    request(
        address,
        &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"),
    )
    .await
}

/// Starts a room and returns its slug.
///
/// # Errors
/// The server answers otherwise than it should.
pub async fn start_room(address: &str) -> anyhow::Result<String> {
    let form = "title=Benchmark";
    let text = format!(
        "POST /rooms HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len(),
    );
    let (head, _) = request(address, &text).await?;
    Ok(between(&format!("{head}\r\n"), "location: /r/", "\r\n")?.to_owned())
}

async fn request(address: &str, text: &str) -> anyhow::Result<(String, String)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(text.as_bytes()).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    Ok((head.to_owned(), body.to_owned()))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = text.split_once(before).with_context(|| format!("no {before}"))?;
    Ok(rest.split_once(after).with_context(|| format!("no {after} after {before}"))?.0)
}
