//! The task of one channel: it joins, and then runs until it ends or was left.

use std::{sync::Arc, time::Duration};

use crate::{
    channel::{
        Accepted, Behaviour, ChannelHandler, ChannelSender, End, EventHandler, Handling, Join,
        JoinOutcome, Joined,
    },
    frame::{self, Json, Status},
    mailbox::{ChannelState, Mailbox},
    outbox::Entry,
};

/// Asks `handler` about the join and becomes the channel, if that has a task of its own.
pub(crate) async fn channel_task(
    handler: Arc<dyn ChannelHandler>,
    join: Join,
    message_ref: Option<Box<str>>,
    channel: Arc<ChannelState>,
    drain: Duration,
) {
    let mut joining = Joining { channel: channel.clone(), message_ref, reason: "join crashed" };
    let outcome = tokio::select! {
        biased;
        () = channel.closed() => {
            joining.reason = "left";
            return;
        }
        outcome = handler.join(join) => outcome,
    };
    drop(handler);
    let Joined { reply, behaviour } = match outcome {
        JoinOutcome::Joined(joined) => joined,
        JoinOutcome::Refused(response) => return joining.refuse(&response),
    };
    match behaviour {
        Behaviour::Run(run) => {
            joining.accept(reply, Handling::Task);
            let mut running = Running { channel: channel.clone(), end: Some(End::Error) };
            let channel_run = run(ChannelSender(channel.clone()), Mailbox::new(channel.clone()));
            running.end = until_drained(&channel, channel_run, drain).await;
        }
        Behaviour::Answering(handler) => joining.accept(reply, Handling::Answering(handler)),
        Behaviour::Quiet => joining.accept(reply, Handling::Quiet),
    }
}

/// Runs a channel until it ends. Once it was left it may work on what it received, for `drain`.
async fn until_drained(
    channel: &ChannelState,
    mut run: crate::BoxFuture<'static, End>,
    drain: Duration,
) -> Option<End> {
    tokio::select! {
        biased;
        end = &mut run => return Some(end),
        () = channel.closed() => {}
    }
    // On the heap: only channels that were left have this timer.
    Box::pin(tokio::time::timeout(drain, run)).await.ok()
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
    fn accept(mut self, reply: crate::JoinReply, handling: Handling) {
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

    fn refuse(mut self, response: &Json) {
        self.settle(response);
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
