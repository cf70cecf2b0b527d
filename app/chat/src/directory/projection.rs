//! What fills the directory, and tells whom it concerns.

use eventsourcing::{
    Aggregate as _, Apply, ApplyError, Recorded, SqlProjection,
    rusqlite::{self, Connection},
};
use identity::{Guest, GuestId, GuestName};

use super::{
    rooms,
    standings::{self, Moment},
};
use crate::{
    FactsChanged, PersonHint, RoomId, Visibility,
    event::Event,
    membership::memberships,
    reader::{Reader, Reading},
    room::Room,
    topics::{self, Announcements},
    unread,
};

/// Fills the directory's tables from the log, and announces what can be read.
pub(crate) struct DirectoryProjection(pub Announcements);

/// What is announced after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Facts(FactsChanged),
    Person(GuestId, PersonHint),
}

impl SqlProjection for DirectoryProjection {
    type Change = Told;

    const NAME: &'static str = "directory";
    const SCHEMA: u32 = 2;

    fn create(&self, db: &Connection) -> rusqlite::Result<()> {
        rooms::create(db)?;
        standings::create(db)?;
        unread::create(db)
    }

    fn apply(&self, apply: &mut Apply<'_, Told>, event: &Recorded) -> Result<(), ApplyError> {
        let wrong =
            |error: &dyn std::error::Error| ApplyError::Other(format!("{}: {error}", event.stream));
        let told = if event.stream.kind() == Room::KIND {
            let room = RoomId::parse(event.stream.id()).map_err(|error| wrong(&error))?;
            write(apply, &room, event.version, &event.decode()?)?
        } else if event.stream.kind() == Reader::KIND {
            let who = GuestId::parse(event.stream.id()).map_err(|error| wrong(&error))?;
            write_reading(apply, who, event.decode()?)?
        } else {
            Vec::new()
        };
        told.into_iter().for_each(|told| apply.changed(told));
        Ok(())
    }

    fn committed(&self, told: Vec<Told>) {
        for told in told {
            match told {
                Told::Facts(changed) => {
                    self.0.facts.publish(&topics::facts(&changed.room), changed);
                }
                Told::Person(who, hint) => self.0.people.publish(&topics::person(&who), hint),
            }
        }
    }
}

/// Changes the rows for one event of a room.
pub(super) fn write(
    db: &Connection,
    room: &RoomId,
    change: u64,
    event: &Event,
) -> rusqlite::Result<Vec<Told>> {
    let when = Moment { change, at_ms: event.at_ms() };
    let weighed = rooms::weight(db, room)?;
    write_room(db, room, event)?;
    rooms::reached(db, room, change)?;
    let mut concerned = write_standings(db, room, event, when)?;
    concerned.extend(write_knocks(db, room, event, when)?);
    unread::write(db, room, event)?;
    rooms::reweigh(db, weighed, rooms::weight(db, room)?)?;

    let facts = Told::Facts(FactsChanged { room: room.clone(), number: change });
    let people = concerned.into_iter();
    let people = people.map(|who| Told::Person(who, PersonHint::Standing(room.clone())));
    Ok(changes_facts(event).then_some(facts).into_iter().chain(people).collect())
}

/// What is said changes nothing that a page would have to ask again for, even if somebody becomes a
/// member by saying it.
fn changes_facts(event: &Event) -> bool {
    !matches!(
        event,
        Event::Posted(_)
            | Event::Edited(_)
            | Event::Removed { .. }
            | Event::CardAttached { .. }
            | Event::CardDismissed { .. }
            | Event::CardDropped { .. }
    )
}

fn write_room(db: &Connection, room: &RoomId, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Opened(opening) => rooms::open(db, room, opening),
        Event::Posted(posted) => rooms::posted(db, room, posted),
        Event::Retitled { to, .. } => rooms::retitle(db, room, to.as_deref()),
        Event::VisibilityChanged { to, .. } => rooms::set_visibility(db, room, *to),
        Event::RetentionChanged { to, at_ms, .. } => rooms::set_retention(db, room, *to, *at_ms),
        Event::Transferred { to, .. } => rooms::set_owner(db, room, to),
        Event::Renamed { who, .. } => rooms::rename(db, room, who),
        Event::Ended { reason, at_ms, .. } => rooms::end(db, room, reason.as_deref(), *at_ms),
        Event::Erased { by, messages, at_ms } => {
            rooms::erase(db, room, by.is_none(), *messages, *at_ms)
        }
        _ => Ok(()),
    }
}

/// Answers who is somebody else now than before.
fn write_standings(
    db: &Connection,
    room: &RoomId,
    event: &Event,
    when: Moment,
) -> rusqlite::Result<Vec<GuestId>> {
    let mut concerned = Vec::new();
    for (who, becomes) in memberships(event) {
        // What a name in a message tells may be removed with the message.
        let who = if let Event::Posted(_) = event { &nameless(who) } else { who };
        if standings::turn(db, room, who, becomes, when)? {
            concerned.push(who.id.clone());
        }
    }
    match event {
        Event::Posted(posted) => standings::said(db, room, &posted.author, posted.number)?,
        Event::Edited(_) | Event::CardDismissed { .. } => {}
        Event::Erased { .. } => standings::erase(db, room)?,
        other => {
            other.by().map_or(Ok(()), |by| standings::named(db, room, by))?;
            if let Event::Removed { number, .. } = other {
                standings::removed(db, room, *number)?;
            }
        }
    }
    Ok(concerned)
}

fn nameless(who: &Guest) -> Guest {
    Guest { id: who.id.clone(), name: GuestName::erased() }
}

/// Answers who waits, or waits no more. Whoever becomes somebody needs no answer any more.
fn write_knocks(
    db: &Connection,
    room: &RoomId,
    event: &Event,
    when: Moment,
) -> rusqlite::Result<Vec<GuestId>> {
    match event {
        Event::Knocked { who, .. } => {
            standings::knocked(db, room, who, when)?;
            Ok(vec![who.id.clone()])
        }
        Event::TurnedAway { who, .. } => {
            standings::answered(db, room, &who.id)?;
            Ok(vec![who.id.clone()])
        }
        Event::VisibilityChanged { to, .. } if *to != Visibility::Private => {
            standings::all_answered(db, room)?;
            Ok(Vec::new())
        }
        // Who speaks is let in already; asking costs nothing for those who never knocked.
        Event::Posted(_) => Ok(Vec::new()),
        other => {
            let mut answered = memberships(other).into_iter();
            answered.try_for_each(|(who, _)| standings::answered(db, room, &who.id))?;
            Ok(Vec::new())
        }
    }
}

fn write_reading(db: &Connection, who: GuestId, reading: Reading) -> rusqlite::Result<Vec<Told>> {
    match reading {
        Reading::Read { room, number, .. } => {
            let read = unread::read(db, &room, &who, number)?;
            let hint = |number| Told::Person(who, PersonHint::Read { room, number });
            Ok(read.map(hint).into_iter().collect())
        }
        Reading::Forgot { room } => {
            unread::forget(db, &room, &who)?;
            Ok(vec![Told::Person(who, PersonHint::Standing(room))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::{kitchen, person, said, talk};

    /// The rows that the next message of somebody who spoke before changes.
    fn rows_of_a_message(members: u64, messages: u64) -> u64 {
        let db = Connection::open_in_memory().expect("memory");
        DirectoryProjection(Announcements::local()).create(&db).expect("tables");
        for (change, event) in (1..).zip(talk(members, messages)) {
            write(&db, &kitchen(), change, &event).expect("it applies");
        }
        let before = db.total_changes();
        let (change, event) = (messages + 2, said(person(1), messages + 1));
        write(&db, &kitchen(), change, &event).expect("it applies");
        db.total_changes() - before
    }

    #[test]
    fn a_message_costs_the_same_whoever_is_absent_and_whatever_was_said() {
        let rows = rows_of_a_message(5, 50);
        assert!((1..=6).contains(&rows), "{rows} rows");
        assert_eq!(rows_of_a_message(500, 600), rows, "a hundred times the members");
        assert_eq!(rows_of_a_message(5, 5_000), rows, "a hundred times the messages");
    }
}
