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
#[doc(hidden)]
pub mod rt;

pub use effects::{Effects, Flash, Navigation};
pub use form::{Change, Field, FormData};
pub use js::{Js, JsOptions};
pub use live_component::{ComponentCx, LiveComponent, LiveComponentSpec, Myself, live_component};
pub use message::{Binding, DecodeError, EventBinding, EventValue, FromField, Message, ToField};
pub use nested::{NestedView, nested, shared};
pub use params::{Param, Params};
pub use rendered::{
    AttrValue, Attrs, Dynamic, IntoDynamic, Key, Keyed, OptionalAttr, Raw, Rendered, Sent,
    StreamChanges, StreamInsert, Template, escape,
};
pub use session::{Secret, SecretError, Session, SessionCookie};
pub use shared_view::{SharedCx, SharedView};
pub use stream::{Place, Stream, Temporary};
pub use view::{Cx, Interrupt, LiveView, Mailbox};
