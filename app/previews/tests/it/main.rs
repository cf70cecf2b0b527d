//! Previews from the outside: what is read of pages.

mod head;
