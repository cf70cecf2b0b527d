//! What every page is given: the contexts behind the pages.

use chat::Chat;
use identity::{Fault, Guest, Identity};
use liveview::Session;
use previews::Previews;
use tokio::sync::watch;

use crate::{limits::Limits, visitor};

/// The contexts behind the pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct House {
    /// Rooms, and what is said in them.
    pub chat: Chat,
    /// Who people are.
    pub identity: Identity,
    /// What links lead to.
    pub previews: Previews,
    /// How much one address and one person may do in a while.
    pub limits: Limits,
    /// What runs here.
    pub program: Program,
}

/// What runs here, and how its host has set it.
#[derive(Clone, Debug)]
pub struct Program {
    pub version: &'static str,
    /// The commit it was built from, and its date; not known of a source archive.
    pub commit: Option<&'static str>,
    pub settings: watch::Receiver<chat::Settings>,
}

impl House {
    /// Who looks, under the name they have now.
    ///
    /// # Errors
    /// The store could not be read.
    pub(crate) async fn guest(&self, session: &Session) -> Result<Guest, Fault> {
        self.identity.guest(&visitor::session(session)).await
    }

    /// How long a fleeting room may be idle unless its owner says otherwise, in milliseconds.
    pub(crate) fn fleeting_idle_ms(&self) -> i64 {
        self.program.settings.borrow().fleeting_idle_ms
    }
}
