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
