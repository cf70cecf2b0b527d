//! Reads the body of an `html!` into nodes.
//!
//! Mistakes are collected rather than returned: reading goes on behind them where it can, so that
//! one build reports several. Whitespace is recovered from where the tokens stand in the source.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use syn::Error;

use crate::{
    cursor::{Cursor, Whitespace, end_span, is_ident, is_punct, start_span, whitespace},
    markup::{Arm, Children, Component, Directives, Element, Gap, If, Loop, NamedSlot, Node},
    names,
};

mod tag;

use tag::{Kind, Tag};

/// The nodes of `body`, and what is wrong with it.
pub(crate) fn parse(body: TokenStream) -> (Children, Vec<Error>) {
    let mut parser = Parser::new(body);
    let (children, _) = parser.children(Inside::Braces);
    parser.check_keys(&children);
    (children, parser.errors)
}

struct Parser {
    cursor: Cursor,
    errors: Vec<Error>,
    /// Names of the elements that are open in the current braces, the innermost last.
    open: Vec<String>,
}

/// What the nodes being read stand in.
#[derive(Clone, Copy)]
enum Inside<'a> {
    Braces,
    /// Parentheses or brackets of a text, after the opening one.
    Parens(Span),
    Element(&'a str),
    Component,
}

/// What was read last: it decides whether a word can start a loop, and which spacing is likely.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Nothing,
    Word,
    Node,
    /// The whitespace behind it is not the page's.
    Let,
}

impl Parser {
    fn new(body: TokenStream) -> Self {
        Self { cursor: Cursor::new(body), errors: Vec::new(), open: Vec::new() }
    }

    fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(Error::new(span, message));
    }

    /// Reads nodes up to the end of the group or up to the closing tag.
    fn children(&mut self, inside: Inside) -> (Children, Vec<NamedSlot>) {
        let (mut children, mut slots) = (Children::default(), Vec::new());
        let mut after = match inside {
            Inside::Parens(_) => After::Word,
            _ => After::Nothing,
        };
        let mut carried = Gap::None;
        let mut empty = true;
        loop {
            let gap = match after {
                After::Let => carried,
                _ => carried.max(self.gap(inside, after)),
            };
            if self.at_closing_tag() {
                if self.skip_stray_closing(inside) {
                    continue;
                }
                children.last_gap = Some(edge(gap, inside));
                return (children, slots);
            }
            let Some(token) = self.cursor.peek().cloned() else {
                children.last_gap = Some(edge(gap, inside));
                return (children, slots);
            };
            let gap = match empty {
                true => edge(gap, inside),
                false => gap,
            };
            let nodes = self.node(&token, inside, &mut after, &mut slots);
            let visible = nodes.iter().any(|(_, node)| !matches!(node, Node::Let(_)));
            carried = if visible { Gap::None } else { gap };
            empty &= !visible;
            let mut nodes = nodes.into_iter();
            if let Some((_, first)) = nodes.next() {
                children.nodes.push((if visible { gap } else { Gap::None }, first));
            }
            children.nodes.extend(nodes);
        }
    }

    /// The whitespace in front of the next token.
    fn gap(&self, inside: Inside, after: After) -> Gap {
        if matches!(inside, Inside::Element(name) if names::keeps_whitespace(name)) {
            return Gap::None;
        }
        let before = match (self.cursor.previous(), inside) {
            (Some(token), _) => Some(end_span(token)),
            (None, Inside::Parens(open)) => Some(open),
            (None, _) => None,
        };
        let next = self.cursor.peek();
        let found = match (before, next) {
            (Some(before), Some(next)) => whitespace(before, start_span(next)),
            _ => Whitespace::Unknown,
        };
        let words = after == After::Word && next.is_some_and(is_bare_text);
        let likely = match next {
            _ if self.cursor.previous().is_none() => Gap::None,
            Some(TokenTree::Punct(punct)) if ",.!?:;".contains(punct.as_char()) => Gap::None,
            Some(_) if after == After::Word => Gap::Space,
            Some(token) if after == After::Node && is_bare_text(token) => Gap::Space,
            _ => Gap::None,
        };
        match found.or(likely) {
            Gap::Newline if words => Gap::Space,
            gap => gap,
        }
    }

    /// Reads one node; for text in parentheses, several.
    fn node(
        &mut self,
        token: &TokenTree,
        inside: Inside,
        after: &mut After,
        slots: &mut Vec<NamedSlot>,
    ) -> Vec<(Gap, Node)> {
        let is_first_word = *after != After::Word;
        *after = After::Node;
        let one = |node: Option<Node>| node.map(|node| (Gap::None, node)).into_iter().collect();
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => one(self.markup(inside, slots)),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                self.cursor.skip(1);
                one(self.expression(group))
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                self.cursor.skip(1);
                one(Some(Node::Expr(group.stream())))
            }
            TokenTree::Literal(literal) if string(literal).is_some() => {
                self.cursor.skip(1);
                let text = string(literal).unwrap_or_default();
                self.refuse_suffix(literal);
                one(Some(Node::Text(match inside {
                    Inside::Element(name) if names::is_raw_text(name) => text,
                    _ => names::escape_text(&text),
                })))
            }
            TokenTree::Ident(word) if is_first_word && is_keyword(word) => {
                let node = self.control_flow(word);
                if matches!(node, Some(Node::Let(_))) {
                    *after = After::Let;
                }
                one(node)
            }
            token => {
                *after = After::Word;
                if self.refuse_bare_text(token.span(), inside) {
                    return Vec::new();
                }
                self.text(token)
            }
        }
    }

    fn refuse_bare_text(&mut self, span: Span, inside: Inside) -> bool {
        let Inside::Element(name) = inside else { return false };
        if !names::keeps_whitespace(name) {
            return false;
        }
        self.error(span, format!("the text of `<{name}>` goes in quotes: its spacing matters"));
        let length = self.cursor.until(|token| is_punct(Some(token), '<'));
        self.cursor.skip(length.unwrap_or(1).max(1));
        true
    }

    /// One token of bare text, or a whole pair of parentheses.
    fn text(&mut self, token: &TokenTree) -> Vec<(Gap, Node)> {
        let text = match token {
            TokenTree::Group(group) => {
                self.cursor.skip(1);
                return self.parens(group);
            }
            TokenTree::Ident(ident) => ident.to_string(),
            TokenTree::Punct(punct) if punct.as_char() == '&' => self.character_reference(),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                self.error(punct.span(), APOSTROPHE);
                self.cursor.skip(1);
                String::new()
            }
            TokenTree::Punct(punct) => names::escape_text(&punct.as_char().to_string()),
            TokenTree::Literal(literal) => self.literal_text(literal),
        };
        self.cursor.skip(1);
        vec![(Gap::None, Node::Text(text))]
    }

    /// The lexer takes `"a"if` for one token.
    fn refuse_suffix(&mut self, literal: &Literal) {
        if !syn::Lit::new(literal.clone()).suffix().is_empty() {
            self.error(literal.span(), "expected a space or a tag behind the string");
        }
    }

    fn literal_text(&mut self, literal: &Literal) -> String {
        let text = literal.to_string();
        if text.starts_with('\'') {
            self.error(literal.span(), APOSTROPHE);
        } else if text.contains('"') {
            self.error(literal.span(), "text is a plain string literal");
        }
        text
    }

    /// Stands at a `&`; leaves the last token of `&name;` to be skipped.
    fn character_reference(&mut self) -> String {
        let glued = |ahead| self.cursor.gap(ahead).or(Gap::None) == Gap::None;
        let length = match self.cursor.peek_at(1) {
            Some(TokenTree::Ident(_)) => 2,
            Some(TokenTree::Punct(hash)) if hash.as_char() == '#' => 3,
            _ => 0,
        };
        let ends = length > 0 && self.cursor.is_punct(length, ';');
        if !ends || !(1..=length).all(glued) {
            return "&amp;".to_owned();
        }
        let parts = (1..length).filter_map(|ahead| self.cursor.peek_at(ahead));
        let name: String = parts.map(ToString::to_string).collect();
        self.cursor.skip(length);
        format!("&{name};")
    }

    /// `(…)` and `[…]` among text are text around nodes.
    fn parens(&mut self, group: &Group) -> Vec<(Gap, Node)> {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            _ => ("[", "]"),
        };
        let inner = self.within(group.stream(), |parser| {
            let (mut children, slots) = parser.children(Inside::Parens(group.span_open()));
            if let (Some(last), true) = (parser.cursor.previous(), slots.is_empty()) {
                let gap = whitespace(end_span(last), group.span_close()).or(Gap::None);
                children.last_gap = Some(gap.min(Gap::Space));
            }
            children
        });
        let mut nodes = vec![(Gap::None, Node::Text(open.to_owned()))];
        nodes.extend(inner.nodes);
        nodes.push((inner.last_gap.unwrap_or(Gap::None), Node::Text(close.to_owned())));
        nodes
    }

    /// `{…}` among children; empty braces are a comment.
    fn expression(&mut self, group: &Group) -> Option<Node> {
        let tokens = group.stream();
        let mut start = Cursor::new(tokens.clone());
        let first = start.next()?;
        let is_tag = is_punct(Some(&first), '<')
            && (is_punct(start.peek(), '/') || matches!(start.peek(), Some(TokenTree::Ident(_))));
        if is_tag && syn::parse2::<syn::Expr>(tokens.clone()).is_err() {
            self.error(
                first.span(),
                "braces hold an expression: wrap markup in `html! { … }`; if these braces belong to \
                 an `if`, `for` or `match`, put the text before it in quotes",
            );
            return None;
        }
        Some(Node::Expr(tokens))
    }

    /// Reads the tokens of a group as nodes of their own.
    fn within<T>(&mut self, tokens: TokenStream, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.cursor, Cursor::new(tokens));
        let open = std::mem::take(&mut self.open);
        let result = read(self);
        self.cursor = outer;
        self.open = open;
        result
    }

    /// Reads `{ nodes }`.
    fn braces(&mut self, group: &Group) -> Children {
        self.within(group.stream(), |parser| parser.children(Inside::Braces).0)
    }

    fn control_flow(&mut self, keyword: &Ident) -> Option<Node> {
        self.cursor.skip(1);
        match keyword.to_string().as_str() {
            "if" => self.branches(keyword),
            "for" => self.for_loop(keyword),
            "match" => self.match_arms(keyword),
            _ => self.binding(keyword),
        }
    }

    fn not_text(&mut self, keyword: &Ident, form: &str) {
        self.error(
            keyword.span(),
            format!("`{keyword}` begins `{form}` here; if it is text, put it in quotes"),
        );
    }

    /// The expression in front of the next block, and the block.
    fn head(&mut self) -> Option<(TokenStream, Group)> {
        let mut first = None;
        let mut ahead = 0;
        while let Some(token) = self.cursor.peek_at(ahead) {
            if is_punct(Some(token), '<') && self.cursor.is_punct(ahead + 1, '/') {
                break;
            }
            if self.cursor.is_brace(ahead) && ahead > 0 {
                first.get_or_insert(ahead);
                if syn::parse2::<syn::Expr>(self.cursor.upcoming(ahead)).is_ok() {
                    first = Some(ahead);
                    break;
                }
            }
            ahead += 1;
        }
        let expression = self.cursor.take(first?);
        Some((expression, self.cursor.brace()?))
    }

    fn branches(&mut self, keyword: &Ident) -> Option<Node> {
        let mut branches = Vec::new();
        loop {
            let Some((condition, body)) = self.head() else {
                self.not_text(keyword, "if condition { … }");
                return None;
            };
            let body = self.checked_braces(&body);
            branches.push((condition, body));
            if !is_ident(self.cursor.peek(), "else") {
                return Some(Node::If(If { branches, otherwise: None }));
            }
            let otherwise = self.cursor.next()?;
            if is_ident(self.cursor.peek(), "if") {
                self.cursor.skip(1);
                continue;
            }
            let otherwise = match self.cursor.brace() {
                Some(body) => Some(self.checked_braces(&body)),
                None => {
                    self.error(otherwise.span(), "expected `{` or `if` after `else`");
                    None
                }
            };
            return Some(Node::If(If { branches, otherwise }));
        }
    }

    fn checked_braces(&mut self, body: &Group) -> Children {
        let children = self.braces(body);
        self.check_keys(&children);
        children
    }

    fn for_loop(&mut self, keyword: &Ident) -> Option<Node> {
        let form = "for pattern in iterator { … }";
        let Some(length) = self.cursor.until(|token| is_ident(Some(token), "in")) else {
            self.not_text(keyword, form);
            return None;
        };
        let pattern = self.cursor.take(length);
        self.cursor.skip(1);
        let Some((iterator, body)) = self.head() else {
            self.not_text(keyword, form);
            return None;
        };
        let body = self.braces(&body);
        if visible(&body).count() > 1 {
            self.check_keys(&body);
        }
        Some(Node::For { head: Loop { pattern, iterator }, body })
    }

    fn match_arms(&mut self, keyword: &Ident) -> Option<Node> {
        let Some((on, body)) = self.head() else {
            self.not_text(keyword, "match value { … }");
            return None;
        };
        let arms = self.within(body.stream(), |parser| {
            let mut arms = Vec::new();
            while parser.cursor.peek().is_some() {
                arms.extend(parser.arm());
            }
            arms
        });
        Some(Node::Match { on, arms })
    }

    /// `pattern if guard => { nodes }`; at least one token is taken.
    fn arm(&mut self) -> Option<Arm> {
        let start = self.cursor.peek()?.span();
        let is_arrow =
            |cursor: &Cursor, ahead| cursor.is_punct(ahead, '=') && cursor.is_punct(ahead + 1, '>');
        let mut length = 0;
        while self.cursor.peek_at(length).is_some() && !is_arrow(&self.cursor, length) {
            length += 1;
        }
        let pattern = self.cursor.take(length);
        if self.cursor.peek().is_none() {
            self.error(start, "expected `pattern => { … }`");
            return None;
        }
        self.cursor.skip(2);
        let arrow = self.cursor.previous().map_or(start, TokenTree::span);
        let Some(body) = self.cursor.brace() else {
            self.error(arrow, "the markup of a `match` arm goes in braces: `pattern => { … }`");
            let comma = self.cursor.until(|token| is_punct(Some(token), ','));
            self.cursor.skip(comma.map_or(usize::MAX / 2, |comma| comma + 1));
            return None;
        };
        if self.cursor.is_punct(0, ',') {
            self.cursor.skip(1);
        }
        Some(Arm { pattern, body: self.checked_braces(&body) })
    }

    fn binding(&mut self, keyword: &Ident) -> Option<Node> {
        let end = self.cursor.until(|token| is_punct(Some(token), ';'));
        let Some(length) = end else {
            self.not_text(keyword, "let pattern = value;");
            return None;
        };
        let binding = self.cursor.take(length);
        self.cursor.skip(1);
        Some(Node::Let(binding))
    }

    /// Reads a tag, a comment or `<!doctype html>`.
    fn markup(&mut self, inside: Inside, slots: &mut Vec<NamedSlot>) -> Option<Node> {
        if self.cursor.is_puncts("<!--") {
            self.comment();
            return None;
        }
        if self.cursor.is_puncts("<!") {
            return self.doctype();
        }
        let tag = self.opening_tag()?;
        match &tag.kind {
            Kind::Element => Some(self.element(tag)),
            Kind::Component(path) => {
                let path = path.clone();
                Some(self.component(tag, path))
            }
            Kind::Slot(name) => {
                let name = name.clone();
                let slot = self.slot(tag, name);
                match inside {
                    Inside::Component => slots.push(slot),
                    _ => self.error(
                        slot.name.span(),
                        format!("`<:{}>` stands directly inside a component", slot.name),
                    ),
                }
                None
            }
        }
    }

    fn comment(&mut self) {
        let start = self.cursor.peek().map_or_else(Span::call_site, TokenTree::span);
        self.cursor.skip(4);
        while self.cursor.peek().is_some() && !self.cursor.is_puncts("-->") {
            self.cursor.skip(1);
        }
        if self.cursor.peek().is_none() {
            self.error(start, "this comment has no `-->`");
        }
        self.cursor.skip(3);
    }

    fn doctype(&mut self) -> Option<Node> {
        let span = self.cursor.next()?.span();
        self.cursor.skip(1);
        let length = self.cursor.until(|token| is_punct(Some(token), '>')).unwrap_or(0);
        let words = self.cursor.take(length).to_string().to_lowercase();
        self.cursor.skip(1);
        if words != "doctype html" {
            self.error(span, "expected `<!doctype html>` or `<!-- a comment -->`");
        }
        Some(Node::Text("<!doctype html>".to_owned()))
    }

    fn element(&mut self, tag: Tag) -> Node {
        if let Some((span, _)) = &tag.directives.bind {
            self.error(*span, "`:let` takes what a slot or component passes; an element has none");
        }
        let children = match names::is_void(&tag.name) {
            true => None,
            false if tag.self_closing => Some(Children::default()),
            false => Some(self.content(&tag, Inside::Element(&tag.name)).0),
        };
        let Tag { name, attributes, directives, .. } = tag;
        Node::Element(Element { name, attributes, directives, children })
    }

    fn component(&mut self, tag: Tag, path: TokenStream) -> Node {
        let (children, slots) = match tag.self_closing {
            true => Default::default(),
            false => self.content(&tag, Inside::Component),
        };
        let Tag { span, attributes, directives, .. } = tag;
        Node::Component(Component { path, span, attributes, directives, slots, children })
    }

    fn slot(&mut self, tag: Tag, name: Ident) -> NamedSlot {
        let children = match tag.self_closing {
            true => Children::default(),
            false => self.content(&tag, Inside::Braces).0,
        };
        if let Some((span, _)) = &tag.directives.key {
            self.error(*span, "`:key` does nothing on a slot");
        }
        let Tag { attributes, directives, .. } = tag;
        NamedSlot { name, attributes, directives, children }
    }

    /// Reads the children of an open tag and its closing tag.
    fn content(&mut self, tag: &Tag, inside: Inside) -> (Children, Vec<NamedSlot>) {
        self.open.push(tag.name.clone());
        let content = self.children(inside);
        self.open.pop();
        self.check_keys(&content.0);
        self.closing_tag(tag);
        content
    }

    /// `:key` needs a loop.
    fn check_keys(&mut self, children: &Children) {
        for (_, node) in &children.nodes {
            if let Some(Directives { key: Some((span, _)), each: None, .. }) = directives(node) {
                let message = "`:key` stands beside `:for`, or on the only node of a `for` body";
                self.error(*span, message);
            }
        }
    }
}

const APOSTROPHE: &str = "text with an apostrophe goes in quotes: \"don't\"";

/// Whitespace with a line break next to a tag or a brace is the source's, not the page's.
fn edge(gap: Gap, inside: Inside) -> Gap {
    match (gap, inside) {
        (_, Inside::Braces) | (Gap::Newline, Inside::Element(_) | Inside::Component) => Gap::None,
        (gap, _) => gap,
    }
}

pub(crate) fn directives(node: &Node) -> Option<&Directives> {
    match node {
        Node::Element(element) => Some(&element.directives),
        Node::Component(component) => Some(&component.directives),
        _ => None,
    }
}

fn visible(children: &Children) -> impl Iterator<Item = &Node> {
    children.nodes.iter().map(|(_, node)| node).filter(|node| !matches!(node, Node::Let(_)))
}

fn is_keyword(word: &Ident) -> bool {
    ["if", "for", "match", "let"].iter().any(|keyword| word == keyword)
}

fn is_bare_text(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() != '<',
        TokenTree::Literal(literal) => string(literal).is_none(),
        TokenTree::Group(group) => {
            matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket)
        }
    }
}

/// The text of a string literal.
fn string(literal: &Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}
