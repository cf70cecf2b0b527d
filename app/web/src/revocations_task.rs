//! Closes the sockets of sessions that were revoked.

use identity::{SessionId, Subscription};
use liveview::Endpoint;
use pubsub::Received;

use crate::house::House;

/// Runs until its scope stops.
///
/// A closed session is refused at every page and join already; this is about what is open.
pub(crate) async fn revocations_task(
    endpoint: Endpoint<House>,
    mut revocations: Subscription<SessionId>,
) {
    loop {
        match revocations.recv().await {
            Received::Hint(session) => {
                endpoint.disconnect(session.as_str());
            }
            // More than a thousand at once: those that were missed end at their next join.
            Received::Lagged => tracing::warn!("some sockets of closed sessions stay open"),
        }
    }
}
