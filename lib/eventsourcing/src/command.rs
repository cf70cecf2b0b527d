//! The id that makes a command recognisable when it is sent again, and what its sender gets back.

use std::{fmt, sync::Arc};

use crate::{Position, StreamId, Version};

/// Chosen by whoever sends a command, and kept over every resend of it.
///
/// Unique within a stream. Where several people send to one stream, put the sender into it
/// (`<person>:<what the browser chose>`), so that nobody can use up another one's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(Arc<str>);

/// The text is no command id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a command id has 1 to {max} visible ASCII characters", max = CommandId::BYTES_MAX)]
pub struct CommandIdError;

impl CommandId {
    /// The longest id.
    pub const BYTES_MAX: usize = 128;

    /// Takes an id from outside.
    ///
    /// # Errors
    /// When it is empty, longer than [`CommandId::BYTES_MAX`], or not visible ASCII.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, CommandIdError> {
        let text = text.into();
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(CommandIdError)
        }
    }

    /// A fresh id of 128 random bits, for commands that originate here.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has randomness");
        Self(format!("{:032x}", u128::from_be_bytes(bytes)).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a command led to, once that is on disk. The same again for a resend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The stream the command was for.
    pub stream: StreamId,
    /// The version before the command's first event.
    pub after: Version,
    /// The version of its last event; equal to `after` when it changed nothing.
    pub version: Version,
    /// Where the last event is in the whole log: wait for a projection to be here, and it shows
    /// what the command did.
    pub position: Position,
    /// Whether this answers a resend: the events were stored when the command was first sent.
    pub duplicate: bool,
}

impl Receipt {
    /// The versions of the events the command led to, in order; may be none.
    pub fn versions(&self) -> std::ops::RangeInclusive<Version> {
        self.after + 1..=self.version
    }

    /// Whether the command changed nothing.
    pub fn is_empty(&self) -> bool {
        self.after == self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_outside_are_bounded() {
        assert!(CommandId::new("ana:5f").is_ok());
        assert!(CommandId::new("x".repeat(128)).is_ok());
        for bad in [String::new(), "x".repeat(129), "a b".into(), "ü".into(), "a\n".into()] {
            assert_eq!(CommandId::new(bad.clone()), Err(CommandIdError), "{bad:?}");
        }
    }

    #[test]
    fn random_ids_differ() {
        assert_ne!(CommandId::random(), CommandId::random());
        assert!(CommandId::new(CommandId::random().as_str()).is_ok());
    }
}
