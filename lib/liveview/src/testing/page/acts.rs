//! What a person does in a page, as the messages that the client makes of it.

use std::collections::VecDeque;

use scraper::{ElementRef, Html};
use serde_json::{Map, Value, json};

use super::{ORIGIN, Page, socket::Asked};
use crate::testing::element::{Element, Typed, closest, encode, escape, field_names, selector};

/// What a person's doing comes to.
pub(super) enum Act {
    Event { view: String, payload: Value },
    Patch(String),
    Navigate(String),
    Load(String),
    Submit { form: String, submitter: Option<(String, String)> },
}

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

    pub(super) fn changed(&self, dom: &Html, form: ElementRef<'_>, name: &str) -> Vec<Act> {
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

impl Page {
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
