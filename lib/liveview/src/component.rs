//! What components are made of: slots, and the states of a builder's props.
//!
//! `#[component]` gives a function a builder whose methods are its props; `html!` calls them. A
//! prop that must be given changes the type of the builder, so a missing one does not compile.

use std::{borrow::Cow, fmt, marker::PhantomData, rc::Rc, sync::Arc};

use crate::{
    message::{Binding, EventBinding},
    rendered::{AttrValue, Dynamic, IntoDynamic, OptionalAttr, Raw, Rendered, escape, write_attr},
};

/// Markup that a component is given: its children, or a `<:name>` inside it.
///
/// `{inner}` shows it; [`Slot::with`] shows it with a value that the caller took by `:let`. Nothing
/// is rendered before, and what was not given renders to nothing.
pub struct Slot<'a, T = ()> {
    render: Option<Rc<dyn Fn(T) -> Rendered + 'a>>,
}

impl<'a, T> Slot<'a, T> {
    /// A slot that shows what `render` gives.
    pub fn new(render: impl Fn(T) -> Rendered + 'a) -> Self {
        Self { render: Some(Rc::new(render)) }
    }

    /// Shows the slot with `value`.
    pub fn with(&self, value: T) -> Rendered {
        match &self.render {
            Some(render) => render(value),
            None => Rendered::empty(),
        }
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.render.is_none()
    }
}

impl Slot<'_> {
    /// Shows the slot.
    pub fn render(&self) -> Rendered {
        self.with(())
    }
}

impl<T> Clone for Slot<'_, T> {
    fn clone(&self) -> Self {
        Self { render: self.render.clone() }
    }
}

impl<T> Default for Slot<'_, T> {
    fn default() -> Self {
        Self { render: None }
    }
}

impl<T> fmt::Debug for Slot<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("is_empty", &self.is_empty()).finish()
    }
}

impl IntoDynamic for Slot<'_> {
    fn into_dynamic(self) -> Dynamic {
        self.render().into_dynamic()
    }
}

/// Values that markup shows without taking them: `{self.name}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown where it is kept",
    note = "fields, and variables from outside a loop or slot, are only borrowed; to give markup \
            away, write `{{{{ value }}}}`"
)]
pub trait Show {
    /// The value as what stands between two statics.
    fn show(&self) -> Dynamic;
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self) -> Dynamic {
        (**self).show()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Dynamic {
        self.as_ref().map_or(Dynamic::Text(Cow::Borrowed("")), T::show)
    }
}

impl Show for Slot<'_> {
    fn show(&self) -> Dynamic {
        self.render().into_dynamic()
    }
}

impl Show for Raw {
    fn show(&self) -> Dynamic {
        self.clone().into_dynamic()
    }
}

macro_rules! show_text {
    ($($type:ty),*) => {$(
        impl Show for $type {
            fn show(&self) -> Dynamic {
                Dynamic::Text(Cow::Owned(escape(self)))
            }
        }
    )*};
}
show_text!(str, String, Cow<'_, str>, Box<str>, Arc<str>);

macro_rules! show_displayed {
    ($($type:ty),*) => {$(
        impl Show for $type {
            fn show(&self) -> Dynamic {
                self.to_owned().into_dynamic()
            }
        }
    )*};
}
show_displayed!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, char);

impl<T: Show + ?Sized> IntoDynamic for &&T {
    fn into_dynamic(self) -> Dynamic {
        self.show()
    }
}

impl<T: Show> IntoDynamic for &Option<T> {
    fn into_dynamic(self) -> Dynamic {
        self.show()
    }
}

macro_rules! shown_by_reference {
    ($($type:ty),*) => {$(
        impl IntoDynamic for &$type {
            fn into_dynamic(self) -> Dynamic {
                self.show()
            }
        }
    )*};
}
shown_by_reference!(Slot<'_>, Raw, Cow<'_, str>, Box<str>, Arc<str>);

/// What a loop over borrowed texts has.
impl AttrValue for str {
    fn attr_value(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl<T: OptionalAttr + ?Sized> OptionalAttr for &T {
    fn optional_attr(&self) -> Option<Option<Cow<'_, str>>> {
        (**self).optional_attr()
    }
}

/// `{place}` among children.
pub fn shown(value: &(impl Show + ?Sized)) -> Dynamic {
    value.show()
}

/// The value of `name={value}`.
pub fn attr_value(value: &impl AttrValue) -> Dynamic {
    Dynamic::Text(Cow::Owned(escape(&value.attr_value())))
}

/// The whole of `name?={value}`.
pub fn attr_optional(name: &'static str, value: &impl OptionalAttr) -> Dynamic {
    let mut text = String::new();
    if let Some(value) = value.optional_attr() {
        write_attr(&mut text, name, value.as_deref());
    }
    Dynamic::Text(Cow::Owned(text))
}

/// The value of an event attribute.
pub fn binding(binding: &impl EventBinding) -> Dynamic {
    Dynamic::Text(Cow::Owned(escape(&binding.binding().0)))
}

/// A prop that was not given yet.
#[derive(Clone, Copy, Debug)]
pub struct Missing;

/// A prop that was given.
#[derive(Clone, Copy, Debug)]
pub struct Given<T>(pub T);

/// Structs that a `<:name>` fills.
pub trait SlotEntry: Sized {
    /// Takes the entry's props.
    type Builder;

    /// A builder without props.
    fn builder() -> Self::Builder;
}

/// The builder of a slot that is only markup.
#[derive(Debug)]
pub struct SlotBuilder<'a, T>(Slot<'a, T>);

impl<'a, T> SlotEntry for Slot<'a, T> {
    type Builder = SlotBuilder<'a, T>;

    fn builder() -> Self::Builder {
        SlotBuilder(Slot::default())
    }
}

impl<'a, T> SlotBuilder<'a, T> {
    /// Takes the markup.
    pub fn inner(self, inner: Slot<'a, T>) -> Self {
        Self(inner)
    }

    #[doc(hidden)]
    pub fn inner_markup(self, render: impl Fn(T) -> Rendered + 'a) -> Self {
        Self(Slot::new(render))
    }

    #[doc(hidden)]
    pub fn __finish(self) -> Slot<'a, T> {
        self.0
    }
}

/// Which variant of the messages `M` an event attribute names: the `N`th.
pub struct Variant<M, const N: usize>(PhantomData<fn() -> M>);

impl<M, const N: usize> Variant<M, N> {
    /// Names the variant.
    pub const NAMED: Self = Self(PhantomData);
}

/// Messages whose `N`th variant a browser may send.
#[diagnostic::on_unimplemented(
    message = "an `#[internal]` message cannot be bound in markup",
    label = "the browser may not send this message"
)]
pub trait FromBrowser<const N: usize> {
    /// Name of the event.
    const EVENT: &'static str;
}

/// The binding of the variant that `named` gives; it is only asked for its type.
///
/// The variant is found by a method of a message rather than by a function of its enum, because
/// rustc stays silent about methods of a value whose pattern it has already refused: a variant that
/// does not exist is then reported once.
pub fn bound<M: FromBrowser<N>, const N: usize>(_named: fn(&M) -> Variant<M, N>) -> Binding {
    Binding::event(M::EVENT)
}
