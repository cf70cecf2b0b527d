//! The socket's rules, without the socket: which channels a connection has, what a frame from the
//! browser means, and what may still be sent. Source: `liveview-protocol.md` §1.2, §1.5 and §7.4.

use std::sync::Arc;

use crate::{
    channel::End,
    frame::{self, ClientFrame, Json, SharedFrame, Status},
    outbox::Generation,
};

/// The channels of one connection, joined or joining, by topic.
pub(crate) struct Table<H> {
    slots: Vec<Slot<H>>,
    next_generation: Generation,
    channels_max: usize,
}

/// One channel.
pub(crate) struct Slot<H> {
    pub topic: Arc<str>,
    pub join_ref: Arc<str>,
    pub generation: Generation,
    pub joined: bool,
    pub handle: H,
}

/// What a frame from the browser asks for. Positions are into the table that decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send this.
    Answer(SharedFrame),
    /// Do nothing.
    Ignore,
    /// Start a channel.
    Join,
    /// End the channel at this position, then start another.
    Rejoin(usize),
    /// End the channel at this position, then answer ok.
    Leave(usize),
    /// Hand the event to the channel at this position, which answers it.
    Deliver(usize),
}

/// Whether something that a channel sent may go out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Send,
    Drop,
}

impl<H> Table<H> {
    pub fn new(channels_max: usize) -> Self {
        Self { slots: Vec::new(), next_generation: 1, channels_max }
    }

    pub fn decide(&self, frame: &ClientFrame) -> Decision {
        let known = self.slots.iter().position(|slot| slot.topic == frame.topic);
        match (&*frame.topic, &*frame.event) {
            ("phoenix", "heartbeat") => answer(frame, Status::Ok, &Json::EMPTY),
            (_, "phx_join") => self.decide_join(frame, known),
            (_, event) => match known {
                None if event == "phx_leave" => answer(frame, Status::Ok, &Json::EMPTY),
                None => refuse(frame, "unmatched topic"),
                Some(at) if self.is_stale(at, frame) => Decision::Ignore,
                Some(at) if event == "phx_leave" => Decision::Leave(at),
                Some(_) if event.starts_with("phx_") => refuse(frame, "reserved event"),
                Some(at) => Decision::Deliver(at),
            },
        }
    }

    fn decide_join(&self, frame: &ClientFrame, known: Option<usize>) -> Decision {
        match known {
            _ if frame.join_ref.is_none() => refuse(frame, "missing join_ref"),
            Some(at) => Decision::Rejoin(at),
            None if self.slots.len() >= self.channels_max => {
                refuse(frame, "too many channels joined")
            }
            None => Decision::Join,
        }
    }

    /// A message without a join ref is for whichever channel the topic has.
    fn is_stale(&self, at: usize, frame: &ClientFrame) -> bool {
        frame.join_ref.as_ref().is_some_and(|join_ref| *join_ref != self.slots[at].join_ref)
    }

    /// The generation that the next [`Table::insert`] gets.
    pub fn next_generation(&self) -> Generation {
        self.next_generation
    }

    /// Starts a channel; the topic has none.
    pub fn insert(&mut self, topic: Arc<str>, join_ref: Arc<str>, handle: H) -> Generation {
        let generation = self.next_generation;
        self.next_generation += 1;
        self.slots.push(Slot { topic, join_ref, generation, joined: false, handle });
        generation
    }

    pub fn remove(&mut self, at: usize) -> Slot<H> {
        self.slots.swap_remove(at)
    }

    pub fn at(&mut self, at: usize) -> &mut Slot<H> {
        &mut self.slots[at]
    }

    fn position(&self, generation: Generation) -> Option<usize> {
        self.slots.iter().position(|slot| slot.generation == generation)
    }

    pub fn find(&mut self, generation: Generation) -> Option<&mut Slot<H>> {
        self.position(generation).map(|at| &mut self.slots[at])
    }

    /// The channel's join succeeded: its reply is next, and then whatever it sends. `None`: it was
    /// left meanwhile.
    pub fn joined(&mut self, generation: Generation) -> Option<&mut Slot<H>> {
        let slot = self.find(generation)?;
        slot.joined = true;
        Some(slot)
    }

    /// Whether a push of the channel may go out: after its join reply, and until it ended.
    pub fn outgoing(&self, generation: Generation) -> Verdict {
        let at = self.position(generation);
        if at.is_some_and(|at| self.slots[at].joined) { Verdict::Send } else { Verdict::Drop }
    }

    /// Forgets a channel that ended by itself. `None`: it was left before.
    pub fn end(&mut self, generation: Generation) -> Option<Slot<H>> {
        self.position(generation).map(|at| self.remove(at))
    }
}

impl<H> Slot<H> {
    /// The last frame of a channel that was left or joined anew.
    pub fn close_frame(&self) -> SharedFrame {
        self.end_frame(End::Close)
    }

    /// The last frame of a channel that ended by itself.
    pub fn end_frame(&self, end: End) -> SharedFrame {
        match end {
            End::Close => frame::encode_end(&self.join_ref, &self.topic, "phx_close", &Json::EMPTY),
            End::Error => {
                let reason = Json::reason("channel_crash");
                frame::encode_end(&self.join_ref, &self.topic, "phx_error", &reason)
            }
        }
    }
}

/// The answer to a leave.
pub(crate) fn left_frame(frame: &ClientFrame) -> Option<SharedFrame> {
    reply(frame, Status::Ok, &Json::EMPTY)
}

/// An error reply to a frame that no channel will answer.
pub(crate) fn refuse(frame: &ClientFrame, reason: &str) -> Decision {
    answer(frame, Status::Error, &Json::reason(reason))
}

/// A message without a ref asks for no answer.
fn answer(frame: &ClientFrame, status: Status, response: &Json) -> Decision {
    reply(frame, status, response).map_or(Decision::Ignore, Decision::Answer)
}

fn reply(frame: &ClientFrame, status: Status, response: &Json) -> Option<SharedFrame> {
    let message_ref = frame.message_ref.as_deref()?;
    let join_ref = frame.join_ref.as_deref();
    Some(frame::encode_reply(join_ref, message_ref, &frame.topic, status, response))
}
