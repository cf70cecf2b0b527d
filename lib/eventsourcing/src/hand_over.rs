//! Who owns an aggregate, and how it goes to another node.

use std::{fmt, sync::Arc};

use crate::{CommandId, DispatchFault, Receipt, Snapshot};

/// A node of the cluster, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName(Arc<str>);

impl NodeName {
    /// The node called `name`.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who decides for an aggregate. An optimisation only: the store's expected versions are the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This process.
    Here,
    /// Another one: send it the command.
    Node(NodeName),
}

/// What the successor gets, so that it need not read the log. Warmth only: without it, or when it
/// is older than the log, the successor reads the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The state after the last command that was finished here.
    pub snapshot: Snapshot,
    /// The newest commands and their receipts, oldest first.
    pub recent: Vec<(CommandId, Receipt)>,
    /// Who takes over.
    pub successor: NodeName,
}

/// The aggregate was not handed over; this process still owns it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HandOverError {
    /// It is owned by another node already.
    #[error("it belongs to {0} already")]
    Moved(NodeName),
    /// Too many commands wait for it.
    #[error("too much waits for it")]
    Busy,
    /// Its state could not be made.
    #[error("its state could not be made")]
    Fault(#[source] DispatchFault),
    /// Its state cannot be written as JSON.
    #[error("its state cannot be written as JSON")]
    NoSnapshot,
    /// Its task failed, or everything is stopping.
    #[error("its task ended before it could hand over")]
    Ended,
}
