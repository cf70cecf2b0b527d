//! The chat through its facade, as pages and bots use it.

mod cast;
mod rooms;
mod posting;
mod reading;
mod following;
mod directory;
mod unread;
mod searching;
mod cards;
mod rebuilding;
mod deciding;
mod permissions;
mod private_chats;
mod attendance;
mod attendance_file;
mod housekeeping;
mod erasing;
