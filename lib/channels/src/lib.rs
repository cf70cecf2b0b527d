//! Phoenix channels over any message transport, socket protocol version 2.

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
mod flood;

pub use channel::{
    Answer, BoxFuture, ChannelHandler, ChannelSender, End, EventHandler, FromBrowser, Join,
    JoinOutcome, JoinReply, Joined,
};
pub use config::Config;
pub use connection::ConnectionInfo;
pub use endpoint::Endpoint;
pub use feed::{Feed, Publisher, Snapshot, SnapshotFor, SnapshotSource, feed};
pub use frame::{Json, Payload, SharedFrame, Status};
pub use mailbox::Mailbox;
pub use socket_task::Closed;
pub use transport::{CloseCode, Incoming, Transport, TransportError};
