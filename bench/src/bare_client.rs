//! The limit of previews: a client that fetches the same bytes, and does nothing with them.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use anyhow::ensure;
use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpStream;

/// Fetches pages and pictures. Keeps connections, as such clients do.
#[derive(Clone)]
pub struct BareClient(Client<Local, Empty<Bytes>>);

/// Connects to one address, whatever the host is called.
#[derive(Clone, Copy)]
struct Local(SocketAddr);

impl tower_service::Service<Uri> for Local {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let address = self.0;
        Box::pin(async move { Ok(TokioIo::new(TcpStream::connect(address).await?)) })
    }
}

impl BareClient {
    /// A client for whom every host is at `address`.
    pub fn new(address: SocketAddr) -> Self {
        Self(Client::builder(TokioExecutor::new()).build(Local(address)))
    }

    /// Fetches a page up to its body, as previews read it, and then its picture.
    ///
    /// # Errors
    /// One of them is not there.
    pub async fn fetch(&self, page: &str, picture: &str) -> anyhow::Result<()> {
        let mut page = self.get(page).await?.into_body();
        let mut head = Vec::new();
        while let Some(frame) = page.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            // The mark may lie across two pieces.
            let seen = head.len().saturating_sub(5);
            head.extend_from_slice(&data);
            if head[seen..].windows(5).any(|bytes| bytes == b"<body") {
                break;
            }
        }
        ensure!(!head.is_empty(), "an empty page");
        drop(page);
        let picture = self.get(picture).await?.into_body().collect().await?.to_bytes();
        ensure!(picture.len() > 10_000, "a picture of {} bytes", picture.len());
        Ok(())
    }

    async fn get(&self, address: &str) -> anyhow::Result<Response<Incoming>> {
        let response = self.0.get(address.parse()?).await?;
        ensure!(response.status().is_success(), "{address}: {}", response.status());
        Ok(response)
    }
}
