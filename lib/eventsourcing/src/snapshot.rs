//! Aggregates from their snapshot and the log, and back.
