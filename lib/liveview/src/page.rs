//! A page over plain HTTP: the first render of a view and of everything inside it.

use std::sync::Arc;

use channels::BoxFuture;
use serde_json::Value;

use crate::{
    app::App,
    effects::{Effects, Flash, Navigation},
    live_component::{Components, Myself},
    nested::NestedView,
    rendered::{Dynamic, Raw, Rendered, Template, escape},
    session::ViewToken,
    view::{Cx, Interrupt, LiveView, Place, Visit},
};

/// What a layout puts around a view.
#[derive(Debug)]
pub struct Page<'a> {
    /// For `<meta name="csrf-token">` and hidden fields of forms.
    pub csrf_token: &'a str,
    /// The token of a tab that is a visitor of its own ([`EndpointBuilder::own_tabs`]), for the
    /// page's script.
    ///
    /// [`EndpointBuilder::own_tabs`]: crate::EndpointBuilder::own_tabs
    pub tab_token: Option<&'a str>,
    /// What the view called itself, if it did.
    pub title: Option<&'a str>,
    /// The view in its container.
    pub content: Raw,
}

/// Draws a whole document around a view: doctype, head, scripts. It is never patched, but for the
/// title, so it must have a `<title>`.
pub type Layout = fn(Page<'_>) -> Rendered;

/// Where a page's view is placed.
pub(crate) struct PageMount {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// The live session of a routed view, the parent's id of a nested one.
    pub(crate) role: Role,
}

pub(crate) enum Role {
    Main { view: &'static str, live_session: String, shown_from: Option<String> },
    Nested { parent: String, view: NestedView },
}

/// A view as HTML in its container.
pub(crate) struct PageView {
    pub(crate) html: String,
    pub(crate) title: Option<String>,
}

/// Mounts and renders `V` and what is inside it for a page.
pub(crate) async fn render<V: LiveView>(
    app: &Arc<App<V::Context>>,
    mount: PageMount,
) -> Result<PageView, Interrupt> {
    let PageMount { id, place, role } = mount;
    let visit = place.visit.clone();
    let place = Box::new(place);
    let flash = place.flash.clone();
    let mut cx =
        Cx::<V> { app: app.context.clone(), place, effects: Effects::default(), link: None };
    let mut view = V::mount(&mut cx).await?;
    interrupted(&mut cx.effects)?;
    if matches!(role, Role::Main { .. }) {
        view.params(&mut cx).await;
        interrupted(&mut cx.effects)?;
    }
    let mut writer = Writer {
        segments: vec![Segment::Html(String::new())],
        components: Components::new(false),
        effects: &mut cx.effects,
    };
    writer.rendered(view.render());
    let segments = writer.segments;
    let title = cx.effects.title.take();
    let inner = Box::pin(join_segments(app, &visit, &id, segments)).await?;
    let html = container(app, &id, role, &flash, V::container(), &inner);
    Ok(PageView { html, title })
}

/// A view that sends the visitor elsewhere while a page is made answers with a redirect.
fn interrupted(effects: &mut Effects) -> Result<(), Interrupt> {
    match effects.navigation.take() {
        None => Ok(()),
        Some(Navigation::Patch { to, .. }) => Err(Interrupt::redirect(to)),
        Some(Navigation::Navigate { to, flash, .. } | Navigation::Redirect { to, flash }) => {
            Err(Interrupt::Redirect { to, flash })
        }
    }
}

enum Segment {
    Html(String),
    View(NestedView),
}

/// Writes a rendered tree as HTML, mounting its components; nested views are left for later
/// because mounting them may wait.
struct Writer<'a> {
    segments: Vec<Segment>,
    components: Components,
    effects: &'a mut Effects,
}

impl Writer<'_> {
    fn push(&mut self, html: &str) {
        match self.segments.last_mut() {
            Some(Segment::Html(text)) => text.push_str(html),
            _ => self.segments.push(Segment::Html(html.to_owned())),
        }
    }

    fn rendered(&mut self, rendered: Rendered) {
        self.interleaved(rendered.template, rendered.dynamics);
    }

    fn interleaved(&mut self, template: &'static Template, dynamics: Vec<Dynamic>) {
        self.push(template.statics[0]);
        for (dynamic, after) in dynamics.into_iter().zip(&template.statics[1..]) {
            self.dynamic(dynamic);
            self.push(after);
        }
    }

    fn dynamic(&mut self, dynamic: Dynamic) {
        match dynamic {
            Dynamic::Text(text) => self.push(&text),
            Dynamic::Nested(rendered) => self.rendered(rendered),
            Dynamic::Keyed(keyed) => keyed.entries.into_iter().for_each(|(_, e)| self.rendered(e)),
            Dynamic::Stream(changes) => {
                changes.inserts.into_iter().for_each(|insert| self.rendered(insert.rendered));
            }
            Dynamic::Component(spec) => {
                let myself = self.components.place(spec, self.effects);
                self.component(myself);
            }
            Dynamic::View(view) => self.segments.push(Segment::View(view)),
            Dynamic::Temporary(value, _) => self.dynamic(*value),
            Dynamic::Keep => {}
        }
    }

    fn component(&mut self, myself: Myself) {
        if let Some(rendered) = self.components.render(myself) {
            self.rendered(rendered);
        }
    }
}

async fn join_segments<C: Clone + Send + Sync + 'static>(
    app: &Arc<App<C>>,
    visit: &Visit,
    parent: &str,
    segments: Vec<Segment>,
) -> Result<String, Interrupt> {
    let mut html = String::new();
    for segment in segments {
        match segment {
            Segment::Html(text) => html.push_str(&text),
            Segment::View(view) => {
                let inner: BoxFuture<'_, _> = app.nested_page(visit, parent, view);
                html.push_str(&inner.await?);
            }
        }
    }
    Ok(html)
}

/// The element that holds a view in a page (protocol document §2.1).
fn container<C: Clone + Send + Sync + 'static>(
    app: &App<C>,
    id: &str,
    role: Role,
    flash: &Flash,
    attributes: &str,
    inner: &str,
) -> String {
    let static_token = app.static_token(id, flash);
    match role {
        Role::Main { view, live_session, shown_from } => {
            let live_session = Some(live_session);
            let (id, view) = (id.to_owned(), view.to_owned());
            let container = escape(&id);
            let session = Value::Null;
            let token = app.view_token(&ViewToken { id, view, session, live_session, shown_from });
            format!(
                "<div id=\"{container}\" data-phx-main data-phx-session=\"{token}\" \
                 data-phx-static=\"{static_token}\"{attributes}>{inner}</div>",
            )
        }
        Role::Nested { parent, view } => {
            let token = match view.sticky {
                true => app.view_token(&nested_view_token(&view)),
                false => String::new(),
            };
            nested_container(&view, &parent, &token, &static_token, attributes, inner)
        }
    }
}

/// The element that holds a nested view: empty in a connected render, full in a page.
pub(crate) fn nested_container(
    view: &NestedView,
    parent: &str,
    token: &str,
    static_token: &str,
    attributes: &str,
    inner: &str,
) -> String {
    let class = view.class.map(|class| format!(" class=\"{class}\"")).unwrap_or_default();
    let (sticky, parent) = match view.sticky {
        true => (" data-phx-sticky", String::new()),
        false => ("", format!(" data-phx-parent-id=\"{}\"", escape(parent))),
    };
    format!(
        "<div id=\"{}\"{class} data-phx-session=\"{token}\" \
         data-phx-static=\"{static_token}\"{sticky}{parent}{attributes}>{inner}</div>",
        escape(&view.id),
    )
}

/// What the page's `data-phx-session` says of a nested view.
pub(crate) fn nested_view_token(view: &NestedView) -> ViewToken {
    ViewToken {
        id: view.id.clone(),
        view: view.view.to_owned(),
        session: view.session.clone(),
        live_session: None,
        shown_from: None,
    }
}
