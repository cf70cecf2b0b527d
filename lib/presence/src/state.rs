//! Who is here, as a value: this node's part, the parts of others, and what follows from them.
//!
//! Pure. A key's last page on a node stays as *leaving* when it is closed, until a page of the same
//! key is opened there or its grace time is ended from outside. Each node decides that by its own
//! pages alone: two that closed their pages at once would otherwise rely on each other.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    diff::{Diff, Touched},
    emptied::Emptied,
    part::{Changes, Held, Merged, NodeName, Page, Part},
    roster::Roster,
    writer::Writer,
};

/// Everything that is known about who is here.
#[derive(Debug)]
pub(crate) struct State<M> {
    own: Writer<M>,
    others: BTreeMap<NodeName, Held<M>>,
    roster: Roster<M>,
    emptied: Emptied,
    touched: Touched,
}

impl<M> State<M> {
    /// A node that starts.
    pub fn new(node: NodeName, run: u64, emptied_topics_max: usize) -> Self {
        Self {
            own: Writer::new(node, run),
            others: BTreeMap::new(),
            roster: Roster::empty(),
            emptied: Emptied::new(emptied_topics_max),
            touched: Touched::default(),
        }
    }

    /// What is read.
    pub fn roster(&self) -> &Roster<M> {
        &self.roster
    }

    /// When everyone had left `topic`, as far as it is remembered.
    pub fn empty_since_ms(&self, topic: &str) -> Option<i64> {
        self.emptied.since_ms(topic)
    }

    /// Opens a page here and gives its number. It takes the place of a leaving one of its key.
    pub fn open(&mut self, topic: &str, key: &str, meta: M, now_ms: i64) -> u64 {
        let (topic, key) = self.roster.names(topic, key);
        let since_ms = self.roster.since_ms(&topic, &key).unwrap_or(now_ms);
        let replaced = self.leaving(&topic, &key);
        let number = self.own.next_number();
        let meta = Arc::new(meta);
        let page = Page {
            number,
            version: 0,
            topic,
            key,
            meta,
            opened_ms: now_ms,
            since_ms,
            left_ms: None,
        };
        let mut changes = self.own.put(page);
        if let Some(replaced) = replaced {
            changes.removed.extend(self.own.remove(replaced).removed);
        }
        self.apply_own(changes, now_ms);
        number
    }

    /// What the page with this number says of itself.
    pub fn meta(&self, number: u64) -> Option<Arc<M>> {
        self.own.page(number).map(|page| page.meta.clone())
    }

    /// Replaces what an own page says of itself.
    pub fn update(&mut self, number: u64, meta: M, now_ms: i64) {
        let Some(page) = self.own.page(number) else { return };
        let page = Page { meta: Arc::new(meta), ..Page::clone(page) };
        let changes = self.own.put(page);
        self.apply_own(changes, now_ms);
    }

    /// Closes an own page. True when its key has no other page open here, so that it is leaving
    /// until [`State::end`].
    pub fn close(&mut self, number: u64, now_ms: i64) -> bool {
        let Some(page) = self.own.page(number) else { return false };
        let is_last = self
            .roster
            .pages_of(self.own.node(), &page.topic, &page.key)
            .all(|other| other.number == number || other.left_ms.is_some());
        let changes = if is_last {
            let page = Page { left_ms: Some(now_ms), ..Page::clone(page) };
            self.own.put(page)
        } else {
            self.own.remove(number)
        };
        self.apply_own(changes, now_ms);
        is_last
    }

    /// Whether the own page with this number is in its grace time.
    pub fn is_leaving(&self, number: u64) -> bool {
        self.own.page(number).is_some_and(|page| page.left_ms.is_some())
    }

    /// Ends the grace time of an own page.
    pub fn end(&mut self, number: u64, now_ms: i64) {
        if self.is_leaving(number) {
            let changes = self.own.remove(number);
            self.apply_own(changes, now_ms);
        }
    }

    /// All that this node says of its own pages.
    pub fn part(&self) -> Part<M> {
        self.own.part()
    }

    /// What this node says that it did not say at `version`.
    pub fn part_since(&self, version: u64) -> Part<M> {
        self.own.part_since(version)
    }

    /// Takes in what another node says. What is said in this node's own name is ignored.
    pub fn merge(&mut self, part: Part<M>, now_ms: i64) -> Merged {
        if part.node == *self.own.node() {
            return Merged::Known;
        }
        let node = part.node.clone();
        let unknown = Held::nothing(0);
        let merged = self.others.get(&node).unwrap_or(&unknown).judge(&part);
        if merged == Merged::New {
            let held = self.others.entry(node.clone()).or_insert(unknown);
            let changes = held.take_in(part);
            self.apply(&node, changes, now_ms);
        }
        merged
    }

    /// Forgets another node and its pages, until it says something again.
    pub fn drop_node(&mut self, node: &NodeName, now_ms: i64) {
        if let Some(held) = self.others.remove(node) {
            let removed = held.pages.into_values().collect();
            self.apply(node, Changes { removed, added: Vec::new() }, now_ms);
        }
    }

    /// Whether there is something to tell.
    pub fn has_news(&self) -> bool {
        !self.touched.is_empty()
    }

    /// What changed since this was last asked, one diff per topic.
    pub fn take_news(&mut self) -> Vec<Diff> {
        self.touched.take(|topic, key| self.roster.contains(topic, key))
    }

    fn leaving(&self, topic: &str, key: &str) -> Option<u64> {
        let mut pages = self.roster.pages_of(self.own.node(), topic, key);
        pages.find(|page| page.left_ms.is_some()).map(|page| page.number)
    }

    fn apply_own(&mut self, changes: Changes<M>, now_ms: i64) {
        let node = self.own.node().clone();
        self.apply(&node, changes, now_ms);
    }

    fn apply(&mut self, node: &NodeName, changes: Changes<M>, now_ms: i64) {
        for page in changes.removed.iter().chain(&changes.added) {
            let was_here = self.roster.contains(&page.topic, &page.key);
            self.touched.note(&page.topic, &page.key, was_here);
        }
        for page in &changes.removed {
            self.roster.remove(node, page);
        }
        for page in changes.added {
            self.emptied.forget(&page.topic);
            self.roster.add(node, page);
        }
        for page in changes.removed.iter().filter(|page| !self.roster.has(&page.topic)) {
            self.emptied.remember(&page.topic, now_ms);
        }
    }
}
