//! What an endpoint's channels are made of: who accepts joins, how a channel hears from the
//! browser, and how it answers.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    connection::ConnectionInfo,
    feed::Subscription,
    frame::{self, Json, Payload, SharedFrame, Status},
    mailbox::{ChannelState, Letter, Mailbox},
    outbox::Entry,
};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Accepts or refuses joins of the topics it was registered for.
pub trait ChannelHandler: Send + Sync + 'static {
    /// Decides about a join. Runs in a task of its own: other channels of the socket go on, and
    /// what the browser sends on this topic waits in its mailbox. A panic refuses the join.
    ///
    /// # Cancellation
    /// Dropped at an `.await` when the topic is left, joined anew, or the connection is gone.
    fn join(&self, join: Join) -> BoxFuture<'_, JoinOutcome>;
}

/// A browser asks to join a topic.
#[derive(Debug)]
pub struct Join {
    /// The topic.
    pub topic: Arc<str>,
    /// The join's parameters.
    pub payload: Payload,
    /// Who asks.
    pub connection: Arc<ConnectionInfo>,
}

/// The answer to a [`Join`].
pub enum JoinOutcome {
    /// No; this is the error reply's response, such as `{"reason":"stale"}`.
    Refused(Json),
    /// Yes.
    Joined(Joined),
}

/// An accepted join: what the browser is answered, and how the channel goes on.
pub struct Joined {
    pub(crate) reply: JoinReply,
    pub(crate) behaviour: Behaviour,
}

/// What the browser is answered when it joins.
pub enum JoinReply {
    /// This response.
    Response(Json),
    /// The feed's snapshot, taken when it is the reply's turn to be written, and after it every
    /// later frame of the feed, in order, none missing.
    Feed(Subscription),
}

impl From<Json> for JoinReply {
    fn from(response: Json) -> Self {
        Self::Response(response)
    }
}

impl From<Subscription> for JoinReply {
    fn from(place: Subscription) -> Self {
        Self::Feed(place)
    }
}

/// A channel's task, once its join reply is queued.
pub(crate) type Run = Box<dyn FnOnce(ChannelSender, Mailbox) -> BoxFuture<'static, End> + Send>;

pub(crate) enum Behaviour {
    Run(Run),
    Answering(Arc<dyn EventHandler>),
    Quiet,
}

impl JoinOutcome {
    /// Refuses with `{"reason": reason}`.
    pub fn refused(reason: &str) -> Self {
        Self::Refused(Json::reason(reason))
    }

    /// Accepts, with a task of the channel's own that reads its mailbox until it is over. Nothing
    /// the channel sends can come before the join reply.
    pub fn running<F, R>(reply: impl Into<JoinReply>, run: F) -> Self
    where
        F: FnOnce(ChannelSender, Mailbox) -> R + Send + 'static,
        R: Future<Output = End> + Send + 'static,
    {
        let run: Run = Box::new(|sender, mailbox| Box::pin(run(sender, mailbox)));
        Self::Joined(Joined { reply: reply.into(), behaviour: Behaviour::Run(run) })
    }

    /// Accepts, without a task: one is started while there are events to handle, one event after
    /// the other. An idle channel costs no more than its place in the feed.
    pub fn answering(reply: impl Into<JoinReply>, handler: Arc<dyn EventHandler>) -> Self {
        Self::Joined(Joined { reply: reply.into(), behaviour: Behaviour::Answering(handler) })
    }

    /// Accepts, and refuses every event.
    pub fn quiet(reply: impl Into<JoinReply>) -> Self {
        Self::Joined(Joined { reply: reply.into(), behaviour: Behaviour::Quiet })
    }
}

/// Handles the events of channels that have no task of their own.
pub trait EventHandler: Send + Sync + 'static {
    /// Handles one event. A panic ends the channel with `phx_error`.
    fn handle(&self, event: FromBrowser, sender: ChannelSender) -> BoxFuture<'_, ()>;
}

/// How a channel ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `phx_close`: the browser forgets the channel and does not come back. Only after a redirect;
    /// a channel that was left is closed by the socket, whatever it ends with.
    Close,
    /// `phx_error`: the browser joins again, after a second at first.
    Error,
}

/// An event from the browser.
#[derive(Debug)]
pub struct FromBrowser {
    /// The event's name, such as `event` or `live_patch`.
    pub event: Box<str>,
    /// What came along.
    pub payload: Payload,
    /// To be answered exactly once.
    pub answer: Answer,
}

impl FromBrowser {
    pub(crate) fn new(letter: Letter, channel: Arc<ChannelState>) -> Self {
        let Letter { event, payload, message_ref } = letter;
        Self { event, payload, answer: Answer { channel, message_ref } }
    }
}

/// The duty to answer one event. It may be kept for later; when it is dropped, the answer is the
/// error `{"reason":"unanswered"}`, so that a browser never waits in vain.
#[derive(Debug)]
pub struct Answer {
    channel: Arc<ChannelState>,
    message_ref: Option<Box<str>>,
}

impl Answer {
    /// Answers `ok`.
    pub fn ok(self, response: &Json) {
        self.send(Status::Ok, response);
    }

    /// Answers `error`.
    pub fn error(self, response: &Json) {
        self.send(Status::Error, response);
    }

    /// Answers. Goes out in order with what the channel pushed before and after; also when the
    /// channel was left meanwhile, with its own join ref.
    pub fn send(mut self, status: Status, response: &Json) {
        self.settle(status, response);
    }

    /// Leaves the event unanswered, because the channel is about to end with [`End::Error`]: that is
    /// an answer to all of them.
    pub fn withhold(mut self) {
        self.message_ref = None;
    }

    fn settle(&mut self, status: Status, response: &Json) {
        if let Some(message_ref) = self.message_ref.take() {
            self.channel.answer(&message_ref, status, response);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.message_ref.is_some() {
            self.settle(Status::Error, &Json::reason("unanswered"));
        }
    }
}

/// Sends to the browser on one channel, in order. Whatever is sent after the channel was left,
/// joined anew or ended is dropped. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ChannelSender(pub(crate) Arc<ChannelState>);

impl ChannelSender {
    /// Pushes an event with the channel's join ref. Never waits; a channel that pushes more than
    /// the outbox holds closes its socket with 1012, see [`ChannelSender::ready`].
    pub fn push(&self, event: &str, payload: &Json) {
        let frame = frame::encode_push(&self.0.join_ref, &self.0.topic, event, payload);
        self.shared(frame);
    }

    /// Pushes a prepared frame of this channel's topic.
    pub fn shared(&self, frame: SharedFrame) {
        self.0.outbox.push(Entry::Push { generation: self.0.generation, frame });
    }

    /// Ends the channel with `phx_error`: the browser joins again.
    pub fn error(&self) {
        self.end(End::Error);
    }

    /// Ends the channel with `phx_close`, after a redirect.
    pub fn close(&self) {
        self.end(End::Close);
    }

    /// Ends the channel.
    pub fn end(&self, end: End) {
        self.0.outbox.push(Entry::Ended { generation: self.0.generation, end });
    }

    /// Waits until less than half of the outbox is taken. A channel that awaits this before each
    /// turn is slowed down by a slow browser, and never overflows. False: the connection is gone.
    pub async fn ready(&self) -> bool {
        self.0.outbox.room().await
    }

    /// The channel's topic.
    pub fn topic(&self) -> &Arc<str> {
        &self.0.topic
    }

    /// Who is connected.
    pub fn connection(&self) -> &Arc<ConnectionInfo> {
        &self.0.connection
    }
}

/// A join that succeeded, on its way through the outbox.
pub(crate) struct Accepted {
    pub channel: Arc<ChannelState>,
    pub message_ref: Option<Box<str>>,
    pub reply: JoinReply,
    pub handling: Handling,
}

/// Who takes a joined channel's events.
pub(crate) enum Handling {
    /// The channel's own task.
    Task,
    /// A task per run of events.
    Answering(Arc<dyn EventHandler>),
    /// Nobody.
    Quiet,
}

impl Accepted {
    pub fn bytes(&self) -> usize {
        match &self.reply {
            JoinReply::Response(response) => response.as_bytes().len(),
            JoinReply::Feed(_) => 0,
        }
    }
}
