//! Pages that are opened, closed, killed, loaded again and updated in any order, against a model
//! that knows when each was open.

use std::collections::{BTreeMap, BTreeSet};

use presence::{Config, Diff, Entry, Tracked};
use proptest::prelude::*;
use pubsub::{Received, Subscription};

use crate::house::{GRACE_MS, House, KITCHEN, PACE_MS};

const KEYS: [&str; 3] = ["ana", "ben", "cem"];

#[derive(Clone, Debug)]
enum Step {
    Open {
        key: usize,
    },
    /// Which page counts from the oldest, around.
    Close {
        page: usize,
    },
    Kill {
        page: usize,
    },
    /// Closes a page and opens one of the same key after a time.
    Reload {
        page: usize,
        after_ms: u64,
    },
    Update {
        page: usize,
        meta: u32,
    },
    Pass {
        ms: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let page = || 0..8_usize;
    // Even, so that no step falls on the end of a grace time.
    let ms = |ms_max: u64| (0..=ms_max / 2).prop_map(|half| half * 2);
    let step = prop_oneof![
        4 => (0..KEYS.len()).prop_map(|key| Step::Open { key }),
        2 => page().prop_map(|page| Step::Close { page }),
        1 => page().prop_map(|page| Step::Kill { page }),
        2 => (page(), ms(GRACE_MS - 1)).prop_map(|(page, after_ms)| Step::Reload { page, after_ms }),
        1 => (page(), ms(GRACE_MS * 2)).prop_map(|(page, after_ms)| Step::Reload { page, after_ms }),
        2 => (page(), 0..3_u32).prop_map(|(page, meta)| Step::Update { page, meta }),
        2 => ms(GRACE_MS).prop_map(|ms| Step::Pass { ms }),
        1 => ms(PACE_MS).prop_map(|ms| Step::Pass { ms }),
    ];
    proptest::collection::vec(step, 1..50)
}

struct Page {
    key: &'static str,
    meta: u32,
    tracked: Tracked<u32>,
}

/// When the last page of a key was closed, and what it said.
#[derive(Clone, Copy)]
struct Left {
    at_ms: i64,
    meta: u32,
}

/// What should be, said as simply as possible.
#[derive(Default)]
struct Model {
    pages: Vec<Page>,
    since_ms: BTreeMap<&'static str, i64>,
    left: BTreeMap<&'static str, Left>,
}

impl Model {
    fn list(&self, now_ms: i64) -> Vec<Entry<u32>> {
        let mut list: Vec<_> = KEYS.iter().filter_map(|key| self.entry(key, now_ms)).collect();
        list.sort_by_key(|entry| (entry.since_ms, entry.key.clone()));
        list
    }

    /// Whether a grace time ended so shortly before that it may not be told yet.
    fn just_ended(&self, now_ms: i64) -> bool {
        self.left.values().any(|left| {
            let ago_ms = now_ms - left.at_ms - GRACE_MS as i64;
            (0..=PACE_MS as i64 + 2).contains(&ago_ms)
        })
    }

    fn entry(&self, key: &'static str, now_ms: i64) -> Option<Entry<u32>> {
        let pages = self.pages.iter().filter(|page| page.key == key);
        let mut metas: Vec<u32> = pages.map(|page| page.meta).collect();
        let leaving = metas.is_empty();
        if leaving {
            let left = self.left.get(key)?;
            if now_ms - left.at_ms > GRACE_MS as i64 {
                return None;
            }
            metas.push(left.meta);
        }
        let since_ms = *self.since_ms.get(key)?;
        Some(Entry { key: key.into(), metas, since_ms, leaving })
    }
}

/// Somebody who listed once and follows diffs since.
struct Follower {
    subscription: Subscription<Diff>,
    /// Changed by what diffs say, without looking.
    keys: BTreeSet<String>,
    /// Changed by looking up the keys that diffs name.
    entries: BTreeMap<String, Entry<u32>>,
}

impl Follower {
    fn new(house: &House) -> Self {
        let subscription = house.presence.subscribe(KITCHEN);
        let mut follower = Self { subscription, keys: BTreeSet::new(), entries: BTreeMap::new() };
        follower.list(house);
        follower
    }

    fn list(&mut self, house: &House) {
        let list = house.presence.list(KITCHEN).into_iter();
        self.entries = list.map(|entry| (entry.key.to_string(), entry)).collect();
        self.keys = self.entries.keys().cloned().collect();
    }

    /// Reads what waits, and gives back who was told to be away.
    fn catch_up(&mut self, house: &House) -> Vec<String> {
        let mut away = Vec::new();
        while let Some(received) = self.subscription.try_recv() {
            let Received::Hint(diff) = received else {
                self.list(house);
                continue;
            };
            away.extend(diff.leaves.iter().map(|key| key.to_string()));
            self.keys.retain(|key| !diff.leaves.iter().any(|left| **left == **key));
            self.keys.extend(diff.joins.iter().map(|key| key.to_string()));
            for key in
                [&diff.joins, &diff.leaves, &diff.updates].into_iter().flat_map(|keys| keys.iter())
            {
                match house.presence.entry(KITCHEN, key) {
                    Some(entry) => self.entries.insert(key.to_string(), entry),
                    None => self.entries.remove(&**key),
                };
            }
        }
        away
    }

    fn agrees(&mut self, house: &House) {
        self.catch_up(house);
        let list = house.presence.list(KITCHEN).into_iter();
        let list: BTreeMap<_, _> = list.map(|entry| (entry.key.to_string(), entry)).collect();
        assert_eq!(self.entries, list);
        assert_eq!(self.keys, list.into_keys().collect());
    }
}

struct Run {
    house: House,
    model: Model,
    /// Reads after every step.
    prompt: Follower,
    /// Starts at some time, and reads now and then.
    late: Option<Follower>,
}

impl Run {
    async fn new() -> Self {
        let house = House::with(Config { mailbox_diffs: 4, ..Config::default() });
        house.pass_ms(2).await;
        let prompt = Follower::new(&house);
        Self { house, model: Model::default(), prompt, late: None }
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Open { key } => self.open(KEYS[key]),
            Step::Close { page } => drop(self.close(page)),
            Step::Kill { page } => self.kill(page).await,
            Step::Reload { page, after_ms } => {
                if let Some(key) = self.close(page) {
                    self.pass(after_ms).await;
                    self.open(key);
                }
            }
            Step::Update { page, meta } => self.update(page, meta),
            Step::Pass { ms } => self.pass(ms).await,
        }
        self.read();
        let now_ms = self.house.clock.now_ms();
        assert_eq!(self.house.presence.list(KITCHEN), self.model.list(now_ms), "after {step:?}");
    }

    fn open(&mut self, key: &'static str) {
        let now_ms = self.house.clock.now_ms();
        let is_new = self.model.entry(key, now_ms).is_none();
        if is_new {
            self.model.since_ms.insert(key, now_ms);
        }
        let tracked = self.house.track(key);
        self.model.pages.push(Page { key, meta: 0, tracked });
    }

    fn take(&mut self, page: usize) -> Option<Page> {
        let count = self.model.pages.len();
        (count > 0).then(|| self.model.pages.remove(page % count))
    }

    fn closed(&mut self, key: &'static str, meta: u32) {
        let at_ms = self.house.clock.now_ms();
        self.model.left.insert(key, Left { at_ms, meta });
    }

    fn close(&mut self, page: usize) -> Option<&'static str> {
        let page = self.take(page)?;
        self.closed(page.key, page.meta);
        Some(page.key)
    }

    /// Its task is dropped somewhere, without a word.
    async fn kill(&mut self, page: usize) {
        let Some(page) = self.take(page) else { return };
        let task = self.house.scope.spawn("page", async move {
            let _open = page.tracked;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        task.abort();
        assert_eq!(task.join().await, None);
        self.closed(page.key, page.meta);
    }

    fn update(&mut self, page: usize, meta: u32) {
        let count = self.model.pages.len();
        let Some(page) = self.model.pages.get_mut(page % count.max(1)) else { return };
        page.tracked.update(|old| *old = meta);
        page.meta = meta;
    }

    async fn pass(&mut self, ms: u64) {
        self.house.pass_ms(ms).await;
        self.read();
        if ms > PACE_MS * 2 && !self.model.just_ended(self.house.clock.now_ms()) {
            self.prompt.agrees(&self.house);
            match &mut self.late {
                Some(late) => late.agrees(&self.house),
                none => *none = Some(Follower::new(&self.house)),
            }
        }
    }

    /// Whoever is away for a reader is away: nobody who comes back in time is ever told to leave.
    fn read(&mut self) {
        for key in self.prompt.catch_up(&self.house) {
            assert!(!self.house.presence.contains(KITCHEN, &key), "{key} is here");
        }
    }

    async fn end(mut self) {
        self.pass(GRACE_MS * 2).await;
        let open: BTreeSet<&str> = self.model.pages.iter().map(|page| page.key).collect();
        let mut keys = self.house.keys();
        keys.sort();
        assert_eq!(keys, Vec::from_iter(open), "those with an open page, and nobody else");
        self.model.pages.clear();
        self.pass(GRACE_MS * 2).await;
        assert_eq!(self.house.presence.topics(), []);
        assert_eq!(self.house.presence.part().size(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The list is that of the model at every step, nobody who comes back in time is away, and
    /// diffs lead from any list to the later ones.
    #[test]
    fn the_list_is_the_set_of_open_pages(steps in steps()) {
        crate::house::paused().block_on(async {
            let mut run = Run::new().await;
            for step in &steps {
                run.step(step).await;
            }
            run.end().await;
        });
    }
}
