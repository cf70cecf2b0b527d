//! Ana, Ben, the kitchen, and the house it is in.

use std::{path::Path, sync::Arc, time::Duration};

use chat::{
    ActError, Card, CardImage, Chat, Config, MessageId, Page, Posted, RoomId, RoomSummary,
    Settings, Slug, Store,
};
use eventsourcing::{EventStore, ReadModelHome};
use identity::{Guest, GuestName, GuestSession};
use tasks::{Clock, Scope};
use tempfile::TempDir;
use tokio::sync::watch;

/// Noon of a day, UTC.
pub const NOON_MS: i64 = 20_000 * 86_400_000 + 43_200_000;
/// Longer than anything here takes.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A chat with a clock that stands still, and what is under it.
pub struct House {
    pub chat: Chat,
    pub clock: Clock,
    pub scope: Scope,
    /// Those of a host, which may change.
    pub settings: watch::Sender<Settings>,
    folder: Option<TempDir>,
}

impl House {
    pub async fn in_memory() -> Self {
        Self::open(Store::Memory, Clock::manual(NOON_MS), None).await
    }

    pub async fn on_disk() -> Self {
        let folder = tempfile::tempdir().expect("a folder for this test");
        Self::open(store_in(&folder), Clock::manual(NOON_MS), Some(folder)).await
    }

    /// One of several nodes that share a log.
    pub async fn node(log: Arc<dyn EventStore>) -> Self {
        let store = Store::Given { log, read_models: ReadModelHome::Memory };
        Self::open(store, Clock::manual(NOON_MS), None).await
    }

    async fn open(store: Store, clock: Clock, folder: Option<TempDir>) -> Self {
        let scope = Scope::root("test");
        let (settings, followed) = watch::channel(Settings::default());
        let config = Config { settings: followed, links: Some(links), ..Config::new(store) };
        let chat = Chat::open(config, clock.clone(), &scope).await;
        Self { chat: chat.expect("the house opens"), clock, scope, settings, folder }
    }

    /// Where everything is, if it is on disk.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("this test needs a house on disk").path()
    }

    /// Lets this much time pass, for those who look at a clock and for those who sleep. For tests
    /// with paused time.
    pub async fn pass(&self, ms: u64) {
        for step in (0..ms).step_by(100).map(|from| (ms - from).min(100)) {
            self.clock.advance_ms(step as i64);
            tokio::time::sleep(Duration::from_millis(step)).await;
        }
    }

    /// Stops, lets `meanwhile` do something to the folder, and starts again.
    pub async fn restart(self, meanwhile: impl FnOnce(&std::path::Path)) -> Self {
        self.chat.shutdown(DEADLINE).await;
        let folder = self.folder.expect("only what is on disk survives a restart");
        meanwhile(folder.path());
        let again = Self::open(store_in(&folder), self.clock, Some(folder)).await;
        again.chat.caught_up().await.expect("it catches up");
        again
    }

    pub async fn close(self) {
        self.chat.shutdown(DEADLINE).await;
        assert_eq!(self.scope.stop(DEADLINE).await, Ok(()), "no task is left behind");
    }

    /// The kitchen, opened by Ana if it is not open.
    pub async fn kitchen(&self) -> RoomSummary {
        let claimed = self.chat.claim_room(&slug("kitchen"), &ana()).await;
        claimed.expect("no fault").room()
    }

    /// Says `body` under a fresh id.
    pub async fn say(&self, room: &RoomId, who: &Guest, body: &str) -> Result<Posted, ActError> {
        self.chat.post(room, who, MessageId::random(), body).await
    }

    /// Says `count` different things, slowly enough for the rules.
    pub async fn chatter(&self, room: &RoomId, who: &Guest, count: usize) {
        for number in 0..count {
            self.clock.advance_ms(1_000);
            let said = self.say(room, who, &format!("thing {number}")).await;
            said.expect("it is slow enough");
        }
    }

    /// Whether nothing is added in `room` any more.
    pub async fn is_shut(&self, room: &RoomId) -> bool {
        self.chat.caught_up().await.expect("it catches up");
        let found = self.chat.directory().by_id(room).await.expect("no fault");
        found.is_none_or(|room| room.status != chat::Status::Open)
    }

    /// Everything in `room`, read once everything stored can be.
    pub async fn everything(&self, room: &RoomId) -> Page {
        self.chat.caught_up().await.expect("it catches up");
        let page = self.chat.timeline().range(room, 1, u64::MAX).await.expect("no fault");
        assert!(!page.has_later(), "this test needs a smaller room");
        page
    }
}

/// Runs `test` in a house in memory, and in one on disk.
pub async fn in_every_house(test: impl AsyncFn(&House)) {
    for house in [House::in_memory().await, House::on_disk().await] {
        test(&house).await;
        house.close().await;
    }
}

fn store_in(folder: &TempDir) -> Store {
    Store::Folder(folder.path().to_owned())
}

pub fn ana() -> Guest {
    person('A', "Ana")
}

pub fn ben() -> Guest {
    person('B', "Ben")
}

/// The person whose secret begins with `letter`.
pub fn person(letter: char, name: &str) -> Guest {
    let secret = format!("{letter}{}", "A".repeat(42));
    let mut session = GuestSession::from_fields(&secret, name).expect("a secret and a name");
    session.rename(GuestName::parse(name).expect("a name"));
    session.guest()
}

/// What counts as a link in these tests.
pub fn links(body: &str) -> Vec<String> {
    let words = body.split_whitespace();
    words.filter(|word| word.starts_with("https://")).map(str::to_owned).collect()
}

/// The card of `link`, with a picture for message `number`.
pub fn card(number: u64, link: &str) -> Card {
    let id = format!("{number}-0123456789abcdef");
    Card {
        link: link.to_owned(),
        url: link.to_owned(),
        site: "Example".to_owned(),
        title: Some(format!("What {link} is about")),
        description: None,
        image: Some(CardImage { id, width: 480, height: 252 }),
    }
}

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

pub fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}

/// What was said, in order.
pub fn bodies(page: &Page) -> Vec<&str> {
    page.messages.iter().map(|message| message.body.as_str()).collect()
}

/// The numbers, in order.
pub fn numbers(page: &Page) -> Vec<u64> {
    page.messages.iter().map(|message| message.number).collect()
}
