//! The pages that `phoenix_live_view`'s own browser specs visit, so that they run against this
//! server as they are.
//!
//! Run with `cargo xtask conformance <folder of the specs>`, or alone with
//! `cargo run -p liveview --example conformance -- <node_modules>`.

mod world;
mod layouts;
mod plain;
mod pieces;
mod js;
mod keyed;
mod streams;
mod navigation;
mod errors;
mod forms;
mod dynamic_inputs;
mod form_feedback;
mod inputs;
mod history;
mod nested_views;
mod components;
mod portal;
mod details;

use liveview::{Endpoint, Routes, Secret};
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
            more_pages(routes);
        })
        .nested::<forms::FormLive<true>>()
        .nested::<nested_views::Sticky3047>()
        .nested::<nested_views::AppBar3378>()
        .nested::<nested_views::Notifications3378>()
        .nested::<nested_views::Messages3681<true>>()
        .nested::<nested_views::Sticky3612>()
        .nested::<nested_views::Item3530>()
        .nested::<nested_views::Nested3953>()
        .nested::<portal::NestedLive>()
        .nested::<details::Child4359>()
        .nested::<portal::NestedTeleported>()
        .live_session("other", default_layout, |routes| {
            routes.live::<history::Live3686<'C'>>("/issues/3686/c");
        })
        .live_session("hook outside", history::layout_4147, |routes| {
            routes.live::<history::Live4147>("/issues/4147");
        })
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

/// Pages of one test each, most of them by the number of an issue upstream.
fn more_pages(routes: &mut Routes<'_, World>) {
    routes
        .live::<portal::PortalLive>("/portal")
        .live::<inputs::SelectLive>("/select")
        .live::<inputs::ComponentsLive>("/components")
        .live::<history::UnsavedLive>("/form-unsaved")
        .live::<history::UnsavedTarget>("/form-unsaved/target")
        .live::<components::Live3026>("/issues/3026")
        .live::<nested_views::Page3047A>("/issues/3047/a")
        .live::<nested_views::Page3047B>("/issues/3047/b")
        .live::<components::Live3169>("/issues/3169")
        .live::<history::Live3194>("/issues/3194")
        .live::<history::Other3194>("/issues/3194/other")
        .live::<components::Live3200>("/issues/3200/messages")
        .live::<components::Live3200>("/issues/3200/settings")
        .live::<nested_views::Home3378>("/issues/3378")
        .live::<history::Live3529>("/issues/3529")
        .live::<nested_views::Live3530>("/issues/3530")
        .live::<nested_views::Page3612A>("/issues/3612/a")
        .live::<nested_views::Page3612B>("/issues/3612/b")
        .live::<nested_views::Page3681>("/issues/3681")
        .live::<nested_views::Messages3681<false>>("/issues/3681/away")
        .live::<history::Live3686<'A'>>("/issues/3686/a")
        .live::<history::Live3686<'B'>>("/issues/3686/b")
        .live::<history::Live3709>("/issues/3709")
        .live::<history::Live3709>("/issues/3709/{id}")
        .live::<inputs::Live3719>("/issues/3719")
        .live::<inputs::Live3814>("/issues/3814")
        .live::<inputs::Live3819>("/issues/3819")
        .live::<components::Live3941>("/issues/3941")
        .live::<nested_views::Live3953>("/issues/3953")
        .live::<components::Live3979>("/issues/3979")
        .live::<components::Live4027>("/issues/4027")
        .live::<components::Live4066>("/issues/4066")
        .live::<details::Live3107>("/issues/3107")
        .live::<details::Live3448>("/issues/3448")
        .live::<details::Live3636>("/issues/3636")
        .live::<details::Live3651>("/issues/3651")
        .live::<details::Live4094>("/issues/4094")
        .live::<details::Live4102>("/issues/4102")
        .live::<details::Live4212>("/issues/4212")
        .live::<details::Leaving4290>("/issues/4290/a")
        .live::<details::Listening4290>("/issues/4290/b")
        .live::<details::Live4325>("/issues/4325")
        .live::<details::Live4334>("/issues/4334")
        .live::<details::Live4359>("/issues/4359")
        .live::<portal::Live4095>("/issues/4095")
        .live::<portal::Live4107>("/issues/4107")
        .live::<portal::Live4121>("/issues/4121")
        .live::<components::Live4350>("/issues/4350");
}
