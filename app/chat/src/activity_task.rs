//! The task that tells what goes on in the house, once a second at most.

use std::{sync::Arc, time::Duration};

use eventsourcing::{EventStore, Projections};
use pubsub::Bus as _;

use crate::{activity::Lately, opening::READ_MODELS, topics, topics::Announcements};

/// The least time between two.
const PACE: Duration = Duration::from_secs(1);
/// How long what happened may take to be read before it is told all the same.
const READABLE_WITHIN: Duration = Duration::from_secs(2);

/// What the task works with.
pub(crate) struct ActivityTask {
    pub lately: Arc<Lately>,
    pub announcements: Announcements,
    pub store: Arc<dyn EventStore>,
    pub projections: Projections,
}

impl ActivityTask {
    /// Runs until it is dropped. The first news after a quiet second is told at once; while nothing
    /// happens, nothing is done.
    pub async fn run(self) {
        loop {
            self.lately.wait().await;
            let activity = self.lately.take();
            self.readable().await;
            self.announcements.activity.publish(&topics::activity(), activity);
            tokio::time::sleep(PACE).await;
        }
    }

    /// One read model may announce what another has not taken in, and whoever hears of a room looks
    /// at several.
    async fn readable(&self) {
        let readable = async {
            // A store that fails says so elsewhere, and a hint less exact is still a hint.
            let Ok(head) = self.store.head().await else { return };
            for name in READ_MODELS {
                let _stopped = self.projections.wait_for(name, head).await;
            }
        };
        let _late = tokio::time::timeout(READABLE_WITHIN, readable).await;
    }
}
