//! Why there is no preview, in words for people.

use fetch::FetchError;
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
    /// It could not be fetched now.
    #[error("It could not be fetched: {0}.")]
    Failed(String),
    /// It can be reached, but not fetched.
    #[error("It cannot be fetched: {0}.")]
    Unfit(String),
    /// The page says nothing of itself.
    #[error("The page says nothing about itself.")]
    Nothing,
}

impl Reason {
    /// Whether trying again soon may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Failed(_) => true,
            // Time-outs, too early, too many, and whatever is broken over there.
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::NotAllowed(_) | Self::Kind(_) | Self::Unfit(_) | Self::Nothing => false,
        }
    }
}

impl From<FetchError> for Reason {
    fn from(error: FetchError) -> Self {
        let words = error.to_string();
        match error {
            FetchError::Refused(_) => Self::NotAllowed(words),
            FetchError::Insecure { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Redirects { .. } => Self::Unfit(words),
            _ => Self::Failed(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_lasts() {
        let late = FetchError::Late { host: "slow.test".to_owned() };
        let late = Reason::from(late);
        assert_eq!(late.to_string(), "It could not be fetched: slow.test did not answer in time.");
        assert!(late.is_passing() && Reason::Status(503).is_passing());
        let loops = Reason::from(FetchError::Redirects { host: "loop.test".to_owned() });
        let refused = Reason::from(FetchError::Refused(fetch::Refused::Port(22)));
        for lasting in [loops, refused, Reason::Status(404), Reason::Nothing] {
            assert!(!lasting.is_passing(), "{lasting}");
        }
    }
}
