//! Who somebody is.
//!
//! Everyone starts as a [`Guest`]: a public [`GuestId`] and a [`GuestName`], at first a friendly
//! random one. What makes a browser that guest is the [`GuestSecret`] in its signed cookie; the id
//! is a one-way hash of it, so it can stand in pages, rooms and logs without letting anyone become
//! that person. A [`GuestSession`] is what the cookie holds: the secret and the name.
//!
//! ```
//! use identity::{GuestName, GuestSession};
//!
//! let mut session = GuestSession::fresh();
//! session.rename(GuestName::parse("  Ana   of the kitchen ")?);
//! let [(_, secret), (_, name)] = session.to_fields();
//!
//! let back = GuestSession::from_fields(&secret, &name).expect("it was just written");
//! assert_eq!(back.guest(), session.guest());
//! assert_eq!(back.guest().name.as_str(), "Ana of the kitchen");
//! # Ok::<(), identity::LineError>(())
//! ```
//!
//! No tasks run here.
//!
//! Not here: signing (the live view library signs cookies and tokens), accounts and sign-in, what a
//! guest may do (the rooms decide).

mod guest;
mod name;
mod session;
mod line;
mod words;

pub use guest::{COLOURS, Guest, GuestId, IdError};
pub use line::{LineError, is_blank, one_line};
pub use name::{GuestName, NAME_CHARS_MAX};
pub use session::{FIELD_NAME, FIELD_SECRET, GuestSecret, GuestSession};
