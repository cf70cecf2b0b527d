//! One request over HTTP/1.1, and its answer: bounded in time and size, never redirected, and to
//! nobody in this house unless that is wanted.
//!
//! A connection of its own for each request: sign-ins are rare, and one that stays open would have
//! to be somebody's task.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::address;

const HEADERS_MAX: usize = 64;
const USER_AGENT: HeaderValue = HeaderValue::from_static("Teahouse");

/// Makes requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct HttpClient(TlsConnector);

/// What one exchange may take.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// From the first look-up to the last byte.
    pub within: Duration,
    /// The largest answer, in bytes.
    pub bytes_max: usize,
    pub reach: Reach,
}

/// Which addresses may be connected to.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Any: the host of this server named it.
    Anywhere,
    /// Public ones, and these.
    PublicOr(Vec<IpAddr>),
}

impl Reach {
    fn allows(&self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::PublicOr(besides) => address::is_public(address) || besides.contains(&address),
        }
    }
}

/// There was no answer that counts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0:?} is no address of a web server")]
    Address(String),
    #[error("no address of {0} may be reached from here")]
    Forbidden(String),
    #[error("{host} cannot be reached")]
    Unreachable { host: String, source: io::Error },
    #[error("{host} cannot be reached securely")]
    Insecure { host: String, source: io::Error },
    #[error("the exchange with {host} broke off")]
    Broken { host: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{0} did not answer in time")]
    Late(String),
}

impl HttpClient {
    /// A client that trusts the certificates this machine trusts, which may be ones of the house.
    ///
    /// Reads files.
    pub fn new() -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        Self::trusting(roots)
    }

    fn trusting(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the usual versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// Sends `request` to the host in its address and reads the whole answer.
    ///
    /// # Errors
    /// See [`HttpError`]. An answer of 404 or 500 is an answer.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        bounds: &Bounds,
    ) -> Result<Response<Vec<u8>>, HttpError> {
        let text = request.uri().to_string();
        let url = Url::parse(&text).map_err(|_| HttpError::Address(text.clone()))?;
        let host = url.host_str().ok_or(HttpError::Address(text))?.to_owned();
        let exchange = self.exchange(&url, request, bounds);
        timeout(bounds.within, exchange).await.unwrap_or(Err(HttpError::Late(host)))
    }

    async fn exchange(
        &self,
        url: &Url,
        request: Request<Vec<u8>>,
        bounds: &Bounds,
    ) -> Result<Response<Vec<u8>>, HttpError> {
        let address = || HttpError::Address(url.as_str().to_owned());
        let host = url.host_str().ok_or_else(address)?;
        let stream = connect(url, &bounds.reach).await?;
        let request = in_origin_form(request, url).ok_or_else(address)?;
        match url.scheme() {
            "http" => talk(stream, request, host, bounds.bytes_max).await,
            "https" => {
                // Without the brackets that an address of IPv6 has in a URL.
                let name = host.trim_matches(['[', ']']).to_owned();
                let name = ServerName::try_from(name).map_err(|_| address())?;
                let stream = self
                    .0
                    .connect(name, stream)
                    .await
                    .map_err(|source| HttpError::Insecure { host: host.to_owned(), source })?;
                talk(stream, request, host, bounds.bytes_max).await
            }
            _ => Err(address()),
        }
    }
}

/// The addresses of the host in `url`.
///
/// # Errors
/// It has none, or they cannot be found out.
pub(crate) async fn addresses(url: &Url) -> Result<Vec<IpAddr>, HttpError> {
    let host = url.host().ok_or_else(|| HttpError::Address(url.as_str().to_owned()))?;
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![address.into()]),
        Host::Ipv6(address) => return Ok(vec![address.into()]),
        Host::Domain(name) => name,
    };
    let found = lookup_host((name, 0)).await;
    let found = found.map_err(|source| HttpError::Unreachable { host: name.to_owned(), source })?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Connects to the very address that was judged, so that no second look-up can give another one.
async fn connect(url: &Url, reach: &Reach) -> Result<TcpStream, HttpError> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let mut last = None;
    for address in addresses(url).await?.into_iter().filter(|address| reach.allows(*address)) {
        match TcpStream::connect((address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(source) => HttpError::Unreachable { host, source },
        None => HttpError::Forbidden(host),
    })
}

/// The request as it is sent to the host itself: with a path for an address (RFC 9112, 3.2.1).
fn in_origin_form(request: Request<Vec<u8>>, url: &Url) -> Option<Request<Full<Bytes>>> {
    let mut request = request.map(|body| Full::new(Bytes::from(body)));
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str()?),
        None => url.host_str()?.to_owned(),
    };
    *request.uri_mut() = url[url::Position::BeforePath..url::Position::AfterQuery].parse().ok()?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, authority.parse().ok()?);
    headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Some(request)
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
    host: &str,
    bytes_max: usize,
) -> Result<Response<Vec<u8>>, HttpError> {
    let broken = |source: Box<dyn std::error::Error + Send + Sync>| HttpError::Broken {
        host: host.to_owned(),
        source,
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(error.into()))?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, bytes_max).collect().await?.to_bytes();
        Ok(Response::from_parts(head, Vec::from(body)))
    };
    tokio::pin!(connection, answer);
    tokio::select! {
        biased;
        answered = &mut answer => answered.map_err(broken),
        ended = &mut connection => match ended {
            // What arrived before the end is still to be read.
            Ok(()) => answer.await.map_err(broken),
            Err(error) => Err(broken(error.into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
    use tasks::Scope;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// Answers the first request with `answer`, and says what it was asked.
    async fn server(scope: &Scope, answer: &[u8]) -> (String, tasks::TaskHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}/a?b=c", listener.local_addr().expect("it is bound"));
        let answer = answer.to_vec();
        let asked = scope.spawn_abortable("server", async move {
            let (mut stream, _) = listener.accept().await.expect("somebody asks");
            let mut request = vec![0; 4096];
            let bytes = stream.read(&mut request).await.expect("they say something");
            stream.write_all(&answer).await.expect("they listen");
            request.truncate(bytes);
            String::from_utf8(request).expect("it is text")
        });
        (url, asked)
    }

    fn bounds(reach: Reach) -> Bounds {
        Bounds { within: Duration::from_secs(20), bytes_max: 10, reach }
    }

    async fn get(url: &str, reach: Reach) -> Result<Response<Vec<u8>>, HttpError> {
        let request = Request::get(url).body(Vec::new()).expect("a request");
        HttpClient::new().send(request, &bounds(reach)).await
    }

    #[tokio::test]
    async fn an_answer_is_read_as_it_is() {
        let scope = Scope::root("test");
        let moved = b"HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 10\r\n\r\n0123456789";
        let (url, asked) = server(&scope, moved).await;
        let answer = get(&url, Reach::Anywhere).await.expect("an answer");
        assert_eq!(answer.status(), 302, "it is not followed");
        assert_eq!(answer.body(), b"0123456789");
        let asked = asked.join().await.expect("it was asked");
        assert!(asked.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{asked}");
        let host = url.strip_prefix("http://").and_then(|url| url.strip_suffix("/a?b=c"));
        assert!(asked.contains(&format!("host: {}\r\n", host.expect("an address"))), "{asked}");
        assert!(asked.contains("user-agent: Teahouse\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn an_answer_may_end_with_the_connection() {
        let scope = Scope::root("test");
        let (url, _asked) = server(&scope, b"HTTP/1.1 200 OK\r\n\r\n0123").await;
        assert_eq!(get(&url, Reach::Anywhere).await.expect("an answer").body(), b"0123");
    }

    #[tokio::test]
    async fn what_is_too_large_or_broken_off_is_no_answer() {
        let scope = Scope::root("test");
        let wrong: [&[u8]; 5] = [
            b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890",
            b"HTTP/1.1 200 OK\r\n\r\n01234567890",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0123",
            b"SSH-2.0-house\r\n",
            b"",
        ];
        for answer in wrong {
            let (url, _asked) = server(&scope, answer).await;
            let got = get(&url, Reach::Anywhere).await;
            assert!(matches!(got, Err(HttpError::Broken { .. })), "{got:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let got = get(&url, Reach::Anywhere).await;
        assert!(matches!(got, Err(HttpError::Late(_))), "{got:?}");
    }

    #[tokio::test]
    async fn the_house_is_out_of_reach_however_it_is_written() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let besides = || Reach::PublicOr(vec![[127, 0, 0, 9].into()]);
        for host in
            ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
        {
            let got = get(&format!("http://{host}:{port}/"), besides()).await;
            assert!(matches!(got, Err(HttpError::Forbidden(_))), "{host}: {got:?}");
        }
        for url in ["ftp://127.0.0.9/", "/a"] {
            let got = get(url, besides()).await;
            assert!(
                matches!(got, Err(HttpError::Address(_) | HttpError::Unreachable { .. })),
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_named_can_be_reached() {
        let scope = Scope::root("test");
        let (url, _asked) = server(&scope, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let reach = Reach::PublicOr(vec![Ipv4Addr::LOCALHOST.into()]);
        assert_eq!(get(&url, reach).await.expect("an answer").status(), 200);
    }

    /// A server with a certificate for localhost, and the certificate.
    fn secure_server(scope: &Scope, listener: TcpListener) -> RootCertStore {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
        let rcgen::CertifiedKey { cert, signing_key } = made.expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the usual versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("the key is the certificate's");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        scope.spawn_abortable("secure server", async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever does not trust it goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                stream.read_u8().await.expect("they say something");
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n0123";
                stream.write_all(answer).await.expect("they listen");
            }
        });
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).expect("it is a certificate");
        roots
    }

    #[tokio::test]
    async fn a_secure_server_is_who_it_says() {
        let scope = Scope::root("test");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let trusted = HttpClient::trusting(secure_server(&scope, listener));
        let send = async |client: &HttpClient, host: &str| {
            let request = Request::get(format!("https://{host}:{port}/")).body(Vec::new());
            client.send(request.expect("a request"), &bounds(Reach::Anywhere)).await
        };
        let answer = send(&trusted, "localhost").await.expect("an answer");
        assert_eq!(answer.body(), b"0123");
        let elsewhere = send(&trusted, "127.0.0.1").await;
        assert!(matches!(elsewhere, Err(HttpError::Insecure { .. })), "{elsewhere:?}");
        let stranger = send(&HttpClient::new(), "localhost").await;
        assert!(matches!(stranger, Err(HttpError::Insecure { .. })), "{stranger:?}");
        let (url, _asked) = server(&scope, b"not TLS at all").await;
        let got = get(&url.replace("http:", "https:"), Reach::Anywhere).await;
        assert!(matches!(got, Err(HttpError::Insecure { .. })), "{got:?}");
    }
}
