//! Sockets over connections in memory.

mod house;
mod joining;
mod answering;
mod feeds;
mod limits;
mod ending;
mod disconnecting;
mod properties;
