//! Phoenix channels over any message transport: socket protocol version 2.
//!
//! An [`Endpoint`] serves connections and knows which [`ChannelHandler`] decides about a join. A
//! channel that was joined hears from its browser through a [`Mailbox`] and sends through a
//! [`ChannelSender`]. A [`Feed`] gives the same bytes to every channel that joined with it: its
//! [`Publisher`] encodes a frame once, each connection holds a reference, and one that cannot keep
//! up gets a snapshot in place of its backlog.
//!
//! ```
//! use std::sync::Arc;
//! use channels::*;
//!
//! struct Echo;
//!
//! impl ChannelHandler for Echo {
//!     fn join(&self, _: Join) -> BoxFuture<'_, JoinOutcome> {
//!         Box::pin(async {
//!             JoinOutcome::running(Json::EMPTY, |_, mut mailbox| async move {
//!                 while let Some(FromBrowser { answer, .. }) = mailbox.recv().await {
//!                     answer.ok(&Json::encode(&["heard"]));
//!                 }
//!                 End::Error
//!             })
//!         })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = tasks::Scope::root("example");
//! let endpoint = Endpoint::new(&scope, Config::default()).channel("echo:*", Arc::new(Echo));
//! let mut ana = testing::connect(&Arc::new(endpoint), &scope, testing::ana());
//! ana.join("echo:kitchen", "{}").await;
//! assert_eq!(ana.call("echo:kitchen", "say", "{}").await.response()[0], "heard");
//! # }
//! ```
//!
//! | task | one per | ends when |
//! |---|---|---|
//! | the socket, run by whom called [`Endpoint::serve`] | connection | it closes, or the scope stops |
//! | `channel` | join, then channel that is [`JoinOutcome::running`] | it ends; was left and drained |
//! | `channel events` | channel that is [`JoinOutcome::answering`] and has events | none is left |
//!
//! Every queue's bound, and what happens when it is full, is a field of [`Config`].
//!
//! Not here: HTTP, upgrades, origins and cookies (a [`Transport`] comes ready), long-polling,
//! what `lv:` topics mean, restarts of channels (the browser joins again).
#![warn(missing_docs)]

mod endpoint;
mod channel;
mod feed;
mod frame;
mod config;
mod connection;
mod transport;
mod protocol;
mod socket_task;
mod channel_task;
mod mailbox;
mod outbox;
mod sockets;
mod flood;
pub mod testing;

pub use channel::{
    Answer, BoxFuture, ChannelHandler, ChannelSender, End, EventHandler, FromBrowser, Join,
    JoinOutcome, JoinReply, Joined,
};
pub use config::Config;
pub use connection::ConnectionInfo;
pub use endpoint::Endpoint;
pub use feed::{
    Feed, Publisher, Snapshot, SnapshotFor, SnapshotSource, Subscription, Viewer, feed,
};
pub use frame::{Json, Payload, SharedFrame, Status};
pub use mailbox::Mailbox;
pub use socket_task::Closed;
pub use transport::{CloseCode, Incoming, Transport, TransportError};
