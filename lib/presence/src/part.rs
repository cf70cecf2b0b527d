//! What one node says about its own pages, and how another takes it in.
//!
//! Each node writes one part, and counts its changes. Of two parts of a node the one with the
//! higher count is newer and says everything the other could say, so parts may arrive late, twice
//! or in any order: a version vector with one writer per place, as in Phoenix's tracker ("An
//! optimized conflict-free replicated set", Bieniusa and others, 2012), without its dots.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

/// The name of a node. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeName(Arc<str>);

impl<T: Into<Arc<str>>> From<T> for NodeName {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page: open, or closed so shortly ago that its person may come back.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Page<M> {
    /// Its number on its node in this run; never used twice.
    pub number: u64,
    /// The count of its node when it was last written.
    pub version: u64,
    pub topic: Arc<str>,
    pub key: Arc<str>,
    /// Behind a pointer, so that writing the rest asks nothing of `M`.
    pub meta: Arc<M>,
    pub opened_ms: i64,
    /// Since when its key was known to be here when it was opened.
    pub since_ms: i64,
    /// When it was closed.
    pub left_ms: Option<i64>,
}

// Written out because a derive would ask the same of `M`.
impl<M> Clone for Page<M> {
    fn clone(&self) -> Self {
        Self {
            number: self.number,
            version: self.version,
            topic: self.topic.clone(),
            key: self.key.clone(),
            meta: self.meta.clone(),
            opened_ms: self.opened_ms,
            since_ms: self.since_ms,
            left_ms: self.left_ms,
        }
    }
}

/// What one node says about its own pages: all of them, or what changed after some version.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Part<M> {
    pub(crate) node: NodeName,
    pub(crate) run: u64,
    /// The version it builds on; none when it is whole.
    pub(crate) after: Option<u64>,
    pub(crate) version: u64,
    pub(crate) pages: Vec<Arc<Page<M>>>,
    /// Numbers of the pages that went after `after`. Empty when it is whole.
    pub(crate) gone: Vec<u64>,
}

impl<M> Part<M> {
    /// Whose pages these are.
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// How many changes that node had made; [`crate::Presence::part_since`] continues from here.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether it says everything, or only what changed after some version.
    pub fn is_whole(&self) -> bool {
        self.after.is_none()
    }

    /// How many pages and removals it carries: what it costs to send.
    pub fn size(&self) -> usize {
        self.pages.len() + self.gone.len()
    }
}

impl<M> Clone for Part<M> {
    fn clone(&self) -> Self {
        Self {
            node: self.node.clone(),
            run: self.run,
            after: self.after,
            version: self.version,
            pages: self.pages.clone(),
            gone: self.gone.clone(),
        }
    }
}

/// What became of a part that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "after a gap, ask that node again"]
pub enum Merged {
    /// It was newer than what was known, and is what is known now.
    New,
    /// It said nothing that was not known already.
    Known,
    /// It builds on changes that never arrived, and nothing was taken from it: ask that node for
    /// [`crate::Presence::part_since`] this version. Version 0 asks for the whole part.
    Gap {
        /// The last version that is known of that node.
        after: u64,
    },
}

/// A node's pages as far as they are known: always exactly what they were at some version.
#[derive(Debug)]
pub(crate) struct Held<M> {
    pub run: u64,
    pub version: u64,
    pub pages: BTreeMap<u64, Arc<Page<M>>>,
}

/// Pages that are no longer what they were, and pages as they are now.
#[derive(Debug)]
pub(crate) struct Changes<M> {
    pub removed: Vec<Arc<Page<M>>>,
    pub added: Vec<Arc<Page<M>>>,
}

impl<M> Held<M> {
    /// Nothing known of a node.
    pub fn nothing(run: u64) -> Self {
        Self { run, version: 0, pages: BTreeMap::new() }
    }

    /// What taking in `part` would mean.
    pub fn judge(&self, part: &Part<M>) -> Merged {
        if (part.run, part.version) <= (self.run, self.version) {
            return Merged::Known;
        }
        match part.after {
            Some(_) if self.run != part.run => Merged::Gap { after: 0 },
            Some(after) if self.version < after => Merged::Gap { after: self.version },
            _ => Merged::New,
        }
    }

    /// Takes in a part that was judged [`Merged::New`].
    pub fn take_in(&mut self, part: Part<M>) -> Changes<M> {
        let gone = self.gone_with(&part);
        let mut removed: Vec<_> = gone.iter().filter_map(|page| self.pages.remove(page)).collect();
        let mut added = Vec::new();
        for page in part.pages {
            let held = self.pages.get(&page.number);
            if held.is_some_and(|held| held.version == page.version) {
                continue;
            }
            removed.extend(self.pages.insert(page.number, page.clone()));
            added.push(page);
        }
        (self.run, self.version) = (part.run, part.version);
        Changes { removed, added }
    }

    fn gone_with(&self, part: &Part<M>) -> Vec<u64> {
        if part.after.is_some() {
            return part.gone.clone();
        }
        // After a restart the same numbers mean other pages, so none of them stays.
        let stay: BTreeSet<u64> = match part.run == self.run {
            true => part.pages.iter().map(|page| page.number).collect(),
            false => BTreeSet::new(),
        };
        self.pages.keys().filter(|number| !stay.contains(number)).copied().collect()
    }
}
