//! What is known of a link.

use crate::{Link, Page, Reason};

/// What is known of a link at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub link: Link,
    pub status: Status,
    /// The last good result; kept when a later fetch fails.
    pub page: Option<Page>,
    /// `page` has had its time: a later fetch failed, or is due.
    pub stale: bool,
    /// When `page` was fetched, in milliseconds since the Unix epoch.
    pub fetched_at_ms: Option<i64>,
    /// Fetches since `page` was fetched, or since the first one: 1 after a first success.
    pub attempts: u32,
}

/// How the last fetch went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is not over.
    Pending,
    /// Well.
    Processed,
    /// Badly.
    Error(Reason),
}

impl Preview {
    /// Nothing is known of `link` but how it stands.
    pub(crate) fn blank(link: &Link, status: Status) -> Self {
        let link = link.clone();
        Self { link, status, page: None, stale: false, fetched_at_ms: None, attempts: 0 }
    }
}
