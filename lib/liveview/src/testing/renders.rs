//! Every render of a view in full, so that a test compares what the browser has with it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::Value;

use crate::{
    diff::Differ,
    rendered::{Dynamic, Rendered},
};

/// Renders of the views of one connection, by the last join of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renders(Arc<Mutex<BTreeMap<String, ViewRenders>>>);

/// Renders of one view, each with the message that was made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ViewRenders(Arc<Mutex<VecDeque<(Value, Picture)>>>);

impl Renders {
    /// The view `id` starts anew.
    pub(crate) fn view(&self, id: &str) -> ViewRenders {
        let fresh = ViewRenders::default();
        let mut views = self.0.lock().expect("no panic while the views are held");
        views.insert(id.to_owned(), fresh.clone());
        fresh
    }

    /// The renders since the last join of `id`; none of a shared view.
    pub(super) fn joined(&self, id: &str) -> ViewRenders {
        let views = self.0.lock().expect("no panic while the views are held");
        views.get(id).cloned().unwrap_or_default()
    }
}

impl ViewRenders {
    pub(crate) fn add(&self, message: Value, picture: Picture) {
        self.lock().push_back((message, picture));
    }

    /// Takes the renders that changed nothing since the last message.
    pub(super) fn quiet(&self) -> Vec<Picture> {
        let mut renders = self.lock();
        let empty = |(message, _): &&(Value, Picture)| {
            message.as_object().is_some_and(serde_json::Map::is_empty)
        };
        let count = renders.iter().take_while(empty).count();
        renders.drain(..count).map(|(_, picture)| picture).collect()
    }

    /// Takes the render that `message` was made of. `None`: the view is shared.
    pub(super) fn of_message(&self, message: &Value) -> Option<Picture> {
        let (made, picture) = self.lock().pop_front()?;
        assert_eq!(&made, message, "a message that no render accounts for");
        Some(picture)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Value, Picture)>> {
        self.0.lock().expect("no panic while the renders are held")
    }
}

/// HTML with gaps where the server keeps nothing: streams, temporary values, tokens.
#[derive(Debug)]
pub(crate) struct Picture(Vec<String>);

impl Picture {
    pub(crate) fn of(rendered: &Rendered, differ: &Differ) -> Self {
        let mut picture = Self(vec![String::new()]);
        picture.rendered(rendered, differ);
        picture
    }

    fn text(&mut self, text: &str) {
        self.0.last_mut().expect("there is always a last").push_str(text);
    }

    fn gap(&mut self) {
        self.0.push(String::new());
    }

    fn rendered(&mut self, rendered: &Rendered, differ: &Differ) {
        let statics = rendered.template.statics;
        self.text(statics[0]);
        for (dynamic, after) in rendered.dynamics.iter().zip(&statics[1..]) {
            self.dynamic(dynamic, differ);
            self.text(after);
        }
    }

    fn dynamic(&mut self, dynamic: &Dynamic, differ: &Differ) {
        match dynamic {
            Dynamic::Text(text) => self.text(text),
            Dynamic::Nested(rendered) => self.rendered(rendered, differ),
            Dynamic::Keyed(keyed) => {
                keyed.entries.iter().for_each(|(_, entry)| self.rendered(entry, differ));
            }
            Dynamic::Component(spec) => {
                let rendered = differ.component_named(spec).expect("it was just rendered");
                self.rendered(&rendered, differ);
            }
            Dynamic::View(view) => {
                self.text(&format!("<div id=\"{}\"", crate::escape(&view.id)));
                self.gap();
                self.text("></div>");
            }
            Dynamic::Stream(_) | Dynamic::Temporary(..) | Dynamic::Keep => self.gap(),
        }
    }

    /// Compares what a browser has with the render.
    pub(crate) fn check(&self, html: &str) {
        let (first, rest) = self.0.split_first().expect("there is always a first");
        let wrong =
            || format!("the browser has\n{html}\nand the view renders\n{}", self.0.join("…"));
        let mut left = html.strip_prefix(&**first).unwrap_or_else(|| panic!("{}", wrong()));
        let Some((last, between)) = rest.split_last() else {
            return assert!(left.is_empty(), "{}", wrong());
        };
        for text in between {
            let (_, after) = left.split_once(&**text).unwrap_or_else(|| panic!("{}", wrong()));
            left = after;
        }
        assert!(left.ends_with(&**last), "{}", wrong());
    }
}
