//! Views inside views: over reconnects, in streams, and ones that stay over navigation.

use liveview::{
    Cx, Interrupt, LiveView, Message, Place, Rendered, Stream, html, live_component, nested,
};

use crate::{
    pieces::{Navigate, NoMsg, Patch, still_component, still_page},
    world::World,
};

// Issue 3047: a stream in a sticky view.

still_page!(Page3047A, page_3047("Page A"));
still_page!(Page3047B, page_3047("Page B"));

fn page_3047(name: &'static str) -> Rendered {
    html! {
        <Navigate to="/issues/3047/a">Page A</Navigate>
        <Navigate to="/issues/3047/b">Page B</Navigate>
        <span id="page">{name}</span>
        {nested::<Sticky3047>("test", ()).sticky()}
    }
}

pub struct Sticky3047 {
    items: Stream<u32>,
}

#[derive(Message)]
pub enum ResetMsg {
    Reset,
}

impl LiveView for Sticky3047 {
    type Context = World;
    type Msg = ResetMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut items = Stream::new("items", |item: &u32| format!("items-{item}"));
        items.extend(1..=10, Place::LAST);
        Ok(Self { items })
    }

    async fn update(&mut self, ResetMsg::Reset: ResetMsg, _: &mut Cx<Self>) {
        self.items.reset(5..=15, Place::LAST);
    }

    fn render(&self) -> Rendered {
        html! {
            <h2>This is the sticky view</h2>
            <div id="items" phx-update="stream">
                {self.items.each(|id, item| html! { <span id={id}>"item-"{item}</span> })}
            </div>
            <button phx-click={ResetMsg::Reset}>Reset</button>
        }
    }
}

// Issue 3378: a stream two views deep.

still_page!(Home3378, html! { {nested::<AppBar3378>("appbar", ())} });
still_page!(AppBar3378, html! { <div>{nested::<Notifications3378>("notifications", ())}</div> });

pub struct Notifications3378 {
    notifications: Stream<u32>,
}

impl LiveView for Notifications3378 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut notifications =
            Stream::new("notifications", |id: &u32| format!("notifications-{id}"));
        notifications.push(1);
        Ok(Self { notifications })
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! {
            <ul id="notifications_list" phx-update="stream">
                {self.notifications.each(|id, _| html! { <li id={id}><p>"big!"</p></li> })}
            </ul>
        }
    }
}

// Issue 3681: streams of the same name in a page and in a sticky view.

still_page!(
    Page3681,
    html! {
        {nested::<Messages3681<true>>("sticky", ()).sticky()}
        <Navigate to="/issues/3681/away">"Go to a different LV with a (funcky) stream"</Navigate>
    }
);

/// The page that is gone to, or the sticky view.
pub struct Messages3681<const STICKY: bool> {
    messages: Stream<u32>,
}

impl<const STICKY: bool> LiveView for Messages3681<STICKY> {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut messages = Stream::new("messages", |id: &u32| format!("messages-{id}"));
        match STICKY {
            true => messages.extend(1..=3, Place::LAST),
            false => messages.reset([4], Place::LAST),
        }
        Ok(Self { messages })
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let list = |list_id: &'static str| {
            let messages = self.messages.each(|id, number| html! { <div id={id}>{number}</div> });
            html! { <div id={list_id} phx-update="stream">{messages}</div> }
        };
        if STICKY {
            return list("msgs-sticky");
        }
        html! {
            {nested::<Messages3681<true>>("sticky", ()).sticky()}
            <Navigate to="/issues/3681">
                "Go back to (the now borked) LV without a stream"
            </Navigate>
            {list("msgs-normal")}
        }
    }
}

// Issue 3612: a sticky view that navigates.

still_page!(Page3612A, html! { {nested::<Sticky3612>("sticky", ()).sticky()} <h1>Page A</h1> });
still_page!(Page3612B, html! { {nested::<Sticky3612>("sticky", ()).sticky()} <h1>Page B</h1> });

pub struct Sticky3612;

#[derive(Message)]
pub enum NavigateMsg {
    NavigateToA,
    NavigateToB,
}

impl LiveView for Sticky3612 {
    type Context = World;
    type Msg = NavigateMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self)
    }

    async fn update(&mut self, message: NavigateMsg, cx: &mut Cx<Self>) {
        match message {
            NavigateMsg::NavigateToA => cx.navigate("/issues/3612/a"),
            NavigateMsg::NavigateToB => cx.navigate("/issues/3612/b"),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <a href="#" phx-click={NavigateMsg::NavigateToA}>Go to page A</a>
            <a href="#" phx-click={NavigateMsg::NavigateToB}>Go to page B</a>
        }
    }
}

// Issue 3530: a stream of views with hooks.

pub struct Live3530 {
    last: u32,
    items: Stream<u32>,
}

#[derive(Message)]
pub enum IncMsg {
    Inc,
}

impl LiveView for Live3530 {
    type Context = World;
    type Msg = IncMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { last: 3, items: Stream::new("items", |item: &u32| format!("item-{item}")) })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        let items: &[u32] = match cx.params().get("q") {
            Some("a") => &[1, 3],
            Some("b") => &[2, 3],
            _ => &[1, 2, 3],
        };
        self.items.reset(items.iter().copied(), Place::LAST);
    }

    async fn update(&mut self, IncMsg::Inc: IncMsg, _: &mut Cx<Self>) {
        self.last += 1;
        self.items.push(self.last);
    }

    fn render(&self) -> Rendered {
        html! {
            <script>
                "window.hooks.test = {
                    mounted() { console.log(this.__view().id, 'mounted hook!'); }
                };"
            </script>
            <ul id="stream-list" phx-update="stream">
                {self.items.each(|id, item| html! { {nested::<Item3530>(id, item)} })}
            </ul>
            <Patch to="/issues/3530?q=a">patch a</Patch>
            <Patch to="/issues/3530?q=b">patch b</Patch>
            <div phx-click={IncMsg::Inc}>"+"</div>
        }
    }
}

pub struct Item3530(u32);

impl LiveView for Item3530 {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self(cx.nested_session()?))
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let hook = format!("test-hook-{}", self.0);
        html! {
            <div id={format!("item-outer-{}", self.0)}>
                test hook with nested view
                <div id={hook} phx-hook="test"></div>
            </div>
        }
    }
}

// Issue 3953: numbers of components in a nested view that comes and goes.

pub struct Live3953 {
    shown: bool,
}

#[derive(Message)]
pub enum ToggleMsg {
    Toggle,
}

impl LiveView for Live3953 {
    type Context = World;
    type Msg = ToggleMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { shown: false })
    }

    async fn update(&mut self, ToggleMsg::Toggle: ToggleMsg, _: &mut Cx<Self>) {
        self.shown = !self.shown;
    }

    fn render(&self) -> Rendered {
        html! {
            {live_component::<Component3953>("comp", ())}
            <button phx-click={ToggleMsg::Toggle}>Show</button>
            {self.shown.then(|| nested::<Nested3953>("nested_view", ()))}
        }
    }
}

still_page!(
    Nested3953,
    html! {
        "Nested Content"
        {live_component::<Component3953>("comp2", ())}
    }
);
still_component!(Component3953(()), |_given| html! { <div>Component</div> });
