//! Follows the log: a job for each link that is said, and nothing left of what is removed.

use std::{io, sync::Arc, time::Duration};

use chat::{CARDS_MAX, RoomId, Told, told};
use eventsourcing::{OneOff, OneOffError, Recorded, WorkKey};
use pipeline::{JobId, PushError, Queue, SourceError};
use tokio::sync::watch;

use crate::{
    Link, Settings, body_links,
    job::{Place, PreviewJob},
    memory::Memory,
    origins::Origins,
    room_pictures::RoomPictures,
    waiting::Waiting,
};

/// The first wait after a failure; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// One-off work for everything that has to do with links.
pub(crate) struct Rooms {
    pub queue: Queue<PreviewJob>,
    pub settings: watch::Receiver<Settings>,
    pub origins: Origins,
    pub memory: Arc<Memory>,
    pub pictures: Arc<RoomPictures>,
    pub waiting: Arc<Waiting>,
}

/// Something was not done yet.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error("no job could be added")]
    Push(#[source] PushError),
    #[error("what waits could not be discarded")]
    Discard(#[source] SourceError),
    #[error("a picture could not be removed")]
    Picture(#[source] io::Error),
}

impl OneOff for Rooms {
    const NAME: &'static str = "previews";

    fn concerns(&self, event: &Recorded) -> bool {
        match told(event) {
            Ok(Some(Told::Says { body, .. })) => may_have_links(&body) || event.name == "Edited",
            Ok(told) => told.is_some(),
            // Looked at once more where it can be said.
            Err(_) => true,
        }
    }

    /// Tries for as long as it takes. A full queue makes the log wait, which keeps everything.
    async fn handle(&self, event: &Recorded, _: &WorkKey) -> Result<(), OneOffError> {
        let told = told(event).map_err(|error| OneOffError::GiveUp(Box::new(error)))?;
        let Some(told) = told else { return Ok(()) };
        let mut pause = PAUSE;
        while let Err(error) = self.heed(&told).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(stream = %event.stream, %error, cause, "previews try again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Ok(())
    }
}

impl Rooms {
    async fn heed(&self, told: &Told) -> Result<(), NotYet> {
        match told {
            Told::Says { room, number, change, author, body } => {
                let is_older = |place: &Place| place.number == *number && place.change < *change;
                self.discard(room, |job| job.place().is_some_and(is_older)).await?;
                let (room, author) = (room.clone(), author.clone());
                let place = Place { room, number: *number, change: *change, author };
                self.push(&place, body).await
            }
            Told::Removed { room, number } => {
                let is_of_it =
                    |job: &PreviewJob| job.place().is_some_and(|at| at.number == *number);
                self.discard(room, is_of_it).await?;
                self.memory.forget_message(room, *number);
                self.pictures.remove_message(room, *number).await.map_err(NotYet::Picture)
            }
            Told::CardGone { room, number, link } => {
                let is_of_it = |job: &PreviewJob| {
                    job.link.as_str() == link && job.place().is_some_and(|at| at.number == *number)
                };
                self.discard(room, is_of_it).await?;
                if let Ok(link) = Link::parse(link) {
                    self.memory.forget_card(room, *number, &link);
                }
                self.pictures.remove_card(room, *number, link).await.map_err(NotYet::Picture)
            }
            Told::Erased { room } => {
                self.discard(room, |_| true).await?;
                self.memory.forget_room(room);
                self.pictures.remove_room(room).await.map_err(NotYet::Picture)
            }
        }
    }

    async fn push(&self, place: &Place, body: &str) -> Result<(), NotYet> {
        for (slot, link) in body_links::links(body, CARDS_MAX).into_iter().enumerate() {
            let is_asked = self.settings.borrow().permits(&link) && !self.origins.has(&link);
            if !is_asked {
                continue;
            }
            let host = link.host().to_owned();
            let (id, job) = PreviewJob::for_message(link, place.clone(), slot);
            if !self.waiting.add(&id, &host) {
                tracing::warn!(room.id = %place.room, "too many links to one site wait: no card");
                continue;
            }
            match self.queue.push(id.clone(), job).await {
                Ok(pipeline::Pushed::New) => {}
                Ok(pipeline::Pushed::Known) => self.known(&id),
                // It may be there: whoever works on it must know that it is wanted.
                Err(error @ PushError::Store(_)) => return Err(NotYet::Push(error)),
                Err(error) => {
                    self.waiting.over(&id);
                    return Err(NotYet::Push(error));
                }
            }
        }
        Ok(())
    }

    /// The log is read again after a kill; the job may be over.
    fn known(&self, id: &JobId) {
        if !self.queue.jobs().iter().any(|job| job.id == *id) {
            self.waiting.over(id);
        }
    }

    /// Forgets jobs of `room`, those that were given up as well.
    async fn discard(
        &self,
        room: &RoomId,
        which: impl Fn(&PreviewJob) -> bool + Send + Sync,
    ) -> Result<(), NotYet> {
        let gone = std::sync::Mutex::new(Vec::new());
        let discarded = self.queue.discard(|id, job| {
            let is_gone = job.place().is_some_and(|at| at.room == *room) && which(job);
            if is_gone {
                gone.lock().expect("nothing panics while it is held").push(id.clone());
            }
            is_gone
        });
        discarded.await.map_err(NotYet::Discard)?;
        for id in gone.into_inner().expect("nothing panicked while it was held") {
            self.waiting.over(&id);
        }
        Ok(())
    }
}

/// Whether it is worth looking: most of what is said has no links.
fn may_have_links(body: &str) -> bool {
    body.contains("://") || body.contains("www.")
}
