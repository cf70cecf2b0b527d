//! One tab: a page, its socket and its views.

mod acts;
mod socket;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use channels::testing::Client;
use scraper::{ElementRef, Html};
use serde_json::Value;

use self::socket::{Asked, Pending, View};
use super::{
    Browser, Renders, WINDOW_FRAMES,
    element::{Element, Typed, closest, escape, selector},
};

/// How long a page waits for anything.
const DEADLINE: Duration = Duration::from_secs(4);
/// Where every page is.
const ORIGIN: &str = "http://localhost";
/// Documents that are requested before a page is given up.
const LOADS_MAX: usize = 20;

/// A page in a tab: dead, or live with its views joined.
pub struct Page {
    browser: Browser,
    url: String,
    status: u16,
    document: String,
    main: Option<Container>,
    client: Option<Client>,
    renders: Renders,
    views: BTreeMap<String, View>,
    pending: BTreeMap<String, Pending>,
    next_load: Option<String>,
    title: Option<String>,
    events: VecDeque<(String, Value)>,
    typed: BTreeMap<String, Typed>,
    hook_reply: Value,
    refusals: Vec<Value>,
    failures: Vec<Value>,
    crashes: usize,
    loads: usize,
    left_for: Option<String>,
}

/// What the page says of its main view.
#[derive(Clone, Debug)]
struct Container {
    id: String,
    session: String,
    static_token: Option<String>,
    start_tag: String,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("url", &self.url).field("html", &self.html()).finish()
    }
}

// The page.

impl Page {
    pub(super) async fn load(browser: Browser, path: &str) -> Self {
        let mut page = Self {
            browser,
            url: String::new(),
            status: 0,
            document: String::new(),
            main: None,
            client: None,
            renders: Renders::default(),
            views: BTreeMap::new(),
            pending: BTreeMap::new(),
            next_load: None,
            title: None,
            events: VecDeque::new(),
            typed: BTreeMap::new(),
            hook_reply: Value::Null,
            refusals: Vec::new(),
            failures: Vec::new(),
            crashes: 0,
            loads: 0,
            left_for: None,
        };
        page.request(path.to_owned()).await;
        page
    }

    async fn request(&mut self, mut path: String) {
        self.disconnect();
        self.typed.clear();
        let answer = loop {
            self.loads += 1;
            assert!(self.loads < LOADS_MAX, "{path} is loaded again and again");
            if !path.starts_with('/') {
                self.left_for = Some(path);
                return;
            }
            let answer = self.browser.get(&path).await;
            match answer.headers.get(http::header::LOCATION) {
                Some(to) => path = to.to_str().expect("locations are ASCII").to_owned(),
                None => break answer,
            }
        };
        (self.url, self.status, self.document) = (path, answer.status, answer.html);
        self.main = container(&self.document);
        self.title = None;
    }

    /// Breaks the connection.
    pub fn disconnect(&mut self) {
        self.client = None;
        self.pending.clear();
        self.views.clear();
        self.renders = Renders::default();
    }

    /// Opens the socket and joins the views, and those inside them.
    pub async fn connect(&mut self) {
        self.open_socket();
        let main = self.main.clone().expect("a page with a live view");
        let view = View::new(main.session, main.static_token, None, false);
        self.views.insert(main.id.clone(), view);
        self.join(&main.id, None, None);
        self.settle().await;
    }

    /// Breaks the connection and comes back, as after a restart: every view joins again, and forms
    /// are recovered.
    pub async fn reconnect(&mut self) {
        let main = self.main.clone().expect("a page with a live view");
        self.leave_children(&main.id, true);
        self.pending.clear();
        self.renders = Renders::default();
        self.open_socket();
        self.join(&main.id, None, None);
        self.settle().await;
    }

    fn open_socket(&mut self) {
        let token = escape(&self.csrf_token());
        let query = format!("_csrf_token={token}&vsn=2.0.0");
        let headers = self.browser.headers();
        let renders = self.renders.clone();
        let Browser { server, address, .. } = &self.browser;
        let client = server.connect(*address, &headers, &query, WINDOW_FRAMES, renders);
        self.client = Some(client);
    }

    /// The token that the page carries, in `<meta name="csrf-token">` or `data-csrf`.
    pub fn csrf_token(&self) -> String {
        let document = Html::parse_document(&self.document);
        let meta = selector("meta[name=csrf-token], [data-csrf]");
        let meta = document.select(&meta).next().map(|meta| meta.value());
        let token = meta.and_then(|meta| meta.attr("content").or(meta.attr("data-csrf")));
        token.unwrap_or_default().to_owned()
    }

    /// URLs of the scripts and styles with `phx-track-static`.
    fn tracked_statics(&self) -> Vec<String> {
        let document = Html::parse_document(&self.document);
        let tracked = selector("[phx-track-static]");
        let urls = document.select(&tracked).map(|it| it.value());
        let urls = urls.filter_map(|it| it.attr("src").or(it.attr("href")));
        urls.map(|url| if url.starts_with('/') { format!("{ORIGIN}{url}") } else { url.to_owned() })
            .collect()
    }

    /// The browser, with the cookies as they are now.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// The status that the page was loaded with.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Path and query in the address bar.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the socket is open and the main view joined.
    pub fn is_live(&self) -> bool {
        let main = self.main.as_ref().and_then(|main| self.views.get(&main.id));
        self.client.is_some() && main.is_some_and(|main| main.tree.is_some())
    }

    /// The document as it was loaded, layout and all.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The main view in its container, with everything inside; a page without one as it is.
    pub fn html(&self) -> String {
        let Some(main) = &self.main else { return self.document.clone() };
        match self.views.get(&main.id) {
            Some(View { tree: Some(_), .. }) => {
                format!("{}{}</div>", main.start_tag, self.view_html(&main.id))
            }
            _ => {
                let document = Html::parse_document(&self.document);
                let container = document.select(&selector("[data-phx-main]")).next();
                container.expect("the container was found before").html()
            }
        }
    }

    /// What is inside the container of the view with this id.
    pub fn view_html(&self, id: &str) -> String {
        let tree = self.views.get(id).and_then(|view| view.tree.as_ref());
        let mut html = tree.map(|tree| tree.html(id)).unwrap_or_default();
        let inside = self.views.iter().filter(|(_, view)| view.within.as_deref() == Some(id));
        for (child, _) in inside {
            let start = format!("<div id=\"{}\"", crate::escape(child));
            let Some(start) = html.find(&start) else { continue };
            let Some(end) = html[start..].find("></div>") else { continue };
            html.insert_str(start + end + 1, &self.view_html(child));
        }
        html
    }

    /// Ids of the views that are joined.
    pub fn joined(&self) -> Vec<&str> {
        let joined = self.views.iter().filter(|(_, view)| view.tree.is_some());
        joined.map(|(id, _)| &**id).collect()
    }

    /// Id of the main view.
    pub fn main_id(&self) -> &str {
        self.main.as_ref().map_or("", |main| &main.id)
    }

    /// Ids of the elements of the stream `name`, in order, in whichever view it is.
    ///
    /// # Panics
    /// When no view shows it, or it never had an item.
    pub fn stream_ids(&self, name: &str) -> Vec<&str> {
        let mut trees = self.views.values().filter_map(|view| view.tree.as_ref());
        let ids = trees.find_map(|tree| tree.stream_ids(name));
        ids.unwrap_or_else(|| panic!("there is no stream {name}"))
    }

    /// What the views called the page last.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Takes the oldest event that views pushed with this name.
    pub fn take_event(&mut self, name: &str) -> Option<Value> {
        let at = self.events.iter().position(|(known, _)| known == name)?;
        self.events.remove(at).map(|(_, detail)| detail)
    }

    /// Takes the error answers to events, oldest first.
    pub fn take_refusals(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.refusals)
    }

    /// Error answers to joins after which a browser would show the page as broken.
    pub fn failures(&self) -> &[Value] {
        &self.failures
    }

    /// How many views crashed; they joined again.
    pub fn crashes(&self) -> usize {
        self.crashes
    }

    /// How many documents were requested, redirects included.
    pub fn loads(&self) -> usize {
        self.loads
    }

    /// The other site that the person was sent to.
    pub fn left_for(&self) -> Option<&str> {
        self.left_for.as_deref()
    }

    /// The payload of the main view's join, for those who send it themselves.
    pub fn join_payload(&self) -> Value {
        let main = self.main.clone().expect("a page with a live view");
        let view = View::new(main.session, main.static_token, None, false);
        self.payload(&main.id, &view, None, None)
    }
}

// Looking.

impl Page {
    /// The one element that matches.
    ///
    /// # Panics
    /// When none does, or several do.
    pub fn find(&self, css: &str) -> Element {
        let mut all = self.find_all(css);
        assert_eq!(all.len(), 1, "{css} is to match one element of\n{}", self.html());
        all.remove(0)
    }

    /// All elements that match, in order.
    pub fn find_all(&self, css: &str) -> Vec<Element> {
        self.dom().select(&selector(css)).map(Element::of).collect()
    }

    /// Whether any element matches.
    pub fn has(&self, css: &str) -> bool {
        self.dom().select(&selector(css)).next().is_some()
    }

    /// The text of the one element that matches.
    pub fn text(&self, css: &str) -> String {
        self.find(css).text
    }

    /// The texts of all elements that match.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.find_all(css).into_iter().map(|element| element.text).collect()
    }

    fn dom(&self) -> Html {
        match self.main {
            Some(_) => Html::parse_fragment(&self.html()),
            None => Html::parse_document(&self.document),
        }
    }

    fn one<T>(&self, css: &str, look: impl FnOnce(&Html, ElementRef<'_>) -> T) -> T {
        let dom = self.dom();
        let selector = selector(css);
        let mut found = dom.select(&selector);
        let element = found.next();
        let element =
            element.unwrap_or_else(|| panic!("{css} matches nothing of\n{}", self.html()));
        assert!(found.next().is_none(), "{css} is to match one element of\n{}", self.html());
        look(&dom, element)
    }

    fn owner(&self, element: ElementRef<'_>) -> String {
        let container = closest(element, |e| e.value().attr("data-phx-session").is_some());
        let id = container.and_then(|container| container.value().attr("id"));
        id.unwrap_or(self.main_id()).to_owned()
    }
}

// Waiting.

impl Page {
    /// Reads until `wanted`, and until everything that was asked is answered.
    ///
    /// # Panics
    /// When it does not come to that within four seconds.
    pub async fn until(&mut self, wanted: impl Fn(&Page) -> bool) {
        self.pump(|page| page.pending.is_empty() && wanted(page)).await;
    }

    /// Reads everything that the server had to say when this was called.
    pub async fn catch_up(&mut self) {
        let client = self.client.as_mut().expect("the page is live");
        let message_ref = client.push("phoenix", "heartbeat", "{}");
        let pending = Pending { view: String::new(), asked: Asked::Heartbeat };
        self.pending.insert(message_ref, pending);
        self.settle().await;
    }

    async fn settle(&mut self) {
        self.pump(|page| page.pending.is_empty()).await;
    }

    async fn pump(&mut self, done: impl Fn(&Page) -> bool) {
        loop {
            if let Some(path) = self.next_load.take() {
                Box::pin(self.reload(path)).await;
                continue;
            }
            if done(self) {
                self.check_quiet();
                return;
            }
            let Some(client) = &mut self.client else { panic!("a dead page waits for nothing") };
            match tokio::time::timeout(DEADLINE, client.next()).await {
                Ok(message) => self.receive(message),
                Err(_) => panic!("it did not come, with {:?} open:\n{}", self.pending, self.html()),
            }
        }
    }

    async fn reload(&mut self, path: String) {
        self.request(path).await;
        if self.status == 200 && self.main.is_some() && self.left_for.is_none() {
            Box::pin(self.connect()).await;
        }
    }

    fn check_quiet(&self) {
        for view in self.views.values() {
            let Some(tree) = &view.tree else { continue };
            let quiet = view.renders.quiet();
            quiet.iter().for_each(|picture| picture.check(&tree.plain_html()));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is to be text")).to_owned()
}

fn container(document: &str) -> Option<Container> {
    let dom = Html::parse_document(document);
    let selector = selector("[data-phx-main]");
    let mut mains = dom.select(&selector);
    let main = mains.next()?;
    assert!(mains.next().is_none(), "a page has one main view");
    let attr = |name| main.value().attr(name).map(str::to_owned);
    let attributes = main.value().attrs();
    let attributes: String =
        attributes.map(|(name, value)| format!(" {name}=\"{}\"", crate::escape(value))).collect();
    Some(Container {
        id: attr("id").expect("a view has an id"),
        session: attr("data-phx-session").expect("the main view has a token"),
        static_token: attr("data-phx-static"),
        start_tag: format!("<div{attributes}>"),
    })
}
