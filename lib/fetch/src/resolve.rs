//! Names to addresses.

use std::{future::Future, io, net::IpAddr, pin::Pin};

/// The future of a look-up.
pub type Resolved<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks names up. What it answers is not trusted: the guard judges every address.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `host`, a domain name.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a>;
}

/// What this machine's system says.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
