//! What decides: pure, without time, randomness or I/O.

use serde::{Serialize, de::DeserializeOwned};

use crate::EventPayload;

/// The state of one thing that commands are addressed to (a room, an account), and its rules.
///
/// The state is what `apply` made of the events so far, starting from `default()`. Its JSON is its
/// snapshot.
pub trait Aggregate: Default + Serialize + DeserializeOwned + Send + 'static {
    /// The first half of its streams' names, and unique in the program: `room`.
    const KIND: &'static str;

    /// The version of the state's shape *and meaning*. Raise it when fields change or when `apply`
    /// does something else: older snapshots are then ignored, and the state is made from the log.
    const SNAPSHOT_SCHEMA: u32 = 1;

    /// An order: `Post`. It carries the time and every random choice.
    type Command: Send + 'static;

    /// History: `Posted`.
    type Event: EventPayload;

    /// The reason for a no, with text that a person may read.
    type Refusal: std::error::Error + Clone + Send + Sync + 'static;

    /// What happens because of `command`; nothing is a fine answer.
    ///
    /// # Errors
    /// The refusal. Nothing is stored, and the same command may be sent again later.
    fn decide(&self, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Takes note of what happened. Cannot fail: what is in the log has happened.
    fn apply(&mut self, event: &Self::Event);
}
