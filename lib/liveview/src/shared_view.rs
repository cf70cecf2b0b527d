//! A live view with one instance per thing shown, however many are looking.

use std::{future::Future, hash::Hash};

use serde::{Serialize, de::DeserializeOwned};
use tasks::Scope;

use crate::{
    effects::Effects,
    rendered::Rendered,
    session::Session,
    view::{Interrupt, Mailbox},
};

/// What everybody who looks at one thing sees, rendered and encoded once per change.
///
/// There is one instance per key and node. It is mounted when the first browser (or page) asks and
/// dropped a while after the last one left. **What it shows must be a function of the key alone**:
/// never of who looks, never of how long they have been looking. What is personal is done in the
/// browser (`data-` attributes and style rules) or in the view around this one.
///
/// A browser that joins gets the current state and every change after it, in one step. Lists that
/// grow are [`Stream::windowed`](crate::Stream::windowed) streams. Events of browsers do not come
/// here: they belong to the view around it. Components and nested views do not go into its markup.
pub trait SharedView: Sized + Send + 'static {
    /// What the program gives to all its views.
    type Context: Clone + Send + Sync + 'static;
    /// What is shown. Small: it is signed into the page.
    type Key: Serialize + DeserializeOwned + Clone + Eq + Hash + Send + Sync + 'static;
    /// What happens to it.
    type Msg: Send + 'static;

    /// The element id, and with `lv:` before it the topic: the same on every node, and different
    /// for every key.
    fn id(key: &Self::Key) -> String;

    /// Whether the visitor may look. Asked for every page and every join, and for all who look after
    /// [`SharedCx::recheck`].
    fn allows(
        app: &Self::Context,
        key: &Self::Key,
        session: &Session,
    ) -> impl Future<Output = bool> + Send {
        let _unused = (app, key, session);
        async { true }
    }

    /// The first state. Subscribe first, then look.
    ///
    /// # Errors
    /// An [`Interrupt`]: the joins that wait are refused, the next one tries again.
    fn mount(
        key: Self::Key,
        cx: &mut SharedCx<Self>,
    ) -> impl Future<Output = Result<Self, Interrupt>> + Send;

    /// Something happened. One render follows, and one frame if anything changed.
    fn update(
        &mut self,
        message: Self::Msg,
        cx: &mut SharedCx<Self>,
    ) -> impl Future<Output = ()> + Send;

    /// A page is about to be made of it. Takes in what is known elsewhere and was not announced here
    /// yet, so that the page shows all that was acknowledged before; returns whether there was any.
    fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> impl Future<Output = bool> + Send {
        let _unused = cx;
        async { false }
    }

    /// What it looks like. Pure: it is called once per change.
    fn render(&self) -> Rendered;
}

/// What a shared view may ask of its surroundings.
#[derive(Debug)]
pub struct SharedCx<S: SharedView> {
    pub(crate) app: S::Context,
    pub(crate) mailbox: Mailbox<S::Msg>,
    pub(crate) scope: Scope,
    pub(crate) effects: Effects,
    pub(crate) recheck: bool,
}

impl<S: SharedView> SharedCx<S> {
    /// What the program gave to all its views.
    pub fn app(&self) -> &S::Context {
        &self.app
    }

    /// A way to send messages to this view.
    pub fn mailbox(&self) -> Mailbox<S::Msg> {
        self.mailbox.clone()
    }

    /// Runs work that may send any number of messages; dropped with the view.
    pub fn spawn_with<F, W>(&mut self, work: F)
    where
        F: FnOnce(Mailbox<S::Msg>) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        self.scope.spawn_abortable("shared view work", work(self.mailbox.clone()));
    }

    /// Asks [`SharedView::allows`] again for everybody who looks, when this update is done and before
    /// what it changed is sent. What `allows` goes by has changed already.
    ///
    /// Who may not look any longer is sent nothing more, not even what waited for a slow connection:
    /// the channel ends with `phx_error`, upon which the official client joins again after a second,
    /// is refused with status 403 and loads the page. The others notice nothing. One call of `allows`
    /// per browser, some at the same time; the next message waits for all of them.
    pub fn recheck(&mut self) {
        self.recheck = true;
    }

    /// Sends the DOM event `phx:<name>` to every browser that looks.
    pub fn push_event(&mut self, name: &str, detail: serde_json::Value) {
        self.effects.push_event(name, detail);
    }
}
