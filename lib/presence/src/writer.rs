//! The part this node writes itself, and a journal from which deltas are cut.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::part::{Changes, Held, NodeName, Page, Part};

/// Removals that deltas reach back over. Whoever missed more is given the whole part.
const REMOVALS_MAX: usize = 1_024;

/// What this node says about its own pages. Only it adds to the count of its changes.
#[derive(Debug)]
pub(crate) struct Writer<M> {
    node: NodeName,
    held: Held<M>,
    last_number: u64,
    /// Version to the number of the page that was written, or went, with it: the last one of each
    /// page that is here, and the latest removals.
    journal: BTreeMap<u64, u64>,
    /// Versions of the removals in the journal, oldest first.
    removals: VecDeque<u64>,
    /// A delta after this version is complete.
    complete_after: u64,
}

impl<M> Writer<M> {
    /// A node that starts, without pages.
    pub fn new(node: NodeName, run: u64) -> Self {
        Self {
            node,
            held: Held::nothing(run),
            last_number: 0,
            journal: BTreeMap::new(),
            removals: VecDeque::new(),
            complete_after: 0,
        }
    }

    /// The node that writes here.
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// A number for a new page.
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// The page with this number, unless it went.
    pub fn page(&self, number: u64) -> Option<&Arc<Page<M>>> {
        self.held.pages.get(&number)
    }

    /// Writes `page`, new or changed.
    pub fn put(&mut self, mut page: Page<M>) -> Changes<M> {
        self.held.version += 1;
        page.version = self.held.version;
        self.journal.insert(page.version, page.number);
        let page = Arc::new(page);
        let before = self.held.pages.insert(page.number, page.clone());
        if let Some(before) = &before {
            self.journal.remove(&before.version);
        }
        Changes { removed: before.into_iter().collect(), added: vec![page] }
    }

    /// Takes the page with this number out. None there: nothing changes.
    pub fn remove(&mut self, number: u64) -> Changes<M> {
        let Some(page) = self.held.pages.remove(&number) else {
            return Changes { removed: Vec::new(), added: Vec::new() };
        };
        self.held.version += 1;
        self.journal.remove(&page.version);
        self.journal.insert(self.held.version, number);
        self.removals.push_back(self.held.version);
        if self.removals.len() > REMOVALS_MAX {
            self.forget_a_removal();
        }
        Changes { removed: vec![page], added: Vec::new() }
    }

    fn forget_a_removal(&mut self) {
        if let Some(version) = self.removals.pop_front() {
            self.journal.remove(&version);
            self.complete_after = version;
        }
    }

    /// Everything this node says.
    pub fn part(&self) -> Part<M> {
        self.cut(None, self.held.pages.values().cloned().collect(), Vec::new())
    }

    /// What changed after `version`: costs what changed, unless it is too long ago.
    pub fn part_since(&self, version: u64) -> Part<M> {
        // A version of the future is one of another run.
        if version == 0 || version < self.complete_after || version > self.held.version {
            return self.part();
        }
        let (mut pages, mut gone) = (Vec::new(), Vec::new());
        for number in self.journal.range(version + 1..).map(|(_, number)| *number) {
            match self.held.pages.get(&number) {
                Some(page) => pages.push(page.clone()),
                None => gone.push(number),
            }
        }
        self.cut(Some(version), pages, gone)
    }

    fn cut(&self, after: Option<u64>, pages: Vec<Arc<Page<M>>>, gone: Vec<u64>) -> Part<M> {
        let (run, version) = (self.held.run, self.held.version);
        Part { node: self.node.clone(), run, after, version, pages, gone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: u64) -> Page<()> {
        let (topic, key) = ("room:kitchen".into(), "ana".into());
        let meta = Arc::new(());
        Page { number, version: 0, topic, key, meta, opened_ms: 0, since_ms: 0, left_ms: None }
    }

    #[test]
    fn the_journal_grows_with_pages_and_not_with_changes() {
        let mut writer = Writer::new("north".into(), 0);
        for _ in 0..5_000 {
            writer.put(page(1));
        }
        assert_eq!((writer.held.version, writer.journal.len()), (5_000, 1));
        for _ in 0..5_000 {
            let number = writer.next_number() + 1;
            writer.put(page(number));
            writer.remove(number);
        }
        assert_eq!(writer.journal.len(), 1 + REMOVALS_MAX);
        assert_eq!(writer.removals.len(), REMOVALS_MAX);
    }
}
