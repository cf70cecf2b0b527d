//! Live views over channels, spoken to by the official `phoenix_live_view` client.
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
mod page;
mod app;
mod join;
mod view_task;
mod shared_view_task;
mod endpoint;
mod websocket;
mod serve;
#[doc(hidden)]
pub mod rt;

pub use effects::{Effects, Flash, Navigation};
pub use app::ErrorPage;
pub use endpoint::{Body, Endpoint, EndpointBuilder, PeerAddr, Routes};
pub use form::{Change, Field, FormData};
pub use js::{Js, JsOptions};
pub use liveview_macros::{Form, Message, component, html, slot};
pub use live_component::{ComponentCx, LiveComponent, LiveComponentSpec, Myself, live_component};
pub use message::{Binding, DecodeError, EventBinding, EventValue, FromField, Message, ToField};
pub use nested::{NestedView, nested, shared};
pub use page::{Layout, Page};
pub use params::{Param, Params};
pub use rendered::{
    AttrValue, Attrs, Dynamic, IntoDynamic, Key, Keyed, OptionalAttr, Raw, Rendered, Sent,
    StreamChanges, StreamInsert, Template, escape,
};
pub use session::{Secret, SecretError, Session, SessionCookie};
pub use serve::{ServeConfig, serve};
pub use shared_view::{SharedCx, SharedView};
pub use shared_view_task::SharedCounts;
pub use stream::{Place, Stream, Temporary};
pub use view::{Cx, Interrupt, LiveView, Mailbox};
