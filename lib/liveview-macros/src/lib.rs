//! The procedural macros of `liveview`: only the door, the work is in `liveview-grammar`.
//!
//! Use them through `liveview`, which re-exports them together with what their code calls.

#![warn(missing_docs)]

use proc_macro::TokenStream;

/// Markup as an expression of type `Rendered`.
#[proc_macro]
pub fn html(body: TokenStream) -> TokenStream {
    liveview_grammar::html(body.into()).into()
}

/// A component.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, function: TokenStream) -> TokenStream {
    liveview_grammar::component(arguments.into(), function.into()).into()
}

/// A slot entry.
#[proc_macro_attribute]
pub fn slot(arguments: TokenStream, item: TokenStream) -> TokenStream {
    liveview_grammar::slot(arguments.into(), item.into()).into()
}

/// Messages.
#[proc_macro_derive(Message, attributes(event, internal, field))]
pub fn message(item: TokenStream) -> TokenStream {
    liveview_grammar::message(item.into()).into()
}

/// A form.
#[proc_macro_derive(Form, attributes(field))]
pub fn form(item: TokenStream) -> TokenStream {
    liveview_grammar::form(item.into()).into()
}
