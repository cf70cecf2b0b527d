//! A web site on this machine.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use fetch::Opening;
use tasks::Scope;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Answers each path in its way: `/held/…` waits until the test lets it go, `/status/…` is that
/// status, `/picture.png` a picture, `/pictured` a page with it; everything else is a page about
/// itself.
pub struct Site {
    address: SocketAddr,
    inside: Arc<Inside>,
    _scope: Scope,
}

/// What the answers and the test share.
struct Inside {
    asked: Mutex<BTreeMap<String, usize>>,
    released: watch::Sender<bool>,
    fails: AtomicBool,
}

impl Site {
    pub async fn open() -> Self {
        let scope = Scope::root("site");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let inside = Arc::new(Inside {
            asked: Mutex::default(),
            released: watch::Sender::new(false),
            fails: AtomicBool::new(false),
        });
        let (answers, shared) = (scope.clone(), inside.clone());
        scope.spawn_abortable("site", async move {
            while let Ok((stream, _)) = listener.accept().await {
                answers.spawn_abortable("answer", answer(stream, shared.clone()));
            }
        });
        Self { address, inside, _scope: scope }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What a host says who wants this site to be previewed.
    pub fn settings(&self) -> previews::Settings {
        let opening = Opening { address: self.address.ip(), port: Some(self.address.port()) };
        previews::Settings { allow: vec![opening], ..previews::Settings::default() }
    }

    /// Answers what was held.
    pub fn release(&self) {
        self.inside.released.send_replace(true);
    }

    /// Answers everything with 503 from now on.
    pub fn fail(&self) {
        self.inside.fails.store(true, Relaxed);
    }

    /// Answers as before.
    pub fn recover(&self) {
        self.inside.fails.store(false, Relaxed);
    }

    /// How often somebody asked for `path`.
    pub fn asked(&self, path: &str) -> usize {
        self.counts().get(path).copied().unwrap_or(0)
    }

    pub fn asked_in_all(&self) -> usize {
        self.counts().values().sum()
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        self.inside.asked.lock().expect("no panic while it is held").clone()
    }
}

async fn answer(mut stream: TcpStream, inside: Arc<Inside>) {
    let mut head = vec![0; 4_096];
    let length = stream.read(&mut head).await.expect("somebody asks");
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let path = head.split(' ').nth(1).expect("a request has a path").to_owned();
    *inside.asked.lock().expect("no panic while it is held").entry(path.clone()).or_default() += 1;
    if path.starts_with("/held/") {
        let mut released = inside.released.subscribe();
        released.wait_for(|released| *released).await.expect("the site is open");
    }
    let fails = inside.fails.load(Relaxed).then_some("503");
    let status = fails.or(path.strip_prefix("/status/")).unwrap_or("200");
    let (kind, body) = match path.as_str() {
        "/picture.png" => ("image/png", PICTURE.to_vec()),
        _ => ("text/html; charset=utf-8", page(&path).into_bytes()),
    };
    let head = format!(
        "HTTP/1.1 {status} So\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let bytes = [head.into_bytes(), body].concat();
    // Whoever asked may have gone.
    let _gone = stream.write_all(&bytes).await;
}

fn page(path: &str) -> String {
    let picture = match path {
        "/pictured" => "<meta property='og:image' content='/picture.png'>",
        _ => "",
    };
    format!(
        "<html><head><title>About {path}</title>\
         <meta name='description' content='Steeps &lt;b&gt;long&lt;/b&gt;.'>{picture}</head><body></body>"
    )
}

/// 64 × 48 pixels of one colour.
const PICTURE: &[u8] = include_bytes!("picture.png");
