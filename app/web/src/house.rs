//! What every page is given: the contexts behind the pages.

use chat::{Chat, Fault};
use identity::Guest;
use liveview::Session;

use crate::{limits::Limits, visitor};

/// The contexts behind the pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct House {
    /// Rooms, and what is said in them.
    pub chat: Chat,
    /// How much one address and one person may do in a while.
    pub limits: Limits,
}

impl House {
    /// Who looks, under the name they have now.
    ///
    /// # Errors
    /// The store could not be read.
    #[expect(clippy::unused_async, reason = "names come from the store")]
    pub(crate) async fn guest(&self, session: &Session) -> Result<Guest, Fault> {
        Ok(visitor::guest(session))
    }
}
