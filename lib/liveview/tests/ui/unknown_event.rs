//! A variant that the messages do not have.

use liveview::{Message, html};

#[derive(Message)]
enum Msg {
    Post,
}

fn main() {
    let _ = html! { <button phx-click={Msg::Pots}>Post</button> };
}
