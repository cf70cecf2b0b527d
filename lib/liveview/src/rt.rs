//! What the code that `html!` emits calls. Not for use by hand.

use std::borrow::Cow;

pub use serde_json::Value;

use crate::rendered::{AttrValue, Attrs, OptionalAttr, escape, write_attr};
pub use crate::{
    component,
    message::{EventBinding, FromField, ToField},
    rendered::{Dynamic, IntoDynamic, Key, Keyed, Rendered, Template},
};

pub fn text(value: impl IntoDynamic) -> Dynamic {
    value.into_dynamic()
}

pub fn attr_value(value: impl AttrValue) -> Dynamic {
    Dynamic::Text(Cow::Owned(escape(&value.attr_value())))
}

pub fn attr_optional(name: &'static str, value: impl OptionalAttr) -> Dynamic {
    let mut text = String::new();
    if let Some(value) = value.optional_attr() {
        write_attr(&mut text, name, value.as_deref());
    }
    Dynamic::Text(Cow::Owned(text))
}

pub fn attrs(attrs: impl Into<Attrs>) -> Dynamic {
    Dynamic::Text(Cow::Owned(attrs.into().to_text()))
}

pub fn binding(binding: impl EventBinding) -> Dynamic {
    Dynamic::Text(Cow::Owned(escape(&binding.binding().0)))
}

pub fn binding_optional(name: &'static str, binding: Option<impl EventBinding>) -> Dynamic {
    let text = binding.map(|binding| binding.binding().0);
    attr_optional(name, text)
}

pub fn keyed(entries: impl Iterator<Item = (Key, Rendered)>) -> Dynamic {
    Dynamic::Keyed(Keyed::collect(entries))
}
