//! The cards that are still to come: which jobs for messages are not over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard},
};

use pipeline::JobId;
use tokio::sync::watch;

/// Links to one host in messages that may wait at a time. Full: those after it have no card, because
/// one slow host must not hold up the cards of all others.
const OF_ONE_HOST_MAX: usize = 1_000;

/// Jobs for messages that wait or run.
pub(crate) struct Waiting {
    jobs: Mutex<Jobs>,
    /// Counts what was over, for whoever waits.
    over: watch::Sender<u64>,
}

#[derive(Default)]
struct Jobs {
    hosts: BTreeMap<JobId, String>,
    of_host: HashMap<String, usize>,
}

impl Waiting {
    pub fn new(left: impl Iterator<Item = (JobId, String)>) -> Self {
        let mut jobs = Jobs::default();
        left.for_each(|(id, host)| jobs.add(id, host));
        Self { jobs: Mutex::new(jobs), over: watch::channel(0).0 }
    }

    /// Takes note of a job that is about to be pushed. `false`: too many for its host wait.
    pub fn add(&self, id: &JobId, host: &str) -> bool {
        let mut jobs = self.lock();
        let fits = jobs.of_host.get(host).is_none_or(|count| *count < OF_ONE_HOST_MAX);
        if fits {
            jobs.add(id.clone(), host.to_owned());
        }
        fits
    }

    /// Whether it is still wanted.
    pub fn has(&self, id: &JobId) -> bool {
        self.lock().hosts.contains_key(id)
    }

    /// Nothing more comes of it.
    pub fn over(&self, id: &JobId) {
        self.lock().remove(id);
        self.over.send_modify(|count| *count += 1);
    }

    /// Waits until all that wait now are over.
    pub async fn all_over(&self) {
        let mut over = self.over.subscribe();
        let left: Vec<_> = self.lock().hosts.keys().cloned().collect();
        loop {
            over.mark_unchanged();
            let is_left = {
                let jobs = self.lock();
                left.iter().any(|id| jobs.hosts.contains_key(id))
            };
            if !is_left || over.changed().await.is_err() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().expect("no panic while the jobs are held")
    }
}

impl Jobs {
    fn add(&mut self, id: JobId, host: String) {
        if let std::collections::btree_map::Entry::Vacant(entry) = self.hosts.entry(id) {
            *self.of_host.entry(host.clone()).or_default() += 1;
            entry.insert(host);
        }
    }

    fn remove(&mut self, id: &JobId) {
        let Some(host) = self.hosts.remove(id) else { return };
        let Some(count) = self.of_host.get_mut(&host) else { return };
        *count -= 1;
        if *count == 0 {
            self.of_host.remove(&host);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn id(number: usize) -> JobId {
        JobId::new(&format!("m-{number}")).expect("an id")
    }

    #[test]
    fn one_host_may_have_so_many() {
        let waiting = Waiting::new(std::iter::once((id(0), "tea.test".to_owned())));
        for number in 1..OF_ONE_HOST_MAX {
            assert!(waiting.add(&id(number), "tea.test"));
        }
        assert!(!waiting.add(&id(OF_ONE_HOST_MAX), "tea.test"));
        assert!(waiting.add(&id(OF_ONE_HOST_MAX), "cake.test"), "another host has its own");
        waiting.over(&id(0));
        waiting.over(&id(0));
        assert!(waiting.add(&id(OF_ONE_HOST_MAX + 1), "tea.test"));
        assert!(!waiting.add(&id(OF_ONE_HOST_MAX + 2), "tea.test"), "over twice is over once");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_waited_for_what_waits_now_and_not_for_more() {
        let waiting = Waiting::new([(id(0), "a.test".to_owned())].into_iter());
        let long = Duration::from_secs(3_600);
        assert!(tokio::time::timeout(long, waiting.all_over()).await.is_err(), "it still waits");
        let all_over = waiting.all_over();
        tokio::pin!(all_over);
        assert!(tokio::time::timeout(Duration::ZERO, &mut all_over).await.is_err());
        waiting.add(&id(1), "a.test");
        waiting.over(&id(0));
        assert!(tokio::time::timeout(long, all_over).await.is_ok(), "the later one does not count");
    }
}
