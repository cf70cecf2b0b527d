//! From a URL to a connection. The guard is asked here, about the very address that is then
//! connected to: a name that is looked up a second time may have another one.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::{
    FetchError, Guard, Refused, Resolve, Trust,
    pace::{Pace, by},
    tls_stream::TlsStream,
};

/// Addresses of one name that are tried. A name may have any number of them.
const TRIED_MAX: usize = 8;

/// A connection, over TLS or not.
pub(crate) type Stream = Box<dyn Wire>;

pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

pub(crate) struct Connector {
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
}

impl Connector {
    /// With [`Trust::System`], reads files.
    pub fn new(resolver: Arc<dyn Resolve>, trust: Trust) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the usual versions of TLS")
            .with_root_certificates(roots(trust))
            .with_no_client_auth();
        Self { resolver, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Connects to the host of `url`, if the guard lets that and one of its addresses pass.
    ///
    /// # Errors
    /// All but `Broken`, `TooLarge` and `Redirects`.
    pub async fn connect(
        &self,
        url: &Url,
        guard: &Guard,
        pace: Pace,
    ) -> Result<Stream, FetchError> {
        guard.check_url(url)?;
        let tcp = self.connect_tcp(url, guard, pace.connected_by()).await?;
        if url.scheme() == "http" {
            return Ok(Box::new(tcp));
        }
        let host = url.host_str().ok_or(Refused::Host)?;
        pace.step(host, self.secure(host, tcp)).await?.map(|stream| Box::new(stream) as Stream)
    }

    async fn connect_tcp(
        &self,
        url: &Url,
        guard: &Guard,
        end: Instant,
    ) -> Result<TcpStream, FetchError> {
        let host = url.host_str().ok_or(Refused::Host)?;
        let port = url.port_or_known_default().ok_or(Refused::Scheme)?;
        let found = by(end, host, self.addresses(url)).await??;
        let found = found.into_iter().map(|address| SocketAddr::new(address, port));
        let mut open = judged(found, guard, host)?.into_iter().take(TRIED_MAX);
        let mut failure = FetchError::Late { host: host.to_owned() };
        while let Some(address) = open.next() {
            // Each gets its share of the time, so that the first one cannot use up all of it.
            let left = u32::try_from(open.len() + 1).unwrap_or(u32::MAX);
            let share = end.saturating_duration_since(Instant::now()) / left;
            match by(Instant::now() + share, host, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(source)) => {
                    failure = FetchError::Unreachable { host: host.to_owned(), source };
                }
                Err(late) => failure = late,
            }
        }
        Err(failure)
    }

    /// The addresses of the host in `url`: as they stand there, or looked up.
    ///
    /// # Errors
    /// `NoSuchHost`, or `Refused`: it names no host.
    pub async fn addresses(&self, url: &Url) -> Result<Vec<IpAddr>, FetchError> {
        let name = match url.host().ok_or(Refused::Host)? {
            Host::Ipv4(address) => return Ok(vec![address.into()]),
            Host::Ipv6(address) => return Ok(vec![address.into()]),
            Host::Domain(name) => name,
        };
        let none = |source| FetchError::NoSuchHost { host: name.to_owned(), source };
        let found = self.resolver.resolve(name).await.map_err(none)?;
        if found.is_empty() {
            return Err(none(io::Error::new(io::ErrorKind::NotFound, "it has no address")));
        }
        Ok(found)
    }

    async fn secure(&self, host: &str, tcp: TcpStream) -> Result<TlsStream, FetchError> {
        // Without the brackets of an address, and without the dot at the end of a whole name.
        let name = host.trim_matches(['[', ']']).trim_end_matches('.').to_owned();
        let insecure = |source| FetchError::Insecure { host: host.to_owned(), source };
        let name = ServerName::try_from(name).map_err(|error| insecure(io::Error::other(error)))?;
        // Only the speed of a handshake is lost without it.
        let _ = tcp.set_nodelay(true);
        self.tls.connect(name, tcp).await.map(TlsStream).map_err(|source| {
            let is_about_tls = source.get_ref().is_some_and(|error| error.is::<rustls::Error>());
            if is_about_tls { insecure(source) } else { FetchError::broken(host, source) }
        })
    }
}

fn roots(trust: Trust) -> Arc<RootCertStore> {
    match trust {
        Trust::Roots(roots) => roots,
        Trust::System => {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            Arc::new(roots)
        }
    }
}

/// Those of `found` that may be connected to.
///
/// # Errors
/// There are none. The address is not told, only the host: what names mean inside of this house
/// is nobody's business outside.
fn judged(
    found: impl Iterator<Item = SocketAddr>,
    guard: &Guard,
    host: &str,
) -> Result<Vec<SocketAddr>, Refused> {
    let mut refused = Refused::NotPublic(host.to_owned());
    let mut open = Vec::new();
    for address in found {
        match guard.check_address(address) {
            Ok(()) => open.push(address),
            Err(Refused::NotPublic(_)) => {}
            Err(other) => refused = other,
        }
    }
    if open.is_empty() { Err(refused) } else { Ok(open) }
}
