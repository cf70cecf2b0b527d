//! The tree of one view as the client keeps it: a port of `rendered.js` of phoenix_live_view 1.2.12
//! (protocol document §4.3 to §4.7), which panics where the client would go wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Where the client would have the ref of a stream that has nothing to tell: a name of our own.
const STREAM_REF: &str = "stream_ref";

/// One view's tree, components and streams.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    root: Value,
    components: BTreeMap<u64, Value>,
    streams: BTreeMap<String, Vec<Item>>,
}

/// What a message brings besides the tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Names and details of the events for hooks and the page.
    pub events: Vec<(String, Value)>,
    /// The new title of the page.
    pub title: Option<String>,
    /// The answer to the hook that asked.
    pub reply: Option<Value>,
}

/// One element of a stream's container.
#[derive(Clone, Debug)]
struct Item {
    dom_id: String,
    node: Value,
}

/// What is written of a tree.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// What the server rendered, without the items of streams.
    Plain,
    /// What is in the document, without the attributes that the client adds.
    #[cfg(test)]
    Unmarked,
    /// What is in the document.
    Document,
}

impl Tree {
    /// The tree of a join reply.
    pub(crate) fn joined(rendered: &Value) -> (Self, Extras) {
        let mut tree = Self::default();
        assert!(rendered.get("s").is_some(), "a join's tree has statics: {rendered}");
        let extras = tree.merge(rendered);
        (tree, extras)
    }

    /// Takes in the tree of a join reply or a diff; gives what else it says (`e`, `t`, `r`).
    ///
    /// # Panics
    /// When the message breaks a rule of the wire.
    pub fn merge(&mut self, diff: &Value) -> Extras {
        let mut diff = diff.as_object().expect("a diff is an object").clone();
        let extras = extras(&mut diff);
        let new = diff.remove("c");
        let table = diff.remove("p").unwrap_or_default();
        let mut diff = Value::Object(diff);
        inline(&mut diff, &table);
        if diff.get("s").is_some() {
            self.components.clear();
            self.root = json!({});
        }
        merge_into(&mut self.root, diff);
        if let Some(Value::Object(new)) = new {
            self.merge_components(new);
        }
        self.take_streams();
        let _checked = self.html("checked");
        extras
    }

    fn merge_components(&mut self, new: Map<String, Value>) {
        let new: BTreeMap<u64, Value> = new
            .into_iter()
            .map(|(number, tree)| (number.parse().expect("components have numbers"), tree))
            .collect();
        assert!(!new.contains_key(&0), "component 0 would patch the whole view");
        let resolved: Vec<_> = new
            .keys()
            .map(|number| (*number, self.component(*number, &new, &mut BTreeSet::new())))
            .collect();
        self.components.extend(resolved);
    }

    /// The tree of a component after its diff, following references to others' statics.
    fn component(
        &self,
        number: u64,
        new: &BTreeMap<u64, Value>,
        visiting: &mut BTreeSet<u64>,
    ) -> Value {
        assert!(visiting.insert(number), "statics of components refer in a circle");
        let mut diff = new[&number].clone();
        inline(&mut diff, &Value::Null);
        let Some(reference) = diff.get("s").and_then(Value::as_i64) else {
            if diff.get("s").is_some() {
                assert_eq!(diff["r"], 1, "a component's root is one element: {diff}");
                return diff;
            }
            let mut known = self.components.get(&number).cloned().unwrap_or_else(|| json!({}));
            merge_into(&mut known, diff);
            return known;
        };
        let mut tree = match reference {
            1.. => self.component(reference.unsigned_abs(), new, visiting),
            _ => self.components[&reference.unsigned_abs()].clone(),
        };
        diff.as_object_mut().expect("an object").remove("s");
        merge_into(&mut tree, diff);
        tree
    }

    /// Forgets components that the server says are gone.
    pub(crate) fn forget(&mut self, numbers: &[u64]) {
        self.components.retain(|number, _| !numbers.contains(number));
    }

    /// Components that have an element in the document.
    pub(crate) fn shown_components(&self) -> BTreeSet<u64> {
        let mut shown = BTreeSet::new();
        self.reach(&self.root, &mut shown);
        self.streams.values().flatten().for_each(|item| self.reach(&item.node, &mut shown));
        shown
    }

    /// Components that are known.
    pub(crate) fn known_components(&self) -> BTreeSet<u64> {
        self.components.keys().copied().collect()
    }

    fn reach(&self, value: &Value, shown: &mut BTreeSet<u64>) {
        match value {
            Value::Number(_) => {
                let number = value.as_u64().expect("numbers are components");
                if shown.insert(number) {
                    let component = self.components.get(&number);
                    self.reach(component.unwrap_or(&Value::Null), shown);
                }
            }
            Value::Object(node) => {
                let slots = node.iter().filter(|(key, _)| is_slot(key) || *key == "k");
                let entries = slots.filter(|(key, _)| *key != "kc");
                entries.for_each(|(_, value)| match value {
                    Value::Object(keyed) if keyed.contains_key("kc") => {
                        let entries = keyed.iter().filter(|(key, _)| is_slot(key));
                        entries.for_each(|(_, entry)| self.reach(entry, shown));
                    }
                    value => self.reach(value, shown),
                });
            }
            _ => {}
        }
    }

    /// Ids of a stream's elements in order, found by the end of its ref.
    pub(crate) fn stream_ids(&self, name: &str) -> Option<Vec<&str>> {
        let found = self.streams.iter().find(|(reference, _)| {
            reference.strip_suffix(name).is_some_and(|before| before.ends_with('-'))
        });
        found.map(|(_, items)| items.iter().map(|item| &*item.dom_id).collect())
    }

    /// What the server rendered, as far as both sides keep it.
    pub(crate) fn plain_html(&self) -> String {
        let mut html = String::new();
        self.write(&self.root, Mode::Plain, "", &mut html);
        html
    }

    /// What is in the document inside the view's container.
    pub(crate) fn html(&self, view: &str) -> String {
        let mut html = String::new();
        self.write(&self.root, Mode::Document, view, &mut html);
        html
    }

    /// What is in the document, without the attributes that the client adds.
    #[cfg(test)]
    pub(crate) fn unmarked_html(&self) -> String {
        let mut html = String::new();
        self.write(&self.root, Mode::Unmarked, "", &mut html);
        html
    }

    fn write(&self, value: &Value, mode: Mode, view: &str, html: &mut String) {
        match value {
            Value::String(text) => html.push_str(text),
            Value::Object(node) => self.write_node(node, mode, view, html),
            Value::Number(_) => self.write_component(value, mode, view, html),
            other => panic!("a dynamic cannot be {other}"),
        }
    }

    fn write_node(&self, node: &Map<String, Value>, mode: Mode, view: &str, html: &mut String) {
        let statics = node.get("s").and_then(Value::as_array);
        let statics = statics.unwrap_or_else(|| panic!("no statics for {node:?}"));
        if let Some(keyed) = node.get("k") {
            let count = keyed["kc"].as_u64().unwrap_or_else(|| panic!("no kc in {keyed}"));
            for index in 0..count {
                let entry = keyed.get(index.to_string());
                let entry = entry.and_then(Value::as_object);
                let entry = entry.unwrap_or_else(|| panic!("entry {index} is missing: {keyed}"));
                self.write_dynamics(statics, entry, mode, view, html);
            }
            let items = node.get(STREAM_REF).and_then(Value::as_str);
            let items = items.filter(|_| mode != Mode::Plain);
            let items = items.and_then(|reference| self.streams.get(reference));
            items.into_iter().flatten().for_each(|item| self.write(&item.node, mode, view, html));
            return;
        }
        self.write_dynamics(statics, node, mode, view, html);
    }

    fn write_dynamics(
        &self,
        statics: &[Value],
        dynamics: &Map<String, Value>,
        mode: Mode,
        view: &str,
        html: &mut String,
    ) {
        for (index, text) in statics.iter().enumerate() {
            if index > 0 {
                let dynamic = dynamics.get(&(index - 1).to_string());
                let dynamic =
                    dynamic.unwrap_or_else(|| panic!("no dynamic {} in {dynamics:?}", index - 1));
                self.write(dynamic, mode, view, html);
            }
            html.push_str(text.as_str().expect("statics are text"));
        }
        let count = dynamics.keys().filter(|key| is_slot(key)).count();
        assert_eq!(count + 1, statics.len(), "{dynamics:?} does not fit {statics:?}");
    }

    fn write_component(&self, number: &Value, mode: Mode, view: &str, html: &mut String) {
        let number = number.as_u64().expect("numbers are components");
        let component = self.components.get(&number);
        let component = component.unwrap_or_else(|| panic!("there is no component {number}"));
        let start = html.len();
        self.write(component, mode, view, html);
        if mode == Mode::Document {
            let tag = html[start..].find('<').expect("a component is an element") + start;
            let end = html[tag..].find([' ', '>', '/']).expect("a tag ends") + tag;
            let mark = format!(" data-phx-component=\"{number}\" data-phx-view=\"{view}\"");
            html.insert_str(end, &mark);
        }
    }

    /// Moves what messages say of streams into the model of the document, as `dom_patch.js` does.
    fn take_streams(&mut self) {
        let mut told = Vec::new();
        let mut seen = BTreeSet::new();
        let shown = {
            collect_streams(&mut self.root, &mut told, &mut seen);
            for component in self.components.values_mut() {
                collect_streams(component, &mut told, &mut seen);
            }
            seen
        };
        for (reference, node) in told {
            self.follow_stream(&reference, &node);
        }
        self.streams.retain(|reference, _| shown.contains(reference));
    }

    fn follow_stream(&mut self, reference: &str, node: &Value) {
        let stream = node["stream"].as_array().expect("a stream is a list");
        let [_, inserts, deletes, rest @ ..] = &stream[..] else {
            panic!("a stream has a ref, inserts and deletes: {stream:?}")
        };
        assert!(rest.is_empty() || rest == [json!(true)], "anything fourth resets: {stream:?}");
        let mut removed = Vec::new();
        if !rest.is_empty() {
            removed.extend(self.streams.remove(reference).into_iter().flatten());
        }
        let deletes = deletes.as_array().expect("deletes are a list");
        let deleted = |item: &Item| deletes.iter().any(|id| *id == *item.dom_id);
        for items in self.streams.values_mut() {
            removed.extend(items.extract_if(.., |item| deleted(item)));
        }
        let removed: BTreeSet<_> = removed.into_iter().map(|item| item.dom_id).collect();
        let items = self.streams.entry(reference.to_owned()).or_default();
        let there: BTreeSet<_> = items.iter().map(|item| item.dom_id.clone()).collect();
        let inserts = inserts.as_array().expect("inserts are a list");
        let count = node["k"]["kc"].as_u64().expect("a stream has kc");
        assert_eq!(inserts.len() as u64, count, "each entry has its place");
        for index in 0..count {
            let mut entry = node["k"][index.to_string()].clone();
            entry["s"] = node["s"].clone();
            let dom_id = root_id(&entry);
            let insert = inserts.iter().find(|insert| insert[0] == *dom_id);
            let insert = insert.unwrap_or_else(|| panic!("{dom_id} is in no place of {inserts:?}"));
            let was = match (there.contains(&dom_id), removed.contains(&dom_id)) {
                (true, _) => Was::There,
                (false, true) => Was::Removed,
                (false, false) => Was::Absent,
            };
            place(items, Item { dom_id, node: entry }, insert, was);
        }
    }
}

/// Where an element was before the inserts of a message.
#[derive(PartialEq)]
enum Was {
    There,
    /// There before the message, which removed it: it is put back as a new one.
    Removed,
    Absent,
}

/// Puts an element in its place: `[dom id, at, limit, update only]`.
fn place(items: &mut Vec<Item>, item: Item, insert: &Value, was: Was) {
    if was == Was::There {
        // One that the limit of an earlier insert has removed is updated outside the document.
        if let Some(known) = items.iter_mut().find(|known| known.dom_id == item.dom_id) {
            *known = item;
        }
        return;
    }
    if insert[3] == true && was == Was::Absent {
        return;
    }
    match insert[1].as_i64().expect("a place is a number") {
        -1 => items.push(item),
        at => {
            let at = usize::try_from(at).expect("a place is −1 or an index");
            items.insert(at.min(items.len()), item);
        }
    }
    match insert[2].as_i64() {
        Some(limit @ 0..) => items.truncate(usize::try_from(limit).expect("it is not negative")),
        Some(limit) => {
            let keep = usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
            items.drain(..items.len().saturating_sub(keep));
        }
        None => {}
    }
}

/// Takes out what is of no concern to the tree.
fn extras(diff: &mut Map<String, Value>) -> Extras {
    let reply = diff.remove("r");
    let root = reply.as_ref().is_some_and(|reply| *reply == 1);
    assert!(!root, "`r` at the top of a message is a reply, and 1 is none");
    let event = |event: &Value| {
        let name = event[0].as_str().expect("an event has a name");
        (name.to_owned(), event[1].clone())
    };
    let events = diff.remove("e").unwrap_or_else(|| json!([]));
    let events = events.as_array().expect("events are a list").iter().map(event).collect();
    let title = diff.remove("t");
    let title = title.map(|title| title.as_str().expect("a title is text").to_owned());
    Extras { events, title, reply }
}

/// The id of an entry's element. It stands before any component in it.
fn root_id(entry: &Value) -> String {
    let tree = Tree { root: entry.clone(), ..Tree::default() };
    let mut html = String::new();
    let statics = entry["s"].as_array().expect("a stream has statics");
    for (index, text) in statics.iter().enumerate() {
        html.push_str(text.as_str().expect("statics are text"));
        match entry.get(index.to_string()) {
            Some(value @ (Value::String(_) | Value::Object(_))) if !has_component(value) => {
                tree.write(value, Mode::Plain, "", &mut html);
            }
            _ => {}
        }
    }
    let tag = html.trim_start();
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    let id = tag.split_once(" id=\"").and_then(|(_, rest)| rest.split_once('"'));
    id.unwrap_or_else(|| panic!("an item of a stream has an id: {html}")).0.to_owned()
}

fn has_component(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Object(node) => {
            node.iter().any(|(key, value)| (is_slot(key) || key == "k") && has_component(value))
        }
        _ => false,
    }
}

fn is_slot(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes the streams that were told something out of a tree, and notes the refs of all.
fn collect_streams(
    value: &mut Value,
    told: &mut Vec<(String, Value)>,
    shown: &mut BTreeSet<String>,
) {
    let Value::Object(node) = value else { return };
    if node.contains_key("stream") {
        let reference = node["stream"][0].as_str().expect("a ref is text").to_owned();
        node.insert(STREAM_REF.to_owned(), json!(reference));
        told.push((reference, Value::Object(node.clone())));
        node.remove("stream");
        node.insert("k".to_owned(), json!({ "kc": 0 }));
    }
    if let Some(reference) = node.get(STREAM_REF).and_then(Value::as_str) {
        shown.insert(reference.to_owned());
    }
    for (key, inner) in node.iter_mut() {
        if is_slot(key) || key == "k" {
            collect_streams(inner, told, shown);
        }
    }
}

/// Replaces references to the table `p` by the statics they mean.
fn inline(value: &mut Value, table: &Value) {
    match value {
        Value::Object(node) => {
            let own = node.remove("p");
            let table = own.as_ref().unwrap_or(table);
            for (key, inner) in node.iter_mut() {
                match (&**key, &mut *inner) {
                    ("s", Value::Number(number)) if !table.is_null() => {
                        let statics = table.get(number.to_string());
                        let statics = statics.unwrap_or_else(|| panic!("{number} not in {table}"));
                        *inner = statics.clone();
                    }
                    ("s" | "stream", _) => {}
                    _ => inline(inner, table),
                }
            }
        }
        Value::Array(moved) => moved.iter_mut().for_each(|inner| inline(inner, table)),
        _ => {}
    }
}

/// `mutableMerge`.
fn merge_into(target: &mut Value, source: Value) {
    match source.get("s") {
        Some(_) => *target = source,
        None => deep_merge(target, source),
    }
}

fn deep_merge(target: &mut Value, source: Value) {
    let Value::Object(source) = source else { panic!("only objects are merged: {source}") };
    let target = target.as_object_mut().expect("only objects are merged into");
    if source.contains_key("k") {
        merge_keyed(target, source);
        return;
    }
    for (key, value) in source {
        let partial = value.is_object() && value.get("s").is_none();
        match target.get_mut(&key).filter(|known| partial && known.is_object()) {
            Some(known) => deep_merge(known, value),
            None => {
                let is_entry = !is_slot(&key);
                assert!(!partial || is_entry, "{key}: {value} is a part of nothing");
                target.insert(key, value);
            }
        }
    }
}

fn merge_keyed(target: &mut Map<String, Value>, mut source: Map<String, Value>) {
    let Some(Value::Object(changes)) = source.remove("k") else { panic!("k is an object") };
    let known = target.get("k").and_then(Value::as_object).cloned();
    let known = known.unwrap_or_else(|| panic!("{changes:?} changes what is no loop"));
    let count = changes.get("kc").and_then(Value::as_u64);
    let count = count.unwrap_or_else(|| panic!("the list would be empty without kc: {changes:?}"));
    let moves = changes.get("km") == Some(&json!(true));
    let mut entries = known.clone();
    for (index, change) in changes {
        if index == "kc" || index == "km" {
            continue;
        }
        let old = |at: &Value| known.get(&at.to_string()).cloned();
        let entry = match change {
            Value::Number(_) | Value::Array(_) if !moves => panic!("a move without km"),
            Value::Number(_) => old(&change).unwrap_or_else(|| panic!("no old entry {change}")),
            Value::Array(pair) => {
                let [at, change] = &pair[..] else { panic!("a moved entry is a pair") };
                let mut entry = old(at).unwrap_or_else(|| panic!("no old entry {at}"));
                deep_merge(&mut entry, change.clone());
                entry
            }
            change => {
                let mut entry = entries.remove(&index).unwrap_or_else(|| json!({}));
                deep_merge(&mut entry, change);
                entry
            }
        };
        entries.insert(index, entry);
    }
    entries.retain(|key, _| key.parse().is_ok_and(|index: u64| index < count));
    entries.insert("kc".to_owned(), json!(count));
    target.insert("k".to_owned(), Value::Object(entries));
    target.extend(source);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(steps: &[(Value, &str)]) {
        let (mut tree, _) = Tree::joined(&steps[0].0);
        assert_eq!(tree.html("v"), steps[0].1);
        for (diff, html) in &steps[1..] {
            tree.merge(diff);
            assert_eq!(tree.html("v"), *html, "after {diff}");
        }
    }

    // The worked examples of the protocol document, §4.4 to §4.7, each executed there against the
    // published client.

    #[test]
    fn scalars_and_conditions() {
        check(&[
            (
                json!({"0":"Lobby","1":"3","s":["<h1>","</h1><p>"," online</p>"]}),
                "<h1>Lobby</h1><p>3 online</p>",
            ),
            (json!({"1":"4"}), "<h1>Lobby</h1><p>4 online</p>"),
        ]);
        check(&[
            (
                json!({"0":{"0":"ann","s":0},"s":1,"p":{"0":["<b>"," is typing</b>"],"1":["<div>","</div>"]}}),
                "<div><b>ann is typing</b></div>",
            ),
            (json!({"0":{"0":"bob"}}), "<div><b>bob is typing</b></div>"),
            (json!({"0":""}), "<div></div>"),
            (
                json!({"0":{"0":"cy","s":["<b>"," is typing</b>"]}}),
                "<div><b>cy is typing</b></div>",
            ),
            (json!({"0":{"s":0},"p":{"0":["<i>nobody</i>"]}}), "<div><i>nobody</i></div>"),
        ]);
    }

    #[test]
    fn keyed_loops() {
        check(&[
            (
                json!({"0":{"s":["",""],"k":{"0":{"0":"a"},"1":{"0":"b"},"2":{"0":"c"},"kc":3}},"s":["",""]}),
                "abc",
            ),
            (json!({"0":{"k":{"3":{"0":"d"},"kc":4}}}), "abcd"),
            (json!({"0":{"k":{"0":{"0":"z"},"1":0,"2":1,"3":2,"4":3,"kc":5,"km":true}}}), "zabcd"),
            (json!({"0":{"k":{"1":{"0":"A!"},"kc":5}}}), "zA!bcd"),
            (json!({"0":{"k":{"0":1,"1":0,"kc":5,"km":true}}}), "A!zbcd"),
            (json!({"0":{"k":{"1":2,"2":[3,{"0":"c?"}],"3":4,"kc":4,"km":true}}}), "A!bc?d"),
            (json!({"0":{"k":{"kc":0}}}), ""),
            (json!({"0":{"k":{"0":{"0":"new"},"kc":1}}}), "new"),
        ]);
        check(&[
            (
                json!({"0":{"s":["<li>","","</li>"],"k":{"0":{"0":"a","1":{"s":["<b>","</b>"],"0":"!"}},"1":{"0":"b","1":""},"kc":2}},"s":["",""]}),
                "<li>a<b>!</b></li><li>b</li>",
            ),
            (
                json!({"0":{"k":{"1":{"1":{"s":["<b>","</b>"],"0":"new"}},"kc":2}}}),
                "<li>a<b>!</b></li><li>b<b>new</b></li>",
            ),
            (
                json!({"0":{"k":{"0":1,"1":[0,{"1":""}],"kc":2,"km":true}}}),
                "<li>b<b>new</b></li><li>a</li>",
            ),
        ]);
    }

    #[test]
    fn streams() {
        let log = |items: &[(&str, &str)]| {
            let items: String =
                items.iter().map(|(id, text)| format!("<p id=\"{id}\">{text}</p>")).collect();
            format!("<div>{items}</div>")
        };
        check(&[
            (
                json!({"0":{"s":["<p id=\"","\">","</p>"],"k":{"0":{"0":"m-1","1":"one"},"1":{"0":"m-2","1":"two"},"kc":2},
                "stream":["0",[["m-2",-1,null,null],["m-1",-1,null,null]],[]]},"s":["<div>","</div>"]}),
                &log(&[("m-1", "one"), ("m-2", "two")]),
            ),
            (
                json!({"0":{"k":{"0":{"0":"m-3","1":"three"},"kc":1},"stream":["0",[["m-3",-1,null,false]],[]]}}),
                &log(&[("m-1", "one"), ("m-2", "two"), ("m-3", "three")]),
            ),
            (
                json!({"0":{"k":{"0":{"0":"m-0","1":"zero"},"kc":1},"stream":["0",[["m-0",0,null,false]],[]]}}),
                &log(&[("m-0", "zero"), ("m-1", "one"), ("m-2", "two"), ("m-3", "three")]),
            ),
            (
                json!({"0":{"k":{"0":{"0":"m-2","1":"TWO"},"kc":1},"stream":["0",[["m-2",-1,null,false]],[]]}}),
                &log(&[("m-0", "zero"), ("m-1", "one"), ("m-2", "TWO"), ("m-3", "three")]),
            ),
            (
                json!({"0":{"k":{"kc":0},"stream":["0",[],["m-1"]]}}),
                &log(&[("m-0", "zero"), ("m-2", "TWO"), ("m-3", "three")]),
            ),
            (
                json!({"0":{"k":{"0":{"0":"m-4","1":"four"},"kc":1},"stream":["0",[["m-4",-1,-3,false]],[]]}}),
                &log(&[("m-2", "TWO"), ("m-3", "three"), ("m-4", "four")]),
            ),
            (
                json!({"0":{"k":{"0":{"0":"m-5","1":"five"},"kc":1},"stream":["0",[["m-5",-1,null,false]],[],true]}}),
                &log(&[("m-5", "five")]),
            ),
            (json!({"0":{"k":{"kc":0},"stream":["0",[],[],true]}}), &log(&[])),
        ]);
    }

    #[test]
    fn components() {
        let span = |number: u64, text: &str| {
            format!("<span data-phx-component=\"{number}\" data-phx-view=\"v\">{text}</span>")
        };
        check(&[
            (
                json!({"0":1,"1":2,"s":["<div>","","</div>"],
                "c":{"1":{"0":"one","s":["<span>","</span>"],"r":1},"2":{"0":"two","s":1}}}),
                &format!("<div>{}{}</div>", span(1, "one"), span(2, "two")),
            ),
            (
                json!({"c":{"2":{"0":"TWO"}}}),
                &format!("<div>{}{}</div>", span(1, "one"), span(2, "TWO")),
            ),
            (
                json!({"1":3,"c":{"3":{"0":"three","s":-1}}}),
                &format!("<div>{}{}</div>", span(1, "one"), span(3, "three")),
            ),
            (json!({"1":""}), &format!("<div>{}</div>", span(1, "one"))),
        ]);
    }

    #[test]
    #[should_panic(expected = "a move without km")]
    fn a_move_needs_its_marker() {
        let (mut tree, _) = Tree::joined(
            &json!({"0":{"s":["",""],"k":{"0":{"0":"a"},"1":{"0":"b"},"kc":2}},"s":["",""]}),
        );
        tree.merge(&json!({"0":{"k":{"0":1,"1":0,"kc":2}}}));
    }

    #[test]
    #[should_panic(expected = "a dynamic cannot be null")]
    fn nothing_is_text() {
        Tree::joined(&json!({"0":null,"s":["",""]}));
    }
}
