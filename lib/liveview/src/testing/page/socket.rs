//! The socket of a page: joins, messages and what they lead to.

use std::collections::{BTreeMap, BTreeSet};

use channels::testing::Message;
use scraper::{ElementRef, Html};
use serde_json::{Value, json};

use super::{ORIGIN, Page, acts::Act, text};
use crate::testing::{
    ViewRenders,
    element::selector,
    tree::{Extras, Tree},
};

/// Joins of a view that fail in a row before it is given up.
const TRIES_MAX: u32 = 3;

/// A view that is joined or joining.
#[derive(Debug)]
pub(super) struct View {
    pub(super) session: String,
    pub(super) static_token: Option<String>,
    pub(super) sticky: bool,
    /// The view whose markup it stands in.
    pub(super) within: Option<String>,
    pub(super) join_ref: String,
    pub(super) tree: Option<Tree>,
    pub(super) renders: ViewRenders,
    pub(super) mounts: u32,
    pub(super) tries: u32,
    pub(super) going: BTreeSet<u64>,
}

/// A message that is not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) view: String,
    pub(super) asked: Asked,
}

#[derive(Debug)]
pub(super) enum Asked {
    Join { redirect: Option<String> },
    Event,
    Patch(String),
    Going(Vec<u64>),
    Gone,
    Heartbeat,
}

impl View {
    pub(super) fn new(
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
    pub(super) fn ask(&mut self, view: &str, event: &str, payload: &Value, asked: Asked) {
        let client = self.client.as_mut().expect("the page is live");
        let message_ref = client.push(&format!("lv:{view}"), event, &payload.to_string());
        self.pending.insert(message_ref, Pending { view: view.to_owned(), asked });
    }

    pub(super) fn payload(
        &self,
        id: &str,
        view: &View,
        redirect: Option<&str>,
        flash: Option<&str>,
    ) -> Value {
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

    pub(super) fn join(&mut self, id: &str, redirect: Option<String>, flash: Option<&str>) {
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
    pub(super) fn leave_children(&mut self, id: &str, all: bool) {
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
    pub(super) fn go(&mut self, to: &str, flash: Option<&str>) {
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

    pub(super) fn receive(&mut self, message: Message) {
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
        let (tree, extras) = Tree::joined(rendered);
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
        self.take_extras(extras);
        self.patched(id);
        self.recover(id, &forms);
    }

    fn patch_view(&mut self, id: &str, diff: &Value) {
        let Some(view) = self.views.get_mut(id) else { return };
        let Some(tree) = &mut view.tree else { return };
        let quiet = view.renders.quiet();
        quiet.iter().for_each(|picture| picture.check(&tree.plain_html()));
        let picture = view.renders.of_message(diff);
        let extras = tree.merge(diff);
        if let Some(picture) = picture {
            picture.check(&tree.plain_html());
        }
        self.take_extras(extras);
        self.patched(id);
    }

    fn take_extras(&mut self, extras: Extras) {
        if let Some(title) = extras.title {
            self.title = Some(title);
        }
        if let Some(reply) = extras.reply {
            self.hook_reply = reply;
        }
        self.events.extend(extras.events);
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
