//! A connection in memory and a browser's end of it, for tests.
//!
//! ```
//! # use std::sync::Arc;
//! # use channels::{Config, Endpoint, testing};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = tasks::Scope::root("example");
//! let endpoint = Arc::new(Endpoint::new(&scope, Config::default()));
//! let mut ana = testing::connect(&endpoint, &scope, testing::ana());
//! assert_eq!(ana.join("kitchen", "{}").await.response()["reason"], "unmatched topic");
//! # }
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    mem,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use tasks::Scope;
use tokio::sync::Notify;

use crate::{
    connection::ConnectionInfo,
    endpoint::Endpoint,
    frame::SharedFrame,
    transport::{CloseCode, Incoming, Transport, TransportError},
};

/// Frames that a browser which does not read takes before its connection is stuck, by default.
pub const WINDOW_FRAMES: usize = 16;

/// How long a [`Client`] waits for anything by default, milliseconds.
pub const DEADLINE_MS: u64 = 5_000;

/// The server's end of a connection in memory.
pub struct MemoryTransport(Arc<Wire>);

/// A browser's end. It reads only when asked to. Dropping it breaks the connection.
pub struct Client {
    wire: Arc<Wire>,
    inbox: VecDeque<Message>,
    next_ref: u64,
    join_refs: BTreeMap<String, String>,
    deadline: Duration,
}

#[derive(Default)]
struct Wire {
    arrived: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    to_server: VecDeque<Incoming>,
    taken: VecDeque<SharedFrame>,
    to_client: VecDeque<SharedFrame>,
    window_frames: usize,
    flushes: usize,
    server: Option<Waker>,
    closed: Option<(u16, &'static str)>,
    server_gone: bool,
    client_gone: bool,
}

/// A frame from the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The channel's join ref; null only on a shared diff or the socket's own answers.
    pub join_ref: Option<String>,
    /// What is answered.
    pub message_ref: Option<String>,
    /// The topic.
    pub topic: String,
    /// The event.
    pub event: String,
    /// The payload.
    pub payload: Value,
}

impl Message {
    fn parse(frame: &SharedFrame) -> Self {
        let (join_ref, message_ref, topic, event, payload) =
            serde_json::from_str(frame.as_str()).expect("the server sends frames of five");
        Self { join_ref, message_ref, topic, event, payload }
    }

    /// Whether this is an ok reply.
    pub fn is_ok(&self) -> bool {
        self.event == "phx_reply" && self.payload["status"] == "ok"
    }

    /// The response of a reply.
    pub fn response(&self) -> &Value {
        &self.payload["response"]
    }
}

/// Both ends of a connection whose browser takes `window_frames` without reading.
pub fn pair(window_frames: usize) -> (MemoryTransport, Client) {
    let state = Mutex::new(State { window_frames, ..State::default() });
    let wire = Arc::new(Wire { state, ..Wire::default() });
    let client = Client {
        wire: wire.clone(),
        inbox: VecDeque::new(),
        next_ref: 4,
        join_refs: BTreeMap::new(),
        deadline: Duration::from_millis(DEADLINE_MS),
    };
    (MemoryTransport(wire), client)
}

/// Connects a browser to `endpoint`, whose socket runs in `scope`.
pub fn connect(endpoint: &Arc<Endpoint>, scope: &Scope, connection: ConnectionInfo) -> Client {
    let (transport, client) = pair(WINDOW_FRAMES);
    let _runs_in_scope = scope.spawn("socket", endpoint.serve(transport, connection));
    client
}

/// The connection of Ana, whose session is her name.
pub fn ana() -> ConnectionInfo {
    ConnectionInfo::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)), "Ana".to_owned())
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while a wire is held")
    }

    fn wake_server(&self) {
        let server = self.lock().server.take();
        if let Some(server) = server {
            server.wake();
        }
    }
}

impl Client {
    /// Waits up to `deadline_ms` for whatever comes next, instead of [`DEADLINE_MS`].
    pub fn patient(mut self, deadline_ms: u64) -> Self {
        self.deadline = Duration::from_millis(deadline_ms);
        self
    }

    /// Sends any message.
    pub fn send(&self, incoming: Incoming) {
        self.wire.lock().to_server.push_back(incoming);
        self.wire.wake_server();
    }

    /// Sends a text message.
    pub fn send_text(&self, text: impl Into<String>) {
        self.send(Incoming::Text(Bytes::from(text.into())));
    }

    /// A ref that was not used before.
    pub fn fresh_ref(&mut self) -> String {
        self.next_ref += 1;
        self.next_ref.to_string()
    }

    /// Asks to join, without waiting. Returns the join ref, which is also the ref.
    pub fn send_join(&mut self, topic: &str, payload: &str) -> String {
        let join_ref = self.fresh_ref();
        self.join_refs.insert(topic.to_owned(), join_ref.clone());
        self.send_text(format!(
            r#"["{join_ref}","{join_ref}",{},"phx_join",{payload}]"#,
            Value::from(topic)
        ));
        join_ref
    }

    /// Sends an event on a topic, with its join ref if it was joined. Returns the ref.
    pub fn push(&mut self, topic: &str, event: &str, payload: &str) -> String {
        let message_ref = self.fresh_ref();
        let join_ref = Value::from(self.join_refs.get(topic).cloned());
        let (topic, event) = (Value::from(topic), Value::from(event));
        self.send_text(format!(r#"[{join_ref},"{message_ref}",{topic},{event},{payload}]"#));
        message_ref
    }

    /// Joins and waits for the reply.
    pub async fn join(&mut self, topic: &str, payload: &str) -> Message {
        let join_ref = self.send_join(topic, payload);
        self.reply(&join_ref).await
    }

    /// Sends an event and waits for the reply.
    pub async fn call(&mut self, topic: &str, event: &str, payload: &str) -> Message {
        let message_ref = self.push(topic, event, payload);
        self.reply(&message_ref).await
    }

    /// The reply to `message_ref`; what comes before it is kept for [`Client::next`].
    pub async fn reply(&mut self, message_ref: &str) -> Message {
        self.find(|message| {
            message.event == "phx_reply" && message.message_ref.as_deref() == Some(message_ref)
        })
        .await
    }

    /// The next message with this event; what comes before it is kept for [`Client::next`].
    pub async fn event(&mut self, event: &str) -> Message {
        self.find(|message| message.event == event).await
    }

    /// The next message that `is_it`; what comes before it is kept for [`Client::next`].
    ///
    /// # Panics
    /// When it does not come in time, or the connection ends before.
    pub async fn find(&mut self, is_it: impl Fn(&Message) -> bool) -> Message {
        let mut seen = 0;
        loop {
            if let Some(at) = self.inbox.iter().skip(seen).position(&is_it) {
                return self.inbox.remove(seen + at).expect("it was just found there");
            }
            seen = self.inbox.len();
            let message = self.receive().await;
            let message = message.expect("the connection ended before the message came");
            self.inbox.push_back(message);
        }
    }

    /// The next message.
    ///
    /// # Panics
    /// When none comes in time, or the connection ends before.
    pub async fn next(&mut self) -> Message {
        match self.inbox.pop_front() {
            Some(message) => message,
            None => self.receive().await.expect("the connection ended before a message came"),
        }
    }

    /// What has come so far and was not asked for.
    pub fn arrived(&mut self) -> Vec<Message> {
        self.take_arrived();
        self.inbox.drain(..).collect()
    }

    /// The code and reason that the server closes with. Reads, and keeps, what comes before.
    ///
    /// # Panics
    /// When the connection does not end in time, or breaks without a farewell.
    pub async fn closed(&mut self) -> (u16, &'static str) {
        while let Some(message) = self.receive().await {
            self.inbox.push_back(message);
        }
        self.close_code().expect("the server closes with a code")
    }

    /// The code and reason that the server closed with, if it did. Reads nothing.
    pub fn close_code(&self) -> Option<(u16, &'static str)> {
        self.wire.lock().closed
    }

    /// Waits until the server closed, without reading anything.
    pub async fn closed_unread(&self) -> (u16, &'static str) {
        self.wait(|state| state.closed).await
    }

    /// Waits until the server read everything that was sent.
    pub async fn all_read(&self) {
        self.wait(|state| state.to_server.is_empty().then_some(())).await;
    }

    /// Waits until the connection is stuck because nobody reads.
    pub async fn stuck(&self) {
        self.wait(|state| (!state.taken.is_empty() && state.is_full()).then_some(())).await;
    }

    /// How many messages the server has not read yet.
    pub fn unread(&self) -> usize {
        self.wire.lock().to_server.len()
    }

    /// How many flushes brought something.
    pub fn flushes(&self) -> usize {
        self.wire.lock().flushes
    }

    async fn receive(&mut self) -> Option<Message> {
        let frame = self
            .wait(|state| match state.to_client.pop_front() {
                Some(frame) => Some(Some(frame)),
                None => (state.closed.is_some() || state.server_gone).then_some(None),
            })
            .await?;
        self.wire.wake_server();
        Some(Message::parse(&frame))
    }

    fn take_arrived(&mut self) {
        let frames = mem::take(&mut self.wire.lock().to_client);
        self.inbox.extend(frames.iter().map(Message::parse));
        self.wire.wake_server();
    }

    async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let found = async {
            loop {
                let arrived = self.wire.arrived.notified();
                if let Some(found) = look(&mut self.wire.lock()) {
                    return found;
                }
                arrived.await;
            }
        };
        within(self.deadline, found).await
    }
}

async fn within<T>(deadline: Duration, wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(deadline, wanted).await.expect("it comes in time")
}

impl Drop for Client {
    fn drop(&mut self) {
        self.wire.lock().client_gone = true;
        self.wire.wake_server();
    }
}

impl State {
    fn is_full(&self) -> bool {
        self.to_client.len() >= self.window_frames
    }
}

impl Transport for MemoryTransport {
    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Incoming>, TransportError>> {
        let mut state = self.0.lock();
        match state.to_server.pop_front() {
            Some(incoming) => {
                drop(state);
                self.0.arrived.notify_waiters();
                Poll::Ready(Ok(Some(incoming)))
            }
            None if state.client_gone => Poll::Ready(Ok(None)),
            None => {
                state.server = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, frame: SharedFrame) -> Result<(), TransportError> {
        self.0.lock().taken.push_back(frame);
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let mut state = self.0.lock();
        state.flushes += usize::from(!state.taken.is_empty() && !state.is_full());
        while !state.is_full() {
            let Some(frame) = state.taken.pop_front() else { break };
            state.to_client.push_back(frame);
        }
        let stuck = !state.taken.is_empty() && !state.client_gone;
        if stuck {
            state.server = Some(cx.waker().clone());
        }
        drop(state);
        self.0.arrived.notify_waiters();
        if stuck { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// The farewell overtakes what nobody reads, so that a test sees it.
    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        code: CloseCode,
        reason: &'static str,
    ) -> Poll<Result<(), TransportError>> {
        self.0.lock().closed = Some((code.number(), reason));
        self.0.arrived.notify_waiters();
        Poll::Ready(Ok(()))
    }
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.0.lock().server_gone = true;
        self.0.arrived.notify_waiters();
    }
}
