//! Asking on the page that tries links: what is known at once, and one final answer later.

use std::{sync::Arc, time::Duration};

use pipeline::Queue;
use tasks::{Clock, Scope};
use tokio::sync::{oneshot, watch};

use crate::{
    AskError, Link, Preview, Reason, Settings, Status,
    asks::{Asks, Begun},
    job::PreviewJob,
    known::{Known, hash},
    memory::Memory,
    origins::Origins,
};

/// Every answer comes within this time. A fetch takes 10 seconds at most; the rest is for waiting.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// What asking is done with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Asking {
    pub asks: Arc<Asks>,
    pub memory: Arc<Memory>,
    pub queue: Queue<PreviewJob>,
    pub settings: watch::Receiver<Settings>,
    pub origins: Origins,
    pub clock: Clock,
    pub scope: Scope,
}

impl Asking {
    /// What is known of `link` now. Pending: the final answer is announced, once.
    pub async fn ask(&self, link: &Link, again: bool) -> Result<Preview, AskError> {
        if let Some(refused) = self.refused(link)? {
            return Ok(refused);
        }
        let known = self.memory.recall(link, self.clock.now_ms()).await.unwrap_or_default();
        let now_ms = self.clock.now_ms();
        if known.is_answer(again, now_ms) {
            return Ok(known.preview(link, now_ms));
        }
        match self.asks.begin(link) {
            Begun::Full => return Err(AskError::Busy),
            Begun::Waiting => {}
            Begun::New(answered) => {
                // Somebody's answer may have come since.
                if let Some(latest) = self.memory.known(link)
                    && latest.is_answer(again, now_ms)
                {
                    let preview = latest.preview(link, now_ms);
                    self.asks.end(preview.clone());
                    return Ok(preview);
                }
                let open = Open { asking: self.clone(), link: link.clone(), known: known.clone() };
                self.scope.spawn_abortable("preview ask", open.fetched(answered));
            }
        }
        Ok(known.preview_as(link, Status::Pending, now_ms))
    }

    /// The answer for what is not fetched, whatever is known: nothing is looked up for it.
    pub fn refused(&self, link: &Link) -> Result<Option<Preview>, AskError> {
        let settings = self.settings.borrow();
        if !settings.enabled {
            return Err(AskError::Off("Previews are switched off here."));
        }
        if !settings.permits(link) {
            return Err(AskError::Off("Previews of this site are switched off here."));
        }
        let not_allowed = match settings.guard().check_url(link.url()) {
            Err(refused) => refused.to_string(),
            Ok(()) if self.origins.has(link) => "it is one of this server".to_owned(),
            Ok(()) => return Ok(None),
        };
        Ok(Some(Preview::blank(link, Status::Error(Reason::NotAllowed(not_allowed)))))
    }
}

/// A link that is waited for. Whatever happens, it ends with an answer.
struct Open {
    asking: Asking,
    link: Link,
    known: Known,
}

impl Open {
    async fn fetched(mut self, answered: oneshot::Receiver<Known>) {
        let asked = tokio::time::timeout(ANSWER_WITHIN, self.push(answered)).await;
        if let Ok(Some(known)) = asked {
            self.known = known;
            self.end(None);
        }
        // Otherwise the drop says what there is.
    }

    /// `None`: it is not going to be fetched.
    async fn push(&self, answered: oneshot::Receiver<Known>) -> Option<Known> {
        // A name that never was, so that it is not taken for the same job as some time ago.
        let Asking { clock, queue, .. } = &self.asking;
        let ask = format!("{} {:p} {}", self.link.as_str(), self, clock.now_ms());
        let (id, job) = PreviewJob::for_page(&self.link, &hash(ask.as_bytes(), 32));
        if let Err(error) = queue.push(id, job).await {
            tracing::warn!(%error, "a preview could not be queued");
            return None;
        }
        answered.await.ok()
    }

    fn end(&self, failure: Option<Reason>) {
        let now_ms = self.asking.clock.now_ms();
        let preview = match failure {
            None => self.known.preview(&self.link, now_ms),
            Some(reason) => self.known.preview_as(&self.link, Status::Error(reason), now_ms),
        };
        self.asking.asks.end(preview);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.asking.asks.is_open(&self.link) {
            self.end(Some(Reason::Failed("it took too long here".to_owned())));
        }
    }
}
