//! The fetcher against real servers on this machine.

mod house;
mod resolver;
mod vectors;
mod rebinding;
mod redirects;
mod answers;
mod encodings;
mod times;
mod secure;
