//! What a host may choose.

use std::time::Duration;

use crate::NodeName;

/// How presence behaves on this node.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node, among those that exchange parts. No two that run at once share a name.
    pub node: NodeName,
    /// Which start of this node it is; more than at every earlier start, or others take what it
    /// says for old. Any number will do where there is one node.
    pub run: u64,
    /// How long somebody stays listed after the last page was closed.
    pub grace: Duration,
    /// The least time between two announcements: what happens meanwhile becomes one diff per
    /// topic. The first change after a quiet time is announced at once.
    pub pace: Duration,
    /// Diffs that wait for one subscription. Full: it is told that it lags, and lists again.
    pub mailbox_diffs: usize,
    /// Topics of which is remembered since when they are empty. Full: the oldest are forgotten.
    pub emptied_topics_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node: "local".into(),
            run: 0,
            grace: Duration::from_secs(5),
            pace: Duration::from_millis(100),
            mailbox_diffs: 16,
            emptied_topics_max: 10_000,
        }
    }
}
