//! What tests of aggregates and stores need: decisions as plain values, and the suite that every
//! [`EventStore`](crate::EventStore) passes.

mod store_suite;

pub use store_suite::store_suite;

use crate::{Aggregate, NewEvent};

/// What `command` leads to after `given` happened.
///
/// Checks on the way what a log needs: that the state survives its snapshot, and that every event
/// can be stored and applied.
///
/// # Errors
/// The refusal.
///
/// # Panics
/// When a state or an event does not survive JSON.
pub fn decide<A: Aggregate>(
    given: impl IntoIterator<Item = A::Event>,
    command: &A::Command,
) -> Result<Vec<A::Event>, A::Refusal> {
    let mut state = A::default();
    for event in given {
        state.apply(&through_json(&event));
    }
    let json = serde_json::to_string(&state).expect("a state can be written as JSON");
    let mut state: A = serde_json::from_str(&json).expect("a state can be read from its JSON");
    let events = state.decide(command)?;
    events.iter().for_each(|event| state.apply(&through_json(event)));
    Ok(events)
}

fn through_json<E: crate::EventPayload>(event: &E) -> E {
    let stored = NewEvent::encode(event).expect("an event can be written as JSON");
    serde_json::from_str(&stored.payload).expect("an event can be read from its JSON")
}
