//! One live view of one browser tab: from its join to its end.

use std::sync::Arc;

use channels::{Answer, ChannelSender, End, FromBrowser, JoinOutcome, Json, Mailbox as Events};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    app::App,
    diff::Differ,
    effects::{Effects, Flash, Navigation},
    join::Join,
    live_component::Myself,
    message::{DecodeError, EventValue, Message},
    probe::ViewProbe,
    view::{Cx, Interrupt, Link, LiveView},
    wire,
};

/// Patches that one message may cause before it is taken for a loop, as in Phoenix.
const PATCHES_MAX: usize = 20;

/// A connected view.
struct Live<V: LiveView> {
    app: Arc<App<V::Context>>,
    id: Arc<str>,
    view: V,
    cx: Cx<V>,
    differ: Differ,
    /// Name and live session of a routed view.
    route: Option<(String, String)>,
    probe: ViewProbe,
}

/// Mounts, renders and answers; what follows runs after the reply is on its way.
pub(crate) async fn join<V: LiveView>(
    app: Arc<App<V::Context>>,
    join: Join,
) -> Result<JoinOutcome, Interrupt> {
    let link = Link::new(app.scope.clone());
    let mut cx = Cx::<V> {
        app: app.context.clone(),
        place: Box::new(join.place),
        effects: Effects::default(),
        link: Some(link),
    };
    let view = V::mount(&mut cx).await?;
    let id: Arc<str> = join.id.into();
    let redirected = join.main.as_ref().is_some_and(|main| main.redirected);
    let route = join.main.map(|main| (main.view, main.live_session));
    let differ = Differ::new(id.clone(), true);
    let probe = join.probe.view(&id);
    let mut live = Live { app, id, view, cx, differ, route, probe };
    let patched = live.first_params().await?;
    let mut tree = live.render();
    live.take_extras(&mut tree);
    tree.remove("r");
    wire::share_templates(&mut tree);
    live.probe.rendered(&tree, &live.differ, || live.view.render());
    let mut response = Map::new();
    response.insert("rendered".to_owned(), Value::Object(tree));
    response.insert("liveview_version".to_owned(), json!(wire::CLIENT_VERSION));
    if let Some(patch) = patched {
        response.insert("live_patch".to_owned(), patch);
    }
    if redirected {
        let container = json!(["div", wire::attributes(V::container())]);
        response.insert("container".to_owned(), container);
    }
    // The page was told: nothing of it is needed again.
    live.cx.place.connect_params = Default::default();
    live.cx.place.flash = Flash::default();
    let reply = Json::encode(&response);
    Ok(JoinOutcome::running(reply, move |sender, events| run(live, sender, events)))
}

#[expect(clippy::manual_async_fn, reason = "arguments of an async fn take their place twice")]
fn run<V: LiveView>(
    mut live: Live<V>,
    sender: ChannelSender,
    mut events: Events,
) -> impl Future<Output = End> + Send {
    async move {
        while sender.ready().await {
            // On the heap while it lasts: a view that waits, as most do, has no room for it.
            let step = tokio::select! {
                event = events.recv() => match event {
                    Some(event) => Box::pin(live.event(event, &sender)).await,
                    None => return End::Close,
                },
                message = live.next_message() => Box::pin(live.message(message, &sender)).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
        End::Close
    }
}

#[derive(Deserialize)]
struct EventPayload {
    #[serde(rename = "type", default)]
    kind: String,
    event: String,
    #[serde(default)]
    value: Value,
    meta: Option<Value>,
    cid: Option<u64>,
}

/// The answer that an event is owed, unless its view crashes: `phx_error` is the answer then, and
/// the client would report another one as a failure.
struct Due(Option<Answer>);

impl Due {
    fn ok(mut self, response: &Json) {
        self.0.take().into_iter().for_each(|answer| answer.ok(response));
    }

    fn error(mut self, response: &Json) {
        self.0.take().into_iter().for_each(|answer| answer.error(response));
    }

    fn withhold(mut self) {
        self.0.take().into_iter().for_each(Answer::withhold);
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.take().into_iter().for_each(Answer::withhold);
        }
    }
}

/// Goes on with the next event, or ends.
type Step = Result<(), End>;

impl<V: LiveView> Live<V> {
    /// The next message of the view's own work.
    async fn next_message(&mut self) -> V::Msg {
        match &mut self.cx.link {
            Some(link) => link.next().await,
            None => std::future::pending().await,
        }
    }

    async fn message(&mut self, message: V::Msg, sender: &ChannelSender) -> Step {
        self.view.update(message, &mut self.cx).await;
        self.settle(None, None, sender).await
    }

    async fn event(&mut self, event: FromBrowser, sender: &ChannelSender) -> Step {
        let FromBrowser { event, payload, answer } = event;
        let answer = Due(Some(answer));
        match &*event {
            "event" => match payload.parse::<EventPayload>() {
                Ok(payload) => self.view_event(payload, answer, sender).await,
                Err(_) => {
                    answer.error(&Json::reason("malformed event"));
                    Ok(())
                }
            },
            "live_patch" => {
                self.link_patch(payload.parse().unwrap_or_default(), answer, sender).await
            }
            "cids_will_destroy" => {
                self.differ.components_going(&numbers(&payload));
                answer.ok(&Json::EMPTY);
                Ok(())
            }
            "cids_destroyed" => {
                let gone = self.differ.components_gone(&numbers(&payload));
                answer.ok(&Json::encode(&json!({ "cids": gone })));
                Ok(())
            }
            _ => {
                answer.error(&Json::reason("unmatched event"));
                Ok(())
            }
        }
    }

    async fn view_event(
        &mut self,
        payload: EventPayload,
        answer: Due,
        sender: &ChannelSender,
    ) -> Step {
        let value = EventValue::from_payload(&payload.kind, &payload.value, payload.meta.as_ref());
        if payload.event == "lv:clear-flash" {
            if let Some(flash) = self.view.flash() {
                flash.clear(value.params().get("key"));
            }
            return self.settle(None, Some(answer), sender).await;
        }
        let Some(number) = payload.cid else {
            return match V::Msg::decode(&payload.event, &value) {
                Ok(message) => {
                    self.view.update(message, &mut self.cx).await;
                    self.settle(None, Some(answer), sender).await
                }
                Err(error) => self.not_understood(error, answer),
            };
        };
        let myself = Myself(number);
        let effects = &mut self.cx.effects;
        match self.differ.component_event(myself, &payload.event, &value, effects) {
            // The component went while its event was under way.
            None => {
                answer.ok(&Json::EMPTY);
                Ok(())
            }
            Some(Ok(())) => self.settle(Some(myself), Some(answer), sender).await,
            Some(Err(error)) => self.not_understood(error, answer),
        }
    }

    fn not_understood(&self, error: DecodeError, answer: Due) -> Step {
        tracing::warn!(view = std::any::type_name::<V>(), %error, "an event was not understood");
        answer.error(&Json::reason(&error.to_string()));
        Ok(())
    }

    /// The person followed a link to another URL of, perhaps, the same view.
    async fn link_patch(
        &mut self,
        payload: LinkPatch,
        answer: Due,
        sender: &ChannelSender,
    ) -> Step {
        if !self.goes_to(&payload.url) {
            answer.ok(&Json::encode(&json!({ "link_redirect": true })));
            return Ok(());
        }
        if let Some(flash) = self.view.flash() {
            flash.clear(None);
        }
        self.view.params(&mut self.cx).await;
        self.settle(None, Some(answer), sender).await
    }

    /// Takes over `url` if it leads to this view.
    fn goes_to(&mut self, url: &str) -> bool {
        let Some((view, live_session)) = &self.route else { return false };
        let Some(routed) = self.app.route(url) else { return false };
        if routed.route.view != view || routed.route.live_session != *live_session {
            return false;
        }
        (self.cx.place.path, self.cx.place.params) = (routed.path, routed.params);
        true
    }

    /// Runs `params` for the URL of the join. Returns where it patched to, for the reply.
    async fn first_params(&mut self) -> Result<Option<Value>, Interrupt> {
        if self.route.is_some() && self.cx.effects.navigation.is_none() {
            self.view.params(&mut self.cx).await;
        }
        let mut patched = None;
        for _ in 0..PATCHES_MAX {
            match self.cx.effects.navigation.take() {
                None => return Ok(patched),
                Some(Navigation::Patch { to, replace }) => {
                    patched = Some(json!({ "kind": kind(replace), "to": to }));
                    if !self.goes_to(&to) {
                        return Err(Interrupt::Navigate { to, flash: Flash::default() });
                    }
                    self.view.params(&mut self.cx).await;
                }
                Some(Navigation::Navigate { to, flash, .. }) => {
                    return Err(Interrupt::Navigate { to, flash });
                }
                Some(Navigation::Redirect { to, flash }) => {
                    return Err(Interrupt::Redirect { to, flash });
                }
            }
        }
        Err(Interrupt::fault("the view patched in a loop"))
    }

    /// Carries out the effects of one message, renders, and answers or pushes.
    async fn settle(
        &mut self,
        component: Option<Myself>,
        answer: Option<Due>,
        sender: &ChannelSender,
    ) -> Step {
        let mut component = component;
        for _ in 0..PATCHES_MAX {
            let Some(navigation) = self.cx.effects.navigation.take() else {
                self.show(component, answer, sender);
                return Ok(());
            };
            let Navigation::Patch { to, replace } = navigation else {
                return self.leave(navigation, answer, sender);
            };
            if !self.goes_to(&to) {
                let flash = Flash::default();
                return self.leave(Navigation::Navigate { to, replace, flash }, answer, sender);
            }
            sender.push("live_patch", &Json::encode(&json!({ "kind": kind(replace), "to": to })));
            self.view.params(&mut self.cx).await;
            component = None;
        }
        tracing::error!(view = std::any::type_name::<V>(), "a view patched in a loop");
        answer.into_iter().for_each(Due::withhold);
        Err(End::Error)
    }

    /// Sends the browser elsewhere. The view is over, unless it stays on the page while the main
    /// view changes.
    fn leave(
        &mut self,
        navigation: Navigation,
        answer: Option<Due>,
        sender: &ChannelSender,
    ) -> Step {
        let (event, mut place) = match &navigation {
            Navigation::Patch { .. } => return Ok(()),
            Navigation::Navigate { to, replace, flash } => {
                let place = json!({ "kind": kind(*replace), "to": to });
                ("live_redirect", (place, self.app.flash_token(flash)))
            }
            Navigation::Redirect { to, flash } => {
                ("redirect", (json!({ "to": to }), self.app.flash_token(flash)))
            }
        };
        if let Some(flash) = place.1.take() {
            place.0["flash"] = json!(flash);
        }
        // Events belong to the page that is left: they go before it does.
        let events = std::mem::take(&mut self.cx.effects.events);
        if !events.is_empty() {
            sender.push("diff", &Json::encode(&json!({ "e": events })));
        }
        match answer {
            Some(answer) => answer.ok(&Json::encode(&json!({ event: place.0 }))),
            None => sender.push(event, &Json::encode(&place.0)),
        }
        if self.cx.place.is_nested { Ok(()) } else { Err(End::Close) }
    }

    fn show(&mut self, component: Option<Myself>, answer: Option<Due>, sender: &ChannelSender) {
        let mut message = match component {
            Some(myself) => self.render_component(myself),
            None => self.render(),
        };
        self.take_extras(&mut message);
        wire::share_templates(&mut message);
        self.probe.rendered(&message, &self.differ, || self.view.render());
        match (answer, message.is_empty()) {
            (Some(answer), true) => answer.ok(&Json::EMPTY),
            (Some(answer), false) => answer.ok(&Json::encode(&json!({ "diff": message }))),
            (None, true) => {}
            (None, false) => sender.push("diff", &Json::encode(&message)),
        }
    }

    fn render(&mut self) -> Map<String, Value> {
        let (app, id) = (&self.app, &self.id);
        let rendered = self.view.render();
        self.differ.render(rendered, &mut self.cx.effects, &|view| app.placeholder(id, view))
    }

    fn render_component(&mut self, myself: Myself) -> Map<String, Value> {
        let (app, id) = (&self.app, &self.id);
        let placeholder = |view: &_| app.placeholder(id, view);
        self.differ.render_component(myself, &mut self.cx.effects, &placeholder)
    }

    /// Adds title, events and the hook's answer to a message.
    fn take_extras(&mut self, message: &mut Map<String, Value>) {
        let effects = &mut self.cx.effects;
        if let Some(title) = effects.title.take() {
            message.insert("t".to_owned(), json!(title));
        }
        if !effects.events.is_empty() {
            message.insert("e".to_owned(), Value::Array(std::mem::take(&mut effects.events)));
        }
        if let Some(reply) = effects.reply.take() {
            message.insert("r".to_owned(), reply);
        }
    }
}

#[derive(Default, Deserialize)]
struct LinkPatch {
    url: String,
}

fn kind(replace: bool) -> &'static str {
    if replace { "replace" } else { "push" }
}

fn numbers(payload: &channels::Payload) -> Vec<u64> {
    #[derive(Deserialize)]
    struct Numbers {
        cids: Vec<u64>,
    }
    payload.parse::<Numbers>().map(|numbers| numbers.cids).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rendered;

    struct Idle;

    #[derive(crate::Message)]
    enum NoMsg {}

    impl LiveView for Idle {
        type Context = ();
        type Msg = NoMsg;

        async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
            Ok(Idle)
        }

        async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
            match message {}
        }

        fn render(&self) -> Rendered {
            Rendered::empty()
        }
    }

    fn bytes<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_view_that_waits_is_small() {
        let (task, view) = (bytes(run::<Idle>), size_of::<Live<Idle>>());
        assert!(task <= 640 && view <= 400, "a task of {task} bytes with a view of {view}");
    }
}
