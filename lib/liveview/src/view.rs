//! A live view with one instance per browser tab.

use std::{fmt, future::Future, net::IpAddr, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tasks::Scope;
use tokio::sync::mpsc;

use crate::{
    effects::{Effects, Flash},
    message::Message,
    params::Params,
    rendered::Rendered,
    session::Session,
};

/// Page, model and messages of one browser tab: `mount` makes the model, `update` changes it,
/// `render` shows it.
///
/// All calls come from one task, in the order in which the messages arrived. The instance may be
/// dropped at any `.await` when the tab is gone, so a write must be owned by someone else.
pub trait LiveView: Sized + Send + 'static {
    /// What the program gives to all its views.
    type Context: Clone + Send + Sync + 'static;
    /// What a browser, or the view itself, may say.
    type Msg: Message;

    /// The first model: once for the page (`!cx.connected()`) and once when the browser connects.
    ///
    /// # Errors
    /// An [`Interrupt`] shows something else instead.
    fn mount(cx: &mut Cx<Self>) -> impl Future<Output = Result<Self, Interrupt>> + Send;

    /// The URL's parameters are known or have changed; after `mount`, and after each patch.
    fn params(&mut self, cx: &mut Cx<Self>) -> impl Future<Output = ()> + Send {
        let _unused = cx;
        async {}
    }

    /// A message came.
    fn update(&mut self, message: Self::Msg, cx: &mut Cx<Self>) -> impl Future<Output = ()> + Send;

    /// What it looks like. Pure: it may be called any number of times.
    fn render(&self) -> Rendered;

    /// Where the view keeps what it shows once, if it does: the browser can clear it.
    fn flash(&mut self) -> Option<&mut Flash> {
        None
    }

    /// More attributes of the element that holds the view, as HTML beginning with a space.
    fn container() -> &'static str {
        ""
    }
}

/// Why a view was not mounted.
#[derive(Debug, thiserror::Error)]
pub enum Interrupt {
    /// Another page is shown, with a page load.
    #[error("redirected to {to}")]
    Redirect {
        /// Path and query, or a URL.
        to: String,
        /// What is shown there once.
        flash: Flash,
    },
    /// Another view of the same session is shown.
    #[error("navigated to {to}")]
    Navigate {
        /// Path and query.
        to: String,
        /// What is shown there once.
        flash: Flash,
    },
    /// The error page of this status is shown.
    #[error("status {0}")]
    Status(u16),
    /// The world failed; logged, and an error page is shown.
    #[error("a view could not be mounted")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Interrupt {
    /// Shows the page at `to` instead.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::Redirect { to: to.into(), flash: Flash::default() }
    }

    /// Reports a fault.
    pub fn fault(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(source.into())
    }
}

/// What a view knows about its surroundings and may ask of them.
///
/// It dereferences to [`Effects`]: `cx.push_event(…)`, `cx.patch(…)`, `cx.title(…)`.
pub struct Cx<V: LiveView> {
    pub(crate) app: V::Context,
    pub(crate) place: Box<Place>,
    pub(crate) effects: Effects,
    pub(crate) link: Option<Link<V::Msg>>,
}

/// Where a view is: the parts that mount and params read.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) params: Params,
    pub(crate) visit: Visit,
    pub(crate) nested_session: Value,
    pub(crate) connect_params: Params,
    pub(crate) flash: Flash,
    pub(crate) is_nested: bool,
    pub(crate) static_changed: bool,
}

/// Whose browser shows the view, and where it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visit {
    pub(crate) session: Arc<Session>,
    pub(crate) peer: Option<IpAddr>,
}

/// A connected view's way to itself. What most views never use is made when it is first needed.
pub(crate) struct Link<M> {
    parent: Scope,
    scope: Option<Scope>,
    messages: Option<(Mailbox<M>, mpsc::Receiver<M>)>,
}

/// Messages waiting for a view from its own work. Full: the work waits.
const MAILBOX_MESSAGES_MAX: usize = 32;

impl<M> Link<M> {
    /// The view's work will belong to a child of `parent`.
    pub(crate) fn new(parent: Scope) -> Self {
        Self { parent, scope: None, messages: None }
    }

    /// The next message; never, while nobody can send one.
    pub(crate) async fn next(&mut self) -> M {
        match &mut self.messages {
            Some((_, messages)) => messages.recv().await.expect("the view holds a sender itself"),
            None => std::future::pending().await,
        }
    }

    fn mailbox(&mut self) -> Mailbox<M> {
        let made = || {
            let (sender, messages) = mpsc::channel(MAILBOX_MESSAGES_MAX);
            (Mailbox(sender), messages)
        };
        self.messages.get_or_insert_with(made).0.clone()
    }
}

impl<V: LiveView> fmt::Debug for Cx<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("place", &self.place).finish_non_exhaustive()
    }
}

impl<V: LiveView> std::ops::Deref for Cx<V> {
    type Target = Effects;

    fn deref(&self) -> &Effects {
        &self.effects
    }
}

impl<V: LiveView> std::ops::DerefMut for Cx<V> {
    fn deref_mut(&mut self) -> &mut Effects {
        &mut self.effects
    }
}

impl<V: LiveView> Cx<V> {
    /// What the program gave to all its views.
    pub fn app(&self) -> &V::Context {
        &self.app
    }

    /// Whether a browser is connected, rather than a page being rendered.
    pub fn connected(&self) -> bool {
        self.link.is_some()
    }

    /// Whether the view stands in the markup of another one, and so has no URL.
    pub fn is_nested(&self) -> bool {
        self.place.is_nested
    }

    /// Path and query of the page's URL; empty in a nested view.
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// Parameters of the path and of the query; those of the path win.
    pub fn params(&self) -> &Params {
        &self.place.params
    }

    /// What the visitor's signed cookie holds.
    pub fn session(&self) -> &Session {
        &self.place.visit.session
    }

    /// The browser's address, to limit what comes from one: that of the connection, or what a proxy
    /// says if the endpoint trusts it. `None` where nobody knows it, as in a page that
    /// [`Endpoint::show`](crate::Endpoint::show) makes.
    pub fn peer(&self) -> Option<IpAddr> {
        self.place.visit.peer
    }

    /// What the parent told a nested view.
    ///
    /// # Errors
    /// [`Interrupt::Fault`] if it told something else.
    pub fn nested_session<T: DeserializeOwned>(&self) -> Result<T, Interrupt> {
        serde_json::from_value(self.place.nested_session.clone()).map_err(Interrupt::fault)
    }

    /// What the page's script sent when it connected; text that nobody has checked.
    pub fn connect_params(&self) -> &Params {
        &self.place.connect_params
    }

    /// Whether the page was loaded with scripts or styles of another build (`phx-track-static`).
    pub fn static_changed(&self) -> bool {
        self.place.static_changed
    }

    /// What an earlier page left to be shown once.
    pub fn flash(&self) -> &Flash {
        &self.place.flash
    }

    /// A way to send messages to this view; `None` while a page is rendered.
    pub fn mailbox(&mut self) -> Option<Mailbox<V::Msg>> {
        self.link.as_mut().map(Link::mailbox)
    }

    /// Runs `work` beside the view; its result comes as a message. Dropped with the view. Does
    /// nothing while a page is rendered.
    pub fn spawn(&mut self, work: impl Future<Output = V::Msg> + Send + 'static) {
        self.spawn_with(|mailbox| async move {
            mailbox.send(work.await).await;
        });
    }

    /// Runs work that may send any number of messages. Dropped with the view. Does nothing while a
    /// page is rendered.
    pub fn spawn_with<F, W>(&mut self, work: F)
    where
        F: FnOnce(Mailbox<V::Msg>) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        let Some(link) = &mut self.link else { return };
        let mailbox = link.mailbox();
        let scope = link.scope.get_or_insert_with(|| link.parent.child("view"));
        scope.spawn_abortable("view work", work(mailbox));
    }

    /// Sends `message` after a delay.
    pub fn after(&mut self, delay: Duration, message: V::Msg) {
        self.spawn(async move {
            tokio::time::sleep(delay).await;
            message
        });
    }

    /// Sends a message again and again, the first after one period.
    pub fn every(&mut self, period: Duration, message: impl Fn() -> V::Msg + Send + 'static) {
        self.spawn_with(move |mailbox| async move {
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                ticks.tick().await;
                if !mailbox.send(message()).await {
                    return;
                }
            }
        });
    }
}

impl<V: LiveView> Drop for Cx<V> {
    fn drop(&mut self) {
        if let Some(scope) = self.link.as_mut().and_then(|link| link.scope.take()) {
            scope.stopping().cancel();
        }
    }
}

/// Sends messages to a view. Bounded: a sender waits while it is full.
#[derive(Debug)]
pub struct Mailbox<M>(pub(crate) mpsc::Sender<M>);

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Mailbox<M> {
    /// Waits for room and sends; `false` if the view is gone.
    pub async fn send(&self, message: M) -> bool {
        self.0.send(message).await.is_ok()
    }

    /// Sends if there is room; `false` if not, or if the view is gone.
    pub fn try_send(&self, message: M) -> bool {
        self.0.try_send(message).is_ok()
    }
}
