//! Markup that is shown elsewhere in the document.

use liveview::{
    Attrs, ComponentCx, Cx, Interrupt, Js, JsOptions, LiveComponent, LiveView, Message, Myself,
    Place, Raw, Rendered, Stream, component, component::Slot, html, live_component, nested,
};
use serde_json::json;

use crate::{
    pieces::{FocusWrap, Portal, still_page},
    world::World,
};

pub struct PortalLive {
    param: Option<String>,
    next: u64,
    count: u64,
    clicks: u64,
    has_modal: bool,
    has_nested: bool,
}

#[derive(Message)]
pub enum Msg {
    Tick,
    ToggleModal,
    ToggleNestedPortals,
    NestedPortalClick,
    #[event("sandbox:eval")]
    Eval,
}

impl LiveView for PortalLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let (has_modal, has_nested) = (true, true);
        Ok(Self { param: None, next: 0, count: 0, clicks: 0, has_modal, has_nested })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.param = cx.params().get("param").map(str::to_owned);
        self.next = cx.app().unique();
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Tick => self.count += 1,
            Msg::ToggleModal => self.has_modal = !self.has_modal,
            Msg::ToggleNestedPortals => self.has_nested = !self.has_nested,
            Msg::NestedPortalClick => self.clicks += 1,
            // The only program is one that sends a tick.
            Msg::Eval => {
                self.count += 1;
                cx.reply(json!({ "result": "tick" }));
            }
        }
    }

    fn render(&self) -> Rendered {
        let patch = Js::new().patch(&format!("/portal?param={}", self.next));
        let open_second = show_modal("my-modal-2").show(Js::to("#inner-red-box"));
        html! {
            <style>{Raw::new(STYLE)}</style>
            <script>{Raw::new(HOOKS)}</script>
            <main>
                <h1>Modal example</h1>
                <p>"Current param: "{self.param}</p>
                <button phx-click={patch}>Patch this LiveView</button>
                <button phx-click={show_modal("my-modal")}>Open modal</button>
                <button phx-click={Msg::ToggleModal}>Toggle modal render</button>
                <button phx-click={open_second}>Open second modal</button>
                <button phx-click={Msg::Tick}>Tick</button>
                <button phx-click={Js::new().navigate("/form")}>Live navigate</button>
                if self.has_modal {
                    <Portal id="portal-source" target="#root-portal">
                        <Modal id="my-modal">
                            "This is a modal."
                            <p>"DOM patching works as expected: "{self.count}</p>
                        </Modal>
                        <div id="hook-test" phx-hook="InsidePortal">This gets a data attribute</div>
                    </Portal>
                }
                {second_modal()}
                <Portal id="portal-with-live-component" target="#root-portal">
                    {live_component::<TeleportedComponent>("lc", ())}
                </Portal>
                {nested::<NestedLive>("nested", ())}
                <Tooltip id="tooltip-example-portal" teleports={true} button="Hover me">
                    "Hey there! "{self.count}
                </Tooltip>
                <Tooltip id="tooltip-example-no-portal" teleports={false} button="Hover me (no portal)">
                    "Hey there! "{self.count}
                </Tooltip>
                <button phx-click={Msg::ToggleNestedPortals}>Toggle nested portals</button>
                <p>"Nested portal count: "<span id="nested-portal-count">{self.clicks}</span></p>
                if self.has_nested { {self.nested_portals()} }
                <Modal id="non-teleported-modal">
                    <button phx-click={Js::new().show(Js::to("#teleported-menu-content"))}>
                        Open menu
                    </button>
                    <Portal id="teleported-menu" target="body">
                        <div id="teleported-menu-content" class="hidden menu">
                            <button phx-click={Js::new().hide(Js::to("#teleported-menu-content"))}>
                                Close menu
                            </button>
                        </div>
                    </Portal>
                </Modal>
                <button phx-click={show_modal("non-teleported-modal")}>
                    Open non-teleported modal
                </button>
            </main>
            <div id="root-portal"></div>
            <div id="app-portal"></div>
        }
    }
}

impl PortalLive {
    fn nested_portals(&self) -> Rendered {
        html! {
            <Portal id="nested-portal-source" target="#root-portal">
                <div id="outer-portal">
                    <h3>Outer Portal</h3>
                    <Portal id="inner-portal-source" target="body">
                        <div id="inner-portal">
                            <p id="nested-portal-content">"Tick count: "{self.count}</p>
                            <button phx-click={Msg::NestedPortalClick}>
                                Click nested portal button
                            </button>
                        </div>
                    </Portal>
                </div>
            </Portal>
        }
    }
}

/// A modal with a portal in a portal, both into itself.
fn second_modal() -> Rendered {
    let away = Js::new().hide(JsOptions::default());
    html! {
        <Portal id="portal-source-2" target="#app-portal">
            <Modal id="my-modal-2">
                "This is a second modal."
                <Portal id="modal-2-inner-portal" target="#my-modal-2-content">
                    <div class="bg-gray-300">
                        <Portal id="modal-2-inner-portal-2" target="#my-modal-2-content">
                            <div id="inner-red-box" phx-click-away={away}>test</div>
                        </Portal>
                    </div>
                </Portal>
            </Modal>
        </Portal>
    }
}

const STYLE: &str = "
[data-phx-session], [data-phx-teleported-src] { display: contents }
.hidden { display: none }
.modal { position: relative; z-index: 50 }
.fixed { position: fixed; inset: 0 }
.modal-box { position: relative; margin: 10rem; padding: 2rem; background: white }
.menu { position: fixed; top: 0; left: 0; z-index: 100; padding: 1rem; background: white }
.bg-gray-300 { position: absolute; top: 0; right: 0; width: 24rem; height: 24rem; background: silver }
#inner-red-box { position: absolute; top: 0; right: 0; width: 8rem; height: 8rem; background: red }
[role=tooltip] { position: absolute; top: 0; left: 0; pointer-events: none }
";

const HOOKS: &str = r#"
window.hooks.InsidePortal = {
  mounted() { this.js().setAttribute(this.el, "data-portalhook-mounted", "true"); },
};
window.hooks.TeleportedButton = {
  mounted() { this.el.addEventListener("click", () => this.pushEventTo(this.el, "prepend")); },
};
window.hooks.PortalTooltip = {
  mounted() {
    const { id, show, hide } = this.el.dataset;
    const activator = this.el.querySelector(`[id="${id}-activator"]`);
    let timeout;
    const later = (ms, commands) => () => {
      clearTimeout(timeout);
      timeout = setTimeout(() => this.liveSocket.execJS(this.el, commands), ms);
    };
    for (const event of ["focusin", "mouseover"]) activator.addEventListener(event, later(200, show));
    for (const event of ["focusout", "mouseout"]) activator.addEventListener(event, later(50, hide));
  },
};
"#;

fn show_modal(id: &str) -> Js {
    let fade = |part: &str| {
        Js::to(&format!("#{id}{part}")).time_ms(300).transition_from_to(
            "ease-out",
            "opacity-0",
            "opacity-100",
        )
    };
    Js::new()
        .show(Js::to(&format!("#{id}")))
        .show(fade("-bg"))
        .show(fade("-container"))
        .add_class("overflow-hidden", Js::to("body"))
        .focus_first(Js::to(&format!("#{id}-content")))
}

fn hide_modal(id: &str) -> Js {
    let fade = |part: &str| {
        Js::to(&format!("#{id}{part}")).time_ms(200).transition_from_to(
            "ease-in",
            "opacity-100",
            "opacity-0",
        )
    };
    Js::new()
        .hide(fade("-bg"))
        .hide(fade("-container"))
        .hide(Js::to(&format!("#{id}")).transition_from_to("block", "block", "hidden"))
        .remove_class("overflow-hidden", Js::to("body"))
        .pop_focus()
}

#[component]
fn Modal(id: &str, inner: Slot<'_>) -> Rendered {
    let cancel = || Js::new().exec("data-cancel", Js::to(&format!("#{id}")));
    let attrs = Attrs::default()
        .set("phx-window-keydown", cancel())
        .set("phx-key", "escape")
        .set("phx-click-away", cancel())
        .set("class", "modal-box hidden");
    html! {
        <div
            id={id} phx-remove={hide_modal(id)} class="modal hidden"
            data-cancel={Js::new().exec("phx-remove", JsOptions::default())}
        >
            <div id={format!("{id}-bg")} class="fixed" aria-hidden="true"></div>
            <div class="fixed" role="dialog" aria-modal="true" tabindex="0">
                <FocusWrap id={&format!("{id}-container")} attrs={attrs}>
                    <button phx-click={cancel()} type="button" aria-label="close">x</button>
                    <div id={format!("{id}-content")}>{inner}</div>
                </FocusWrap>
            </div>
        </div>
    }
}

#[component]
fn Tooltip(id: &str, teleports: bool, button: &str, inner: Slot<'_>) -> Rendered {
    let tip = || Js::to(&format!("#{id}")).blocking(false);
    let show = Js::new().show(tip().display("block").time_ms(200).transition("ease-out"));
    let hide = Js::new().hide(tip().time_ms(100).transition("ease-in"));
    let ignore = || Js::new().ignore_attributes(&["style"]);
    let content = || {
        html! { <div id={id} phx-mounted={ignore()} role="tooltip" class="hidden">{inner.render()}</div> }
    };
    html! {
        <div
            id={format!("{id}-wrapper")} phx-hook="PortalTooltip"
            data-id={id} data-show={show} data-hide={hide}
        >
            <div id={format!("{id}-activator")} aria-describedby={id}><button>{button}</button></div>
            if teleports {
                <Portal id={&format!("{id}-portal")} target="body">{content()}</Portal>
            } else {
                {content()}
            }
        </div>
    }
}

pub struct NestedLive(u64);

#[derive(Message)]
pub enum NestedMsg {
    Event,
}

impl LiveView for NestedLive {
    type Context = World;
    type Msg = NestedMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self(0))
    }

    async fn update(&mut self, NestedMsg::Event: NestedMsg, _: &mut Cx<Self>) {
        self.0 += 1;
    }

    fn render(&self) -> Rendered {
        html! {
            <p id="nested-event-count">{self.0}</p>
            <button phx-click={NestedMsg::Event}>Trigger event in nested LV</button>
            <Portal id="nested-lv-button" target="body">
                <button phx-click={NestedMsg::Event}>
                    "Trigger event in nested LV (from teleported button)"
                </button>
            </Portal>
            <Portal id="nested-lv" target="body">
                {nested::<NestedTeleported>("nested-teleported", ())}
            </Portal>
        }
    }
}

still_page!(NestedTeleported, html! { <h2>Nested teleported view</h2> });

struct TeleportedComponent {
    items: Stream<u32>,
    last: u32,
}

#[derive(Message)]
enum PrependMsg {
    Prepend,
}

impl LiveComponent for TeleportedComponent {
    type Props = ();
    type Msg = PrependMsg;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        let mut items = Stream::new("items", |item: &u32| format!("items-{item}"));
        items.extend([1, 2], Place::LAST);
        Self { items, last: 2 }
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, PrependMsg::Prepend: PrependMsg, _: &mut ComponentCx<'_>) {
        self.last += 1;
        self.items.insert(self.last, Place::FIRST);
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! {
            <div id="teleported-lc">
                <ul id="stream-in-lc" phx-update="stream">
                    {self.items.each(|id, item| html! { <li id={id}>"Item "{item}</li> })}
                </ul>
                <button phx-click={PrependMsg::Prepend} phx-target={myself}>Prepend item</button>
                <Portal id="teleported-from-lc-button" target="body">
                    <button id="lcbtn" phx-hook="TeleportedButton">"Prepend item (teleported)"</button>
                </Portal>
            </div>
        }
    }
}

// Issue 4107: a form that the browser submits from where it was teleported.

still_page!(
    Live4107,
    html! {
        <Portal id="test-form-portal" target="body">
            <form id="test-form" action="/api/test" method="post">
                <input type="hidden" name="test_input" value="test_value">
            </form>
        </Portal>
        <button type="submit" form="test-form">Submit</button>
    }
);

/// Issue 4121: a stream that was teleported is reset.
pub struct Live4121 {
    items: Stream<u64>,
}

#[derive(Message)]
pub enum ResetMsg {
    ResetStream,
}

impl LiveView for Live4121 {
    type Context = World;
    type Msg = ResetMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut items = Stream::new("items", |item: &u64| format!("items-{item}"));
        items.extend([1, 2], Place::LAST);
        Ok(Self { items })
    }

    async fn update(&mut self, ResetMsg::ResetStream: ResetMsg, cx: &mut Cx<Self>) {
        self.items.reset([100 + cx.app().unique()], Place::LAST);
    }

    fn render(&self) -> Rendered {
        html! {
            <button phx-click={ResetMsg::ResetStream}>Reset teleported stream</button>
            <Portal id="teleported-stream" target="body">
                <ul id="stream-in-lv" phx-update="stream">
                    {self.items.each(|id, item| {
                        let text = format!("Item {item}");
                        html! { <li id={id}>{text}</li> }
                    })}
                </ul>
            </Portal>
        }
    }
}

/// Issue 4095: a portal in a form that is locked.
pub struct Live4095 {
    shown: String,
}

#[derive(Message)]
pub enum Msg4095 {
    Validate {
        #[field("show?")]
        shown: String,
    },
}

impl LiveView for Live4095 {
    type Context = World;
    type Msg = Msg4095;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { shown: "true".to_owned() })
    }

    async fn update(&mut self, Msg4095::Validate { shown }: Msg4095, _: &mut Cx<Self>) {
        self.shown = shown;
    }

    fn render(&self) -> Rendered {
        html! {
            <form phx-change="validate">
                <input type="text" name="show?" id="show?" value={self.shown}>
                <Portal id="portal" target="#portal_target">
                    <div>if !self.shown.is_empty() { <button>"Show?"</button> }</div>
                </Portal>
            </form>
            <div id="portal_target"></div>
        }
    }
}
