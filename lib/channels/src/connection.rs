//! What is known about a connection before its first frame.

use std::{any::Any, fmt, net::SocketAddr, sync::Arc};

/// Who is connected: the peer's address, and what the endpoint derived from the upgrade request.
#[derive(Clone)]
pub struct ConnectionInfo {
    peer: SocketAddr,
    session: Arc<dyn Any + Send + Sync>,
}

impl ConnectionInfo {
    /// `session` is any one type that the endpoint and its channels agree on.
    pub fn new<S: Any + Send + Sync>(peer: SocketAddr, session: S) -> Self {
        Self { peer, session: Arc::new(session) }
    }

    /// The browser's address, or that of the proxy it comes through.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The session, if it is an `S`.
    pub fn session<S: Any + Send + Sync>(&self) -> Option<&S> {
        self.session.downcast_ref()
    }
}

impl fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInfo").finish_non_exhaustive()
    }
}
