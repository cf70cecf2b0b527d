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
        self.open_since(topic, key, meta, now_ms, now_ms)
    }

    /// As [`State::open`], for a key that is known to be here since `since_ms`, or longer.
    pub fn open_since(
        &mut self,
        topic: &str,
        key: &str,
        meta: M,
        since_ms: i64,
        now_ms: i64,
    ) -> u64 {
        let (topic, key) = self.roster.names(topic, key);
        let known_since_ms = self.roster.since_ms(&topic, &key).unwrap_or(now_ms);
        let since_ms = known_since_ms.min(since_ms);
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
        // None of them is leaving while this one is open.
        let is_last = self
            .roster
            .pages_of(self.own.node(), &page.topic, &page.key)
            .all(|other| other.number == number);
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

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;
    use crate::roster::Entry;

    const KITCHEN: &str = "room:kitchen";
    const KEYS: [&str; 3] = ["ana", "ben", "cem"];

    fn node(name: &str) -> State<u32> {
        State::new(name.into(), 0, 10)
    }

    fn list(state: &State<u32>) -> Vec<Entry<u32>> {
        state.roster.list(KITCHEN).into_iter().map(Entry::into_owned).collect()
    }

    /// What happens to a page: a number for which one, and one for what.
    type Happening = (usize, u8);

    /// Does one thing to `state`, of whose pages `open` has the numbers.
    fn happen(state: &mut State<u32>, open: &mut Vec<u64>, (which, what): Happening, now_ms: i64) {
        let any = (!open.is_empty()).then(|| which % open.len());
        match (what, any) {
            (0, Some(at)) => {
                let number = open.remove(at);
                if state.close(number, now_ms) && which % 2 == 0 {
                    state.end(number, now_ms);
                }
            }
            (1, Some(at)) => state.update(open[at], which as u32, now_ms),
            _ => open.push(state.open(KITCHEN, KEYS[which % KEYS.len()], 0, now_ms)),
        }
    }

    /// A node's whole part after each of its happenings.
    fn history(name: &str, happenings: &[Happening]) -> (State<u32>, Vec<Part<u32>>) {
        let (mut state, mut open, mut parts) = (node(name), Vec::new(), Vec::new());
        for (at, happening) in (0..).zip(happenings) {
            happen(&mut state, &mut open, *happening, at);
            parts.push(state.part());
        }
        (state, parts)
    }

    fn happenings() -> impl Strategy<Value = Vec<Happening>> {
        proptest::collection::vec((0..12_usize, 0..4_u8), 1..25)
    }

    /// Takes in `parts` and says what is known after all of them.
    fn after(parts: &[Part<u32>]) -> (Vec<Entry<u32>>, Vec<(NodeName, u64)>) {
        let mut state = node("west");
        for part in parts {
            let _ = state.merge(part.clone(), 0);
        }
        let known = state.others.iter().map(|(name, held)| (name.clone(), held.version));
        (list(&state), known.collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Merging is commutative, associative and idempotent: only which parts arrived matters.
        #[test]
        fn whole_parts_lead_to_the_same_in_any_order_and_number(
            north in happenings(),
            east in happenings(),
            picks in proptest::collection::vec(any::<Index>(), 1..20),
            turn in any::<Index>(),
        ) {
            let said = [history("north", &north).1, history("east", &east).1].concat();
            let arrived = picks.iter().map(|pick| said[pick.index(said.len())].clone());
            let arrived: Vec<_> = arrived.collect();
            let expected = after(&arrived);
            let mut other = arrived.clone();
            other.rotate_left(turn.index(arrived.len()));
            other.reverse();
            prop_assert_eq!(&after(&other), &expected);
            other.extend(arrived);
            prop_assert_eq!(&after(&other), &expected);
        }

        /// With deltas that come late, twice or never, a node knows another one as it was at some
        /// version, and never a mixture.
        #[test]
        fn what_is_known_of_a_node_is_what_it_was(
            north in happenings(),
            arrivals in proptest::collection::vec((any::<Index>(), any::<bool>()), 1..40),
        ) {
            let (mut writer, mut open) = (node("north"), Vec::new());
            let mut was = BTreeMap::from([(0, Vec::new())]);
            let (mut deltas, mut reader) = (Vec::new(), node("west"));
            for (at, happening) in (0..).zip(&north) {
                happen(&mut writer, &mut open, *happening, at);
                was.insert(writer.part().version, list(&writer));
                deltas.extend((0..=writer.part().version).map(|since| writer.part_since(since)));
            }
            for (which, asks) in arrivals {
                let delta = deltas[which.index(deltas.len())].clone();
                if let Merged::Gap { after } = reader.merge(delta, 0) && asks {
                    prop_assert_eq!(reader.merge(writer.part_since(after), 0), Merged::New);
                }
                let known = reader.others.get(writer.own.node()).map_or(0, |held| held.version);
                prop_assert_eq!(&list(&reader), &was[&known]);
            }
        }

        /// What is read was kept up to date change by change; made anew from the parts it is the
        /// same.
        #[test]
        fn lists_are_a_function_of_the_parts(
            north in happenings(),
            east in happenings(),
            is_down in any::<bool>(),
        ) {
            let (mut state, _) = history("north", &north);
            let (_, parts) = history("east", &east);
            for part in parts {
                prop_assert_ne!(state.merge(part, 0), Merged::Gap { after: 0 });
            }
            if is_down {
                state.drop_node(&"east".into(), 0);
            }
            let mut anew = node("west");
            let mut roster = Roster::empty();
            prop_assert_ne!(anew.merge(state.part(), 0), Merged::Known);
            for (name, held) in anew.others.iter().chain(&state.others) {
                held.pages.values().for_each(|page| roster.add(name, page.clone()));
            }
            let anew: Vec<_> = roster.list(KITCHEN).into_iter().map(Entry::into_owned).collect();
            prop_assert_eq!(list(&state), anew);
        }
    }

    #[test]
    fn a_key_has_one_leaving_page_on_a_node_and_only_without_an_open_one() {
        let mut state = node("north");
        let (first, second) =
            (state.open(KITCHEN, "ana", 1, 10), state.open(KITCHEN, "ana", 2, 20));
        assert!(!state.close(first, 30), "another page is open");
        assert!(state.close(second, 40));
        assert!(state.is_leaving(second));
        let third = state.open(KITCHEN, "ana", 3, 50);
        assert_eq!(state.part().size(), 1);
        assert!(!state.is_leaving(second) && !state.is_leaving(third));
        assert_eq!(list(&state)[0].since_ms, 10);
        state.end(second, 60);
        state.end(third, 60);
        assert_eq!(list(&state)[0].metas, [3], "ending is for those who are leaving");
    }

    #[test]
    fn of_two_leaving_pages_the_one_that_was_closed_last_is_shown() {
        let (mut north, mut east) = (node("north"), node("east"));
        let (one, two) = (north.open(KITCHEN, "ana", 1, 10), east.open(KITCHEN, "ana", 2, 20));
        assert!(east.close(two, 30) && north.close(one, 40));
        assert_eq!(east.merge(north.part(), 50), Merged::New);
        assert_eq!((&*list(&east)[0].metas, list(&east)[0].leaving), (&[1][..], true));
    }
}
