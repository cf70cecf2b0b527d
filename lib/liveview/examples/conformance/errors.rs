//! Views that crash, and views around them that do not.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use liveview::{
    Cx, Interrupt, LiveView, Mailbox, Message, NestedView, Page, Rendered, html, nested,
};

use crate::{layouts, world::World};

pub fn layout(page: Page<'_>) -> Rendered {
    layouts::document(page, CONNECT)
}

const CONNECT: &str = r#"
import { LiveSocket } from "/assets/phoenix_live_view/phoenix_live_view.esm.js";

window.liveSocket = new LiveSocket("/live", window.Phoenix.Socket, {
  params: { _csrf_token: document.querySelector("meta[name='csrf-token']").content },
  reloadJitterMin: 50,
  reloadJitterMax: 50,
  maxReloads: 5,
  failsafeJitter: 1000,
  maxChildJoinTries: 3,
  rejoinAfterMs: () => 50,
});
window.liveSocket.connect();
"#;

/// What a parent and its children know of each other.
#[derive(Debug, Default)]
pub struct Families(Mutex<HashMap<u64, Family>>);

#[derive(Debug)]
struct Family {
    /// How many children are to crash when they mount.
    fails: u32,
    /// The parent, if a child takes it along.
    linked: Option<Mailbox<Msg>>,
}

pub struct ErrorLive {
    number: u64,
    /// The number of the family.
    child: Option<u64>,
}

#[derive(Debug, Message)]
pub enum Msg {
    Boom,
    #[internal]
    ChildCrashed,
}

impl LiveView for ErrorLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let given = |name: &str| cx.params().get(name);
        let raises =
            given("dead-mount").is_some() || (cx.connected() && given("connected-mount").is_some());
        assert!(!raises, "boom");
        let number = cx.app().unique();
        let first = cx.connect_params().get("_mounts") == Some("0");
        let family = match given("connected-child-mount-raise") {
            Some("link") => Some(Family { fails: first.into(), linked: cx.mailbox() }),
            Some(fails) => Some(Family { fails: fails.parse().unwrap_or(0), linked: None }),
            None => given("child").map(|_| Family { fails: 0, linked: None }),
        };
        let child = family.is_some().then_some(number);
        if let Some(family) = family {
            cx.app().families().insert(number, family);
        }
        Ok(Self { number, child })
    }

    async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
        if let Msg::ChildCrashed = message {
            // The browser is told of the child first.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("boom");
    }

    fn render(&self) -> Rendered {
        let child: Option<NestedView> =
            self.child.map(|family| nested::<ChildLive>("child", family));
        html! {
            <p id="render-time">"main rendered at: "{self.number}</p>
            <button phx-click={Msg::Boom}>Crash main</button>
            {signs()}
            <div style="border: 1px solid lightgray; padding: 4px; margin-top: 16px;">{child}</div>
            <style>
                "[data-phx-session] > [class^=if-phx] { display: none; }
                .phx-error > .if-phx-error, .phx-client-error > .if-phx-client-error,
                .phx-server-error > .if-phx-server-error, .phx-loading > .if-phx-loading,
                .phx-disconnected > .if-phx-disconnected { display: block; }"
            </style>
        }
    }
}

/// What shows in which state of the connection.
fn signs() -> Rendered {
    html! {
        <p class="if-phx-error">Error</p>
        <p class="if-phx-client-error">Client Error</p>
        <p class="if-phx-server-error">Server Error</p>
        <p class="if-phx-disconnected">Disconnected</p>
        <p class="if-phx-loading">Loading</p>
    }
}

impl Families {
    fn insert(&self, number: u64, family: Family) {
        self.0.lock().expect("no panic while it is held").insert(number, family);
    }

    /// A child mounts: whether it is to crash, and the parent that it takes along then.
    fn child(&self, number: u64) -> (bool, Option<Mailbox<Msg>>) {
        let mut families = self.0.lock().expect("no panic while it is held");
        let Some(family) = families.get_mut(&number) else { return (false, None) };
        let fails = family.fails > 0;
        family.fails = family.fails.saturating_sub(1);
        (fails, family.linked.clone())
    }
}

pub struct ChildLive {
    number: u64,
    connected: bool,
    linked: Option<Mailbox<Msg>>,
}

impl Drop for ChildLive {
    fn drop(&mut self) {
        if let (true, Some(parent)) = (std::thread::panicking(), &self.linked) {
            parent.try_send(Msg::ChildCrashed);
        }
    }
}

impl LiveView for ChildLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let (number, connected) = (cx.app().unique(), cx.connected());
        let (fails, linked) = match connected {
            true => cx.app().families().child(cx.nested_session()?),
            false => (false, None),
        };
        let child = Self { number, connected, linked };
        assert!(!fails, "boom");
        Ok(child)
    }

    async fn update(&mut self, _: Msg, _: &mut Cx<Self>) {
        panic!("boom");
    }

    fn render(&self) -> Rendered {
        html! {
            {if self.connected { "Child connected" } else { "Child rendered (dead)" }}
            <p id="child-render-time">"child rendered at: "{self.number}</p>
            <button phx-click={Msg::Boom}>Crash child</button>
            {signs()}
        }
    }
}
