//! Ana's and Ben's tabs in the tea house, and what is read of them.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use eventsourcing::{
    Aggregate, Apply, ApplyError, CommandId, Dispatch, DispatchConfig, EventPayload, EventStore,
    MemoryProjection, Position, Recorded, SqlProjection, SqliteConfig, SqliteStore, StreamId,
    rusqlite::{self, Connection, params},
};
use serde::{Deserialize, Serialize};
use tasks::{Clock, Scope};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that a tab holds.
pub const CENTS_MAX: u64 = 1_000;

#[derive(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tab {
    pub cents: u64,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum TabCommand {
    Order {
        cents: u64,
        note: String,
    },
    Settle,
    /// Changes nothing.
    Look,
    PanicInDecide,
    PanicInApply,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TabEvent {
    Ordered { cents: u64, note: String },
    Settled { cents: u64 },
    Poison,
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TabRefusal {
    #[error("your tab is full")]
    Full,
    #[error("there is nothing to settle")]
    Empty,
}

impl EventPayload for TabEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Ordered { .. } => "Ordered",
            Self::Settled { .. } => "Settled",
            Self::Poison => "Poison",
        }
    }

    fn redacted(&self) -> Option<Self> {
        match self {
            Self::Ordered { cents, .. } => {
                Some(Self::Ordered { cents: *cents, note: String::new() })
            }
            _ => None,
        }
    }
}

impl Aggregate for Tab {
    const KIND: &'static str = "tab";
    type Command = TabCommand;
    type Event = TabEvent;
    type Refusal = TabRefusal;

    fn decide(&self, command: &TabCommand) -> Result<Vec<TabEvent>, TabRefusal> {
        match command {
            TabCommand::Order { cents, .. } if self.cents + cents > CENTS_MAX => {
                Err(TabRefusal::Full)
            }
            TabCommand::Order { cents, note } => {
                Ok(vec![TabEvent::Ordered { cents: *cents, note: note.clone() }])
            }
            TabCommand::Settle if self.cents == 0 => Err(TabRefusal::Empty),
            TabCommand::Settle => Ok(vec![TabEvent::Settled { cents: self.cents }]),
            TabCommand::Look => Ok(Vec::new()),
            TabCommand::PanicInDecide => panic!("the command asked for it"),
            TabCommand::PanicInApply => Ok(vec![TabEvent::Poison]),
        }
    }

    fn apply(&mut self, event: &TabEvent) {
        match event {
            TabEvent::Ordered { cents, note } => {
                self.cents += cents;
                self.notes.push(note.clone());
            }
            TabEvent::Settled { .. } => *self = Self::default(),
            TabEvent::Poison => panic!("the event asked for it"),
        }
    }
}

pub fn order(cents: u64) -> TabCommand {
    order_with(cents, "green tea")
}

pub fn order_with(cents: u64, note: &str) -> TabCommand {
    TabCommand::Order { cents, note: note.into() }
}

pub fn id(text: &str) -> CommandId {
    CommandId::new(text).expect("a valid id")
}

pub fn tab(of: &str) -> StreamId {
    StreamId::new(Tab::KIND, of)
}

pub fn settings() -> DispatchConfig {
    DispatchConfig { clock: Clock::manual(1_000), ..DispatchConfig::default() }
}

pub fn dispatch(store: &Arc<impl EventStore>, scope: &Scope) -> Dispatch {
    Dispatch::new(store.clone(), scope, settings())
}

pub fn sqlite(folder: &std::path::Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(folder, SqliteConfig::default()).expect("the store opens"))
}

pub async fn stop(scope: Scope) {
    scope.stop(PATIENCE).await.expect("everything stops when asked");
}

/// Waits for what must come, and fails when it does not.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens before the deadline")
}

/// Waits until `holds`, looking again whenever other tasks had their turn.
pub async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

pub async fn events_of(store: &dyn EventStore, of: &str) -> Vec<TabEvent> {
    let page = store.read_stream(&tab(of), 0, 10_000).await.expect("readable");
    page.events.iter().map(|event| event.decode().expect("decodable")).collect()
}

/// What each tab holds, and every order on it.
#[derive(Default)]
pub struct Totals {
    /// What was announced, in order.
    pub announced: Mutex<Vec<(String, u64)>>,
    pub replaced: Mutex<u32>,
    pub trouble: Mutex<Option<Trouble>>,
}

/// What goes wrong with every event until it is taken away.
#[derive(Clone, Copy)]
pub enum Trouble {
    Panic,
    Fail,
    /// Panics after the commit.
    Announce,
}

impl Totals {
    /// A copy, so that no lock is held when it panics.
    fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().expect("not poisoned")
    }
}

impl SqlProjection for Totals {
    type Change = (String, u64);
    const NAME: &'static str = "totals";

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(
            "CREATE TABLE tabs (tab TEXT PRIMARY KEY, cents INTEGER NOT NULL);
             CREATE TABLE orders (tab TEXT, version INTEGER, note TEXT, PRIMARY KEY (tab, version));",
        )
    }

    fn apply(
        &self,
        apply: &mut Apply<'_, (String, u64)>,
        event: &Recorded,
    ) -> Result<(), ApplyError> {
        match self.trouble() {
            Some(Trouble::Fail) => return Err(ApplyError::Other("told to fail".into())),
            Some(Trouble::Panic) => panic!("told to panic"),
            _ => {}
        }
        let tab = event.stream.id();
        match event.decode()? {
            TabEvent::Ordered { cents, note } => {
                apply.execute(
                    "INSERT INTO tabs VALUES (?1, ?2)
                     ON CONFLICT DO UPDATE SET cents = cents + ?2",
                    params![tab, cents as i64],
                )?;
                let values = params![tab, event.version as i64, note];
                apply.execute("INSERT INTO orders VALUES (?1, ?2, ?3)", values)?;
            }
            TabEvent::Settled { .. } => {
                apply.execute("UPDATE tabs SET cents = 0 WHERE tab = ?1", [tab])?;
                apply.execute("DELETE FROM orders WHERE tab = ?1", [tab])?;
            }
            TabEvent::Poison => {}
        }
        apply.changed((tab.to_owned(), event.version));
        Ok(())
    }

    fn committed(&self, mut changes: Vec<(String, u64)>) {
        if let Some(Trouble::Announce) = self.trouble() {
            panic!("told to panic after the commit");
        }
        self.announced.lock().expect("not poisoned").append(&mut changes);
    }

    fn replaced(&self) {
        *self.replaced.lock().expect("not poisoned") += 1;
    }
}

/// What `tab` holds, according to the read model.
pub fn cents_of(tab: &'static str) -> impl FnOnce(&Connection) -> rusqlite::Result<i64> {
    move |db| db.query_row("SELECT cents FROM tabs WHERE tab = ?1", [tab], |row| row.get(0))
}

/// How many events there were, in memory.
#[derive(Default)]
pub struct Seen {
    pub events: Vec<Position>,
}

/// When set, `Seen` fails half-way through its next event.
pub static SEEN_PANICS: Mutex<bool> = Mutex::new(false);

impl MemoryProjection for Seen {
    type Change = Position;
    const NAME: &'static str = "seen";

    fn apply(&mut self, event: &Recorded, changes: &mut Vec<Position>) -> Result<(), ApplyError> {
        self.events.push(event.position);
        let panics = std::mem::take(&mut *SEEN_PANICS.lock().expect("not poisoned"));
        assert!(!panics, "told to panic");
        changes.push(event.position);
        Ok(())
    }
}
