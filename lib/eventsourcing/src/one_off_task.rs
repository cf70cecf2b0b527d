//! The loop of one one-off handler: pulls from the log, works, marks as done.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tasks::{CancellationToken, Scope};

use crate::{
    EventStore, GaveUp, LogPage, OneOff, OneOffError, Position, ProjectionsConfig, Recorded,
    StoreError, WorkKey,
    failure::{Failure, chain},
    progress::{Progress, backoff},
};

/// Events without work that may go by before the position is kept. They are looked at again after
/// a restart, which is cheap; keeping it for each would cost a write.
const UNMARKED_MAX: u64 = 1_000;

pub(crate) struct OneOffTask<H> {
    pub handler: Arc<H>,
    pub store: Arc<dyn EventStore>,
    pub config: ProjectionsConfig,
    pub progress: Arc<Progress>,
    pub scope: Scope,
}

impl<H: OneOff> OneOffTask<H> {
    /// Ends when the scope stops; work in hand is dropped and done after the next start.
    pub(crate) async fn run(self, mut position: Position) {
        let stopping = self.scope.stopping();
        let mut hints = self.store.watch();
        let (mut marked, mut unmarked) = (position, 0);
        loop {
            hints.mark_unchanged();
            let page = match self.store.read_all(position, self.config.batch_max.max(1)).await {
                Ok(page) => page,
                Err(error) => {
                    if self.wait_after(&error, &stopping).await.is_none() {
                        return;
                    }
                    continue;
                }
            };
            self.progress.worked();
            let last = page.is_last();
            unmarked += page.events.len() as u64;
            let Some(worked) = self.work_off(&page).await else { return };
            position = page.next;
            if (worked || unmarked >= UNMARKED_MAX) && position > marked {
                if self.mark(position, &stopping).await.is_none() {
                    return;
                }
                (marked, unmarked) = (position, 0);
            }
            self.progress.reached(position);
            if last {
                tokio::select! {
                    biased;
                    () = stopping.cancelled() => return,
                    Ok(()) = hints.changed() => {}
                    () = tokio::time::sleep(self.config.head_check) => {}
                }
            } else if stopping.is_cancelled() {
                return;
            }
        }
    }

    /// Does the page's work, a few at a time, and marks after each of those. Returns whether there
    /// was any; `None`: everything stops.
    async fn work_off(&self, page: &LogPage) -> Option<bool> {
        let stopping = self.scope.stopping();
        let work: Vec<_> = page.events.iter().filter(|event| self.concerns(event)).collect();
        for group in work.chunks(H::CONCURRENT_MAX.max(1)) {
            let running: Vec<_> = group.iter().map(|event| self.begin((*event).clone())).collect();
            for handle in running {
                handle.join().await;
            }
            if stopping.is_cancelled() {
                return None;
            }
            let done = group.last().expect("chunks are not empty").position;
            self.mark(done, &stopping).await?;
            self.progress.reached(done);
        }
        Some(!work.is_empty())
    }

    fn concerns(&self, event: &Recorded) -> bool {
        // Working on it once too often beats passing it over.
        catch_unwind(AssertUnwindSafe(|| self.handler.concerns(event))).unwrap_or(true)
    }

    fn begin(&self, event: Recorded) -> tasks::TaskHandle<()> {
        let (handler, config) = (self.handler.clone(), self.config.clone());
        let (scope, progress) = (self.scope.clone(), self.progress.clone());
        self.scope.spawn_abortable("one-off work", async move {
            let key = WorkKey(format!("{}:{}@{}", H::NAME, event.stream, event.version));
            let event = Arc::new(event);
            let why = attempts(&handler, &config, &scope, &progress, &event, &key).await;
            if let Err(why) = why {
                tracing::error!(handler = H::NAME, key = %key, why = ?why, "work was given up");
                handler.gave_up(&event, why).await;
            }
        })
    }

    /// Keeps `position`, however long that takes. `None`: everything stops.
    async fn mark(&self, position: Position, stopping: &CancellationToken) -> Option<()> {
        while let Err(error) = self.store.save_checkpoint(H::NAME, position).await {
            self.wait_after(&error, stopping).await?;
        }
        Some(())
    }

    async fn wait_after(&self, error: &StoreError, stopping: &CancellationToken) -> Option<()> {
        let failures = self.progress.failed(Failure::of_store(error));
        tokio::select! {
            biased;
            () = stopping.cancelled() => None,
            () = tokio::time::sleep(backoff(&self.config, failures)) => Some(()),
        }
    }
}

async fn attempts<H: OneOff>(
    handler: &Arc<H>,
    config: &ProjectionsConfig,
    scope: &Scope,
    progress: &Progress,
    event: &Arc<Recorded>,
    key: &WorkKey,
) -> Result<(), GaveUp> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (handler, event, key) = (handler.clone(), event.clone(), key.clone());
        // A task of its own, so that a panic is a result.
        let run = async move { handler.handle(&event, &key).await };
        let why = match scope.spawn_abortable("one-off attempt", run).join().await {
            Some(Ok(())) => return Ok(()),
            Some(Err(error @ OneOffError::GiveUp(_))) => return Err(GaveUp::Failed(error)),
            Some(Err(error)) => GaveUp::Failed(error),
            None => GaveUp::Panicked,
        };
        if attempt >= config.attempts_max.max(1) {
            return Err(why);
        }
        progress.failed(Failure::new(match &why {
            GaveUp::Failed(error) => chain(error),
            GaveUp::Panicked => "it panicked".into(),
        }));
        tokio::time::sleep(backoff(config, attempt)).await;
    }
}
