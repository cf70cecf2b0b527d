//! The task of one channel: it joins, and then runs until it ends or was left.

use std::{sync::Arc, time::Duration};

use crate::{
    channel::{
        Accepted, Behaviour, BoxFuture, ChannelHandler, ChannelSender, End, EventHandler, Handling,
        Join, JoinOutcome, JoinReply, Joined, Run,
    },
    frame::{self, Json, Status},
    mailbox::{ChannelState, Mailbox},
    outbox::Entry,
};

/// Asks `handler` about the join and becomes the channel, if that has a task of its own. Boxed in
/// two parts, so that a channel that goes on does not carry the join with it.
pub(crate) fn channel_task(
    handler: Arc<dyn ChannelHandler>,
    join: Join,
    message_ref: Option<Box<str>>,
    channel: Arc<ChannelState>,
    drain: Duration,
) -> BoxFuture<'static, ()> {
    let joining = Box::pin(join_channel(handler, join, message_ref, channel.clone()));
    Box::pin(async move {
        let Some(run) = joining.await else { return };
        let mut running = Running { channel: channel.clone(), end: Some(End::Error) };
        let run = run(ChannelSender(channel.clone()), Mailbox::new(channel.clone()));
        running.end = until_drained(&channel, run, drain).await;
    })
}

/// Answers the join. Returns what the channel's task goes on with, if it does.
async fn join_channel(
    handler: Arc<dyn ChannelHandler>,
    join: Join,
    message_ref: Option<Box<str>>,
    channel: Arc<ChannelState>,
) -> Option<Run> {
    let mut joining = Joining { channel: channel.clone(), message_ref, reason: "join crashed" };
    let outcome = tokio::select! {
        biased;
        () = channel.closed() => {
            joining.reason = "left";
            return None;
        }
        outcome = handler.join(join) => outcome,
    };
    let Joined { reply, behaviour } = match outcome {
        JoinOutcome::Joined(joined) => joined,
        JoinOutcome::Refused(response) => {
            joining.settle(&response);
            return None;
        }
    };
    let (handling, run) = match behaviour {
        Behaviour::Run(run) => (Handling::Task, Some(run)),
        Behaviour::Answering(handler) => (Handling::Answering(handler), None),
        Behaviour::Quiet => (Handling::Quiet, None),
    };
    joining.accept(reply, handling);
    run
}

/// Runs a channel until it ends. Once it was left it may work on what it received, for `drain`.
async fn until_drained(
    channel: &ChannelState,
    mut run: BoxFuture<'static, End>,
    drain: Duration,
) -> Option<End> {
    tokio::select! {
        biased;
        end = &mut run => return Some(end),
        () = channel.closed() => {}
    }
    // On the heap: only channels that were left have this timer.
    let end = Box::pin(tokio::time::timeout(drain, run)).await.ok();
    if end.is_none() {
        tracing::warn!(channel.topic = %channel.topic, "a channel that was left is still busy");
    }
    end
}

/// Handles the events of a channel without a task, until none waits.
pub(crate) async fn events_task(handler: Arc<dyn EventHandler>, channel: Arc<ChannelState>) {
    let mut running = Running { channel: channel.clone(), end: Some(End::Error) };
    while let Some(event) = channel.next_to_handle() {
        handler.handle(event, ChannelSender(channel.clone())).await;
    }
    running.end = None;
}

/// Answers a join exactly once, also when the task panics or is dropped.
struct Joining {
    channel: Arc<ChannelState>,
    message_ref: Option<Box<str>>,
    reason: &'static str,
}

impl Joining {
    fn accept(mut self, reply: JoinReply, handling: Handling) {
        let accepted = Accepted {
            channel: self.channel.clone(),
            message_ref: self.message_ref.take(),
            reply,
            handling,
        };
        self.reason = "";
        let generation = self.channel.generation;
        self.channel.outbox.push(Entry::Joined { generation, accepted: Box::new(accepted) });
    }

    fn settle(&mut self, response: &Json) {
        self.reason = "";
        let ChannelState { join_ref, topic, generation, outbox, .. } = &*self.channel;
        self.channel.stop_reading("join refused");
        let message_ref = self.message_ref.as_deref().unwrap_or(join_ref);
        let frame =
            frame::encode_reply(Some(join_ref), message_ref, topic, Status::Error, response);
        outbox.push(Entry::Refused { generation: *generation, frame });
    }
}

impl Drop for Joining {
    fn drop(&mut self) {
        if !self.reason.is_empty() {
            self.settle(&Json::reason(self.reason));
        }
    }
}

/// Reports the end of a channel's task, also when it panics or is dropped: then it is an error.
struct Running {
    channel: Arc<ChannelState>,
    end: Option<End>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(end) = self.end {
            self.channel.stop_reading("channel ended");
            self.channel.outbox.push(Entry::Ended { generation: self.channel.generation, end });
        }
    }
}
