//! Previews from the outside: what is read of pages, what the page and rooms get of it, and what is
//! left when it is gone.

mod head;
mod web;
mod cast;
mod pages;
mod asking;
mod messages;
mod erasing;
mod guarding;
mod killed;
mod local_web;
