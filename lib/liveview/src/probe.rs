//! What a test sees of a view besides its frames: each render in full, to compare the browser with.
//!
//! Without the feature `testing` it is nothing and does nothing.

use serde_json::{Map, Value};

use crate::{diff::Differ, rendered::Rendered};

/// A test's eye on the views of one connection.
#[derive(Clone, Default)]
pub(crate) struct Probe(#[cfg(feature = "testing")] pub(crate) Option<crate::testing::Renders>);

/// A test's eye on one view, from its join on.
#[derive(Default)]
pub(crate) struct ViewProbe(#[cfg(feature = "testing")] Option<crate::testing::ViewRenders>);

#[cfg(not(feature = "testing"))]
impl Probe {
    pub(crate) fn view(&self, _id: &str) -> ViewProbe {
        ViewProbe()
    }
}

#[cfg(not(feature = "testing"))]
impl ViewProbe {
    /// `message` was made of a render, which `render` repeats.
    pub(crate) fn rendered(
        &self,
        _message: &Map<String, Value>,
        _differ: &Differ,
        _render: impl FnOnce() -> Rendered,
    ) {
    }

    /// Panics if what a shared view keeps for browsers is not what it rendered.
    pub(crate) fn check(_differ: &Differ, _render: impl FnOnce() -> Rendered) {}
}

#[cfg(feature = "testing")]
impl Probe {
    pub(crate) fn view(&self, id: &str) -> ViewProbe {
        ViewProbe(self.0.as_ref().map(|renders| renders.view(id)))
    }
}

#[cfg(feature = "testing")]
impl ViewProbe {
    pub(crate) fn rendered(
        &self,
        message: &Map<String, Value>,
        differ: &Differ,
        render: impl FnOnce() -> Rendered,
    ) {
        if let Some(renders) = &self.0 {
            let picture = crate::testing::Picture::of(&render(), differ);
            renders.add(Value::Object(message.clone()), picture);
        }
    }

    pub(crate) fn check(differ: &Differ, render: impl FnOnce() -> Rendered) {
        let mut html = String::new();
        crate::kept::write_html(&Value::Object(differ.whole(false)), &mut html);
        crate::testing::Picture::of(&render(), differ).check(&html);
    }
}
