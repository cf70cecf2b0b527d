//! The cast: a house whose rooms do as they are told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use channels::{
    BoxFuture, ChannelHandler, ChannelSender, Config, ConnectionInfo, End, Endpoint, EventHandler,
    Feed, FromBrowser, Join, JoinOutcome, Json, Mailbox, Publisher, Snapshot, SnapshotFor, Viewer,
    feed,
    testing::{self, Client},
};
use serde_json::{Value, json};
use tasks::Scope;
use tokio::sync::Semaphore;

/// An endpoint, and what the tests hold of it.
pub struct House {
    pub scope: Scope,
    pub endpoint: Arc<Endpoint>,
    /// What `wait` events and `slow:` joins take a permit of.
    pub gate: Arc<Semaphore>,
    /// Whether `judged` joins of the board are refused.
    pub is_closed: Arc<AtomicBool>,
    pub board: Arc<Board>,
    pub publisher: Option<Publisher>,
}

/// What `board` shows: a number.
#[derive(Default)]
pub struct Board(Mutex<u64>);

impl House {
    pub fn new(config: Config) -> Self {
        let scope = Scope::root("house");
        let (gate, board) = (Arc::new(Semaphore::new(0)), Arc::new(Board::default()));
        let shown = board.clone();
        let (publisher, feed) = feed("board", move |purpose| shown.snapshot(purpose));
        let is_closed = Arc::new(AtomicBool::new(false));
        let boards = Boards { feed, gate: gate.clone(), is_closed: is_closed.clone() };
        let rooms = Arc::new(Rooms { gate: gate.clone() });
        let endpoint = Endpoint::new(&scope, config)
            .channel("board", Arc::new(boards))
            .channel("room:*", rooms.clone())
            .channel("slow:*", rooms);
        Self {
            scope,
            endpoint: Arc::new(endpoint),
            gate,
            is_closed,
            board,
            publisher: Some(publisher),
        }
    }

    pub fn connect(&self) -> Client {
        testing::connect(&self.endpoint, &self.scope, testing::ana())
    }

    /// Shows the next number.
    pub fn publish(&mut self) {
        let number = {
            let mut number = self.board.0.lock().expect("no panic while the board is held");
            *number += 1;
            *number
        };
        let publisher = self.publisher.as_mut().expect("the board still has its publisher");
        publisher.publish(number, &Json::encode(&json!({ "n": number })));
    }

    /// Expels everybody of that name from the board.
    pub fn expel(&self, name: &str) {
        let feed = self.publisher.as_ref().expect("the board still has its publisher").feed();
        let viewers = feed.viewers();
        let is_it = |viewer: &&Viewer| viewer.connection().session::<String>().unwrap() == name;
        viewers.iter().filter(is_it).for_each(|viewer| feed.expel(viewer));
    }

    pub fn connect_as(&self, name: &str) -> Client {
        let connection = ConnectionInfo::new(([127, 0, 0, 1], 1).into(), name.to_owned());
        testing::connect(&self.endpoint, &self.scope, connection)
    }

    pub fn subscribers(&self) -> usize {
        self.publisher.as_ref().map_or(0, |publisher| publisher.feed().subscribers())
    }
}

impl Board {
    fn snapshot(&self, purpose: SnapshotFor) -> Snapshot {
        let sequence = *self.0.lock().expect("no panic while the board is held");
        let payload = match purpose {
            SnapshotFor::Join => json!({ "rendered": { "n": sequence } }),
            SnapshotFor::Resync => json!({ "n": sequence, "whole": true }),
        };
        Snapshot { sequence, payload: Json::encode(&payload) }
    }
}

struct Boards {
    feed: Feed,
    gate: Arc<Semaphore>,
    is_closed: Arc<AtomicBool>,
}

impl ChannelHandler for Boards {
    fn join(&self, join: Join) -> BoxFuture<'_, JoinOutcome> {
        Box::pin(async move {
            match parameter(&join).as_str() {
                Some("quiet") => JoinOutcome::quiet(self.feed.reserve(&join.connection)),
                Some("slow") => {
                    let place = self.feed.reserve(&join.connection);
                    self.gate.acquire().await.expect("the gate stays").forget();
                    JoinOutcome::quiet(place)
                }
                Some("judged") => {
                    let place = self.feed.reserve(&join.connection);
                    match self.is_closed.load(Ordering::SeqCst) {
                        true => JoinOutcome::refused("closed"),
                        false => JoinOutcome::quiet(place),
                    }
                }
                _ => JoinOutcome::answering(self.feed.reserve(&join.connection), Arc::new(Touch)),
            }
        })
    }
}

struct Touch;

impl EventHandler for Touch {
    fn handle(&self, event: FromBrowser, sender: ChannelSender) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            perform(event, &sender);
        })
    }
}

struct Rooms {
    gate: Arc<Semaphore>,
}

impl ChannelHandler for Rooms {
    fn join(&self, join: Join) -> BoxFuture<'_, JoinOutcome> {
        Box::pin(async move {
            if join.topic.starts_with("slow:") {
                self.gate.acquire().await.expect("the gate stays").forget();
            }
            match parameter(&join).as_str() {
                Some("refuse") => return JoinOutcome::refused("stale"),
                Some("panic") => panic!("a join that the test made crash"),
                _ => {}
            }
            let name = join.connection.session::<String>().expect("sessions are names").clone();
            let gate = self.gate.clone();
            JoinOutcome::running(
                Json::encode(&json!({ "welcome": name })),
                move |sender, mailbox| room(sender, mailbox, gate),
            )
        })
    }
}

fn parameter(join: &Join) -> Value {
    let payload: Value = join.payload.parse().expect("joins are text");
    payload["how"].clone()
}

async fn room(sender: ChannelSender, mut mailbox: Mailbox, gate: Arc<Semaphore>) -> End {
    while let Some(event) = mailbox.recv().await {
        if &*event.event == "wait" {
            gate.acquire().await.expect("the gate stays").forget();
        }
        if &*event.event == "steady" {
            steady(event, &sender).await;
            continue;
        }
        if let Some(end) = perform(event, &sender) {
            return end;
        }
    }
    sender.push("late", &Json::EMPTY);
    End::Error
}

/// Pushes as much as it is told, as fast as the browser reads.
async fn steady(event: FromBrowser, sender: &ChannelSender) {
    let count: usize = event.payload.parse().expect("the payload is a number");
    for n in 0..count {
        if !sender.ready().await {
            return;
        }
        sender.push("pushed", &Json::encode(&n));
    }
    event.answer.ok(&Json::EMPTY);
}

fn perform(event: FromBrowser, sender: &ChannelSender) -> Option<End> {
    match &*event.event {
        "crash" => panic!("an event that the test made crash"),
        "forget" => drop(event),
        "push" => {
            sender.push("pushed", &Json::EMPTY);
            event.answer.ok(&Json::EMPTY);
        }
        "pushes" => {
            let count: usize = event.payload.parse().expect("the payload is a number");
            (0..count).for_each(|n| sender.push("pushed", &Json::encode(&n)));
            event.answer.ok(&Json::EMPTY);
        }
        "error" => return Some(End::Error),
        "close" => return Some(End::Close),
        "end" => {
            sender.error();
            event.answer.ok(&Json::EMPTY);
        }
        _ => match &event.payload {
            channels::Payload::Json(raw) => {
                let response = Json::from_encoded(raw.get());
                event.answer.ok(&response);
            }
            channels::Payload::Binary(bytes) => {
                let length = bytes.len();
                event.answer.ok(&Json::encode(&length));
            }
        },
    }
    None
}
