//! A message that no browser may send.

use liveview::{Message, html};

#[derive(Message)]
enum Msg {
    #[internal]
    Tick,
    #[internal]
    Loaded { count: u32 },
}

fn main() {
    let _ = html! { <button phx-click={Msg::Tick}>Tick</button> };
    let _ = html! { <button phx-click={Msg::Loaded { count: 3 }}>Load</button> };
}
