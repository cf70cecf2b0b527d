//! Components that come, go and come back.

use std::time::Duration;

use liveview::{
    ComponentCx, Cx, Interrupt, Js, LiveComponent, LiveView, Message, Myself, Raw, Rendered, html,
    live_component,
};

use crate::{
    pieces::{NoMsg, still_component},
    world::World,
};

/// Issue 3026: a component that is rendered again while the browser forgets it.
pub struct Live3026 {
    status: String,
    name: String,
    email: String,
}

#[derive(Message)]
pub enum Msg3026 {
    ChangeStatus {
        status: String,
    },
    Validate {
        name: String,
        email: String,
    },
    Submit,
    #[internal]
    Load,
}

impl LiveView for Live3026 {
    type Context = World;
    type Msg = Msg3026;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.spawn(async { Msg3026::Load });
        let status = if cx.connected() { "loading" } else { "connecting" };
        Ok(Self { status: status.to_owned(), name: String::new(), email: String::new() })
    }

    async fn update(&mut self, message: Msg3026, cx: &mut Cx<Self>) {
        match message {
            Msg3026::ChangeStatus { status } => self.status = status,
            Msg3026::Validate { name, email } => (self.name, self.email) = (name, email),
            Msg3026::Submit => {
                self.status = "loading".to_owned();
                cx.spawn(async { Msg3026::Load });
            }
            Msg3026::Load => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                self.status = "loaded".to_owned();
                (self.name, self.email) = ("John".to_owned(), String::new());
            }
        }
    }

    fn render(&self) -> Rendered {
        let props = (self.name.clone(), self.email.clone());
        html! {
            <form phx-change="change_status">
                <select name="status">
                    <option
                        :for={status in ["connecting", "loading", "connected", "loaded"]}
                        selected={self.status == status} value={status}
                    >
                        {status}
                    </option>
                </select>
            </form>
            if self.status == "loaded" {
                {live_component::<Form3026>("my-form", props)}
            } else {
                <div>{self.status}</div>
            }
        }
    }
}

still_component!(Form3026((String, String)), |given| html! {
    <div>
        <form phx-change="validate" phx-submit={Msg3026::Submit}>
            <input name="name" type="text" value={given.0}>
            <input name="email" type="text" value={given.1}>
            <button type="submit">Submit</button>
        </form>
    </div>
});

/// Issue 3169: components two deep that are replaced together.
pub struct Live3169 {
    record: Option<(u64, String)>,
}

#[derive(Message)]
pub enum Msg3169 {
    Select {
        name: String,
    },
    #[internal]
    Loaded(String),
}

impl LiveView for Live3169 {
    type Context = World;
    type Msg = Msg3169;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { record: None })
    }

    async fn update(&mut self, message: Msg3169, cx: &mut Cx<Self>) {
        match message {
            Msg3169::Select { name } => {
                self.record = None;
                cx.spawn(async { Msg3169::Loaded(name) });
            }
            Msg3169::Loaded(name) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                self.record = Some((cx.app().unique(), format!("Record {name}")));
            }
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {live_component::<Form3169>("form_view", self.record.clone())}
            for name in ["a", "b", "z"] {
                <button id={format!("select-{name}")} phx-click="select" phx-value-name={name}>
                    "Select "{name}
                </button>
            }
        }
    }
}

still_component!(Form3169(Option<(u64, String)>), |given| html! {
    <div>
        "FormComponent (c1)"
        if let Some(record) = given {
            <div>{live_component::<Core3169>("core", record.clone())}</div>
        }
        <hr>
    </div>
});
still_component!(Core3169((u64, String)), |given| html! {
    <div>
        "FormCore (c2)"
        {live_component::<Column3169>(format!("column-{}", given.0), given.1.clone())}
    </div>
});
still_component!(Column3169(String), |given| html! {
    <div>"FormColumn (c3)"<input type="text" value={given}>{inputs_3169(given)}</div>
});

fn inputs_3169(value: &str) -> Rendered {
    let second = html! { <div>{value}<input type="text" value={value}></div> };
    html! { <div>{value}<input type="text" value={value}>{second}</div> }
}

/// Issue 3200: a form whose target is found by a selector, in a component.
pub struct Live3200 {
    settings: bool,
}

impl LiveView for Live3200 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { settings: false })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.settings = cx.path().ends_with("settings");
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let messages = Js::new().patch("/issues/3200/messages");
        let settings = Js::new().patch("/issues/3200/settings");
        html! {
            <button type="button" phx-click={messages}>Messages tab</button>
            <button type="button" phx-click={settings}>Settings tab</button>
            if self.settings {
                <div>{live_component::<Settings3200>("settings_tab", ())}</div>
            } else {
                <div>{live_component::<Messages3200>("messages_tab", ())}</div>
            }
        }
    }
}

still_component!(Settings3200(()), |_given| html! { <div>Settings</div> });
still_component!(Message3200(&'static str), |given| html! { <div>{given}</div> });

struct Messages3200 {
    value: String,
}

#[derive(Message)]
enum Msg3200 {
    AddMessageChange { new_message: String },
}

impl LiveComponent for Messages3200 {
    type Props = ();
    type Msg = Msg3200;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        Self { value: String::new() }
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, message: Msg3200, _: &mut ComponentCx<'_>) {
        let Msg3200::AddMessageChange { new_message } = message;
        self.value = new_message;
    }

    fn render(&self, _: Myself) -> Rendered {
        html! {
            <div>
                {live_component::<Message3200>("some_unique_message_id", "Example message")}
                <form
                    id="full_add_message_form" phx-change="add_message_change"
                    phx-submit="add_message" phx-target="#full_add_message_form"
                >
                    <input name="new_message" id="new_message_input" value={self.value}>
                </form>
            </div>
        }
    }
}

/// Issue 3941: components that load, in a part of the page that is locked.
pub struct Live3941 {
    selected: Vec<&'static str>,
    /// Those that were selected long enough.
    loaded: Vec<&'static str>,
}

const ITEMS: [&str; 2] = ["Item_1", "Item_2"];

#[derive(Message)]
pub enum Msg3941 {
    ToggleItem {
        clicked: String,
        value: Option<String>,
    },
    PagePositionUpdate,
    #[internal]
    Loaded,
}

impl LiveView for Live3941 {
    type Context = World;
    type Msg = Msg3941;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.spawn(async { Msg3941::Loaded });
        Ok(Self { selected: ITEMS.to_vec(), loaded: Vec::new() })
    }

    async fn update(&mut self, message: Msg3941, cx: &mut Cx<Self>) {
        match message {
            Msg3941::ToggleItem { clicked, value } => {
                let now = |item: &&str| match *item == clicked {
                    true => value.is_some(),
                    false => self.selected.contains(item),
                };
                self.selected = ITEMS.into_iter().filter(now).collect();
                self.loaded.clear();
                cx.spawn(async { Msg3941::Loaded });
            }
            Msg3941::PagePositionUpdate => {}
            Msg3941::Loaded => self.loaded = self.selected.clone(),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <script>
                "window.hooks.PagePositionNotifier = {
                    mounted() { this.pushEvent('page_position_update', {}); }
                };"
            </script>
            <div :for={item in ITEMS}>
                <label>
                    <input
                        type="checkbox" phx-click="toggle_item" phx-value-clicked={item}
                        id={format!("select-{item}")} name="select" value={item}
                        checked={self.selected.contains(&item)}
                    >
                    {item}
                </label>
            </div>
            <div :for={item in self.selected.iter().copied()}>
                {live_component::<Item3941>(format!("item-{item}"), (item, self.loaded.contains(&item)))}
            </div>
        }
    }
}

still_component!(Item3941((&'static str, bool)), |given| html! {
    <div id={format!("item-{}", given.0)} phx-hook="PagePositionNotifier">
        {live_component::<Header3941>(format!("item-header-{}", given.0), *given)}
    </div>
});
still_component!(Header3941((&'static str, bool)), |given| html! {
    <div id={format!("header-{}", given.0)}>
        if given.1 {
            <div id={given.0}>{given.0}" - I AM LOADED!"</div>
        } else {
            <div id={given.0}>{given.0}" - I AM LOADING"</div>
        }
    </div>
});

/// Issue 3979: components whose elements change their ids.
pub struct Live3979 {
    /// Id suffix and what is shown, of each.
    components: Vec<(u32, u32)>,
    next: usize,
}

#[derive(Message)]
pub enum Msg3979 {
    Bump,
    #[internal]
    Update(usize),
}

impl LiveView for Live3979 {
    type Context = World;
    type Msg = Msg3979;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { components: vec![(0, 0); 10], next: 0 })
    }

    async fn update(&mut self, message: Msg3979, cx: &mut Cx<Self>) {
        match message {
            Msg3979::Bump => {
                cx.after(Duration::from_millis(100), Msg3979::Update(self.next));
                if let Some(component) = self.components.get_mut(self.next) {
                    *component = (component.0 + 1, component.1 + 1);
                }
                self.next += 1;
            }
            Msg3979::Update(at) => {
                self.components.get_mut(at).into_iter().for_each(|component| component.1 = 10);
            }
        }
    }

    fn render(&self) -> Rendered {
        html! {
            for (at, (suffix, counter)) in self.components.iter().enumerate() {
                let props = (format!("hello-{at}-{suffix}"), *counter);
                {live_component::<Bumped3979>(format!("comp-{at}"), props)}
            }
            <button phx-click={Msg3979::Bump}>"Bump ID (and counter)"</button>
        }
    }
}

still_component!(Bumped3979((String, u32)), |given| html! { <div id={given.0}>{given.1}</div> });

/// Issue 4027: keyed lists in components, filled later.
pub struct Live4027 {
    items: Vec<(u32, &'static str)>,
    /// Whether the loop is inside something else inside the component.
    deep: bool,
}

#[derive(Message)]
pub enum Msg4027 {
    Load,
    Remove,
    #[internal]
    Loaded(Vec<(u32, &'static str)>),
}

impl LiveView for Live4027 {
    type Context = World;
    type Msg = Msg4027;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { items: Vec::new(), deep: cx.params().get("case") == Some("second") })
    }

    async fn update(&mut self, message: Msg4027, cx: &mut Cx<Self>) {
        let all = vec![(1, "First"), (2, "Second"), (3, "Third")];
        let items = match message {
            Msg4027::Load => all,
            Msg4027::Remove => all[1..].to_vec(),
            Msg4027::Loaded(items) => {
                self.items = items;
                return;
            }
        };
        cx.after(Duration::from_millis(100), Msg4027::Loaded(items));
    }

    fn render(&self) -> Rendered {
        html! {
            if self.deep {
                {live_component::<DeepList4027>("repro", self.items.clone())}
            } else {
                {live_component::<List4027>("repro", self.items.clone())}
            }
            <button phx-click={Msg4027::Load}>Load data</button>
            <button phx-click={Msg4027::Remove}>Remove first entry</button>
        }
    }
}

still_component!(DeepList4027(Vec<(u32, &'static str)>), |given| html! {
    <div id="result">
        match given.as_slice() {
            [] => {},
            items => { <p :for={(id, value) in items} :key={*id}>{value}</p> }
        }
    </div>
});
still_component!(List4027(Vec<(u32, &'static str)>), |given| html! {
    <div id="result"><p :for={(id, value) in given} :key={*id}>{value}</p></div>
});

/// Issue 4066: a hook that pushes to a component that is gone.
pub struct Live4066 {
    rendered: u64,
    delay: String,
    shown: bool,
}

#[derive(Message)]
pub enum Msg4066 {
    Toggle,
}

impl LiveView for Live4066 {
    type Context = World;
    type Msg = Msg4066;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let delay = cx.params().get("delay").unwrap_or("3000").to_owned();
        Ok(Self { rendered: cx.app().unique(), delay, shown: true })
    }

    async fn update(&mut self, Msg4066::Toggle: Msg4066, _: &mut Cx<Self>) {
        self.shown = !self.shown;
    }

    fn render(&self) -> Rendered {
        html! {
            <script>{Raw::new(LATE_HOOK)}</script>
            <p id="render-time">{self.rendered}</p>
            <button phx-click={Msg4066::Toggle}>Toggle</button>
            {self.shown.then(|| live_component::<Input4066>("foo", self.delay.clone()))}
        }
    }
}

const LATE_HOOK: &str = r#"
window.hooks.Late = {
  mounted() {
    this.el.addEventListener("input", () => setTimeout(() => {
      this.pushEventTo(this.el, "do-something", { value: 100 });
      this.liveSocket.js().setAttribute(document.body, "data-pushed", "yes");
    }, Number(this.el.dataset.delay)));
  },
};
"#;

struct Input4066(String);

#[derive(Message)]
enum InputMsg {
    #[event("do-something")]
    DoSomething,
}

impl LiveComponent for Input4066 {
    type Props = String;
    type Msg = InputMsg;

    fn mount(delay: String, _: &mut ComponentCx<'_>) -> Self {
        Self(delay)
    }

    fn props(&mut self, delay: String, _: &mut ComponentCx<'_>) {
        self.0 = delay;
    }

    fn update(&mut self, InputMsg::DoSomething: InputMsg, _: &mut ComponentCx<'_>) {}

    fn render(&self, myself: Myself) -> Rendered {
        html! { <input phx-hook="Late" data-delay={self.0} phx-target={myself} id="foo"> }
    }
}

/// Issue 4350: a component with another inside comes back before it was forgotten.
pub struct Live4350 {
    shown: bool,
    ticks: u32,
}

#[derive(Message)]
pub enum Msg4350 {
    Tick,
    Hide,
    Show,
}

impl LiveView for Live4350 {
    type Context = World;
    type Msg = Msg4350;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { shown: true, ticks: 0 })
    }

    async fn update(&mut self, message: Msg4350, _: &mut Cx<Self>) {
        match message {
            Msg4350::Tick => self.ticks += 1,
            Msg4350::Hide => self.shown = false,
            Msg4350::Show => self.shown = true,
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <button id="tick" phx-click={Msg4350::Tick}>tick</button>
            <button id="hide" phx-click={Msg4350::Hide}>hide</button>
            <button id="show" phx-click={Msg4350::Show}>show</button>
            if self.shown {
                <div id="wrapper">{live_component::<Branch4350>("branch", self.ticks)}</div>
            }
        }
    }
}

still_component!(Branch4350(u32), |given| html! {
    <div id="branch">"tick: "{given}{live_component::<Leaf4350>("leaf", ())}</div>
});

struct Leaf4350(u32);

#[derive(Message)]
enum LeafMsg {
    Bump,
}

impl LiveComponent for Leaf4350 {
    type Props = ();
    type Msg = LeafMsg;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        Self(0)
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, LeafMsg::Bump: LeafMsg, _: &mut ComponentCx<'_>) {
        self.0 += 1;
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! {
            <div id="leaf">
                "count: "<span id="leaf-count">{self.0}</span>
                <button id="bump" phx-click={LeafMsg::Bump} phx-target={myself}>bump</button>
            </div>
        }
    }
}
