//! A bounded queue with one reader that learns when it missed something.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

/// What a subscriber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<T> {
    /// Something changed.
    Hint(T),
    /// Hints were dropped because the mailbox was full: read from the source, which covers
    /// everything published until now. Seen once per time it happens.
    Lagged,
}

/// Receives the hints of one topic; unsubscribes when dropped.
pub struct Subscription<T> {
    mailbox: Arc<Mailbox<T>>,
    /// Dropped with the subscription; the adapter unsubscribes here.
    _unsubscribe: Box<dyn Send + Sync>,
}

impl<T> Subscription<T> {
    /// For adapters: a subscription reading `mailbox`, which drops `unsubscribe` when it ends.
    pub fn new(mailbox: Arc<Mailbox<T>>, unsubscribe: impl Send + Sync + 'static) -> Self {
        Self { mailbox, _unsubscribe: Box::new(unsubscribe) }
    }

    /// The next hint, or the news that some were lost. Waits for as long as there is neither.
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Received<T> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`Subscription::recv`] for hand-written futures and streams.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Received<T>> {
        let mut state = self.mailbox.lock();
        if let Some(received) = state.take() {
            return Poll::Ready(received);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// What is there already, without waiting.
    pub fn try_recv(&mut self) -> Option<Received<T>> {
        self.mailbox.lock().take()
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.mailbox.lock();
        f.debug_struct("Subscription")
            .field("waiting", &state.hints.len())
            .field("lagged", &state.lagged)
            .finish()
    }
}

/// The queue between a bus and one subscription; adapters fill it with [`Mailbox::offer`].
pub struct Mailbox<T> {
    capacity: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    hints: VecDeque<T>,
    lagged: bool,
    waker: Option<Waker>,
}

impl<T> Mailbox<T> {
    /// An empty mailbox for at most `capacity` hints, at least 1. Allocates as it fills.
    pub fn new(capacity: usize) -> Arc<Self> {
        let state = State { hints: VecDeque::new(), lagged: false, waker: None };
        Arc::new(Self { capacity: capacity.max(1), state: Mutex::new(state) })
    }

    /// Queues `hint` and wakes the reader; never waits.
    ///
    /// Full: the backlog and the hint are dropped in favour of one [`Received::Lagged`], because a
    /// reader that must read from the source anyway gains nothing from older hints. Until the
    /// reader saw that, further hints are covered by it and dropped too.
    pub fn offer(&self, hint: T) {
        let waker = {
            let mut state = self.lock();
            if state.lagged {
                return;
            }
            if state.hints.len() < self.capacity {
                state.hints.push_back(hint);
            } else {
                state.lagged = true;
                state.hints = VecDeque::new();
            }
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no panic while a mailbox is held")
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Option<Received<T>> {
        if std::mem::take(&mut self.lagged) {
            return Some(Received::Lagged);
        }
        self.hints.pop_front().map(Received::Hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_becomes_one_lagged() {
        let mailbox = Mailbox::new(2);
        let mut subscription = Subscription::new(mailbox.clone(), ());
        for hint in 1..=5 {
            mailbox.offer(hint);
        }
        assert_eq!(subscription.try_recv(), Some(Received::Lagged));
        assert_eq!(subscription.try_recv(), None);
        mailbox.offer(6);
        assert_eq!(subscription.try_recv(), Some(Received::Hint(6)));
    }

    #[test]
    fn capacity_is_at_least_one() {
        let mailbox = Mailbox::new(0);
        let mut subscription = Subscription::new(mailbox.clone(), ());
        mailbox.offer(1);
        assert_eq!(subscription.try_recv(), Some(Received::Hint(1)));
    }
}
