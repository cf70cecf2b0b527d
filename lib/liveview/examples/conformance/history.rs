//! Histories, flashes and events that are under way while the page changes.

use liveview::{
    Cx, Flash, Interrupt, LiveView, Message, Page, Raw, Rendered, html, live_component,
};

use crate::{
    layouts,
    pieces::{Navigate, NoMsg, Patch, still_component, still_page},
    world::World,
};

/// Issue 3529: what is a patch and what is a navigation on the way back.
pub struct Live3529 {
    mounted: u64,
    next: u64,
}

impl LiveView for Live3529 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { mounted: cx.app().unique(), next: 0 })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.next = cx.app().unique();
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let next = format!("/issues/3529?param={}", self.next);
        html! {
            <h1>"Mounted at "{self.mounted}</h1>
            <Navigate to={&next}>Navigate</Navigate>
            <Patch to={&next}>Patch</Patch>
        }
    }
}

/// Issue 3709: ten patches at once.
pub struct Live3709 {
    id: Option<String>,
}

still_component!(Hello3709(()), |_given| html! { <div>Hello</div> });

impl LiveView for Live3709 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { id: None })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.id = cx.params().get("id").map(str::to_owned);
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let user = format!("user-{}", self.id.as_deref().unwrap_or_default());
        let click_all = "document.querySelectorAll('li a').forEach((link) => link.click())";
        html! {
            <ul>
                <li :for={i in 1..=10}>
                    <Patch to={&format!("/issues/3709/{i}")}>"Link "{i}</Patch>
                </li>
            </ul>
            <div>
                {live_component::<Hello3709>(user, ())}
                " id: "{self.id}
                <button onclick={click_all}>Break Stuff</button>
            </div>
        }
    }
}

/// Issue 3686: a flash goes from A to B to C and back, each time another way.
pub struct Live3686<const PAGE: char> {
    flash: Flash,
}

#[derive(Message)]
pub enum GoMsg {
    Go,
}

impl<const PAGE: char> LiveView for Live3686<PAGE> {
    type Context = World;
    type Msg = GoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { flash: cx.flash().clone() })
    }

    async fn update(&mut self, GoMsg::Go: GoMsg, cx: &mut Cx<Self>) {
        let flash = Flash::of("info", format!("Flash from {PAGE}"));
        match PAGE {
            'A' => cx.navigate_with("/issues/3686/b", flash),
            'B' => cx.redirect_with("/issues/3686/c", flash),
            _ => cx.navigate_with("/issues/3686/a", flash),
        }
    }

    fn render(&self) -> Rendered {
        let next = match PAGE {
            'A' => 'B',
            'B' => 'C',
            _ => 'A',
        };
        html! {
            <h1>{PAGE}</h1>
            <button phx-click={GoMsg::Go}>"To "{next}</button>
            <div id="flash">{self.flash.get("info").unwrap_or("%{}")}</div>
        }
    }

    fn flash(&mut self) -> Option<&mut Flash> {
        Some(&mut self.flash)
    }
}

/// Issue 3194: an input that tells what it holds when it is left.
pub struct Live3194;

#[derive(Message)]
pub enum FormMsg {
    Validate,
    Submit,
}

impl LiveView for Live3194 {
    type Context = World;
    type Msg = FormMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self)
    }

    async fn update(&mut self, message: FormMsg, cx: &mut Cx<Self>) {
        if let FormMsg::Submit = message {
            cx.navigate("/issues/3194/other");
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <form phx-change={FormMsg::Validate} phx-submit={FormMsg::Submit}>
                <input
                    id="foo_store_number" name="foo[store_number]" type="text" phx-debounce="blur"
                >
            </form>
        }
    }
}

still_page!(Other3194, html! { <h2>Another view</h2> });

// Issue 4147: a hook outside of the view, over a reconnect.

still_page!(Live4147, html! { <h1>Inside</h1> });

pub fn layout_4147(page: Page<'_>) -> Rendered {
    let outside = html! {
        <div id="foobar" phx-hook="HookOutside"></div>
        <script>
            "window.hooks.HookOutside = { mounted() { console.log('HookOutside mounted'); } };"
        </script>
        {page.content}
    };
    layouts::default_layout(Page { content: Raw::new(outside.to_html()), ..page })
}

/// A form that asks before it is left.
pub struct UnsavedLive {
    note: String,
}

#[derive(Message)]
pub enum UnsavedMsg {
    Validate { note: String },
}

impl LiveView for UnsavedLive {
    type Context = World;
    type Msg = UnsavedMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { note: String::new() })
    }

    async fn update(&mut self, UnsavedMsg::Validate { note }: UnsavedMsg, _: &mut Cx<Self>) {
        self.note = note;
    }

    fn render(&self) -> Rendered {
        let dirty = if self.note.is_empty() { "false" } else { "true" };
        html! {
            <script>{Raw::new(ASK_BEFORE_LEAVING)}</script>
            <h1>Unsaved form</h1>
            <Navigate to="/form-unsaved/target">Leave form</Navigate>
            <form id="unsaved-form" phx-change="validate" data-dirty={dirty}>
                <label for="unsaved-note">Unsaved note</label>
                <input id="unsaved-note" name="note" value={self.note}>
                <p id="unsaved-value">"Unsaved value: "{self.note}</p>
            </form>
        }
    }
}

const ASK_BEFORE_LEAVING: &str = r##"
window.unsavedEvents ??= (() => {
  const events = [];
  const dirty = () => document.querySelector("#unsaved-form[data-dirty='true']");
  window.addEventListener("phx:before-navigate", (event) => {
    if (!dirty()) return;
    events.push({ type: "phx", detail: event.detail });
    if (!confirm("You have unsaved changes. Leave without saving?")) event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!dirty()) return;
    events.push({ type: "beforeunload" });
    event.preventDefault();
    event.returnValue = "";
  });
  return events;
})();
"##;

still_page!(UnsavedTarget, html! { <h1>Unsaved form target</h1> });
