//! Stateful components inside a view (`Phoenix.LiveComponent`).
//!
//! A component is mounted when markup first names it by type and id, gets new props with every
//! render of its parent, and receives the events whose `phx-target` is [`Myself`]. It lives in its
//! view's task. Its markup must be exactly one static element.

use std::{any::Any, any::TypeId, collections::BTreeMap, fmt};

use crate::{
    effects::Effects,
    message::{DecodeError, EventValue, Message},
    rendered::{AttrValue, Dynamic, IntoDynamic, Rendered},
};

/// A component with a state of its own.
pub trait LiveComponent: Sized + Send + 'static {
    /// What the parent gives it.
    type Props: Send + 'static;
    /// What a browser may say to it.
    type Msg: Message;

    /// The first state.
    fn mount(props: Self::Props, cx: &mut ComponentCx<'_>) -> Self;

    /// The parent rendered again.
    fn props(&mut self, props: Self::Props, cx: &mut ComponentCx<'_>);

    /// A message came.
    fn update(&mut self, message: Self::Msg, cx: &mut ComponentCx<'_>);

    /// One element.
    fn render(&self, myself: Myself) -> Rendered;
}

/// Puts the component `T` with this id here: `{live_component::<T>("id", props)}`.
pub fn live_component<T: LiveComponent>(
    id: impl Into<String>,
    props: T::Props,
) -> LiveComponentSpec {
    LiveComponentSpec {
        key: (TypeId::of::<T>(), id.into()),
        props: Box::new(props),
        mount: |props, cx| Box::new(Mounted::<T>(T::mount(downcast::<T>(props), cx))),
    }
}

/// A component's number in its view, for `phx-target={myself}`. Only the view it is in knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Myself(pub(crate) u64);

impl AttrValue for Myself {
    fn attr_value(&self) -> std::borrow::Cow<'_, str> {
        self.0.to_string().into()
    }
}

impl From<Myself> for serde_json::Value {
    fn from(myself: Myself) -> Self {
        myself.0.into()
    }
}

/// What a component can do besides changing itself: see [`Effects`], which it dereferences to.
#[derive(Debug)]
pub struct ComponentCx<'a> {
    effects: &'a mut Effects,
    connected: bool,
}

impl ComponentCx<'_> {
    /// Whether a browser is connected, rather than a page being rendered.
    pub fn connected(&self) -> bool {
        self.connected
    }
}

impl std::ops::Deref for ComponentCx<'_> {
    type Target = Effects;

    fn deref(&self) -> &Effects {
        self.effects
    }
}

impl std::ops::DerefMut for ComponentCx<'_> {
    fn deref_mut(&mut self) -> &mut Effects {
        self.effects
    }
}

type Props = Box<dyn Any + Send>;
type Key = (TypeId, String);

/// A component named in markup.
pub struct LiveComponentSpec {
    key: Key,
    props: Props,
    mount: fn(Props, &mut ComponentCx<'_>) -> Box<dyn AnyComponent>,
}

impl fmt::Debug for LiveComponentSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveComponentSpec").field("id", &self.key.1).finish_non_exhaustive()
    }
}

impl IntoDynamic for LiveComponentSpec {
    fn into_dynamic(self) -> Dynamic {
        Dynamic::Component(self)
    }
}

trait AnyComponent: Send {
    fn props(&mut self, props: Props, cx: &mut ComponentCx<'_>);
    fn event(
        &mut self,
        event: &str,
        value: &EventValue,
        cx: &mut ComponentCx<'_>,
    ) -> Result<(), DecodeError>;
    fn render(&self, myself: Myself) -> Rendered;
}

struct Mounted<T>(T);

impl<T: LiveComponent> AnyComponent for Mounted<T> {
    fn props(&mut self, props: Props, cx: &mut ComponentCx<'_>) {
        self.0.props(downcast::<T>(props), cx);
    }

    fn event(
        &mut self,
        event: &str,
        value: &EventValue,
        cx: &mut ComponentCx<'_>,
    ) -> Result<(), DecodeError> {
        self.0.update(T::Msg::decode(event, value)?, cx);
        Ok(())
    }

    fn render(&self, myself: Myself) -> Rendered {
        self.0.render(myself)
    }
}

fn downcast<T: LiveComponent>(props: Props) -> T::Props {
    *props.downcast().expect("the key holds the type, and the props are of that type")
}

/// The mounted components of one view.
#[derive(Default)]
pub(crate) struct Components {
    by_key: BTreeMap<Key, Myself>,
    mounted: BTreeMap<Myself, Box<dyn AnyComponent>>,
    last: u64,
    connected: bool,
}

impl fmt::Debug for Components {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Components").field("mounted", &self.mounted.len()).finish_non_exhaustive()
    }
}

impl Components {
    pub(crate) fn new(connected: bool) -> Self {
        Self { connected, ..Self::default() }
    }

    /// Mounts the component or gives it its new props. Numbers count from 1 and are not reused.
    pub(crate) fn place(&mut self, spec: LiveComponentSpec, effects: &mut Effects) -> Myself {
        let mut cx = ComponentCx { effects, connected: self.connected };
        if let Some(myself) = self.by_key.get(&spec.key) {
            let mounted = self.mounted.get_mut(myself).expect("both maps have the same entries");
            mounted.props(spec.props, &mut cx);
            return *myself;
        }
        let mounted = (spec.mount)(spec.props, &mut cx);
        self.last += 1;
        let myself = Myself(self.last);
        self.by_key.insert(spec.key, myself);
        self.mounted.insert(myself, mounted);
        myself
    }

    /// Gives an event to a component. `None`: there is no such component (any more).
    pub(crate) fn event(
        &mut self,
        myself: Myself,
        event: &str,
        value: &EventValue,
        effects: &mut Effects,
    ) -> Option<Result<(), DecodeError>> {
        let mounted = self.mounted.get_mut(&myself)?;
        let mut cx = ComponentCx { effects, connected: self.connected };
        Some(mounted.event(event, value, &mut cx))
    }

    /// The component that `spec` would update.
    #[cfg(feature = "testing")]
    pub(crate) fn known(&self, spec: &LiveComponentSpec) -> Option<Myself> {
        self.by_key.get(&spec.key).copied()
    }

    pub(crate) fn render(&self, myself: Myself) -> Option<Rendered> {
        self.mounted.get(&myself).map(|mounted| mounted.render(myself))
    }

    pub(crate) fn remove(&mut self, myself: Myself) {
        self.mounted.remove(&myself);
        self.by_key.retain(|_, known| *known != myself);
    }
}
