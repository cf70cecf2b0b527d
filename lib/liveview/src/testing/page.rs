//! One tab: a page, its socket and its views.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use channels::testing::{Client, Message};
use scraper::{ElementRef, Html};
use serde_json::{Map, Value, json};

use super::{
    Browser, Renders, ViewRenders, WINDOW_FRAMES,
    element::{Element, Typed, closest, encode, escape, field_names, selector},
    tree::Tree,
};

/// How long a page waits for anything.
const DEADLINE: Duration = Duration::from_secs(4);
/// Where every page is.
const ORIGIN: &str = "http://localhost";
/// Joins of a view that fail in a row, and loads of a page, before it is given up.
const TRIES_MAX: u32 = 3;
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

#[derive(Debug)]
struct View {
    session: String,
    static_token: Option<String>,
    sticky: bool,
    /// The view whose markup it stands in.
    within: Option<String>,
    join_ref: String,
    tree: Option<Tree>,
    renders: ViewRenders,
    mounts: u32,
    tries: u32,
    going: BTreeSet<u64>,
}

#[derive(Debug)]
struct Pending {
    view: String,
    asked: Asked,
}

#[derive(Debug)]
enum Asked {
    Join { redirect: Option<String> },
    Event,
    Patch(String),
    Going(Vec<u64>),
    Gone,
    Heartbeat,
}

/// What a person's doing comes to.
enum Act {
    Event { view: String, payload: Value },
    Patch(String),
    Navigate(String),
    Load(String),
    Submit { form: String, submitter: Option<(String, String)> },
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
        let client = self.browser.server.connect(&headers, &query, WINDOW_FRAMES, renders);
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

    /// View and component that `phx-target` of `element`, or `target`, means.
    fn target(
        &self,
        dom: &Html,
        element: ElementRef<'_>,
        target: Option<&Value>,
    ) -> (String, Option<u64>) {
        let owner = self.owner(element);
        let of_element = element.value().attr("phx-target").map(Value::from);
        let Some(target) = target.cloned().or(of_element) else { return (owner, None) };
        if let Some(number) = target.as_u64() {
            return (owner, Some(number));
        }
        let css = target.as_str().expect("a target is a number or a selector");
        if let Ok(number) = css.parse() {
            return (owner, Some(number));
        }
        let found = dom.select(&selector(css)).next();
        let found = found.unwrap_or_else(|| panic!("the target {css} is not in the page"));
        let mark = |e: &ElementRef<'_>| {
            e.value().attr("data-phx-component").is_some()
                || e.value().attr("data-phx-session").is_some()
        };
        let component = closest(found, mark).and_then(|e| e.value().attr("data-phx-component"));
        (self.owner(found), component.and_then(|number| number.parse().ok()))
    }

    /// What an event attribute with this text does.
    fn commands(
        &self,
        dom: &Html,
        element: ElementRef<'_>,
        binding: &str,
        kind: &str,
        value: &Value,
        meta: Option<&Value>,
    ) -> Vec<Act> {
        let event = |event: &Value, value: Value, target: Option<&Value>| {
            let (view, cid) = self.target(dom, element, target);
            let mut payload = json!({ "type": kind, "event": event, "value": value });
            if let Some(cid) = cid {
                payload["cid"] = json!(cid);
            }
            if let Some(meta) = meta {
                payload["meta"] = meta.clone();
            }
            if kind == "form" {
                payload["uploads"] = json!({});
            }
            Act::Event { view, payload }
        };
        if !binding.starts_with('[') {
            return vec![event(&json!(binding), value.clone(), None)];
        }
        let commands: Vec<(String, Value)> =
            serde_json::from_str(binding).unwrap_or_else(|_| panic!("{binding} are no commands"));
        let act = |(op, arguments): (String, Value)| match &*op {
            "push" => {
                let mut value = value.clone();
                if let Value::Object(more) = &arguments["value"] {
                    match &mut value {
                        Value::Object(members) => members.extend(more.clone()),
                        form => *form = with_fields(form, more),
                    }
                }
                Some(event(&arguments["event"], value, arguments.get("target")))
            }
            "patch" => Some(Act::Patch(arguments["href"].as_str().unwrap_or_default().into())),
            "navigate" => {
                Some(Act::Navigate(arguments["href"].as_str().unwrap_or_default().into()))
            }
            _ => None,
        };
        commands.into_iter().filter_map(act).collect()
    }
}

/// Values of a JS push are fields of the form as well.
fn with_fields(form: &Value, more: &Map<String, Value>) -> Value {
    let mut form = form.as_str().unwrap_or_default().to_owned();
    for (name, value) in more {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let separator = if form.is_empty() { "" } else { "&" };
        form.push_str(&format!("{separator}{}={}", escape(name), escape(&text)));
    }
    json!(form)
}

// Doing.

impl Page {
    /// Clicks an element: its `phx-click` or that of one around it, a link, or a submit button.
    ///
    /// # Panics
    /// When nothing listens.
    pub async fn click(&mut self, css: &str) {
        let acts = self.one(css, |dom, element| {
            let listens = |e: &ElementRef<'_>| {
                let name = e.value().name();
                e.value().attr("phx-click").is_some()
                    || (name == "a" && e.value().attr("href").is_some())
                    || (is_submit(*e) && closest(*e, |e| e.value().name() == "form").is_some())
            };
            let found = closest(element, listens);
            let found = found.unwrap_or_else(|| panic!("nothing listens to a click on {css}"));
            self.clicked(dom, found)
        });
        self.perform(acts).await;
    }

    fn clicked(&self, dom: &Html, element: ElementRef<'_>) -> Vec<Act> {
        let attr = |name| element.value().attr(name);
        assert!(attr("disabled").is_none(), "a disabled element was clicked");
        let href = attr("href").unwrap_or_default().to_owned();
        if let Some(binding) = attr("phx-click") {
            let value = Value::Object(Element::of(element).event_value());
            return self.commands(dom, element, binding, "click", &value, None);
        }
        match attr("data-phx-link") {
            Some("patch") => vec![Act::Patch(href)],
            Some(_) => vec![Act::Navigate(href)],
            None if element.value().name() == "a" => vec![Act::Load(href)],
            None => {
                let form = closest(element, |e| e.value().name() == "form").expect("it listens");
                let name = attr("name").map(str::to_owned);
                let value = attr("value").unwrap_or_default().to_owned();
                let submitter = name.map(|name| (name, value));
                vec![Act::Submit { form: form_key(form), submitter }]
            }
        }
    }

    /// Types into fields of a form, one after the other, each with a change event. Checkboxes are
    /// given their value, or nothing.
    pub async fn change(&mut self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.type_in(form, &[(name, value)]);
            let acts = self.one(form, |dom, element| self.changed(dom, element, name));
            self.perform(acts).await;
        }
    }

    /// Fills fields of a form and submits it, without change events.
    pub async fn submit(&mut self, form: &str, fields: &[(&str, &str)]) {
        self.type_in(form, fields);
        let acts = self
            .one(form, |_, element| vec![Act::Submit { form: form_key(element), submitter: None }]);
        self.perform(acts).await;
    }

    fn type_in(&mut self, form: &str, fields: &[(&str, &str)]) {
        let (key, names) = self.one(form, |_, form| (form_key(form), field_names(form)));
        let typed = self.typed.entry(key).or_default();
        for (name, value) in fields {
            assert!(names.contains(*name), "the form {form} has no field {name}");
            typed.values.insert((*name).to_owned(), (*value).to_owned());
            typed.used.insert((*name).to_owned());
        }
    }

    fn changed(&self, dom: &Html, form: ElementRef<'_>, name: &str) -> Vec<Act> {
        let fields = selector("input, select, textarea");
        let field = form.select(&fields).find(|field| field.value().attr("name") == Some(name));
        let own = field.and_then(|field| Some((field, field.value().attr("phx-change")?)));
        let (element, binding) = match (own, form.value().attr("phx-change")) {
            (Some(own), _) => own,
            (None, Some(binding)) => (form, binding),
            (None, None) => return Vec::new(),
        };
        let nobody = Typed::default();
        let typed = self.typed.get(&form_key(form)).unwrap_or(&nobody);
        let value = json!(encode(form, typed, None, own.map(|_| name)));
        let mut meta = phx_values(element);
        meta.insert("_target".to_owned(), json!(name));
        self.commands(dom, element, binding, "form", &value, Some(&Value::Object(meta)))
    }

    fn submitted(&mut self, form: &str, submitter: Option<(String, String)>) -> Vec<Act> {
        let key = form.to_owned();
        let dom = self.dom();
        let found = dom.select(&selector("form")).find(|form| form_key(*form) == key);
        let form = found.expect("the form is still there");
        let typed = self.typed.entry(key.clone()).or_default();
        typed.used = field_names(form);
        let by = submitter.as_ref().map(|(name, value)| (&**name, &**value));
        let value = json!(encode(form, typed, by, None));
        typed.values.clear();
        let binding = form.value().attr("phx-submit");
        let binding = binding.unwrap_or_else(|| panic!("{} is a plain form", form.html()));
        let meta = Value::Object(phx_values(form));
        self.commands(&dom, form, binding, "form", &value, Some(&meta))
    }

    /// Presses a key in an element with `phx-keydown`, `phx-keyup` or their `phx-window-` forms;
    /// `phx-key` is respected.
    pub async fn key(&mut self, css: &str, event: &str, key: &str) {
        let acts = self.one(css, |dom, element| {
            if element.value().attr("phx-key").is_some_and(|only| only != key) {
                return Vec::new();
            }
            let mut value = Element::of(element).event_value();
            value.insert("key".to_owned(), json!(key));
            let kind = event.trim_start_matches("window-");
            self.triggered(dom, element, &format!("phx-{event}"), kind, value)
        });
        self.perform(acts).await;
    }

    /// Sets off what an attribute such as `phx-blur` or `phx-viewport-top` says, with more values.
    pub async fn trigger(&mut self, css: &str, attribute: &str, value: Value) {
        let acts = self.one(css, |dom, element| {
            let mut values = Element::of(element).event_value();
            if let Value::Object(more) = value {
                values.extend(more);
            }
            let kind = attribute.trim_start_matches("phx-");
            self.triggered(dom, element, attribute, kind, values)
        });
        self.perform(acts).await;
    }

    fn triggered(
        &self,
        dom: &Html,
        element: ElementRef<'_>,
        attribute: &str,
        kind: &str,
        value: Map<String, Value>,
    ) -> Vec<Act> {
        let binding = element.value().attr(attribute);
        let binding = binding.unwrap_or_else(|| panic!("{} has no {attribute}", element.html()));
        self.commands(dom, element, binding, kind, &Value::Object(value), None)
    }

    /// Pushes an event as the hook of an element does; returns what the view replied, or null.
    pub async fn hook_event(&mut self, css: &str, event: &str, value: Value) -> Value {
        let view = self.one(css, |_, element| self.owner(element));
        let payload = json!({ "type": "hook", "event": event, "value": value });
        self.hook_reply = Value::Null;
        self.perform(vec![Act::Event { view, payload }]).await;
        std::mem::take(&mut self.hook_reply)
    }

    /// Goes to another URL of the same view, as a patch link does.
    pub async fn patch(&mut self, href: &str) {
        self.perform(vec![Act::Patch(href.to_owned())]).await;
    }

    /// Goes to another view without a page load, as a navigate link does.
    pub async fn navigate(&mut self, href: &str) {
        self.perform(vec![Act::Navigate(href.to_owned())]).await;
    }

    /// Sends any event of any channel's to a view, and waits for the answer.
    pub async fn send(&mut self, view: &str, event: &str, payload: &Value) {
        let asked = Asked::Event;
        self.ask(view, event, payload, asked);
        self.settle().await;
    }

    async fn perform(&mut self, acts: Vec<Act>) {
        let mut acts = VecDeque::from(acts);
        while let Some(act) = acts.pop_front() {
            match act {
                Act::Event { view, payload } => self.ask(&view, "event", &payload, Asked::Event),
                Act::Patch(href) => {
                    let main = self.main_id().to_owned();
                    let payload = json!({ "url": format!("{ORIGIN}{href}") });
                    self.ask(&main, "live_patch", &payload, Asked::Patch(href));
                }
                Act::Navigate(href) => self.go(&href, None),
                Act::Load(href) => self.next_load = Some(href),
                Act::Submit { form, submitter } => {
                    let more = self.submitted(&form, submitter);
                    acts.extend(more);
                }
            }
        }
        self.settle().await;
    }
}

fn is_submit(element: ElementRef<'_>) -> bool {
    let kind = element.value().attr("type").unwrap_or("submit");
    match element.value().name() {
        "button" => kind == "submit",
        "input" => matches!(element.value().attr("type"), Some("submit" | "image")),
        _ => false,
    }
}

fn form_key(form: ElementRef<'_>) -> String {
    let attr = |name| form.value().attr(name);
    let key = attr("id").or(attr("phx-submit")).or(attr("phx-change")).or(attr("action"));
    key.unwrap_or_default().to_owned()
}

fn phx_values(element: ElementRef<'_>) -> Map<String, Value> {
    let mut values = Element::of(element).event_value();
    values.remove("value");
    values
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

// The socket.

impl View {
    fn new(
        session: String,
        static_token: Option<String>,
        within: Option<String>,
        sticky: bool,
    ) -> Self {
        Self {
            session,
            static_token,
            sticky,
            within,
            join_ref: String::new(),
            tree: None,
            renders: ViewRenders::default(),
            mounts: 0,
            tries: 0,
            going: BTreeSet::new(),
        }
    }
}

impl Page {
    fn ask(&mut self, view: &str, event: &str, payload: &Value, asked: Asked) {
        let client = self.client.as_mut().expect("the page is live");
        let message_ref = client.push(&format!("lv:{view}"), event, &payload.to_string());
        self.pending.insert(message_ref, Pending { view: view.to_owned(), asked });
    }

    fn payload(&self, id: &str, view: &View, redirect: Option<&str>, flash: Option<&str>) -> Value {
        let mut params = json!({
            "_csrf_token": self.csrf_token(),
            "_mounts": view.mounts,
            "_mount_attempts": view.tries,
        });
        let tracked = self.tracked_statics();
        if !tracked.is_empty() {
            params["_track_static"] = json!(tracked);
        }
        let static_token = view.static_token.as_deref().filter(|token| !token.is_empty());
        let mut payload = json!({
            "params": params, "session": view.session, "static": static_token, "sticky": view.sticky,
        });
        if id == self.main_id() {
            match redirect {
                Some(to) => payload["redirect"] = json!(format!("{ORIGIN}{to}")),
                None => payload["url"] = json!(format!("{ORIGIN}{}", self.url)),
            }
        }
        if let Some(flash) = flash {
            payload["flash"] = json!(flash);
        }
        payload
    }

    fn join(&mut self, id: &str, redirect: Option<String>, flash: Option<&str>) {
        let view = &self.views[id];
        let payload = self.payload(id, view, redirect.as_deref(), flash).to_string();
        let client = self.client.as_mut().expect("the page is live");
        let join_ref = client.send_join(&format!("lv:{id}"), &payload);
        let pending = Pending { view: id.to_owned(), asked: Asked::Join { redirect } };
        self.pending.insert(join_ref.clone(), pending);
        let view = self.views.get_mut(id).expect("it was just there");
        view.join_ref = join_ref;
    }

    /// Leaves the views inside `id`; sticky ones only if `all`.
    fn leave_children(&mut self, id: &str, all: bool) {
        let inside = self.views.iter().filter(|(_, view)| view.within.as_deref() == Some(id));
        let inside = inside.filter(|(_, view)| all || !view.sticky).map(|(id, _)| id.clone());
        for child in inside.collect::<Vec<_>>() {
            self.leave(&child);
        }
    }

    fn leave(&mut self, id: &str) {
        self.leave_children(id, true);
        self.forget_pending(id);
        self.views.remove(id);
        let client = self.client.as_mut().expect("the page is live");
        client.push(&format!("lv:{id}"), "phx_leave", "{}");
    }

    fn forget_pending(&mut self, id: &str) {
        self.pending.retain(|_, pending| pending.view != id);
    }

    /// Live navigation: the same topic and session with another URL.
    fn go(&mut self, to: &str, flash: Option<&str>) {
        let id = self.main_id().to_owned();
        self.leave_children(&id, false);
        self.forget_pending(&id);
        let client = self.client.as_mut().expect("the page is live");
        client.push(&format!("lv:{id}"), "phx_leave", "{}");
        let view = self.views.get_mut(&id).expect("the main view is there");
        (view.mounts, view.tries) = (0, 0);
        to.clone_into(&mut self.url);
        self.join(&id, Some(to.to_owned()), flash);
    }

    fn receive(&mut self, message: Message) {
        let Message { join_ref, message_ref, topic, event, payload } = message;
        let id = topic.strip_prefix("lv:").unwrap_or_default().to_owned();
        let pending = message_ref.and_then(|message_ref| self.pending.remove(&message_ref));
        let current = self.views.get(&id).map(|view| view.join_ref.clone());
        let is_current = join_ref.is_none() || join_ref == current;
        match &*event {
            "phx_reply" => match pending {
                Some(Pending { asked: Asked::Heartbeat, .. }) | None => {}
                Some(_) if !is_current => {}
                Some(pending) => self.answered(&id, pending.asked, &payload),
            },
            _ if !is_current || current.is_none() => {}
            "diff" => self.patch_view(&id, &payload),
            "live_patch" => self.url = text(&payload["to"]),
            "live_redirect" | "redirect" => self.redirected(&event, &payload),
            "phx_error" => self.crashed(&id),
            "phx_close" => {}
            other => panic!("the official client knows no {other}"),
        }
    }

    fn answered(&mut self, id: &str, asked: Asked, payload: &Value) {
        let response = &payload["response"];
        if payload["status"] != "ok" {
            match asked {
                Asked::Join { redirect } => self.refused(id, redirect, response),
                _ => self.refusals.push(response.clone()),
            }
            return;
        }
        if let Some(diff) = response.get("diff") {
            if let Some(reply) = diff.get("r") {
                self.hook_reply = reply.clone();
            }
            self.patch_view(id, diff);
        }
        for kind in ["redirect", "live_redirect"] {
            if let Some(place) = response.get(kind) {
                self.redirected(kind, place);
            }
        }
        match asked {
            Asked::Join { .. } => self.joined_view(id, response),
            Asked::Patch(href) if response.get("link_redirect").is_some() => self.go(&href, None),
            Asked::Patch(href) => self.url = href,
            Asked::Going(numbers) => self.components_going(id, &numbers),
            Asked::Gone => {
                let numbers = response["cids"].as_array().cloned().unwrap_or_default();
                let numbers: Vec<_> = numbers.iter().filter_map(Value::as_u64).collect();
                if let Some(view) = self.views.get_mut(id) {
                    view.tree.iter_mut().for_each(|tree| tree.forget(&numbers));
                }
            }
            Asked::Event | Asked::Heartbeat => {}
        }
    }

    fn redirected(&mut self, kind: &str, place: &Value) {
        let to = text(&place["to"]);
        let flash = place["flash"].as_str();
        match kind {
            "live_redirect" => self.go(&to, flash),
            _ => {
                if let Some(flash) = flash {
                    self.browser.set_cookie("__phoenix_flash__", flash);
                }
                self.next_load = Some(to);
            }
        }
    }

    fn refused(&mut self, id: &str, redirect: Option<String>, response: &Value) {
        for kind in ["redirect", "live_redirect"] {
            if let Some(place) = response.get(kind) {
                return self.redirected(kind, place);
            }
        }
        match response["reason"].as_str() {
            Some("stale" | "unauthorized") => {
                self.next_load = Some(redirect.unwrap_or_else(|| self.url.clone()));
            }
            Some("reload") => {
                let token = text(&response["token"]);
                self.browser.set_cookie("__phoenix_reload_status__", &token);
                self.next_load = Some(self.url.clone());
            }
            _ => self.join_failed(id, redirect, response),
        }
    }

    /// The main view is given up at once (a browser would load the page again, later); others are
    /// tried again.
    fn join_failed(&mut self, id: &str, redirect: Option<String>, response: &Value) {
        let main = id == self.main_id();
        let view = self.views.get_mut(id).expect("it asked to join");
        view.tries += 1;
        if !main && view.tries < TRIES_MAX {
            return self.join(id, redirect, None);
        }
        self.failures.push(response.clone());
        self.views.remove(id);
    }

    fn crashed(&mut self, id: &str) {
        self.crashes += 1;
        self.forget_pending(id);
        self.leave_children(id, true);
        let view = self.views.get_mut(id).expect("it is joined");
        view.tries += 1;
        assert!(view.tries <= TRIES_MAX, "the view {id} crashes again and again");
        self.join(id, None, None);
    }

    fn joined_view(&mut self, id: &str, response: &Value) {
        assert_eq!(response["liveview_version"], "1.2.12");
        let rendered = &response["rendered"];
        let forms = self.forms_to_recover(id);
        let renders = self.renders.joined(id);
        self.leave_children(id, false);
        let tree = Tree::joined(rendered);
        if let Some(picture) = renders.of_message(rendered) {
            picture.check(&tree.plain_html());
        }
        let view = self.views.get_mut(id).expect("it asked to join");
        (view.tree, view.renders) = (Some(tree), renders);
        (view.mounts, view.tries) = (view.mounts + 1, 0);
        view.going.clear();
        if let Some(patch) = response.get("live_patch") {
            self.url = text(&patch["to"]);
        }
        self.take_extras(rendered);
        self.patched(id);
        self.recover(id, &forms);
    }

    fn patch_view(&mut self, id: &str, diff: &Value) {
        let Some(view) = self.views.get_mut(id) else { return };
        let Some(tree) = &mut view.tree else { return };
        let quiet = view.renders.quiet();
        quiet.iter().for_each(|picture| picture.check(&tree.plain_html()));
        let picture = view.renders.of_message(diff);
        tree.merge(diff);
        if let Some(picture) = picture {
            picture.check(&tree.plain_html());
        }
        self.take_extras(diff);
        self.patched(id);
    }

    fn take_extras(&mut self, diff: &Value) {
        if let Some(title) = diff["t"].as_str() {
            self.title = Some(title.to_owned());
        }
        for event in diff["e"].as_array().into_iter().flatten() {
            self.events.push_back((text(&event[0]), event[1].clone()));
        }
    }

    /// After a patch: components that went are announced, nested views that came are joined.
    fn patched(&mut self, id: &str) {
        let view = self.views.get_mut(id).expect("it was just patched");
        let tree = view.tree.as_ref().expect("it was just patched");
        let shown = tree.shown_components();
        let absent: Vec<_> = tree.known_components().difference(&shown).copied().collect();
        let absent: Vec<_> = absent.into_iter().filter(|cid| view.going.insert(*cid)).collect();
        let html = tree.html(id);
        if !absent.is_empty() {
            let payload = json!({ "cids": absent });
            self.ask(id, "cids_will_destroy", &payload, Asked::Going(absent));
        }
        self.find_nested(id, &html);
    }

    fn components_going(&mut self, id: &str, numbers: &[u64]) {
        let Some(view) = self.views.get_mut(id) else { return };
        let shown = view.tree.as_ref().map(Tree::shown_components).unwrap_or_default();
        view.going.retain(|number| !numbers.contains(number));
        let gone: Vec<_> = numbers.iter().filter(|number| !shown.contains(number)).collect();
        if !gone.is_empty() {
            self.ask(id, "cids_destroyed", &json!({ "cids": gone }), Asked::Gone);
        }
    }

    fn find_nested(&mut self, id: &str, html: &str) {
        let mut found = BTreeMap::new();
        for element in Html::parse_fragment(html).select(&selector("[data-phx-session]")) {
            let attr = |name| element.value().attr(name);
            let child = attr("id").expect("a view has an id").to_owned();
            let session = attr("data-phx-session").unwrap_or_default().to_owned();
            let sticky = attr("data-phx-sticky").is_some();
            assert_eq!(attr("data-phx-parent-id"), (!sticky).then_some(id), "its parent");
            assert!(element.inner_html().is_empty(), "a placeholder is empty: {html}");
            let view = View::new(session, None, Some(id.to_owned()), sticky);
            assert!(found.insert(child, view).is_none(), "ids are unique: {html}");
        }
        let inside = self.views.iter().filter(|(_, view)| view.within.as_deref() == Some(id));
        let gone = inside.filter(|(child, _)| !found.contains_key(*child));
        let gone: Vec<_> = gone.map(|(child, _)| child.clone()).collect();
        gone.iter().for_each(|child| self.leave(child));
        for (child, view) in found {
            if !self.views.contains_key(&child) {
                self.views.insert(child.clone(), view);
                self.join(&child, None, None);
            }
        }
    }

    /// Ids of the view's forms with `phx-change`, with that.
    fn forms_to_recover(&self, id: &str) -> Vec<(String, String)> {
        let known = self.views.get(id).is_some_and(|view| view.tree.is_some() && view.mounts > 0);
        if !known { Vec::new() } else { self.forms(id) }
    }

    fn forms(&self, id: &str) -> Vec<(String, String)> {
        let dom = self.dom();
        let forms = selector("form[id][phx-change]");
        let forms = dom.select(&forms).filter(|form| self.owner(*form) == id);
        let forms = forms.filter(|form| form.value().attr("phx-auto-recover") != Some("ignore"));
        let attr = |form: &ElementRef<'_>, name| form.value().attr(name).unwrap_or_default().into();
        forms.map(|form| (attr(&form, "id"), attr(&form, "phx-change"))).collect()
    }

    fn recover(&mut self, id: &str, before: &[(String, String)]) {
        let now = self.forms(id);
        for (form, _) in now.iter().filter(|form| before.contains(form)) {
            let acts = self.one(&format!("form[id=\"{form}\"]"), |dom, form| {
                let inputs = selector("input:not([type=hidden]), select, textarea");
                let name = form.select(&inputs).find_map(|input| input.value().attr("name"));
                let acts = name.map(|name| self.changed(dom, form, name)).unwrap_or_default();
                let event = form.value().attr("phx-auto-recover").map(str::to_owned);
                (acts, event)
            });
            let (acts, event) = acts;
            for act in acts {
                let Act::Event { view, mut payload } = act else { continue };
                if let Some(event) = &event {
                    payload["event"] = json!(event);
                }
                self.ask(&view, "event", &payload, Asked::Event);
            }
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
