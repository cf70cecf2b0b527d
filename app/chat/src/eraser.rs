//! Makes what was removed unreadable: in the log, in snapshots, and in what is left of deleted rows
//! in read models.
//!
//! The log says what is to be done before it is done, and a position is kept of what was done. So
//! whatever is interrupted is done after the next start; doing it twice does nothing.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use eventsourcing::{
    Aggregate, DecodeError, Dispatch, EventStore, OneOff, OneOffError, Position, Projections,
    Recorded, RedactError, StartAt, StoreError, StreamId, SweepError, Version, WaitError, WorkKey,
};

use crate::{
    Fault, RoomId, Timeline,
    claim::Claim,
    event::Event,
    opening::READ_MODELS,
    pair::{Pair, Pairing, pair_id},
    room::Room,
};

/// Events read, and redacted, at a time: what it takes of memory does not depend on the room.
const AT_ONCE: usize = 500;
/// Events with something in them that goes when a message does.
const OF_MESSAGES: [&str; 5] = ["Posted", "Edited", "CardAttached", "CardDismissed", "CardDropped"];
/// How long the read models may take to hear of what was removed before it counts as a failure.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// The first wait after a failure; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// One-off work for every removal.
pub(crate) struct Eraser {
    pub store: Arc<dyn EventStore>,
    pub dispatch: Dispatch,
    pub projections: Projections,
    pub timeline: Timeline,
}

/// Something removed can still be read.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error("the log could not be read")]
    Store(#[source] StoreError),
    #[error("an event cannot be read")]
    Event(#[source] DecodeError),
    #[error("the text is still in the log")]
    Redact(#[source] RedactError),
    #[error("the read models do not know yet")]
    Behind,
    #[error("the read models were stopped")]
    Stopped(#[source] WaitError),
    #[error("the text may still be in a read model")]
    Sweep(#[source] SweepError),
    #[error(transparent)]
    Timeline(Fault),
}

impl EraseError {
    /// Whether trying again is of no use: something stored is damaged.
    fn is_lasting(&self) -> bool {
        matches!(self, Self::Event(_) | Self::Redact(RedactError::History(_)))
    }
}

impl OneOff for Eraser {
    const NAME: &'static str = "eraser";
    const START_AT: StartAt = StartAt::Beginning;

    fn concerns(&self, event: &Recorded) -> bool {
        event.stream.kind() == Room::KIND
            && matches!(
                event.name.as_str(),
                "Removed" | "Erased" | "Edited" | "CardDismissed" | "CardDropped"
            )
    }

    /// Tries for as long as it takes: a disk that was full for an hour is no reason to keep what
    /// somebody removed.
    async fn handle(&self, event: &Recorded, _: &WorkKey) -> Result<(), OneOffError> {
        let mut pause = PAUSE;
        loop {
            let error = match self.erase(event).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_lasting() => {
                    return Err(OneOffError::GiveUp(Box::new(error)));
                }
                Err(error) => error,
            };
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(stream = %event.stream, %error, cause, "erasing is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

impl Eraser {
    async fn erase(&self, event: &Recorded) -> Result<(), EraseError> {
        let erased = match event.decode::<Event>().map_err(EraseError::Event)? {
            Event::Removed { number, .. } => {
                self.before(event, number, |past| is_about(past, number)).await?
            }
            Event::CardDismissed { number, link, .. } | Event::CardDropped { number, link, .. } => {
                self.before(event, number, |past| is_card(past, number, &link)).await?
            }
            Event::Edited(edited) => self.late_edit(event, edited.number).await?,
            Event::Erased { .. } => self.room(event).await?,
            _ => false,
        };
        if !erased {
            return Ok(());
        }
        self.read_models_know(event.position).await?;
        self.projections.sweep().await.map_err(EraseError::Sweep)
    }

    /// Every text and card that message `number` had before `gone`, as far as it is `meant`. A
    /// message has a higher version than number, because the room was opened before.
    async fn before(
        &self,
        gone: &Recorded,
        number: u64,
        meant: impl Fn(&Event) -> bool,
    ) -> Result<bool, EraseError> {
        let mut after = number;
        while after < gone.version {
            let page = self.store.read_stream(&gone.stream, after, AT_ONCE).await;
            let events = page.map_err(EraseError::Store)?.events;
            let Some(last) = events.last() else { break };
            after = last.version;
            let before = events.iter().filter(|event| event.version < gone.version);
            for event in before.filter(|event| OF_MESSAGES.contains(&event.name.as_str())) {
                if meant(&event.decode().map_err(EraseError::Event)?) {
                    self.redact::<Room>(&gone.stream, event.version..=event.version).await?;
                }
            }
        }
        Ok(true)
    }

    /// An edit that was on its way while the message was removed. The room does not remember which
    /// messages are gone, the timeline does.
    async fn late_edit(&self, edited: &Recorded, number: u64) -> Result<bool, EraseError> {
        let Ok(room) = RoomId::parse(edited.stream.id()) else { return Ok(false) };
        self.read_models_know(edited.position).await?;
        let page = self.timeline.range(&room, number, number).await;
        let page = page.map_err(EraseError::Timeline)?;
        let gone = page.messages.first().is_some_and(|message| message.removed);
        if gone {
            self.redact::<Room>(&edited.stream, edited.version..=edited.version).await?;
        }
        Ok(gone)
    }

    /// Everything that was ever said in the room, its titles, its people's names; and what its
    /// address knows of it.
    async fn room(&self, erased: &Recorded) -> Result<bool, EraseError> {
        let at_once = AT_ONCE as u64;
        let mut first = 1;
        while first <= erased.version {
            let last = (first + at_once - 1).min(erased.version);
            self.redact::<Room>(&erased.stream, first..=last).await?;
            first = last + 1;
        }
        if let Some(Event::Opened(opening)) = self.first_event(&erased.stream).await? {
            let claim = StreamId::new(Claim::KIND, opening.slug.as_str());
            self.redact::<Claim>(&claim, 1..=1).await?;
            if let Some(with) = &opening.with {
                let pair = StreamId::new(Pair::KIND, &pair_id(&opening.owner.id, &with.id));
                self.pair(&pair, erased).await?;
            }
        }
        Ok(true)
    }

    /// The names of the two of a private chat, from when they agreed on it until it was erased. They
    /// may have agreed on another one since, whose names stay.
    async fn pair(&self, pair: &StreamId, erased: &Recorded) -> Result<(), EraseError> {
        let (mut after, mut is_ours) = (0, false);
        loop {
            let page = self.store.read_stream(pair, after, AT_ONCE).await;
            let events = page.map_err(EraseError::Store)?.events;
            let Some(last) = events.last() else { return Ok(()) };
            after = last.version;
            for event in events.iter().filter(|event| event.position < erased.position) {
                if let Pairing::Paired(claimed) = event.decode().map_err(EraseError::Event)? {
                    is_ours = claimed.room.as_str() == erased.stream.id();
                }
                if is_ours {
                    self.redact::<Pair>(pair, event.version..=event.version).await?;
                }
            }
        }
    }

    async fn first_event(&self, stream: &StreamId) -> Result<Option<Event>, EraseError> {
        let page = self.store.read_stream(stream, 0, 1).await.map_err(EraseError::Store)?;
        page.events.first().map(|event| event.decode().map_err(EraseError::Event)).transpose()
    }

    async fn redact<A: Aggregate>(
        &self,
        stream: &StreamId,
        versions: RangeInclusive<Version>,
    ) -> Result<usize, EraseError> {
        self.dispatch.redact::<A>(stream.id(), versions).await.map_err(EraseError::Redact)
    }

    /// Rows are swept after they were deleted.
    async fn read_models_know(&self, position: Position) -> Result<(), EraseError> {
        let known = async {
            for name in READ_MODELS {
                let waited = self.projections.wait_for(name, position).await;
                waited.map_err(EraseError::Stopped)?;
            }
            Ok(())
        };
        tokio::time::timeout(READ_WITHIN, known).await.unwrap_or(Err(EraseError::Behind))
    }
}

/// What is about the text of message `wanted`, or its cards.
fn is_about(event: &Event, wanted: u64) -> bool {
    match event {
        Event::Posted(posted) => posted.number == wanted,
        Event::Edited(edited) => edited.number == wanted,
        Event::CardAttached { number, .. }
        | Event::CardDismissed { number, .. }
        | Event::CardDropped { number, .. } => *number == wanted,
        _ => false,
    }
}

/// What a page said of itself is nobody's business once its card is gone. That the link was there
/// is known from the message, whose older texts stay until it is removed.
fn is_card(event: &Event, wanted: u64, gone: &str) -> bool {
    matches!(event, Event::CardAttached { number, card, .. } if *number == wanted && card.link == gone)
}
