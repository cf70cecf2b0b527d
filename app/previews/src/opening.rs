//! How previews are set up and put together.

use std::{path::PathBuf, sync::Arc};

use chat::Chat;
use eventsourcing::{EventStore, StartError};
use fetch::Fetcher;
use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{Previews, Settings};

/// How [`Previews`] are set up.
pub struct Config {
    /// The log that `chat` stands on: links are read there, and jobs kept.
    pub log: Arc<dyn EventStore>,
    /// Where pictures and the previews of pages are kept; `None`: in memory.
    pub folder: Option<PathBuf>,
    /// What makes the requests.
    pub fetcher: Fetcher,
    /// What may change while it runs.
    pub settings: watch::Receiver<Settings>,
    /// Origins of this server, such as `https://tea.example`: links there are not fetched.
    pub origins: Vec<String>,
    /// Fetches at a time.
    pub concurrency: usize,
}

/// Previews could not be started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error("the folder for previews cannot be used")]
    Folder(#[source] std::io::Error),
    /// The jobs that are left cannot be read.
    #[error("the jobs that are left cannot be read")]
    Jobs(#[source] pipeline::OpenError),
    /// The log cannot be followed.
    #[error("the log cannot be followed")]
    Follow(#[source] StartError),
}

pub(crate) struct Parts {}

impl Previews {
    /// Starts following the log and fetching, with tasks in a child of `scope`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        config: Config,
        chat: Chat,
        clock: Clock,
        scope: &Scope,
    ) -> Result<Self, OpenError> {
        let _ = (config, chat, clock, scope);
        todo!()
    }
}
