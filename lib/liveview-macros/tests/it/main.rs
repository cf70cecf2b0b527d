//! The macros against the real runtime: what is written is what is rendered.

mod markup;
mod components;
mod events;
