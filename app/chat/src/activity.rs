//! What goes on in the whole house, once a second at most: for lists of rooms.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
};

use pubsub::{Bus, Subscription, Topic};
use tokio::sync::Notify;

use crate::{Change, FactsChanged, RoomId, What};

/// Rooms that are told by name. More than this within a second: all of them.
const ROOMS_MAX: usize = 10_000;

/// The rooms where something happened lately: something said, somebody who came or went, another
/// title. At most one per second, whatever happens; what it tells of can be read. One that names
/// nothing: somebody came to the house, or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub rooms: Arc<BTreeSet<RoomId>>,
    /// Rooms appeared, vanished, or changed what they are called; or so much happened that `rooms`
    /// does not have all of it.
    pub facts: bool,
}

/// What happened and was not told yet.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    news: Mutex<News>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct News {
    rooms: BTreeSet<RoomId>,
    facts: bool,
    people: bool,
}

impl Lately {
    /// Something happened in `room`.
    pub fn note(&self, room: &RoomId) {
        let mut news = self.news();
        if news.rooms.len() >= ROOMS_MAX && !news.rooms.contains(room) {
            *news = News { facts: true, ..News::default() };
        }
        if !news.rooms.contains(room) {
            news.rooms.insert(room.clone());
        }
        drop(news);
        self.woken.notify_one();
    }

    /// What rooms are like changed, or nobody knows what changed.
    pub fn note_facts(&self) {
        self.news().facts = true;
        self.woken.notify_one();
    }

    /// Somebody came to the house, or went.
    pub fn note_people(&self) {
        self.news().people = true;
        self.woken.notify_one();
    }

    /// Waits until something happened, for one reader.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub async fn wait(&self) {
        while self.is_empty() {
            self.woken.notified().await;
        }
    }

    /// Everything so far, in one.
    pub fn take(&self) -> Activity {
        let News { rooms, facts, people: _ } = std::mem::take(&mut *self.news());
        Activity { rooms: Arc::new(rooms), facts }
    }

    fn is_empty(&self) -> bool {
        let news = self.news();
        news.rooms.is_empty() && !news.facts && !news.people
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().expect("no panic while the news is held")
    }
}

/// A bus that notes what passes: nothing is announced that is not noted.
pub(crate) struct Noting<T> {
    pub bus: Arc<dyn Bus<T>>,
    pub lately: Arc<Lately>,
}

/// What a hint says about the house.
pub(crate) trait Newsworthy {
    fn note(&self, lately: &Lately);
}

impl Newsworthy for Change {
    fn note(&self, lately: &Lately) {
        lately.note(&self.room);
        if matches!(self.what, What::Opened | What::Erased) {
            lately.note_facts();
        }
    }
}

impl Newsworthy for FactsChanged {
    fn note(&self, lately: &Lately) {
        lately.note(&self.room);
        lately.note_facts();
    }
}

impl<T: Newsworthy + Clone + Send + 'static> Bus<T> for Noting<T> {
    fn publish(&self, topic: &Topic<T>, hint: T) {
        hint.note(&self.lately);
        self.bus.publish(topic, hint);
    }

    fn subscribe(&self, topic: &Topic<T>, capacity: usize) -> Subscription<T> {
        self.bus.subscribe(topic, capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rooms: &[&RoomId]) -> Arc<BTreeSet<RoomId>> {
        Arc::new(rooms.iter().map(|room| (*room).clone()).collect())
    }

    #[tokio::test]
    async fn what_happened_is_told_once_and_together() {
        let (kitchen, cellar) = (RoomId::random(), RoomId::random());
        let lately = Lately::default();
        for room in [&kitchen, &cellar, &kitchen] {
            lately.note(room);
        }
        lately.wait().await;
        let told = Activity { rooms: names(&[&kitchen, &cellar]), facts: false };
        assert_eq!(lately.take(), told);
        assert!(lately.is_empty(), "nothing is told twice");
        lately.note_people();
        lately.wait().await;
        assert_eq!(lately.take(), Activity { rooms: names(&[]), facts: false });
    }

    #[test]
    fn too_many_rooms_are_all_rooms() {
        let lately = Lately::default();
        let rooms: Vec<_> = (0..=ROOMS_MAX).map(|_| RoomId::random()).collect();
        rooms.iter().for_each(|room| lately.note(room));
        rooms[..2].iter().for_each(|room| lately.note(room));
        let told = lately.take();
        assert!(told.facts && told.rooms.len() == 3, "the last three, and a word about the others");
    }

    #[test]
    fn a_bus_that_notes_is_a_bus() {
        let lately = Arc::new(Lately::default());
        let bus = Noting { bus: Arc::new(pubsub::LocalBus::new()), lately: lately.clone() };
        let kitchen = RoomId::random();
        let topic = crate::topics::room(&kitchen);
        let mut heard = bus.subscribe(&topic, 4);
        let change = Change { room: kitchen.clone(), number: 1, what: What::Opened };
        bus.publish(&topic, change.clone());
        assert_eq!(heard.try_recv(), Some(pubsub::Received::Hint(change)));
        assert_eq!(lately.take(), Activity { rooms: names(&[&kitchen]), facts: true });
    }
}
