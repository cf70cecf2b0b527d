//! The trait every way of carrying hints implements.

use std::sync::Arc;

use crate::{Subscription, Topic};

/// Carries hints of one type from publishers to the subscribers of a topic.
///
/// At most once, possibly late, doubled or out of order: what subscribers rely on is the numbers
/// inside the hint. An adapter proves itself with [`crate::testing::suite`].
pub trait Bus<T: Clone + Send + 'static>: Send + Sync + 'static {
    /// Offers `hint` to every subscriber of `topic`, and never waits.
    ///
    /// A subscriber whose mailbox is full gets no hint but learns that it lags.
    fn publish(&self, topic: &Topic<T>, hint: T);

    /// A mailbox that receives what is published to `topic` from now on, until it is dropped.
    ///
    /// It holds at most `capacity` hints (at least 1), and grows only as far as it is behind.
    fn subscribe(&self, topic: &Topic<T>, capacity: usize) -> Subscription<T>;
}

impl<T: Clone + Send + 'static, B: Bus<T> + ?Sized> Bus<T> for Arc<B> {
    fn publish(&self, topic: &Topic<T>, hint: T) {
        (**self).publish(topic, hint);
    }

    fn subscribe(&self, topic: &Topic<T>, capacity: usize) -> Subscription<T> {
        (**self).subscribe(topic, capacity)
    }
}
