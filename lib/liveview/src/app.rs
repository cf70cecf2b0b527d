//! Everything an endpoint knows: routes, views, layouts, secrets.

use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use channels::{BoxFuture, JoinOutcome};
use http::{HeaderName, HeaderValue, Uri};
use tasks::{Clock, Scope};

use crate::{
    door::Door,
    effects::Flash,
    join::Join,
    nested::NestedView,
    page::{self, Layout, PageMount, PageView, Role},
    params::Params,
    rendered::{Rendered, Template},
    session::{FLASH_TOKEN_MS, PAGE_TOKEN_MS, Secret, SessionCookie, StaticToken, ViewToken},
    shared_view::SharedView,
    shared_view_task::Instances,
    view::{Interrupt, LiveView, Place, Visit},
    view_task,
};

/// An endpoint's unchanging parts, shared by all its connections.
pub(crate) struct App<C> {
    pub(crate) context: C,
    pub(crate) secret: Secret,
    pub(crate) cookie: SessionCookie,
    pub(crate) clock: Clock,
    pub(crate) scope: Scope,
    pub(crate) origins: Vec<String>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) statics: Vec<String>,
    pub(crate) door: Door<C>,
    pub(crate) error_page: ErrorPage,
    pub(crate) routes: matchit::Router<Route>,
    pub(crate) layouts: HashMap<String, Layout>,
    pub(crate) views: HashMap<&'static str, Arc<dyn AnyView<C>>>,
}

/// Draws the page of a status; a fault has a reference that is also in the log.
pub type ErrorPage = fn(status: u16, reference: Option<&str>) -> Rendered;

#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) view: &'static str,
    pub(crate) live_session: String,
}

/// A URL that leads to a view.
pub(crate) struct Routed {
    pub(crate) route: Route,
    pub(crate) params: Params,
    /// Path and query.
    pub(crate) path: String,
}

/// A view of any type.
pub(crate) trait AnyView<C>: Send + Sync {
    /// Mounts and renders it for a page.
    fn page<'a>(
        &'a self,
        app: &'a Arc<App<C>>,
        mount: PageMount,
    ) -> BoxFuture<'a, Result<PageView, Interrupt>>;

    /// Answers a join, with what goes on after it.
    fn join(
        &self,
        app: Arc<App<C>>,
        join: Join,
    ) -> BoxFuture<'static, Result<JoinOutcome, Interrupt>>;
}

pub(crate) struct Private<V>(pub(crate) PhantomData<fn() -> V>);

impl<V: LiveView> AnyView<V::Context> for Private<V> {
    fn page<'a>(
        &'a self,
        app: &'a Arc<App<V::Context>>,
        mount: PageMount,
    ) -> BoxFuture<'a, Result<PageView, Interrupt>> {
        Box::pin(page::render::<V>(app, mount))
    }

    fn join(
        &self,
        app: Arc<App<V::Context>>,
        join: Join,
    ) -> BoxFuture<'static, Result<JoinOutcome, Interrupt>> {
        Box::pin(view_task::join::<V>(app, join))
    }
}

/// A shared view with its instances on this node.
pub(crate) struct Shared<S: SharedView>(pub(crate) Arc<Instances<S>>);

impl<S: SharedView> AnyView<S::Context> for Shared<S> {
    fn page<'a>(
        &'a self,
        app: &'a Arc<App<S::Context>>,
        mount: PageMount,
    ) -> BoxFuture<'a, Result<PageView, Interrupt>> {
        Box::pin(async move {
            let Role::Nested { parent, view } = mount.role else {
                return Err(Interrupt::Status(404));
            };
            let inner = self.0.page(app, &view.session, &mount.place.visit.session).await?;
            let token = app.static_token(&view.id, &Flash::default());
            let html = page::nested_container(&view, &parent, "", &token, "", &inner);
            Ok(PageView { html, title: None })
        })
    }

    fn join(
        &self,
        app: Arc<App<S::Context>>,
        join: Join,
    ) -> BoxFuture<'static, Result<JoinOutcome, Interrupt>> {
        let instances = self.0.clone();
        Box::pin(async move { instances.join(&app, join).await })
    }
}

impl<C: Clone + Send + Sync + 'static> App<C> {
    /// The view that `url` leads to: a path with query, or a whole URL.
    pub(crate) fn route(&self, url: &str) -> Option<Routed> {
        let uri: Uri = url.parse().ok()?;
        let path = uri.path();
        let found = self.routes.at(path).ok()?;
        let mut params = Params::decode(uri.query().unwrap_or_default());
        for (name, value) in found.params.iter() {
            params.set(name, percent_encoding::percent_decode_str(value).decode_utf8().ok()?);
        }
        let path = uri.path_and_query().map_or(path, |path| path.as_str()).to_owned();
        Some(Routed { route: found.value.clone(), params, path })
    }

    pub(crate) fn view_token(&self, token: &ViewToken) -> String {
        self.secret.sign("view", token, self.clock.now_ms() + PAGE_TOKEN_MS)
    }

    pub(crate) fn static_token(&self, id: &str, flash: &Flash) -> String {
        let token = StaticToken { id: id.to_owned(), flash: flash.clone() };
        self.secret.sign("static", &token, self.clock.now_ms() + PAGE_TOKEN_MS)
    }

    pub(crate) fn flash_token(&self, flash: &Flash) -> Option<String> {
        let expires_ms = self.clock.now_ms() + FLASH_TOKEN_MS;
        (!flash.is_empty()).then(|| self.secret.sign("flash", flash, expires_ms))
    }

    pub(crate) fn read_flash(&self, token: Option<&str>) -> Option<Flash> {
        self.secret.verify("flash", token?, self.clock.now_ms())
    }

    /// The placeholder of a nested view in a connected render.
    pub(crate) fn placeholder(&self, parent: &str, view: &NestedView) -> String {
        let token = self.view_token(&page::nested_view_token(view));
        page::nested_container(view, parent, &token, "", "", "")
    }

    /// A nested view for a page, in its container.
    pub(crate) fn nested_page<'a>(
        self: &'a Arc<Self>,
        visit: &'a Visit,
        parent: &'a str,
        view: NestedView,
    ) -> BoxFuture<'a, Result<String, Interrupt>> {
        Box::pin(async move {
            let unknown = || Interrupt::fault(format!("the view {} is not registered", view.view));
            let any = self.views.get(view.view).ok_or_else(unknown)?;
            let place = Place {
                visit: visit.clone(),
                nested_session: view.session.clone(),
                is_nested: true,
                ..Place::default()
            };
            let id = view.id.clone();
            let role = Role::Nested { parent: parent.to_owned(), view };
            Ok(any.page(self, PageMount { id, place, role }).await?.html)
        })
    }

    pub(crate) fn layout(&self, live_session: &str) -> Layout {
        self.layouts.get(live_session).copied().unwrap_or(bare_layout)
    }
}

/// The layout of a live session that was given none.
fn bare_layout(page: page::Page<'_>) -> Rendered {
    static BARE: Template = Template {
        statics: &[
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"csrf-token\" content=\"",
            "\"><title>",
            "</title></head><body>",
            "</body></html>",
        ],
        root: false,
    };
    let dynamics = vec![
        crate::rt::attr_value(page.csrf_token),
        crate::rt::text(page.title),
        crate::rt::text(page.content),
    ];
    Rendered::new(&BARE, dynamics)
}

/// The error page of an endpoint that was given none.
pub(crate) fn bare_error_page(status: u16, reference: Option<&str>) -> Rendered {
    static BARE: Template = Template {
        statics: &[
            "<!doctype html><html lang=\"en\"><title>",
            "</title><h1>",
            "</h1><p>",
            "</p></html>",
        ],
        root: false,
    };
    let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    let reason = reason.unwrap_or("Something went wrong");
    let reference = reference.map(|id| format!("Something went wrong. Reference: {id}"));
    let dynamics =
        vec![crate::rt::text(reason), crate::rt::text(reason), crate::rt::text(reference)];
    Rendered::new(&BARE, dynamics)
}
