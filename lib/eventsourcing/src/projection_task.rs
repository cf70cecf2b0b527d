//! The loop of one projection: pulls from the log, applies, announces; tries again what fails.

use std::{
    future::Future,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tasks::CancellationToken;
use tokio::sync::{mpsc, oneshot};

use crate::{
    EventStore, LogPage, Position, ProjectionsConfig, Verdict,
    failure::Failure,
    progress::{Progress, backoff},
};

/// A read model, whatever it is made of. `Built` is a handle to one generation of it.
pub(crate) trait Model: Send + Sync + 'static {
    type Built: Clone + Send + Sync + 'static;
    type Change: Send + 'static;

    /// The generation that is read.
    fn live(&self) -> Self::Built;
    /// An empty one that nobody reads.
    fn fresh(&self) -> impl Future<Output = Result<Self::Built, Failure>> + Send;
    fn position(built: &Self::Built) -> Position;
    /// Takes in a page. All of it or nothing, unless the failure says that it is spoiled.
    fn apply(
        &self,
        built: &Self::Built,
        page: LogPage,
    ) -> impl Future<Output = Result<Vec<Self::Change>, Failure>> + Send;
    fn committed(&self, changes: Vec<Self::Change>);
    /// Lets `built` be read in place of the live one.
    fn install(&self, built: Self::Built) -> impl Future<Output = Result<(), Failure>> + Send;
    fn compare(&self, made: &Self::Built) -> impl Future<Output = Result<Verdict, Failure>> + Send;
    fn sweep(&self) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// What a projection is asked between two batches.
pub(crate) enum Order<M: Model> {
    Install(M::Built, Reply<Position>),
    Compare(M::Built, Reply<Verdict>),
    Sweep(Reply<()>),
}

pub(crate) struct ProjectionTask<M: Model> {
    pub model: Arc<M>,
    pub store: Arc<dyn EventStore>,
    pub config: ProjectionsConfig,
    pub progress: Arc<Progress>,
    pub orders: mpsc::Receiver<Order<M>>,
    pub stopping: CancellationToken,
}

impl<M: Model> ProjectionTask<M> {
    /// Ends when the scope stops, after the batch in hand.
    pub(crate) async fn run(mut self) {
        let mut hints = self.store.watch();
        let mut batch = self.config.batch_max.max(1);
        loop {
            // Seen before it looks, so that a hint that comes while it looks is another one.
            hints.mark_unchanged();
            let wait = match self.step(batch).await {
                Ok(ControlFlow::Continue(())) if self.stopping.is_cancelled() => return,
                Ok(flow) => {
                    self.progress.worked();
                    batch = (batch * 2).min(self.config.batch_max.max(1));
                    if flow.is_continue() {
                        self.obey_waiting().await;
                        continue;
                    }
                    self.config.head_check
                }
                Err(failure) => {
                    // One by one, up to the event that fails.
                    let one_by_one = std::mem::replace(&mut batch, 1) == 1;
                    self.recover(&failure).await;
                    if !one_by_one {
                        continue;
                    }
                    hints.mark_unchanged();
                    backoff(&self.config, self.progress.failed(failure))
                }
            };
            let failing = self.progress.status().failures > 0;
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return,
                Some(order) = self.orders.recv() => self.obey(order).await,
                Ok(()) = hints.changed(), if !failing => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes in a page. `Break`: there was nothing more.
    async fn step(&self, batch: usize) -> Result<ControlFlow<()>, Failure> {
        let live = self.model.live();
        let page = read(&*self.store, M::position(&live), batch).await?;
        let (next, last) = (page.next, page.is_last());
        if next > M::position(&live) {
            let changes = self.model.apply(&live, page).await?;
            self.announce(changes);
        }
        self.progress.reached(next);
        Ok(if last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Hints may be lost, so a panic here costs no more than that.
    fn announce(&self, changes: Vec<M::Change>) {
        if changes.is_empty() {
            return;
        }
        if catch_unwind(AssertUnwindSafe(|| self.model.committed(changes))).is_err() {
            tracing::error!("announcing what a projection committed panicked");
        }
    }

    /// Makes a spoiled model again, up to where it was.
    async fn recover(&self, failure: &Failure) {
        if !failure.spoiled {
            return;
        }
        tracing::warn!(error = failure.what, "a read model is spoiled and made again");
        let until = M::position(&self.model.live());
        let remade = async {
            let built = self.model.fresh().await?;
            build(&*self.model, &*self.store, &built, Some(until), &self.config).await?;
            self.model.install(built).await
        };
        if let Err(failure) = remade.await {
            tracing::error!(error = failure.what, "a spoiled read model could not be made again");
        }
    }

    async fn obey_waiting(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order).await;
        }
    }

    async fn obey(&mut self, order: Order<M>) {
        match order {
            Order::Install(built, reply) => drop(reply.send(self.install(built).await)),
            Order::Compare(built, reply) => drop(reply.send(self.compare(built).await)),
            Order::Sweep(reply) => drop(reply.send(self.model.sweep().await)),
        }
    }

    /// Announcements go on from where they were: `built` is brought up to the live one first. Where
    /// the live one is behind, readers are told to read again by the replacement itself.
    async fn install(&self, built: M::Built) -> Result<Position, Failure> {
        self.level(&built).await?;
        let position = M::position(&built);
        self.model.install(built).await?;
        self.progress.reached(position);
        Ok(position)
    }

    async fn compare(&self, made: M::Built) -> Result<Verdict, Failure> {
        self.level(&made).await?;
        let (live, made_to) = (M::position(&self.model.live()), M::position(&made));
        if live < made_to {
            self.advance(made_to).await?;
        }
        self.model.compare(&made).await
    }

    /// Brings `built` to the live one's position, if it is behind.
    async fn level(&self, built: &M::Built) -> Result<(), Failure> {
        let until = Some(M::position(&self.model.live()));
        build(&*self.model, &*self.store, built, until, &self.config).await
    }

    /// Brings the live one to exactly `until`, announcing as ever.
    async fn advance(&self, until: Position) -> Result<(), Failure> {
        loop {
            let live = self.model.live();
            let position = M::position(&live);
            if position >= until {
                return Ok(());
            }
            let page = read(&*self.store, position, self.config.batch_max.max(1)).await?;
            let page = cut(page, until);
            let next = page.next;
            let changes = self.model.apply(&live, page).await?;
            self.announce(changes);
            self.progress.reached(next);
        }
    }
}

/// Fills `built` from the log, up to `until` or to the end, without announcing. Reads the next page
/// while one is applied.
pub(crate) async fn build<M: Model>(
    model: &M,
    store: &dyn EventStore,
    built: &M::Built,
    until: Option<Position>,
    config: &ProjectionsConfig,
) -> Result<(), Failure> {
    let page_max = config.batch_max.max(1);
    let start = M::position(built);
    if until.is_some_and(|until| start >= until) {
        return Ok(());
    }
    let mut page = read(store, start, page_max).await?;
    loop {
        if let Some(until) = until {
            page = cut(page, until);
        }
        let next = page.next;
        if page.is_last() || until.is_some_and(|until| next >= until) {
            if next > M::position(built) {
                model.apply(built, page).await?;
            }
            return Ok(());
        }
        let (applied, following) =
            tokio::join!(model.apply(built, page), read(store, next, page_max));
        applied?;
        page = following?;
        tokio::task::yield_now().await;
    }
}

async fn read(store: &dyn EventStore, after: Position, max: usize) -> Result<LogPage, Failure> {
    store.read_all(after, max).await.map_err(|error| Failure::of_store(&error))
}

/// The page without what is after `until`.
fn cut(mut page: LogPage, until: Position) -> LogPage {
    page.events.retain(|event| event.position <= until);
    page.next = page.next.min(until);
    page
}
