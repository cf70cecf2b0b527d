//! Whatever a page names beside itself passes the same guard: each of fetch's vectors, as the link, its
//! redirect, its picture, its icon and its oEmbed. Nobody is connected to.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use fetch::{Config, Fetcher, Opening, Resolve, Resolved, Trust};
use previews::{Link, Reason, Settings, Status};
use rustls::RootCertStore;
use tasks::Scope;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::{
    cast::House,
    web::{html, moved},
};

/// The one address of this machine that is opened. No vector names it.
const OPEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77));
const VECTORS: &str = include_str!("../../../../lib/fetch/tests/vectors.txt");

struct Vector {
    url: String,
    leads_to: Vec<IpAddr>,
}

/// Those that stand for an address, at `port`, where somebody would hear if they were asked; and
/// those that are refused for what they are.
fn vectors(port: u16) -> Vec<Vector> {
    let lines = VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let vectors = lines.map(|line| {
        let mut words = line.split(' ');
        let (reason, text) = (words.next().expect("a reason"), words.next().expect("a URL"));
        let addresses = words.next().unwrap_or_default().split(',');
        let addresses = addresses.filter(|address| !address.is_empty());
        let url = match Url::parse(text) {
            Ok(mut url) if reason == "not-public" => {
                url.set_scheme("http").expect("both are of the web");
                url.set_port(Some(port)).expect("it has a host");
                url.into()
            }
            _ => text.to_owned(),
        };
        Vector { url, leads_to: addresses.map(|text| text.parse().expect("an address")).collect() }
    });
    vectors.collect()
}

#[derive(Clone)]
struct Names(Arc<HashMap<String, Vec<IpAddr>>>);

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        Box::pin(async move { Ok(self.0.get(host).cloned().unwrap_or_default()) })
    }
}

/// On all addresses of this machine; counts who comes to another one than [`OPEN`].
struct Trap {
    port: u16,
    trapped: Arc<AtomicUsize>,
    served: Arc<AtomicUsize>,
    scope: Scope,
}

async fn trap(
    answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    listener: TcpListener,
) -> Trap {
    let port = listener.local_addr().expect("it is bound").port();
    let (trapped, served) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let trap = Trap { port, trapped, served, scope: Scope::root("trap") };
    let (trapped, served) = (trap.trapped.clone(), trap.served.clone());
    let (visits, answer) = (trap.scope.clone(), Arc::new(answer));
    trap.scope.spawn_abortable("trap", async move {
        while let Ok((stream, _)) = listener.accept().await {
            let address = stream.local_addr().expect("it is connected").ip().to_canonical();
            if address != OPEN {
                trapped.fetch_add(1, Ordering::SeqCst);
            }
            served.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            visits.spawn_abortable("visit", serve(stream, answer));
        }
    });
    trap
}

async fn serve(mut stream: TcpStream, answer: Arc<impl Fn(&str) -> Vec<u8> + Send + Sync>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let _ = stream.write_all(&answer(path)).await;
    let _ = stream.shutdown().await;
}

async fn listener() -> TcpListener {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a free port"),
    }
}

fn fetcher(vectors: &[Vector]) -> Fetcher {
    let named = vectors.iter().filter(|vector| !vector.leads_to.is_empty());
    let names = named.filter_map(|vector| {
        let host = Url::parse(&vector.url).ok()?.host_str()?.to_owned();
        Some((host, vector.leads_to.clone()))
    });
    let trust = Trust::Roots(Arc::new(RootCertStore::empty()));
    let resolver = Arc::new(Names(Arc::new(names.collect())));
    Fetcher::new(Config { resolver, trust, ..Config::default() })
}

/// `/<number>/<as what>`: a page that names the vector of that number.
fn page(path: &str, urls: &[String]) -> Vec<u8> {
    let mut words = path.split('/').skip(1);
    let number: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let url = &urls[number];
    match words.next() {
        Some("redirect") => moved(url),
        Some("picture") => {
            html(&format!("<title>Tea</title><meta property=\"og:image\" content=\"{url}\">"))
        }
        Some("icon") => html(&format!("<title>Tea</title><link rel=icon href=\"{url}\">")),
        _ => html(&format!(
            "<meta name=description content=Tea>\
             <link rel=alternate type=application/json+oembed href=\"{url}\">"
        )),
    }
}

#[tokio::test]
async fn no_vector_is_reached_in_any_way() {
    let listener = listener().await;
    let vectors = vectors(listener.local_addr().expect("it is bound").port());
    assert!(vectors.len() >= 150, "there are {}", vectors.len());
    let urls: Vec<_> = vectors.iter().map(|vector| vector.url.clone()).collect();
    let trap = trap(
        {
            let urls = urls.clone();
            move |path| page(path, &urls)
        },
        listener,
    )
    .await;
    let allow = vec![Opening { address: OPEN, port: Some(trap.port) }];
    let settings = Settings { allow, ..Settings::default() };
    let house = House::in_memory(fetcher(&vectors), settings).await;
    for (number, vector) in vectors.iter().enumerate() {
        for what in ["redirect", "picture", "icon", "oembed"] {
            let link = Link::parse(&format!("http://{OPEN}:{}/{number}/{what}", trap.port));
            let preview = house.preview(&link.expect("a link")).await;
            match what {
                "redirect" => assert!(
                    matches!(preview.status, Status::Error(_)),
                    "{}: {preview:?}",
                    vector.url
                ),
                _ => {
                    assert_eq!(preview.status, Status::Processed, "{} as {what}", vector.url);
                    assert_eq!(preview.page.expect("a page").image, None, "{}", vector.url);
                }
            }
        }
        // As the link itself; some are none that anybody could type.
        if let Ok(link) = Link::parse(&vector.url) {
            let preview = house.preview(&link).await;
            let refused = matches!(
                preview.status,
                Status::Error(Reason::NotAllowed(_) | Reason::Failed(_) | Reason::Unfit(_))
            );
            assert!(refused, "{}: {preview:?}", vector.url);
        }
    }
    assert!(trap.served.load(Ordering::SeqCst) >= 4 * vectors.len(), "this test needs the pages");
    assert_eq!(trap.trapped.load(Ordering::SeqCst), 0, "nobody was connected to");
    house.close().await;
}
