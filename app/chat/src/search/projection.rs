//! What fills the index.

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, Recorded, SqlProjection,
    rusqlite::{self, Connection},
};
use identity::GuestId;

use super::index;
use crate::{
    RoomId,
    event::Event,
    membership::memberships,
    reader::{Reader, Reading},
    room::Room,
};

/// Fills the index from the log.
pub(crate) struct SearchProjection;

impl SqlProjection for SearchProjection {
    type Change = ();

    const NAME: &'static str = "search";

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        index::create(db)
    }

    fn apply(&self, apply: &mut Apply<'_, ()>, event: &Recorded) -> Result<(), ApplyError> {
        let wrong =
            |error: &dyn std::error::Error| ApplyError::Other(format!("{}: {error}", event.stream));
        if event.stream.kind() == Room::KIND {
            let room = RoomId::parse(event.stream.id()).map_err(|error| wrong(&error))?;
            write(apply, &room, &event.decode()?)?;
        } else if event.stream.kind() == Reader::KIND {
            let who = GuestId::parse(event.stream.id()).map_err(|error| wrong(&error))?;
            write_reading(apply, &who, &event.decode()?)?;
        }
        Ok(())
    }
}

/// Changes the rows for one event of a room.
pub(super) fn write(db: &Connection, room: &RoomId, event: &Event) -> rusqlite::Result<()> {
    if let Event::Opened(opening) = event {
        index::open(db, room, opening.visibility)?;
    }
    let Some(key) = index::key(db, room)? else { return Ok(()) };
    for (who, becomes) in memberships(event) {
        index::turn(db, key, who, becomes)?;
    }
    match event {
        Event::Posted(posted) => index::posted(db, key, posted),
        Event::Edited(edited) => index::edited(db, key, edited.number, &edited.body),
        Event::Removed { number, .. } => index::removed(db, key, *number),
        Event::VisibilityChanged { to, .. } => index::set_visibility(db, key, *to),
        Event::Expelled { who, .. } | Event::Left { who, .. } => index::forget(db, key, &who.id),
        Event::Erased { .. } => index::erase(db, key),
        _ => Ok(()),
    }
}

fn write_reading(db: &Connection, who: &GuestId, reading: &Reading) -> rusqlite::Result<()> {
    let (Reading::Read { room, .. } | Reading::Forgot { room }) = reading;
    let Some(key) = index::key(db, room)? else { return Ok(()) };
    match reading {
        Reading::Read { .. } => index::visit(db, key, who),
        Reading::Forgot { .. } => index::forget(db, key, who),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::{kitchen, person, said, talk};

    /// The rows that the next message of somebody who spoke before changes, before the index writes
    /// down what it has collected.
    fn rows_of_a_message(members: u64, messages: u64) -> u64 {
        let db = Connection::open_in_memory().expect("memory");
        index::create(&db).expect("tables");
        db.execute_batch("BEGIN").expect("a transaction");
        for event in talk(members, messages) {
            write(&db, &kitchen(), &event).expect("it applies");
        }
        db.execute_batch("COMMIT; BEGIN").expect("a transaction");
        let before = db.total_changes();
        write(&db, &kitchen(), &said(person(1), messages + 1)).expect("it applies");
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
