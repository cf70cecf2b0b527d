//! Why there is no preview, in words for people.

use serde::{Deserialize, Serialize};

/// Why a link has no preview. `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reason {
    /// The guard, or the host of this server, does not let it be fetched.
    #[error("This address is not fetched: {0}.")]
    NotAllowed(String),
    /// The site answered with this status.
    #[error("The site answered with {0}.")]
    Status(u16),
    /// It is nothing that has a preview.
    #[error("This is no web page or picture but {0}.")]
    Kind(String),
    /// It could not be fetched.
    #[error("It could not be fetched: {0}.")]
    Failed(String),
    /// The page says nothing of itself.
    #[error("The page says nothing about itself.")]
    Nothing,
}

impl Reason {
    /// Whether trying again soon may help.
    pub fn is_passing(&self) -> bool {
        todo!()
    }
}
