//! Which invitations wait, and who blocked whom: the tables, what fills them, and the questions they
//! answer.

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, ReadError, ReadModel, Recorded, SqlProjection,
    rusqlite::{self, Connection, OptionalExtension as _, Row, params},
};
use identity::{Guest, GuestId};

use crate::{
    Fault, Invite, PersonHint, RoomId, Slug, Unanswered,
    blocks::{Blocking, Blocks},
    claim::Claimed,
    columns::{damaged, guest},
    pair::{Pair, Pairing},
    room::Room,
    topics::{self, Announcements},
};

/// The most invitations, or blocks, one read answers.
const ANSWERS_MAX: usize = 500;

/// Finds invitations and blocks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Invites(ReadModel<InvitesProjection>);

impl Invites {
    pub fn new(model: ReadModel<InvitesProjection>) -> Self {
        Self(model)
    }

    /// What waits for `who` at `now_ms`, the newest first; not of those whom they blocked.
    pub async fn of(&self, who: &GuestId, now_ms: i64) -> Result<Vec<Invite>, Fault> {
        let who = who.as_str().to_owned();
        self.read(move |db| {
            let sql = "SELECT * FROM invites
                       WHERE to_id = ?1 AND until_ms > ?2 AND NOT EXISTS (
                           SELECT 1 FROM blocks WHERE who = ?1 AND blocked_id = from_id)
                       ORDER BY at_ms DESC, pair LIMIT ?3";
            let mut statement = db.prepare_cached(sql)?;
            statement.query_map(params![who, now_ms, ANSWERS_MAX as i64], read_invite)?.collect()
        })
        .await
    }

    /// What waits in `room` at `now_ms`.
    pub async fn in_room(&self, room: &RoomId, now_ms: i64) -> Result<Option<Invite>, Fault> {
        let room = room.as_str().to_owned();
        self.read(move |db| {
            let sql = "SELECT * FROM invites WHERE room = ?1 AND until_ms > ?2";
            db.prepare_cached(sql)?.query_row(params![room, now_ms], read_invite).optional()
        })
        .await
    }

    /// How the invitation of `from` to `room` came to nothing, if it was the last one there.
    pub async fn unanswered(
        &self,
        room: &RoomId,
        from: &GuestId,
    ) -> Result<Option<Unanswered>, Fault> {
        let (room, from) = (room.as_str().to_owned(), from.as_str().to_owned());
        self.read(move |db| {
            let sql = "SELECT declined FROM unanswered WHERE room = ?1 AND from_id = ?2";
            let declined: Option<bool> =
                db.prepare_cached(sql)?.query_row([room, from], |row| row.get(0)).optional()?;
            Ok(declined.map(|declined| match declined {
                true => Unanswered::Declined,
                false => Unanswered::Expired,
            }))
        })
        .await
    }

    /// Everything that waits, over or not: the first to expire in front, a page at a time, from after
    /// `after` on.
    pub async fn pending(&self, after: Option<&Invite>) -> Result<Vec<Invite>, Fault> {
        let after = after.map_or((i64::MIN, String::new()), |invite| {
            (invite.until_ms, crate::pair::pair_id(&invite.from.id, &invite.to))
        });
        self.read(move |db| {
            let sql = "SELECT * FROM invites WHERE (until_ms, pair) > (?1, ?2)
                       ORDER BY until_ms, pair LIMIT ?3";
            let mut statement = db.prepare_cached(sql)?;
            let page = params![after.0, after.1, ANSWERS_MAX as i64];
            statement.query_map(page, read_invite)?.collect()
        })
        .await
    }

    /// Whom `who` blocked, the last first.
    pub async fn blocks(&self, who: &GuestId) -> Result<Vec<Guest>, Fault> {
        let who = who.as_str().to_owned();
        self.read(move |db| {
            let sql = "SELECT * FROM blocks WHERE who = ?1 ORDER BY number DESC LIMIT ?2";
            let mut statement = db.prepare_cached(sql)?;
            let blocked = |row: &Row<'_>| guest(row, "blocked_id", "blocked_name");
            statement.query_map(params![who, ANSWERS_MAX as i64], blocked)?.collect()
        })
        .await
    }

    /// Whether `who` blocked `other`.
    pub async fn has_blocked(&self, who: &GuestId, other: &GuestId) -> Result<bool, Fault> {
        let (who, other) = (who.as_str().to_owned(), other.as_str().to_owned());
        self.read(move |db| {
            let sql = "SELECT 1 FROM blocks WHERE who = ?1 AND blocked_id = ?2";
            db.prepare_cached(sql)?.exists([who, other])
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let read = self.0.read(query).await;
        read.map_err(|error: ReadError| Fault::log("reading the invitations", &error))
    }
}

fn read_invite(row: &Row<'_>) -> rusqlite::Result<Invite> {
    Ok(Invite {
        room: row.get("room")?,
        slug: Slug::recorded(row.get("slug")?),
        from: guest(row, "from_id", "from_name")?,
        to: GuestId::parse(row.get_ref("to_id")?.as_str()?).map_err(damaged)?,
        at_ms: row.get("at_ms")?,
        until_ms: row.get("until_ms")?,
    })
}

/// Fills the tables from the log.
pub(crate) struct InvitesProjection(pub Announcements);

/// Whom a commit concerns, and how.
pub(crate) struct Told(GuestId, PersonHint);

impl SqlProjection for InvitesProjection {
    type Change = Told;

    const NAME: &'static str = "invites";
    const SCHEMA: u32 = 2;

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute_batch(
            "CREATE TABLE pairs (
                 pair TEXT NOT NULL PRIMARY KEY,
                 room TEXT NOT NULL,
                 slug TEXT NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE invites (
                 pair TEXT NOT NULL PRIMARY KEY,
                 room TEXT NOT NULL,
                 slug TEXT NOT NULL,
                 from_id TEXT NOT NULL,
                 from_name TEXT NOT NULL,
                 to_id TEXT NOT NULL,
                 at_ms INTEGER NOT NULL,
                 until_ms INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX invites_by_guest ON invites (to_id, at_ms DESC);
             CREATE INDEX invites_by_room ON invites (room);
             CREATE INDEX invites_by_end ON invites (until_ms, pair);
             CREATE TABLE unanswered (
                 room TEXT NOT NULL PRIMARY KEY,
                 from_id TEXT NOT NULL,
                 declined INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE blocks (
                 who TEXT NOT NULL,
                 blocked_id TEXT NOT NULL,
                 blocked_name TEXT NOT NULL,
                 number INTEGER NOT NULL,
                 PRIMARY KEY (who, blocked_id)
             ) STRICT, WITHOUT ROWID;",
        )
    }

    fn apply(&self, apply: &mut Apply<'_, Told>, event: &Recorded) -> Result<(), ApplyError> {
        match event.stream.kind() {
            Pair::KIND => apply_pairing(apply, event.stream.id(), &event.decode()?),
            Blocks::KIND => apply_blocking(apply, event),
            // Nobody is invited to what is over.
            Room::KIND if matches!(event.name.as_str(), "Ended" | "Erased") => {
                apply_end(apply, event.stream.id())
            }
            _ => Ok(()),
        }
    }

    fn committed(&self, changes: Vec<Told>) {
        for Told(who, hint) in changes {
            self.0.people.publish(&topics::person(&who), hint);
        }
    }
}

fn apply_pairing(
    apply: &mut Apply<'_, Told>,
    pair: &str,
    event: &Pairing,
) -> Result<(), ApplyError> {
    match event {
        Pairing::Paired(claimed) => write_pair(apply, pair, claimed)?,
        Pairing::Invited { by, at_ms, until_ms } => {
            write_invite(apply, pair, by, (*at_ms, *until_ms))?;
        }
        Pairing::Declined { .. } => write_unanswered(apply, pair, Unanswered::Declined)?,
        Pairing::Expired => write_unanswered(apply, pair, Unanswered::Expired)?,
        Pairing::Accepted | Pairing::Withdrawn => {
            delete_unanswered(apply, pair)?;
            delete_invite(apply, pair)?;
        }
    }
    for who in both(pair)? {
        apply.changed(Told(who, PersonHint::Invites));
    }
    Ok(())
}

/// The two of a pair, as its name has them.
fn both(pair: &str) -> Result<[GuestId; 2], ApplyError> {
    let unreadable = || ApplyError::Other(format!("{pair} does not name two people"));
    let (one, other) = pair.split_once(':').ok_or_else(unreadable)?;
    let parse = |id| GuestId::parse(id).map_err(|_| unreadable());
    Ok([parse(one)?, parse(other)?])
}

/// An invitation to the room before, if there was one, is void.
fn write_pair(db: &Connection, pair: &str, claimed: &Claimed) -> rusqlite::Result<()> {
    delete_invite(db, pair)?;
    let sql = "INSERT OR REPLACE INTO pairs VALUES (?1, ?2, ?3)";
    let Claimed { room, opening } = claimed;
    db.prepare_cached(sql)?.execute(params![pair, room, opening.slug.as_str()])?;
    Ok(())
}

fn write_invite(
    db: &Connection,
    pair: &str,
    by: &Guest,
    (at_ms, until_ms): (i64, i64),
) -> Result<(), ApplyError> {
    let [one, other] = both(pair)?;
    let to = if one == by.id { other } else { one };
    let sql = "INSERT OR REPLACE INTO invites
               SELECT pair, room, slug, ?2, ?3, ?4, ?5, ?6 FROM pairs WHERE pair = ?1";
    let values = params![pair, by.id.as_str(), by.name.as_str(), to.as_str(), at_ms, until_ms];
    db.prepare_cached(sql)?.execute(values)?;
    delete_unanswered(db, pair)?;
    Ok(())
}

/// Who invited is told what came of it, until there is something else to tell.
fn write_unanswered(db: &Connection, pair: &str, how: Unanswered) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO unanswered
               SELECT room, from_id, ?2 FROM invites WHERE pair = ?1";
    db.prepare_cached(sql)?.execute(params![pair, how == Unanswered::Declined])?;
    delete_invite(db, pair)
}

fn delete_unanswered(db: &Connection, pair: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM unanswered WHERE room = (SELECT room FROM pairs WHERE pair = ?1)";
    db.prepare_cached(sql)?.execute([pair])?;
    Ok(())
}

fn delete_invite(db: &Connection, pair: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM invites WHERE pair = ?1")?.execute([pair])?;
    Ok(())
}

fn apply_blocking(apply: &mut Apply<'_, Told>, event: &Recorded) -> Result<(), ApplyError> {
    let who = event.stream.id();
    match event.decode::<Blocking>()? {
        Blocking::Blocked { who: blocked } => {
            let sql = "INSERT OR REPLACE INTO blocks VALUES (?1, ?2, ?3, ?4)";
            let number = crate::columns::as_sql(event.version);
            let values = params![who, blocked.id.as_str(), blocked.name.as_str(), number];
            apply.prepare_cached(sql)?.execute(values)?;
        }
        Blocking::Unblocked { who: blocked } => {
            let sql = "DELETE FROM blocks WHERE who = ?1 AND blocked_id = ?2";
            apply.prepare_cached(sql)?.execute([who, blocked.as_str()])?;
        }
    }
    if let Ok(who) = GuestId::parse(who) {
        apply.changed(Told(who, PersonHint::Blocks));
    }
    Ok(())
}

fn apply_end(apply: &mut Apply<'_, Told>, room: &str) -> Result<(), ApplyError> {
    let sql = "DELETE FROM invites WHERE room = ?1 RETURNING pair";
    let pair: Option<String> =
        apply.prepare_cached(sql)?.query_row([room], |row| row.get(0)).optional()?;
    if let Some(pair) = pair {
        for who in both(&pair)? {
            apply.changed(Told(who, PersonHint::Invites));
        }
    }
    Ok(())
}
