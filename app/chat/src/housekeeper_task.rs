//! The one task that ends what has had its time: fleeting rooms, invitations, knocks.

use std::sync::Arc;

use pubsub::{Received, Subscription};
use tokio::{sync::watch, time::sleep};

use crate::{Activity, Settings, housekeeping::Housekeeper};

/// Runs until it is dropped: at the nearest deadline, after the usual time, or when the settings
/// change, whichever is first. What goes on in the house brings nearer deadlines; hints that were
/// lost are made up for by a run.
pub(crate) async fn housekeeper_task(
    housekeeper: Arc<Housekeeper>,
    mut activity: Subscription<Activity>,
) {
    let _stopped = Stopped(housekeeper.clone());
    let mut settings = housekeeper.settings();
    loop {
        housekeeper.run().await;
        while !time_to_run(&housekeeper, &mut settings, &mut activity).await {}
    }
}

/// Waits for something to happen. True: that was a reason to run.
async fn time_to_run(
    housekeeper: &Housekeeper,
    settings: &mut watch::Receiver<Settings>,
    activity: &mut Subscription<Activity>,
) -> bool {
    tokio::select! {
        () = sleep(housekeeper.pause()) => true,
        // Settings that nobody can change any more do not.
        Ok(()) = settings.changed() => true,
        received = activity.recv() => match received {
            Received::Hint(activity) => {
                housekeeper.reconsider(&activity).await;
                false
            }
            Received::Lagged => true,
        },
    }
}

/// Says so when the task is dropped.
struct Stopped(Arc<Housekeeper>);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.stopped();
    }
}
