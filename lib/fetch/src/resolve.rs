//! Names to addresses.

use std::{
    future::Future,
    io,
    net::{IpAddr, ToSocketAddrs as _},
    pin::Pin,
};

use tokio::sync::Semaphore;

/// Look-ups that may be under way. Each is a thread of this process, also after whoever asked has
/// given up, because the system's look-up cannot be ended. Full: the next one waits.
const LOOKUPS_MAX: usize = 64;

static LOOKUPS: Semaphore = Semaphore::const_new(LOOKUPS_MAX);

/// The future of a look-up.
pub type Resolved<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks names up. What it answers is not trusted: the guard judges every address.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `host`, a domain name.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a>;
}

/// What this machine's system says. At most 64 look-ups are under way in one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        let name = host.to_owned();
        Box::pin(async move {
            let permit = LOOKUPS.acquire().await.expect("nobody closes it");
            let found = tokio::task::spawn_blocking(move || {
                let _until_it_ends = permit;
                let found = (name.as_str(), 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            });
            found.await.map_err(io::Error::other)?
        })
    }
}
