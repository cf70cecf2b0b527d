//! Several nodes that exchange their parts in any order, lose some, are cut off and go down.

use std::collections::BTreeMap;

use presence::{Config, Merged, Part, Presence, Tracked};
use proptest::prelude::*;

use crate::house::{GRACE_MS, House, KITCHEN, PACE_MS, diff, paused, told};

const NODES: [&str; 3] = ["north", "east", "south"];

fn house(node: &str, run: u64) -> House {
    House::with(Config { node: node.into(), run, ..Config::default() })
}

/// Hands all that `from` says to `to`.
fn send(from: &House, to: &House) -> Merged {
    to.presence.merge(from.presence.part())
}

#[tokio::test(start_paused = true)]
async fn two_nodes_show_the_same_once_they_have_heard_each_other() {
    let (north, east) = (house("north", 0), house("east", 0));
    let mut kitchen = east.presence.subscribe(KITCHEN);
    let _ana = north.track("ana");
    let _ben = east.track("ben");
    let _ana_too = east.presence.track(KITCHEN, "ana", 7);
    assert_eq!((send(&north, &east), send(&east, &north)), (Merged::New, Merged::New));
    assert_eq!(send(&north, &east), Merged::Known);
    assert_eq!(north.presence.list(KITCHEN), east.presence.list(KITCHEN));
    assert_eq!(north.keys(), ["ana", "ben"]);
    assert_eq!(north.presence.list(KITCHEN)[0].metas.len(), 2);
    east.pass_ms(PACE_MS).await;
    assert_eq!(told(&mut kitchen), [diff(["ana", "ben"], [], [])]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_back_on_another_node_was_never_away() {
    let (north, east) = (house("north", 0), house("east", 0));
    let ana = north.track("ana");
    assert_eq!(send(&north, &east), Merged::New);
    east.pass_ms(PACE_MS).await;
    let mut kitchen = east.presence.subscribe(KITCHEN);
    drop(ana);
    assert_eq!(send(&north, &east), Merged::New);
    assert!(east.presence.list(KITCHEN)[0].leaving);
    east.clock.advance_ms(1_000);
    let _back = east.track("ana");
    north.pass_ms(GRACE_MS + 1).await;
    assert_eq!(send(&north, &east), Merged::New);
    east.pass_ms(PACE_MS).await;
    let entry = &east.presence.list(KITCHEN)[0];
    assert_eq!((entry.since_ms, entry.leaving, entry.metas.len()), (1_000, false, 1));
    // Leaving and back between two diffs, and later the old page gone.
    assert_eq!(told(&mut kitchen), vec![diff([], [], ["ana"]); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_loses_its_entries() {
    let (north, east) = (house("north", 0), house("east", 0));
    let (_ana, _ben) = (north.track("ana"), east.track("ben"));
    assert_eq!(send(&north, &east), Merged::New);
    east.pass_ms(PACE_MS).await;
    let mut kitchen = east.presence.subscribe(KITCHEN);
    east.presence.node_down(&"north".into());
    assert_eq!(east.keys(), ["ben"]);
    east.pass_ms(PACE_MS).await;
    assert_eq!(told(&mut kitchen), [diff([], ["ana"], [])]);
    // It was only cut off.
    assert_eq!(send(&north, &east), Merged::New);
    assert_eq!(east.keys(), ["ana", "ben"]);
}

/// Somebody may have listed in between, so silence would leave them with a ghost.
#[tokio::test(start_paused = true)]
async fn who_came_and_went_between_two_diffs_is_told_to_leave() {
    let (north, east) = (house("north", 0), house("east", 0));
    let mut kitchen = east.presence.subscribe(KITCHEN);
    let _ana = north.track("ana");
    assert_eq!(send(&north, &east), Merged::New);
    assert_eq!(east.keys(), ["ana"]);
    east.presence.node_down(&"north".into());
    east.pass_ms(PACE_MS).await;
    assert_eq!(told(&mut kitchen), [diff([], ["ana"], [])]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_started_again_replaces_what_it_said_before() {
    let east = house("east", 0);
    let first = house("north", 1);
    let _two = (first.track("ana"), first.track("ben"));
    let before = first.presence.part();
    assert_eq!(east.presence.merge(before.clone()), Merged::New);
    let second = house("north", 2);
    let _cem = second.track("cem");
    assert_eq!(send(&second, &east), Merged::New);
    assert_eq!(east.keys(), ["cem"]);
    assert_eq!(east.presence.merge(before), Merged::Known);
    let since = first.presence.part().version();
    let _dan = first.track("dan");
    assert_eq!(east.presence.merge(first.presence.part_since(since)), Merged::Known);
    assert_eq!(east.keys(), ["cem"]);
    // What changed in one run says nothing to whoever knows another.
    let third = house("north", 3);
    let _two = (third.track("eve"), third.track("fay"));
    assert_eq!(east.presence.merge(third.presence.part_since(1)), Merged::Gap { after: 0 });
    assert_eq!(east.presence.merge(third.presence.part_since(0)), Merged::New);
    assert_eq!(east.keys(), ["eve", "fay"]);
    assert!(third.presence.part_since(9).is_whole(), "nobody knows version 9 of this run");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_in_ones_own_name_is_ignored() {
    let (north, other) = (house("north", 0), house("north", 9));
    let _ana = north.track("ana");
    let _ben = other.track("ben");
    assert_eq!(send(&other, &north), Merged::Known);
    north.presence.node_down(&"north".into());
    assert_eq!(north.keys(), ["ana"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_costs_its_own_size_to_send_and_a_gap_is_noticed() {
    let (north, east) = (house("north", 0), house("east", 0));
    let mut crowd: Vec<_> = (0..1_000).map(|key| north.track(&key.to_string())).collect();
    assert_eq!(send(&north, &east), Merged::New);
    let told = north.presence.part().version();
    crowd.push(north.track("ana"));
    let first = north.presence.part_since(told);
    crowd[0].update(|meta| *meta = 5);
    let second = north.presence.part_since(first.version());
    assert_eq!((first.size(), second.size(), first.is_whole()), (1, 1, false));
    assert_eq!(east.presence.merge(second.clone()), Merged::Gap { after: told });
    assert_eq!(east.presence.merge(first), Merged::New);
    assert_eq!(east.presence.merge(second), Merged::New);
    assert_eq!(east.presence.list(KITCHEN), north.presence.list(KITCHEN));
    assert_eq!(north.presence.part_since(north.presence.part().version()).size(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_missed_too_many_removals_gets_the_whole_part() {
    let (north, east) = (house("north", 0), house("east", 0));
    // Another page of each keeps the key, so that a closed page goes at once.
    let _crowd = north.track("ana");
    assert_eq!(send(&north, &east), Merged::New);
    let told = north.presence.part().version();
    for _ in 0..100 {
        drop(north.track("ana"));
    }
    assert!(!north.presence.part_since(told).is_whole());
    for _ in 0..1_000 {
        drop(north.track("ana"));
    }
    let part = north.presence.part_since(told);
    assert_eq!((part.is_whole(), part.size()), (true, 1));
    assert_eq!(east.presence.merge(part), Merged::New);
    assert_eq!(east.presence.list(KITCHEN), north.presence.list(KITCHEN));
}

#[tokio::test(start_paused = true)]
async fn a_part_goes_over_a_wire() {
    let (north, east) = (house("north", 3), house("east", 0));
    let ana = north.track("ana");
    assert_eq!(send(&north, &east), Merged::New);
    let told = north.presence.part().version();
    let _ben = north.track("ben");
    drop(ana);
    for part in [north.presence.part_since(told), north.presence.part()] {
        let text = serde_json::to_string(&part).expect("a part is written");
        let read: Part<u32> = serde_json::from_str(&text).expect("and read");
        assert_eq!(read, part);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Open {
        node: usize,
        key: usize,
    },
    Close {
        node: usize,
        page: usize,
    },
    Update {
        node: usize,
        page: usize,
        meta: u32,
    },
    /// Time passes everywhere.
    Pass {
        ms: u64,
    },
    /// A node says something, which arrives whenever it arrives, or never.
    Say {
        node: usize,
        after: Option<u64>,
    },
    /// Something that was said, any time before, arrives somewhere.
    Arrive {
        said: usize,
        node: usize,
    },
    /// A node takes another one for gone.
    Down {
        node: usize,
        other: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let node = || 0..NODES.len();
    let step = prop_oneof![
        4 => (node(), 0..4_usize).prop_map(|(node, key)| Step::Open { node, key }),
        3 => (node(), 0..8_usize).prop_map(|(node, page)| Step::Close { node, page }),
        2 => (node(), 0..8_usize, 0..9_u32)
            .prop_map(|(node, page, meta)| Step::Update { node, page, meta }),
        2 => (0..GRACE_MS / 2).prop_map(|half| Step::Pass { ms: half * 2 }),
        4 => (node(), proptest::option::of(0..30_u64))
            .prop_map(|(node, after)| Step::Say { node, after }),
        8 => (0..64_usize, node()).prop_map(|(said, node)| Step::Arrive { said, node }),
        1 => (node(), node()).prop_map(|(node, other)| Step::Down { node, other }),
    ];
    proptest::collection::vec(step, 1..80)
}

struct Nodes {
    houses: Vec<House>,
    pages: Vec<Vec<Tracked<u32>>>,
    said: Vec<Part<u32>>,
}

impl Nodes {
    fn new() -> Self {
        let houses: Vec<_> = NODES.iter().map(|node| house(node, 0)).collect();
        let pages = houses.iter().map(|_| Vec::new()).collect();
        Self { houses, pages, said: Vec::new() }
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Open { node, key } => {
                let page = self.houses[node].track(["ana", "ben", "cem", "dan"][key]);
                self.pages[node].push(page);
            }
            Step::Close { node, page } => {
                let count = self.pages[node].len();
                drop((count > 0).then(|| self.pages[node].remove(page % count)));
            }
            Step::Update { node, page, meta } => {
                let count = self.pages[node].len().max(1);
                if let Some(page) = self.pages[node].get(page % count) {
                    page.update(|old| *old = meta);
                }
            }
            Step::Pass { ms } => self.pass(ms).await,
            Step::Say { node, after } => {
                let presence = &self.houses[node].presence;
                self.said.push(after.map_or_else(|| presence.part(), |at| presence.part_since(at)));
            }
            Step::Arrive { said, node } => {
                let count = self.said.len().max(1);
                if let Some(part) = self.said.get(said % count) {
                    // What arrives in vain is asked for again at the end.
                    let _ = self.houses[node].presence.merge(part.clone());
                }
            }
            Step::Down { node, other } => {
                self.houses[node].presence.node_down(&NODES[other].into());
            }
        }
    }

    async fn pass(&self, ms: u64) {
        for house in &self.houses {
            house.clock.advance_ms(ms as i64);
        }
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
    }

    /// The network is whole again: everyone hears everyone, asking for what is missing.
    fn heal(&self) {
        for from in &self.houses {
            for to in self.houses.iter().filter(|to| !std::ptr::eq(*to, from)) {
                let latest = from.presence.part().version();
                let mut ask = latest;
                while let Merged::Gap { after } = to.presence.merge(from.presence.part_since(ask)) {
                    assert!(after < ask, "each answer is about more");
                    ask = after;
                }
            }
        }
    }

    fn lists(&self) -> Vec<Vec<presence::Entry<u32>>> {
        self.houses.iter().map(|house| house.presence.list(KITCHEN)).collect()
    }

    /// How many pages each key has open on the nodes from `first` on.
    fn open(&self, first: usize) -> BTreeMap<String, usize> {
        let mut open = BTreeMap::new();
        for page in self.pages[first..].iter().flatten() {
            *open.entry(page.key().to_owned()).or_default() += 1;
        }
        open
    }
}

fn counted(presence: &Presence<u32>) -> BTreeMap<String, usize> {
    let list = presence.list(KITCHEN).into_iter();
    list.map(|entry| (entry.key.to_string(), entry.metas.len())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nodes_agree_once_they_have_heard_each_other(steps in steps()) {
        paused().block_on(async {
            let mut nodes = Nodes::new();
            for step in &steps {
                nodes.step(step).await;
            }
            nodes.heal();
            let lists = nodes.lists();
            assert!(lists.iter().all(|list| *list == lists[0]), "also about who is leaving");

            nodes.pass(GRACE_MS * 2).await;
            nodes.heal();
            for house in &nodes.houses {
                assert_eq!(counted(&house.presence), nodes.open(0));
            }
            for house in &nodes.houses[1..] {
                house.presence.node_down(&NODES[0].into());
                assert_eq!(counted(&house.presence), nodes.open(1));
            }
        });
    }
}
