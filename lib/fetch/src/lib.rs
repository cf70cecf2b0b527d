//! HTTP to elsewhere, behind a guard that every address passes.
//!
//! A [`Fetcher`] makes requests; a [`Guard`] says which URLs and which addresses may be reached, and
//! is asked in the connector about the very address that is then connected to, for every redirect
//! again. [`Limits`] bound time and size.
//!
//! Tasks: none. Each connection lives in the future that asked for it, and ends with it.
//!
//! Not here: what answers mean, caching, retries, cookies, credentials.
#![warn(missing_docs)]

mod address;
mod guard;
mod resolve;
mod limits;
mod pace;
mod connector;
mod exchange;
mod content;
mod content_type;
mod incoming;
mod fetcher;
mod error;

pub use address::is_public;
pub use content_type::ContentType;
pub use error::{FetchError, Refused};
pub use fetcher::{Config, Fetcher, Trust};
pub use guard::{Guard, Opening, OpeningError};
pub use incoming::Incoming;
pub use limits::Limits;
pub use resolve::{Resolve, Resolved, SystemResolver};
