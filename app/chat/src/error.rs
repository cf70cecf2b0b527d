//! What can go wrong, in two families that never mix: a refusal is an answer, a fault is not.

use std::{error::Error, fmt};

use crate::{LineError, room::Refusal};

/// The world failed. It is in the log under `reference`, with its causes; the person is told the
/// reference and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub reference: String,
}

impl Fault {
    /// Logs `error` with its whole chain, once.
    pub(crate) fn log(doing: &'static str, error: &(dyn Error + 'static)) -> Self {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        let reference = format!("{:08x}", u32::from_le_bytes(bytes));
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

/// What should not be possible happened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unexpected(pub &'static str);

struct Causes<'a>(&'a (dyn Error + 'static));

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

/// Why something was not done. The text of either is for the person, beside what they typed, which is
/// kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The room says no.
    #[error(transparent)]
    Refused(Refusal),
    /// The room has more to do than it can; nothing was accepted.
    #[error("The room is very busy. Please try again in a moment.")]
    Busy,
    /// Whether it was done is unknown: sending a message again with the same id is safe.
    #[error(transparent)]
    Fault(Fault),
}

/// Why a room was not made. The text is for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The title is not one.
    #[error(transparent)]
    Title(LineError),
    /// A room cannot be so.
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Fault(Fault),
}
