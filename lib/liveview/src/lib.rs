//! Live views: pages rendered on the server and kept live over a WebSocket by the official
//! `phoenix_live_view` client (1.2.12 or newer), in the Elm way.
//!
//! A [`LiveView`] is a model, a typed [`Message`] and a pure `render`; there is one instance per
//! browser tab. A [`SharedView`] has one instance per thing shown: it is rendered once and encoded
//! once per change, and every browser that looks gets the same bytes. [`html!`] is the markup of
//! both. An [`Endpoint`] answers HTTP with complete pages, and the sockets of the pages after that;
//! [`serve`] accepts the connections.
//!
//! ```
//! use liveview::{Cx, Interrupt, LiveView, Message, Rendered, html};
//!
//! struct Counter(i64);
//!
//! #[derive(Message)]
//! enum Msg {
//!     Add { by: i64 },
//! }
//!
//! impl LiveView for Counter {
//!     type Context = ();
//!     type Msg = Msg;
//!
//!     async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
//!         Ok(Counter(0))
//!     }
//!
//!     async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
//!         let Msg::Add { by } = message;
//!         self.0 += by;
//!     }
//!
//!     fn render(&self) -> Rendered {
//!         html! { <button phx-click={Msg::Add { by: 2 }}>{self.0}</button> }
//!     }
//! }
//!
//! assert_eq!(
//!     Counter(3).render().to_html(),
//!     "<button phx-click=\"[[&quot;push&quot;,{&quot;event&quot;:&quot;add&quot;,\
//!      &quot;value&quot;:{&quot;by&quot;:2}}]]\">3</button>",
//! );
//! ```
//!
//! How a change travels: `update` changes the model, `render` gives a [`Rendered`] (statics known at
//! compile time, dynamics between them), `diff.rs` compares it with what the browser has, `wire.rs`
//! and `channels` put the difference into a frame.
//!
//! Who may: [`EndpointBuilder::admit`] says which sessions count, for pages, sockets and joins;
//! [`Endpoint::disconnect`] closes the sockets of one that does not any more; [`SharedView::allows`]
//! says who may look at a shared view, and [`SharedCx::recheck`] asks it again for all who do.
//!
//! | task | one per | ends when |
//! |---|---|---|
//! | a view (`view_task.rs`, run by `channels`) | joined [`LiveView`] | left, crashed, redirected |
//! | `view work` | [`Cx::spawn`], [`Cx::after`], [`Cx::every`] | done, or its view is gone |
//! | `shared view` (`shared_view_task.rs`) | shown key of a [`SharedView`] | nobody has looked for 30 s |
//! | `shared view work` | [`SharedCx::spawn_with`] | done, or its view is gone |
//! | `socket` | connection | closed, disconnected, or the scope stops (1012) |
//! | `connection` (`serve.rs`) | connection | answered, or upgraded to a socket |
//!
//! Not here: what a page says; uploads; long-polling; where sessions other than a cookie would be.
#![warn(missing_docs)]

extern crate self as liveview;

mod view;
mod shared_view;
mod rendered;
mod message;
mod params;
mod form;
mod stream;
pub mod component;
mod live_component;
mod nested;
mod js;
mod effects;
mod session;
mod diff;
mod kept;
mod wire;
mod probe;
mod page;
mod app;
mod peer;
mod door;
mod join;
mod view_task;
mod shared_view_task;
mod endpoint;
mod compression;
mod websocket;
mod serve;
#[cfg(feature = "testing")]
pub mod testing;
#[doc(hidden)]
pub mod rt;

pub use app::ErrorPage;
pub use component::Slot;
pub use effects::{Effects, Flash, Navigation};
pub use endpoint::{Body, Endpoint, EndpointBuilder, Routes};
pub use form::{Change, Field, FormData};
pub use js::{Js, JsOptions};
pub use live_component::{ComponentCx, LiveComponent, LiveComponentSpec, Myself, live_component};
pub use liveview_macros::{Form, Message, component, html, slot};
pub use message::{Binding, DecodeError, EventBinding, EventValue, FromField, Message, ToField};
pub use nested::{NestedView, nested, shared};
pub use page::{Layout, Page};
pub use params::{Param, Params};
pub use peer::PeerAddr;
pub use rendered::{
    AttrValue, Attrs, Dynamic, IntoDynamic, Key, Keyed, OptionalAttr, Raw, Rendered, Sent,
    StreamChanges, StreamInsert, Template, escape,
};
pub use serve::{ServeConfig, serve};
pub use session::{Secret, SecretError, Session, SessionCookie};
pub use shared_view::{SharedCx, SharedView};
pub use shared_view_task::SharedCounts;
pub use stream::{Place, Stream, Temporary};
pub use view::{Cx, Interrupt, LiveView, Mailbox};
