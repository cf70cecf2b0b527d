//! The loop of one one-off handler.
