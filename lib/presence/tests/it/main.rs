//! Presences with a paused clock: pages, nodes, and what they cost.

mod house;
mod pages;
mod any_order;
mod nodes;
mod cost;
