//! The cards in the timeline's tables.

use eventsourcing::rusqlite::{self, Connection, Row, params};

use super::tables::{read_head, read_one};
use crate::{
    Card, Message, RoomId,
    columns::{as_sql, damaged, from_sql},
    room::Target,
};

/// Clustered by message. A card that was dismissed leaves its link, so that it does not come back.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE cards (
             room TEXT NOT NULL,
             number INTEGER NOT NULL,
             link TEXT NOT NULL,
             place INTEGER NOT NULL,
             change INTEGER NOT NULL,
             card TEXT,
             PRIMARY KEY (room, number, link)
         ) STRICT, WITHOUT ROWID;",
    )
}

/// A message for the room to decide about it.
pub(super) fn read_target(
    db: &Connection,
    room: &RoomId,
    number: u64,
) -> rusqlite::Result<Option<Target>> {
    let Some(message) = read_one(db, room, number)? else { return Ok(None) };
    let said = db
        .prepare_cached("SELECT said FROM messages WHERE room = ?1 AND number = ?2")?
        .query_row(params![room, as_sql(number)], |row| row.get(0).map(from_sql))?;
    let sql = "SELECT link FROM cards WHERE room = ?1 AND number = ?2 AND card IS NULL";
    let dismissed = db
        .prepare_cached(sql)?
        .query_map(params![room, as_sql(number)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let as_of = read_head(db, room)?.change;
    let Message { author, body, removed, cards, .. } = message;
    let body = (!removed).then_some(body);
    Ok(Some(Target { number, author: author.id, body, said, cards, dismissed, as_of }))
}

/// Gives these messages of `room`, in the order of their numbers, their cards.
pub(super) fn complete(
    db: &Connection,
    room: &RoomId,
    messages: &mut [Message],
) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
    let sql = "SELECT number, card FROM cards
               WHERE room = ?1 AND number BETWEEN ?2 AND ?3 AND card IS NOT NULL
               ORDER BY number, place, change";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![room, as_sql(first.number), as_sql(last.number)])?;
    while let Some(row) = rows.next()? {
        let number = from_sql(row.get(0)?);
        if let Ok(at) = messages.binary_search_by_key(&number, |message| message.number) {
            messages[at].cards.push(read_card(row)?);
        }
    }
    Ok(())
}

fn read_card(row: &Row<'_>) -> rusqlite::Result<Card> {
    serde_json::from_str(row.get_ref("card")?.as_str()?).map_err(damaged)
}

/// Adds a card; what was dismissed stays so.
pub(super) fn attach(
    db: &Connection,
    room: &RoomId,
    number: u64,
    (place, change): (u32, u64),
    card: &Card,
) -> rusqlite::Result<()> {
    let json = serde_json::to_string(card)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let sql = "INSERT INTO cards VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let arguments = params![room, as_sql(number), card.link, place, as_sql(change), json];
    db.prepare_cached(sql)?.execute(arguments)?;
    Ok(())
}

/// Leaves of a card that it was dismissed, which is the same whether the log still has the card.
pub(super) fn dismiss(
    db: &Connection,
    room: &RoomId,
    number: u64,
    link: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO cards VALUES (?1, ?2, ?3, 0, 0, NULL)
               ON CONFLICT DO UPDATE SET place = 0, change = 0, card = NULL";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number), link])?;
    Ok(())
}

/// Takes a card away that may come back.
pub(super) fn drop(
    db: &Connection,
    room: &RoomId,
    number: u64,
    link: &str,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM cards
               WHERE room = ?1 AND number = ?2 AND link = ?3 AND card IS NOT NULL";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number), link])?;
    Ok(())
}

/// Puts the cards of a message into the order of these links.
pub(super) fn arrange(
    db: &Connection,
    room: &RoomId,
    number: u64,
    links: &[String],
) -> rusqlite::Result<()> {
    let sql = "UPDATE cards SET place = ?4
               WHERE room = ?1 AND number = ?2 AND link = ?3 AND card IS NOT NULL";
    let mut statement = db.prepare_cached(sql)?;
    for (place, link) in (0_i64..).zip(links) {
        statement.execute(params![room, as_sql(number), link, place])?;
    }
    Ok(())
}

/// Leaves nothing of the cards of a message.
pub(super) fn remove(db: &Connection, room: &RoomId, number: u64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM cards WHERE room = ?1 AND number = ?2";
    db.prepare_cached(sql)?.execute(params![room, as_sql(number)])?;
    Ok(())
}
