//! What hints are about.

use std::{fmt, hash, marker::PhantomData, sync::Arc};

/// The name of something that changes, and the type of the hints about it. Cheap to clone.
pub struct Topic<T> {
    name: Arc<str>,
    carries: PhantomData<fn() -> T>,
}

impl<T> Topic<T> {
    /// The topic called `name`, such as `room:kitchen`.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), carries: PhantomData }
    }

    /// The topic of one thing among its kind: `Topic::of("room", &room_id)` is `room:<id>`.
    pub fn of(kind: &str, key: &(impl fmt::Display + ?Sized)) -> Self {
        Self::new(format!("{kind}:{key}"))
    }

    /// Its name, for adapters and logs.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }
}

// Written out because a derive would ask the same of `T`.
impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), carries: PhantomData }
    }
}

impl<T> PartialEq for Topic<T> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<T> Eq for Topic<T> {}

impl<T> hash::Hash for Topic<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({})", self.name)
    }
}

impl<T> fmt::Display for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_its_name() {
        assert_eq!(Topic::<u8>::of("room", "kitchen"), Topic::new("room:kitchen"));
        assert_ne!(Topic::<u8>::of("room", "kitchen"), Topic::of("room", "cellar"));
        assert_eq!(Topic::<u8>::of("room", &7).to_string(), "room:7");
    }
}
