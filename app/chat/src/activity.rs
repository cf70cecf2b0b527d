//! What goes on in the whole house, once a second at most: for lists of rooms.

use std::{collections::BTreeSet, sync::Arc};

use crate::RoomId;

/// The rooms where something happened lately: something said, somebody who came or went, another
/// title. At most one per second, whatever happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub rooms: Arc<BTreeSet<RoomId>>,
    /// Rooms appeared, vanished, or changed what they are called.
    pub facts: bool,
}
