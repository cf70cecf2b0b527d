//! What can be asked of a read model while it runs: to be made again, compared, swept.

use std::sync::Arc;

use tasks::Scope;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Answer, EventStore, Position, ProjectionsConfig, RebuildError, Verdict, VerifyError,
    failure::Failure,
    projection_task::{Model, Order, Reply, build},
};

/// What can be asked of a running read model, whatever it is made of.
pub(crate) trait Control: Send + Sync {
    fn rebuild(&self) -> Answer<'_, Result<Position, RebuildError>>;
    fn verify(&self) -> Answer<'_, Result<Verdict, VerifyError>>;
    fn sweep(&self) -> Answer<'_, Result<(), String>>;
}

pub(crate) struct Controller<M: Model> {
    model: Arc<M>,
    store: Arc<dyn EventStore>,
    config: ProjectionsConfig,
    scope: Scope,
    orders: mpsc::Sender<Order<M>>,
    /// Rebuilds of one model wait for each other.
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl<M: Model> Controller<M> {
    pub(crate) fn new(
        model: Arc<M>,
        store: Arc<dyn EventStore>,
        config: ProjectionsConfig,
        scope: Scope,
        orders: mpsc::Sender<Order<M>>,
    ) -> Self {
        Self { model, store, config, scope, orders, one_at_a_time: Arc::default() }
    }

    /// Builds beside, in a task of its own, so that a caller that goes away stops nothing. `None`:
    /// everything stops, or it panicked.
    async fn beside<T: Send + 'static>(
        &self,
        then: fn(M::Built, Reply<T>) -> Order<M>,
    ) -> Option<Result<T, Failure>> {
        let (model, store) = (self.model.clone(), self.store.clone());
        let (config, orders) = (self.config.clone(), self.orders.clone());
        let turn = self.one_at_a_time.clone();
        let task = self.scope.spawn_abortable("read model rebuild", async move {
            let _turn = turn.lock().await;
            let built = model.fresh().await?;
            build(&*model, &*store, &built, None, &config).await?;
            let (reply, answer) = oneshot::channel();
            let gone = || Failure::new("it was stopped");
            orders.send(then(built, reply)).await.map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        });
        task.join().await
    }
}

impl<M: Model> Control for Controller<M> {
    fn rebuild(&self) -> Answer<'_, Result<Position, RebuildError>> {
        Box::pin(async move {
            match self.beside(Order::Install).await {
                Some(Ok(position)) => Ok(position),
                Some(Err(failure)) => Err(RebuildError::Failed(failure.what)),
                None => Err(RebuildError::Stopped),
            }
        })
    }

    fn verify(&self) -> Answer<'_, Result<Verdict, VerifyError>> {
        Box::pin(async move {
            match self.beside(Order::Compare).await {
                Some(Ok(verdict)) => Ok(verdict),
                Some(Err(failure)) => Err(VerifyError::Failed(failure.what)),
                None => Err(VerifyError::Failed("everything is stopping".into())),
            }
        })
    }

    fn sweep(&self) -> Answer<'_, Result<(), String>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let stopped = || "it was stopped".to_owned();
            self.orders.send(Order::Sweep(reply)).await.map_err(|_| stopped())?;
            let swept = answer.await.map_err(|_| stopped())?;
            swept.map_err(|failure| failure.what)
        })
    }
}
