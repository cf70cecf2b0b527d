//! The grammar behind liveview's macros: an ordinary crate, so that it can be tested.
//!
//! [`html`] reads markup into nodes (`markup.rs`, `parse.rs`) and emits the code that renders them
//! (`codegen.rs`): statics are split from dynamics here, at compile time. [`component`] and [`slot`]
//! turn a function or a struct into a builder that checks props (`component.rs`); [`message`] and
//! [`form`] are the derives of events and forms. Everything takes and gives token streams, never
//! panics, and reports mistakes as `compile_error!` at the place in the source.
//!
//! ```
//! let tokens = r#"<p class="greeting">Hello, {name}!</p>"#.parse().unwrap();
//! let code = liveview_grammar::html(tokens).to_string();
//! assert!(code.contains(r#""<p class=\"greeting\">Hello, " , "!</p>""#));
//! ```
//!
//! **Not here:** what the emitted code calls. That is `liveview::rt`, which this crate only names.

#![warn(missing_docs)]

mod markup;
mod names;
mod cursor;
mod parse;
mod codegen;
mod place;
mod builder;
mod component;
mod message;
mod form;

use proc_macro2::TokenStream;

/// Emits the expression of type `Rendered` for the body of an `html!`.
pub fn html(body: TokenStream) -> TokenStream {
    let (children, errors) = parse::parse(body);
    match errors.is_empty() {
        true => codegen::rendered(&children),
        false => codegen::refused(&errors),
    }
}

/// Emits a component's function together with the builder that `html!` calls.
pub fn component(arguments: TokenStream, function: TokenStream) -> TokenStream {
    component::expand(arguments, function).unwrap_or_else(|error| error.to_compile_error())
}

/// Emits a slot entry's struct together with its builder.
pub fn slot(arguments: TokenStream, item: TokenStream) -> TokenStream {
    component::expand_slot(arguments, item).unwrap_or_else(|error| error.to_compile_error())
}

/// Emits `impl Message` for an enum.
pub fn message(item: TokenStream) -> TokenStream {
    message::expand(item).unwrap_or_else(|error| error.to_compile_error())
}

/// Emits `impl FormData` and the names of its fields for a struct.
pub fn form(item: TokenStream) -> TokenStream {
    form::expand(item).unwrap_or_else(|error| error.to_compile_error())
}
