//! From one render to the next: what has to be sent (protocol document §4).
//!
//! A [`Differ`] is the server's picture of the tree that the browser has. A first render gives the
//! whole tree, every later one the smallest message that turns the old tree into the new one:
//!
//! * same template in a slot: only the dynamics that changed, recursively;
//! * another template: the whole subtree with its statics `s`;
//! * a loop: entries by key, as moved (`[old index, change]`), changed or new, `kc` always;
//! * an empty loop is the text `""`, before and after, so that the message does not depend on
//!   whether the browser has ever seen an entry;
//! * a stream: complete entries and `[ref, inserts, deletes, reset?]`; nothing of it is kept but in
//!   a shared view, where browsers that join later need it (`kept.rs`);
//! * components: by number in the slot, their own trees under `c`.
//!
//! Everything here is pure but for [`Components`]: mounting and updating them is part of walking
//! the tree.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use crate::{
    effects::Effects,
    kept::{InsertPlace, Kept},
    live_component::{Components, Myself},
    message::{DecodeError, EventValue},
    nested::NestedView,
    rendered::{Dynamic, Key, Rendered, Sent, StreamChanges, StreamInsert, Template},
};

/// Wraps an entry whose template is not that of its neighbours.
static EACH: Template = Template { statics: &["", ""], root: false };

/// The server's picture of one view's tree in the browser.
#[derive(Debug)]
pub(crate) struct Differ {
    /// Makes the stream references of this view unique in the document.
    id: Arc<str>,
    root: Option<Node>,
    components: Components,
    trees: BTreeMap<Myself, Tree>,
    /// Whether others join later and need what was sent of streams.
    keeps_streams: bool,
}

#[derive(Debug, Default)]
struct Tree {
    node: Option<Node>,
    /// The browser has announced that it will forget the component.
    going: bool,
}

#[derive(Debug)]
struct Node {
    template: &'static Template,
    slots: Box<[Slot]>,
}

/// Small, because every open page has some dozens of them; what is rare is on the heap.
#[derive(Debug)]
enum Slot {
    Text(Box<str>),
    Node(Node),
    Keyed(&'static Template, Box<[(Key, Node)]>),
    Stream(Box<StreamSlot>),
    Component(Myself),
    View(Box<NestedView>),
    Forgotten,
}

#[derive(Debug, Default)]
struct StreamSlot {
    reference: String,
    /// The template that the browsers have; `None` if they have none or cannot be relied on.
    known: Option<&'static Template>,
    /// What the browsers show of it, in a shared view.
    kept: Option<Kept>,
}

/// What a pass over a tree needs besides the tree.
struct Pass<'a> {
    id: &'a str,
    keeps_streams: bool,
    /// The component that is being walked.
    within: Option<Myself>,
    components: &'a mut Components,
    trees: &'a mut BTreeMap<Myself, Tree>,
    effects: &'a mut Effects,
    placeholder: &'a dyn Fn(&NestedView) -> String,
    changed: BTreeMap<Myself, Value>,
    sent: Vec<(Arc<dyn Sent>, u64)>,
}

impl Differ {
    /// Nothing was rendered yet. `connected` is passed on to components.
    pub(crate) fn new(id: impl Into<Arc<str>>, connected: bool) -> Self {
        let components = Components::new(connected);
        let (id, trees) = (id.into(), BTreeMap::new());
        Self { id, root: None, components, trees, keeps_streams: false }
    }

    /// The same for a view that many browsers look at.
    pub(crate) fn shared(id: impl Into<Arc<str>>) -> Self {
        Self { keeps_streams: true, ..Self::new(id, true) }
    }

    /// The message that brings the browser to `rendered`: the whole tree the first time, later the
    /// changes; an empty object if there are none.
    pub(crate) fn render(
        &mut self,
        rendered: Rendered,
        effects: &mut Effects,
        placeholder: &dyn Fn(&NestedView) -> String,
    ) -> Map<String, Value> {
        let mut root = self.root.take();
        if root.as_ref().is_some_and(|root| !root.template.same(rendered.template)) {
            // A new root replaces everything in the browser, components included.
            root = None;
            self.trees.values_mut().for_each(|tree| tree.node = None);
        }
        let mut pass = self.pass(effects, placeholder);
        let (root, mut message) = pass.node(root, rendered);
        pass.finish(&mut message);
        self.root = Some(root);
        message
    }

    /// The message after component `myself` changed by itself.
    pub(crate) fn render_component(
        &mut self,
        myself: Myself,
        effects: &mut Effects,
        placeholder: &dyn Fn(&NestedView) -> String,
    ) -> Map<String, Value> {
        let mut message = Map::new();
        let mut pass = self.pass(effects, placeholder);
        pass.component(myself);
        pass.finish(&mut message);
        message
    }

    /// The whole tree as the browsers have it. With `reset`, streams also say that what is shown
    /// of them is to be removed first.
    pub(crate) fn whole(&self, reset: bool) -> Map<String, Value> {
        self.root.as_ref().map(|root| root.whole(reset)).unwrap_or_default()
    }

    /// Gives an event to a component; `None` if it is gone.
    pub(crate) fn component_event(
        &mut self,
        myself: Myself,
        event: &str,
        value: &EventValue,
        effects: &mut Effects,
    ) -> Option<Result<(), DecodeError>> {
        self.components.event(myself, event, value, effects)
    }

    /// Renders the component that markup names, if it is mounted.
    #[cfg(feature = "testing")]
    pub(crate) fn component_named(&self, spec: &crate::LiveComponentSpec) -> Option<Rendered> {
        self.components.known(spec).and_then(|myself| self.components.render(myself))
    }

    /// The browser will forget these components unless they are rendered again meanwhile.
    pub(crate) fn components_going(&mut self, numbers: &[u64]) {
        for number in numbers {
            if let Some(tree) = self.trees.get_mut(&Myself(*number)) {
                tree.going = true;
            }
        }
    }

    /// The browser has no element of these components any more. Returns the ones that were not
    /// rendered again, which are gone.
    pub(crate) fn components_gone(&mut self, numbers: &[u64]) -> Vec<u64> {
        let mut gone = Vec::new();
        for number in numbers {
            let myself = Myself(*number);
            if self.trees.get(&myself).is_some_and(|tree| tree.going) {
                self.trees.remove(&myself);
                self.components.remove(myself);
                gone.push(*number);
            }
        }
        gone
    }

    fn pass<'a>(
        &'a mut self,
        effects: &'a mut Effects,
        placeholder: &'a dyn Fn(&NestedView) -> String,
    ) -> Pass<'a> {
        Pass {
            id: &self.id,
            keeps_streams: self.keeps_streams,
            within: None,
            components: &mut self.components,
            trees: &mut self.trees,
            effects,
            placeholder,
            changed: BTreeMap::new(),
            sent: Vec::new(),
        }
    }
}

impl Pass<'_> {
    /// Adds the components that changed, and tells streams what was sent.
    fn finish(self, message: &mut Map<String, Value>) {
        if !self.changed.is_empty() {
            let components = self.changed.into_iter();
            let components = components.map(|(myself, tree)| (myself.0.to_string(), tree));
            message.insert("c".to_owned(), Value::Object(components.collect()));
        }
        self.sent.iter().for_each(|(stream, upto)| stream.sent(*upto));
    }

    /// Goes from `known` to `rendered`.
    fn node(&mut self, known: Option<Node>, rendered: Rendered) -> (Node, Map<String, Value>) {
        let mut message = Map::new();
        let Some(mut node) = known.filter(|node| node.template.same(rendered.template)) else {
            let node = self.whole_node(rendered, &mut message);
            message.insert("s".to_owned(), json!(node.template.statics));
            return (node, message);
        };
        for (index, dynamic) in rendered.dynamics.into_iter().enumerate() {
            if let Some(change) = self.change(&mut node.slots[index], dynamic) {
                message.insert(index.to_string(), change);
            }
        }
        (node, message)
    }

    /// All dynamics of `rendered` in full, without its own statics.
    fn whole_node(&mut self, rendered: Rendered, message: &mut Map<String, Value>) -> Node {
        let mut slots = Vec::with_capacity(rendered.dynamics.len());
        for (index, dynamic) in rendered.dynamics.into_iter().enumerate() {
            let (slot, value) = self.whole_slot(dynamic);
            message.insert(index.to_string(), value);
            slots.push(slot);
        }
        Node { template: rendered.template, slots: slots.into() }
    }

    /// A nested template in full.
    fn whole_nested(&mut self, rendered: Rendered) -> (Node, Value) {
        let mut message = Map::new();
        let node = self.whole_node(rendered, &mut message);
        message.insert("s".to_owned(), json!(node.template.statics));
        if node.template.root {
            message.insert("r".to_owned(), json!(1));
        }
        (node, Value::Object(message))
    }

    fn whole_slot(&mut self, dynamic: Dynamic) -> (Slot, Value) {
        match dynamic {
            Dynamic::Text(text) => (Slot::Text((&*text).into()), Value::String(text.into_owned())),
            Dynamic::Nested(rendered) => {
                let (node, value) = self.whole_nested(rendered);
                (Slot::Node(node), value)
            }
            Dynamic::Keyed(keyed) => self.whole_loop(keyed.entries),
            Dynamic::Stream(changes) => {
                let mut slot = StreamSlot::default();
                let value = self.stream(&mut slot, changes).unwrap_or_else(nothing);
                (Slot::Stream(Box::new(slot)), value)
            }
            Dynamic::Component(spec) => {
                let myself = self.components.place(spec, self.effects);
                self.component(myself);
                (Slot::Component(myself), json!(myself.0))
            }
            Dynamic::View(view) => {
                let html = (self.placeholder)(&view);
                (Slot::View(Box::new(view)), Value::String(html))
            }
            Dynamic::Temporary(value, sent) => {
                self.sent.push(sent);
                (Slot::Forgotten, self.whole_slot(*value).1)
            }
            Dynamic::Keep => (Slot::Forgotten, nothing()),
        }
    }

    /// What to send for a slot; `None` if the browser has it already.
    fn change(&mut self, slot: &mut Slot, dynamic: Dynamic) -> Option<Value> {
        match (&mut *slot, dynamic) {
            (_, Dynamic::Keep) => None,
            (Slot::Text(known), Dynamic::Text(text)) if **known == *text => None,
            (Slot::Node(known), Dynamic::Nested(next)) if known.template.same(next.template) => {
                let slots = std::mem::take(&mut known.slots);
                let old = Node { template: known.template, slots };
                let (node, message) = self.node(Some(old), next);
                *slot = Slot::Node(node);
                (!message.is_empty()).then_some(Value::Object(message))
            }
            (Slot::Keyed(template, known), Dynamic::Keyed(next)) => {
                let entries = uniform(next.entries);
                if entries.first().is_none_or(|(_, first)| !first.template.same(template)) {
                    let (whole, value) = self.whole_loop(entries);
                    *slot = whole;
                    return Some(value);
                }
                let old = std::mem::take(known);
                let (entries, message) = self.changed_loop(old.into_vec(), entries);
                *slot = Slot::Keyed(template, entries.into());
                message
            }
            (Slot::Stream(known), Dynamic::Stream(changes)) => self.stream(known, changes),
            (Slot::Component(known), Dynamic::Component(spec)) => {
                let myself = self.components.place(spec, self.effects);
                self.component(myself);
                let change = (*known != myself).then(|| json!(myself.0));
                *slot = Slot::Component(myself);
                change
            }
            (Slot::View(known), Dynamic::View(view)) if **known == view => None,
            (Slot::Text(known), Dynamic::Keyed(next))
                if known.is_empty() && next.entries.is_empty() =>
            {
                None
            }
            (_, dynamic) => {
                let (whole, value) = self.whole_slot(dynamic);
                *slot = whole;
                Some(value)
            }
        }
    }

    fn whole_loop(&mut self, entries: Vec<(Key, Rendered)>) -> (Slot, Value) {
        let entries = uniform(entries);
        let Some((_, first)) = entries.first() else {
            return (Slot::Text("".into()), nothing());
        };
        let template = first.template;
        let mut keyed = Map::new();
        keyed.insert("kc".to_owned(), json!(entries.len()));
        let mut nodes = Vec::with_capacity(entries.len());
        for (index, (key, rendered)) in entries.into_iter().enumerate() {
            let mut message = Map::new();
            nodes.push((key, self.whole_node(rendered, &mut message)));
            keyed.insert(index.to_string(), Value::Object(message));
        }
        (Slot::Keyed(template, nodes.into()), json!({ "s": template.statics, "k": keyed }))
    }

    fn changed_loop(
        &mut self,
        known: Vec<(Key, Node)>,
        entries: Vec<(Key, Rendered)>,
    ) -> (Vec<(Key, Node)>, Option<Value>) {
        let count_was = known.len();
        let mut old: HashMap<Key, (usize, Node)> = known
            .into_iter()
            .enumerate()
            .map(|(index, (key, node))| (key, (index, node)))
            .collect();
        let mut keyed = Map::new();
        let mut moves = false;
        let mut nodes = Vec::with_capacity(entries.len());
        for (index, (key, rendered)) in entries.into_iter().enumerate() {
            let (node, change) = match old.remove(&key) {
                Some((was_at, node)) => {
                    let (node, change) = self.node(Some(node), rendered);
                    let moved = was_at != index;
                    moves |= moved;
                    let change = match (moved, change.is_empty()) {
                        (false, true) => None,
                        (false, false) => Some(Value::Object(change)),
                        (true, true) => Some(json!(was_at)),
                        (true, false) => Some(json!([was_at, change])),
                    };
                    (node, change)
                }
                None => {
                    let mut message = Map::new();
                    let node = self.whole_node(rendered, &mut message);
                    (node, Some(Value::Object(message)))
                }
            };
            if let Some(change) = change {
                keyed.insert(index.to_string(), change);
            }
            nodes.push((key, node));
        }
        if keyed.is_empty() && nodes.len() == count_was {
            return (nodes, None);
        }
        keyed.insert("kc".to_owned(), json!(nodes.len()));
        if moves {
            keyed.insert("km".to_owned(), json!(true));
        }
        (nodes, Some(json!({ "k": keyed })))
    }

    fn stream(&mut self, slot: &mut StreamSlot, mut changes: StreamChanges) -> Option<Value> {
        self.sent.extend(changes.sent.take());
        if changes.inserts.is_empty() && changes.deletes.is_empty() && !changes.reset {
            return None;
        }
        slot.reference = match self.within {
            Some(Myself(number)) => format!("{}-{number}-{}", self.id, changes.name),
            None => format!("{}-{}", self.id, changes.name),
        };
        let places: Vec<_> = changes.inserts.iter().map(place).collect();
        let entries = changes.inserts.into_iter().enumerate();
        let entries: Vec<_> =
            entries.map(|(index, insert)| (Key::index(index), insert.rendered)).collect();
        let entries = uniform(entries);
        let mut message = Map::new();
        let template = entries.first().map(|(_, first)| first.template);
        match template {
            Some(template) if !slot.known.is_some_and(|known| known.same(template)) => {
                message.insert("s".to_owned(), json!(template.statics));
                slot.known = Some(template);
            }
            // Without a template the client could not print the empty loop.
            None if slot.known.is_none() => {
                message.insert("s".to_owned(), json!([""]));
            }
            _ => {}
        }
        let mut keyed = Map::new();
        for (index, (_, rendered)) in entries.into_iter().enumerate() {
            let mut entry = Map::new();
            self.whole_node(rendered, &mut entry);
            keyed.insert(index.to_string(), Value::Object(entry));
        }
        if self.keeps_streams {
            let kept = slot.kept.get_or_insert_default();
            kept.follow(changes.reset, &changes.deletes, &places, template, &keyed);
            // Whoever joins from now on is given the template of what is kept.
            slot.known = slot.known.filter(|known| kept.is_all(known));
        }
        keyed.insert("kc".to_owned(), json!(places.len()));
        let mut stream = vec![json!(slot.reference), json!(places), json!(changes.deletes)];
        if changes.reset {
            stream.push(json!(true));
        }
        message.insert("k".to_owned(), Value::Object(keyed));
        message.insert("stream".to_owned(), Value::Array(stream));
        Some(Value::Object(message))
    }

    /// Renders a component and notes what changed in it.
    fn component(&mut self, myself: Myself) {
        let Some(rendered) = self.components.render(myself) else { return };
        let tree = self.trees.remove(&myself).unwrap_or_default();
        // One that was announced as going and is rendered again is sent in full: the browser may
        // have removed it already.
        let known = tree.node.filter(|node| !tree.going && node.template.same(rendered.template));
        let fresh = known.is_none();
        let outside = self.within.replace(myself);
        let (node, mut message) = self.node(known, rendered);
        self.within = outside;
        if fresh {
            message.insert("r".to_owned(), json!(1));
        }
        self.trees.insert(myself, Tree { node: Some(node), going: false });
        if !message.is_empty() {
            self.changed.insert(myself, Value::Object(message));
        }
    }
}

impl Node {
    fn whole(&self, reset: bool) -> Map<String, Value> {
        let mut message = self.dynamics(reset);
        message.insert("s".to_owned(), json!(self.template.statics));
        message
    }

    fn dynamics(&self, reset: bool) -> Map<String, Value> {
        let slots = self.slots.iter().enumerate();
        slots.map(|(index, slot)| (index.to_string(), slot.whole(reset))).collect()
    }
}

impl Slot {
    fn whole(&self, reset: bool) -> Value {
        match self {
            Slot::Text(text) => Value::String(text.to_string()),
            Slot::Node(node) => {
                let mut message = node.whole(reset);
                if node.template.root {
                    message.insert("r".to_owned(), json!(1));
                }
                Value::Object(message)
            }
            Slot::Keyed(template, entries) => {
                let mut keyed = Map::new();
                for (index, (_, entry)) in entries.iter().enumerate() {
                    keyed.insert(index.to_string(), Value::Object(entry.dynamics(reset)));
                }
                keyed.insert("kc".to_owned(), json!(entries.len()));
                json!({ "s": template.statics, "k": keyed })
            }
            Slot::Stream(slot) => match &slot.kept {
                Some(kept) if reset || !kept.is_empty() => kept.whole(&slot.reference, reset),
                _ => nothing(),
            },
            Slot::Component(myself) => json!(myself.0),
            // Neither is in the markup of a view that others join later.
            Slot::View(_) | Slot::Forgotten => nothing(),
        }
    }
}

fn place(insert: &StreamInsert) -> InsertPlace {
    (insert.dom_id.clone(), insert.at, insert.limit, insert.update_only)
}

fn nothing() -> Value {
    Value::String(String::new())
}

fn is_mixed(entries: &[(Key, Rendered)]) -> bool {
    entries.windows(2).any(|pair| !pair[0].1.template.same(pair[1].1.template))
}

/// Gives all entries one template and keys that differ.
fn uniform(mut entries: Vec<(Key, Rendered)>) -> Vec<(Key, Rendered)> {
    if is_mixed(&entries) {
        for (_, entry) in &mut entries {
            let inner = std::mem::replace(entry, Rendered::empty());
            *entry = Rendered::new(&EACH, vec![Dynamic::Nested(inner)]);
        }
    }
    let mut seen: HashMap<Key, usize> = HashMap::with_capacity(entries.len());
    for (key, _) in &mut entries {
        let times = seen.entry(key.clone()).or_default();
        if *times > 0 {
            *key = key.clone().repeated(*times);
        }
        *times += 1;
    }
    entries
}

#[cfg(test)]
mod tests;
