//! Ana, the kitchen, and a house with previews.

use std::{fs, path::Path, sync::Arc, time::Duration};

use chat::{Chat, Message, MessageId, NewRoom, Posted, RoomId, Store};
use eventsourcing::{EventStore, MemoryStore, ReadModelHome, SqliteConfig, SqliteStore};
use fetch::Fetcher;
use identity::{Guest, GuestName, GuestSession};
use previews::{Config, Link, Preview, Previews, Settings, Status};
use pubsub::Received;
use tasks::{Clock, Scope};
use tempfile::TempDir;
use tokio::sync::watch;

/// Noon of a day, UTC.
pub const NOON_MS: i64 = 20_000 * 86_400_000 + 43_200_000;
/// Longer than anything here takes.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// Fetches at a time.
pub const CONCURRENCY: usize = 64;
/// This server's own address.
pub const OURS: &str = "https://tea.house.test";

/// A chat with previews, and what is under them.
pub struct House {
    pub chat: Chat,
    pub previews: Previews,
    pub log: Arc<dyn EventStore>,
    pub clock: Clock,
    pub scope: Scope,
    pub settings: watch::Sender<Settings>,
    fetcher: Fetcher,
    folder: Option<TempDir>,
}

impl House {
    pub async fn in_memory(fetcher: Fetcher, settings: Settings) -> Self {
        let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        Self::open(log, None, Clock::manual(NOON_MS), fetcher, settings).await
    }

    pub async fn on_disk(fetcher: Fetcher, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let log = sqlite(folder.path());
        Self::open(log, Some(folder), Clock::manual(NOON_MS), fetcher, settings).await
    }

    pub async fn open(
        log: Arc<dyn EventStore>,
        folder: Option<TempDir>,
        clock: Clock,
        fetcher: Fetcher,
        settings: Settings,
    ) -> Self {
        let scope = Scope::root("test");
        let path = folder.as_ref().map(TempDir::path);
        let (chat, previews, settings) =
            open(log.clone(), path, &clock, fetcher.clone(), settings, &scope).await;
        Self { chat, previews, log, clock, scope, settings, fetcher, folder }
    }

    /// Where everything is, if it is on disk.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("this test needs a house on disk").path()
    }

    pub async fn close(self) -> Option<TempDir> {
        self.previews.shutdown(DEADLINE).await;
        self.chat.shutdown(DEADLINE).await;
        self.log.close().await.expect("it closes");
        assert_eq!(self.scope.stop(DEADLINE).await, Ok(()), "no task is left behind");
        self.folder
    }

    /// Stops in order, and starts again.
    pub async fn restart(self) -> Self {
        let (clock, fetcher) = (self.clock.clone(), self.fetcher.clone());
        let settings = self.settings.borrow().clone();
        let folder = self.close().await.expect("only what is on disk survives a restart");
        Self::open(sqlite(folder.path()), Some(folder), clock, fetcher, settings).await
    }

    /// A public room of Ana's that keeps what is said.
    pub async fn kitchen(&self) -> RoomId {
        self.room(NewRoom::default()).await
    }

    pub async fn room(&self, room: NewRoom) -> RoomId {
        self.chat.create_room(&ana(), room).await.expect("a room").id
    }

    /// Ana says this.
    pub async fn say(&self, room: &RoomId, body: &str) -> Posted {
        say(&self.chat, &self.clock, room, body).await
    }

    /// Waits until so many links in messages were given up.
    pub async fn given_up(&self, count: usize) {
        while self.previews.dead_letters().len() < count {
            // Time goes by in small steps, in between which the site can answer.
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::time::resume();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Message `number` as it is read once every card that comes is there.
    pub async fn message(&self, room: &RoomId, number: u64) -> Arc<Message> {
        self.caught_up().await;
        let page = self.chat.timeline().range(room, number, number).await.expect("no fault");
        page.messages.into_iter().next().expect("the message")
    }

    /// Waits until nothing is left to do: cards are there, and what was removed is gone.
    pub async fn caught_up(&self) {
        let all = async {
            self.previews.caught_up().await.expect("it catches up");
            self.chat.caught_up().await.expect("it catches up");
            self.chat.erased().await.expect("it is erased");
            // Cards that went with what was removed.
            self.previews.caught_up().await.expect("it catches up");
        };
        tokio::time::timeout(DEADLINE, all).await.expect("in time");
    }

    /// The final answer about `link`, as the page gets it; and that it is the only one.
    pub async fn preview(&self, link: &Link) -> Preview {
        preview(&self.previews, link, false).await
    }

    pub async fn preview_again(&self, link: &Link) -> Preview {
        preview(&self.previews, link, true).await
    }
}

async fn preview(previews: &Previews, link: &Link, again: bool) -> Preview {
    let mut changes = previews.subscribe(link);
    let asked = if again { previews.ask_again(link).await } else { previews.ask(link).await };
    let asked = asked.expect("it may be asked");
    if asked.status != Status::Pending {
        return asked;
    }
    let answer = tokio::time::timeout(Duration::from_secs(13), changes.recv()).await;
    let Ok(Received::Hint(preview)) = answer else { panic!("no final answer: {answer:?}") };
    assert_ne!(preview.status, Status::Pending, "it is final");
    preview
}

pub async fn open(
    log: Arc<dyn EventStore>,
    folder: Option<&Path>,
    clock: &Clock,
    fetcher: Fetcher,
    settings: Settings,
    scope: &Scope,
) -> (Chat, Previews, watch::Sender<Settings>) {
    let read_models = match folder {
        Some(folder) => ReadModelHome::Folder(folder.join("read-models")),
        None => ReadModelHome::Memory,
    };
    let store = Store::Given { log: log.clone(), read_models };
    let config = chat::Config { links: Some(links), ..chat::Config::new(store) };
    let chat = Chat::open(config, clock.clone(), scope).await.expect("the chat opens");
    let (sender, settings) = watch::channel(settings);
    let config = Config {
        log,
        folder: folder.map(|folder| folder.join("previews")),
        fetcher,
        settings,
        origins: vec![OURS.to_owned()],
        concurrency: CONCURRENCY,
    };
    let previews = Previews::open(config, chat.clone(), clock.clone(), scope).await;
    (chat, previews.expect("previews open"), sender)
}

fn links(body: &str) -> Vec<String> {
    let links = previews::links(body, chat::CARDS_MAX).into_iter();
    links.map(|link| link.as_str().to_owned()).collect()
}

pub fn sqlite(folder: &Path) -> Arc<dyn EventStore> {
    Arc::new(SqliteStore::open(folder, SqliteConfig::default()).expect("the log opens"))
}

/// Ana says this, slowly enough.
pub async fn say(chat: &Chat, clock: &Clock, room: &RoomId, body: &str) -> Posted {
    clock.advance_ms(2_000);
    chat.post(room, &ana(), MessageId::random(), body).await.expect("accepted")
}

pub fn ana() -> Guest {
    let mut session =
        GuestSession::from_fields(&"A".repeat(43), "Ana").expect("a secret and a name");
    session.rename(GuestName::parse("Ana").expect("a name"));
    session.guest()
}

pub fn ben() -> Guest {
    let session = GuestSession::from_fields(&"E".repeat(43), "Ben");
    session.expect("a secret and a name").guest()
}

/// The files below `folder` that have `text` in them, or in their name.
pub fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
            continue;
        }
        // One that is gone by now has nothing in it.
        let bytes = fs::read(&path).unwrap_or_default();
        let is_in_it = bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes());
        if is_in_it || path.to_string_lossy().contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// All files below `folder`.
pub fn files(folder: &Path) -> Vec<String> {
    if folder.exists() { files_with(folder, "") } else { Vec::new() }
}

/// Waits until `is_so`.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
