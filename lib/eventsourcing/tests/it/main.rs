//! The library from outside: every store, dispatch, projections, faults, crashes.

mod cast;
mod stores;
mod dispatch;
mod projections;
mod one_off;
mod redaction;
mod faults;
mod crash;
mod properties;
