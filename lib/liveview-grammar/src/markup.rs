//! What `html!` reads: nodes, attributes and the whitespace between them.

use proc_macro2::{Ident, Span, TokenStream};

/// The whitespace before a node, as HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    None,
    Space,
    Newline,
}

impl Gap {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Gap::None => "",
            Gap::Space => " ",
            Gap::Newline => "\n",
        }
    }
}

/// The nodes of one place, each with what stands before it.
#[derive(Debug, Default)]
pub(crate) struct Children {
    pub(crate) nodes: Vec<(Gap, Node)>,
    /// What stands before the closing tag.
    pub(crate) last_gap: Option<Gap>,
}

#[derive(Debug)]
pub(crate) enum Node {
    /// Escaped already.
    Text(String),
    Expr(TokenStream),
    Element(Element),
    Component(Component),
    If(If),
    For {
        head: Loop,
        body: Children,
    },
    Match {
        on: TokenStream,
        arms: Vec<Arm>,
    },
    /// `let pattern = value;` for the siblings after it.
    Let(TokenStream),
}

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) directives: Directives,
    /// None for void elements.
    pub(crate) children: Option<Children>,
}

#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) path: TokenStream,
    pub(crate) span: Span,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) directives: Directives,
    pub(crate) slots: Vec<NamedSlot>,
    pub(crate) children: Children,
}

/// `<:name …>…</:name>` directly inside a component.
#[derive(Debug)]
pub(crate) struct NamedSlot {
    pub(crate) name: Ident,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) directives: Directives,
    pub(crate) children: Children,
}

#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// `name`
    Bare,
    /// `name="text"`: the token and what it says.
    Literal(TokenStream, String),
    /// `name={expr}`
    Expr(TokenStream),
    /// `name?={expr}`
    Optional(TokenStream),
    /// `{..expr}`, without a name.
    Spread(TokenStream),
}

/// `:if`, `:for`, `:key` and `:let` of one tag.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    pub(crate) condition: Option<TokenStream>,
    pub(crate) each: Option<Loop>,
    pub(crate) key: Option<(Span, TokenStream)>,
    pub(crate) bind: Option<(Span, TokenStream)>,
}

/// `pattern in iterator`
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) pattern: TokenStream,
    pub(crate) iterator: TokenStream,
}

#[derive(Debug)]
pub(crate) struct If {
    /// Each condition (it may be a `let`) and what it shows.
    pub(crate) branches: Vec<(TokenStream, Children)>,
    pub(crate) otherwise: Option<Children>,
}

#[derive(Debug)]
pub(crate) struct Arm {
    /// The pattern and its guard.
    pub(crate) pattern: TokenStream,
    pub(crate) body: Children,
}
