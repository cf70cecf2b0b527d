//! What is known about a connection before its first frame.

use std::{any::Any, fmt, net::SocketAddr, sync::Arc};

/// Who is connected: the peer's address, and what the endpoint derived from the upgrade request.
#[derive(Clone)]
pub struct ConnectionInfo {
    peer: SocketAddr,
    session: Arc<dyn Any + Send + Sync>,
    id: Option<Arc<str>>,
}

impl ConnectionInfo {
    /// `session` is any one type that the endpoint and its channels agree on.
    pub fn new<S: Any + Send + Sync>(peer: SocketAddr, session: S) -> Self {
        Self { peer, session: Arc::new(session), id: None }
    }

    /// The same, to be closed by [`Endpoint::disconnect`](crate::Endpoint::disconnect) with `id`,
    /// which any number of connections may share.
    pub fn with_id(self, id: impl Into<Arc<str>>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// What the connection is closed by.
    pub(crate) fn id(&self) -> Option<&Arc<str>> {
        self.id.as_ref()
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
