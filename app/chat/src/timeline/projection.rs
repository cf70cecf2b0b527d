//! What fills the timeline, and announces what can be read.

use std::sync::{Arc, Mutex, MutexGuard};

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, Recorded, SqlProjection,
    rusqlite::{self, Connection, params},
};
use identity::GuestName;

use super::{
    cards,
    tables::{self, read_one},
};
use crate::{
    Change, Manner, Message, Notice, RoomId, What,
    columns::as_sql,
    event::{Edited, Event, Posted},
    hot_tails::HotTails,
    message::Previous,
    room::Room,
    topics::{self, Announcements},
};

/// Fills the timeline's tables from the log, and announces what can be read.
pub(crate) struct TimelineProjection {
    announcements: Announcements,
    hot: Mutex<HotTails>,
}

impl TimelineProjection {
    pub fn new(announcements: Announcements, hot_rooms_max: usize) -> Self {
        Self { announcements, hot: Mutex::new(HotTails::new(hot_rooms_max)) }
    }

    pub fn hot(&self) -> MutexGuard<'_, HotTails> {
        self.hot.lock().expect("no panic while the hot tails are held")
    }
}

impl SqlProjection for TimelineProjection {
    type Change = Change;

    const NAME: &'static str = "timeline";
    const SCHEMA: u32 = 3;

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        tables::create(db)
    }

    fn apply(&self, apply: &mut Apply<'_, Change>, event: &Recorded) -> Result<(), ApplyError> {
        if event.stream.kind() != Room::KIND {
            return Ok(());
        }
        let room = RoomId::parse(event.stream.id())
            .map_err(|error| ApplyError::Other(format!("{}: {error}", event.stream)))?;
        self.hot().doubt(&room);
        let number = event.version;
        let what = write(apply, &room, number, event.decode()?)?;
        apply.changed(Change { room, number, what });
        Ok(())
    }

    fn committed(&self, changes: Vec<Change>) {
        for change in changes {
            self.hot().committed(&change);
            self.announcements.rooms.publish(&topics::room(&change.room), change);
        }
    }

    fn replaced(&self) {
        self.hot().clear();
    }
}

/// Changes the rows for one event of a room.
pub(super) fn write(
    db: &Connection,
    room: &RoomId,
    change: u64,
    event: Event,
) -> rusqlite::Result<What> {
    let what = match event {
        Event::Opened(_) => {
            let sql = "INSERT INTO rooms (id, change, messages) VALUES (?1, 0, 0)";
            db.prepare_cached(sql)?.execute([room])?;
            What::Opened
        }
        Event::Posted(posted) => write_posted(db, room, change, posted)?,
        Event::Edited(edited) => write_edited(db, room, change, edited)?,
        Event::Removed { number, .. } => write_removed(db, room, number)?,
        Event::CardAttached { number, place, card, .. } => {
            write_card(db, room, number, &card.link, || {
                cards::attach(db, room, number, (place, change), &card)
            })?
        }
        Event::CardDismissed { number, link, .. } => {
            write_card(db, room, number, &link, || cards::dismiss(db, room, number, &link))?
        }
        Event::CardDropped { number, link, .. } => {
            write_card(db, room, number, &link, || cards::drop(db, room, number, &link))?
        }
        Event::Erased { .. } => write_erased(db, room)?,
        other => match Notice::of(change, other) {
            Some(notice) => write_notice(db, room, notice)?,
            None => What::Unseen,
        },
    };
    db.prepare_cached("UPDATE rooms SET change = ?2 WHERE id = ?1")?
        .execute(params![room, as_sql(change)])?;
    Ok(what)
}

fn write_posted(
    db: &Connection,
    room: &RoomId,
    change: u64,
    posted: Posted,
) -> rusqlite::Result<What> {
    let (author_id, last_at_ms): (Option<String>, Option<i64>) = db
        .prepare_cached("SELECT goes_on, last_at_ms FROM rooms WHERE id = ?1")?
        .query_row([room], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let author_id = author_id.as_deref();
    let previous = last_at_ms.map(|sent_at_ms| Previous { author_id, sent_at_ms });
    let message = Message::after(previous, change, posted);
    insert_message(db, room, &message)?;
    let goes_on = (message.manner == Manner::Said).then_some(message.author.id.as_str());
    db.prepare_cached(
        "UPDATE rooms SET messages = ?2, goes_on = ?3, last_at_ms = ?4 WHERE id = ?1",
    )?
    .execute(params![room, as_sql(message.number), goes_on, message.sent_at_ms])?;
    Ok(What::Posted(Arc::new(message)))
}

fn insert_message(db: &Connection, room: &RoomId, message: &Message) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages VALUES
               (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?3, NULL, NULL, NULL, FALSE, ?9, ?10, ?11)";
    db.prepare_cached(sql)?.execute(params![
        room,
        as_sql(message.number),
        as_sql(message.change),
        message.id,
        message.author.id.as_str(),
        message.author.name.as_str(),
        message.manner,
        message.body,
        message.sent_at_ms,
        message.previous_at_ms,
        message.continues,
    ])?;
    Ok(())
}

/// Of what was removed nothing comes back, whichever was decided first.
fn write_edited(
    db: &Connection,
    room: &RoomId,
    change: u64,
    edited: Edited,
) -> rusqlite::Result<What> {
    let Edited { number, by, body, links, at_ms } = edited;
    if read_one(db, room, number)?.is_none_or(|message| message.removed) {
        return Ok(What::Unseen);
    }
    let sql = "UPDATE messages
               SET body = ?3, said = ?4,
                   edited_by_id = ?5, edited_by_name = ?6, edited_at_ms = ?7
               WHERE room = ?1 AND number = ?2";
    let (said, by_id, by_name) = (as_sql(change), by.id.as_str(), by.name.as_str());
    let arguments = params![room, as_sql(number), body, said, by_id, by_name, at_ms];
    db.prepare_cached(sql)?.execute(arguments)?;
    cards::arrange(db, room, number, &links)?;
    is_now(db, room, number)
}

/// Changes the card of `link`. One without a link was made unreadable, and whatever else there was
/// about it leads to the same without it.
fn write_card(
    db: &Connection,
    room: &RoomId,
    number: u64,
    link: &str,
    write: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<What> {
    let is_there = read_one(db, room, number)?.is_some_and(|message| !message.removed);
    if link.is_empty() || !is_there {
        return Ok(What::Unseen);
    }
    write()?;
    is_now(db, room, number)
}

fn is_now(db: &Connection, room: &RoomId, number: u64) -> rusqlite::Result<What> {
    let message = read_one(db, room, number)?;
    Ok(message.map_or(What::Unseen, |message| What::Edited(Arc::new(message))))
}

/// Leaves what the log will lead to once the text is unreadable there: neither text nor names.
fn write_removed(db: &Connection, room: &RoomId, number: u64) -> rusqlite::Result<What> {
    let message = read_one(db, room, number)?.filter(|message| !message.removed);
    let Some(mut message) = message else { return Ok(What::Unseen) };
    let sql = "UPDATE messages
               SET body = '', author_name = '', removed = TRUE,
                   edited_by_id = NULL, edited_by_name = NULL, edited_at_ms = NULL
               WHERE room = ?1 AND number = ?2";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number)])?;
    cards::remove(db, room, number)?;
    message.body.clear();
    message.cards.clear();
    message.author.name = GuestName::erased();
    (message.edited, message.removed) = (None, true);
    Ok(What::Edited(Arc::new(message)))
}

/// A message after a notice begins anew, whoever says it.
fn write_notice(db: &Connection, room: &RoomId, notice: Notice) -> rusqlite::Result<What> {
    let json = serde_json::to_string(&notice)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    db.prepare_cached("INSERT INTO notices VALUES (?1, ?2, ?3)")?.execute(params![
        room,
        as_sql(notice.change),
        json
    ])?;
    db.prepare_cached("UPDATE rooms SET goes_on = NULL WHERE id = ?1")?.execute([room])?;
    Ok(What::Noticed(Arc::new(notice)))
}

fn write_erased(db: &Connection, room: &RoomId) -> rusqlite::Result<What> {
    db.execute("DELETE FROM messages WHERE room = ?1", [room])?;
    db.execute("DELETE FROM notices WHERE room = ?1", [room])?;
    db.execute("DELETE FROM cards WHERE room = ?1", [room])?;
    let sql = "UPDATE rooms SET messages = 0, goes_on = NULL, last_at_ms = NULL WHERE id = ?1";
    db.execute(sql, [room])?;
    Ok(What::Erased)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::{kitchen, person, said, talk};

    /// The rows that the next message of somebody who spoke before changes.
    fn rows_of_a_message(members: u64, messages: u64) -> u64 {
        let db = Connection::open_in_memory().expect("memory");
        tables::create(&db).expect("tables");
        for (change, event) in (1..).zip(talk(members, messages)) {
            write(&db, &kitchen(), change, event).expect("it applies");
        }
        let before = db.total_changes();
        let (change, event) = (messages + 2, said(person(1), messages + 1));
        write(&db, &kitchen(), change, event).expect("it applies");
        db.total_changes() - before
    }

    #[test]
    fn a_message_costs_the_same_whoever_is_absent_and_whatever_was_said() {
        let rows = rows_of_a_message(5, 50);
        assert!((1..=4).contains(&rows), "{rows} rows");
        assert_eq!(rows_of_a_message(500, 600), rows, "a hundred times the members");
        assert_eq!(rows_of_a_message(5, 5_000), rows, "a hundred times the messages");
    }
}
