//! Does the jobs: for the page an answer, for a message a card.

use std::{sync::Arc, time::Duration};

use chat::{ActError, Card, CardImage, Chat, Retention, Visibility};
use pipeline::{Attempt, GaveUp, Processor, WorkError};
use tasks::Clock;

use crate::{
    Link, Reason, Settings,
    asks::Asks,
    cache::Keeper,
    fetching::Fetched,
    flights::{Flights, Landed},
    job::{Asker, Place, PreviewJob},
    memory::Memory,
    room_pictures::RoomPictures,
    waiting::Waiting,
};

/// How long it is waited until it can be read what kind of room it is. Later: it counts as private.
const READABLE_WITHIN: Duration = Duration::from_secs(2);

/// What jobs are done with.
pub(crate) struct Worker {
    pub chat: Chat,
    pub clock: Clock,
    pub settings: tokio::sync::watch::Receiver<Settings>,
    pub flights: Flights,
    pub memory: Arc<Memory>,
    pub pictures: Arc<RoomPictures>,
    pub asks: Arc<Asks>,
    pub waiting: Arc<Waiting>,
}

impl Processor for Worker {
    type Job = PreviewJob;
    type Output = ();

    async fn process(&self, attempt: Attempt<PreviewJob>) -> Result<(), WorkError> {
        let link = &attempt.job.link;
        match &attempt.job.asker {
            Asker::Page => self.answer(link).await,
            Asker::Message(place) => {
                let done = self.attach(&attempt, place).await;
                if !self.waiting.has(&attempt.id) {
                    // Whoever removed the message has looked before this was kept, perhaps.
                    self.memory.forget_card(&place.room, place.number, link);
                    return Ok(());
                }
                done?;
                self.waiting.over(&attempt.id);
            }
        }
        Ok(())
    }

    async fn gave_up(&self, attempt: Attempt<PreviewJob>, _: &GaveUp) {
        // Whoever waits on the page has been answered when their time was up.
        self.waiting.over(&attempt.id);
    }
}

impl Worker {
    /// For whoever waits on the page. Whatever comes of it is an answer: nothing is tried again.
    async fn answer(&self, link: &Link) {
        if !self.asks.is_open(link) {
            return;
        }
        let settings = self.settings.borrow().clone();
        if !settings.permits(link) {
            let refused =
                Err(Reason::NotAllowed("the host of this server does not want it".into()));
            let now_ms = self.clock.now_ms();
            return self
                .asks
                .answer(link, self.memory.learn(link, &refused, &Keeper::Page, now_ms));
        }
        let flight = self.flights.board(link, &settings);
        let landed = flight.landed().await;
        let known = self.memory.learn(link, &landed, &Keeper::Page, self.clock.now_ms());
        self.memory.save(link, &known).await;
        self.asks.answer(link, known);
    }

    /// For a message: puts a card under it, if there is anything to show.
    async fn attach(&self, attempt: &Attempt<PreviewJob>, place: &Place) -> Result<(), WorkError> {
        let link = &attempt.job.link;
        let settings = self.settings.borrow().clone();
        if !settings.permits(link) || !self.waiting.has(&attempt.id) {
            return Ok(());
        }
        let keeper = self.keeper(place).await;
        if let Some(known) = self.known(link, attempt.number == 1) {
            return match known {
                Ok(fetched) => {
                    if let Some(keeper) = &keeper {
                        self.memory.share(link, keeper);
                    }
                    self.put(link, place, &fetched).await
                }
                Err(reason) => again_if_passing(reason),
            };
        }
        // Held until it is kept, so that whoever asks in between gets it, too.
        let flight = self.flights.board(link, &settings);
        let landed = flight.landed().await;
        let now_ms = self.clock.now_ms();
        if let Some(keeper) = &keeper {
            self.memory.learn(link, &landed, keeper, now_ms);
        }
        match landed.or_else(|reason| self.memory.useful(link, now_ms).ok_or(reason)) {
            Ok(fetched) => self.put(link, place, &fetched).await,
            Err(reason) => again_if_passing(reason),
        }
    }

    /// What needs no fetch. A failure does on a first attempt only: the others are there to look
    /// whether it has passed.
    fn known(&self, link: &Link, is_first: bool) -> Option<Landed> {
        let now_ms = self.clock.now_ms();
        let known = self.memory.known(link)?;
        if let Some(fetched) = known.fresh(now_ms) {
            return Some(Ok(fetched.clone()));
        }
        let remembered = known.remembered(now_ms).filter(|_| is_first)?;
        Some(known.useful(now_ms).cloned().ok_or_else(|| remembered.clone()))
    }

    /// For whom a message's link is kept in memory: not at all, unless everybody may read the room,
    /// and it keeps what is said.
    async fn keeper(&self, place: &Place) -> Option<Keeper> {
        let Place { room, number, .. } = place;
        let looking = async {
            self.chat.caught_up().await.ok()?;
            self.chat.directory().by_id(room).await.ok()?
        };
        let found = tokio::time::timeout(READABLE_WITHIN, looking).await.ok()??;
        let is_open = found.visibility == Visibility::Public && found.retention == Retention::Kept;
        is_open.then(|| Keeper::Message { room: room.clone(), number: *number })
    }

    /// The picture first, so that nobody sees the card without it.
    async fn put(&self, link: &Link, place: &Place, fetched: &Fetched) -> Result<(), WorkError> {
        let Place { room, number, change, .. } = place;
        let written = match &fetched.picture {
            Some(picture) => {
                let written = self.pictures.write(room, *number, link.as_str(), picture).await;
                Some((written.map_err(again)?, picture))
            }
            None => None,
        };
        let image = written.as_ref().map(|(written, picture)| CardImage {
            id: written.id().to_owned(),
            width: picture.width,
            height: picture.height,
        });
        let card = fetched.card(link, image);
        let is_there = match self.chat.attach_card(room, *number, *change, card).await {
            Ok(is_there) => is_there,
            Err(ActError::Refused(refusal)) => {
                tracing::warn!(room.id = %room, %refusal, "a room refused a card");
                false
            }
            Err(error) => return Err(again(error)),
        };
        let unsettled = written.map(|(written, _)| written);
        if is_there {
            if let Some(written) = unsettled {
                self.pictures.settle(written).await.map_err(again)?;
            }
            return Ok(());
        }
        self.memory.forget_card(room, *number, link);
        match unsettled {
            Some(written) => self.pictures.take_back(written).await.map_err(again),
            None => Ok(()),
        }
    }
}

impl Fetched {
    fn card(&self, link: &Link, image: Option<CardImage>) -> Card {
        let is_short = self.url.len() <= chat::CARD_URL_BYTES_MAX;
        Card {
            link: link.as_str().to_owned(),
            url: if is_short { self.url.clone() } else { link.as_str().to_owned() },
            site: self.site.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            image,
        }
    }
}

fn again(error: impl std::error::Error + Send + Sync + 'static) -> WorkError {
    WorkError::Retry { after: None, source: Box::new(error) }
}

/// A failure that lasts is an answer: there is no card.
fn again_if_passing(reason: Reason) -> Result<(), WorkError> {
    if reason.is_passing() { Err(again(reason)) } else { Ok(()) }
}
