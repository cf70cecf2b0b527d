//! The door for HTTP: pages of live views, and the upgrade to their socket.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tasks::{Clock, Scope};

use crate::{
    app::{self, App, ErrorPage, Private, Route, Routed, Shared},
    compression::{AcceptEncoding, compressed},
    door::Door,
    effects::Flash,
    join::Joins,
    page::{Layout, Page, PageMount, Role},
    params::Params,
    peer::PeerAddr,
    probe::Probe,
    rendered::Raw,
    session::{Secret, Session, SessionCookie, cookie, random_id},
    shared_view::SharedView,
    shared_view_task::{Instances, SharedCounts},
    view::{Interrupt, LiveView, Place, Visit},
    websocket::{self, WebSocket},
};

/// The body of every answer.
pub type Body = Full<Bytes>;

const SOCKET_PATH: &str = "/live/websocket";
const FLASH_COOKIE: &str = "__phoenix_flash__";
const RELOAD_COOKIE: &str = "__phoenix_reload_status__";

/// Answers requests for live views: give it every request that is nobody else's.
///
/// A [`tower_service::Service`], so it can be the fallback of a router. Cheap to clone.
pub struct Endpoint<C> {
    pub(crate) app: Arc<App<C>>,
    pub(crate) sockets: Arc<channels::Endpoint>,
    shared_counts: Arc<SharedCounts>,
}

impl<C> Clone for Endpoint<C> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            sockets: self.sockets.clone(),
            shared_counts: self.shared_counts.clone(),
        }
    }
}

impl<C> std::fmt::Debug for Endpoint<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

/// Puts an [`Endpoint`] together.
pub struct EndpointBuilder<C> {
    app: App<C>,
    channels: channels::Config,
    shared_counts: Arc<SharedCounts>,
}

/// The routes of one live session: pages between which a browser goes without a page load.
pub struct Routes<'a, C> {
    app: &'a mut App<C>,
    live_session: &'static str,
}

impl<C: Clone + Send + Sync + 'static> EndpointBuilder<C> {
    /// The name of the session cookie; `_liveview` if not said.
    pub fn cookie_name(mut self, name: &'static str) -> Self {
        self.app.cookie.name = name;
        self
    }

    /// Whether the session cookie goes over HTTPS only.
    pub fn secure_cookie(mut self, secure: bool) -> Self {
        self.app.cookie.secure = secure;
        self
    }

    /// Origins (`https://chat.example.org`) whose pages may connect, besides the host itself.
    pub fn origins(mut self, origins: impl IntoIterator<Item = String>) -> Self {
        self.app.origins.extend(origins);
        self
    }

    /// A header of every page.
    ///
    /// # Panics
    /// When the value is not one of a header: both are constants of the program.
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.app.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// URLs of the tracked statics (`phx-track-static`) of this build: see
    /// [`Cx::static_changed`](crate::Cx::static_changed).
    pub fn statics(mut self, urls: impl IntoIterator<Item = String>) -> Self {
        self.app.statics.extend(urls);
        self
    }

    /// Completes the session of a visitor before every page: gives a name to somebody new, say.
    pub fn greet(mut self, greet: impl Fn(&C, &mut Session) + Send + Sync + 'static) -> Self {
        self.app.door.greet = Some(Box::new(greet));
        self
    }

    /// Whether a session that we signed still counts: `false` for one that was revoked, say. Asked
    /// for every page, every socket that connects and every join, so it should only look something
    /// up; it must say `true` of what [`EndpointBuilder::greet`] completed, or pages load for ever.
    ///
    /// `false`: it is nobody's, as if the cookie were absent. A page gets a fresh session, greeted,
    /// with its cookie; a join is refused as stale, so that the browser loads the page anew. What
    /// was joined before goes on: [`Endpoint::disconnect`] ends it.
    pub fn admit(mut self, admit: impl Fn(&C, &Session) -> bool + Send + Sync + 'static) -> Self {
        self.app.door.admit = Some(Box::new(admit));
        self
    }

    /// What the sockets of a session are closed by: see [`Endpoint::disconnect`]. Any number of
    /// sessions may share an id, a person's, say. `None`: they are not to be closed.
    pub fn socket_id(
        mut self,
        socket_id: impl Fn(&C, &Session) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.app.door.socket_id = Some(Box::new(socket_id));
        self
    }

    /// Whether all requests come through a proxy of ours: then the browser's address is the last one
    /// in `X-Forwarded-For`. Not otherwise, since any browser can send that header.
    pub fn trust_proxy(mut self, trust: bool) -> Self {
        self.app.door.trust_proxy = trust;
        self
    }

    /// A page that is asked for with the query parameter `name=value` is shown to somebody new, in
    /// that tab alone: for demonstrations with several people in one browser.
    ///
    /// The session goes into no cookie. It is signed into [`Page::tab_token`](crate::Page), and the
    /// page's script sends that as the parameter `_tab` when it connects. Plain forms of such a page
    /// are those of the browser's own session, and are refused, because their token is the tab's.
    pub fn own_tabs(mut self, name: &'static str, value: &'static str) -> Self {
        self.app.door.own_tab = Some((name, value));
        self
    }

    /// What errors look like.
    pub fn error_page(mut self, error_page: ErrorPage) -> Self {
        self.app.error_page = error_page;
        self
    }

    /// Limits of the sockets.
    pub fn channels(mut self, config: channels::Config) -> Self {
        self.channels = config;
        self
    }

    /// Where the time comes from; the system if not said.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.app.clock = clock;
        self
    }

    /// Adds routes that share a layout.
    pub fn live_session(
        mut self,
        name: &'static str,
        layout: Layout,
        routes: impl FnOnce(&mut Routes<'_, C>),
    ) -> Self {
        self.app.layouts.insert(name.to_owned(), layout);
        routes(&mut Routes { app: &mut self.app, live_session: name });
        self
    }

    /// Registers a view that only stands in the markup of others.
    pub fn nested<V: LiveView<Context = C>>(mut self) -> Self {
        register::<C, V>(&mut self.app);
        self
    }

    /// Registers a shared view.
    pub fn shared<S: SharedView<Context = C>>(mut self) -> Self {
        let instances = Instances::<S>::new(self.shared_counts.clone());
        self.app.views.insert(std::any::type_name::<S>(), Arc::new(Shared(instances)));
        self
    }

    /// The endpoint.
    pub fn build(self) -> Endpoint<C> {
        let app = Arc::new(self.app);
        let sockets = channels::Endpoint::new(&app.scope, self.channels)
            .channel("lv:*", Arc::new(Joins(app.clone())));
        Endpoint { app, sockets: Arc::new(sockets), shared_counts: self.shared_counts }
    }
}

impl<C: Clone + Send + Sync + 'static> Routes<'_, C> {
    /// Shows `V` at a path such as `/r/{slug}`.
    ///
    /// # Panics
    /// When the path is malformed or taken: routes are constants of the program.
    pub fn live<V: LiveView<Context = C>>(&mut self, path: &str) -> &mut Self {
        let view = register::<C, V>(self.app);
        let live_session = self.live_session.to_owned();
        let added = self.app.routes.insert(path, Route { view, live_session });
        added.unwrap_or_else(|error| panic!("the route {path} cannot be added: {error}"));
        self
    }
}

fn register<C, V: LiveView<Context = C>>(app: &mut App<C>) -> &'static str {
    let view = std::any::type_name::<V>();
    app.views.entry(view).or_insert_with(|| Arc::new(Private::<V>(PhantomData)));
    view
}

/// How a page is asked for.
#[derive(Default)]
struct Asked {
    /// Where the view is at home, if the page has another address.
    shown_from: Option<String>,
    /// The token of a tab of its own: its session goes into no cookie.
    tab_token: Option<String>,
}

impl<C: Clone + Send + Sync + 'static> Endpoint<C> {
    /// Starts an endpoint whose views are given `context`, whose cookies and tokens are signed
    /// with `secret`, and whose tasks belong to `scope`.
    pub fn builder(context: C, secret: Secret, scope: &Scope) -> EndpointBuilder<C> {
        let cookie = SessionCookie { name: "_liveview", secret: secret.clone(), secure: false };
        let app = App {
            context,
            secret,
            cookie,
            clock: Clock::system(),
            scope: scope.child("live views"),
            origins: Vec::new(),
            headers: Vec::new(),
            statics: Vec::new(),
            door: Door::default(),
            error_page: app::bare_error_page,
            routes: matchit::Router::new(),
            layouts: HashMap::new(),
            views: HashMap::new(),
        };
        EndpointBuilder {
            app,
            channels: channels::Config::default(),
            shared_counts: Arc::default(),
        }
    }

    /// Reads and writes the session cookie, for handlers beside the live views.
    pub fn cookie(&self) -> &SessionCookie {
        &self.app.cookie
    }

    /// How often shared views were rendered and encoded.
    pub fn shared_counts(&self) -> &SharedCounts {
        &self.shared_counts
    }

    /// The visitor's session for a request beside the live views: the cookie's, or a new one.
    pub fn session(&self, headers: &HeaderMap) -> Session {
        self.app.session(headers)
    }

    /// The browser's address for a request beside the live views, to limit what comes from one: the
    /// connection's [`PeerAddr`], or what a proxy says if it is trusted.
    pub fn peer(&self, headers: &HeaderMap, extensions: &http::Extensions) -> Option<IpAddr> {
        self.app.peer(connected(extensions), headers)
    }

    /// The `Set-Cookie` header that keeps `session`.
    pub fn set_cookie(&self, session: &Session) -> HeaderValue {
        self.app.cookie.write(session, self.app.clock.now_ms())
    }

    /// The `Set-Cookie` header that leaves `flash` for the next page.
    pub fn set_flash(&self, flash: &Flash) -> Option<HeaderValue> {
        let token = self.app.flash_token(flash)?;
        HeaderValue::try_from(format!("{FLASH_COOKIE}={token}; Path=/; Max-Age=60; SameSite=Lax"))
            .ok()
    }

    /// Whether a request comes with a session of ours that counts.
    pub fn has_session(&self, headers: &HeaderMap) -> bool {
        self.app.known_session(headers).is_some()
    }

    /// Closes the sockets of this [`EndpointBuilder::socket_id`] on this node, at once, and says how
    /// many there were. First make [`EndpointBuilder::admit`] say no, then call this: whatever
    /// connects or joins in between is refused.
    ///
    /// Their views are dropped and nothing more is sent. The close code is 1012, at which the official
    /// client connects again by itself after some 10 ms. A session that still counts joins its views
    /// again, and the person sees little of it; with one that does not, the joins are refused as
    /// stale and the page is loaded anew.
    pub fn disconnect(&self, socket_id: &str) -> usize {
        self.sockets.disconnect(socket_id)
    }

    /// Answers with the page at `path`, told `flash` as an earlier page would: for a plain form
    /// that was refused. A browser that makes it live joins what is at `path`, whatever the address
    /// of the form.
    pub async fn show(
        &self,
        path: &str,
        session: &Session,
        flash: Flash,
        status: StatusCode,
    ) -> Response<Body> {
        let Some(routed) = self.app.route(path) else {
            return self.error(StatusCode::NOT_FOUND, None);
        };
        let shown_from = Some(routed.path.clone());
        let visit = Visit { session: Arc::new(session.clone()), peer: None };
        let asked = Asked { shown_from, ..Asked::default() };
        let mut response = self.page(routed, visit, flash, asked).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = status;
        }
        response
    }

    /// Answers one request. Never fails: what goes wrong is an error page.
    pub async fn handle<B>(&self, mut request: Request<B>) -> Response<Body> {
        if request.uri().path() == SOCKET_PATH {
            return self.upgrade(&mut request);
        }
        let method = request.method();
        if method != Method::GET && method != Method::HEAD {
            return self.error(StatusCode::METHOD_NOT_ALLOWED, None);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        match self.app.route(path) {
            None => self.error(StatusCode::NOT_FOUND, None),
            Some(routed) => {
                let peer = self.peer(request.headers(), request.extensions());
                let accept_encoding = AcceptEncoding::of(request.headers());
                let response = self.visit(routed, request.headers(), peer).await;
                compressed(response, &accept_encoding).await
            }
        }
    }

    /// The error page of a status.
    pub fn error(&self, status: StatusCode, reference: Option<&str>) -> Response<Body> {
        let html = (self.app.error_page)(status.as_u16(), reference).to_html();
        self.html(status, html)
    }

    /// Logs a fault once and answers with its reference.
    pub fn fault(&self, error: &(dyn std::error::Error + 'static)) -> Response<Body> {
        let reference = random_id();
        let chain = std::iter::successors(Some(error), |error| error.source());
        let chain: Vec<_> = chain.map(ToString::to_string).collect();
        tracing::error!(reference, error = chain.join(": "), "a request failed");
        self.error(StatusCode::INTERNAL_SERVER_ERROR, Some(&reference))
    }

    async fn visit(
        &self,
        routed: Routed,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Response<Body> {
        if let Some(response) = self.reload_status(headers) {
            return response;
        }
        let flash = self.app.read_flash(cookie(headers, FLASH_COOKIE)).unwrap_or_default();
        let (session, tab_token) = match self.app.own_tab(&routed.params) {
            Some((session, token)) => (session, Some(token)),
            None => (self.session(headers), None),
        };
        let visit = Visit { session: Arc::new(session), peer };
        let mut response =
            self.page(routed, visit, flash, Asked { tab_token, ..Asked::default() }).await;
        let headers_out = response.headers_mut();
        if cookie(headers, FLASH_COOKIE).is_some() && !headers_out.contains_key(header::LOCATION) {
            headers_out.append(header::SET_COOKIE, forget(FLASH_COOKIE));
        }
        response
    }

    async fn page(
        &self,
        routed: Routed,
        visit: Visit,
        flash: Flash,
        asked: Asked,
    ) -> Response<Body> {
        let Asked { shown_from, tab_token } = asked;
        let Routed { route: Route { view, live_session }, params, path } = routed;
        let layout = self.app.layout(&live_session);
        let session = visit.session.clone();
        let place = Place { path, params, visit, flash, ..Place::default() };
        let id = format!("phx-{}", random_id());
        let mount = PageMount { id, place, role: Role::Main { view, live_session, shown_from } };
        let any = self.app.views[view].clone();
        let rendered = AssertUnwindSafe(any.page(&self.app, mount)).catch_unwind().await;
        let mut response = match rendered {
            Ok(Ok(view)) => {
                let page = Page {
                    csrf_token: &session.csrf_token(),
                    tab_token: tab_token.as_deref(),
                    title: view.title.as_deref(),
                    content: Raw::new(view.html),
                };
                self.html(StatusCode::OK, layout(page).to_html())
            }
            Ok(Err(Interrupt::Redirect { to, flash } | Interrupt::Navigate { to, flash })) => {
                self.redirect(&to, &flash)
            }
            Ok(Err(Interrupt::Status(status))) => {
                let status = StatusCode::from_u16(status);
                self.error(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), None)
            }
            Ok(Err(error @ Interrupt::Fault(_))) => self.fault(&error),
            Err(_panic) => self.fault(&Interrupt::fault("a view panicked")),
        };
        if tab_token.is_none() {
            response.headers_mut().append(header::SET_COOKIE, self.set_cookie(&session));
        }
        response
    }

    /// A join was refused with a status: the client loads the page to show it.
    fn reload_status(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let token = cookie(headers, RELOAD_COOKIE)?;
        let status: Option<u16> = self.app.secret.verify("reload", token, self.app.clock.now_ms());
        let status = StatusCode::from_u16(status?).ok()?;
        let mut response = self.error(status, None);
        response.headers_mut().append(header::SET_COOKIE, forget(RELOAD_COOKIE));
        Some(response)
    }

    fn redirect(&self, to: &str, flash: &Flash) -> Response<Body> {
        let Ok(location) = HeaderValue::try_from(to) else {
            return self.fault(&Interrupt::fault("a redirect leads nowhere"));
        };
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, location);
        if let Some(flash) = self.set_flash(flash) {
            response.headers_mut().append(header::SET_COOKIE, flash);
        }
        response
    }

    fn html(&self, status: StatusCode, html: String) -> Response<Body> {
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in &self.app.headers {
            headers.insert(name.clone(), value.clone());
        }
        response
    }

    /// Turns the connection into a socket (protocol document §1.1).
    fn upgrade<B>(&self, request: &mut Request<B>) -> Response<Body> {
        let refuse = |status: StatusCode| {
            let mut response = Response::new(Body::default());
            *response.status_mut() = status;
            response
        };
        let query = Params::decode(request.uri().query().unwrap_or_default());
        if !query.get("vsn").is_some_and(|version| version.starts_with("2.")) {
            return refuse(StatusCode::FORBIDDEN);
        }
        if !self.is_own_origin(request.headers()) {
            return refuse(StatusCode::FORBIDDEN);
        }
        let Some(response) = websocket::answer(request.headers()) else {
            return refuse(StatusCode::UPGRADE_REQUIRED);
        };
        let connected = connected(request.extensions());
        let visitor = self.app.visitor(connected, request.headers(), &query, Probe::default());
        let connection = self.app.connection(connected, visitor);
        let upgrade = hyper::upgrade::on(request);
        let sockets = self.sockets.clone();
        // Not dropped when the scope stops: the socket says farewell then.
        self.app.scope.spawn("socket", async move {
            match WebSocket::open(upgrade).await {
                Ok(transport) => drop(sockets.serve(transport, connection).await),
                Err(error) => tracing::debug!(%error, "an upgrade came to nothing"),
            }
        });
        response
    }

    /// A socket in memory whose browser takes `window_frames` unread.
    #[cfg(feature = "testing")]
    pub(crate) fn connect(
        &self,
        connected: SocketAddr,
        headers: &HeaderMap,
        query: &str,
        window_frames: usize,
        renders: crate::testing::Renders,
    ) -> channels::testing::Client {
        let (connected, query) = (Some(connected), Params::decode(query));
        let visitor = self.app.visitor(connected, headers, &query, Probe(Some(renders)));
        let connection = self.app.connection(connected, visitor);
        let (transport, client) = channels::testing::pair(window_frames);
        let _runs_in_scope =
            self.app.scope.spawn("socket", self.sockets.serve(transport, connection));
        client
    }

    /// Whether a request comes from our own pages, or not from a page at all. No page of another
    /// origin may connect: nothing else protects a WebSocket from that.
    pub fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Ok(origin) = origin.to_str() else { return false };
        let host = origin.split_once("://").map(|(_, host)| host);
        let same_host = host.is_some_and(|host| text(header::HOST) == Some(host));
        same_host || self.app.origins.iter().any(|known| known == origin)
    }
}

fn connected(extensions: &http::Extensions) -> Option<SocketAddr> {
    extensions.get::<PeerAddr>().map(|peer| peer.0)
}

fn forget(name: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{name}=; Path=/; Max-Age=0")).expect("names of cookies fit")
}

impl<C, B> tower_service::Service<Request<B>> for Endpoint<C>
where
    C: Clone + Send + Sync + 'static,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let endpoint = self.clone();
        Box::pin(async move { Ok(endpoint.handle(request).await) })
    }
}
