//! Aggregates from a snapshot and the log, and back.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{Aggregate, DispatchFault, EventStore, Recorded, Snapshot, StreamId, Version};

/// Events that are read at a time.
const PAGE: usize = 1_000;

/// An aggregate in memory.
pub(crate) struct Loaded<A> {
    pub state: A,
    /// The last version in the state.
    pub version: Version,
    /// The version of the newest snapshot; 0 for none.
    pub snapshot_version: Version,
}

impl<A: Aggregate> Loaded<A> {
    fn empty() -> Self {
        Self { state: A::default(), version: 0, snapshot_version: 0 }
    }

    /// The state as a snapshot. `None`: it cannot be written as JSON, and so is always made from the
    /// log.
    pub(crate) fn snapshot(&self, stream: &StreamId) -> Option<Snapshot> {
        match serde_json::to_string(&self.state) {
            Ok(state) => Some(Snapshot {
                stream: stream.clone(),
                version: self.version,
                schema: A::SNAPSHOT_SCHEMA,
                state,
            }),
            Err(error) => {
                tracing::error!(%stream, error = %error, "a state cannot be written as JSON");
                None
            }
        }
    }

    /// The state of a snapshot. `None`: it is of another schema, or its JSON does not fit.
    fn from_snapshot(snapshot: &Snapshot) -> Option<Self> {
        if snapshot.schema != A::SNAPSHOT_SCHEMA {
            return None;
        }
        let state = serde_json::from_str(&snapshot.state).ok()?;
        Some(Self { state, version: snapshot.version, snapshot_version: snapshot.version })
    }
}

/// Makes the aggregate of `stream`: from `handed` or the stored snapshot if one of them fits, and
/// the log.
///
/// # Errors
/// The events cannot be read, or `apply` panics on them.
pub(crate) async fn load<A: Aggregate>(
    store: &dyn EventStore,
    stream: &StreamId,
    handed: Option<Snapshot>,
) -> Result<Loaded<A>, DispatchFault> {
    let snapshot = match handed {
        Some(snapshot) => Some(snapshot),
        // A snapshot is never needed: whatever is wrong with it, the log has everything.
        None => store.load_snapshot(stream).await.unwrap_or_else(|error| {
            tracing::warn!(%stream, error = %error, "a snapshot cannot be read");
            None
        }),
    };
    if let Some(start) = snapshot.as_ref().and_then(Loaded::from_snapshot) {
        match catch_up(store, stream, start).await {
            Ok(Some(loaded)) => return Ok(loaded),
            Ok(None) => {
                tracing::warn!(%stream, "a snapshot is newer than the log; it is ignored");
            }
            Err(DispatchFault::Panicked) => {
                tracing::warn!(%stream, "a snapshot does not fit the log; it is ignored");
            }
            Err(fault) => return Err(fault),
        }
    }
    let loaded = catch_up(store, stream, Loaded::empty()).await?;
    Ok(loaded.expect("no log is shorter than nothing"))
}

/// Applies what the log has after `loaded`. `None`: the log ends before that.
async fn catch_up<A: Aggregate>(
    store: &dyn EventStore,
    stream: &StreamId,
    mut loaded: Loaded<A>,
) -> Result<Option<Loaded<A>>, DispatchFault> {
    loop {
        let page = store.read_stream(stream, loaded.version, PAGE).await;
        let page = page.map_err(DispatchFault::Store)?;
        if page.head < loaded.version {
            return Ok(None);
        }
        for event in &page.events {
            apply_recorded(&mut loaded.state, event)?;
            loaded.version = event.version;
        }
        if loaded.version >= page.head {
            return Ok(Some(loaded));
        }
    }
}

fn apply_recorded<A: Aggregate>(state: &mut A, recorded: &Recorded) -> Result<(), DispatchFault> {
    let event =
        recorded.decode::<A::Event>().map_err(|error| DispatchFault::History(Arc::new(error)))?;
    catch_unwind(AssertUnwindSafe(|| state.apply(&event))).map_err(|_| DispatchFault::Panicked)
}
