//! A live view named in the markup of another.

use serde::Serialize;
use serde_json::Value;

use crate::{
    rendered::{Dynamic, IntoDynamic},
    shared_view::SharedView,
    view::LiveView,
};

/// A live view inside this one: its own topic, its own task, its own diffs.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedView {
    /// Element id and the part of the topic after `lv:`; unique in the page.
    pub(crate) id: String,
    /// Which view it is, as registered.
    pub(crate) view: &'static str,
    /// What it is told: the session of a private view, the key of a shared one.
    pub(crate) session: Value,
    pub(crate) sticky: bool,
    pub(crate) class: Option<&'static str>,
}

/// Puts the view `V` here, with an instance of its own for this browser tab.
///
/// `session` is signed and comes back when the browser joins: keep it small.
pub fn nested<V: LiveView>(id: impl Into<String>, session: impl Serialize) -> NestedView {
    NestedView {
        id: id.into(),
        view: std::any::type_name::<V>(),
        session: serde_json::to_value(session).expect("sessions are plain data"),
        sticky: false,
        class: None,
    }
}

/// Puts the one instance of `S` for `key` here, shared by everyone who looks at it.
pub fn shared<S: SharedView>(key: &S::Key) -> NestedView {
    NestedView {
        id: S::id(key),
        view: std::any::type_name::<S>(),
        session: serde_json::to_value(key).expect("keys are plain data"),
        sticky: false,
        class: None,
    }
}

impl NestedView {
    /// Keeps the view over navigation to another page of the same session.
    pub fn sticky(self) -> Self {
        Self { sticky: true, ..self }
    }

    /// The class of the container.
    pub fn class(self, class: &'static str) -> Self {
        Self { class: Some(class), ..self }
    }
}

impl IntoDynamic for NestedView {
    fn into_dynamic(self) -> Dynamic {
        Dynamic::View(self)
    }
}
