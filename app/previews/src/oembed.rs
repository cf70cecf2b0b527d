//! What a page says of itself through oEmbed.
