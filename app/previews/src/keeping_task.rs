//! Removes what has had its time, once an hour.

use std::{sync::Arc, time::Duration};

use tasks::Clock;

use crate::memory::Memory;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Runs until it is dropped.
pub(crate) async fn keeping_task(memory: Arc<Memory>, clock: Clock) {
    loop {
        memory.expire(clock.now_ms()).await;
        tokio::time::sleep(EVERY).await;
    }
}
