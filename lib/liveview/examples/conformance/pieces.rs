//! What several pages are made of.

use liveview::{Attrs, Rendered, component, component::Slot, html};

/// A link to another view of the session.
#[component]
pub fn Navigate(to: &str, inner: Slot<'_>) -> Rendered {
    html! { <a href={to} data-phx-link="redirect" data-phx-link-state="push">{inner}</a> }
}

/// A link to another URL of the same view.
#[component]
pub fn Patch(to: &str, inner: Slot<'_>) -> Rendered {
    html! { <a href={to} data-phx-link="patch" data-phx-link-state="push">{inner}</a> }
}

/// Shows its children elsewhere in the document (`Phoenix.Component.portal/1`).
#[component]
pub fn Portal(id: &str, target: &str, inner: Slot<'_>) -> Rendered {
    let wrapper = format!("_lv_portal_wrap_{id}");
    html! {
        <template id={id} data-phx-portal={target}>
            <div id={wrapper} style="display: contents;">{inner}</div>
        </template>
    }
}

/// Keeps the focus among its children (`Phoenix.Component.focus_wrap/1`).
#[component]
pub fn FocusWrap(id: &str, #[prop(default)] attrs: Attrs, inner: Slot<'_>) -> Rendered {
    html! {
        <div id={id} phx-hook="Phoenix.FocusWrap" {..attrs}>
            <div id={format!("{id}-start")} tabindex="0" aria-hidden="true"></div>
            {inner}
            <div id={format!("{id}-end")} tabindex="0" aria-hidden="true"></div>
        </div>
    }
}

/// Messages of a view that gets none.
#[derive(liveview::Message)]
pub enum NoMsg {}

/// A page on which nothing happens.
macro_rules! still_page {
    ($name:ident, $markup:expr) => {
        pub struct $name;

        impl liveview::LiveView for $name {
            type Context = crate::world::World;
            type Msg = crate::pieces::NoMsg;

            async fn mount(_: &mut liveview::Cx<Self>) -> Result<Self, liveview::Interrupt> {
                Ok($name)
            }

            async fn update(&mut self, message: Self::Msg, _: &mut liveview::Cx<Self>) {
                match message {}
            }

            fn render(&self) -> liveview::Rendered {
                $markup
            }
        }
    };
}
pub(crate) use still_page;

/// A component that shows its props and gets no message.
macro_rules! still_component {
    ($name:ident($props:ty), |$given:ident| $markup:expr) => {
        pub struct $name($props);

        impl liveview::LiveComponent for $name {
            type Props = $props;
            type Msg = crate::pieces::NoMsg;

            fn mount(props: $props, _: &mut liveview::ComponentCx<'_>) -> Self {
                Self(props)
            }

            fn props(&mut self, props: $props, _: &mut liveview::ComponentCx<'_>) {
                self.0 = props;
            }

            fn update(&mut self, message: Self::Msg, _: &mut liveview::ComponentCx<'_>) {
                match message {}
            }

            fn render(&self, _: liveview::Myself) -> liveview::Rendered {
                let $given = &self.0;
                $markup
            }
        }
    };
}
pub(crate) use still_component;
