//! The pages of all nodes by topic and key: what is read.

use std::{
    collections::{BTreeMap, btree_map::Entry as Slot},
    sync::Arc,
};

use crate::part::{NodeName, Page};

/// One key on one topic, however many pages it has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<M> {
    /// Who.
    pub key: Arc<str>,
    /// One per open page, oldest first. While `leaving`, that of the page that was closed last.
    pub metas: Vec<M>,
    /// Since when, in milliseconds since the epoch; a page that returns in time keeps it.
    pub since_ms: i64,
    /// No page is open any more, and the grace time is not over.
    pub leaving: bool,
}

impl<M: Clone> Entry<Arc<M>> {
    pub(crate) fn into_owned(self) -> Entry<M> {
        let metas = self.metas.into_iter().map(Arc::unwrap_or_clone).collect();
        Entry { key: self.key, metas, since_ms: self.since_ms, leaving: self.leaving }
    }
}

/// Every page that is known, open or leaving. Maps are trees, which give memory back.
#[derive(Debug)]
pub(crate) struct Roster<M> {
    topics: BTreeMap<Arc<str>, Keys<M>>,
}

/// The keys of one topic and their seats, which are in the order of [`Seat::place`].
type Keys<M> = BTreeMap<Arc<str>, Vec<Seat<M>>>;

/// A page and its node.
#[derive(Debug)]
struct Seat<M> {
    node: NodeName,
    page: Arc<Page<M>>,
}

impl<M> Seat<M> {
    fn place(&self) -> (i64, &NodeName, u64) {
        (self.page.opened_ms, &self.node, self.page.number)
    }
}

impl<M> Roster<M> {
    /// Nobody is here.
    pub fn empty() -> Self {
        Self { topics: BTreeMap::new() }
    }

    /// Adds a page of `node`, which has none with this number here.
    pub fn add(&mut self, node: &NodeName, page: Arc<Page<M>>) {
        let keys = self.topics.entry(page.topic.clone()).or_default();
        let seats = keys.entry(page.key.clone()).or_default();
        let seat = Seat { node: node.clone(), page };
        let at = seats.partition_point(|other| other.place() < seat.place());
        seats.insert(at, seat);
    }

    /// Takes a page of `node` out, and its key and topic when it was their last.
    pub fn remove(&mut self, node: &NodeName, page: &Page<M>) {
        let Slot::Occupied(mut keys) = self.topics.entry(page.topic.clone()) else { return };
        let Slot::Occupied(mut seats) = keys.get_mut().entry(page.key.clone()) else { return };
        seats.get_mut().retain(|seat| seat.page.number != page.number || seat.node != *node);
        if seats.get().is_empty() {
            seats.remove();
        }
        if keys.get().is_empty() {
            keys.remove();
        }
    }

    /// The names as they are stored already, or stored anew.
    pub fn names(&self, topic: &str, key: &str) -> (Arc<str>, Arc<str>) {
        let Some((known, keys)) = self.topics.get_key_value(topic) else {
            return (topic.into(), key.into());
        };
        let key = keys.get_key_value(key).map_or_else(|| key.into(), |(known, _)| known.clone());
        (known.clone(), key)
    }

    /// The pages of one key that belong to `node`.
    pub fn pages_of<'a>(
        &'a self,
        node: &'a NodeName,
        topic: &str,
        key: &str,
    ) -> impl Iterator<Item = &'a Arc<Page<M>>> {
        let seats = self.seats(topic, key).iter();
        seats.filter(move |seat| seat.node == *node).map(|seat| &seat.page)
    }

    /// Whether somebody is on `topic`.
    pub fn has(&self, topic: &str) -> bool {
        self.topics.contains_key(topic)
    }

    /// Whether `key` is on `topic`.
    pub fn contains(&self, topic: &str, key: &str) -> bool {
        !self.seats(topic, key).is_empty()
    }

    /// Since when `key` is on `topic`.
    pub fn since_ms(&self, topic: &str, key: &str) -> Option<i64> {
        self.seats(topic, key).iter().map(|seat| seat.page.since_ms).min()
    }

    /// How many keys are on `topic`.
    pub fn count(&self, topic: &str) -> usize {
        self.topics.get(topic).map_or(0, BTreeMap::len)
    }

    /// Topics with somebody, by name, and how many keys each has.
    pub fn topics(&self) -> impl Iterator<Item = (&str, usize)> {
        self.topics.iter().map(|(topic, keys)| (&**topic, keys.len()))
    }

    /// One key of a topic.
    pub fn entry(&self, topic: &str, key: &str) -> Option<Entry<Arc<M>>> {
        let (key, seats) = self.topics.get(topic)?.get_key_value(key)?;
        entry(key, seats)
    }

    /// Everyone on `topic`, who came first first.
    pub fn list(&self, topic: &str) -> Vec<Entry<Arc<M>>> {
        let keys = self.topics.get(topic).into_iter().flatten();
        let mut list: Vec<_> = keys.filter_map(|(key, seats)| entry(key, seats)).collect();
        // The keys are in order already, and a stable sort leaves them so.
        list.sort_by_key(|entry| entry.since_ms);
        list
    }

    fn seats(&self, topic: &str, key: &str) -> &[Seat<M>] {
        let seats = self.topics.get(topic).and_then(|keys| keys.get(key));
        seats.map_or(&[], Vec::as_slice)
    }
}

/// What is shown of a key: a function of its pages alone, so that all nodes show the same.
fn entry<M>(key: &Arc<str>, seats: &[Seat<M>]) -> Option<Entry<Arc<M>>> {
    let since_ms = seats.iter().map(|seat| seat.page.since_ms).min()?;
    let open = seats.iter().filter(|seat| seat.page.left_ms.is_none());
    let mut metas: Vec<_> = open.map(|seat| seat.page.meta.clone()).collect();
    let leaving = metas.is_empty();
    if leaving {
        let last = seats.iter().max_by_key(|seat| (seat.page.left_ms, seat.place()));
        metas.extend(last.map(|seat| seat.page.meta.clone()));
    }
    Some(Entry { key: key.clone(), metas, since_ms, leaving })
}
