//! The task that keeps in a file who is where.

use std::{sync::Arc, time::Duration};

use presence::Diff;
use pubsub::Subscription;
use tokio::{task::spawn_blocking, time};

use crate::attendance_file::{AttendanceFile, SAID_EVERY_MS};

/// The least time between two writes: what happens meanwhile is one.
const PACE: Duration = Duration::from_secs(1);
/// How long nothing may happen before it looks all the same.
const LOOK_EVERY: Duration = Duration::from_millis(SAID_EVERY_MS);

/// Runs until it is dropped. The first change after a quiet second is written at once. Which changes
/// there were does not matter, so neither do those that its queue had no place for.
pub(crate) async fn attendance_file_task(
    file: Arc<AttendanceFile>,
    mut changes: Subscription<Diff>,
) {
    loop {
        let writing = file.clone();
        if spawn_blocking(move || writing.write()).await.is_err() {
            tracing::error!("keeping who is here panicked");
            return;
        }
        time::sleep(PACE).await;
        // Late is as good as told: it looks in either case.
        let _late = time::timeout(LOOK_EVERY, changes.recv()).await;
        while changes.try_recv().is_some() {}
    }
}
