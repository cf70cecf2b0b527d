//! The library from outside: a queue in memory and in the log, pipelines, batches, drains, crashes.

mod cast;
mod suite;
mod working;
mod batches;
mod log;
mod crash;
