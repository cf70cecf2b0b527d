//! Emits a builder whose methods are props: unknown props, wrong types and missing props do not
//! compile, each with an error at its place.
//!
//! Each prop that must be given is a type parameter of the builder, `Missing` until its method was
//! called. The last method asks a trait of each of them, whose error names the prop.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Error, Expr, GenericArgument, GenericParam, Generics, Lifetime, PathArguments,
    Result, Token, Type, Visibility, ext::IdentExt, spanned::Spanned, visit_mut::VisitMut,
};

/// One method of a builder.
pub(crate) struct Prop {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    kind: Kind,
    into: bool,
    slot: bool,
}

enum Kind {
    Required,
    /// With the value that it has if nothing is given.
    Optional(TokenStream),
    /// A list of slot entries.
    Entries(Box<Type>),
}

/// A builder and what it ends in.
pub(crate) struct Builder<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) name: Ident,
    /// What is built, for messages: `<Card>`.
    pub(crate) shown: String,
    pub(crate) generics: &'a Generics,
    pub(crate) props: &'a [Prop],
    pub(crate) finish: Ident,
    pub(crate) output: TokenStream,
    /// From `values`, one expression for each prop.
    pub(crate) body: &'a dyn Fn(&[TokenStream]) -> TokenStream,
}

impl Prop {
    /// Reads `#[prop(default, default = value, into, slot)]`.
    pub(crate) fn new(name: Ident, ty: Type, attributes: &[Attribute]) -> Result<Self> {
        let (mut default, mut into, mut slot) = (None, false, is_named(&ty, "Slot"));
        slot |= argument(&ty, "Option").is_some_and(|ty| is_named(ty, "Slot"));
        let mut entries = false;
        for attribute in attributes.iter().filter(|attribute| is_prop(attribute)) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    default = Some(match meta.input.peek(Token![=]) {
                        true => {
                            let value: Expr = meta.value()?.parse()?;
                            quote!(unwrap_or_else(|| #value))
                        }
                        false => quote!(unwrap_or_default()),
                    });
                } else if meta.path.is_ident("into") {
                    into = true;
                } else if meta.path.is_ident("slot") {
                    (slot, entries) = (true, true);
                } else {
                    return Err(
                        meta.error("expected `default`, `default = value`, `into` or `slot`")
                    );
                }
                Ok(())
            })?;
        }
        let kind = match (argument(&ty, "Vec"), default) {
            (Some(entry), _) if entries => Kind::Entries(Box::new(entry.clone())),
            (None, None) if slot && argument(&ty, "Option").is_some() => {
                Kind::Optional(quote!(unwrap_or_default()))
            }
            (_, Some(default)) => Kind::Optional(default),
            (_, None) => Kind::Required,
        };
        Ok(Self { name, ty, kind, into, slot })
    }

    fn is_required(&self) -> bool {
        matches!(self.kind, Kind::Required)
    }

    /// What a `<:name>` makes.
    fn entry(&self) -> &Type {
        match &self.kind {
            Kind::Entries(entry) => entry,
            _ => argument(&self.ty, "Option").unwrap_or(&self.ty),
        }
    }

    fn plain_name(&self) -> Ident {
        self.name.unraw()
    }
}

pub(crate) fn is_prop(attribute: &Attribute) -> bool {
    attribute.path().is_ident("prop")
}

/// The `T` of `wrapper<T>`.
fn argument<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// The lifetime and the type of `Slot<'a, T>`.
fn slot_arguments(ty: &Type) -> Option<(&Lifetime, TokenStream)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Slot")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let lifetime = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })?;
    let passed = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(quote!(#ty)),
        _ => None,
    });
    Some((lifetime, passed.unwrap_or_else(|| quote!(()))))
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

impl Builder<'_> {
    pub(crate) fn emit(&self) -> TokenStream {
        let (definition, traits) = (self.definition(), self.traits());
        let (new, methods) = (self.new_function(), self.methods());
        quote!(#definition #traits #new #methods)
    }

    fn required(&self) -> impl Iterator<Item = &Prop> {
        self.props.iter().filter(|prop| prop.is_required())
    }

    fn states(&self) -> Vec<Ident> {
        self.required().map(|prop| format_ident!("__{}", prop.plain_name())).collect()
    }

    fn trait_name(&self, prop: &Prop) -> Ident {
        let name = self.name.to_string();
        format_ident!("__{}_has_{}", name.trim_start_matches('_'), prop.plain_name())
    }

    /// The type with these states.
    pub(crate) fn type_with(&self, states: &[TokenStream]) -> TokenStream {
        let name = &self.name;
        let arguments = self.generics.params.iter().map(|parameter| match parameter {
            GenericParam::Lifetime(parameter) => {
                let lifetime = &parameter.lifetime;
                quote!(#lifetime)
            }
            GenericParam::Type(parameter) => {
                let ident = &parameter.ident;
                quote!(#ident)
            }
            GenericParam::Const(parameter) => {
                let ident = &parameter.ident;
                quote!(#ident)
            }
        });
        quote!(#name<#(#arguments,)* #(#states),*>)
    }

    pub(crate) fn empty_type(&self) -> TokenStream {
        let missing = quote!(::liveview::rt::component::Missing);
        self.type_with(&vec![missing; self.required().count()])
    }

    /// Parameters with their bounds, lifetimes first.
    fn parameters(&self) -> TokenStream {
        let parameters = self.generics.params.iter().cloned().map(|mut parameter| {
            match &mut parameter {
                GenericParam::Type(parameter) => parameter.default = None,
                GenericParam::Const(parameter) => parameter.default = None,
                GenericParam::Lifetime(_) => {}
            }
            parameter
        });
        quote!(#(#parameters,)*)
    }

    fn definition(&self) -> TokenStream {
        let (vis, name, states) = (self.vis, &self.name, self.states());
        let (parameters, bounds) = (self.parameters(), &self.generics.where_clause);
        let mut state = states.iter();
        let fields = self.props.iter().map(|prop| {
            let (name, ty) = (&prop.name, &prop.ty);
            match prop.kind {
                Kind::Required => {
                    let state = state.next();
                    quote!(#name: #state,)
                }
                Kind::Optional(_) => quote!(#name: ::core::option::Option<#ty>,),
                Kind::Entries(_) => quote!(#name: #ty,),
            }
        });
        let types = self.props.iter().map(|prop| &prop.ty);
        quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types, clippy::type_complexity)]
            #vis struct #name<#parameters #(#states),*> #bounds {
                #(#fields)*
                __props: ::core::marker::PhantomData<fn() -> (#(#types,)*)>,
            }
        }
    }

    fn traits(&self) -> TokenStream {
        let vis = self.vis;
        let traits = self.required().map(|prop| {
            let (name, prop) = (self.trait_name(prop), prop.plain_name());
            let message = format!("`{}` lacks its `{prop}`", self.shown);
            let label = format!("`{prop}` is not given");
            quote! {
                #[doc(hidden)]
                #[allow(non_camel_case_types)]
                #[diagnostic::on_unimplemented(message = #message, label = #label)]
                #vis trait #name<T> {
                    fn __take(self) -> T;
                }
                impl<T> #name<T> for ::liveview::rt::component::Given<T> {
                    fn __take(self) -> T {
                        self.0
                    }
                }
            }
        });
        traits.collect()
    }

    fn new_function(&self) -> TokenStream {
        let (name, parameters, empty) = (&self.name, self.parameters(), self.empty_type());
        let bounds = &self.generics.where_clause;
        let fields = self.props.iter().map(|prop| {
            let name = &prop.name;
            match prop.kind {
                Kind::Required => quote!(#name: ::liveview::rt::component::Missing,),
                Kind::Optional(_) => quote!(#name: ::core::option::Option::None,),
                Kind::Entries(_) => quote!(#name: ::std::vec::Vec::new(),),
            }
        });
        quote! {
            #[allow(clippy::type_complexity)]
            impl<#parameters> #empty #bounds {
                #[doc(hidden)]
                pub fn __new() -> Self {
                    #name { #(#fields)* __props: ::core::marker::PhantomData }
                }
            }
        }
    }

    fn methods(&self) -> TokenStream {
        let states = self.states();
        let (parameters, bounds) = (self.parameters(), &self.generics.where_clause);
        let this = self.type_with(&states.iter().map(|state| quote!(#state)).collect::<Vec<_>>());
        let markup = self.props.iter().filter_map(|prop| self.markup(prop, &states));
        let setters = self.props.iter().map(|prop| self.setter(prop, &states));
        let slots = self.props.iter().filter(|prop| prop.slot).map(|prop| self.slot(prop, &states));
        let finish = self.finish();
        quote! {
            #[doc(hidden)]
            #[allow(
                non_camel_case_types, non_snake_case, missing_docs, dead_code,
                clippy::type_complexity, clippy::wrong_self_convention,
                clippy::should_implement_trait
            )]
            impl<#parameters #(#states),*> #this #bounds {
                pub fn __with<__R>(self, fill: impl ::core::ops::FnOnce(Self) -> __R) -> __R {
                    fill(self)
                }
                #(#setters)*
                #(#markup)*
                #(#slots)*
                #finish
            }
        }
    }

    /// The type after `prop` was given.
    fn given(&self, prop: &Prop, states: &[Ident]) -> TokenStream {
        let ty = &prop.ty;
        let states =
            self.required().zip(states).map(|(required, state)| match required.name == prop.name {
                true => quote!(::liveview::rt::component::Given<#ty>),
                false => quote!(#state),
            });
        self.type_with(&states.collect::<Vec<_>>())
    }

    fn setter(&self, prop: &Prop, states: &[Ident]) -> TokenStream {
        let (builder, name, ty) = (&self.name, &prop.name, &prop.ty);
        let (parameter, value) = match prop.into {
            true => (quote!(impl ::core::convert::Into<#ty>), quote!(value.into())),
            false => (quote!(#ty), quote!(value)),
        };
        match prop.kind {
            Kind::Required => {
                let given = self.given(prop, states);
                let fields = self.props.iter().map(|other| {
                    let field = &other.name;
                    match other.name == prop.name {
                        true => quote!(#field: ::liveview::rt::component::Given(#value),),
                        false => quote!(#field: self.#field,),
                    }
                });
                quote! {
                    pub fn #name(self, value: #parameter) -> #given {
                        #builder { #(#fields)* __props: self.__props }
                    }
                }
            }
            Kind::Optional(_) => quote! {
                pub fn #name(mut self, value: #parameter) -> Self {
                    self.#name = ::core::option::Option::Some(#value);
                    self
                }
            },
            Kind::Entries(_) => quote! {
                pub fn #name(mut self, value: #parameter) -> Self {
                    self.#name = #value;
                    self
                }
            },
        }
    }

    /// Takes the closure of a `Slot`, whose parameter is known from the prop.
    fn markup(&self, prop: &Prop, states: &[Ident]) -> Option<TokenStream> {
        let (slot, value) = match argument(&prop.ty, "Option") {
            Some(slot) => (slot, quote!(::core::option::Option::Some(slot))),
            None => (&prop.ty, quote!(slot)),
        };
        let (lifetime, passed) = slot_arguments(slot)?;
        let (name, method) = (&prop.name, format_ident!("{}_markup", prop.plain_name()));
        let given = match prop.kind {
            Kind::Required => self.given(prop, states),
            _ => quote!(Self),
        };
        Some(quote! {
            pub fn #method(
                self,
                render: impl ::core::ops::Fn(#passed) -> ::liveview::rt::Rendered + #lifetime,
            ) -> #given {
                let slot = ::liveview::rt::component::Slot::new(render);
                self.#name(#value)
            }
        })
    }

    fn slot(&self, prop: &Prop, states: &[Ident]) -> TokenStream {
        let (name, entry) = (&prop.name, prop.entry());
        let method = format_ident!("__slot_{}", prop.plain_name());
        let fill = quote! {
            fill: impl ::core::ops::FnOnce(
                <#entry as ::liveview::rt::component::SlotEntry>::Builder,
            ) -> #entry
        };
        let filled = quote_spanned! {entry.span()=>
            fill(<#entry as ::liveview::rt::component::SlotEntry>::builder())
        };
        match &prop.kind {
            Kind::Entries(_) => quote! {
                pub fn #method(mut self, #fill) -> Self {
                    self.#name.push(#filled);
                    self
                }
            },
            Kind::Optional(_) => {
                let value = match argument(&prop.ty, "Option") {
                    Some(_) => quote!(::core::option::Option::Some(#filled)),
                    None => filled,
                };
                quote! {
                    pub fn #method(mut self, #fill) -> Self {
                        self.#name = ::core::option::Option::Some(#value);
                        self
                    }
                }
            }
            Kind::Required => {
                let given = self.given(prop, states);
                quote! {
                    pub fn #method(self, #fill) -> #given {
                        let entry = #filled;
                        self.#name(entry)
                    }
                }
            }
        }
    }

    fn finish(&self) -> TokenStream {
        let (finish, output) = (&self.finish, &self.output);
        let conditions = self.required().zip(self.states()).map(|(prop, state)| {
            let (has, ty) = (self.trait_name(prop), &prop.ty);
            quote!(#state: #has<#ty>,)
        });
        let values = self.props.iter().map(|prop| {
            let name = &prop.name;
            match &prop.kind {
                Kind::Required => quote!(self.#name.__take()),
                Kind::Optional(default) => quote!(self.#name.#default),
                Kind::Entries(_) => quote!(self.#name),
            }
        });
        let body = (self.body)(&values.collect::<Vec<_>>());
        quote! {
            pub fn #finish(self) -> #output
            where
                #(#conditions)*
            {
                #body
            }
        }
    }
}

/// The lifetime that takes the place of those left out.
const ELIDED: &str = "'__props";

/// Gives names to lifetimes that a function leaves out and a struct cannot: all of them one.
///
/// `Slot` alone stands for `Slot<'_>`.
#[derive(Default)]
pub(crate) struct NameLifetimes {
    pub(crate) found: bool,
}

impl NameLifetimes {
    fn elided(&mut self, span: Span) -> Lifetime {
        self.found = true;
        Lifetime::new(ELIDED, span)
    }

    /// Adds the lifetime to `generics` if something was found.
    pub(crate) fn declare(&self, generics: &mut Generics) {
        if self.found {
            let lifetime = Lifetime::new(ELIDED, Span::call_site());
            generics.params.insert(0, GenericParam::Lifetime(syn::LifetimeParam::new(lifetime)));
            generics.lt_token.get_or_insert_default();
            generics.gt_token.get_or_insert_default();
        }
    }
}

impl VisitMut for NameLifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.elided(reference.and_token.span()));
        }
        syn::visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.elided(lifetime.span());
        }
    }

    fn visit_path_segment_mut(&mut self, segment: &mut syn::PathSegment) {
        if segment.ident == "Slot" {
            let lifetime =
                |argument: &GenericArgument| matches!(argument, GenericArgument::Lifetime(_));
            match &mut segment.arguments {
                PathArguments::AngleBracketed(arguments)
                    if !arguments.args.iter().any(lifetime) =>
                {
                    let lifetime = self.elided(segment.ident.span());
                    arguments.args.insert(0, GenericArgument::Lifetime(lifetime));
                }
                PathArguments::None => {
                    let lifetime = self.elided(segment.ident.span());
                    segment.arguments =
                        PathArguments::AngleBracketed(syn::parse_quote!(<#lifetime>));
                }
                _ => {}
            }
        }
        syn::visit_mut::visit_path_segment_mut(self, segment);
    }

    /// What `Fn(&str) -> &str` leaves out is its own.
    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
}

/// `prop` names must differ from those of the builder itself.
pub(crate) fn check_name(name: &Ident) -> Result<()> {
    match name.to_string().starts_with("__") {
        true => Err(Error::new(name.span(), "the name of a prop does not begin with `__`")),
        false => Ok(()),
    }
}
