//! A channel's mailbox: bounded, one writer (the socket task), one reader. Full: the socket stops
//! reading until there is a place.

use std::{
    collections::VecDeque,
    fmt, future, mem,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use crate::{
    channel::FromBrowser,
    connection::ConnectionInfo,
    frame::{self, Json, Payload, Status},
    outbox::{Entry, Generation, Outbox},
};

/// One join of one topic on one connection, shared by the socket, the channel and its senders.
pub(crate) struct ChannelState {
    pub topic: Arc<str>,
    pub join_ref: Arc<str>,
    pub generation: Generation,
    pub outbox: Arc<Outbox>,
    pub connection: Arc<ConnectionInfo>,
    letters_max: usize,
    mail: Mutex<Mail>,
}

#[derive(Default)]
struct Mail {
    letters: VecDeque<Letter>,
    /// The browser left, or is gone: nothing more comes.
    closed: bool,
    /// Nobody reads any more: what comes is answered with an error.
    unread: bool,
    /// The socket waits for a place.
    wants_place: bool,
    /// A task is handling events of a channel that has no task of its own.
    handling: bool,
    reader: Option<Waker>,
    owner: Option<Waker>,
}

/// An event that waits.
pub(crate) struct Letter {
    pub event: Box<str>,
    pub payload: Payload,
    pub message_ref: Option<Box<str>>,
}

/// What became of a letter.
pub(crate) enum Posted {
    Taken,
    /// Try again when woken.
    Full(Letter),
}

impl ChannelState {
    pub fn new(
        topic: Arc<str>,
        join_ref: Arc<str>,
        generation: Generation,
        outbox: Arc<Outbox>,
        connection: Arc<ConnectionInfo>,
        letters_max: usize,
    ) -> Self {
        let mail = Mutex::default();
        Self { topic, join_ref, generation, outbox, connection, letters_max, mail }
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().expect("no panic while a mailbox is held")
    }

    pub fn answer(&self, message_ref: &str, status: Status, response: &Json) {
        let frame =
            frame::encode_reply(Some(&self.join_ref), message_ref, &self.topic, status, response);
        self.outbox.push(Entry::Answer { frame });
    }

    pub fn refuse(&self, letter: Letter, reason: &str) {
        if let Some(message_ref) = letter.message_ref {
            self.answer(&message_ref, Status::Error, &Json::reason(reason));
        }
    }

    pub fn post(&self, letter: Letter) -> Posted {
        let (refused, waker) = {
            let mut mail = self.lock();
            if mail.unread {
                (Some(letter), None)
            } else if mail.letters.len() >= self.letters_max {
                mail.wants_place = true;
                return Posted::Full(letter);
            } else {
                mail.letters.push_back(letter);
                (None, mail.reader.take())
            }
        };
        if let Some(letter) = refused {
            self.refuse(letter, "unmatched event");
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        Posted::Taken
    }

    /// Whether the caller shall start a task that handles the events.
    pub fn start_handling(&self) -> bool {
        let mut mail = self.lock();
        let start = !mail.letters.is_empty() && !mail.handling;
        mail.handling |= start;
        start
    }

    /// The next event for the task that [`ChannelState::start_handling`] asked for; `None` ends
    /// that task.
    pub fn next_to_handle(self: &Arc<Self>) -> Option<FromBrowser> {
        let mut mail = self.lock();
        mail.handling = !mail.letters.is_empty();
        self.take(mail)
    }

    fn take(self: &Arc<Self>, mut mail: MutexGuard<'_, Mail>) -> Option<FromBrowser> {
        let letter = mail.letters.pop_front()?;
        if mail.letters.is_empty() && mail.letters.capacity() > 4 {
            mail.letters = VecDeque::new();
        }
        let wants_place = mem::take(&mut mail.wants_place);
        drop(mail);
        if wants_place {
            self.outbox.wake_socket();
        }
        Some(FromBrowser::new(letter, self.clone()))
    }

    fn poll_next(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<Option<FromBrowser>> {
        let mut mail = self.lock();
        if mail.letters.is_empty() && !mail.closed {
            mail.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(self.take(mail))
    }

    /// Nothing more comes from the browser; what waits may still be read.
    pub fn close(&self) {
        let (reader, owner) = {
            let mut mail = self.lock();
            mail.closed = true;
            (mail.reader.take(), mail.owner.take())
        };
        [reader, owner].into_iter().flatten().for_each(Waker::wake);
    }

    /// Waits for [`ChannelState::close`]; for the one task that owns the channel.
    pub async fn closed(&self) {
        let _forgotten = OwnerForgotten(self);
        future::poll_fn(|cx| {
            let mut mail = self.lock();
            if mail.closed {
                return Poll::Ready(());
            }
            if !mail.owner.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                mail.owner = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Nobody reads from here on: what waits, and what comes, is refused for `reason`.
    pub fn stop_reading(&self, reason: &str) {
        let (letters, wants_place) = {
            let mut mail = self.lock();
            mail.unread = true;
            (mem::take(&mut mail.letters), mem::take(&mut mail.wants_place))
        };
        letters.into_iter().for_each(|letter| self.refuse(letter, reason));
        if wants_place {
            self.outbox.wake_socket();
        }
    }
}

/// A waker keeps its task's memory, long after the task ended.
struct OwnerForgotten<'a>(&'a ChannelState);

impl Drop for OwnerForgotten<'_> {
    fn drop(&mut self) {
        let owner = self.0.lock().owner.take();
        drop(owner);
    }
}

impl fmt::Debug for ChannelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// Where a channel hears from its browser, in order.
#[derive(Debug)]
pub struct Mailbox(Arc<ChannelState>);

impl Mailbox {
    pub(crate) fn new(channel: Arc<ChannelState>) -> Self {
        Self(channel)
    }

    /// The next event. `None`: the browser left, joined anew or is gone, and everything it sent
    /// before was received.
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Option<FromBrowser> {
        future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`Mailbox::recv`], for a task that polls by hand.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<FromBrowser>> {
        self.0.poll_next(cx)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.0.stop_reading("unmatched event");
    }
}
