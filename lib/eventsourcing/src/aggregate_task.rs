//! The task of one resident aggregate.
