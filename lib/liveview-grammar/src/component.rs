//! `#[component]` and `#[slot]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Error, FnArg, GenericParam, Generics, ItemFn, ItemStruct, Pat, Result, Type, TypeParam,
    spanned::Spanned, visit_mut::VisitMut,
};

use crate::builder::{Builder, NameLifetimes, Prop, check_name, is_prop};

/// The function as it is, and beside it, in the namespace of types, its builder.
pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> Result<TokenStream> {
    no_arguments(&arguments)?;
    let mut function: ItemFn = syn::parse2(function)?;
    let signature = &function.sig;
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new(asyncness.span(), "a component renders at once"));
    }
    // Slots are invariant in what they pass, so that what the caller lends must live equally long.
    let mut lifetimes = NameLifetimes::default();
    let signature = &mut function.sig;
    signature.inputs.iter_mut().for_each(|input| lifetimes.visit_fn_arg_mut(input));
    lifetimes.declare(&mut signature.generics);
    let mut generics = signature.generics.clone();
    let props = signature
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| prop(at, input, &mut generics))
        .collect::<Result<Vec<Prop>>>()?;
    let name = signature.ident.clone();
    let output = match &signature.output {
        syn::ReturnType::Type(_, output) => output.to_token_stream(),
        syn::ReturnType::Default => {
            return Err(Error::new(name.span(), "a component returns `Rendered`"));
        }
    };
    let builder = Builder {
        vis: &function.vis,
        shown: format!("<{name}>"),
        generics: &generics,
        props: &props,
        finish: format_ident!("__render"),
        output,
        body: &|values| quote!(#name(#(#values),*)),
        name: name.clone(),
    }
    .emit();
    for input in &mut function.sig.inputs {
        if let FnArg::Typed(input) = input {
            input.attrs.retain(|attribute| !is_prop(attribute));
        }
    }
    Ok(quote! {
        #[allow(non_snake_case, clippy::needless_lifetimes, clippy::too_many_arguments)]
        #function
        #builder
    })
}

/// Reads a parameter; `impl Trait` becomes a parameter of the builder.
fn prop(at: usize, input: &FnArg, generics: &mut Generics) -> Result<Prop> {
    let FnArg::Typed(input) = input else {
        return Err(Error::new(input.span(), "a component is a function without `self`"));
    };
    let Pat::Ident(pattern) = &*input.pat else {
        return Err(Error::new(input.pat.span(), "a prop is a name, not a pattern"));
    };
    check_name(&pattern.ident)?;
    let mut ty = (*input.ty).clone();
    if let Type::ImplTrait(implemented) = ty {
        let ident = format_ident!("__T{at}");
        let mut parameter = TypeParam::from(ident.clone());
        parameter.bounds = implemented.bounds;
        generics.params.push(GenericParam::Type(parameter));
        ty = syn::parse_quote!(#ident);
    }
    Prop::new(pattern.ident.clone(), ty, &input.attrs)
}

/// The struct as it is, and the builder that a `<:name>` fills.
pub(crate) fn expand_slot(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    no_arguments(&arguments)?;
    let mut item: ItemStruct = syn::parse2(item)?;
    let name = item.ident.clone();
    let mut props = Vec::new();
    for field in &mut item.fields {
        let Some(field_name) = field.ident.clone() else {
            return Err(Error::new(name.span(), "the props of a slot have names"));
        };
        check_name(&field_name)?;
        props.push(Prop::new(field_name, field.ty.clone(), &field.attrs)?);
        field.attrs.retain(|attribute| !is_prop(attribute));
    }
    let names: Vec<Ident> = props.iter().map(|prop| prop.name.clone()).collect();
    let (parameters, arguments, bounds) = item.generics.split_for_impl();
    let builder = Builder {
        vis: &item.vis,
        name: format_ident!("__{name}Builder"),
        shown: format!("<:{}>", crate::names::snake_case(&name.to_string())),
        generics: &item.generics,
        props: &props,
        finish: format_ident!("__finish"),
        output: quote!(#name #arguments),
        body: &|values| quote!(#name { #(#names: #values),* }),
    };
    let (empty, builder_name, builder) = (builder.empty_type(), &builder.name, builder.emit());
    Ok(quote! {
        #[allow(dead_code)]
        #item
        #builder
        impl #parameters ::liveview::rt::component::SlotEntry for #name #arguments #bounds {
            type Builder = #empty;

            fn builder() -> Self::Builder {
                #builder_name::__new()
            }
        }
    })
}

fn no_arguments(arguments: &TokenStream) -> Result<()> {
    match arguments.is_empty() {
        true => Ok(()),
        false => Err(Error::new_spanned(arguments, "this attribute takes nothing")),
    }
}
