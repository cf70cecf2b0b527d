//! Reads tags: names, attributes, directives, and whether what is closed is what was open.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, ext::IdentExt};

use super::{Inside, Parser, string};
use crate::{
    cursor::{Cursor, Whitespace, is_ident, is_punct},
    markup::{Attribute, Directives, Gap, Loop, Value},
    names,
};

/// `<name attributes>`
pub(super) struct Tag {
    pub(super) kind: Kind,
    /// As it is written, for messages and for the closing tag.
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) attributes: Vec<Attribute>,
    pub(super) directives: Directives,
    pub(super) self_closing: bool,
    name_tokens: TokenStream,
}

pub(super) enum Kind {
    Element,
    Component(TokenStream),
    Slot(Ident),
}

/// A name of a tag and its tokens.
struct Name {
    kind: Kind,
    text: String,
    tokens: TokenStream,
}

const DIRECTIVES: [&str; 4] = ["if", "for", "key", "let"];

impl Parser {
    pub(super) fn at_closing_tag(&self) -> bool {
        self.cursor.is_puncts("</")
    }

    /// Stands at `<`; takes at least that.
    pub(super) fn opening_tag(&mut self) -> Option<Tag> {
        let bracket = self.cursor.next()?;
        let apart = self.cursor.gap(0).or(Gap::None) != Gap::None;
        let name = if apart { None } else { self.tag_name() };
        let Some(name) = name else {
            self.error(
                bracket.span(),
                match self.cursor.is_punct(0, '>') {
                    true => "`<>` is not needed: several nodes may stand side by side",
                    false => "expected the name of a tag; a `<` of text goes in quotes: \"<\"",
                },
            );
            return None;
        };
        let span = first_span(&name.tokens);
        let mut tag = Tag {
            kind: name.kind,
            name: name.text,
            span,
            attributes: Vec::new(),
            directives: Directives::default(),
            self_closing: false,
            name_tokens: name.tokens,
        };
        self.attributes(&mut tag);
        Some(tag)
    }

    fn tag_name(&mut self) -> Option<Name> {
        if self.cursor.is_punct(0, ':')
            && matches!(self.cursor.peek_at(1), Some(TokenTree::Ident(_)))
        {
            self.cursor.skip(1);
            let Some(TokenTree::Ident(name)) = self.cursor.next() else { return None };
            let text = format!(":{name}");
            let tokens = name.to_token_stream();
            return Some(Name { kind: Kind::Slot(name), text, tokens });
        }
        let length = self.path_length()?;
        let mut text = String::new();
        let tokens = self.cursor.take(length);
        tokens.clone().into_iter().for_each(|token| text.push_str(&token.to_string()));
        let last = text.rsplit("::").next().unwrap_or_default();
        if length > 1 || last.starts_with(char::is_uppercase) {
            return Some(Name { kind: Kind::Component(tokens.clone()), text, tokens });
        }
        let (rest, more) = self.name_rest();
        text.push_str(&rest);
        let tokens = [tokens, more].into_iter().collect();
        Some(Name { kind: Kind::Element, text, tokens })
    }

    /// How many tokens `a::b::C` has.
    fn path_length(&self) -> Option<usize> {
        let is_ident = |ahead| matches!(self.cursor.peek_at(ahead), Some(TokenTree::Ident(_)));
        let mut length = is_ident(0).then_some(1)?;
        while self.cursor.is_punct(length, ':')
            && self.cursor.is_punct(length + 1, ':')
            && is_ident(length + 2)
        {
            length += 3;
        }
        Some(length)
    }

    /// What is glued to the first word of a name: `-click`, `:href`, `.prevent`.
    fn name_rest(&mut self) -> (String, TokenStream) {
        let (mut text, mut tokens) = (String::new(), TokenStream::new());
        let mut joined = false;
        loop {
            let gap = self.cursor.gap(0);
            let piece = match self.cursor.peek() {
                Some(TokenTree::Punct(punct)) if "-:.@".contains(punct.as_char()) => {
                    let directive = punct.as_char() == ':'
                        && DIRECTIVES.iter().any(|name| is_ident(self.cursor.peek_at(1), name));
                    if gap != Whitespace::Known(Gap::None)
                        && (gap != Whitespace::Unknown || directive)
                    {
                        break;
                    }
                    joined = true;
                    punct.as_char().to_string()
                }
                Some(TokenTree::Ident(ident)) if joined && gap.or(Gap::None) == Gap::None => {
                    joined = false;
                    ident.unraw().to_string()
                }
                Some(TokenTree::Literal(literal))
                    if joined && string(literal).is_none() && gap.or(Gap::None) == Gap::None =>
                {
                    joined = false;
                    literal.to_string()
                }
                _ => break,
            };
            text.push_str(&piece);
            tokens.extend(self.cursor.next());
        }
        (text, tokens)
    }

    /// Reads up to and including the `>`.
    fn attributes(&mut self, tag: &mut Tag) {
        loop {
            match self.cursor.peek().cloned() {
                Some(TokenTree::Punct(punct)) if punct.as_char() == '>' => {
                    self.cursor.skip(1);
                    return;
                }
                Some(TokenTree::Punct(_)) if self.cursor.is_puncts("/>") => {
                    self.cursor.skip(2);
                    tag.self_closing = true;
                    return;
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '<' => {
                    self.error(punct.span(), format!("expected `>` to end `<{}`", tag.name));
                    return;
                }
                None => {
                    self.error(tag.span, format!("expected `>` to end `<{}`", tag.name));
                    return;
                }
                Some(TokenTree::Group(group)) => {
                    self.cursor.skip(1);
                    self.spread(tag, &group);
                }
                Some(token) if is_punct(Some(&token), ':') => self.directive(tag),
                Some(token) => self.attribute(tag, &token),
            }
        }
    }

    fn spread(&mut self, tag: &mut Tag, group: &Group) {
        let mut inner = Cursor::new(group.stream());
        if !inner.is_puncts("..") {
            let message = "expected `name={…}`, or `{..attributes}` to add a list of attributes";
            self.error(group.span_open(), message);
            return;
        }
        inner.skip(2);
        let rest = rest(inner);
        let span = group.span_open();
        if !matches!(tag.kind, Kind::Element) {
            self.error(span, "a component takes its props by name");
            return;
        }
        tag.attributes.push(Attribute { name: String::new(), span, value: Value::Spread(rest) });
    }

    fn attribute(&mut self, tag: &mut Tag, first: &TokenTree) {
        let Some((name, tokens)) = self.attribute_name() else {
            self.error(first.span(), format!("expected an attribute or `>`, found `{first}`"));
            self.cursor.skip(1);
            return;
        };
        let value = self.attribute_value(&name, &tokens);
        let Some(value) = value else { return };
        if tag.attributes.iter().any(|earlier| earlier.name == name) {
            let error = Error::new_spanned(&tokens, format!("`{name}` is given twice"));
            self.errors.push(error);
            return;
        }
        tag.attributes.push(Attribute { name, span: first_span(&tokens), value });
    }

    fn attribute_name(&mut self) -> Option<(String, TokenStream)> {
        let mut text = String::new();
        let mut tokens = TokenStream::new();
        if self.cursor.is_punct(0, '@') || self.cursor.is_punct(0, '.') {
            let token = self.cursor.next()?;
            text.push_str(&token.to_string());
            tokens.extend([token]);
        }
        let Some(TokenTree::Ident(ident)) = self.cursor.peek() else { return None };
        text.push_str(&ident.unraw().to_string());
        tokens.extend(self.cursor.next());
        let (rest, more) = self.name_rest();
        text.push_str(&rest);
        tokens.extend(more);
        Some((text, tokens))
    }

    fn attribute_value(&mut self, name: &str, tokens: &TokenStream) -> Option<Value> {
        if self.cursor.is_puncts("?=") {
            self.cursor.skip(2);
            let Some(group) = self.cursor.brace() else {
                let message = format!("expected braces: `{name}?={{…}}`");
                self.errors.push(Error::new_spanned(tokens, message));
                self.skip_value();
                return None;
            };
            return Some(Value::Optional(self.not_empty(&group)?));
        }
        if !self.cursor.is_punct(0, '=') {
            return Some(Value::Bare);
        }
        self.cursor.skip(1);
        match self.cursor.peek().cloned() {
            Some(TokenTree::Group(_)) if self.cursor.is_brace(0) => {
                let group = self.cursor.brace()?;
                let tokens = self.not_empty(&group)?;
                Some(literal(&tokens).unwrap_or(Value::Expr(tokens)))
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                self.cursor.skip(1);
                Some(Value::Expr(group.stream()))
            }
            Some(TokenTree::Literal(token)) => {
                self.cursor.skip(1);
                let text = match syn::Lit::new(token.clone()) {
                    syn::Lit::Str(text) => text.value(),
                    syn::Lit::Int(_) | syn::Lit::Float(_) => token.to_string(),
                    _ => {
                        self.error(token.span(), "expected \"text\" or {expression}");
                        return None;
                    }
                };
                Some(Value::Literal(TokenTree::from(token).into(), text))
            }
            _ => {
                let message = format!("expected `{name}=\"text\"` or `{name}={{expression}}`");
                self.errors.push(Error::new_spanned(tokens, message));
                self.skip_value();
                None
            }
        }
    }

    fn not_empty(&mut self, group: &Group) -> Option<TokenStream> {
        if group.stream().is_empty() {
            self.error(group.span(), "expected an expression in the braces");
            return None;
        }
        Some(group.stream())
    }

    /// Goes on behind what cannot be a value.
    fn skip_value(&mut self) {
        let ends = self.cursor.is_punct(0, '>') || self.cursor.is_puncts("/>");
        if !ends && !self.cursor.is_punct(1, '=') {
            self.cursor.skip(1);
        }
    }

    fn directive(&mut self, tag: &mut Tag) {
        let Some(colon) = self.cursor.next() else { return };
        let Some(TokenTree::Ident(name)) = self.cursor.peek().cloned() else {
            self.error(colon.span(), "expected `:if`, `:for`, `:key` or `:let`");
            return;
        };
        self.cursor.skip(1);
        let known = DIRECTIVES.iter().any(|directive| name == directive);
        if !known {
            let message =
                format!("there is no `:{name}`: expected `:if`, `:for`, `:key` or `:let`");
            self.error(name.span(), message);
        }
        let group = match self.cursor.is_punct(0, '=') {
            true => {
                self.cursor.skip(1);
                self.cursor.brace()
            }
            false => None,
        };
        let Some(group) = group else {
            if known {
                self.error(name.span(), format!("expected braces: `:{name}={{…}}`"));
            }
            if is_punct(self.cursor.previous(), '=') {
                self.skip_value();
            }
            return;
        };
        if let (true, Some(tokens)) = (known, self.not_empty(&group)) {
            self.set_directive(&mut tag.directives, &name, tokens);
        }
    }

    fn set_directive(&mut self, directives: &mut Directives, name: &Ident, tokens: TokenStream) {
        let twice = match name.to_string().as_str() {
            "if" => directives.condition.replace(tokens).is_some(),
            "key" => directives.key.replace((name.span(), tokens)).is_some(),
            "let" => directives.bind.replace((name.span(), tokens)).is_some(),
            _ => match loop_head(&tokens) {
                Some(head) => directives.each.replace(head).is_some(),
                None => {
                    let message = "expected `:for={pattern in iterator}`";
                    self.errors.push(Error::new_spanned(&tokens, message));
                    false
                }
            },
        };
        if twice {
            self.error(name.span(), format!("`:{name}` is given twice"));
        }
    }

    /// Reports and skips `</br>`, and a closing tag in braces in which nothing is open.
    pub(super) fn skip_stray_closing(&mut self, inside: Inside) -> bool {
        let start = self.cursor.position();
        let (name, tokens) = self.closing_name();
        let message = match &name {
            Some(name) if names::is_void(name) => {
                format!("`<{name}>` has no content and so no closing tag: write `<{name}>` alone")
            }
            _ if self.open.is_empty() && matches!(inside, Inside::Braces | Inside::Parens(_)) => {
                format!("`</{}>` closes nothing that is open here", name.unwrap_or_default())
            }
            _ => {
                self.cursor.rewind(start);
                return false;
            }
        };
        self.errors.push(Error::new_spanned(tokens, message));
        true
    }

    /// Takes `</name>`.
    fn closing_name(&mut self) -> (Option<String>, TokenStream) {
        let mut tokens = self.cursor.take(2);
        let name = self.tag_name();
        if let Some(name) = &name {
            tokens.extend(name.tokens.clone());
        }
        if self.cursor.is_punct(0, '>') {
            tokens.extend(self.cursor.next());
        }
        (name.map(|name| name.text), tokens)
    }

    /// Takes the closing tag of `tag`, or says what is there instead.
    pub(super) fn closing_tag(&mut self, tag: &Tag) {
        if !self.at_closing_tag() {
            let message = format!("`<{0}>` is not closed: expected `</{0}>`", tag.name);
            self.errors.push(Error::new_spanned(&tag.name_tokens, message));
            return;
        }
        let start = self.cursor.position();
        let (name, tokens) = self.closing_name();
        let name = name.unwrap_or_default();
        if name == tag.name {
            return;
        }
        let line = match tag.span.start().line {
            0 => String::new(),
            line => format!(" of line {line}"),
        };
        let message =
            format!("expected `</{}>` for the `<{0}>`{line}, found `</{name}>`", tag.name);
        self.errors.push(Error::new_spanned(tokens, message));
        if self.open.contains(&name) {
            self.cursor.rewind(start);
        }
    }
}

/// A lone string in braces is as good as the string.
fn literal(tokens: &TokenStream) -> Option<Value> {
    let mut all = tokens.clone().into_iter();
    match (all.next(), all.next()) {
        (Some(TokenTree::Literal(token)), None) => {
            string(&token).map(|text| Value::Literal(tokens.clone(), text))
        }
        _ => None,
    }
}

/// Splits `pattern in iterator`.
fn loop_head(tokens: &TokenStream) -> Option<Loop> {
    let mut cursor = Cursor::new(tokens.clone());
    let length = cursor.until(|token| is_ident(Some(token), "in"))?;
    let pattern = cursor.take(length);
    cursor.skip(1);
    let iterator = rest(cursor);
    (!pattern.is_empty() && !iterator.is_empty()).then_some(Loop { pattern, iterator })
}

fn rest(mut cursor: Cursor) -> TokenStream {
    std::iter::from_fn(|| cursor.next()).collect()
}

fn first_span(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
