//! `#[derive(Form)]`: a form as a struct, and the names of its fields as constants.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DataStruct, DeriveInput, Error, Fields, Result, ext::IdentExt, spanned::Spanned};

use crate::message::text;

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        return Err(Error::new(input.ident.span(), "a form is a struct with named fields"));
    };
    let (vis, form) = (&input.vis, &input.ident);
    let names = format_ident!("{form}Fields");
    let (mut reads, mut definitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let name = match text(&field.attrs, "field")? {
            Some(renamed) => renamed.value(),
            None => ident.unraw().to_string(),
        };
        let ty = &field.ty;
        let read = quote_spanned! {ty.span()=>
            <#ty as ::liveview::rt::FromField>::from_field(
                ::liveview::Params::param(__params, #name), #name,
            )?
        };
        reads.push(quote!(#ident: #read));
        let doc = format!("The name {name:?}.");
        definitions.push(quote!(#[doc = #doc] pub #ident: ::liveview::Field));
        values.push(quote!(#ident: ::liveview::Field::new(#name)));
    }
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let names_doc = format!("Names of the fields of [`{form}`], for `name={{…}}`.");
    Ok(quote! {
        #[doc = #names_doc]
        #[derive(Clone, Copy, Debug)]
        #[allow(dead_code)]
        #vis struct #names {
            #(#definitions,)*
        }

        impl #parameters #form #arguments #bounds {
            #[doc = #names_doc]
            #[allow(dead_code)]
            #vis const FIELDS: #names = #names { #(#values,)* };
        }

        impl #parameters ::liveview::FormData for #form #arguments #bounds {
            fn from_params(
                __params: &::liveview::Params,
            ) -> ::core::result::Result<Self, ::liveview::DecodeError> {
                ::core::result::Result::Ok(Self { #(#reads,)* })
            }
        }

        impl #parameters ::liveview::rt::FromField for #form #arguments #bounds {
            fn from_field(
                __param: ::core::option::Option<&::liveview::Param>,
                __name: &str,
            ) -> ::core::result::Result<Self, ::liveview::DecodeError> {
                let __params: ::liveview::Params =
                    ::liveview::rt::FromField::from_field(__param, __name)?;
                ::liveview::FormData::from_params(&__params)
            }
        }
    })
}
