//! What tests of aggregates and stores need.
