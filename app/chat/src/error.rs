//! What can go wrong, in two families that never mix: a refusal is an answer, a fault is not.

use identity::Fault;

use crate::{LineError, room::Refusal};

/// What should not be possible happened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unexpected(pub &'static str);

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
