//! A browser in memory, for tests of views: it loads pages, joins their views over the real socket
//! code, keeps the trees as the official client does, and **checks every message against a full
//! render**.
//!
//! ```
//! # use liveview::{Cx, Endpoint, Interrupt, LiveView, Message, Rendered, Secret, html, testing::Browser};
//! # struct Counter(i64);
//! # #[derive(Message)] enum Msg { Up }
//! # impl LiveView for Counter {
//! #     type Context = ();
//! #     type Msg = Msg;
//! #     async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> { Ok(Counter(0)) }
//! #     async fn update(&mut self, _: Msg, _: &mut Cx<Self>) { self.0 += 1; }
//! #     fn render(&self) -> Rendered { html! { <b>{self.0}</b><button phx-click={Msg::Up}>+</button> } }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let scope = tasks::Scope::root("example");
//! # let endpoint = Endpoint::builder((), Secret::random(), &scope)
//! #     .live_session("main", |page| html! { <title>x</title><meta name="csrf-token" content={page.csrf_token}>{page.content} },
//! #         |routes| _ = routes.live::<Counter>("/"))
//! #     .build();
//! let mut page = Browser::new(&endpoint).visit("/").await;
//! page.click("button").await;
//! assert_eq!(page.text("b"), "1");
//! # }
//! ```
//!
//! The checks: what the browser has after each message of a private view is compared with the HTML
//! of `render` at that moment, without what neither side keeps (streams, temporary values, tokens);
//! a shared view's kept tree with its render; a stream's entries with their places and ids. A message
//! that the official client would stumble over panics. Every event is waited for until answered.
//!
//! Not here: the morphing of elements (what a person typed lasts until the form is submitted), focus,
//! JS commands other than `push`, `patch` and `navigate`, hooks, `phx-update="ignore"`, uploads.

mod renders;
pub(crate) mod tree;
mod element;
mod page;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use channels::{BoxFuture, testing::Client};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt;

pub use element::Element;
pub use page::Page;
pub(crate) use renders::{Picture, Renders, ViewRenders};

use crate::{
    endpoint::{Body, Endpoint},
    peer::PeerAddr,
};

/// Frames that a [`Page`]'s socket takes while the test does something else.
const WINDOW_FRAMES: usize = 256;

/// Somebody's browser: cookies and an endpoint.
#[derive(Clone)]
pub struct Browser {
    server: Arc<dyn Server>,
    cookies: BTreeMap<String, String>,
    address: SocketAddr,
}

/// What the endpoint answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub html: String,
}

/// An endpoint of any context.
trait Server: Send + Sync {
    fn handle(&self, request: Request<()>) -> BoxFuture<'_, Response<Body>>;
    fn connect(
        &self,
        from: SocketAddr,
        headers: &HeaderMap,
        query: &str,
        window: usize,
        renders: Renders,
    ) -> Client;
}

impl<C: Clone + Send + Sync + 'static> Server for Endpoint<C> {
    fn handle(&self, request: Request<()>) -> BoxFuture<'_, Response<Body>> {
        Box::pin(Endpoint::handle(self, request))
    }

    fn connect(
        &self,
        from: SocketAddr,
        headers: &HeaderMap,
        query: &str,
        window: usize,
        renders: Renders,
    ) -> Client {
        Endpoint::connect(self, from, headers, query, window, renders)
    }
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").field("cookies", &self.cookies).finish_non_exhaustive()
    }
}

impl Browser {
    /// A browser without cookies, on this machine.
    pub fn new<C: Clone + Send + Sync + 'static>(endpoint: &Endpoint<C>) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        Self { server: Arc::new(endpoint.clone()), cookies: BTreeMap::new(), address }
    }

    /// The same browser at another address; pages that are open stay where they are.
    pub fn at(mut self, address: IpAddr) -> Self {
        self.address.set_ip(address);
        self
    }

    /// Loads the page at `path`, follows redirects, connects, and joins its views.
    ///
    /// # Panics
    /// When the last answer is not a page with a live view.
    pub async fn visit(&mut self, path: &str) -> Page {
        let mut page = self.open(path).await;
        assert_eq!(page.status(), 200, "{path}: {}", page.html());
        page.connect().await;
        page
    }

    /// Loads the page at `path` and follows redirects; nothing is connected.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = Page::load(self.clone(), path).await;
        self.cookies.clone_from(&page.browser().cookies);
        page
    }

    /// One request with the cookies; those of the answer are kept, redirects are not followed.
    pub async fn get(&mut self, path: &str) -> Answer {
        let mut request = Request::new(());
        *request.uri_mut() = path.parse().expect("the path is one");
        *request.headers_mut() = self.headers();
        self.request(request).await
    }

    /// One request as it is; the cookies of the answer are kept.
    pub async fn request(&mut self, mut request: Request<()>) -> Answer {
        request.extensions_mut().insert(PeerAddr(self.address));
        let (head, body) = self.server.handle(request).await.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.take_cookie(cookie.to_str().expect("cookies are ASCII"));
        }
        let body = body.collect().await.expect("a body in memory is never cut").to_bytes();
        let html = String::from_utf8(body.to_vec()).expect("pages are UTF-8");
        Answer { status: head.status.as_u16(), headers: head.headers, html }
    }

    /// The headers of every request: the host, and the cookies.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = HeaderValue::try_from(cookies.join("; ")).expect("cookies are ASCII");
        headers.insert(header::COOKIE, cookies);
        headers
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as a script in the page does.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// A socket without a page, as one that is up to no good has it; `query` as in the socket's
    /// URL. The browser takes `window_frames` without reading.
    pub fn socket(&self, query: &str, window_frames: usize) -> Client {
        let renders = Renders::default();
        self.server.connect(self.address, &self.headers(), query, window_frames, renders)
    }

    fn take_cookie(&mut self, text: &str) {
        let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a value");
        match attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
            true => drop(self.cookies.remove(name)),
            false => self.set_cookie(name, value),
        }
    }
}
