//! The task of one resident aggregate: decides what waits, appends it together, answers.

use std::{
    collections::VecDeque,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::{mpsc, oneshot};

use crate::{
    Aggregate, Append, AppendError, CommandId, Decided, DispatchError, DispatchFault, EventPayload,
    HandOver, HandOverError, NewEvent, NodeName, Receipt, RedactError, Redaction, StreamId,
    Version,
    dispatch::Inner,
    snapshot::{self, Loaded},
};

type Answer<A> = Result<Receipt, DispatchError<<A as Aggregate>::Refusal>>;

/// What the task is asked.
pub(crate) enum Message<A: Aggregate> {
    Command(Pending<A>),
    Redact { versions: RangeInclusive<Version>, reply: oneshot::Sender<Result<usize, RedactError>> },
    HandOver { successor: NodeName, reply: oneshot::Sender<Result<HandOver, HandOverError>> },
}

/// A command that waits for its answer.
pub(crate) struct Pending<A: Aggregate> {
    pub id: CommandId,
    pub command: A::Command,
    pub reply: oneshot::Sender<Answer<A>>,
}

impl<A: Aggregate> Pending<A> {
    /// The caller may be gone; the command has happened all the same.
    fn answer(self, answer: Answer<A>) {
        let _ = self.reply.send(answer);
    }

    fn fail(self, fault: DispatchFault) {
        self.answer(Err(DispatchError::Fault(fault)));
    }
}

/// What a command came to, if the append works.
enum Outcome<R> {
    /// The place among those appended now.
    Decided(usize),
    Refused(R),
    Fault(DispatchFault),
}

pub(crate) struct AggregateTask<A: Aggregate> {
    shared: Arc<Inner>,
    stream: StreamId,
    number: u64,
    mailbox: mpsc::Receiver<Message<A>>,
    /// `None` until the first command, and after anything that makes the state doubtful.
    loaded: Option<Loaded<A>>,
    handed: Option<HandOver>,
    recent: Recent,
}

impl<A: Aggregate> AggregateTask<A> {
    pub(crate) fn new(
        shared: Arc<Inner>,
        stream: StreamId,
        number: u64,
        mailbox: mpsc::Receiver<Message<A>>,
        handed: Option<HandOver>,
    ) -> Self {
        let mut recent = Recent { max: shared.config.recent_max, commands: VecDeque::new() };
        for (id, receipt) in handed.iter().flat_map(|handed| &handed.recent) {
            recent.add(id.clone(), receipt.clone());
        }
        Self { shared, stream, number, mailbox, loaded: None, handed, recent }
    }

    /// Ends when idle, when handed over, or when the scope stops and everything waiting is done.
    pub(crate) async fn run(mut self) {
        let stopping = self.shared.scope.stopping();
        let (idle, batch_max) = (self.shared.config.idle, self.shared.config.batch_max.max(1));
        let mut messages = Vec::new();
        loop {
            let received = tokio::select! {
                biased;
                received = self.mailbox.recv_many(&mut messages, batch_max) => received,
                () = stopping.cancelled(), if !self.mailbox.is_closed() => {
                    self.mailbox.close();
                    continue;
                }
                () = tokio::time::sleep(idle) => {
                    self.save_snapshot().await;
                    if self.shared.retire(&self.stream, self.number, &self.mailbox) {
                        return;
                    }
                    continue;
                }
            };
            if received == 0 {
                self.save_snapshot().await;
                self.shared.retire(&self.stream, self.number, &self.mailbox);
                return;
            }
            if self.work_off(&mut messages).await.is_break() {
                self.shared.retire(&self.stream, self.number, &self.mailbox);
                return;
            }
        }
    }

    /// Commands next to each other are appended together; everything keeps its order.
    async fn work_off(&mut self, messages: &mut Vec<Message<A>>) -> std::ops::ControlFlow<()> {
        let mut commands = Vec::new();
        let mut successor = None;
        for message in messages.drain(..) {
            match message {
                Message::Command(pending) => commands.push(pending),
                Message::Redact { versions, reply } => {
                    self.carry_out(std::mem::take(&mut commands)).await;
                    let _ = reply.send(self.redact(versions).await);
                }
                Message::HandOver { successor: to, reply } => {
                    self.carry_out(std::mem::take(&mut commands)).await;
                    successor = Some((to, reply));
                }
            }
        }
        self.carry_out(commands).await;
        match successor {
            Some((to, reply)) => self.hand_over(to, reply).await,
            None => std::ops::ControlFlow::Continue(()),
        }
    }

    /// Decides, appends and answers all of `waiting`.
    async fn carry_out(&mut self, mut waiting: Vec<Pending<A>>) {
        let mut attempts = 0;
        while !waiting.is_empty() {
            self.answer_known(&mut waiting);
            if let Err(fault) = self.load().await {
                waiting.into_iter().for_each(|pending| pending.fail(fault.clone()));
                return;
            }
            let before = waiting.len();
            waiting = self.round(waiting).await;
            // Every round that answers somebody is progress; only the others are counted.
            attempts = if waiting.len() < before { 0 } else { attempts + 1 };
            if attempts >= self.shared.config.attempts_max.max(1) {
                waiting.drain(..).for_each(|pending| pending.fail(DispatchFault::Contended));
            }
        }
        self.snapshot_if_due().await;
    }

    fn answer_known(&mut self, waiting: &mut Vec<Pending<A>>) {
        let (known, unknown) = std::mem::take(waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|pending| self.recent.find(&pending.id).is_some());
        *waiting = unknown;
        for pending in known {
            let receipt = self.recent.find(&pending.id).expect("just found").clone();
            pending.answer(Ok(Receipt { duplicate: true, ..receipt }));
        }
    }

    /// One append. Returns those that must be decided again.
    async fn round(&mut self, waiting: Vec<Pending<A>>) -> Vec<Pending<A>> {
        let Some(mut loaded) = self.loaded.take() else { return waiting };
        let expected = loaded.version;
        let (outcomes, commands, mut again) = decide_all(&mut loaded, waiting);
        let spoiled = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Fault(_)));
        let appended = match commands.is_empty() {
            true => Ok(Vec::new()),
            false => self.append(expected, commands).await,
        };
        match appended {
            Ok(receipts) => {
                loaded.version = receipts.last().map_or(expected, |receipt| receipt.version);
                self.loaded = Some(loaded).filter(|_| !spoiled);
                self.answer_all(outcomes, receipts).await;
            }
            Err(AppendError::WrongVersion { .. }) => {
                again.splice(0..0, outcomes.into_iter().map(|(pending, _)| pending));
            }
            Err(AppendError::Duplicate { command, receipt }) => {
                self.recent.add(command, receipt);
                again.splice(0..0, outcomes.into_iter().map(|(pending, _)| pending));
                self.answer_known(&mut again);
            }
            Err(AppendError::Store(error)) => {
                let doubtful = self.reconcile(outcomes, expected, error).await;
                again.splice(0..0, doubtful);
            }
        }
        again
    }

    async fn append(
        &mut self,
        expected: Version,
        commands: Vec<Decided>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let recorded_ms = self.shared.config.clock.now_ms();
        let append = Append { stream: self.stream.clone(), expected, recorded_ms, commands };
        self.shared.store.append(append).await
    }

    async fn answer_all(
        &mut self,
        outcomes: Vec<(Pending<A>, Outcome<A::Refusal>)>,
        receipts: Vec<Receipt>,
    ) {
        for (pending, outcome) in outcomes {
            match outcome {
                Outcome::Decided(at) => {
                    let receipt = receipts[at].clone();
                    self.recent.add(pending.id.clone(), receipt.clone());
                    pending.answer(Ok(receipt));
                }
                Outcome::Refused(refusal) => self.refuse(pending, refusal).await,
                Outcome::Fault(fault) => pending.fail(fault),
            }
        }
    }

    /// A resend may be refused because the first one worked ("already a member"): look that up.
    async fn refuse(&mut self, pending: Pending<A>, refusal: A::Refusal) {
        match self.shared.store.find_command(&self.stream, &pending.id).await {
            Ok(None) => pending.answer(Err(DispatchError::Refused(refusal))),
            Ok(Some(receipt)) => {
                self.recent.add(pending.id.clone(), receipt.clone());
                pending.answer(Ok(receipt));
            }
            Err(error) => pending.fail(DispatchFault::Store(error)),
        }
    }

    /// The append failed, and may have failed after it stored everything: the log knows. Returns
    /// those whose answer depended on commands that were not stored.
    async fn reconcile(
        &mut self,
        outcomes: Vec<(Pending<A>, Outcome<A::Refusal>)>,
        expected: Version,
        error: crate::StoreError,
    ) -> Vec<Pending<A>> {
        let mut again = Vec::new();
        for (pending, outcome) in outcomes {
            let Outcome::Decided(_) = outcome else {
                again.push(pending);
                continue;
            };
            match self.shared.store.find_command(&self.stream, &pending.id).await {
                Ok(Some(receipt)) => {
                    // Stored behind what this task had seen: by this very append.
                    let duplicate = receipt.after < expected;
                    let receipt = Receipt { duplicate, ..receipt };
                    self.recent.add(pending.id.clone(), receipt.clone());
                    pending.answer(Ok(receipt));
                }
                Ok(None) | Err(_) => pending.fail(DispatchFault::Store(error.clone())),
            }
        }
        again
    }

    async fn load(&mut self) -> Result<(), DispatchFault> {
        if self.loaded.is_none() {
            let handed = self.handed.take().map(|handed| handed.snapshot);
            let loaded = snapshot::load(&*self.shared.store, &self.stream, handed).await;
            self.loaded = Some(loaded.inspect_err(|fault| {
                tracing::error!(stream = %self.stream, error = ?fault, "an aggregate cannot be loaded");
            })?);
        }
        Ok(())
    }

    async fn redact(&mut self, versions: RangeInclusive<Version>) -> Result<usize, RedactError> {
        let mut redactions = Vec::new();
        let mut after = versions.start().saturating_sub(1);
        loop {
            let page = self.shared.store.read_stream(&self.stream, after, 1_000).await;
            let events = page.map_err(RedactError::Store)?.events;
            let Some(last) = events.last() else { break };
            after = last.version;
            for event in events.iter().filter(|event| versions.contains(&event.version)) {
                redactions.extend(redaction_of::<A::Event>(event)?);
            }
            if after >= *versions.end() {
                break;
            }
        }
        // The state may hold the text too.
        self.loaded = None;
        self.handed = None;
        if redactions.is_empty() {
            return Ok(0);
        }
        let redacted = self.shared.store.redact(&self.stream, redactions).await;
        redacted.map_err(RedactError::Store)
    }

    /// Finishes what waits, and goes, if the one who asked still listens.
    async fn hand_over(
        &mut self,
        successor: NodeName,
        reply: oneshot::Sender<Result<HandOver, HandOverError>>,
    ) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};
        self.shared.moved(&self.stream, successor.clone());
        self.finish_waiting(&successor).await;
        let handed = self.prepare_hand_over(successor).await;
        let failed = handed.is_err();
        if reply.send(handed).is_err() || failed {
            self.shared.not_moved(&self.stream);
            return Continue(());
        }
        Break(())
    }

    async fn finish_waiting(&mut self, successor: &NodeName) {
        let mut commands = Vec::new();
        while let Ok(message) = self.mailbox.try_recv() {
            match message {
                Message::Command(pending) => commands.push(pending),
                Message::Redact { reply, .. } => {
                    let _ = reply.send(Err(RedactError::Moved(successor.clone())));
                }
                Message::HandOver { reply, .. } => {
                    let _ = reply.send(Err(HandOverError::Moved(successor.clone())));
                }
            }
        }
        self.carry_out(commands).await;
    }

    async fn prepare_hand_over(&mut self, successor: NodeName) -> Result<HandOver, HandOverError> {
        self.load().await.map_err(HandOverError::Fault)?;
        let snapshot = self.loaded.as_ref().and_then(|loaded| loaded.snapshot(&self.stream));
        let snapshot = snapshot.ok_or(HandOverError::NoSnapshot)?;
        self.save_snapshot().await;
        Ok(HandOver { snapshot, recent: self.recent.commands.iter().cloned().collect(), successor })
    }

    async fn snapshot_if_due(&mut self) {
        let every = self.shared.config.snapshot_every;
        let due = |loaded: &Loaded<A>| loaded.version - loaded.snapshot_version >= every;
        if every > 0 && self.loaded.as_ref().is_some_and(due) {
            self.save_snapshot().await;
        }
    }

    /// Keeps the state if it is newer than its snapshot. Failing is no harm: the log has everything.
    async fn save_snapshot(&mut self) {
        let Some(loaded) = &mut self.loaded else { return };
        if loaded.version == loaded.snapshot_version {
            return;
        }
        let Some(snapshot) = loaded.snapshot(&self.stream) else { return };
        // Also after a failure, so that a full disk is not asked again for every command.
        loaded.snapshot_version = loaded.version;
        if let Err(error) = self.shared.store.save_snapshot(snapshot).await {
            tracing::warn!(stream = %self.stream, error = %error, "a snapshot was not kept");
        }
    }
}

type Round<A> =
    (Vec<(Pending<A>, Outcome<<A as Aggregate>::Refusal>)>, Vec<Decided>, Vec<Pending<A>>);

/// Decides one command after the other, each on the state that the ones before lead to. Stops
/// after a fault and at a command that is there twice: the rest is decided in another round.
fn decide_all<A: Aggregate>(loaded: &mut Loaded<A>, waiting: Vec<Pending<A>>) -> Round<A> {
    let (mut outcomes, mut commands) = (Vec::new(), Vec::<Decided>::new());
    let mut waiting = waiting.into_iter();
    while let Some(pending) = waiting.next() {
        if commands.iter().any(|decided| decided.command == pending.id) {
            let again = std::iter::once(pending).chain(waiting).collect();
            return (outcomes, commands, again);
        }
        match decide::<A>(&mut loaded.state, &pending.command) {
            Ok(Ok(events)) => {
                let command = pending.id.clone();
                outcomes.push((pending, Outcome::Decided(commands.len())));
                commands.push(Decided { command, events });
            }
            Ok(Err(refusal)) => outcomes.push((pending, Outcome::Refused(refusal))),
            Err(fault) => {
                tracing::error!(error = ?fault, "an aggregate failed to decide; it is made again");
                outcomes.push((pending, Outcome::Fault(fault)));
                break;
            }
        }
    }
    (outcomes, commands, waiting.collect())
}

/// Also applies what was decided: an event that `apply` panics on must not get into the log.
fn decide<A: Aggregate>(
    state: &mut A,
    command: &A::Command,
) -> Result<Result<Vec<NewEvent>, A::Refusal>, DispatchFault> {
    let decided = catch_unwind(AssertUnwindSafe(|| {
        let events = state.decide(command)?;
        events.iter().for_each(|event| state.apply(event));
        Ok(events)
    }));
    let events = match decided {
        Ok(Ok(events)) => events,
        Ok(Err(refusal)) => return Ok(Err(refusal)),
        Err(_) => return Err(DispatchFault::Panicked),
    };
    let encoded = events.iter().map(NewEvent::encode).collect::<Result<_, _>>();
    encoded.map(Ok).map_err(|error| DispatchFault::Encode(Arc::new(error)))
}

/// The event without what a person wrote. An event that was redacted earlier is put in its place
/// once more, in case the earlier one did not get to every file.
fn redaction_of<E: EventPayload>(
    recorded: &crate::Recorded,
) -> Result<Option<Redaction>, RedactError> {
    let version = recorded.version;
    let event = recorded.decode::<E>().map_err(RedactError::History)?;
    let Some(redacted) = event.redacted().or_else(|| recorded.redacted.then_some(event)) else {
        return Ok(None);
    };
    let NewEvent { schema, payload, .. } =
        NewEvent::encode(&redacted).map_err(RedactError::Encode)?;
    Ok(Some(Redaction { version, schema, payload }))
}

/// The newest commands and their receipts, oldest first.
struct Recent {
    max: usize,
    commands: VecDeque<(CommandId, Receipt)>,
}

impl Recent {
    fn find(&self, id: &CommandId) -> Option<&Receipt> {
        self.commands.iter().rev().find(|(known, _)| known == id).map(|(_, receipt)| receipt)
    }

    /// Has room for one at least: a resend that was just recognised is answered from here.
    fn add(&mut self, id: CommandId, receipt: Receipt) {
        if self.commands.len() >= self.max.max(1) {
            self.commands.pop_front();
        }
        self.commands.push_back((id, receipt));
    }
}
