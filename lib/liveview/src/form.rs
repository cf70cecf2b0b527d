//! Forms as structs: fields are named once.

use std::borrow::Cow;

use crate::{
    message::{DecodeError, EventValue},
    params::Params,
    rendered::AttrValue,
};

/// A form; derive it with `#[derive(Form)]`.
pub trait FormData: Sized {
    /// Reads the fields.
    ///
    /// # Errors
    /// [`DecodeError::BadField`] for the first that does not fit.
    fn from_params(params: &Params) -> Result<Self, DecodeError>;

    /// Reads the form of an event.
    ///
    /// # Errors
    /// As [`FormData::from_params`].
    fn from_event(event: &EventValue) -> Result<Self, DecodeError> {
        Self::from_params(event.params())
    }
}

/// A form that takes whatever was sent.
impl FormData for Params {
    fn from_params(params: &Params) -> Result<Self, DecodeError> {
        Ok(params.clone())
    }
}

/// A form together with what was changed and what was not touched yet.
#[derive(Clone, Debug)]
pub struct Change<F> {
    /// The form.
    pub form: F,
    /// The event it came with: [`EventValue::target`], [`EventValue::is_unused`].
    pub event: EventValue,
}

impl<F: FormData> FormData for Change<F> {
    fn from_params(params: &Params) -> Result<Self, DecodeError> {
        Ok(Self { form: F::from_params(params)?, event: EventValue::default() })
    }

    fn from_event(event: &EventValue) -> Result<Self, DecodeError> {
        Ok(Self { form: F::from_event(event)?, event: event.clone() })
    }
}

/// An event as it came, for views that read it themselves.
impl FormData for EventValue {
    fn from_params(params: &Params) -> Result<Self, DecodeError> {
        Ok(EventValue::from_payload("hook", &params.to_json(), None))
    }

    fn from_event(event: &EventValue) -> Result<Self, DecodeError> {
        Ok(event.clone())
    }
}

/// The name of a field of a form, for `name={PostForm::FIELDS.body}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(&'static str);

impl Field {
    /// The field that is sent as `name`.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// What it is sent as.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl AttrValue for Field {
    fn attr_value(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }
}
