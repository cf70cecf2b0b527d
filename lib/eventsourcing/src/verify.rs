//! Proof that what is read follows from the log alone.

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
    /// No read model in SQL has this name.
    #[error("no read model in SQL is called {0}")]
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
