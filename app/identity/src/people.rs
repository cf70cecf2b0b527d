//! What is known of people: the tables, what fills them, and the questions they answer.

use std::sync::Arc;

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, ReadError, ReadModel, Recorded, SqlProjection,
    rusqlite::{self, Connection, OptionalExtension as _, Row, params, types::Type},
};
use pubsub::{Bus as _, LocalBus, Topic};

use crate::{
    Account, Fault, GuestId, GuestName, PersonChange, SessionId, SessionInfo,
    person::{Event, Person},
};

/// Reads what is known of people.
#[derive(Clone)]
pub(crate) struct People(ReadModel<PeopleProjection>);

/// What a person is called, and how often they changed that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub name: GuestName,
    pub renames: u64,
}

impl People {
    pub fn new(model: ReadModel<PeopleProjection>) -> Self {
        Self(model)
    }

    pub async fn known(&self, person: &GuestId) -> Result<Option<Known>, Fault> {
        let person = person.clone();
        self.read(move |db| {
            let sql = "SELECT name, renames FROM people WHERE id = ?1 AND name IS NOT NULL";
            let read = |row: &Row<'_>| {
                let renames = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
                Ok(Known { name: GuestName::recorded(row.get(0)?), renames })
            };
            db.prepare_cached(sql)?.query_row([person.as_str()], read).optional()
        })
        .await
    }

    pub async fn account(&self, person: &GuestId) -> Result<Option<Account>, Fault> {
        let person = person.clone();
        self.read(move |db| {
            let sql = "SELECT provider, login, signed_in_at_ms FROM people
                       WHERE id = ?1 AND provider IS NOT NULL";
            let read = |row: &Row<'_>| {
                let (provider, login) = (row.get(0)?, row.get(1)?);
                Ok(Account { provider, login, signed_in_at_ms: row.get(2)? })
            };
            db.prepare_cached(sql)?.query_row([person.as_str()], read).optional()
        })
        .await
    }

    pub async fn sessions(&self, person: &GuestId) -> Result<Vec<SessionInfo>, Fault> {
        let person = person.clone();
        self.read(move |db| {
            let sql =
                "SELECT id, browser, opened_at_ms, seen_at_ms FROM sessions WHERE person = ?1";
            db.prepare_cached(sql)?.query_map([person.as_str()], read_session)?.collect()
        })
        .await
    }

    /// The content of the picture that is shown for a person.
    pub async fn picture(&self, person: &GuestId) -> Result<Option<String>, Fault> {
        let person = person.clone();
        self.read(move |db| {
            let sql = "SELECT picture FROM people WHERE id = ?1";
            let found = db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0));
            Ok(found.optional()?.flatten())
        })
        .await
    }

    pub async fn is_shown(&self, picture: &str) -> Result<bool, Fault> {
        let picture = picture.to_owned();
        self.read(move |db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM people WHERE picture = ?1)";
            db.prepare_cached(sql)?.query_row([picture], |row| row.get(0))
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.0.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading what is known of people", &error))
    }
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<SessionInfo> {
    let id = SessionId::parse(row.get_ref("id")?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
    })?;
    Ok(SessionInfo {
        id,
        browser: row.get("browser")?,
        opened_at_ms: row.get("opened_at_ms")?,
        seen_at_ms: row.get("seen_at_ms")?,
    })
}

/// Fills the tables from the log, and announces what changed about a person.
pub(crate) struct PeopleProjection {
    changes: Arc<LocalBus<PersonChange>>,
}

impl PeopleProjection {
    pub fn new(changes: Arc<LocalBus<PersonChange>>) -> Self {
        Self { changes }
    }
}

/// `person:<id>`: what happens to one person.
pub(crate) fn topic(person: &GuestId) -> Topic<PersonChange> {
    Topic::of("person", person)
}

impl SqlProjection for PeopleProjection {
    type Change = (GuestId, PersonChange);

    const NAME: &'static str = "people";

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(
            "CREATE TABLE people (
                 id TEXT NOT NULL PRIMARY KEY,
                 name TEXT,
                 renames INTEGER NOT NULL DEFAULT 0,
                 provider TEXT,
                 login TEXT,
                 signed_in_at_ms INTEGER,
                 picture TEXT
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX people_by_picture ON people (picture) WHERE picture IS NOT NULL;
             CREATE TABLE sessions (
                 id TEXT NOT NULL PRIMARY KEY,
                 person TEXT NOT NULL,
                 browser TEXT NOT NULL,
                 opened_at_ms INTEGER NOT NULL,
                 seen_at_ms INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX sessions_by_person ON sessions (person);",
        )
    }

    fn apply(
        &self,
        apply: &mut Apply<'_, Self::Change>,
        event: &Recorded,
    ) -> Result<(), ApplyError> {
        if event.stream.kind() != Person::KIND {
            return Ok(());
        }
        let id = GuestId::parse(event.stream.id());
        let id = id.map_err(|error| ApplyError::Other(error.to_string()))?;
        let event = event.decode::<Event>()?;
        write(apply, id.as_str(), &event)?;
        if let Some(change) = PersonChange::of(&id, &event) {
            apply.changed((id, change));
        }
        Ok(())
    }

    fn committed(&self, changes: Vec<Self::Change>) {
        for (person, change) in changes {
            self.changes.publish(&topic(&person), change);
        }
    }
}

fn write(db: &Connection, person: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Named { name, .. } => write_name(db, person, name, 0),
        Event::Renamed { to, number, .. } => write_name(db, person, to, *number),
        Event::SignedIn { provider, login, at_ms } => {
            let sql = "INSERT INTO people (id, provider, login, signed_in_at_ms)
                       VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (id) DO UPDATE SET provider = ?2, login = ?3, signed_in_at_ms = ?4";
            execute(db, sql, params![person, provider, login, at_ms])
        }
        Event::Pictured { content, .. } => {
            let sql = "INSERT INTO people (id, picture) VALUES (?1, ?2)
                       ON CONFLICT (id) DO UPDATE SET picture = ?2";
            execute(db, sql, params![person, content])
        }
        Event::SessionOpened { session, browser, at_ms } => {
            let sql = "INSERT OR REPLACE INTO sessions VALUES (?1, ?2, ?3, ?4, ?4)";
            execute(db, sql, params![session.as_str(), person, browser, at_ms])
        }
        Event::SessionSeen { session, browser, at_ms } => {
            let sql = "UPDATE sessions SET browser = ?2, seen_at_ms = ?3 WHERE id = ?1";
            execute(db, sql, params![session.as_str(), browser, at_ms])
        }
        Event::SessionClosed { session, .. } => {
            execute(db, "DELETE FROM sessions WHERE id = ?1", params![session.as_str()])
        }
    }
}

fn write_name(
    db: &Connection,
    person: &str,
    name: &GuestName,
    renames: u64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO people (id, name, renames) VALUES (?1, ?2, ?3)
               ON CONFLICT (id) DO UPDATE SET name = ?2, renames = ?3";
    execute(db, sql, params![person, name.as_str(), renames as i64])
}

fn execute(db: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(values).map(drop)
}
