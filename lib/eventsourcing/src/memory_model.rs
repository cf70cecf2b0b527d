//! What readers hold of a projection in memory.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use crate::{
    LogPage, MemoryProjection, Position, Verdict, failure::Failure, projection_task::Model,
};

/// Reads a [`MemoryProjection`]. Cheap to clone.
pub struct MemoryModel<P: MemoryProjection>(Arc<InMemory<P>>);

impl<P: MemoryProjection> MemoryModel<P> {
    pub(crate) fn new(model: Arc<InMemory<P>>) -> Self {
        Self(model)
    }

    /// Looks at the state. Hold it for lines: nothing is applied meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&P) -> T) -> T {
        let live = self.0.live();
        let state = live.state.read().unwrap_or_else(PoisonError::into_inner);
        look(&state.projection)
    }

    /// How far the log is in it.
    pub fn position(&self) -> Position {
        InMemory::<P>::position(&self.0.live())
    }
}

impl<P: MemoryProjection> Clone for MemoryModel<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: MemoryProjection> fmt::Debug for MemoryModel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryModel").field("name", &P::NAME).finish_non_exhaustive()
    }
}

type Committed<C> = dyn Fn(Vec<C>) + Send + Sync;

/// A projection in memory and the state that is read.
pub(crate) struct InMemory<P: MemoryProjection> {
    live: Mutex<Arc<State<P>>>,
    committed: Box<Committed<P::Change>>,
}

pub(crate) struct State<P> {
    state: RwLock<At<P>>,
}

struct At<P> {
    projection: P,
    position: Position,
}

impl<P: MemoryProjection> InMemory<P> {
    pub(crate) fn new(committed: impl Fn(Vec<P::Change>) + Send + Sync + 'static) -> Self {
        Self { live: Mutex::new(empty()), committed: Box::new(committed) }
    }
}

fn empty<P: MemoryProjection>() -> Arc<State<P>> {
    let at = At { projection: P::default(), position: Position::START };
    Arc::new(State { state: RwLock::new(at) })
}

impl<P: MemoryProjection> Model for InMemory<P> {
    type Built = Arc<State<P>>;
    type Change = P::Change;

    fn live(&self) -> Arc<State<P>> {
        self.live.lock().expect("no panic while the state is held").clone()
    }

    async fn fresh(&self) -> Result<Arc<State<P>>, Failure> {
        Ok(empty())
    }

    fn position(built: &Arc<State<P>>) -> Position {
        built.state.read().unwrap_or_else(PoisonError::into_inner).position
    }

    async fn apply(&self, built: &Arc<State<P>>, page: LogPage) -> Result<Vec<P::Change>, Failure> {
        let mut changes = Vec::new();
        let mut at = built.state.write().unwrap_or_else(PoisonError::into_inner);
        let spoiled = |failure| Failure { spoiled: true, ..failure };
        for event in &page.events {
            let applied =
                catch_unwind(AssertUnwindSafe(|| at.projection.apply(event, &mut changes)));
            match applied {
                Ok(Ok(())) => at.position = event.position,
                Ok(Err(error)) => return Err(spoiled(Failure::of_event(event, &error))),
                Err(_) => return Err(spoiled(Failure::of_panic(event))),
            }
        }
        at.position = page.next;
        Ok(changes)
    }

    fn committed(&self, changes: Vec<P::Change>) {
        (self.committed)(changes);
    }

    async fn install(&self, built: Arc<State<P>>) -> Result<(), Failure> {
        *self.live.lock().expect("no panic while the state is held") = built;
        Ok(())
    }

    async fn compare(&self, _made: &Arc<State<P>>) -> Result<Verdict, Failure> {
        Err(Failure::new("a read model in memory has no rows to compare"))
    }

    async fn sweep(&self) -> Result<(), Failure> {
        Ok(())
    }
}
