//! Where an event is: in which stream, at which version, at which place of the whole log.

use std::{fmt, sync::Arc};

/// The number of an event in its stream: 1, 2, 3 … without gaps. 0 is the empty stream.
pub type Version = u64;

/// The name of one aggregate's events: its kind and its id. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// `kind/id`, as it is stored.
    name: Arc<str>,
    kind_bytes: u32,
}

impl StreamId {
    /// The stream of the aggregate `id` among its `kind`.
    ///
    /// # Panics
    /// When `kind` is empty or has a `/`: kinds are constants of the program.
    pub fn new(kind: &str, id: &str) -> Self {
        assert!(!kind.is_empty() && !kind.contains('/'), "a kind is one word, not {kind:?}");
        let kind_bytes = u32::try_from(kind.len()).expect("a kind is a word");
        Self { name: format!("{kind}/{id}").into(), kind_bytes }
    }

    /// Reads a name as it is stored. `None`: it is not `kind/id`.
    pub fn parse(name: &str) -> Option<Self> {
        let kind_bytes = name.find('/').filter(|&at| at > 0)?;
        Some(Self { name: name.into(), kind_bytes: u32::try_from(kind_bytes).ok()? })
    }

    /// Which kind of aggregate: `room`.
    pub fn kind(&self) -> &str {
        &self.name[..self.kind_bytes as usize]
    }

    /// Which one of its kind.
    pub fn id(&self) -> &str {
        &self.name[self.kind_bytes as usize + 1..]
    }

    /// The whole name, as it is stored: `kind/id`.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({self})")
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A place in the whole log: events at or before it have been seen, later ones have not.
///
/// Two numbers, because a store with several writers can only be read in the order of
/// `(transaction, serial)`; a store with one writer leaves the first 0. Compare positions, store
/// them, but do not count with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The transaction that wrote the event, where the store has several writers.
    pub transaction: u64,
    /// The event's number among those.
    pub serial: u64,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { transaction: 0, serial: 0 };

    /// A position in the log of a store with one writer.
    pub const fn serial(serial: u64) -> Self {
        Self { transaction: 0, serial }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transaction {
            0 => write!(f, "{}", self.serial),
            transaction => write!(f, "{transaction}.{}", self.serial),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_a_kind_and_an_id() {
        let stream = StreamId::new("room", "a/b");
        assert_eq!((stream.kind(), stream.id(), stream.as_str()), ("room", "a/b", "room/a/b"));
        assert_eq!(StreamId::parse("room/a/b"), Some(stream));
        assert_eq!(StreamId::parse("room"), None);
        assert_eq!(StreamId::parse("/a"), None);
    }

    #[test]
    fn positions_are_ordered_by_transaction_first() {
        let late = Position { transaction: 2, serial: 1 };
        assert!(Position::START < Position::serial(9) && Position::serial(9) < late);
        assert_eq!((Position::serial(9).to_string(), late.to_string()), ("9".into(), "2.1".into()));
    }
}
