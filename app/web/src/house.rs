//! What every page is given: the contexts behind the pages.

use chat::Chat;
use identity::{Fault, Guest, Identity};
use liveview::Session;

use crate::{limits::Limits, visitor};

/// The contexts behind the pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct House {
    /// Rooms, and what is said in them.
    pub chat: Chat,
    /// Who people are.
    pub identity: Identity,
    /// How much one address and one person may do in a while.
    pub limits: Limits,
}

impl House {
    /// Who looks, under the name they have now.
    ///
    /// # Errors
    /// The store could not be read.
    pub(crate) async fn guest(&self, session: &Session) -> Result<Guest, Fault> {
        self.identity.guest(&visitor::session(session)).await
    }
}
