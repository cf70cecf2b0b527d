//! What a view looks like right now, as data: statics known at compile time and the dynamics
//! between them.
//!
//! `html!` splits its markup at compile time. The constant pieces become a [`Template`], one per
//! place in the source (each branch of an `if` and each loop body is a place of its own); what is
//! computed becomes a [`Dynamic`]. The HTML is `statics[0] dynamics[0] statics[1] … statics[n]`.
//!
//! The address of the template is its **fingerprint**: if the browser already has the template of
//! a slot, only the dynamics that changed are sent (see `diff.rs`); if not, the whole subtree is.
//! A `Rendered` is a value without identity: rendering twice gives equal values and changes
//! nothing.

use std::{borrow::Cow, fmt::Write, sync::Arc};

use crate::{live_component::LiveComponentSpec, nested::NestedView};

/// The constant part of one place in the markup.
#[derive(Debug)]
pub struct Template {
    /// One more than there are dynamics.
    pub statics: &'static [&'static str],
    /// Whether this is exactly one static root element.
    pub root: bool,
}

impl Template {
    /// Whether both are the same place in the source.
    pub(crate) fn same(&'static self, other: &'static Template) -> bool {
        std::ptr::eq(self, other)
    }
}

/// One template with the values of its dynamics.
#[derive(Debug)]
pub struct Rendered {
    pub(crate) template: &'static Template,
    pub(crate) dynamics: Vec<Dynamic>,
}

impl Rendered {
    /// Puts `dynamics` between the statics of `template`; there is one static more than dynamics.
    pub fn new(template: &'static Template, dynamics: Vec<Dynamic>) -> Self {
        debug_assert_eq!(template.statics.len(), dynamics.len() + 1);
        Self { template, dynamics }
    }

    /// Nothing at all.
    pub fn empty() -> Self {
        static EMPTY: Template = Template { statics: &[""], root: false };
        Self::new(&EMPTY, Vec::new())
    }

    /// The HTML of markup without live components and nested views: those need a page to live in
    /// and are left out.
    pub fn to_html(&self) -> String {
        let mut html = String::new();
        self.write_html(&mut html, &mut |_, _| {});
        html
    }

    /// Appends the HTML to `html`; `other` is called for live components and nested views.
    pub(crate) fn write_html(
        &self,
        html: &mut String,
        other: &mut dyn FnMut(&Dynamic, &mut String),
    ) {
        write_interleaved(self.template, &self.dynamics, html, other);
    }
}

fn write_interleaved(
    template: &Template,
    dynamics: &[Dynamic],
    html: &mut String,
    other: &mut dyn FnMut(&Dynamic, &mut String),
) {
    html.push_str(template.statics[0]);
    for (dynamic, after) in dynamics.iter().zip(&template.statics[1..]) {
        dynamic.write_html(html, other);
        html.push_str(after);
    }
}

/// What stands between two statics.
#[derive(Debug)]
pub enum Dynamic {
    /// HTML text that is already escaped.
    Text(Cow<'static, str>),
    /// Another template.
    Nested(Rendered),
    /// A loop.
    Keyed(Keyed),
    /// Changes of a [`Stream`](crate::Stream).
    Stream(StreamChanges),
    /// A stateful component.
    Component(LiveComponentSpec),
    /// A live view inside this one.
    View(NestedView),
    /// A value that is forgotten once it was sent.
    Temporary(Box<Dynamic>, (Arc<dyn Sent>, u64)),
    /// What the browser has stays: the value was sent before and was not kept here.
    Keep,
}

impl Dynamic {
    fn write_html(&self, html: &mut String, other: &mut dyn FnMut(&Dynamic, &mut String)) {
        match self {
            Dynamic::Text(text) => html.push_str(text),
            Dynamic::Nested(rendered) => rendered.write_html(html, other),
            Dynamic::Keyed(keyed) => {
                keyed.entries.iter().for_each(|(_, entry)| entry.write_html(html, other));
            }
            Dynamic::Stream(changes) => {
                changes.inserts.iter().for_each(|insert| insert.rendered.write_html(html, other));
            }
            Dynamic::Component(_) | Dynamic::View(_) => other(self, html),
            Dynamic::Temporary(value, _) => value.write_html(html, other),
            Dynamic::Keep => {}
        }
    }
}

/// The entries of a loop, each with what tells it from the others.
#[derive(Debug)]
pub struct Keyed {
    pub(crate) entries: Vec<(Key, Rendered)>,
}

impl Keyed {
    /// Collects a loop. Keys should differ; the second entry of a key counts as another one.
    pub fn collect(entries: impl Iterator<Item = (Key, Rendered)>) -> Self {
        Self { entries: entries.collect() }
    }
}

/// What tells an entry of a loop from the others between two renders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(KeyRepr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum KeyRepr {
    Index(usize),
    Text(Box<str>),
    Repeated(Box<Key>, usize),
}

impl Key {
    /// The key of an entry that has none: its position.
    pub fn index(index: usize) -> Self {
        Key(KeyRepr::Index(index))
    }

    /// The key of the `n`th entry that claims to be `self`.
    pub(crate) fn repeated(self, n: usize) -> Self {
        Key(KeyRepr::Repeated(Box::new(self), n))
    }
}

macro_rules! key_from {
    ($($type:ty),*) => {$(
        impl From<$type> for Key {
            fn from(value: $type) -> Self {
                Key(KeyRepr::Text(value.to_string().into()))
            }
        }
    )*};
}
key_from!(&str, String, &String, char, &char);
key_from!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, u128);
key_from!(&u8, &u16, &u32, &u64, &usize, &i8, &i16, &i32, &i64, &isize, &u128);

/// What a stream has to tell the browser: neither side keeps the items.
#[derive(Debug)]
pub struct StreamChanges {
    /// Unique among the streams of one view or component.
    pub(crate) name: &'static str,
    /// In the order in which they are applied.
    pub(crate) inserts: Vec<StreamInsert>,
    /// Ids of elements to remove, before the inserts.
    pub(crate) deletes: Vec<String>,
    /// Whether everything shown is removed first.
    pub(crate) reset: bool,
    /// Told that the changes up to the number were sent.
    pub(crate) sent: Option<(Arc<dyn Sent>, u64)>,
}

/// One item of a stream on its way to the browser.
#[derive(Debug)]
pub struct StreamInsert {
    pub(crate) dom_id: String,
    /// −1 appends, 0 prepends, n is an index.
    pub(crate) at: i64,
    /// +n keeps the first n, −n the last n.
    pub(crate) limit: Option<i64>,
    /// Ignored unless the element is there.
    pub(crate) update_only: bool,
    pub(crate) rendered: Rendered,
}

/// Something that may forget what was sent.
pub trait Sent: std::fmt::Debug + Send + Sync {
    /// Everything up to and including number `upto` is on its way to the browser.
    fn sent(&self, upto: u64);
}

/// Values that can stand among the children of an element.
pub trait IntoDynamic {
    /// The value as what stands between two statics; text is escaped.
    fn into_dynamic(self) -> Dynamic;
}

impl IntoDynamic for Dynamic {
    fn into_dynamic(self) -> Dynamic {
        self
    }
}

impl IntoDynamic for Rendered {
    fn into_dynamic(self) -> Dynamic {
        Dynamic::Nested(self)
    }
}

impl IntoDynamic for Keyed {
    fn into_dynamic(self) -> Dynamic {
        Dynamic::Keyed(self)
    }
}

impl IntoDynamic for Vec<Rendered> {
    fn into_dynamic(self) -> Dynamic {
        static EACH: Template = Template { statics: &["", ""], root: false };
        let wrap = |rendered| Rendered::new(&EACH, vec![Dynamic::Nested(rendered)]);
        let entries = self.into_iter().enumerate();
        Keyed::collect(entries.map(|(index, rendered)| (Key::index(index), wrap(rendered))))
            .into_dynamic()
    }
}

impl<T: IntoDynamic> IntoDynamic for Option<T> {
    fn into_dynamic(self) -> Dynamic {
        self.map_or(Dynamic::Text(Cow::Borrowed("")), T::into_dynamic)
    }
}

impl IntoDynamic for Raw {
    fn into_dynamic(self) -> Dynamic {
        Dynamic::Text(self.0)
    }
}

/// HTML that is put in as it is. Whoever makes one answers for its safety.
#[derive(Clone, Debug)]
pub struct Raw(pub Cow<'static, str>);

impl Raw {
    /// Trusts `html`.
    pub fn new(html: impl Into<Cow<'static, str>>) -> Self {
        Raw(html.into())
    }
}

macro_rules! escaped_text {
    ($($type:ty),*) => {$(
        impl IntoDynamic for $type {
            fn into_dynamic(self) -> Dynamic {
                Dynamic::Text(Cow::Owned(escape(&self)))
            }
        }
        impl AttrValue for $type {
            fn attr_value(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }
        }
    )*};
}
escaped_text!(&str, String, &String, Cow<'_, str>, Box<str>, Arc<str>);

macro_rules! displayed_text {
    ($($type:ty),*) => {$(
        impl IntoDynamic for $type {
            fn into_dynamic(self) -> Dynamic {
                Dynamic::Text(Cow::Owned(escape(&self.to_string())))
            }
        }
        impl IntoDynamic for &$type {
            fn into_dynamic(self) -> Dynamic {
                self.to_owned().into_dynamic()
            }
        }
        impl AttrValue for $type {
            fn attr_value(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
        impl AttrValue for &$type {
            fn attr_value(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}
displayed_text!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, char);

/// Values of an attribute that is always there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute that is always there",
    note = "a bool or an Option makes the whole attribute come and go: write `name?={{…}}`"
)]
pub trait AttrValue {
    /// The text before escaping.
    fn attr_value(&self) -> Cow<'_, str>;
}

impl<T: AttrValue + ?Sized> AttrValue for &&T {
    fn attr_value(&self) -> Cow<'_, str> {
        (**self).attr_value()
    }
}

/// Values of an attribute that comes and goes: written `name?={…}`.
pub trait OptionalAttr {
    /// `None`: no attribute. `Some(None)`: an attribute without value.
    fn optional_attr(&self) -> Option<Option<Cow<'_, str>>>;
}

impl OptionalAttr for bool {
    fn optional_attr(&self) -> Option<Option<Cow<'_, str>>> {
        self.then_some(None)
    }
}

impl<T: AttrValue> OptionalAttr for Option<T> {
    fn optional_attr(&self) -> Option<Option<Cow<'_, str>>> {
        self.as_ref().map(|value| Some(value.attr_value()))
    }
}

/// Attributes that are only known at run time, for `{..attrs}`.
#[derive(Clone, Debug, Default)]
pub struct Attrs(Vec<(Cow<'static, str>, Option<String>)>);

impl Attrs {
    /// Adds `name="value"`. The name is the author's, never a visitor's: it is not escaped.
    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl AttrValue) -> Self {
        self.0.push((name.into(), Some(value.attr_value().into_owned())));
        self
    }

    /// Adds `name` or `name="value"` if there is something to add.
    pub fn set_optional(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl OptionalAttr,
    ) -> Self {
        if let Some(value) = value.optional_attr() {
            self.0.push((name.into(), value.map(Cow::into_owned)));
        }
        self
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            write_attr(&mut text, name, value.as_deref());
        }
        text
    }
}

pub(crate) fn write_attr(text: &mut String, name: &str, value: Option<&str>) {
    let _infallible = match value {
        Some(value) => write!(text, " {name}=\"{}\"", escape(value)),
        None => write!(text, " {name}"),
    };
}

/// `text` with the five characters that mean something in HTML replaced by references.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        escaped.push_str(&rest[..at]);
        escaped.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_characters_are_escaped() {
        assert_eq!(
            escape("<a href=\"x\">'&é'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;é&#39;&lt;/a&gt;"
        );
    }

    #[test]
    fn statics_and_dynamics_interleave() {
        static PAGE: Template = Template { statics: &["<p>", " of ", "</p>"], root: true };
        let page = Rendered::new(&PAGE, vec!["<1>".into_dynamic(), 2.into_dynamic()]);
        assert_eq!(page.to_html(), "<p>&lt;1&gt; of 2</p>");
    }
}
