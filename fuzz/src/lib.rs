//! What is fuzzed, by its files.
//!
//! The crates that they belong to stand on the log, the rooms and TLS: instrumenting all of that
//! takes a quarter of an hour, and none of it is run here.
#![expect(dead_code, reason = "the rest of their crates uses what is not fuzzed")]

#[path = "../../app/previews/src"]
mod previews {
    pub(crate) mod body_links;
    pub(crate) mod charset;
    pub(crate) mod head;
    pub(crate) mod json_ld;
    pub(crate) mod line;
    pub(crate) mod link;
    pub(crate) mod oembed;
    pub(crate) mod picture;
}

#[path = "../../lib/fetch/src"]
mod fetch {
    pub(crate) mod address;
    pub(crate) mod error;
    pub(crate) mod guard;
}

// Where the files look for each other.
use previews::{charset, head, json_ld, line};

pub use fetch::{address::is_public, error::Refused, guard::Guard};
pub use previews::{
    body_links::links,
    head::{Head, HeadReader, Reading},
    link::{LINK_CHARS_MAX, Link},
    picture::Picture,
};
