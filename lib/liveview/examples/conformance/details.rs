//! Pages for one detail each.

use std::time::Duration;

use liveview::{
    ComponentCx, Cx, DecodeError, EventValue, Form, Interrupt, Js, JsOptions, LiveComponent,
    LiveView, Message, Myself, Place, Raw, Rendered, Stream, html, live_component, nested,
};
use serde_json::{Value, json};

use crate::{
    pieces::{FocusWrap, NoMsg, Patch, still_page},
    world::World,
};

/// Issue 3107: a select keeps its value while its form is patched.
pub struct Live3107 {
    used: bool,
}

#[derive(Message)]
pub enum Msg3107 {
    Validate,
}

impl LiveView for Live3107 {
    type Context = World;
    type Msg = Msg3107;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { used: false })
    }

    async fn update(&mut self, Msg3107::Validate: Msg3107, _: &mut Cx<Self>) {
        self.used = true;
    }

    fn render(&self) -> Rendered {
        html! {
            <form phx-change={Msg3107::Validate}>
                <select><option value="ONE">ONE</option><option value="TWO">TWO</option></select>
                <button disabled={!self.used}>OK</button>
            </form>
        }
    }
}

/// Issue 3448: the focus goes to an input of a form that is locked.
pub struct Live3448 {
    checked: Vec<String>,
}

#[derive(Message)]
pub enum Msg3448 {
    Validate(Form3448),
    Search,
}

#[derive(Form)]
pub struct Form3448 {
    a: Vec<String>,
}

impl LiveView for Live3448 {
    type Context = World;
    type Msg = Msg3448;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { checked: Vec::new() })
    }

    async fn update(&mut self, message: Msg3448, _: &mut Cx<Self>) {
        if let Msg3448::Validate(form) = message {
            self.checked = form.a;
        }
    }

    fn render(&self) -> Rendered {
        let click = || Js::new().dispatch("input", JsOptions::default()).focus(Js::to("#search"));
        html! {
            <form id="my_form" phx-change={Msg3448::Validate}>
                <div>
                    <div :for={value in &self.checked}>{value}</div>
                    <input id="search" type="search" name="value" phx-change={Msg3448::Search}>
                </div>
                for value in ["settings", "content"] {
                    <input
                        type="checkbox" name="a[]" value={value} phx-click={click()}
                        checked={self.checked.iter().any(|checked| checked == value)}
                    >
                }
            </form>
        }
    }
}

// Issue 3636: the focus comes from outside of what keeps it.

still_page!(
    Live3636,
    html! {
        <style>"#focus-wrap > button ~ button { margin-left: 2rem; }"</style>
        <div>
            <button>Outside 1</button>
            <FocusWrap id="focus-wrap">
                <button id="first">One</button>
                <button id="second">Two</button>
                <button id="third">Three</button>
            </FocusWrap>
            <button>Outside 2</button>
        </div>
    }
);

/// Issue 3651: a hook in a locked element whose id changes.
pub struct Live3651 {
    id: u32,
    count: u32,
}

#[derive(Message)]
pub enum Msg3651 {
    Lol,
    Reload,
    #[internal]
    ChangeId,
}

impl LiveView for Live3651 {
    type Context = World;
    type Msg = Msg3651;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.spawn(async { Msg3651::ChangeId });
        cx.push_event("myevent", json!({}));
        Ok(Self { id: 1, count: 0 })
    }

    async fn update(&mut self, message: Msg3651, cx: &mut Cx<Self>) {
        match message {
            Msg3651::Lol => {}
            Msg3651::ChangeId => self.id = 2,
            Msg3651::Reload => {
                self.count += 1;
                assert!(self.count <= 4096, "that is enough");
                cx.push_event("myevent", json!({}));
            }
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <script>{Raw::new(HOOKS_3651)}</script>
            <div id="main" phx-hook="OuterHook">
                <div phx-hook="InnerHook" id={format!("id-{}", self.id)}></div>
            </div>
            <div id="counter">"Total: "<span id="total">{self.count}</span></div>
            <div id="notice" phx-update="ignore">I disappear with the first hook.</div>
        }
    }
}

const HOOKS_3651: &str = r#"
window.hooks.OuterHook = { mounted() { this.pushEvent("lol"); } };
window.hooks.InnerHook = {
  mounted() {
    this.handleEvent("myevent", () => setTimeout(() => this.pushEvent("reload", {}), 50));
  },
  destroyed() { document.getElementById("notice").innerHTML = ""; },
};
"#;

/// Issue 4094: following a link ends on another page.
pub struct Live4094;

impl LiveView for Live4094 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self)
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        if cx.params().get("foo") == Some("bar") {
            cx.redirect("/navigation/a");
        }
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <Patch to="/issues/4094?foo=bar">Patch</Patch> }
    }
}

/// Issue 4102: an input that waits, outside of its form.
pub struct Live4102 {
    name: String,
}

#[derive(Message)]
pub enum Msg4102 {
    Validate { name: String },
    Submit { name: String },
}

impl LiveView for Live4102 {
    type Context = World;
    type Msg = Msg4102;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { name: "Test".to_owned() })
    }

    async fn update(&mut self, message: Msg4102, _: &mut Cx<Self>) {
        let (Msg4102::Validate { name } | Msg4102::Submit { name }) = message;
        self.name = name;
    }

    fn render(&self) -> Rendered {
        html! {
            <input
                form="my-form" phx-debounce="500" name="name" id="name" value={self.name} type="text"
            >
            <form id="my-form" phx-change="validate" phx-submit="submit">
                <button type="submit" phx-disable-with="Submitting...">Submit</button>
            </form>
        }
    }
}

/// Issue 4212: an item goes to its place without leaving the document.
pub struct Live4212 {
    items: Stream<String>,
    count: u32,
}

#[derive(Message)]
pub enum Msg4212 {
    #[event("insert_at_1")]
    Insert,
}

impl LiveView for Live4212 {
    type Context = World;
    type Msg = Msg4212;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut items = Stream::new("items", |item: &String| format!("items-{item}"));
        items.extend(["a", "b", "c"].map(str::to_owned), Place::LAST);
        Ok(Self { items, count: 0 })
    }

    async fn update(&mut self, Msg4212::Insert: Msg4212, _: &mut Cx<Self>) {
        self.count += 1;
        self.items.insert(format!("new{}", self.count), Place::at(1));
    }

    fn render(&self) -> Rendered {
        html! {
            <script>{Raw::new(ELEMENT_4212)}</script>
            <button id="insert-at-1" phx-click={Msg4212::Insert}>Insert at 1</button>
            <ul id="items" phx-update="stream">
                {self.items.each(|id, item| html! {
                    <li id={id}><lv-custom-el id={format!("el-{item}")}>{item}</lv-custom-el></li>
                })}
            </ul>
        }
    }
}

const ELEMENT_4212: &str = r#"
window.__lvCustomElLog = [];
customElements.define("lv-custom-el", class extends HTMLElement {
  log(type) { window.__lvCustomElLog.push({ type, id: this.id }); }
  connectedCallback() { this.log("connected"); }
  disconnectedCallback() { this.log("disconnected"); }
  connectedMoveCallback() { this.log("moved"); }
});
"#;

/// Issue 4290: a page that stays visible while the next one has joined.
pub struct Leaving4290;

#[derive(Message)]
pub enum Msg4290 {
    Navigate,
    Validate,
}

impl LiveView for Leaving4290 {
    type Context = World;
    type Msg = Msg4290;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self)
    }

    async fn update(&mut self, message: Msg4290, cx: &mut Cx<Self>) {
        if let Msg4290::Navigate = message {
            cx.navigate("/issues/4290/b");
        }
    }

    fn render(&self) -> Rendered {
        let slowly = JsOptions::default().transition("fade-out").time_ms(1500);
        html! {
            <h1>A</h1>
            <div id="slow-remove" phx-remove={Js::new().transition(slowly)}>goes slowly</div>
            <form id="form" phx-change={Msg4290::Validate}><input type="text" name="name"></form>
            <button phx-click={Msg4290::Navigate}>Navigate</button>
        }
    }
}

/// Shows every event that it is sent.
pub struct Listening4290 {
    events: Vec<String>,
}

/// Any event at all.
pub struct AnyEvent(String);

impl Message for AnyEvent {
    fn decode(event: &str, _: &EventValue) -> Result<Self, DecodeError> {
        Ok(Self(event.to_owned()))
    }

    fn encode(&self) -> (&'static str, Value) {
        ("any", Value::Null)
    }
}

impl LiveView for Listening4290 {
    type Context = World;
    type Msg = AnyEvent;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { events: Vec::new() })
    }

    async fn update(&mut self, AnyEvent(event): AnyEvent, _: &mut Cx<Self>) {
        self.events.push(event);
    }

    fn render(&self) -> Rendered {
        html! {
            <h1>B</h1>
            <span id="event-count">{self.events.len()}</span>
            <div :for={event in &self.events}>{event}</div>
        }
    }
}

/// Issue 4325: a hook sets the id that its element has.
pub struct Live4325 {
    count: u32,
}

#[derive(Message)]
pub enum Msg4325 {
    Increment,
}

impl LiveView for Live4325 {
    type Context = World;
    type Msg = Msg4325;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { count: 0 })
    }

    async fn update(&mut self, Msg4325::Increment: Msg4325, _: &mut Cx<Self>) {
        self.count += 1;
    }

    fn render(&self) -> Rendered {
        html! {
            <script>{Raw::new(HOOK_4325)}</script>
            <button phx-click={Msg4325::Increment}>Increment</button>
            <div id="hooked" phx-hook="IdPassthrough">"count is "{self.count}</div>
        }
    }
}

const HOOK_4325: &str = r#"
window.issue4325Lifecycle ??= { mounted: 0, updated: 0, destroyed: 0 };
window.hooks.IdPassthrough = {
  mounted() {
    window.issue4325Lifecycle.mounted++;
    this.js().setAttribute(this.el, "id", this.el.id);
  },
  updated() { window.issue4325Lifecycle.updated++; },
  destroyed() { window.issue4325Lifecycle.destroyed++; },
};
"#;

// Issue 4334: the root of a component changes its id.

still_page!(
    Live4334,
    html! {
        <script>
            "window.hooks.RootChange = {
            mounted() { console.log('MyHook mounted'); },
            updated() { console.log('MyHook updated'); },
        };"
        </script>
        {live_component::<Root4334>("demo-component", ())}
    }
);

struct Root4334 {
    changed: bool,
}

#[derive(Message)]
enum Msg4334 {
    ChangeRootId,
}

impl LiveComponent for Root4334 {
    type Props = ();
    type Msg = Msg4334;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        Self { changed: false }
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, Msg4334::ChangeRootId: Msg4334, _: &mut ComponentCx<'_>) {
        self.changed = true;
    }

    fn render(&self, myself: Myself) -> Rendered {
        let (root, child, text) = match self.changed {
            true => ("new-root", "new-child", "NEW CHILD SHOULD REMAIN VISIBLE"),
            false => ("old-root", "old-child", "Old child is visible"),
        };
        html! {
            <section id={root} phx-hook="RootChange">
                <button id="change-root" phx-click={Msg4334::ChangeRootId} phx-target={myself}>
                    Change component root ID
                </button>
                <p id={child}>{text}</p>
            </section>
        }
    }
}

/// Issue 4359: the view navigates while the one inside it mounts.
pub struct Live4359;

#[derive(Message)]
pub enum Msg4359 {
    #[internal]
    Go,
}

impl LiveView for Live4359 {
    type Context = World;
    type Msg = Msg4359;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        if cx.params().get("done") != Some("1") {
            cx.spawn(async { Msg4359::Go });
        }
        Ok(Self)
    }

    async fn update(&mut self, Msg4359::Go: Msg4359, cx: &mut Cx<Self>) {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cx.navigate("/issues/4359?done=1");
    }

    fn render(&self) -> Rendered {
        html! { {nested::<Child4359>("child", ())} }
    }
}

still_page!(Child4359, html! { child });
