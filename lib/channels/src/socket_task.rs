//! The task of one connection. It reads and writes, and neither ever waits for the other: what the
//! browser sends goes through the protocol's table into mailboxes, what waits in the outbox goes
//! through the same table to the transport.
//!
//! | full | then |
//! |---|---|
//! | a channel's mailbox | one event is parked, reading stops, writing goes on |
//! | the outbox, half | reading stops |
//! | the outbox, whole | close 1012 |
//! | a feed's backlog | one snapshot in its place |
//! | the transport, for too long | close 1012 |

use std::{
    future::{self, Future},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::{
    channel::{Accepted, BoxFuture, Handling, Join, JoinReply},
    channel_task::{channel_task, events_task},
    config::Config,
    connection::ConnectionInfo,
    endpoint::Endpoint,
    feed::{NoFeed, Subscription},
    flood::Flood,
    frame::{self, ClientFrame, Json, SharedFrame, Status},
    mailbox::{ChannelState, Letter, Posted},
    outbox::{Bounds, Entry, Generation, Outbox},
    protocol::{self, Decision, Table, Verdict},
    transport::{CloseCode, Incoming, Transport, TransportError},
};

/// How a connection ended.
#[derive(Debug)]
pub enum Closed {
    /// The browser said goodbye.
    ByBrowser,
    /// The server closed it.
    ByServer(CloseCode, &'static str),
    /// The connection broke; the fault, if there is one.
    Lost(Option<TransportError>),
}

impl From<TransportError> for Closed {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::TooBig => Self::ByServer(CloseCode::TooBig, "frame too big"),
            TransportError::NotText => Self::ByServer(CloseCode::NotText, "text is not UTF-8"),
            TransportError::Protocol => Self::ByServer(CloseCode::Protocol, "malformed frame"),
            lost @ TransportError::Lost(_) => Self::Lost(Some(lost)),
        }
    }
}

/// Frames read before what they caused is written.
const READ_MAX: usize = 16;
/// Rounds of writing and reading before other tasks have their turn.
const ROUNDS_MAX: usize = 4;

/// Serves one connection. This future's size is paid by every connection; so the socket is made
/// outside of it, since a future keeps a second place for what it was given.
pub(crate) fn socket_task<T: Transport>(
    endpoint: Arc<Endpoint>,
    transport: T,
    connection: ConnectionInfo,
) -> BoxFuture<'static, Closed> {
    let mut socket = Socket::new(endpoint, transport, connection);
    Box::pin(async move { run(&mut socket).await })
}

async fn run<T: Transport>(socket: &mut Socket<T>) -> Closed {
    let mut alarm = pin!(sleep_until(socket.deadline()));
    let closed = socket.until_closed(alarm.as_mut()).await;
    socket.forget_channels();
    alarm.as_mut().reset(Instant::now() + socket.millis(|config| config.close_timeout_ms));
    future::poll_fn(|cx| match socket.poll_farewell(cx, &closed) {
        Poll::Pending => alarm.as_mut().poll(cx),
        Poll::Ready(()) => Poll::Ready(()),
    })
    .await;
    closed
}

struct Socket<T> {
    transport: T,
    endpoint: Arc<Endpoint>,
    connection: Arc<ConnectionInfo>,
    outbox: Arc<Outbox>,
    /// Among the sockets that have an id.
    number: u64,
    table: Table<Live>,
    flood: Flood,
    parked: Option<Box<Parked>>,
    heard_at: Instant,
    blocked_since: Option<Instant>,
    unflushed_frames: usize,
    unflushed_bytes: usize,
    /// A pong may wait in the transport.
    pong_due: bool,
}

/// What the socket holds of a channel. Dropping it is leaving: the feed goes first, then the
/// mailbox is closed.
struct Live {
    channel: Arc<ChannelState>,
    /// `None` while the channel is joining.
    handling: Option<Handling>,
    subscription: Option<Subscription>,
    /// The last frame of the feed that was written, or that a snapshot included.
    position: u64,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.subscription = None;
        self.channel.close();
    }
}

/// An event whose mailbox is full.
struct Parked {
    channel: Arc<ChannelState>,
    letter: Letter,
    since: Instant,
}

impl<T: Transport> Socket<T> {
    fn new(endpoint: Arc<Endpoint>, transport: T, connection: ConnectionInfo) -> Self {
        let now = Instant::now();
        let config = &endpoint.config;
        let bounds = Bounds {
            frames_max: config.outbox_frames_max,
            bytes_max: config.outbox_bytes_max,
            feed_backlog_max: config.feed_backlog_max,
        };
        let outbox = Arc::new(Outbox::new(bounds));
        let sockets = &endpoint.sockets;
        let number = connection.id().map(|id| sockets.insert(id.clone(), outbox.clone()));
        Self {
            transport,
            connection: Arc::new(connection),
            outbox,
            number: number.unwrap_or_default(),
            table: Table::new(config.channels_max),
            flood: Flood::new(config, now),
            parked: None,
            heard_at: now,
            blocked_since: None,
            unflushed_frames: 0,
            unflushed_bytes: 0,
            pong_due: false,
            endpoint,
        }
    }

    fn millis(&self, pick: impl Fn(&Config) -> u64) -> Duration {
        Duration::from_millis(pick(&self.endpoint.config))
    }

    async fn until_closed(&mut self, mut alarm: Pin<&mut Sleep>) -> Closed {
        let mut stopping = pin!(self.endpoint.scope.stopping().cancelled_owned());
        // From here on the token wakes the socket through the outbox.
        let stopper = Waker::from(self.outbox.clone());
        if stopping.as_mut().poll(&mut Context::from_waker(&stopper)).is_ready() {
            return Closed::ByServer(CloseCode::Restart, "restarting");
        }
        future::poll_fn(|cx| self.poll(cx, alarm.as_mut())).await
    }

    fn poll(&mut self, cx: &mut Context<'_>, mut alarm: Pin<&mut Sleep>) -> Poll<Closed> {
        loop {
            if let Err(closed) = self.take_turn(cx) {
                return Poll::Ready(closed);
            }
            let deadline = self.deadline();
            if deadline < alarm.deadline() {
                alarm.as_mut().reset(deadline);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if let Err(closed) = self.check_deadlines(now) {
                return Poll::Ready(closed);
            }
            alarm.as_mut().reset(self.deadline().max(now + Duration::from_millis(1)));
        }
    }

    fn take_turn(&mut self, cx: &mut Context<'_>) -> Result<(), Closed> {
        for _ in 0..ROUNDS_MAX {
            let signals = self.outbox.begin(cx.waker());
            if signals.stopping {
                return Err(Closed::ByServer(CloseCode::Restart, "restarting"));
            }
            if signals.disconnected {
                return Err(Closed::ByServer(CloseCode::Restart, "disconnected"));
            }
            if signals.overflowed {
                return Err(Closed::ByServer(CloseCode::Restart, "too slow"));
            }
            self.write(cx)?;
            if !self.read(cx)? {
                return Ok(());
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    // Deadlines.

    fn deadline(&self) -> Instant {
        let write = self.blocked_since.map(|at| at + self.millis(|c| c.write_timeout_ms));
        let place = self.parked.as_ref().map(|p| p.since + self.millis(|c| c.mailbox_timeout_ms));
        let idle = self.heard_at + self.millis(|c| c.idle_timeout_ms);
        let others = [write, place, self.flood.resumes_at()];
        others.into_iter().flatten().fold(idle, Instant::min)
    }

    fn check_deadlines(&mut self, now: Instant) -> Result<(), Closed> {
        let over = |since: Instant, limit: Duration| now >= since + limit;
        let write_limit = self.millis(|c| c.write_timeout_ms);
        if self.blocked_since.is_some_and(|since| over(since, write_limit)) {
            return Err(Closed::ByServer(CloseCode::Restart, "too slow"));
        }
        let place_limit = self.millis(|c| c.mailbox_timeout_ms);
        if self.parked.as_ref().is_some_and(|parked| over(parked.since, place_limit)) {
            return Err(Closed::ByServer(CloseCode::Restart, "too busy"));
        }
        if over(self.heard_at, self.millis(|c| c.idle_timeout_ms)) {
            return Err(Closed::ByServer(CloseCode::GoingAway, "idle"));
        }
        self.flood.resume(now);
        Ok(())
    }

    // To the browser.

    /// Writes what waits, in batches with one flush each, until nothing waits or the transport
    /// takes no more. Only then is the next entry taken, so that backlogs stay in the outbox.
    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Closed> {
        loop {
            if self.is_batch_full() && !self.flush(cx)? {
                return Ok(());
            }
            if self.transport.poll_ready(cx)?.is_pending() {
                self.blocked_since.get_or_insert_with(Instant::now);
                return Ok(());
            }
            let Some(entry) = self.outbox.pop_or_wait() else {
                if self.unflushed_frames > 0 || self.pong_due || self.blocked_since.is_some() {
                    self.flush(cx)?;
                }
                return Ok(());
            };
            if let Some(frame) = self.outgoing(entry) {
                self.unflushed_frames += 1;
                self.unflushed_bytes += frame.len();
                self.transport.start_send(frame)?;
            }
        }
    }

    fn is_batch_full(&self) -> bool {
        let config = &self.endpoint.config;
        self.unflushed_frames >= config.batch_frames_max
            || self.unflushed_bytes >= config.batch_bytes_max
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        if self.transport.poll_flush(cx)?.is_pending() {
            self.blocked_since.get_or_insert_with(Instant::now);
            return Ok(false);
        }
        (self.unflushed_frames, self.unflushed_bytes) = (0, 0);
        (self.blocked_since, self.pong_due) = (None, false);
        Ok(true)
    }

    /// The frame that an entry becomes, if it still may go out.
    fn outgoing(&mut self, entry: Entry) -> Option<SharedFrame> {
        match entry {
            Entry::Answer { frame } => Some(frame),
            Entry::Joined { generation, accepted } => Some(self.joined(generation, *accepted)),
            Entry::Refused { generation, frame } => {
                self.table.end(generation);
                Some(frame)
            }
            Entry::Push { generation, frame } => match self.table.outgoing(generation) {
                Verdict::Send => Some(frame),
                Verdict::Drop => None,
            },
            Entry::Shared { generation, sequence, frame } => {
                let live = &mut self.table.find(generation)?.handle;
                let is_new = sequence > live.position;
                live.position = live.position.max(sequence);
                is_new.then_some(frame)
            }
            Entry::Resync { generation } => {
                let live = &mut self.table.find(generation)?.handle;
                let (position, frame) = live.subscription.as_ref()?.resync()?;
                // A join's snapshot may be ahead of what is published, and so of this one.
                let is_new = position > live.position;
                live.position = live.position.max(position);
                is_new.then_some(frame)
            }
            Entry::Ended { generation, end } => {
                self.table.end(generation).map(|slot| slot.end_frame(end))
            }
        }
    }

    /// The join reply. For a feed: subscribe, then look; what is published from here on waits in
    /// the outbox behind this reply.
    fn joined(&mut self, generation: Generation, accepted: Accepted) -> SharedFrame {
        let Accepted { channel, message_ref, reply, handling } = accepted;
        let message_ref = message_ref.as_deref().unwrap_or(&channel.join_ref);
        let answer = |status, response: &Json| {
            let join_ref = Some(&*channel.join_ref);
            frame::encode_reply(join_ref, message_ref, &channel.topic, status, response)
        };
        let Some(slot) = self.table.joined(generation) else {
            if !matches!(handling, Handling::Task) {
                channel.stop_reading("left");
            }
            return answer(Status::Error, &Json::reason("left"));
        };
        let response = match reply {
            JoinReply::Response(response) => response,
            JoinReply::Feed(place) => match place.start(&self.outbox, generation) {
                Ok((position, response)) => {
                    slot.handle.subscription = Some(place);
                    slot.handle.position = position;
                    response
                }
                Err(why) => {
                    let reason = match why {
                        NoFeed::Ended => "join crashed",
                        NoFeed::Expelled => "unauthorized",
                    };
                    self.table.end(generation);
                    channel.stop_reading(reason);
                    return answer(Status::Error, &Json::reason(reason));
                }
            },
        };
        slot.handle.handling = Some(handling);
        slot.handle.start_handling(&self.endpoint);
        answer(Status::Ok, &response)
    }

    // From the browser.

    /// Reads what there is, within bounds. Whether there was anything.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        for count in 0..READ_MAX {
            if !self.may_read() {
                return Ok(count > 0);
            }
            match self.transport.poll_recv(cx)? {
                Poll::Pending => return Ok(count > 0),
                Poll::Ready(Some(incoming)) => self.receive(incoming)?,
                Poll::Ready(None) => return Err(Closed::Lost(None)),
            }
        }
        Ok(true)
    }

    /// While the server is the one that does not read, the browser is not idle.
    fn may_read(&mut self) -> bool {
        self.unpark();
        let may =
            self.parked.is_none() && self.flood.resumes_at().is_none() && self.outbox.has_room();
        if !may {
            self.heard_at = Instant::now();
        }
        may
    }

    fn receive(&mut self, incoming: Incoming) -> Result<(), Closed> {
        let now = Instant::now();
        self.heard_at = now;
        let config = &self.endpoint.config;
        if !self.flood.admit(incoming.bytes(), now, config) {
            return Err(Closed::ByServer(CloseCode::Policy, "too many frames"));
        }
        let frame = match incoming {
            Incoming::Text(bytes) => frame::decode_text(&bytes, config),
            Incoming::Binary(bytes) => frame::decode_binary(bytes, config),
            Incoming::Control => {
                self.pong_due = true;
                return Ok(());
            }
            Incoming::Close => return Err(Closed::ByBrowser),
        };
        let frame = frame.map_err(|error| {
            let (code, reason) = error.close();
            Closed::ByServer(code, reason)
        })?;
        self.handle(frame);
        Ok(())
    }

    fn handle(&mut self, frame: ClientFrame) {
        match self.table.decide(&frame) {
            Decision::Answer(frame) => self.send(frame),
            Decision::Ignore => {}
            Decision::Join => self.join(frame),
            Decision::Rejoin(at) => {
                self.leave(at);
                self.join(frame);
            }
            Decision::Leave(at) => {
                self.leave(at);
                if let Some(frame) = protocol::left_frame(&frame) {
                    self.send(frame);
                }
            }
            Decision::Deliver(at) => self.deliver(at, frame),
        }
    }

    fn send(&self, frame: SharedFrame) {
        self.outbox.push_by_socket(Entry::Answer { frame });
    }

    /// Ends a channel. It is unsubscribed before anything else is said.
    fn leave(&mut self, at: usize) {
        let slot = self.table.remove(at);
        let frame = slot.close_frame();
        drop(slot);
        self.send(frame);
    }

    fn join(&mut self, frame: ClientFrame) {
        let (Some(handler), Some(join_ref)) =
            (self.endpoint.handler(&frame.topic).cloned(), frame.join_ref.clone())
        else {
            if let Decision::Answer(frame) = protocol::refuse(&frame, "unmatched topic") {
                self.send(frame);
            }
            return;
        };
        let ClientFrame { topic, payload, message_ref, .. } = frame;
        let channel = Arc::new(ChannelState::new(
            topic.clone(),
            join_ref.clone(),
            self.table.next_generation(),
            self.outbox.clone(),
            self.connection.clone(),
            self.endpoint.config.mailbox_events_max,
        ));
        let live =
            Live { channel: channel.clone(), handling: None, subscription: None, position: 0 };
        self.table.insert(topic.clone(), join_ref, live);
        let join = Join { topic, payload, connection: self.connection.clone() };
        let drain = self.millis(|config| config.drain_timeout_ms);
        let task = channel_task(handler, join, message_ref, channel, drain);
        let _runs_in_scope = self.endpoint.scope.spawn("channel", task);
    }

    fn deliver(&mut self, at: usize, frame: ClientFrame) {
        let ClientFrame { event, payload, message_ref, .. } = frame;
        let live = &self.table.at(at).handle;
        let letter = Letter { event, payload, message_ref };
        match live.channel.post(letter) {
            Posted::Taken => live.start_handling(&self.endpoint),
            Posted::Full(letter) => {
                let (channel, since) = (live.channel.clone(), Instant::now());
                self.parked = Some(Box::new(Parked { channel, letter, since }));
            }
        }
    }

    /// Delivers the parked event if there is a place by now, or refuses it if its channel ended.
    fn unpark(&mut self) {
        let Some(mut parked) = self.parked.take() else { return };
        let Some(slot) = self.table.find(parked.channel.generation) else {
            return parked.channel.refuse(parked.letter, "channel ended");
        };
        match parked.channel.post(parked.letter) {
            Posted::Taken => slot.handle.start_handling(&self.endpoint),
            Posted::Full(letter) => {
                parked.letter = letter;
                self.parked = Some(parked);
            }
        }
    }

    // The end.

    fn forget_channels(&mut self) {
        self.table = Table::new(0);
        self.parked = None;
        self.outbox.close();
    }

    fn poll_farewell(&mut self, cx: &mut Context<'_>, closed: &Closed) -> Poll<()> {
        match closed {
            Closed::ByServer(code, reason) => {
                self.transport.poll_close(cx, *code, reason).map(|_gone_anyway| ())
            }
            Closed::ByBrowser => self.transport.poll_flush(cx).map(|_gone_anyway| ()),
            Closed::Lost(_) => Poll::Ready(()),
        }
    }
}

/// Also when the task is dropped.
impl<T> Drop for Socket<T> {
    fn drop(&mut self) {
        if let Some(id) = self.connection.id() {
            self.endpoint.sockets.remove(id.clone(), self.number);
        }
        self.outbox.close();
    }
}

impl Live {
    fn start_handling(&self, endpoint: &Endpoint) {
        match &self.handling {
            Some(Handling::Answering(handler)) if self.channel.start_handling() => {
                let task = Box::pin(events_task(handler.clone(), self.channel.clone()));
                let _runs_in_scope = endpoint.scope.spawn("channel events", task);
            }
            Some(Handling::Quiet) => self.channel.stop_reading("unmatched event"),
            _ => {}
        }
    }
}
