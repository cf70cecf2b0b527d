//! Proof that what is read follows from the log alone.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use rusqlite::{Connection, types::ValueRef};

use crate::{EventStore, Position, StoreError};

/// How a read model compares with one that was made from the log just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Up to where both were compared.
    pub position: Position,
    /// Rows that were compared, in all tables.
    pub rows: u64,
    /// The tables that differ; none means equal.
    pub differences: Vec<Difference>,
}

/// A table that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub table: String,
    /// Rows that the log leads to and that are not there.
    pub missing: u64,
    /// Rows that are there and that the log does not lead to.
    pub extra: u64,
}

/// A comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No read model has this name.
    #[error("no read model is called {0}")]
    Unknown(String),
    /// Something failed on the way.
    #[error("it could not be compared: {0}")]
    Failed(String),
}

/// What reading the whole log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogReport {
    /// Events that were read, each checked against its checksum.
    pub events: u64,
    /// The last one's position.
    pub position: Position,
}

/// Reads the whole log and checks every event.
///
/// # Errors
/// `Corrupt` names the first event that is damaged.
pub async fn verify_log(store: &dyn EventStore) -> Result<LogReport, StoreError> {
    let mut report = LogReport { events: 0, position: Position::START };
    loop {
        let page = store.read_all(report.position, 1_000).await?;
        report.events += page.events.len() as u64;
        report.position = page.next;
        if page.is_last() {
            return Ok(report);
        }
    }
}

/// Compares the tables of `live` with those of `made`, row by row, in any order.
pub(crate) fn compare(
    live: &Connection,
    made: &Connection,
    position: Position,
) -> rusqlite::Result<Verdict> {
    let mut tables = tables(live)?;
    tables.extend(self::tables(made)?);
    tables.sort();
    tables.dedup();
    let mut verdict = Verdict { position, rows: 0, differences: Vec::new() };
    for table in tables {
        // How often each row is in `live`, less how often it is in `made`.
        let mut balance = HashMap::new();
        verdict.rows += count_rows(live, &table, &mut balance, 1)?;
        count_rows(made, &table, &mut balance, -1)?;
        let extra = balance.values().filter(|balance| **balance > 0).sum::<i64>() as u64;
        let missing = -balance.values().filter(|balance| **balance < 0).sum::<i64>() as u64;
        if extra + missing > 0 {
            verdict.differences.push(Difference { table, missing, extra });
        }
    }
    Ok(verdict)
}

/// A projection's own tables, without what SQLite keeps behind virtual ones.
fn tables(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut select = db.prepare(
        r"SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'virtual')
           AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> '_projection'",
    )?;
    select.query_map([], |row| row.get(0))?.collect()
}

/// Adds `by` for every row; a table that is not there has none. Returns how many there were.
fn count_rows(
    db: &Connection,
    table: &str,
    balance: &mut HashMap<(u64, u64), i64>,
    by: i64,
) -> rusqlite::Result<u64> {
    if !tables(db)?.iter().any(|known| known == table) {
        return Ok(0);
    }
    let quoted = table.replace('"', "\"\"");
    let mut select = db.prepare(&format!("SELECT * FROM \"{quoted}\""))?;
    let columns = select.column_count();
    let mut rows = select.query([])?;
    let mut counted = 0;
    while let Some(row) = rows.next()? {
        let mut digest = (DefaultHasher::new(), DefaultHasher::new());
        digest.1.write_u8(1);
        for column in 0..columns {
            add_value(row.get_ref(column)?, &mut digest.0);
            add_value(row.get_ref(column)?, &mut digest.1);
        }
        *balance.entry((digest.0.finish(), digest.1.finish())).or_insert(0) += by;
        counted += 1;
    }
    Ok(counted)
}

fn add_value(value: ValueRef<'_>, hasher: &mut DefaultHasher) {
    match value {
        ValueRef::Null => hasher.write_u8(0),
        ValueRef::Integer(number) => (1, number).hash(hasher),
        ValueRef::Real(number) => (2, number.to_bits()).hash(hasher),
        ValueRef::Text(bytes) => (3, bytes).hash(hasher),
        ValueRef::Blob(bytes) => (4, bytes).hash(hasher),
    }
}
