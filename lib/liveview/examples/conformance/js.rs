//! Commands that the browser runs by itself.

use liveview::{Cx, Interrupt, Js, JsOptions, LiveView, Message, Rendered, html};

use crate::world::World;

pub struct JsLive {
    count: u64,
}

#[derive(Message)]
pub enum Msg {
    Increment,
}

fn modal() -> JsOptions {
    Js::to("#my-modal")
}

impl LiveView for JsLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { count: 0 })
    }

    async fn update(&mut self, Msg::Increment: Msg, _: &mut Cx<Self>) {
        self.count += 1;
    }

    fn render(&self) -> Rendered {
        let show = Js::new()
            .show(modal().transition("fade-in").time_ms(50))
            .set_attribute("aria-expanded", "true", modal())
            .set_attribute("open", "true", modal());
        let hide = Js::new()
            .hide(modal().transition("fade-out").time_ms(50))
            .set_attribute("aria-expanded", "false", modal())
            .remove_attribute("open", modal());
        let toggle = Js::new()
            .toggle(modal().ins("fade-in").outs("fade-out").time_ms(50))
            .toggle_attribute("aria-expanded", &["true", "false"], modal())
            .toggle_attribute("open", &["true"], modal());
        html! {
            <div id="my-modal" aria-expanded="false" style="display: none;">Test</div>
            <button phx-click={show}>show modal</button>
            <button phx-click={hide}>hide modal</button>
            <button phx-click={toggle}>toggle modal</button>
            <details phx-mounted={Js::new().ignore_attributes(&["open"])}>
                <summary>Details</summary>
                <button phx-click={Msg::Increment}>{self.count}</button>
            </details>
        }
    }
}
