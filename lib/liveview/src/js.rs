//! Commands that the browser runs by itself: show, hide, classes, focus, and pushing messages.
//!
//! A list of commands is the text `[[op, args], …]` in an attribute such as `phx-click` (protocol
//! document §5.7, `Phoenix.LiveView.JS`).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    message::{Binding, EventBinding, Message},
    rendered::AttrValue,
};

/// A list of commands, run in order.
///
/// ```
/// use liveview::Js;
/// let open = Js::new().show(Js::to("#help")).focus_first(Js::to("#help"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Js(Vec<Value>);

/// Arguments of one command; absent ones take the client's defaults.
#[derive(Clone, Debug, Default)]
pub struct JsOptions(Map<String, Value>);

impl JsOptions {
    /// The elements that match the CSS selector, instead of the element itself.
    pub fn to(self, selector: &str) -> Self {
        self.with("to", json!(selector))
    }

    /// The closest ancestor that matches.
    pub fn closest(self, selector: &str) -> Self {
        self.with("to", json!({ "closest": selector }))
    }

    /// Descendants that match.
    pub fn inner(self, selector: &str) -> Self {
        self.with("to", json!({ "inner": selector }))
    }

    /// How long a transition takes, in milliseconds; the client's default is 200.
    pub fn time_ms(self, time_ms: u32) -> Self {
        self.with("time", json!(time_ms))
    }

    /// Class names during the whole transition, separated by spaces.
    pub fn transition(self, running: &str) -> Self {
        self.with("transition", json!([names(running), [], []]))
    }

    /// Class names during the transition, at its start and at its end.
    pub fn transition_from_to(self, running: &str, start: &str, end: &str) -> Self {
        self.with("transition", json!([names(running), names(start), names(end)]))
    }

    /// Class names while `toggle` shows.
    pub fn ins(self, running: &str) -> Self {
        self.with("ins", json!([names(running), [], []]))
    }

    /// Class names while `toggle` hides.
    pub fn outs(self, running: &str) -> Self {
        self.with("outs", json!([names(running), [], []]))
    }

    /// The CSS `display` of what is shown.
    pub fn display(self, display: &str) -> Self {
        self.with("display", json!(display))
    }

    /// Whether later patches wait for the transition; the client's default is yes.
    pub fn blocking(self, blocking: bool) -> Self {
        self.with("blocking", json!(blocking))
    }

    /// The component with this number, or the view or component that owns the selector.
    pub fn target(self, target: impl Into<Value>) -> Self {
        self.with("target", target.into())
    }

    /// A selector of elements that get the loading class as well.
    pub fn loading(self, selector: &str) -> Self {
        self.with("loading", json!(selector))
    }

    /// Shows the page's loading sign meanwhile.
    pub fn page_loading(self) -> Self {
        self.with("page_loading", json!(true))
    }

    /// More of the message's value.
    pub fn value(self, value: Value) -> Self {
        self.with("value", value)
    }

    /// The `detail` of a dispatched event.
    pub fn detail(self, detail: Value) -> Self {
        self.with("detail", detail)
    }

    /// Whether a dispatched event bubbles; the client's default is yes.
    pub fn bubbles(self, bubbles: bool) -> Self {
        self.with("bubbles", json!(bubbles))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }
}

fn names(classes: &str) -> Vec<&str> {
    classes.split_whitespace().collect()
}

impl Js {
    /// No commands yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Options that name the elements a command is for.
    pub fn to(selector: &str) -> JsOptions {
        JsOptions::default().to(selector)
    }

    /// Sends a message to the view.
    pub fn push<B: EventBinding>(self, message: B) -> Self {
        self.push_with(message, JsOptions::default())
    }

    /// Sends a message to the view, or to the component named by [`JsOptions::target`].
    pub fn push_with<B: EventBinding>(mut self, message: B, options: JsOptions) -> Self {
        let Binding(text) = message.binding();
        match serde_json::from_str::<Vec<Value>>(&text) {
            Ok(commands) if text.starts_with('[') => {
                for mut command in commands {
                    if let Some(Value::Object(arguments)) = command.get_mut(1) {
                        arguments.extend(options.0.clone());
                    }
                    self.0.push(command);
                }
                self
            }
            _ => self.op("push", options.with("event", json!(text))),
        }
    }

    pub(crate) fn push_event(self, event: &str, value: Value) -> Self {
        let options = JsOptions::default().with("event", json!(event));
        self.op("push", if value.is_null() { options } else { options.with("value", value) })
    }

    /// Makes elements visible.
    pub fn show(self, options: JsOptions) -> Self {
        self.op("show", options)
    }

    /// Makes elements invisible.
    pub fn hide(self, options: JsOptions) -> Self {
        self.op("hide", options)
    }

    /// Shows what is hidden and hides what is shown.
    pub fn toggle(self, options: JsOptions) -> Self {
        self.op("toggle", options)
    }

    /// Adds class names.
    pub fn add_class(self, classes: &str, options: JsOptions) -> Self {
        self.op("add_class", options.with("names", json!(names(classes))))
    }

    /// Removes class names.
    pub fn remove_class(self, classes: &str, options: JsOptions) -> Self {
        self.op("remove_class", options.with("names", json!(names(classes))))
    }

    /// Adds the class names that are missing and removes those that are there.
    pub fn toggle_class(self, classes: &str, options: JsOptions) -> Self {
        self.op("toggle_class", options.with("names", json!(names(classes))))
    }

    /// Runs a transition.
    pub fn transition(self, options: JsOptions) -> Self {
        self.op("transition", options)
    }

    /// Sets an attribute.
    pub fn set_attribute(self, name: &str, value: &str, options: JsOptions) -> Self {
        self.op("set_attr", options.with("attr", json!([name, value])))
    }

    /// Removes an attribute.
    pub fn remove_attribute(self, name: &str, options: JsOptions) -> Self {
        self.op("remove_attr", options.with("attr", json!(name)))
    }

    /// Sets an attribute to the first value, or between the two, or removes it.
    pub fn toggle_attribute(self, name: &str, values: &[&str], options: JsOptions) -> Self {
        let attr: Vec<_> = std::iter::once(name).chain(values.iter().copied()).collect();
        self.op("toggle_attr", options.with("attr", json!(attr)))
    }

    /// Keeps these attributes as the browser has them when the server patches the element.
    pub fn ignore_attributes(self, attributes: &[&str]) -> Self {
        self.op("ignore_attrs", JsOptions::default().with("attrs", json!(attributes)))
    }

    /// Dispatches a DOM event.
    pub fn dispatch(self, event: &str, options: JsOptions) -> Self {
        self.op("dispatch", options.with("event", json!(event)))
    }

    /// Runs the commands in an attribute of the elements.
    pub fn exec(self, attribute: &str, options: JsOptions) -> Self {
        self.op("exec", options.with("attr", json!(attribute)))
    }

    /// Focuses an element.
    pub fn focus(self, options: JsOptions) -> Self {
        self.op("focus", options)
    }

    /// Focuses the first focusable element inside.
    pub fn focus_first(self, options: JsOptions) -> Self {
        self.op("focus_first", options)
    }

    /// Remembers what has the focus.
    pub fn push_focus(self, options: JsOptions) -> Self {
        self.op("push_focus", options)
    }

    /// Gives the focus back.
    pub fn pop_focus(self) -> Self {
        self.op("pop_focus", JsOptions::default())
    }

    /// Goes to another live view without a page load.
    pub fn navigate(self, href: &str) -> Self {
        self.op("navigate", JsOptions::default().with("href", json!(href)))
    }

    /// Goes to another URL of the same live view.
    pub fn patch(self, href: &str) -> Self {
        self.op("patch", JsOptions::default().with("href", json!(href)))
    }

    fn op(mut self, op: &str, options: JsOptions) -> Self {
        self.0.push(json!([op, options.0]));
        self
    }
}

/// Commands that send one message, so that `Js::to(…)`-style options can be added.
impl<M: Message> From<M> for Js {
    fn from(message: M) -> Self {
        Js::new().push(message)
    }
}

impl EventBinding for Js {
    fn binding(&self) -> Binding {
        Binding(Value::Array(self.0.clone()).to_string())
    }
}

/// The commands as text, in an attribute of the page's own that a hook runs (`liveSocket.execJS`).
impl AttrValue for Js {
    fn attr_value(&self) -> Cow<'_, str> {
        Cow::Owned(self.binding().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_pairs_of_name_and_arguments() {
        let js = Js::new()
            .show(Js::to("#modal").transition("fade-in").time_ms(50))
            .set_attribute("aria-expanded", "true", Js::to("#modal"))
            .pop_focus();
        let expected = json!([
            ["show", {"to": "#modal", "transition": [["fade-in"], [], []], "time": 50}],
            ["set_attr", {"attr": ["aria-expanded", "true"], "to": "#modal"}],
            ["pop_focus", {}],
        ]);
        assert_eq!(serde_json::from_str::<Value>(&js.binding().0).unwrap(), expected);
    }

    #[test]
    fn a_pushed_message_keeps_its_value_and_takes_options() {
        let js = Js::new()
            .push_event("delete", json!({"id": "7"}))
            .push_with("save", JsOptions::default().target(3).loading("#form"));
        let expected = json!([
            ["push", {"event": "delete", "value": {"id": "7"}}],
            ["push", {"event": "save", "target": 3, "loading": "#form"}],
        ]);
        assert_eq!(serde_json::from_str::<Value>(&js.binding().0).unwrap(), expected);
    }
}
