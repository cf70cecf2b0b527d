//! The bus within one process.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use crate::{Bus, Mailbox, Subscription, Topic};

/// Carries hints between the tasks of this process. Cheap to clone; all clones are one bus.
///
/// Subscribers of a topic all see its hints in the same order.
pub struct LocalBus<T>(Arc<Topics<T>>);

struct Topics<T>(Mutex<HashMap<Arc<str>, Arc<Subscribers<T>>>>);

/// A topic's own lock, so that a room with thousands of readers does not hold up the others.
struct Subscribers<T>(Mutex<Numbered<T>>);

struct Numbered<T> {
    next: u64,
    mailboxes: BTreeMap<u64, Arc<Mailbox<T>>>,
}

impl<T> LocalBus<T> {
    /// A bus without topics.
    pub fn new() -> Self {
        Self(Arc::new(Topics(Mutex::new(HashMap::new()))))
    }

    /// How many topics have subscribers: what the bus costs.
    pub fn topics(&self) -> usize {
        self.0.lock().len()
    }

    /// How many subscriptions `topic` has.
    pub fn subscribers(&self, topic: &Topic<T>) -> usize {
        let found = self.0.lock().get(topic.name()).cloned();
        found.map_or(0, |subscribers| subscribers.lock().mailboxes.len())
    }
}

impl<T: Clone + Send + 'static> Bus<T> for LocalBus<T> {
    fn publish(&self, topic: &Topic<T>, hint: T) {
        let Some(subscribers) = self.0.lock().get(topic.name()).cloned() else { return };
        let subscribers = subscribers.lock();
        for mailbox in subscribers.mailboxes.values() {
            mailbox.offer(hint.clone());
        }
    }

    fn subscribe(&self, topic: &Topic<T>, capacity: usize) -> Subscription<T> {
        let mailbox = Mailbox::new(capacity);
        let name = topic.shared_name();
        // Under the lock of all topics, so that the topic cannot be removed in between.
        let number = {
            let mut topics = self.0.lock();
            let subscribers = topics.entry(name.clone()).or_insert_with(Subscribers::empty);
            subscribers.lock().add(mailbox.clone())
        };
        let topics = Arc::downgrade(&self.0);
        Subscription::new(mailbox, Unsubscribe { topics, name, number })
    }
}

impl<T> Topics<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Subscribers<T>>>> {
        self.0.lock().expect("no panic while the topics are held")
    }
}

impl<T> Subscribers<T> {
    fn empty() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Numbered { next: 0, mailboxes: BTreeMap::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Numbered<T>> {
        self.0.lock().expect("no panic while subscribers are held")
    }
}

impl<T> Numbered<T> {
    fn add(&mut self, mailbox: Arc<Mailbox<T>>) -> u64 {
        self.next += 1;
        self.mailboxes.insert(self.next, mailbox);
        self.next
    }
}

/// Takes one subscription out, and its topic with it when it was the last.
struct Unsubscribe<T> {
    topics: Weak<Topics<T>>,
    name: Arc<str>,
    number: u64,
}

impl<T> Drop for Unsubscribe<T> {
    fn drop(&mut self) {
        let Some(topics) = self.topics.upgrade() else { return };
        let mut topics = topics.lock();
        let Some(subscribers) = topics.get(&self.name).cloned() else { return };
        let mut subscribers = subscribers.lock();
        subscribers.mailboxes.remove(&self.number);
        if subscribers.mailboxes.is_empty() {
            topics.remove(&self.name);
        }
    }
}

impl<T> Clone for LocalBus<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for LocalBus<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for LocalBus<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalBus").field("topics", &self.topics()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Received;

    #[test]
    fn an_empty_topic_costs_nothing() {
        let bus = LocalBus::<u64>::new();
        let kitchen = Topic::new("room:kitchen");
        bus.publish(&kitchen, 1);
        assert_eq!(bus.topics(), 0);
        let (ana, ben) = (bus.subscribe(&kitchen, 4), bus.subscribe(&kitchen, 4));
        assert_eq!((bus.topics(), bus.subscribers(&kitchen)), (1, 2));
        drop(ana);
        assert_eq!((bus.topics(), bus.subscribers(&kitchen)), (1, 1));
        drop(ben);
        assert_eq!((bus.topics(), bus.subscribers(&kitchen)), (0, 0));
    }

    #[test]
    fn a_subscription_outlives_its_bus() {
        let bus = LocalBus::new();
        let mut ana = bus.subscribe(&Topic::new("room:kitchen"), 4);
        bus.publish(&Topic::new("room:kitchen"), 1);
        drop(bus);
        assert_eq!(ana.try_recv(), Some(Received::Hint(1)));
        assert_eq!(ana.try_recv(), None);
    }
}
