//! Bytes to text, whatever their encoding.
