//! Many browsers, one instance: counted, compared byte for byte, and interrupted.

mod rechecks;

use std::{
    collections::{BTreeSet, VecDeque},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use channels::{CloseCode, ConnectionInfo, Incoming, SharedFrame, Transport, TransportError};
use serde_json::{Value, json};
use tasks::Scope;
use tokio::sync::{Notify, oneshot};

use crate::{
    Endpoint, Interrupt, Mailbox, Rendered, Secret, Session, SharedCx, SharedView, Stream, html,
    join::Visitor, page::nested_view_token, shared, view::Visit,
};

const DEADLINE: Duration = Duration::from_secs(20);

/// What the tests hold of the boards.
#[derive(Clone, Default)]
struct World {
    board: Arc<Mutex<Option<Mailbox<Chalk>>>>,
    is_closed: Arc<AtomicBool>,
    /// A line that was stored and not announced.
    unannounced: Arc<Mutex<Option<u32>>>,
    banned: Arc<Mutex<BTreeSet<String>>>,
    /// What the next judgement, once it is made, waits for before anybody hears of it.
    hesitation: Arc<Mutex<Option<Hesitation>>>,
    judgements: Arc<AtomicUsize>,
}

struct Hesitation {
    judged: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

impl World {
    async fn tell(&self, chalk: Chalk) {
        let board = self.board.lock().unwrap().clone().expect("the board is mounted");
        assert!(board.send(chalk).await);
    }

    fn ban(&self, name: &str) {
        self.banned.lock().unwrap().insert(name.to_owned());
    }

    /// Makes the next judgement known only when it is told to: the first is done when it is made.
    fn hesitate(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((judged, is_judged), (told, go_on)) = (oneshot::channel(), oneshot::channel());
        *self.hesitation.lock().unwrap() = Some(Hesitation { judged, go_on });
        (is_judged, told)
    }
}

#[derive(Debug)]
enum Chalk {
    Write(u32),
    Wipe,
    Title(&'static str),
    Nothing,
    /// Asks again who may look, and writes.
    Recheck(Option<u32>),
    Drop,
}

/// A title and the last ten lines.
struct Board {
    title: &'static str,
    lines: Stream<u32>,
}

impl SharedView for Board {
    type Context = World;
    type Key = String;
    type Msg = Chalk;

    fn id(key: &String) -> String {
        format!("board-{key}")
    }

    async fn allows(world: &World, _: &String, session: &Session) -> bool {
        world.judgements.fetch_add(1, Ordering::SeqCst);
        let name = session.get("name").unwrap_or_default();
        let may =
            !world.is_closed.load(Ordering::SeqCst) && !world.banned.lock().unwrap().contains(name);
        let hesitation = world.hesitation.lock().unwrap().take();
        if let Some(Hesitation { judged, go_on }) = hesitation {
            judged.send(()).expect("the test waits");
            go_on.await.expect("the test tells");
        }
        may
    }

    async fn mount(_: String, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        *cx.app().board.lock().unwrap() = Some(cx.mailbox());
        Ok(Self {
            title: "Board",
            lines: Stream::windowed("lines", |line| format!("l-{line}"), 10),
        })
    }

    async fn update(&mut self, chalk: Chalk, cx: &mut SharedCx<Self>) {
        match chalk {
            Chalk::Write(line) => self.lines.push(line),
            Chalk::Wipe => self.lines.clear(),
            Chalk::Title(title) => self.title = title,
            Chalk::Nothing => {}
            Chalk::Recheck(line) => {
                line.into_iter().for_each(|line| self.lines.push(line));
                cx.recheck();
            }
            Chalk::Drop => panic!("the board was dropped"),
        }
    }

    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        let line = cx.app().unannounced.lock().unwrap().take();
        line.into_iter().for_each(|line| self.lines.push(line));
        line.is_some()
    }

    fn render(&self) -> Rendered {
        html! {
            <h1>{self.title}</h1>
            <ol id="lines" phx-update="stream">
                {self.lines.each(|id, line| html! { <li id={id}>{line}</li> })}
            </ol>
        }
    }
}

/// A browser's connection: it sends what it is told to, and keeps the frames as they came.
struct Connection(Arc<Wire>);

#[derive(Default)]
struct Wire {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    to_server: VecDeque<String>,
    frames: Vec<SharedFrame>,
    is_stuck: bool,
    waker: Option<Waker>,
}

impl Transport for Connection {
    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Incoming>, TransportError>> {
        let mut state = self.0.state.lock().unwrap();
        match state.to_server.pop_front() {
            Some(text) => Poll::Ready(Ok(Some(Incoming::Text(text.into())))),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let mut state = self.0.state.lock().unwrap();
        if state.is_stuck {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, frame: SharedFrame) -> Result<(), TransportError> {
        self.0.state.lock().unwrap().frames.push(frame);
        self.0.changed.notify_waiters();
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.poll_ready(cx)
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        _: CloseCode,
        _: &'static str,
    ) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }
}

/// A browser that looks at a board.
struct Viewer(Arc<Wire>);

impl Viewer {
    fn send(&self, frame: &Value) {
        let waker = {
            let mut state = self.0.state.lock().unwrap();
            state.to_server.push_back(frame.to_string());
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn set_stuck(&self, is_stuck: bool) {
        let waker = {
            let mut state = self.0.state.lock().unwrap();
            state.is_stuck = is_stuck;
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn frames(&self) -> Vec<SharedFrame> {
        self.0.state.lock().unwrap().frames.clone()
    }

    fn messages(&self) -> Vec<Value> {
        self.frames().iter().map(|frame| serde_json::from_str(frame.as_str()).unwrap()).collect()
    }

    /// Waits until what came satisfies the condition.
    async fn until(&self, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let wait = async {
            loop {
                let changed = self.0.changed.notified();
                let messages = self.messages();
                if is_it(&messages) {
                    return messages;
                }
                changed.await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("it comes before the deadline")
    }

    /// What is on screen after everything that came so far: the title and the lines.
    fn screen(&self) -> Screen {
        let mut screen = Screen::default();
        for message in self.messages() {
            match message[3].as_str() {
                Some("phx_reply") => screen.show(&message[4]["response"]["rendered"]),
                Some("diff") => screen.show(&message[4]),
                _ => {}
            }
        }
        screen
    }
}

/// A board as a browser has it.
#[derive(Debug, Default, PartialEq)]
struct Screen {
    title: String,
    lines: Vec<String>,
    knows_lines: bool,
}

impl Screen {
    /// Follows one message as the client does (protocol document §4.3 and §4.6).
    fn show(&mut self, message: &Value) {
        if message.get("s").is_some() {
            self.knows_lines = false;
            if message["1"] == "" {
                self.lines.clear();
            }
        }
        if let Some(title) = message["0"].as_str() {
            self.title = title.to_owned();
        }
        let Some(stream) = message["1"]["stream"].as_array() else { return };
        self.knows_lines |= message["1"].get("s").is_some();
        assert!(self.knows_lines, "the client throws without a template: {message}");
        if stream.get(3).is_some() {
            self.lines.clear();
        }
        for (index, insert) in stream[1].as_array().unwrap().iter().enumerate() {
            let line = insert[0].as_str().unwrap().to_owned();
            assert_eq!(message["1"]["k"][index.to_string()]["0"], line);
            if !self.lines.contains(&line) {
                self.lines.push(line);
            }
            if let Some(limit) = insert[2].as_i64() {
                let excess = self.lines.len().saturating_sub(limit.unsigned_abs() as usize);
                self.lines.drain(..excess);
            }
        }
    }
}

struct Hall {
    scope: Scope,
    world: World,
    endpoint: Endpoint<World>,
}

impl Hall {
    fn new() -> Self {
        let (scope, world) = (Scope::root("hall"), World::default());
        let secret = Secret::new(&[7; 32]).unwrap();
        let endpoint = Endpoint::builder(world.clone(), secret, &scope).shared::<Board>().build();
        Self { scope, world, endpoint }
    }

    fn connect(&self) -> Viewer {
        self.connect_as("")
    }

    fn connect_as(&self, name: &str) -> Viewer {
        let wire = Arc::new(Wire::default());
        let visitor =
            Visitor { session: Some(session(name)), peer: None, probe: Default::default() };
        let connection = ConnectionInfo::new(SocketAddr::from(([127, 0, 0, 1], 1)), visitor);
        let socket = self.endpoint.sockets.serve(Connection(wire.clone()), connection);
        self.scope.spawn_abortable("socket", socket);
        Viewer(wire)
    }

    fn join_frame(&self, join_ref: &str) -> Value {
        let view = shared::<Board>(&"hall".to_owned());
        let session = self.endpoint.app.view_token(&nested_view_token(&view));
        let payload = json!({ "session": session, "static": null, "params": {} });
        json!([join_ref, join_ref, "lv:board-hall", "phx_join", payload])
    }

    /// A viewer whose join was answered.
    async fn viewer(&self) -> Viewer {
        self.viewer_as("").await
    }

    async fn viewer_as(&self, name: &str) -> Viewer {
        let viewer = self.connect_as(name);
        viewer.send(&self.join_frame("4"));
        viewer.until(|messages| !messages.is_empty()).await;
        viewer
    }

    fn counts(&self) -> (u64, u64) {
        let counts = self.endpoint.shared_counts();
        (counts.renders(), counts.encodes())
    }
}

fn session(name: &str) -> Arc<Session> {
    let mut session = Session::fresh();
    session.set("name", name);
    Arc::new(session)
}

async fn one_render_and_one_encode_for(count: usize) {
    let hall = Hall::new();
    let mut viewers = Vec::new();
    for _ in 0..count {
        viewers.push(hall.viewer().await);
    }
    let (renders, encodes) = hall.counts();
    assert_eq!(renders, 1, "joins are served from what was rendered");
    for (number, chalk) in
        [Chalk::Write(1), Chalk::Title("Menu"), Chalk::Write(2)].into_iter().enumerate()
    {
        hall.world.tell(chalk).await;
        for viewer in &viewers {
            viewer.until(|messages| messages.len() == 2 + number).await;
        }
    }
    assert_eq!(hall.counts(), (renders + 3, encodes + 3));
    let first = viewers[0].frames();
    assert!(first[1].as_str().starts_with("[null,null,\"lv:board-hall\",\"diff\","));
    for viewer in &viewers {
        for (frame, same) in viewer.frames().iter().zip(&first).skip(1) {
            assert_eq!(frame, same, "byte for byte");
            assert_eq!(frame.as_bytes().as_ptr(), same.as_bytes().as_ptr(), "in one place");
        }
    }
    hall.world.tell(Chalk::Nothing).await;
    hall.world.tell(Chalk::Write(3)).await;
    viewers[0].until(|messages| messages.len() == 5).await;
    assert_eq!(hall.counts(), (renders + 5, encodes + 4), "nothing changed, nothing sent");
}

#[tokio::test]
async fn a_change_is_rendered_and_encoded_once_for_1_viewer() {
    one_render_and_one_encode_for(1).await;
}

#[tokio::test]
async fn a_change_is_rendered_and_encoded_once_for_100_viewers() {
    one_render_and_one_encode_for(100).await;
}

#[tokio::test]
async fn a_change_is_rendered_and_encoded_once_for_1_000_viewers() {
    one_render_and_one_encode_for(1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_joins_while_it_changes_misses_nothing() {
    const CHANGES: u32 = 400;
    let hall = Arc::new(Hall::new());
    let first = hall.viewer().await;
    let writer = hall.clone();
    let joined = Arc::new(AtomicUsize::new(0));
    let met = joined.clone();
    let writing = hall.scope.spawn("writer", async move {
        for line in (0..).take_while(|line| *line < CHANGES || met.load(Ordering::SeqCst) < 4) {
            match line % 37 {
                36 => writer.world.tell(Chalk::Wipe).await,
                _ => writer.world.tell(Chalk::Write(line)).await,
            }
            tokio::task::yield_now().await;
        }
        writer.world.tell(Chalk::Title("The end")).await;
    });
    let mut viewers = vec![first];
    while !writing.is_finished() {
        viewers.push(hall.viewer().await);
        joined.store(viewers.len(), Ordering::SeqCst);
    }
    writing.join().await.expect("the writer wrote everything");
    let ends = |messages: &[Value]| {
        messages.last().is_some_and(|last| last.to_string().contains("The end"))
    };
    let fresh = hall.viewer().await;
    // The writer has told everything; the board may not have heard it yet.
    fresh.until(ends).await;
    assert!(viewers.len() > 3, "need joins that met changes for this to mean anything");
    for viewer in &viewers {
        viewer.until(ends).await;
        assert_eq!(viewer.screen(), fresh.screen());
    }
}

#[tokio::test]
async fn a_slow_browser_gets_one_snapshot_in_place_of_its_backlog() {
    let hall = Hall::new();
    let (slow, quick) = (hall.viewer().await, hall.viewer().await);
    slow.set_stuck(true);
    for line in 1..=500 {
        hall.world.tell(Chalk::Write(line)).await;
        quick.until(|messages| messages.len() == 1 + line as usize).await;
    }
    slow.set_stuck(false);
    hall.world.tell(Chalk::Title("The end")).await;
    slow.until(|messages| messages.last().unwrap().to_string().contains("The end")).await;
    let messages = slow.messages();
    assert!(messages.len() < 200, "{} frames are a backlog", messages.len());
    let snapshots = messages[1..].iter().filter(|message| message[4].get("s").is_some()).count();
    assert_eq!(snapshots, 1);
    assert_eq!(slow.screen(), quick.screen());
}

#[tokio::test]
async fn nothing_comes_after_leaving_and_before_joining_again() {
    let hall = Hall::new();
    let (ana, ben) = (hall.viewer().await, hall.viewer().await);
    ana.send(&json!(["4", "5", "lv:board-hall", "phx_leave", {}]));
    ana.until(|messages| messages.len() == 3).await;
    hall.world.tell(Chalk::Write(1)).await;
    ben.until(|messages| messages.len() == 2).await;
    ana.send(&hall.join_frame("6"));
    let messages = ana.until(|messages| messages.len() == 4).await;
    assert_eq!(messages[3][1], "6", "the next thing is the answer to the join");
    assert_eq!(ana.screen(), ben.screen());
}

#[tokio::test]
async fn a_panic_makes_viewers_join_a_new_instance() {
    let hall = Hall::new();
    let ana = hall.viewer().await;
    hall.world.tell(Chalk::Write(1)).await;
    hall.world.tell(Chalk::Drop).await;
    ana.until(|messages| messages.last().unwrap()[3] == "phx_error").await;
    ana.send(&hall.join_frame("7"));
    ana.until(|messages| messages.last().unwrap()[1] == "7").await;
    hall.world.tell(Chalk::Write(2)).await;
    let messages = ana.until(|messages| messages.last().unwrap()[3] == "diff").await;
    assert_eq!(messages.last().unwrap()[0], Value::Null);
    assert!(ana.screen().lines == ["l-2"]);
}

#[tokio::test]
async fn who_may_not_look_is_refused() {
    let hall = Hall::new();
    hall.world.is_closed.store(true, Ordering::SeqCst);
    let stranger = hall.viewer().await;
    assert_eq!(stranger.messages()[0][4]["status"], "error");
    assert_eq!(hall.endpoint.shared_counts().renders(), 0);
}

#[tokio::test]
async fn a_token_opens_only_its_own_topic() {
    let hall = Hall::new();
    let stranger = hall.connect();
    let mut frame = hall.join_frame("4");
    frame[2] = json!("lv:board-kitchen");
    stranger.send(&frame);
    let messages = stranger.until(|messages| !messages.is_empty()).await;
    assert_eq!(messages[0][4]["response"]["reason"], "stale");
}

#[tokio::test]
async fn a_page_shows_what_was_not_announced_yet() {
    let hall = Hall::new();
    let viewer = hall.viewer().await;
    *hall.world.unannounced.lock().unwrap() = Some(7);
    let view = shared::<Board>(&"hall".to_owned());
    let page = hall.endpoint.app.nested_page(&Visit::default(), "parent", view).await.unwrap();
    assert!(page.contains("<li id=\"l-7\">7</li>"), "{page}");
    viewer.until(|messages| messages.len() == 2).await;
    assert_eq!(viewer.screen().lines, ["l-7"]);
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_not_sent() {
    let hall = Hall::new();
    let viewer = hall.viewer().await;
    for _ in 0..50 {
        hall.world.tell(Chalk::Nothing).await;
        hall.world.tell(Chalk::Title("Board")).await;
    }
    hall.world.tell(Chalk::Write(1)).await;
    let messages = viewer.until(|messages| messages.len() > 1).await;
    assert!(messages[1].to_string().contains("l-1"), "{messages:?}");
    assert_eq!(hall.counts(), (102, 1));
}
