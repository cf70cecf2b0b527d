//! What can go wrong, in two families that never mix: a refusal is an answer, a fault is not.

use std::{error::Error, fmt};

use crate::random;

/// The world failed. It is in the log under `reference`, with its causes; the person is told the
/// reference and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub reference: String,
}

impl Fault {
    /// Logs `error` with its whole chain, once. `doing` says what failed, as the beginning of a sentence:
    /// "posting a message".
    pub fn log(doing: &'static str, error: &(dyn Error + 'static)) -> Self {
        let reference = format!("{:08x}", u32::from_le_bytes(random::bytes()));
        let causes = Causes(error);
        tracing::error!(fault.reference = reference, error = %causes, "{doing} failed");
        Self { reference }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Something went wrong. Please try again. (Reference {})", self.reference)
    }
}

impl Error for Fault {}

/// An error with everything that led to it, on one line.
pub(crate) struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Why nobody was signed in. The text is for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("There is no such way to sign in here.")]
    UnknownProvider,
    #[error("That took too long. Please sign in again.")]
    Expired,
    /// The state is not the one that was given out, or it was given to another session.
    #[error("This sign-in was not begun in this browser. Please sign in again.")]
    NotBegunHere,
    #[error("This sign-in was finished already. Please sign in again.")]
    Used,
    #[error("You were not signed in, because {provider} was not allowed to say who you are.")]
    Declined { provider: String },
    /// What the provider says is no proof. Why is in the log, for the host.
    #[error("{provider} did not prove who you are, so you were not signed in. Please try again.")]
    Unproven { provider: String },
    #[error("Many people are signing in right now. Please try again in a moment.")]
    Busy,
    #[error(transparent)]
    Fault(Fault),
}
