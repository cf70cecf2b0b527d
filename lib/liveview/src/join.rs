//! A browser joins `lv:<id>`: who it is, what it may see, and where it says it is (protocol
//! document §3).

use std::{net::IpAddr, sync::Arc};

use channels::{BoxFuture, ChannelHandler, ConnectionInfo, JoinOutcome, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    effects::Flash,
    params::Params,
    probe::Probe,
    session::{Session, StaticToken, ViewToken},
    view::{Interrupt, Place, Visit},
};

/// What the socket's upgrade request told, kept with the connection.
pub(crate) struct Visitor {
    /// `None`: no cookie that counts, or a page of another session. Every join is refused.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) probe: Probe,
}

/// A join that was checked.
pub(crate) struct Join {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// The live session and view of a routed view.
    pub(crate) main: Option<Main>,
    pub(crate) probe: Probe,
    pub(crate) connection: Arc<ConnectionInfo>,
}

/// Where a routed view stands.
pub(crate) struct Main {
    pub(crate) view: String,
    pub(crate) live_session: String,
    /// Whether this is a live navigation: the container may be another element then.
    pub(crate) redirected: bool,
}

#[derive(Deserialize)]
struct Payload {
    session: String,
    #[serde(rename = "static")]
    static_token: Option<String>,
    url: Option<String>,
    redirect: Option<String>,
    flash: Option<String>,
    #[serde(default)]
    params: Value,
}

/// Joins views of an endpoint.
pub(crate) struct Joins<C>(pub(crate) Arc<App<C>>);

impl<C: Clone + Send + Sync + 'static> ChannelHandler for Joins<C> {
    fn join(&self, join: channels::Join) -> BoxFuture<'_, JoinOutcome> {
        Box::pin(async move {
            match self.check(&join) {
                Err(reason) => JoinOutcome::refused(reason),
                Ok((view, checked)) => match self.0.views.get(&*view) {
                    // A view of another build of this program.
                    None => JoinOutcome::refused("stale"),
                    Some(view) => view
                        .join(self.0.clone(), checked)
                        .await
                        .unwrap_or_else(|interrupt| self.0.refuse(interrupt)),
                },
            }
        })
    }
}

impl<C: Clone + Send + Sync + 'static> Joins<C> {
    /// Name of the view to join, and the join; or why not.
    fn check(&self, join: &channels::Join) -> Result<(String, Join), &'static str> {
        let app = &self.0;
        let visitor = visitor(&join.connection).ok_or("stale")?;
        let (probe, connection) = (visitor.probe.clone(), join.connection.clone());
        let session = visitor.session.clone().filter(|session| app.admits(session));
        let session = session.ok_or("stale")?;
        let payload: Payload = join.payload.parse().map_err(|_| "malformed join")?;
        let now_ms = app.clock.now_ms();
        let token: ViewToken =
            app.secret.verify("view", &payload.session, now_ms).ok_or("stale")?;
        if join.topic.strip_prefix("lv:") != Some(token.id.as_str()) {
            return Err("stale");
        }
        let connect_params = Params::from_json(&payload.params);
        let first = connect_params.get("_mounts").is_none_or(|mounts| mounts == "0");
        let flash = match app.read_flash(payload.flash.as_deref()) {
            Some(flash) => flash,
            None if first && payload.redirect.is_none() => {
                self.page_flash(&token.id, payload.static_token.as_deref())
            }
            None => Flash::default(),
        };
        let mut place = Place {
            visit: Visit { session, peer: visitor.peer },
            nested_session: token.session,
            connect_params,
            flash,
            is_nested: token.live_session.is_none(),
            static_changed: app.static_changed(&payload.params),
            ..Place::default()
        };
        let Some(live_session) = token.live_session else {
            return Ok((token.view, Join { id: token.id, place, main: None, probe, connection }));
        };
        let at = token.shown_from.as_deref().or(payload.url.as_deref());
        let url = payload.redirect.as_deref().or(at).ok_or("unauthorized")?;
        let routed = app.route(url).ok_or("unauthorized")?;
        let redirected = payload.redirect.is_some();
        let same_view = redirected || routed.route.view == token.view;
        if routed.route.live_session != live_session || !same_view {
            return Err("unauthorized");
        }
        (place.path, place.params) = (routed.path, routed.params);
        let view = routed.route.view.to_owned();
        let main = Some(Main { view: view.clone(), live_session, redirected });
        Ok((view, Join { id: token.id, place, main, probe, connection }))
    }

    fn page_flash(&self, id: &str, token: Option<&str>) -> Flash {
        let now_ms = self.0.clock.now_ms();
        let token: Option<StaticToken> =
            token.and_then(|token| self.0.secret.verify("static", token, now_ms));
        token.filter(|token| token.id == id).map(|token| token.flash).unwrap_or_default()
    }
}

pub(crate) fn visitor(connection: &ConnectionInfo) -> Option<&Visitor> {
    connection.session::<Visitor>()
}

impl<C: Clone + Send + Sync + 'static> App<C> {
    /// Whether the page tracks a script or style that this build does not have.
    fn static_changed(&self, params: &Value) -> bool {
        let tracked = params.get("_track_static").and_then(Value::as_array);
        let path = |url: &str| url.parse::<http::Uri>().map(|uri| uri.path().to_owned());
        let known = |url: &str| path(url).is_ok_and(|path| self.statics.contains(&path));
        let mut tracked = tracked.into_iter().flatten().filter_map(Value::as_str);
        !self.statics.is_empty() && tracked.any(|url| !known(url))
    }

    /// The error reply that makes the client do what an interrupt says (protocol document §3.4).
    pub(crate) fn refuse(&self, interrupt: Interrupt) -> JoinOutcome {
        let response = match interrupt {
            Interrupt::Redirect { to, flash } => {
                json!({ "redirect": { "to": to, "flash": self.flash_token(&flash) } })
            }
            Interrupt::Navigate { to, flash } => {
                let flash = self.flash_token(&flash);
                json!({ "live_redirect": { "kind": "push", "to": to, "flash": flash } })
            }
            Interrupt::Status(status) => {
                let expires_ms = self.clock.now_ms() + crate::session::FLASH_TOKEN_MS;
                let token = self.secret.sign("reload", &status, expires_ms);
                json!({ "reason": "reload", "status": status, "token": token })
            }
            Interrupt::Fault(source) => {
                tracing::error!(error = &*source, "a view could not be mounted");
                json!({ "reason": "join crashed" })
            }
        };
        JoinOutcome::Refused(Json::encode(&response))
    }
}
