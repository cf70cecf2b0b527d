//! A web on this machine: sites that answer as a test wants, and count who came.

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fetch::{Config, Fetcher, Opening, Resolve, Resolved, Trust};
use previews::{Link, Settings};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tasks::Scope;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Where all sites are.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// From now on, dropping it tears the connection down.
    fn tear(&self);
}

impl Stream for TcpStream {
    fn tear(&self) {
        self.set_zero_linger().expect("it is connected");
    }
}

impl Stream for TlsStream<TcpStream> {
    fn tear(&self) {
        self.get_ref().0.tear();
    }
}

/// Somebody who came, and what they asked for.
pub struct Visit {
    pub stream: Box<dyn Stream>,
    pub path: String,
}

impl Visit {
    /// Says this, and goes on; whoever came may be gone.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Goes away without a word.
    pub fn tear(self) {
        self.stream.tear();
    }

    /// Says this over and over, for as long as somebody listens.
    pub async fn say_for_ever(&mut self, bytes: &[u8], pause: Duration) {
        while self.say(bytes).await {
            tokio::time::sleep(pause).await;
        }
    }

    /// Says this, and says good-bye.
    pub async fn answer(mut self, bytes: impl AsRef<[u8]>) {
        self.say(bytes).await;
        let _ = self.stream.shutdown().await;
    }
}

pub type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A site of the web.
#[derive(Clone)]
pub struct Site {
    pub name: String,
    pub port: u16,
    scheme: &'static str,
    came: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub fn link(&self, path: &str) -> Link {
        Link::parse(&self.url(path)).expect("a link")
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}:{}{path}", self.scheme, self.name, self.port)
    }

    /// How many connections there were.
    pub fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let asked = self.asked.lock().expect("no panic");
        asked.iter().filter(|head| head.split(' ').nth(1) == Some(path)).count()
    }

    /// The heads of all requests.
    pub fn heads(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// How a site speaks.
#[derive(Clone)]
pub enum Speaks {
    Plainly,
    Secretly(TlsAcceptor),
    /// Tears every connection down at once.
    NotAtAll,
    /// Its address says https, and it does not.
    PlainlyWhereSecretsAreExpected,
}

/// Sites, and the names they have: whatever ends in `.test`.
pub struct Web {
    scope: Scope,
    openings: Mutex<Vec<Opening>>,
    lookups: Arc<AtomicUsize>,
    roots: Mutex<RootCertStore>,
}

impl Web {
    pub fn new() -> Self {
        Self {
            scope: Scope::root("web"),
            openings: Mutex::default(),
            lookups: Arc::default(),
            roots: Mutex::new(RootCertStore::empty()),
        }
    }

    /// A site that answers every visit with what `serve` does.
    pub async fn site<F>(&self, name: &str, serve: F) -> Site
    where
        F: Fn(Visit) -> Serving + Send + Sync + 'static,
    {
        self.speaking(name, Speaks::Plainly, serve).await
    }

    /// A site that answers every path with what `answer` makes of it.
    pub async fn answering<F>(&self, name: &str, answer: F) -> Site
    where
        F: Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    {
        self.site(name, move |visit| {
            let answer = answer(&visit.path);
            Box::pin(visit.answer(answer))
        })
        .await
    }

    pub async fn speaking<F>(&self, name: &str, speaks: Speaks, serve: F) -> Site
    where
        F: Fn(Visit) -> Serving + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((HERE, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        self.openings.lock().expect("no panic").push(Opening { address: HERE, port: Some(port) });
        let scheme = match speaks {
            Speaks::Plainly | Speaks::NotAtAll => "http",
            Speaks::Secretly(_) | Speaks::PlainlyWhereSecretsAreExpected => "https",
        };
        let (came, asked) = (Arc::default(), Arc::default());
        let site = Site { name: format!("{name}.test"), port, scheme, came, asked };
        let (here, scope, serve) = (site.clone(), self.scope.clone(), Arc::new(serve));
        self.scope.spawn_abortable("site", async move {
            while let Ok((stream, _)) = listener.accept().await {
                here.came.fetch_add(1, Ordering::SeqCst);
                let (here, speaks, serve) = (here.clone(), speaks.clone(), serve.clone());
                scope.spawn_abortable("visit", async move {
                    if let Some(visit) = receive(stream, &speaks, &here).await {
                        serve(visit).await;
                    }
                });
            }
        });
        site
    }

    /// The secrets of a site called `name`; `trusted`: a fetcher made later knows it.
    pub fn secrets(&self, name: &str, trusted: bool) -> Speaks {
        let made = rcgen::generate_simple_self_signed(vec![format!("{name}.test")]);
        let rcgen::CertifiedKey { cert, signing_key } = made.expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the usual versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("the key is the certificate's");
        if trusted {
            let mut roots = self.roots.lock().expect("no panic");
            roots.add(cert.der().clone()).expect("it is a certificate");
        }
        Speaks::Secretly(TlsAcceptor::from(Arc::new(config)))
    }

    /// A fetcher that finds the sites, and trusts those that were trusted by now.
    pub fn fetcher(&self) -> Fetcher {
        let roots = self.roots.lock().expect("no panic").clone();
        Fetcher::new(Config {
            resolver: Arc::new(Names(self.lookups.clone())),
            trust: Trust::Roots(Arc::new(roots)),
            ..Config::default()
        })
    }

    /// Every site may be reached, and nothing else of this machine.
    pub fn settings(&self) -> Settings {
        let allow = self.openings.lock().expect("no panic").clone();
        Settings { allow, ..Settings::default() }
    }

    /// How often a name was looked up.
    pub fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

async fn receive(stream: TcpStream, speaks: &Speaks, site: &Site) -> Option<Visit> {
    if matches!(speaks, Speaks::NotAtAll) {
        stream.tear();
        return None;
    }
    let mut stream: Box<dyn Stream> = match speaks {
        Speaks::Plainly | Speaks::PlainlyWhereSecretsAreExpected | Speaks::NotAtAll => {
            Box::new(stream)
        }
        Speaks::Secretly(acceptor) => Box::new(acceptor.accept(stream).await.ok()?),
    };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    site.asked.lock().expect("no panic").push(head);
    Some(Visit { stream, path })
}

struct Names(Arc<AtomicUsize>);

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let known = host.trim_end_matches('.').ends_with(".test");
        Box::pin(async move { Ok(if known { vec![HERE] } else { Vec::new() }) })
    }
}

/// An answer of this kind with this body.
pub fn found(kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

pub fn html(body: &str) -> Vec<u8> {
    found("text/html; charset=utf-8", body)
}

pub fn status(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

pub fn moved(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 301 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

/// A picture of one colour, as PNG.
pub fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let image = image::RgbImage::from_pixel(width, height, image::Rgb(colour));
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, image::ImageFormat::Png).expect("it can be written");
    file.into_inner()
}
