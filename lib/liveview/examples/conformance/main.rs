//! The pages that `phoenix_live_view`'s own browser specs visit, so that they run against this
//! server as they are.
//!
//! Run with `cargo xtask conformance <folder of the specs>`, or alone with
//! `cargo run -p liveview --example conformance -- <node_modules>`.

mod world;
mod layouts;
mod plain;
mod js;
mod keyed;
mod streams;
mod navigation;
mod errors;
mod forms;
mod dynamic_inputs;
mod form_feedback;

use liveview::{Endpoint, Secret};
use tasks::Scope;
use tokio::net::TcpListener;

use crate::{layouts::default_layout, plain::Site, world::World};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // Pages crash on purpose, and the specs that watch them have no time for backtraces.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let scope = Scope::root("conformance");
    let folder = std::env::args().nth(1).unwrap_or_else(|| "node_modules".to_owned());
    let world = World::default();
    let site = Site::new(endpoint(world.clone(), &scope), world, folder.into());
    let halted = site.halted();
    let addresses = ["127.0.0.1:4004", "[::1]:4004"];
    for address in addresses {
        let listener = TcpListener::bind(address).await?;
        let serving = liveview::serve(listener, site.clone(), Default::default(), scope.clone());
        scope.spawn_abortable("listener", serving);
    }
    println!("listening on http://localhost:4004/");
    halted.notified().await;
    Ok(())
}

fn endpoint(world: World, scope: &Scope) -> Endpoint<World> {
    Endpoint::builder(world, Secret::random(), scope)
        .live_session("default", default_layout, |routes| {
            routes
                .live::<js::JsLive>("/js")
                .live::<keyed::KeyedLive>("/keyed-comprehension")
                .live::<streams::StreamLive>("/stream")
                .live::<streams::ResetLive>("/stream/reset")
                .live::<streams::ResetComponentsLive>("/stream/reset-lc")
                .live::<streams::LimitLive>("/stream/limit")
                .live::<streams::NestedResetLive>("/stream/nested-component-reset")
                .live::<streams::InsideForLive>("/stream/inside-for")
                .live::<streams::HealthyLive>("/healthy/{category}")
                .live::<forms::FormLive<false>>("/form")
                .live::<forms::NestedFormLive>("/form/nested")
                .live::<forms::FormStreamLive>("/form/stream")
                .live::<dynamic_inputs::DynamicInputsLive>("/form/dynamic-inputs");
        })
        .nested::<forms::FormLive<true>>()
        .live_session("navigation", navigation::layout, |routes| {
            routes
                .live::<navigation::ALive>("/navigation/a")
                .live::<navigation::BLive>("/navigation/b")
                .live::<navigation::BLive>("/navigation/b/{id}")
                .live::<navigation::RedirectLoopLive>("/navigation/redirectloop");
        })
        .live_session("errors", errors::layout, |routes| {
            routes.live::<errors::ErrorLive>("/errors");
        })
        .nested::<errors::ChildLive>()
        .live_session("feedback", form_feedback::layout, |routes| {
            routes.live::<form_feedback::FormFeedbackLive>("/form/feedback");
        })
        .build()
}
