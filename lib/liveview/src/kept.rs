//! What the browsers show of a stream, so that one that joins later can be given the same.
//!
//! [`Kept`] follows the changes that were sent exactly as the client applies them (protocol
//! document §4.6), limits included: how much is kept is what the view told the browsers to keep.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::rendered::Template;

/// `[dom id, at, limit, update only]` of one insert.
pub(crate) type InsertPlace = (String, i64, Option<i64>, bool);

#[derive(Debug, Default)]
pub(crate) struct Kept(Vec<Item>);

#[derive(Debug)]
struct Item {
    dom_id: String,
    template: &'static Template,
    dynamics: Value,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are entries, and all have `template`: what [`Kept::whole`] gives is then a list
    /// of that template.
    pub(crate) fn is_all(&self, template: &'static Template) -> bool {
        !self.is_empty() && self.0.iter().all(|item| item.template.same(template))
    }

    /// Applies one message's changes: reset or deletes first, then the inserts with their entries,
    /// which all have `template`.
    pub(crate) fn follow(
        &mut self,
        reset: bool,
        deletes: &[String],
        inserts: &[InsertPlace],
        template: Option<&'static Template>,
        entries: &Map<String, Value>,
    ) {
        let gone = |item: &Item| reset || deletes.contains(&item.dom_id);
        let removed: Vec<_> = self.0.extract_if(.., |item| gone(item)).collect();
        let there: HashSet<_> = self.0.iter().map(|item| item.dom_id.clone()).collect();
        let Some(template) = template else { return };
        for ((dom_id, at, limit, update_only), dynamics) in inserts.iter().zip(ordered(entries)) {
            let (dom_id, dynamics) = (dom_id.clone(), dynamics.clone());
            let item = Item { dom_id, template, dynamics };
            if there.contains(&item.dom_id) {
                // One that the limit of an earlier insert has removed does not come back.
                let mut known = self.0.iter_mut();
                if let Some(known) = known.find(|known| known.dom_id == item.dom_id) {
                    *known = item;
                }
                continue;
            }
            // To the client, one that the same message removes counts as there.
            if !update_only || removed.iter().any(|known| known.dom_id == item.dom_id) {
                self.insert(*at, item);
                self.trim(*limit);
            }
        }
    }

    fn insert(&mut self, at: i64, item: Item) {
        match usize::try_from(at) {
            Ok(at) if at < self.0.len() => self.0.insert(at, item),
            _ => self.0.push(item),
        }
    }

    fn trim(&mut self, limit: Option<i64>) {
        let Some(limit) = limit else { return };
        let count = usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
        let excess = self.0.len().saturating_sub(count);
        match limit {
            0.. => self.0.truncate(count),
            _ => drop(self.0.drain(..excess)),
        }
    }

    /// The list as a fresh one. With `reset`, it replaces what is shown.
    pub(crate) fn whole(&self, reference: &str, reset: bool) -> Value {
        let one = self.0.windows(2).all(|pair| pair[0].template.same(pair[1].template));
        let statics = match self.0.first() {
            Some(first) if one => json!(first.template.statics),
            // A list has one template: entries of several are nested in one that is nothing else.
            Some(_) => json!(["", ""]),
            None => json!([""]),
        };
        let entry = |item: &Item| match one {
            true => item.dynamics.clone(),
            false => {
                let mut nested = item.dynamics.clone();
                nested["s"] = json!(item.template.statics);
                json!({ "0": nested })
            }
        };
        let entries = self.0.iter().enumerate();
        let mut keyed: Map<_, _> =
            entries.map(|(index, item)| (index.to_string(), entry(item))).collect();
        keyed.insert("kc".to_owned(), json!(self.0.len()));
        let inserts: Vec<_> =
            self.0.iter().map(|item| json!([item.dom_id, -1, Value::Null, false])).collect();
        let mut stream = vec![json!(reference), json!(inserts), json!([])];
        if reset {
            stream.push(json!(true));
        }
        json!({ "s": statics, "k": keyed, "stream": stream })
    }
}

fn ordered(entries: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    (0..entries.len()).filter_map(|index| entries.get(&index.to_string()))
}

/// The HTML of a whole tree as sent: for the page of a shared view.
pub(crate) fn write_html(value: &Value, html: &mut String) {
    let Value::Object(tree) = value else {
        html.push_str(value.as_str().unwrap_or_default());
        return;
    };
    let statics = tree.get("s").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match tree.get("k").and_then(Value::as_object) {
        None => write_entry(statics, tree, html),
        Some(keyed) => {
            let entries = ordered(keyed).filter_map(Value::as_object);
            entries.for_each(|entry| write_entry(statics, entry, html));
        }
    }
}

fn write_entry(statics: &[Value], dynamics: &Map<String, Value>, html: &mut String) {
    for (index, text) in statics.iter().enumerate() {
        if index > 0 {
            let dynamic = dynamics.get(&(index - 1).to_string());
            dynamic.into_iter().for_each(|dynamic| write_html(dynamic, html));
        }
        html.push_str(text.as_str().unwrap_or_default());
    }
}
