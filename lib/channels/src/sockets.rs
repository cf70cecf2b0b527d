//! Which sockets are open under an id, so that they can be closed together.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::outbox::Outbox;

/// The open sockets that have an id. One entry per socket, which that socket takes out again.
#[derive(Default)]
pub(crate) struct Sockets(Mutex<Open>);

#[derive(Default)]
struct Open {
    outboxes: BTreeMap<(Arc<str>, u64), Arc<Outbox>>,
    last_number: u64,
}

impl Sockets {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().expect("no panic while the sockets are held")
    }

    /// Returns the socket's number, by which it is taken out.
    pub fn insert(&self, id: Arc<str>, outbox: Arc<Outbox>) -> u64 {
        let mut open = self.lock();
        open.last_number += 1;
        let number = open.last_number;
        open.outboxes.insert((id, number), outbox);
        number
    }

    pub fn remove(&self, id: Arc<str>, number: u64) {
        let removed = self.lock().outboxes.remove(&(id, number));
        drop(removed);
    }

    /// Closes every socket of `id`; how many there were.
    pub fn disconnect(&self, id: &str) -> usize {
        let id: Arc<str> = id.into();
        let all = (id.clone(), 0)..=(id, u64::MAX);
        let found: Vec<_> =
            self.lock().outboxes.extract_if(all, |_, _| true).map(|(_, outbox)| outbox).collect();
        found.iter().for_each(|outbox| outbox.disconnect());
        found.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::outbox::Bounds;

    fn outbox() -> Arc<Outbox> {
        let bounds = Bounds { frames_max: 1, bytes_max: 1, feed_backlog_max: 1 };
        Arc::new(Outbox::new(bounds))
    }

    #[derive(Clone, Debug)]
    enum Step {
        Open(usize),
        Gone(usize),
        Disconnect(usize),
    }

    const IDS: [&str; 4] = ["", "a", "ab", "b"];

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (0..IDS.len()).prop_map(Step::Open),
            1 => any::<usize>().prop_map(Step::Gone),
            1 => (0..IDS.len()).prop_map(Step::Disconnect),
        ];
        prop::collection::vec(step, 0..40)
    }

    proptest! {
        #[test]
        fn whoever_is_open_under_the_id_is_closed_and_nobody_else(steps in steps()) {
            let (sockets, mut open) = (Sockets::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Open(id) => open.push((id, sockets.insert(IDS[id].into(), outbox()))),
                    Step::Gone(which) if !open.is_empty() => {
                        let (id, number) = open.swap_remove(which % open.len());
                        sockets.remove(IDS[id].into(), number);
                    }
                    Step::Gone(_) => {}
                    Step::Disconnect(id) => {
                        let before = open.len();
                        open.retain(|(other, _)| *other != id);
                        prop_assert_eq!(sockets.disconnect(IDS[id]), before - open.len());
                    }
                }
                prop_assert_eq!(sockets.lock().outboxes.len(), open.len());
            }
        }
    }
}
