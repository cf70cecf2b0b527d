//! The place where browsers connect: limits, and who handles which topics.

use std::sync::Arc;

use tasks::Scope;

use crate::{
    channel::{BoxFuture, ChannelHandler},
    config::Config,
    connection::ConnectionInfo,
    socket_task::{Closed, socket_task},
    sockets::Sockets,
    transport::Transport,
};

/// Serves connections; one per server.
pub struct Endpoint {
    pub(crate) scope: Scope,
    pub(crate) config: Config,
    pub(crate) sockets: Sockets,
    handlers: Vec<(Box<str>, Arc<dyn ChannelHandler>)>,
}

impl Endpoint {
    /// Channels run in `scope`. When it is asked to stop, every socket is closed with 1012, so
    /// that browsers come back to another server, or to this one's successor.
    pub fn new(scope: &Scope, config: Config) -> Self {
        Self { scope: scope.clone(), config, sockets: Sockets::default(), handlers: Vec::new() }
    }

    /// Lets `handler` decide about joins of `pattern`: a topic, or a prefix followed by `*`. The
    /// first pattern that matches wins; a topic that none matches cannot be joined.
    pub fn channel(mut self, pattern: &str, handler: Arc<dyn ChannelHandler>) -> Self {
        self.handlers.push((pattern.into(), handler));
        self
    }

    /// Serves one connection until it ends; the caller runs it as a task of its own.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection without a farewell; channels end by themselves.
    pub fn serve<T: Transport>(
        self: &Arc<Self>,
        transport: T,
        connection: ConnectionInfo,
    ) -> BoxFuture<'static, Closed> {
        socket_task(self.clone(), transport, connection)
    }

    /// Closes every open socket whose [`ConnectionInfo`] has this id, and says how many there were.
    /// Nothing that is sent from here on, or waits to be, reaches their browsers; what their channels
    /// had received before is worked on, as when a browser leaves.
    ///
    /// The close code is 1012, at which the official client connects and joins again by itself, 10 ms
    /// later at first: a handler that no longer wants it refuses the join. A socket that is served
    /// only after this call is not closed.
    pub fn disconnect(&self, id: &str) -> usize {
        self.sockets.disconnect(id)
    }

    /// The limits.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn handler(&self, topic: &str) -> Option<&Arc<dyn ChannelHandler>> {
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => topic.starts_with(prefix),
            None => topic == pattern,
        };
        self.handlers.iter().find(|(pattern, _)| matches(pattern)).map(|(_, handler)| handler)
    }
}
