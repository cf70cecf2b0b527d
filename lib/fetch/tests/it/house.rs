//! A machine with one port open on all of its addresses, and who came to which of them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex},
};

use fetch::{Config, FetchError, Fetcher, Guard, Incoming, Limits, Opening, Trust};
use rustls::RootCertStore;
use tasks::Scope;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::resolver::Names;

/// The one address of this machine that is opened. No vector names it.
pub const OPEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77));

/// What [`House::visits`] says when nobody came.
pub const NOBODY: [IpAddr; 0] = [];

/// A server on every address of this machine, on one port.
pub struct House {
    pub port: u16,
    /// Which addresses were connected to, in order.
    came_to: Arc<Mutex<Vec<IpAddr>>>,
    /// What was asked, in order: heads of requests.
    asked: Arc<Mutex<Vec<String>>>,
    scope: Scope,
}

impl House {
    /// Answers every request with what `answer` makes of the path, and closes.
    pub async fn open(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = listener().await;
        let port = listener.local_addr().expect("it is bound").port();
        let house = Self {
            port,
            came_to: Arc::default(),
            asked: Arc::default(),
            scope: Scope::root("house"),
        };
        let (came_to, asked) = (house.came_to.clone(), house.asked.clone());
        house.scope.spawn_abortable("house", async move {
            while let Ok((stream, _)) = listener.accept().await {
                let address = stream.local_addr().expect("it is connected").ip();
                came_to.lock().expect("no panic").push(address.to_canonical());
                serve(stream, &answer, &asked).await;
            }
        });
        house
    }

    pub async fn answering(answer: impl AsRef<[u8]>) -> Self {
        let answer = answer.as_ref().to_vec();
        Self::open(move |_| answer.clone()).await
    }

    /// Everything public, and [`OPEN`] at this house's port.
    pub fn guard(&self) -> Guard {
        Guard::public_or(vec![self.opening()])
    }

    pub fn opening(&self) -> Opening {
        Opening { address: OPEN, port: Some(self.port) }
    }

    pub fn url(&self, path: &str) -> Url {
        url(&format!("http://{OPEN}:{}{path}", self.port))
    }

    /// Which addresses were connected to since the last call. Whoever knocked and was not answered
    /// is among them: they are accepted in order, and this waits for a visit of its own.
    pub async fn visits(&self) -> Vec<IpAddr> {
        let mut last = TcpStream::connect((OPEN, self.port)).await.expect("the house is open");
        last.write_all(b"GET /last HTTP/1.1\r\n\r\n").await.expect("it listens");
        last.read_u8().await.expect("it answers");
        let mut visits = std::mem::take(&mut *self.came_to.lock().expect("no panic"));
        visits.truncate(visits.len() - 1);
        visits
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// On all addresses of IPv6 and IPv4, or of IPv4 alone where this machine has no IPv6.
async fn listener() -> TcpListener {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a free port"),
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: impl Fn(&str) -> Vec<u8>,
    asked: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).expect("a request is text");
    let path = head.split(' ').nth(1).expect("a path").to_owned();
    asked.lock().expect("no panic").push(head);
    // Whoever is refused something goes away in the middle.
    let _ = stream.write_all(&answer(&path)).await;
    let _ = stream.shutdown().await;
}

pub fn url(text: &str) -> Url {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A fetcher that looks names up in `names`, and trusts nobody.
pub fn fetcher(names: Names) -> Fetcher {
    let trust = Trust::Roots(Arc::new(RootCertStore::empty()));
    Fetcher::new(Config { resolver: Arc::new(names), trust, ..Config::default() })
}

/// One of a house, which is asked nothing by name.
pub async fn get(house: &House, path: &str) -> Result<Incoming, FetchError> {
    let limits = Limits::default();
    fetcher(Names::default()).get(&house.url(path), "*/*", &house.guard(), &limits).await
}

/// An answer that sends elsewhere.
pub fn moved(status: u16, to: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

/// An answer with this body.
pub fn found(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
