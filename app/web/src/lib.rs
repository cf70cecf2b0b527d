//! Teahouse's pages.
//!
//! [`Web`] answers HTTP: live views through `liveview`'s endpoint, the plain forms behind them for
//! browsers without JavaScript, and the assets. The way of a message through here is `room_live.rs`
//! (the form) and `room_feed.rs` (the conversation, once per room for everyone).
//!
//! Not here: rules, storage, the wire of live views.

mod router;
mod house;
mod room_live;
mod room_feed;
mod room_people;
mod access;
mod commands;
mod retention;
mod lobby_live;
mod lobby_rooms;
mod me_live;
mod lost_links;
mod search_live;
mod preview_live;
mod preview_pictures;
mod about_live;
mod sent;
mod forms;
mod forms_room;
mod forms_me;
mod sign_in;
mod avatar;
mod message;
mod card;
mod quote;
mod notice;
mod markdown;
mod companion;
mod naming;
mod address;
mod day;
mod limits;
mod layout;
mod visitor;
mod revocations_task;
pub mod assets;

pub use house::{House, Program};
pub use limits::{Kind, Limits, Rate, RateTable, Rates, TooMuch};
pub use router::{Config, Web};
