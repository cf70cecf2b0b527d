//! The chat through its facade, as pages and bots use it.

mod cast;
mod rooms;
mod posting;
mod reading;
mod following;
mod rebuilding;
mod attendance;
mod housekeeping;
mod erasing;
