//! Typed topics to bounded local mailboxes: how a change is announced to whoever is looking.
//!
//! A [`Topic<T>`] is a name and the type of hint it carries. A [`Bus`] takes hints to every
//! [`Subscription`] of a topic; [`LocalBus`] is the adapter within one process. **Hints may be
//! lost, the log may not**: a hint carries numbers (a stream and its version, say), and a reader
//! that sees a gap, or is told [`Received::Lagged`], reads from the source. Publishing never
//! waits. So: subscribe, then look, then follow.
//!
//! ```
//! use pubsub::{Bus, LocalBus, Received, Topic};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let bus = LocalBus::new();
//! let kitchen = Topic::new("room:kitchen");
//! let mut subscription = bus.subscribe(&kitchen, 16);
//! bus.publish(&kitchen, 7_u64);
//! assert_eq!(subscription.recv().await, Received::Hint(7));
//! # }
//! ```
//!
//! Tasks: none. A topic without subscribers holds nothing, a subscription without hints holds a
//! few hundred bytes, and both are gone when the subscription is dropped.
//!
//! Not here: delivery that must not be lost (pull from the log), history, other nodes (an adapter
//! implements [`Bus`] and passes [`testing::suite`]), who is present.
#![warn(missing_docs)]

mod topic;
mod bus;
mod mailbox;
mod local_bus;
pub mod testing;

pub use bus::Bus;
pub use local_bus::LocalBus;
pub use mailbox::{Mailbox, Received, Subscription};
pub use topic::Topic;
