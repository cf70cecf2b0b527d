//! What JSON-LD in a page says of it.
