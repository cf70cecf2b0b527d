//! What kind of expression stands in braces: a place that is only looked at, or a message.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};
use syn::{Expr, ext::IdentExt, spanned::Spanned};

use crate::{
    cursor::{is_ident, is_punct},
    names,
};

/// Names that the code being emitted binds itself, and so may give away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    names: HashSet<String>,
    /// Whether the code runs more than once, so that names of around it may not be given away.
    repeats: bool,
}

impl Bound {
    /// The start of a closure or of a loop's body.
    pub(crate) fn repeated() -> Self {
        Self { names: HashSet::new(), repeats: true }
    }

    /// Takes note of the names in a pattern; too many do no harm.
    pub(crate) fn add(&mut self, pattern: &TokenStream) {
        for token in pattern.clone() {
            match token {
                TokenTree::Ident(name) => {
                    self.names.insert(name.to_string());
                }
                TokenTree::Group(group) => self.add(&group.stream()),
                _ => {}
            }
        }
    }

    /// Takes note of the names in `pattern = value`.
    pub(crate) fn add_assigned(&mut self, binding: &TokenStream) {
        self.add(&pattern_of(binding.clone().into_iter()));
    }

    /// Takes note of the names that each `let` of a condition binds.
    pub(crate) fn add_condition(&mut self, condition: &TokenStream) {
        let mut tokens = condition.clone().into_iter();
        while let Some(token) = tokens.next() {
            if is_ident(Some(&token), "let") {
                self.add(&pattern_of(tokens.clone()));
            }
        }
    }

    fn may_move(&self, name: &Ident) -> bool {
        !self.repeats || self.names.contains(&name.to_string())
    }
}

/// The tokens up to the `=`; that of `..=` is none.
fn pattern_of(tokens: impl Iterator<Item = TokenTree>) -> TokenStream {
    let mut in_range = false;
    let pattern = tokens.take_while(|token| {
        let ends = is_punct(Some(token), '=') && !in_range;
        in_range = is_punct(Some(token), '.');
        !ends
    });
    pattern.collect()
}

/// Whether `tokens` is a place, such as `self.name`, that a template must not move out of.
///
/// A variable on its own is given away where that can happen only once: markup that was rendered
/// before has no other way into a template.
pub(crate) fn is_borrowed(tokens: &TokenStream, bound: &Bound) -> bool {
    match syn::parse2::<Expr>(tokens.clone()) {
        Ok(Expr::Field(_) | Expr::Index(_)) => true,
        Ok(Expr::Path(path)) => match path.path.get_ident() {
            Some(name) => !bound.may_move(name),
            None => false,
        },
        _ => false,
    }
}

/// The expression of an event attribute: messages are checked, anything else is passed on.
///
/// `Msg::Post` becomes the binding of that variant, whatever fields it has; `Msg::Delete { id }`
/// and `Msg::Pick(3)` stay values, of variants that a browser may send.
pub(crate) fn binding(tokens: &TokenStream) -> TokenStream {
    let Ok(expr) = syn::parse2::<Expr>(tokens.clone()) else { return tokens.clone() };
    match &expr {
        Expr::Path(path) if path.qself.is_none() => match message(&path.path) {
            Some(message) => message.binding(),
            None => tokens.clone(),
        },
        Expr::Struct(value) => checked(message(&value.path), tokens),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => checked(message(&path.path), tokens),
            _ => tokens.clone(),
        },
        _ => tokens.clone(),
    }
}

fn checked(message: Option<Message>, value: &TokenStream) -> TokenStream {
    let Some(message) = message else { return value.clone() };
    let binding = message.binding();
    quote_spanned!(message.variant.span()=> { let _ = || #binding; #value })
}

/// `path::Msg::Variant`, taken apart.
struct Message {
    path: syn::Path,
    variant: Ident,
}

fn message(path: &syn::Path) -> Option<Message> {
    let variant = path.segments.last()?.ident.clone();
    let is_enum = path.segments.len() >= 2
        && names::is_camel_case(&variant.to_string())
        && names::is_camel_case(&path.segments[path.segments.len() - 2].ident.to_string());
    if !is_enum {
        return None;
    }
    Some(Message { path: path.clone(), variant })
}

impl Message {
    /// The variant is named in a pattern, whatever fields it has, and then asked of the message: if
    /// there is none, rustc reports nothing but the variant (see `liveview::component::bound`).
    fn binding(&self) -> TokenStream {
        let Self { path, variant } = self;
        let method = format_ident!("__binding_{}", variant.unraw(), span = variant.span());
        let message = Ident::new("__message", Span::mixed_site().located_at(variant.span()));
        quote_spanned!(path.span()=> ::liveview::rt::component::bound(|#message| {
            match #message {
                #path { .. } => (),
                #[allow(unreachable_patterns)]
                _ => (),
            }
            #message.#method()
        }))
    }
}

/// Emits `value` so that it is looked at and not taken.
pub(crate) fn by_reference(value: &TokenStream) -> TokenStream {
    quote_spanned!(value.span()=> &(#value))
}
