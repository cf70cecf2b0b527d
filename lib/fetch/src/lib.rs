//! HTTP to elsewhere, behind a guard that every address passes.
//!
//! A [`Fetcher`] makes requests; a [`Guard`] says which URLs and which addresses may be reached, and
//! is asked in the connector about the very address that is then connected to, for every redirect
//! again. [`Limits`] bound time and size; an answer comes as an [`Incoming`], whose body is read
//! piece by piece and decompressed within bounds on both sides.
//!
//! ```text
//! URL ─▶ check_url ─▶ look-up ─▶ check_address ─▶ TCP ─▶ TLS ─▶ request ─▶ head ─▶ body, in pieces
//!  ▲                             of each one found                          │
//!  └────────────────────────────── redirect ────────────────────────────────┘
//! ```
//!
//! ```
//! use fetch::{Config, FetchError, Fetcher, Guard, Limits};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let fetcher = Fetcher::new(Config::default());
//! let guard = Guard::public_or(Vec::new());
//! let here = "http://0x7f.1/".parse().expect("a URL");
//! let answer = fetcher.get(&here, "text/html", &guard, &Limits::default()).await;
//! let Err(FetchError::Refused(why)) = answer else { panic!("this machine was asked") };
//! assert_eq!(why.to_string(), "127.0.0.1 is not on the public internet");
//! # }
//! ```
//!
//! Tasks: none. Each connection lives in the future that asked for it, and ends with it. Looking up
//! names takes a thread of tokio's each time ([`SystemResolver`]).
//!
//! Not here: what answers mean, caching, retries, cookies, credentials, keeping connections open,
//! HTTP/2, proxies. The public addresses of this very machine are as good as anybody's.
#![warn(missing_docs)]

mod address;
mod guard;
mod resolve;
mod limits;
mod pace;
mod tls_stream;
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
