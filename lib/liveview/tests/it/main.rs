//! Views, from their pages to their sockets, and mistakes that do not compile.

mod compile_errors;
mod door;
mod addresses;
mod compression;
mod views;
mod lifecycle;
mod streams;
mod shared;
mod hostile;
mod testing;
