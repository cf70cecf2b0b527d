//! Emits the code that renders nodes.
//!
//! Each place in the markup gets a `static` with its constant text; what stands between becomes a
//! list of dynamics, in order. Branches, bodies of loops and slots are places of their own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, Token, spanned::Spanned};

use crate::{
    markup::{
        Attribute, Children, Component, Directives, Element, Gap, If, Loop, NamedSlot, Node, Value,
    },
    names,
    parse::directives,
    place::{self, Bound},
};

/// The expression for a whole `html!`.
pub(crate) fn rendered(children: &Children) -> TokenStream {
    Template::of(children, &Bound::default()).into_token_stream()
}

/// The expression for an `html!` that could not be read.
pub(crate) fn refused(errors: &[Error]) -> TokenStream {
    let errors = errors.iter().map(Error::to_compile_error);
    quote!({ #(#errors)* ::liveview::rt::Rendered::empty() })
}

/// One place in the markup.
#[derive(Default)]
pub(crate) struct Template {
    /// One more than there are dynamics.
    pub(crate) statics: Vec<String>,
    pub(crate) root: bool,
    steps: Vec<Step>,
    bound: Bound,
}

/// What the code does, in order.
enum Step {
    Dynamic(TokenStream),
    Let(TokenStream),
    /// The children of an element that bind names of their own.
    Scope(Vec<Step>),
}

impl Template {
    pub(crate) fn of(children: &Children, bound: &Bound) -> Self {
        let mut template = Self {
            statics: vec![String::new()],
            root: is_root(children),
            bound: bound.clone(),
            ..Self::default()
        };
        template.children(children);
        template
    }

    fn of_element(element: &Element, bound: &Bound) -> Self {
        let mut template = Self {
            statics: vec![String::new()],
            root: true,
            bound: bound.clone(),
            ..Self::default()
        };
        template.element(element);
        template
    }

    fn text(&mut self, text: &str) {
        if let Some(last) = self.statics.last_mut() {
            last.push_str(text);
        }
    }

    fn dynamic(&mut self, value: TokenStream) {
        self.steps.push(Step::Dynamic(value));
        self.statics.push(String::new());
    }

    fn children(&mut self, children: &Children) {
        let binds = children.nodes.iter().any(|(_, node)| matches!(node, Node::Let(_)));
        let outer = binds.then(|| (std::mem::take(&mut self.steps), self.bound.clone()));
        for (gap, node) in &children.nodes {
            self.text(gap.text());
            self.node(node);
        }
        self.text(children.last_gap.unwrap_or(Gap::None).text());
        if let Some((steps, bound)) = outer {
            let scope = std::mem::replace(&mut self.steps, steps);
            self.steps.push(Step::Scope(scope));
            self.bound = bound;
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(text) => self.text(text),
            Node::Expr(value) => self.expression(value),
            Node::Element(element) => match repeated(&element.directives) {
                false => self.element(element),
                true => {
                    let directives = &element.directives;
                    let value = in_directives(directives, &self.bound, |bound| {
                        Template::of_element(element, bound).into_token_stream()
                    });
                    self.dynamic(value);
                }
            },
            Node::Component(component) => {
                let directives = &component.directives;
                let value = match repeated(directives) {
                    true => in_directives(directives, &self.bound, |_| call(component)),
                    false => nested(call(component)),
                };
                self.dynamic(value);
            }
            Node::If(branches) => {
                let value = if_chain(branches, &self.bound);
                self.dynamic(value);
            }
            Node::For { head, body } => {
                let value = for_loop(head, body);
                self.dynamic(value);
            }
            Node::Match { on, arms } => {
                let arms = arms.iter().map(|arm| {
                    let mut bound = self.bound.clone();
                    bound.add(&arm.pattern);
                    let (pattern, body) = (&arm.pattern, branch(&arm.body, &bound));
                    quote!(#pattern => #body,)
                });
                let value = quote!(match #on { #(#arms)* });
                self.dynamic(value);
            }
            Node::Let(binding) => {
                self.bound.add_assigned(binding);
                self.steps.push(Step::Let(quote!(let #binding;)));
            }
        }
    }

    fn expression(&mut self, value: &TokenStream) {
        let span = value.span();
        let value = expression(value);
        self.dynamic(match place::is_borrowed(&value, &self.bound) {
            true => {
                let value = place::by_reference(&value);
                quote_spanned!(span=> ::liveview::rt::component::shown(#value))
            }
            false => quote_spanned!(span=> ::liveview::rt::text(#value)),
        });
    }

    fn element(&mut self, element: &Element) {
        self.text(&format!("<{}", element.name));
        element.attributes.iter().for_each(|attribute| self.attribute(attribute));
        self.text(">");
        let Some(children) = &element.children else { return };
        let starts_dynamic = matches!(children.nodes.first(), Some((_, Node::Expr(_))));
        if matches!(&*element.name, "textarea" | "pre") && starts_dynamic {
            // A browser drops the first line break, which may be the value's own.
            self.text("\n");
        }
        self.children(children);
        self.text(&format!("</{}>", element.name));
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let name = &*attribute.name;
        match &attribute.value {
            Value::Bare => self.text(&format!(" {name}")),
            Value::Literal(_, text) => {
                self.text(&format!(" {name}=\"{}\"", names::escape_attribute(text)));
            }
            Value::Spread(value) => {
                self.dynamic(quote_spanned!(value.span()=> ::liveview::rt::attrs(#value)));
            }
            Value::Optional(value) if names::is_event(name) => self.dynamic(
                quote_spanned!(value.span()=> ::liveview::rt::binding_optional(#name, #value)),
            ),
            Value::Optional(value) => self.optional(name, value),
            Value::Expr(value) if names::is_boolean(name) => self.optional(name, value),
            Value::Expr(value) => {
                self.text(&format!(" {name}=\""));
                self.dynamic(attribute_value(name, value));
                self.text("\"");
            }
        }
    }

    fn optional(&mut self, name: &str, value: &TokenStream) {
        let span = value.span();
        let value = place::by_reference(&expression(value));
        self.dynamic(
            quote_spanned!(span=> ::liveview::rt::component::attr_optional(#name, #value)),
        );
    }
}

fn attribute_value(name: &str, value: &TokenStream) -> TokenStream {
    let span = value.span();
    match names::is_event(name) {
        true => {
            let value = place::by_reference(&place::binding(&expression(value)));
            quote_spanned!(span=> ::liveview::rt::component::binding(#value))
        }
        false => {
            let value = place::by_reference(&expression(value));
            quote_spanned!(span=> ::liveview::rt::component::attr_value(#value))
        }
    }
}

/// What stands in braces: one expression, or statements that end in one.
fn expression(tokens: &TokenStream) -> TokenStream {
    match syn::parse2::<syn::Expr>(tokens.clone()) {
        Ok(_) => tokens.clone(),
        Err(_) => quote_spanned!(tokens.span()=> { #tokens }),
    }
}

impl ToTokens for Template {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (statics, root) = (&self.statics, self.root);
        let dynamics = local("__dynamics");
        let steps = match self.values() {
            Some(values) => quote! {
                #[allow(unused_braces, unused_parens)]
                let #dynamics = ::std::vec![#(#values),*];
            },
            None => {
                let (count, steps) = (statics.len() - 1, statements(&self.steps, &dynamics));
                quote! {
                    let mut #dynamics = ::std::vec::Vec::with_capacity(#count);
                    #steps
                }
            }
        };
        tokens.extend(quote!({
            static __TEMPLATE: ::liveview::rt::Template =
                ::liveview::rt::Template { statics: &[#(#statics),*], root: #root };
            #steps
            ::liveview::rt::Rendered::new(&__TEMPLATE, #dynamics)
        }));
    }
}

impl Template {
    /// The dynamics, if there is nothing else to do.
    fn values(&self) -> Option<Vec<&TokenStream>> {
        let values = self.steps.iter().map(|step| match step {
            Step::Dynamic(value) => Some(value),
            Step::Let(_) | Step::Scope(_) => None,
        });
        values.collect()
    }
}

fn statements(steps: &[Step], dynamics: &Ident) -> TokenStream {
    let statements = steps.iter().map(|step| match step {
        Step::Dynamic(value) => quote!(#dynamics.push(#value);),
        Step::Let(binding) => binding.clone(),
        Step::Scope(steps) => {
            let steps = statements(steps, dynamics);
            quote!({ #steps })
        }
    });
    statements.collect()
}

/// Exactly one element, always there.
fn is_root(children: &Children) -> bool {
    let mut nodes = children.nodes.iter().filter(|(_, node)| !matches!(node, Node::Let(_)));
    match (nodes.next(), nodes.next()) {
        (Some((_, Node::Element(element))), None) => !repeated(&element.directives),
        _ => false,
    }
}

fn repeated(directives: &Directives) -> bool {
    directives.condition.is_some() || directives.each.is_some()
}

/// A name of the emitted code that markup cannot mean.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn nested(rendered: impl ToTokens) -> TokenStream {
    quote!(::liveview::rt::text(#rendered))
}

fn branch(children: &Children, bound: &Bound) -> TokenStream {
    match children.nodes.is_empty() {
        true => quote!(::liveview::rt::text("")),
        false => nested(Template::of(children, bound)),
    }
}

fn if_chain(chain: &If, bound: &Bound) -> TokenStream {
    let branches = chain.branches.iter().map(|(condition, body)| {
        let mut inner = bound.clone();
        inner.add_condition(condition);
        let body = branch(body, &inner);
        quote!(if #condition { #body } else)
    });
    let otherwise = match &chain.otherwise {
        Some(children) => branch(children, bound),
        None => quote!(::liveview::rt::text("")),
    };
    quote!(#(#branches)* { #otherwise })
}

/// The node of `:if` and `:for`: a loop, filtered or not, or a branch.
fn in_directives(
    directives: &Directives,
    bound: &Bound,
    rendered: impl FnOnce(&Bound) -> TokenStream,
) -> TokenStream {
    match (&directives.each, &directives.condition) {
        (Some(head), condition) => {
            let bound = inside_loop(head);
            let key = directives.key.as_ref().map(|(_, key)| key);
            keyed(head, condition.as_ref(), &TokenStream::new(), key, rendered(&bound))
        }
        (None, Some(condition)) => {
            let mut inner = bound.clone();
            inner.add_condition(condition);
            let rendered = nested(rendered(&inner));
            quote!(if #condition { #rendered } else { ::liveview::rt::text("") })
        }
        (None, None) => nested(rendered(bound)),
    }
}

fn inside_loop(head: &Loop) -> Bound {
    let mut bound = Bound::repeated();
    bound.add(&head.pattern);
    bound
}

/// `for` with a body: the key is that of its only node, which may follow some `let`.
fn for_loop(head: &Loop, body: &Children) -> TokenStream {
    let mut bound = inside_loop(head);
    let mut visible = body.nodes.iter().filter(|(_, node)| !matches!(node, Node::Let(_)));
    let key = match (visible.next(), visible.next()) {
        (Some((_, node)), None) => directives(node).filter(|found| found.each.is_none()),
        _ => None,
    };
    let key = key.and_then(|directives| directives.key.as_ref());
    let (lets, rest): (Vec<_>, Vec<_>) = match key {
        Some(_) => body.nodes.iter().partition(|(_, node)| matches!(node, Node::Let(_))),
        None => (Vec::new(), body.nodes.iter().collect()),
    };
    let mut bindings = TokenStream::new();
    for (_, node) in lets {
        if let Node::Let(binding) = node {
            bound.add_assigned(binding);
            bindings.extend(quote!(let #binding;));
        }
    }
    let mut template = Template {
        statics: vec![String::new()],
        root: is_root(body),
        bound: bound.clone(),
        ..Template::default()
    };
    match key {
        Some(_) => rest.iter().for_each(|(_, node)| template.node(node)),
        None => template.children(body),
    }
    let rendered = template.into_token_stream();
    keyed(head, None, &bindings, key.map(|(_, key)| key), rendered)
}

fn keyed(
    head: &Loop,
    condition: Option<&TokenStream>,
    bindings: &TokenStream,
    key: Option<&TokenStream>,
    rendered: TokenStream,
) -> TokenStream {
    let (entries, key_name) = (local("__entries"), local("__key"));
    let Loop { pattern, iterator } = head;
    let key = match key {
        Some(key) => quote_spanned!(key.span()=> ::liveview::rt::Key::from(#key)),
        None => quote!(::liveview::rt::Key::index(#entries.len())),
    };
    let push = quote! {
        let #key_name = #key;
        #entries.push((#key_name, #rendered));
    };
    let push = match condition {
        Some(condition) => quote!(if #condition { #push }),
        None => push,
    };
    quote!({
        let mut #entries = ::std::vec::Vec::new();
        for #pattern in #iterator {
            #bindings
            #push
        }
        ::liveview::rt::keyed(#entries.into_iter())
    })
}

/// The call of a component: one builder, one method for each prop, each at its place.
fn call(component: &Component) -> TokenStream {
    let (path, span) = (&component.path, component.span);
    let props = component.attributes.iter().map(prop);
    let slots = component.slots.iter().map(named_slot);
    let inner = inner_slot(&component.children, &component.directives, span, None);
    quote_spanned!(span=> #path::__new() #(#props)* #(#slots)* #inner.__render())
}

fn prop(attribute: &Attribute) -> TokenStream {
    let Attribute { name, span, value } = attribute;
    let method = prop_name(name, *span);
    let value = match value {
        Value::Bare => quote_spanned!(*span=> true),
        Value::Literal(token, _) => token.clone(),
        Value::Expr(value) if names::is_event(name) => place::binding(&expression(value)),
        Value::Expr(value) => expression(value),
        Value::Optional(value) => {
            let message = format!("a component takes an Option as it is: `{name}={{…}}`");
            Error::new(value.span(), message).to_compile_error()
        }
        Value::Spread(_) => TokenStream::new(),
    };
    quote_spanned!(*span=> .#method(#value))
}

fn prop_name(name: &str, span: Span) -> Ident {
    let name = name.replace(['-', ':', '.', '@'], "_");
    match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ident::new(&name, span),
        Err(_) => Ident::new_raw(&name, span),
    }
}

/// The children of a component, as a closure; nothing if there are none.
fn inner_slot(
    children: &Children,
    directives: &Directives,
    span: Span,
    capture: Option<Token![move]>,
) -> TokenStream {
    let passed = directives.bind.as_ref().map(|(_, pattern)| pattern);
    if children.nodes.is_empty() && passed.is_none() {
        return TokenStream::new();
    }
    let mut bound = Bound::repeated();
    if let Some(pattern) = passed {
        bound.add(pattern);
    }
    let template = Template::of(children, &bound);
    let pattern = passed.map_or_else(|| quote!(_), ToTokens::to_token_stream);
    quote_spanned!(span=> .inner_markup(#capture |#pattern| #template))
}

/// `<:name>`: an entry of the prop `name`.
fn named_slot(slot: &NamedSlot) -> TokenStream {
    let span = slot.name.span();
    let method = quote::format_ident!("__slot_{}", slot.name, span = span);
    // At the slot's place and not hygienic, so that errors stand there and not at the whole macro.
    let (entry, builder) = (Ident::new("__entry", span), local("__builder"));
    let props = slot.attributes.iter().map(prop);
    // What a loop binds must live as long as the slot does.
    let capture = slot.directives.each.as_ref().map(|_| Token![move](span));
    let inner = inner_slot(&slot.children, &slot.directives, span, capture);
    let fill = quote_spanned!(span=> .#method(|#entry| #entry #(#props)* #inner.__finish()));
    let Directives { condition, each, .. } = &slot.directives;
    let filled = quote!(#builder #fill);
    let filled = match condition {
        Some(condition) => quote!(if #condition { #filled } else { #builder }),
        None => filled,
    };
    match (each, condition) {
        (None, None) => fill,
        (None, Some(_)) => quote!(.__with(|#builder| #filled)),
        (Some(Loop { pattern, iterator }), _) => quote! {
            .__with(|mut #builder| {
                for #pattern in #iterator {
                    #builder = #filled;
                }
                #builder
            })
        },
    }
}

#[cfg(test)]
mod tests;
