//! A store that forgets: for tests, demonstrations, and as the plainest statement of what a store
//! does.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use tokio::sync::watch;

use super::{
    Answer, Append, AppendError, Decided, EventStore, LogPage, Redaction, Snapshot, StoreError,
    StreamPage,
};
use crate::{CommandId, Position, Receipt, Recorded, StreamId, Version};

/// The log in memory. Gone when it is dropped.
#[derive(Debug)]
pub struct MemoryStore {
    log_id: String,
    state: Mutex<State>,
    watermark: watch::Sender<Position>,
}

#[derive(Debug, Default)]
struct State {
    /// The event at index `n` has the serial `n + 1`.
    log: Vec<Recorded>,
    streams: HashMap<StreamId, Stream>,
    checkpoints: HashMap<String, Position>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Stream {
    /// Indexes into the log, in the order of versions.
    events: Vec<usize>,
    commands: HashMap<CommandId, Receipt>,
    snapshot: Option<Snapshot>,
}

impl MemoryStore {
    /// An empty log.
    pub fn new() -> Self {
        Self {
            log_id: CommandId::random().to_string(),
            state: Mutex::default(),
            watermark: watch::Sender::new(Position::START),
        }
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state.lock().expect("no panic while the log is held");
        if state.closed { Err(StoreError::Closed) } else { Ok(state) }
    }

    fn append_now(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        let mut state = self.open().map_err(AppendError::Store)?;
        state.check(&append)?;
        let receipts = state.add(append);
        let watermark = state.watermark();
        drop(state);
        self.watermark.send_if_modified(|known| std::mem::replace(known, watermark) < watermark);
        Ok(receipts)
    }

    fn page_of_stream(
        &self,
        stream: &StreamId,
        after: Version,
        max: usize,
    ) -> Result<StreamPage, StoreError> {
        let state = self.open()?;
        let indexes = state.streams.get(stream).map_or(&[][..], |stream| &stream.events);
        let events = indexes.iter().skip(after as usize).take(max);
        Ok(StreamPage {
            events: events.map(|&index| state.log[index].clone()).collect(),
            head: indexes.len() as Version,
        })
    }

    fn page_of_log(&self, after: Position, max: usize) -> Result<LogPage, StoreError> {
        let state = self.open()?;
        let events: Vec<_> =
            state.log.iter().skip(after.serial as usize).take(max).cloned().collect();
        let next = events.last().map_or(after, |event| event.position);
        Ok(LogPage { events, next, watermark: state.watermark() })
    }

    fn redact_now(
        &self,
        stream: &StreamId,
        redactions: Vec<Redaction>,
    ) -> Result<usize, StoreError> {
        let mut state = self.open()?;
        let State { log, streams, .. } = &mut *state;
        let Some(stream) = streams.get_mut(stream) else { return Ok(0) };
        stream.snapshot = None;
        let mut replaced = 0;
        for redaction in redactions {
            let at = redaction.version.checked_sub(1).and_then(|at| stream.events.get(at as usize));
            let Some(&index) = at else { continue };
            let event = &mut log[index];
            event.schema = redaction.schema;
            event.payload = redaction.payload;
            event.redacted = true;
            replaced += 1;
        }
        Ok(replaced)
    }
}

impl State {
    fn watermark(&self) -> Position {
        Position::serial(self.log.len() as u64)
    }

    fn check(&self, append: &Append) -> Result<(), AppendError> {
        let stream = self.streams.get(&append.stream);
        for Decided { command, .. } in &append.commands {
            if let Some(receipt) = stream.and_then(|stream| stream.commands.get(command)) {
                let receipt = receipt.clone();
                return Err(AppendError::Duplicate { command: command.clone(), receipt });
            }
        }
        let actual = stream.map_or(0, |stream| stream.events.len() as Version);
        if actual == append.expected {
            return Ok(());
        }
        let (stream, expected) = (append.stream.clone(), append.expected);
        Err(AppendError::WrongVersion { stream, expected, actual })
    }

    fn add(&mut self, append: Append) -> Vec<Receipt> {
        let Append { stream: id, expected: mut version, recorded_ms, commands } = append;
        let stream = self.streams.entry(id.clone()).or_default();
        let mut receipts = Vec::with_capacity(commands.len());
        for Decided { command, events } in commands {
            let after = version;
            for event in events {
                version += 1;
                stream.events.push(self.log.len());
                self.log.push(Recorded {
                    position: Position::serial(self.log.len() as u64 + 1),
                    stream: id.clone(),
                    version,
                    name: event.name,
                    schema: event.schema,
                    recorded_ms,
                    payload: event.payload,
                    redacted: false,
                });
            }
            let position = Position::serial(self.log.len() as u64);
            let receipt =
                Receipt { stream: id.clone(), after, version, position, duplicate: false };
            stream.commands.insert(command, Receipt { duplicate: true, ..receipt.clone() });
            receipts.push(receipt);
        }
        receipts
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl EventStore for MemoryStore {
    fn append(&self, append: Append) -> Answer<'_, Result<Vec<Receipt>, AppendError>> {
        Box::pin(async move { self.append_now(append) })
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        after: Version,
        max: usize,
    ) -> Answer<'a, Result<StreamPage, StoreError>> {
        Box::pin(async move { self.page_of_stream(stream, after, max) })
    }

    fn read_all(&self, after: Position, max: usize) -> Answer<'_, Result<LogPage, StoreError>> {
        Box::pin(async move { self.page_of_log(after, max) })
    }

    fn find_command<'a>(
        &'a self,
        stream: &'a StreamId,
        command: &'a CommandId,
    ) -> Answer<'a, Result<Option<Receipt>, StoreError>> {
        Box::pin(async move {
            let state = self.open()?;
            Ok(state.streams.get(stream).and_then(|stream| stream.commands.get(command)).cloned())
        })
    }

    fn head(&self) -> Answer<'_, Result<Position, StoreError>> {
        Box::pin(async move { Ok(self.open()?.watermark()) })
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.watermark.subscribe()
    }

    fn log_id(&self) -> &str {
        &self.log_id
    }

    fn load_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
    ) -> Answer<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move {
            Ok(self.open()?.streams.get(stream).and_then(|stream| stream.snapshot.clone()))
        })
    }

    fn save_snapshot(&self, snapshot: Snapshot) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut state = self.open()?;
            let stream = state.streams.entry(snapshot.stream.clone()).or_default();
            stream.snapshot = Some(snapshot);
            Ok(())
        })
    }

    fn redact<'a>(
        &'a self,
        stream: &'a StreamId,
        redactions: Vec<Redaction>,
    ) -> Answer<'a, Result<usize, StoreError>> {
        Box::pin(async move { self.redact_now(stream, redactions) })
    }

    fn load_checkpoint<'a>(
        &'a self,
        name: &'a str,
    ) -> Answer<'a, Result<Option<Position>, StoreError>> {
        Box::pin(async move { Ok(self.open()?.checkpoints.get(name).copied()) })
    }

    fn save_checkpoint<'a>(
        &'a self,
        name: &'a str,
        position: Position,
    ) -> Answer<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.open()?.checkpoints.insert(name.to_owned(), position);
            Ok(())
        })
    }

    fn close(&self) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.open()?.closed = true;
            Ok(())
        })
    }
}
