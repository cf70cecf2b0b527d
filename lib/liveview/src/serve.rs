//! Accepts connections and answers them with a service, within limits.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tasks::Scope;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower_service::Service;

use crate::peer::PeerAddr;

/// Limits of a listener.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Connections at the same time, sockets included. Beyond: new ones wait to be accepted.
    pub connections_max: usize,
    /// How long a browser may take to send the head of a request, milliseconds.
    pub header_timeout_ms: u64,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self { connections_max: 100_000, header_timeout_ms: 10_000 }
    }
}

/// Answers HTTP/1.1 on `listener` until `scope` stops. The address of the browser is in the
/// extensions of each request as [`PeerAddr`].
///
/// # Cancellation
/// Connections belong to `scope`: dropping this future stops accepting only.
pub async fn serve<S, B>(listener: TcpListener, service: S, config: ServeConfig, scope: Scope)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(config.connections_max));
    let stopping = scope.stopping();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => return,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let service = service.clone();
        let header_timeout = Duration::from_millis(config.header_timeout_ms);
        let connection = async move {
            answer(stream, peer, service, header_timeout).await;
            drop(place);
        };
        scope.spawn_abortable("connection", connection);
    }
}

type Accepted = (TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of file descriptors, mostly: some must be given back first.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn answer<S, B>(
    stream: TcpStream,
    peer: std::net::SocketAddr,
    service: S,
    header_timeout: Duration,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _small_frames_go_at_once = stream.set_nodelay(true);
    let service = TowerToHyperService::new(WithPeer { service, peer });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[derive(Clone)]
struct WithPeer<S> {
    service: S,
    peer: std::net::SocketAddr,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for WithPeer<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(PeerAddr(self.peer));
        self.service.call(request)
    }
}
