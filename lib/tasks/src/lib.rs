//! Scopes: the only place that spawns, and the clock.
//!
//! A [`Scope`] owns tasks. It can ask them to stop, waits until they did, and says which would
//! not. Scopes form a tree: stopping a parent stops and awaits its children first. A task ends by
//! watching [`Scope::stopping`], or is dropped at an `.await` when it was spawned with
//! [`Scope::spawn_abortable`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = tasks::Scope::root("example");
//! let stopping = scope.stopping();
//! scope.spawn("waiter", async move { stopping.cancelled().await });
//! assert!(scope.stop(std::time::Duration::from_secs(1)).await.is_ok());
//! # }
//! ```
//!
//! Not here: restarts and policies on panic; the owner of a scope decides those from
//! [`Scope::spawn`]'s handle.
#![warn(missing_docs)]

mod clock;
mod scope;

pub use clock::Clock;
pub use scope::{Scope, StopError, TaskHandle};
pub use tokio_util::sync::CancellationToken;
