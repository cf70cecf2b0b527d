//! Typed messages: what a browser may say to a view, as an enum.
//!
//! `#[derive(Message)]` makes the two directions agree: the event name and value that `html!`
//! prints for `phx-click={Msg::Delete { id }}` are the ones that [`Message::decode`] accepts.

use serde_json::Value;

use crate::params::{Param, Params, key_path};

/// Messages of a view; derive it.
pub trait Message: Sized + Send + 'static {
    /// Reads an event that a browser sent.
    ///
    /// # Errors
    /// The event is not one of this view's, or its value does not fit. Nothing happens then, and
    /// the browser is told.
    fn decode(event: &str, value: &EventValue) -> Result<Self, DecodeError>;

    /// Event name and value of a message that is put into markup.
    fn encode(&self) -> (&'static str, Value);
}

/// Why an event was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// No message of the view has this name.
    #[error("no such event: {0}")]
    UnknownEvent(String),
    /// A field is missing or is not of its type.
    #[error("field {field} is not {expected}")]
    BadField {
        /// Name of the field as it was sent.
        field: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl DecodeError {
    /// Field `field` was not `expected`, such as "a number".
    pub fn bad_field(field: impl Into<String>, expected: &'static str) -> Self {
        Self::BadField { field: field.into(), expected }
    }
}

/// The value of one event: the decoded form, or the object a click or hook sent.
#[derive(Clone, Debug, Default)]
pub struct EventValue {
    params: Params,
    json: Value,
    target: Option<Vec<String>>,
}

impl EventValue {
    /// The value of an event payload (protocol document §5.1): forms are decoded, `meta` is merged
    /// over them, `_target` becomes a path of keys.
    pub fn from_payload(kind: &str, value: &Value, meta: Option<&Value>) -> Self {
        let Value::String(encoded) = value else {
            let params = Params::from_json(value);
            return Self { params, json: value.clone(), target: None };
        };
        let mut params = match kind {
            "form" => Params::decode(encoded),
            _ => Params::default(),
        };
        params.merge(Params::from_json(meta.unwrap_or(&Value::Null)));
        let target = params.get("_target").map(target_path);
        Self { json: Value::String(encoded.clone()), params, target }
    }

    /// Everything that was sent, as nested text.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The value as the browser sent it: an object, or the text of a form.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The field that made a form change, as its path: `user[name]` is `["user", "name"]`.
    pub fn target(&self) -> Option<&[String]> {
        self.target.as_deref()
    }

    /// Whether the person has not touched the field `name` of the form yet.
    pub fn is_unused(&self, name: &str) -> bool {
        self.params.param(&format!("_unused_{name}")).is_some()
    }

    /// Reads one field.
    ///
    /// # Errors
    /// [`DecodeError::BadField`] if it is missing or of another type.
    pub fn field<T: FromField>(&self, name: &str) -> Result<T, DecodeError> {
        T::from_field(self.params.param(name), name)
    }

    /// Reads the whole form.
    ///
    /// # Errors
    /// [`DecodeError::BadField`] for the first field that does not fit.
    pub fn form<F: crate::form::FormData>(&self) -> Result<F, DecodeError> {
        F::from_event(self)
    }
}

fn target_path(target: &str) -> Vec<String> {
    key_path(target).into_iter().filter(|segment| !segment.is_empty()).collect()
}

/// Types that a field of an event or form can have.
pub trait FromField: Sized {
    /// Reads the field `name`; `None` if it was not sent.
    ///
    /// # Errors
    /// [`DecodeError::BadField`] if it does not fit.
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError>;
}

/// Types that a field of a message in markup can have.
pub trait ToField {
    /// The field as JSON.
    fn to_field(&self) -> Value;
}

impl FromField for String {
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
        match param {
            Some(Param::Text(text)) => Ok(text.clone()),
            None => Ok(String::new()),
            Some(_) => Err(DecodeError::bad_field(name, "text")),
        }
    }
}

impl ToField for String {
    fn to_field(&self) -> Value {
        Value::String(self.clone())
    }
}

impl FromField for bool {
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
        match param {
            None => Ok(false),
            Some(Param::Text(text)) if matches!(&**text, "on" | "true" | "1") => Ok(true),
            Some(Param::Text(text)) if matches!(&**text, "" | "off" | "false" | "0") => Ok(false),
            Some(_) => Err(DecodeError::bad_field(name, "true or false")),
        }
    }
}

impl ToField for bool {
    fn to_field(&self) -> Value {
        Value::Bool(*self)
    }
}

macro_rules! number_fields {
    ($($type:ty),*) => {$(
        impl FromField for $type {
            fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
                let bad = || DecodeError::bad_field(name, "a number in range");
                match param {
                    Some(Param::Text(text)) => text.trim().parse().map_err(|_| bad()),
                    _ => Err(bad()),
                }
            }
        }
        impl ToField for $type {
            fn to_field(&self) -> Value {
                Value::from(*self)
            }
        }
    )*};
}
number_fields!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);

impl<T: FromField> FromField for Option<T> {
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
        match param {
            None => Ok(None),
            Some(Param::Text(text)) if text.is_empty() => Ok(None),
            Some(_) => T::from_field(param, name).map(Some),
        }
    }
}

impl<T: ToField> ToField for Option<T> {
    fn to_field(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToField::to_field)
    }
}

impl<T: FromField> FromField for Vec<T> {
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
        match param {
            None => Ok(Vec::new()),
            Some(Param::List(items)) => {
                items.iter().map(|item| T::from_field(Some(item), name)).collect()
            }
            Some(_) => Err(DecodeError::bad_field(name, "a list")),
        }
    }
}

impl<T: ToField> ToField for Vec<T> {
    fn to_field(&self) -> Value {
        self.iter().map(ToField::to_field).collect()
    }
}

impl FromField for Params {
    fn from_field(param: Option<&Param>, name: &str) -> Result<Self, DecodeError> {
        match param {
            None => Ok(Params::default()),
            Some(Param::Map(params)) => Ok(params.clone()),
            Some(_) => Err(DecodeError::bad_field(name, "a map")),
        }
    }
}

impl ToField for Params {
    fn to_field(&self) -> Value {
        self.to_json()
    }
}

/// What an event attribute such as `phx-click` says: an event, or JS commands.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding(pub(crate) String);

impl Binding {
    /// The bare event `name`.
    pub fn event(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

/// What may stand in an event attribute.
pub trait EventBinding {
    /// The text of the attribute before escaping.
    fn binding(&self) -> Binding;
}

impl EventBinding for Binding {
    fn binding(&self) -> Binding {
        self.clone()
    }
}

impl EventBinding for &str {
    fn binding(&self) -> Binding {
        Binding((*self).to_owned())
    }
}

impl EventBinding for String {
    fn binding(&self) -> Binding {
        Binding(self.clone())
    }
}

impl<M: Message> EventBinding for M {
    fn binding(&self) -> Binding {
        let (event, value) = self.encode();
        match value {
            Value::Null => Binding::event(event),
            value => crate::js::Js::new().push_event(event, value).binding(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_event_is_decoded_with_its_meta_and_target() {
        let value = EventValue::from_payload(
            "form",
            &json!("user%5Bname%5D=Zo%C3%AB&user%5B_unused_age%5D=&user%5Bage%5D="),
            Some(&json!({"_target": "user[name]", "fv": "1"})),
        );
        assert_eq!(value.target(), Some(&["user".to_owned(), "name".to_owned()][..]));
        assert_eq!(value.params().get("fv"), Some("1"));
        assert!(value.field::<Params>("user").unwrap().param("_unused_age").is_some());
    }

    #[test]
    fn numbers_of_clicks_are_text_and_parse() {
        let value =
            EventValue::from_payload("click", &json!({"id": "7", "n": 3, "value": ""}), None);
        assert_eq!(value.field::<u32>("id"), Ok(7));
        assert_eq!(value.field::<u32>("n"), Ok(3));
        assert_eq!(value.field::<Option<u32>>("value"), Ok(None));
        assert!(value.field::<u32>("missing").is_err());
    }
}
