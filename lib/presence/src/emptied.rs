//! Since when topics are empty, as far as that is remembered.

use std::{collections::BTreeMap, sync::Arc};

/// The topics that were emptied last.
#[derive(Debug)]
pub(crate) struct Emptied {
    topics_max: usize,
    /// Counts what is remembered, so that the oldest is known whatever the clock says.
    last: u64,
    topics: BTreeMap<Arc<str>, (u64, i64)>,
    oldest_first: BTreeMap<u64, Arc<str>>,
}

impl Emptied {
    /// Remembers at most `topics_max` topics.
    pub fn new(topics_max: usize) -> Self {
        Self { topics_max, last: 0, topics: BTreeMap::new(), oldest_first: BTreeMap::new() }
    }

    /// Everyone left `topic` now. Full: the oldest is forgotten.
    pub fn remember(&mut self, topic: &Arc<str>, now_ms: i64) {
        self.forget(topic);
        self.last += 1;
        self.topics.insert(topic.clone(), (self.last, now_ms));
        self.oldest_first.insert(self.last, topic.clone());
        if self.topics.len() > self.topics_max
            && let Some((_, oldest)) = self.oldest_first.pop_first()
        {
            self.topics.remove(&oldest);
        }
    }

    /// Somebody is there.
    pub fn forget(&mut self, topic: &str) {
        if let Some((number, _)) = self.topics.remove(topic) {
            self.oldest_first.remove(&number);
        }
    }

    /// When everyone had left.
    pub fn since_ms(&self, topic: &str) -> Option<i64> {
        self.topics.get(topic).map(|(_, since_ms)| *since_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut emptied = Emptied::new(2);
        for (topic, now_ms) in [("kitchen", 1), ("cellar", 2), ("kitchen", 3), ("attic", 4)] {
            emptied.remember(&topic.into(), now_ms);
        }
        let since = ["kitchen", "cellar", "attic"].map(|topic| emptied.since_ms(topic));
        assert_eq!(since, [Some(3), None, Some(4)]);
        emptied.forget("kitchen");
        emptied.forget("attic");
        assert!(emptied.topics.is_empty() && emptied.oldest_first.is_empty());
    }
}
