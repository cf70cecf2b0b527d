//! Going between URLs of one view, between views, and back.

use liveview::{Cx, Interrupt, LiveView, Message, Page, Place, Raw, Rendered, Stream, html};

use crate::{
    layouts,
    pieces::{Navigate, NoMsg, Patch},
    world::World,
};

pub fn layout(page: Page<'_>) -> Rendered {
    let page = Page { content: Raw::new(sidebar(&page).to_html()), ..page };
    layouts::document(page, CONNECT)
}

const CONNECT: &str = r#"
import { LiveSocket } from "/assets/phoenix_live_view/phoenix_live_view.esm.js";

window.liveSocket = new LiveSocket("/live", window.Phoenix.Socket, {
  params: { _csrf_token: document.querySelector("meta[name='csrf-token']").content },
  reloadJitterMin: 50,
  reloadJitterMax: 500,
});
window.liveSocket.connect();

const toggle = document.getElementById("prevent-navigation-toggle");
window.addEventListener("phx:before-navigate", (event) => {
  console.log("before navigate event", JSON.stringify(event.detail));
  if (toggle.checked) event.preventDefault();
});
window.addEventListener("phx:navigate", (event) => {
  console.log("navigate event", JSON.stringify(event.detail));
});
"#;

fn sidebar(page: &Page<'_>) -> Rendered {
    html! {
        <style>
            "html, body { margin: 0; padding: 0; font-family: system-ui; font-size: 1rem; }
            .sidebar { position: fixed; width: 20rem; display: flex; flex-direction: column; }
            .main { margin-left: 22rem; padding: 2rem; }"
        </style>
        <div class="sidebar">
            <h1>Navigation</h1>
            <label>
                <input id="prevent-navigation-toggle" type="checkbox"><span>Prevent navigation</span>
            </label>
            <Navigate to="/navigation/a">"LiveView A"</Navigate>
            <Navigate to="/navigation/b">"LiveView B"</Navigate>
            <Navigate to="/stream">"LiveView (other session)"</Navigate>
            <Navigate to="/navigation/dead">"Dead View"</Navigate>
        </div>
        <div class="main">{page.content}</div>
    }
}

/// A page of the same layout without a view.
pub fn dead_page(csrf_token: &str) -> String {
    let content = Raw::new("<h1>Dead view</h1>");
    layout(Page { csrf_token, tab_token: None, title: None, content }).to_html()
}

pub struct ALive {
    param: Option<String>,
    next: u64,
}

#[derive(Message)]
pub enum AMsg {
    ServerNavigate,
}

impl LiveView for ALive {
    type Context = World;
    type Msg = AMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { param: None, next: 0 })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.param = cx.params().get("param").map(str::to_owned);
        self.next = cx.app().unique();
    }

    async fn update(&mut self, AMsg::ServerNavigate: AMsg, cx: &mut Cx<Self>) {
        cx.navigate("/navigation/b");
    }

    fn render(&self) -> Rendered {
        let next = format!("/navigation/a?param={}", self.next);
        html! {
            <h1>This is page A</h1>
            <p>"Current param: "{self.param}</p>
            <Patch to={&next}>Patch this LiveView</Patch>
            <a href={next} data-phx-link="patch" data-phx-link-state="replace">"Patch (Replace)"</a>
            <Navigate to="/navigation/b#items-item-42">Navigate to 42</Navigate>
            <button type="button" phx-click={AMsg::ServerNavigate}>Server Navigate</button>
        }
    }
}

/// A list, or one of its items.
pub struct BLive {
    items: Stream<u32>,
    item: Option<String>,
    scrolls: bool,
}

impl LiveView for BLive {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let items = Stream::new("items", |number: &u32| format!("items-item-{number}"));
        Ok(Self { items, item: None, scrolls: false })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.scrolls = cx.params().param("container").is_some();
        self.item = cx.params().get("id").map(str::to_owned);
        if self.item.is_none() {
            self.items.extend(1..=100, Place::LAST);
        }
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let height = if self.scrolls { "height: 85vh; overflow-y: scroll; " } else { "" };
        let style = format!("{height}width: 100%; border: 1px solid; position: relative;");
        html! {
            <h1>This is page B</h1>
            <a href="#items-item-42" style="display: inline-flex; padding: 0.5rem 1rem;">Go to 42.</a>
            if let Some(item) = &self.item {
                <div><p>"Item "{item}</p></div>
            } else {
                <div id="my-scroll-container" style={style}>
                    <ul id="items" style="padding: 1rem; list-style: none;" phx-update="stream">
                        {self.items.each(|id, number| {
                            let to = format!("/navigation/b/item-{number}");
                            html! {
                                <li id={id} style="padding: 0.5rem;">
                                    <Patch to={&to}>"Item "{number}</Patch>
                                </li>
                            }
                        })}
                    </ul>
                </div>
            }
        }
    }
}

/// Patches to itself for ever, until it is mounted in the loop.
pub struct RedirectLoopLive {
    message: Option<&'static str>,
}

impl LiveView for RedirectLoopLive {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { message: cx.params().param("loop").map(|_| "Too many redirects") })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        if cx.params().param("loop").is_some() && self.message.is_none() {
            cx.patch("/navigation/redirectloop?loop=true");
        }
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! {
            if let Some(message) = self.message { <div id="message">{message}</div> }
            <Patch to="/navigation/redirectloop?loop=true">Redirect Loop</Patch>
        }
    }
}
