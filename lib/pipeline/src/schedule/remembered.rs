//! Jobs that were done lately.

use std::collections::{HashSet, VecDeque};

use crate::JobId;

/// The last ids that were put in, so many of them.
#[derive(Debug)]
pub(super) struct Remembered {
    max: usize,
    order: VecDeque<JobId>,
    ids: HashSet<JobId>,
}

impl Remembered {
    pub(super) fn new(max: usize) -> Self {
        Self { max, order: VecDeque::new(), ids: HashSet::new() }
    }

    pub(super) fn contains(&self, id: &JobId) -> bool {
        self.ids.contains(id)
    }

    /// Remembers `id`; the oldest one is forgotten for it.
    pub(super) fn add(&mut self, id: JobId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
