//! The tree of scopes.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Owns tasks: spawns them, asks them to stop, waits for them. Cheap to clone; all clones are one
/// scope.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    /// Held, so that a scope without tasks and handles stays in the tree while there is one below.
    _above: Option<Scope>,
    stopping: CancellationToken,
    abort: CancellationToken,
    tracker: TaskTracker,
    next_task: AtomicU64,
    names: Mutex<BTreeMap<u64, &'static str>>,
    children: Mutex<Vec<Weak<Inner>>>,
}

/// Resolves to the task's output, or to `None` when the task panicked or was aborted.
#[derive(Debug)]
pub struct TaskHandle<T>(JoinHandle<Option<T>>);

impl<T> TaskHandle<T> {
    /// Waits for the task. `None`: it panicked (logged where it was spawned) or was aborted.
    pub async fn join(self) -> Option<T> {
        self.0.await.ok().flatten()
    }

    /// Drops the task at its next `.await`.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Tasks that were still running when the deadline passed.
#[derive(Debug, PartialEq, Eq)]
pub struct StopError {
    /// The scope that was asked to stop.
    pub scope: String,
    /// Names of the tasks that would not stop.
    pub still_running: Vec<&'static str>,
}

impl std::fmt::Display for StopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "scope {} did not stop in time: {}", self.scope, self.still_running.join(", "))
    }
}

impl std::error::Error for StopError {}

impl Scope {
    /// The top of a tree.
    pub fn root(name: impl Into<String>) -> Self {
        Self::under(None, name.into(), CancellationToken::new(), CancellationToken::new())
    }

    /// A scope that stops when this one stops, and is awaited by it.
    pub fn child(&self, name: impl Into<String>) -> Self {
        let child = Self::under(
            Some(self.clone()),
            name.into(),
            self.0.stopping.child_token(),
            self.0.abort.child_token(),
        );
        let mut children = self.0.children.lock().expect("no panic while the list is held");
        children.retain(|known| known.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        child
    }

    fn under(
        above: Option<Scope>,
        name: String,
        stopping: CancellationToken,
        abort: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            name,
            _above: above,
            stopping,
            abort,
            tracker: TaskTracker::new(),
            next_task: AtomicU64::new(0),
            names: Mutex::default(),
            children: Mutex::default(),
        }))
    }

    /// Runs `task` until it ends by itself; it should watch [`Scope::stopping`]. A panic is logged
    /// and ends that task only.
    pub fn spawn<F>(&self, name: &'static str, task: F) -> TaskHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // On the heap: each of the layers around a future would hold a copy of its size.
        let abort = self.0.abort.clone();
        let mut task = Box::pin(task);
        self.launch(name, async move {
            tokio::select! {
                biased;
                output = &mut task => Some(output),
                () = abort.cancelled() => None,
            }
        })
    }

    /// Runs `task` and drops it at its next `.await` once the scope is asked to stop.
    pub fn spawn_abortable<F>(&self, name: &'static str, task: F) -> TaskHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let stopping = self.0.stopping.clone();
        let mut task = Box::pin(task);
        self.launch(name, async move {
            tokio::select! {
                biased;
                () = stopping.cancelled() => None,
                output = &mut task => Some(output),
            }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that spawns")]
    fn launch<F, T>(&self, name: &'static str, task: F) -> TaskHandle<T>
    where
        F: Future<Output = Option<T>> + Send + 'static,
        T: Send + 'static,
    {
        let entry = Entry::new(self.clone(), name);
        TaskHandle(tokio::spawn(self.0.tracker.track_future(async move {
            let _entry = entry;
            task.await
        })))
    }

    /// Cancelled once this scope, or one above it, is asked to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }

    /// How many tasks of this scope itself are running.
    pub fn running(&self) -> usize {
        self.0.tracker.len()
    }

    /// Asks every task here and below to stop, children first, and waits for all of them.
    ///
    /// # Errors
    /// What was still running at the deadline is aborted at its next `.await` and named.
    pub async fn stop(&self, deadline: Duration) -> Result<(), StopError> {
        self.0.stopping.cancel();
        if tokio::time::timeout(deadline, self.ended()).await.is_ok() {
            return Ok(());
        }
        let still_running = self.names();
        self.0.abort.cancel();
        Err(StopError { scope: self.0.name.clone(), still_running })
    }

    async fn ended(&self) {
        for child in self.children() {
            Box::pin(child.ended()).await;
        }
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    fn children(&self) -> Vec<Scope> {
        let children = self.0.children.lock().expect("no panic while the list is held");
        children.iter().filter_map(|weak| weak.upgrade().map(Scope)).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.children().iter().flat_map(Scope::names).collect();
        let own = self.0.names.lock().expect("no panic while the map is held");
        names.extend(own.values());
        names
    }
}

/// One line of "what runs here", removed when the task ends however it ends. It holds its scope,
/// so that a scope with tasks stays in the tree after its last handle is gone.
struct Entry {
    scope: Scope,
    number: u64,
    name: &'static str,
}

impl Entry {
    fn new(scope: Scope, name: &'static str) -> Self {
        let number = scope.0.next_task.fetch_add(1, Ordering::Relaxed);
        scope.0.names.lock().expect("no panic while the map is held").insert(number, name);
        Self { scope, number, name }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task.name = self.name, "a task panicked");
        }
        let mut names = self.scope.0.names.lock().expect("no panic while the map is held");
        names.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_a_parent_waits_for_its_children() {
        let root = Scope::root("root");
        let child = root.child("child");
        let stopping = child.stopping();
        let task = child.spawn("polite", async move {
            stopping.cancelled().await;
            7
        });
        root.stop(Duration::from_secs(5)).await.expect("it stops when asked");
        assert_eq!(task.join().await, Some(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_between_without_handles_is_no_gap() {
        let root = Scope::root("root");
        let inner = root.child("between").child("inner");
        let _task = inner.spawn("stubborn", std::future::pending::<()>());
        let error = root.stop(Duration::from_millis(5)).await.expect_err("it never stops");
        assert_eq!(error.still_running, ["stubborn"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_would_not_stop_is_named() {
        let root = Scope::root("root");
        let _task = root.child("inner").spawn("stubborn", std::future::pending::<()>());
        let error = root.stop(Duration::from_millis(5)).await.expect_err("it never stops");
        assert_eq!(error.still_running, ["stubborn"]);
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_task() {
        let root = Scope::root("root");
        let bad = root.spawn("bad", async { panic!("boom") });
        let good = root.spawn("good", async { 1 });
        assert_eq!(bad.join().await, None::<()>);
        assert_eq!(good.join().await, Some(1));
    }

    #[tokio::test]
    async fn an_abortable_task_is_dropped() {
        let root = Scope::root("root");
        let task = root.spawn_abortable("forever", std::future::pending::<()>());
        root.stop(Duration::from_secs(5)).await.expect("abortable tasks always stop");
        assert_eq!(task.join().await, None);
    }
}
