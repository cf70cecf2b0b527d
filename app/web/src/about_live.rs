//! What this is.

use liveview::{Cx, DecodeError, EventValue, Interrupt, LiveView, Rendered, html};

use crate::house::House;

#[derive(Debug)]
pub(crate) struct AboutLive;

/// The page listens to nothing.
#[derive(Debug)]
pub(crate) enum Nothing {}

impl liveview::Message for Nothing {
    fn decode(event: &str, _: &EventValue) -> Result<Self, DecodeError> {
        Err(DecodeError::UnknownEvent(event.to_owned()))
    }

    fn encode(&self) -> (&'static str, serde_json::Value) {
        match *self {}
    }
}

impl LiveView for AboutLive {
    type Context = House;
    type Msg = Nothing;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("About");
        Ok(Self)
    }

    async fn update(&mut self, message: Nothing, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! {
            <main class="page prose">
                <h1>About Teahouse</h1>
                <p>"Teahouse is a place to talk that runs on one machine: this one. Version "{env!("CARGO_PKG_VERSION")}"."</p>
                <h2>What is kept</h2>
                <p>"Rooms and messages are kept in a log on this server until its host removes them. A message that was sent is on the disk. Who you are is a signed cookie in your browser: a random secret, and the name you go by."</p>
                <h2>What leaves this server</h2>
                <p>"Nothing. No page loads a script, a font, a picture or a counter from anywhere else."</p>
                <p><a href="/">To the lobby</a></p>
            </main>
        }
    }
}
