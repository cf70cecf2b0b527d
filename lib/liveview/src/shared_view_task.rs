//! The instances of shared views on this node: one task each, one render and one frame per change.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use channels::{Feed, JoinOutcome, Json, Publisher, Snapshot, SnapshotFor};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    app::App,
    diff::Differ,
    effects::Effects,
    join::{self, Join},
    kept,
    probe::ViewProbe,
    session::Session,
    shared_view::{SharedCx, SharedView},
    view::{Interrupt, Mailbox},
    wire,
};

/// Messages waiting for a shared view. Full: whoever sends waits.
const MAILBOX_MESSAGES_MAX: usize = 256;
/// Pages waiting for a shared view to catch up. Full: the next ones wait for a place.
const PAGES_MAX: usize = 64;
/// Viewers that are asked about at the same time when an instance rechecks.
const RECHECKS_AT_ONCE: usize = 32;
/// How long an instance that nobody looks at is kept.
const LINGER: Duration = Duration::from_secs(30);

/// How often shared views were rendered and encoded, since the program started.
#[derive(Debug, Default)]
pub struct SharedCounts {
    renders: AtomicU64,
    encodes: AtomicU64,
}

impl SharedCounts {
    /// Calls of `render`.
    pub fn renders(&self) -> u64 {
        self.renders.load(Ordering::Relaxed)
    }

    /// Frames made of what had changed.
    pub fn encodes(&self) -> u64 {
        self.encodes.load(Ordering::Relaxed)
    }
}

/// The instances of one kind of shared view.
pub(crate) struct Instances<S: SharedView> {
    running: Mutex<HashMap<S::Key, watch::Receiver<State>>>,
    counts: Arc<SharedCounts>,
}

#[derive(Clone)]
enum State {
    Mounting,
    Shown(Shown),
    Failed,
}

/// What an instance shows, for those who come.
#[derive(Clone)]
struct Shown {
    feed: Feed,
    picture: Arc<Picture>,
    /// Asks the instance to catch up before a page is made of it.
    pages: mpsc::Sender<oneshot::Sender<()>>,
}

/// The tree as every browser has it after the last frame.
struct Picture {
    tree: Mutex<(Differ, u64)>,
    page: Mutex<Option<(u64, Arc<str>)>>,
    used_ms: AtomicI64,
}

impl<S: SharedView> Instances<S> {
    pub(crate) fn new(counts: Arc<SharedCounts>) -> Arc<Self> {
        Arc::new(Self { running: Mutex::default(), counts })
    }

    /// Subscribes a browser: it gets the tree and then every frame after it. It is judged when it
    /// has its place, so that a recheck from then on finds it there.
    pub(crate) async fn join(
        self: &Arc<Self>,
        app: &Arc<App<S::Context>>,
        join: Join,
    ) -> Result<JoinOutcome, Interrupt> {
        let key = read_key::<S>(&join.place.nested_session)?;
        let shown = self.shown(app, &key, &join.place.visit.session).await?;
        let place = shown.feed.reserve(&join.connection);
        judge::<S>(app, &key, &join.place.visit.session).await?;
        Ok(JoinOutcome::quiet(place))
    }

    /// The HTML for a page, made before the visitor is judged: it shows nothing that happened later.
    pub(crate) async fn page(
        self: &Arc<Self>,
        app: &Arc<App<S::Context>>,
        key: &Value,
        session: &Session,
    ) -> Result<Arc<str>, Interrupt> {
        let key = read_key::<S>(key)?;
        let shown = self.shown(app, &key, session).await?;
        let (done, caught_up) = oneshot::channel();
        if shown.pages.send(done).await.is_ok() {
            // An instance that ends meanwhile leaves what it has shown last.
            let _ended = caught_up.await;
        }
        let html = shown.picture.html();
        judge::<S>(app, &key, session).await?;
        Ok(html)
    }

    /// What the instance shows. The caller judges the visitor after; only who may look makes one.
    async fn shown(
        self: &Arc<Self>,
        app: &Arc<App<S::Context>>,
        key: &S::Key,
        session: &Session,
    ) -> Result<Shown, Interrupt> {
        if !self.is_running(key) {
            judge::<S>(app, key, session).await?;
        }
        let mut state = self.instance(app, key);
        let state = state.wait_for(|state| !matches!(state, State::Mounting)).await;
        match state.as_deref() {
            Ok(State::Shown(shown)) => {
                shown.picture.used_ms.store(app.clock.now_ms(), Ordering::Relaxed);
                Ok(shown.clone())
            }
            _ => Err(Interrupt::fault("the shared view could not be mounted")),
        }
    }

    fn is_running(&self, key: &S::Key) -> bool {
        let running = self.running.lock().expect("no panic while it is held");
        running.get(key).is_some_and(is_alive)
    }

    fn instance(
        self: &Arc<Self>,
        app: &Arc<App<S::Context>>,
        key: &S::Key,
    ) -> watch::Receiver<State> {
        let mut running = self.running.lock().expect("no panic while it is held");
        if let Some(state) = running.get(key).filter(|state| is_alive(state)) {
            return state.clone();
        }
        let key = key.clone();
        let (sender, state) = watch::channel(State::Mounting);
        running.insert(key.clone(), state.clone());
        let (instances, app) = (self.clone(), app.clone());
        let scope = app.scope.clone();
        scope.spawn_abortable("shared view", async move {
            instances.run(&app, key.clone(), sender).await;
            instances.forget_ended(&key);
        });
        state
    }

    async fn run(&self, app: &App<S::Context>, key: S::Key, state: watch::Sender<State>) {
        let (sender, mut messages) = mpsc::channel(MAILBOX_MESSAGES_MAX);
        let scope = app.scope.child("shared view");
        let mut cx = SharedCx::<S> {
            app: app.context.clone(),
            mailbox: Mailbox(sender),
            scope: scope.clone(),
            effects: Effects::default(),
            recheck: false,
        };
        let _work_ends_with_the_view = scope.stopping().drop_guard();
        let topic = format!("lv:{}", S::id(&key));
        let mut view = match S::mount(key.clone(), &mut cx).await {
            Ok(view) => view,
            Err(error) => {
                tracing::error!(view = std::any::type_name::<S>(), %error, "not mounted");
                state.send_replace(State::Failed);
                return;
            }
        };
        let picture = Arc::new(Picture::new(S::id(&key), app.clock.now_ms()));
        self.render(&view, &mut cx, &picture);
        let source = picture.clone();
        let (mut publisher, feed) = channels::feed(topic, move |purpose| source.snapshot(purpose));
        let (pages, mut waiting_pages) = mpsc::channel::<oneshot::Sender<()>>(PAGES_MAX);
        let shown = Shown { feed: feed.clone(), picture: picture.clone(), pages };
        state.send_replace(State::Shown(shown));
        let mut linger = tokio::time::interval(LINGER);
        loop {
            tokio::select! {
                message = messages.recv() => {
                    let Some(message) = message else { return };
                    view.update(message, &mut cx).await;
                    recheck(&mut cx, &key, &feed).await;
                    self.publish(&view, &mut cx, &picture, &mut publisher);
                }
                Some(page) = waiting_pages.recv() => {
                    // Whoever waits by now is served by the same look.
                    let mut served = vec![page];
                    served.extend(std::iter::from_fn(|| waiting_pages.try_recv().ok()));
                    let caught_up = view.catch_up(&mut cx).await;
                    recheck(&mut cx, &key, &feed).await;
                    if caught_up {
                        self.publish(&view, &mut cx, &picture, &mut publisher);
                    }
                    for page in served {
                        let _page_is_not_wanted_any_more = page.send(());
                    }
                }
                _ = linger.tick() => {
                    if self.forget_unused(app, &key, &feed, &picture) {
                        return;
                    }
                }
            }
        }
    }

    fn publish(
        &self,
        view: &S,
        cx: &mut SharedCx<S>,
        picture: &Picture,
        publisher: &mut Publisher,
    ) {
        let (sequence, message) = self.render(view, cx, picture);
        if !message.is_empty() {
            self.counts.encodes.fetch_add(1, Ordering::Relaxed);
            publisher.publish(sequence, &Json::encode(&message));
        }
    }

    /// Renders once; what has changed is in the picture before anybody is told.
    fn render(
        &self,
        view: &S,
        cx: &mut SharedCx<S>,
        picture: &Picture,
    ) -> (u64, Map<String, Value>) {
        self.counts.renders.fetch_add(1, Ordering::Relaxed);
        let rendered = view.render();
        let mut tree = picture.tree.lock().expect("no panic while it is held");
        let mut message = tree.0.render(rendered, &mut cx.effects, &|_| String::new());
        ViewProbe::check(&tree.0, || view.render());
        let events = std::mem::take(&mut cx.effects.events);
        if !events.is_empty() {
            message.insert("e".to_owned(), Value::Array(events));
        }
        if !message.is_empty() {
            tree.1 += 1;
        }
        wire::share_templates(&mut message);
        (tree.1, message)
    }

    /// Whether nobody has looked for a while; then the next one finds no instance.
    fn forget_unused(
        &self,
        app: &App<S::Context>,
        key: &S::Key,
        feed: &Feed,
        picture: &Picture,
    ) -> bool {
        let mut running = self.running.lock().expect("no panic while it is held");
        let idle_ms = app.clock.now_ms() - picture.used_ms.load(Ordering::Relaxed);
        let unused = feed.subscribers() == 0 && idle_ms >= LINGER.as_millis() as i64;
        if unused {
            running.remove(key);
        }
        unused
    }

    fn forget_ended(&self, key: &S::Key) {
        let mut running = self.running.lock().expect("no panic while it is held");
        if running.get(key).is_some_and(|state| !is_alive(state)) {
            running.remove(key);
        }
    }
}

/// A task that ended, by a panic perhaps, has dropped its sender.
fn is_alive(state: &watch::Receiver<State>) -> bool {
    state.has_changed().is_ok()
}

fn read_key<S: SharedView>(key: &Value) -> Result<S::Key, Interrupt> {
    S::Key::deserialize(key).map_err(Interrupt::fault)
}

async fn judge<S: SharedView>(
    app: &App<S::Context>,
    key: &S::Key,
    session: &Session,
) -> Result<(), Interrupt> {
    match S::allows(&app.context, key, session).await {
        true => Ok(()),
        false => Err(Interrupt::Status(403)),
    }
}

/// Judges everybody again if the update asked for it. Whoever comes while it runs is judged by their
/// own join, which knows what is known now.
async fn recheck<S: SharedView>(cx: &mut SharedCx<S>, key: &S::Key, feed: &Feed) {
    if !std::mem::take(&mut cx.recheck) {
        return;
    }
    let app = &cx.app;
    let judged = stream::iter(feed.viewers()).map(|viewer| async move {
        let session = join::visitor(viewer.connection()).and_then(|known| known.session.clone());
        let may_look = match session {
            Some(session) => S::allows(app, key, &session).await,
            None => false,
        };
        (viewer, may_look)
    });
    let mut judged = std::pin::pin!(judged.buffer_unordered(RECHECKS_AT_ONCE));
    while let Some((viewer, may_look)) = judged.next().await {
        if !may_look {
            feed.expel(&viewer);
        }
    }
}

impl Picture {
    fn new(id: String, now_ms: i64) -> Self {
        let tree = Mutex::new((Differ::shared(id), 0));
        Self { tree, page: Mutex::default(), used_ms: AtomicI64::new(now_ms) }
    }

    fn snapshot(&self, purpose: SnapshotFor) -> Snapshot {
        let tree = self.tree.lock().expect("no panic while it is held");
        let mut whole = tree.0.whole(purpose == SnapshotFor::Resync);
        let sequence = tree.1;
        drop(tree);
        wire::share_templates(&mut whole);
        let payload = match purpose {
            SnapshotFor::Join => Json::encode(
                &json!({ "rendered": whole, "liveview_version": wire::CLIENT_VERSION }),
            ),
            SnapshotFor::Resync => Json::encode(&whole),
        };
        Snapshot { sequence, payload }
    }

    fn html(&self) -> Arc<str> {
        let mut page = self.page.lock().expect("no panic while it is held");
        let tree = self.tree.lock().expect("no panic while it is held");
        if let Some((_, html)) = page.as_ref().filter(|(sequence, _)| *sequence == tree.1) {
            return html.clone();
        }
        let mut html = String::new();
        kept::write_html(&Value::Object(tree.0.whole(false)), &mut html);
        let html: Arc<str> = html.into();
        *page = Some((tree.1, html.clone()));
        html
    }
}

#[cfg(test)]
mod tests;
