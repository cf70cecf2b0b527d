//! Why a projection stands still, as a text for its status.

use rusqlite::ErrorCode;

use crate::{Recorded, StoreError};

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub what: String,
    /// Whether the model itself is damaged, so that trying again on it makes no sense.
    pub spoiled: bool,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), spoiled: false }
    }

    pub(crate) fn of_store(error: &StoreError) -> Self {
        Self::new(chain(error))
    }

    pub(crate) fn of_sql(doing: &str, error: rusqlite::Error) -> Self {
        let spoiled = spoils(&error);
        Self { what: format!("{doing}: {}", chain(&error)), spoiled }
    }

    pub(crate) fn of_event(event: &Recorded, error: &crate::ApplyError) -> Self {
        let spoiled = matches!(error, crate::ApplyError::Sql(error) if spoils(error));
        Self { what: format!("{}: {}", describe(event), chain(error)), spoiled }
    }

    pub(crate) fn of_panic(event: &Recorded) -> Self {
        Self::new(format!("{}: it panicked", describe(event)))
    }
}

fn spoils(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn describe(event: &Recorded) -> String {
    format!("event {} of {} ({})", event.version, event.stream, event.name)
}

/// An error and everything behind it, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text
}
