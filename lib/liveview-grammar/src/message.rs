//! `#[derive(Message)]`: the events of a view as an enum, in both directions.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, LitStr, Result, Variant, ext::IdentExt,
    spanned::Spanned,
};

use crate::names;

/// One variant and how it looks on the wire.
struct Event<'a> {
    variant: &'a Variant,
    /// `None` if no browser may send it.
    name: Option<String>,
    shape: Shape,
}

enum Shape {
    Unit,
    /// One field that is the whole form.
    Form,
    Fields(Vec<WireField>),
}

struct WireField {
    member: syn::Member,
    local: Ident,
    name: String,
    span: proc_macro2::Span,
}

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "messages are the variants of an enum"));
    };
    let events = data.variants.iter().map(event).collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    for event in &events {
        if let Some(name) = &event.name
            && !seen.insert(name)
        {
            let message = format!("another variant is the event {name:?} already");
            return Err(Error::new(event.variant.ident.span(), message));
        }
    }
    let (name, decode) = (&input.ident, events.iter().filter_map(decode));
    let encode = events.iter().map(encode);
    let bindings = events.iter().enumerate().map(|(at, event)| binding(at, event));
    let sent = events.iter().enumerate().filter_map(|(at, event)| Some((at, event.name.as_ref()?)));
    let (places, names): (Vec<usize>, Vec<&String>) = sent.unzip();
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #parameters ::liveview::Message for #name #arguments #bounds {
            fn decode(
                __event: &str,
                __value: &::liveview::EventValue,
            ) -> ::core::result::Result<Self, ::liveview::DecodeError> {
                match __event {
                    #(#decode)*
                    __event => ::core::result::Result::Err(
                        ::liveview::DecodeError::UnknownEvent(
                            ::std::string::String::from(__event),
                        ),
                    ),
                }
            }

            fn encode(&self) -> (&'static str, ::liveview::rt::Value) {
                match *self { #(#encode)* }
            }
        }

        #(
            impl #parameters ::liveview::rt::component::FromBrowser<#places>
                for #name #arguments #bounds
            {
                const EVENT: &'static str = #names;
            }
        )*

        #[doc(hidden)]
        #[allow(non_snake_case, dead_code, missing_docs)]
        impl #parameters #name #arguments #bounds {
            #(#bindings)*
        }
    })
}

fn event(variant: &Variant) -> Result<Event<'_>> {
    let internal = variant.attrs.iter().find(|attribute| attribute.path().is_ident("internal"));
    let renamed = text(&variant.attrs, "event")?;
    let shape = shape(variant, internal.is_some())?;
    let name = match (internal, renamed) {
        (Some(internal), Some(_)) => {
            return Err(Error::new(internal.span(), "an internal message is no event"));
        }
        (Some(_), None) => None,
        (None, Some(renamed)) => Some(event_name(&renamed)?),
        (None, None) => Some(names::snake_case(&variant.ident.unraw().to_string())),
    };
    Ok(Event { variant, name, shape })
}

/// A name that the client does not take for JS commands or one of its own.
fn event_name(name: &LitStr) -> Result<String> {
    let text = name.value();
    match text.is_empty() || text.starts_with('[') || text.starts_with("lv:") {
        true => Err(Error::new(name.span(), "not a name of an event: empty, `[…` or `lv:…`")),
        false => Ok(text),
    }
}

fn shape(variant: &Variant, internal: bool) -> Result<Shape> {
    if internal {
        return Ok(Shape::Unit);
    }
    let fields = variant.fields.iter().enumerate();
    let fields = fields.map(wire_field).collect::<Result<Vec<_>>>()?;
    match &variant.fields {
        Fields::Unit => Ok(Shape::Unit),
        Fields::Named(_) => Ok(Shape::Fields(fields.into_iter().map(|(field, _)| field).collect())),
        Fields::Unnamed(_) if fields.iter().all(|(_, named)| *named) => {
            Ok(Shape::Fields(fields.into_iter().map(|(field, _)| field).collect()))
        }
        Fields::Unnamed(_) if fields.len() == 1 => Ok(Shape::Form),
        Fields::Unnamed(_) => Err(Error::new(
            variant.fields.span(),
            "expected one form, named fields, or `#[field(\"name\")]` on each",
        )),
    }
}

/// A field, and whether it has a name of its own.
fn wire_field((at, field): (usize, &Field)) -> Result<(WireField, bool)> {
    let renamed = text(&field.attrs, "field")?;
    let named = renamed.is_some() || field.ident.is_some();
    let name = match (&renamed, &field.ident) {
        (Some(renamed), _) => renamed.value(),
        (None, Some(ident)) => ident.unraw().to_string(),
        (None, None) => String::new(),
    };
    let member = match &field.ident {
        Some(ident) => syn::Member::Named(ident.clone()),
        None => syn::Member::from(at),
    };
    let local = format_ident!("__field{at}");
    Ok((WireField { member, local, name, span: field.ty.span() }, named))
}

/// The `"text"` of `#[name("text")]`.
pub(crate) fn text(attributes: &[Attribute], name: &str) -> Result<Option<LitStr>> {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let Some(attribute) = found.next() else { return Ok(None) };
    if let Some(again) = found.next() {
        return Err(Error::new(again.span(), format!("`{name}` is given twice")));
    }
    attribute.parse_args().map(Some)
}

fn decode(event: &Event) -> Option<TokenStream> {
    let (name, variant) = (event.name.as_ref()?, &event.variant.ident);
    let value = match &event.shape {
        Shape::Unit => quote!(Self::#variant),
        Shape::Form => {
            let span = event.variant.fields.span();
            let value = quote_spanned!(span=> ::liveview::EventValue::form(__value)?);
            quote!(Self::#variant(#value))
        }
        Shape::Fields(fields) => {
            let fields = fields.iter().map(|WireField { member, name, span, .. }| {
                let value = quote_spanned!(*span=> ::liveview::EventValue::field(__value, #name)?);
                quote!(#member: #value)
            });
            quote!(Self::#variant { #(#fields),* })
        }
    };
    Some(quote!(#name => ::core::result::Result::Ok(#value),))
}

/// A message that takes a form is bound by its name alone; of an internal one nothing is told.
fn encode(event: &Event) -> TokenStream {
    let (name, variant) = (event.name.as_deref().unwrap_or(""), &event.variant.ident);
    match &event.shape {
        Shape::Fields(fields) if !fields.is_empty() => {
            let patterns =
                fields.iter().map(|WireField { member, local, .. }| quote!(#member: ref #local));
            let pairs = fields.iter().map(|WireField { local, name, span, .. }| {
                let value = quote_spanned!(*span=> ::liveview::rt::ToField::to_field(#local));
                quote!((#name, #value))
            });
            quote! {
                Self::#variant { #(#patterns),* } => (
                    #name,
                    <::liveview::rt::Value as ::core::iter::FromIterator<_>>::from_iter(
                        [#(#pairs),*],
                    ),
                ),
            }
        }
        _ => quote!(Self::#variant { .. } => (#name, ::liveview::rt::Value::Null),),
    }
}

/// Names the variant for `html!`, and its event if a browser may send it.
fn binding(at: usize, event: &Event) -> TokenStream {
    let method = format_ident!("__binding_{}", event.variant.ident.unraw());
    quote! {
        pub fn #method(&self) -> ::liveview::rt::component::Variant<Self, #at> {
            ::liveview::rt::component::Variant::NAMED
        }
    }
}
