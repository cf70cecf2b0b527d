//! The loop of one projection.
