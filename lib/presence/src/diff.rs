//! What changed since it was last told.

use std::{collections::BTreeMap, sync::Arc};

/// A hint: the keys of one topic that are no longer what they were. Cheap to clone.
///
/// A key is in one of the three at most, in order of keys. What it is now is to be read
/// ([`crate::Presence::entry`], or the whole list), which may be ahead of the diff. A leave may
/// name a key that came and went between two diffs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Where.
    pub topic: Arc<str>,
    /// Who is here now and was not.
    pub joins: Arc<[Arc<str>]>,
    /// Who is no longer here. Never somebody who returned within the grace time.
    pub leaves: Arc<[Arc<str>]>,
    /// Who is here as before, with other pages or metas, or is leaving, or back.
    pub updates: Arc<[Arc<str>]>,
}

/// The keys that changed, each once, and whether it was here when that was last told.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    topics: BTreeMap<Arc<str>, BTreeMap<Arc<str>, bool>>,
}

impl Touched {
    /// Nothing changed.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// `key` is about to change.
    pub fn note(&mut self, topic: &Arc<str>, key: &Arc<str>, was_here: bool) {
        let keys = self.topics.entry(topic.clone()).or_default();
        keys.entry(key.clone()).or_insert(was_here);
    }

    /// One diff per topic, and a new start. `is_here` says who is here now.
    pub fn take(&mut self, is_here: impl Fn(&str, &str) -> bool) -> Vec<Diff> {
        let topics = std::mem::take(&mut self.topics);
        topics.into_iter().map(|(topic, keys)| diff(topic, keys, &is_here)).collect()
    }
}

/// A key that came and went is a leave too: somebody may have listed it in between.
fn diff(
    topic: Arc<str>,
    keys: BTreeMap<Arc<str>, bool>,
    is_here: impl Fn(&str, &str) -> bool,
) -> Diff {
    let (mut joins, mut leaves, mut updates) = (Vec::new(), Vec::new(), Vec::new());
    for (key, was_here) in keys {
        let keys = match (was_here, is_here(&topic, &key)) {
            (false, true) => &mut joins,
            (true, true) => &mut updates,
            (_, false) => &mut leaves,
        };
        keys.push(key);
    }
    Diff { topic, joins: joins.into(), leaves: leaves.into(), updates: updates.into() }
}
