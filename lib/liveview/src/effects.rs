//! What a view or component asks for besides a new render.

use serde_json::Value;

/// Collected during one update, carried out after it.
#[derive(Debug, Default)]
pub struct Effects {
    pub(crate) events: Vec<Value>,
    pub(crate) reply: Option<Value>,
    pub(crate) title: Option<String>,
    pub(crate) navigation: Option<Navigation>,
}

/// Where the browser is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Navigation {
    /// Another URL of the same view.
    Patch {
        /// Path and query.
        to: String,
        /// Whether the history entry is replaced.
        replace: bool,
    },
    /// Another view, without a page load.
    Navigate {
        /// Path and query.
        to: String,
        /// Whether the history entry is replaced.
        replace: bool,
        /// What the other view shows once.
        flash: Flash,
    },
    /// Another page, with a page load.
    Redirect {
        /// Path and query, or a URL.
        to: String,
        /// What the other page shows once.
        flash: Flash,
    },
}

impl Effects {
    /// Sends the DOM event `phx:<name>` with `detail` to the page and to hooks, after the patch.
    pub fn push_event(&mut self, name: &str, detail: Value) {
        self.events.push(serde_json::json!([name, detail]));
    }

    /// The same, before the patch.
    pub fn push_event_before_patch(&mut self, name: &str, detail: Value) {
        self.events.push(serde_json::json!([name, detail, true]));
    }

    /// Answers the hook that pushed the event in hand.
    pub fn reply(&mut self, answer: Value) {
        self.reply = Some(answer);
    }

    /// Sets the page title; empty shows the default.
    pub fn title(&mut self, title: impl Into<String>) {
        self.title = Some(title.into());
    }

    /// Goes to another URL of the same view; its `params` runs before the reply.
    pub fn patch(&mut self, to: impl Into<String>) {
        self.navigation = Some(Navigation::Patch { to: to.into(), replace: false });
    }

    /// The same in place of the current entry of the browser's history: for what changes while somebody
    /// types, where going back should lead to the page before.
    pub fn patch_in_place(&mut self, to: impl Into<String>) {
        self.navigation = Some(Navigation::Patch { to: to.into(), replace: true });
    }

    /// Goes to another view of the same session without a page load.
    pub fn navigate(&mut self, to: impl Into<String>) {
        self.navigate_with(to, Flash::default());
    }

    /// The same, with something to show there.
    pub fn navigate_with(&mut self, to: impl Into<String>, flash: Flash) {
        let to = to.into();
        self.navigation = Some(Navigation::Navigate { to, replace: false, flash });
    }

    /// Loads another page.
    pub fn redirect(&mut self, to: impl Into<String>) {
        self.redirect_with(to, Flash::default());
    }

    /// The same, with something to show there.
    pub fn redirect_with(&mut self, to: impl Into<String>, flash: Flash) {
        self.navigation = Some(Navigation::Redirect { to: to.into(), flash });
    }
}

/// Messages that are shown once, by kind ("info", "error").
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flash(std::collections::BTreeMap<String, String>);

impl Flash {
    /// One message.
    pub fn of(kind: impl Into<String>, text: impl Into<String>) -> Self {
        let mut flash = Flash::default();
        flash.put(kind, text);
        flash
    }

    /// Shows `text` as `kind` in place of what was shown there.
    pub fn put(&mut self, kind: impl Into<String>, text: impl Into<String>) {
        self.0.insert(kind.into(), text.into());
    }

    /// The message of a kind.
    pub fn get(&self, kind: &str) -> Option<&str> {
        self.0.get(kind).map(String::as_str)
    }

    /// Forgets one kind, or everything.
    pub fn clear(&mut self, kind: Option<&str>) {
        match kind {
            Some(kind) => drop(self.0.remove(kind)),
            None => self.0.clear(),
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the messages of `other`.
    pub fn merge(&mut self, other: Flash) {
        self.0.extend(other.0);
    }
}
