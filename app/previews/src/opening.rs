//! How previews are set up and put together.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use chat::Chat;
use eventsourcing::{EventStore, Projections, ProjectionsConfig, ReadModelHome, StartError};
use fetch::Fetcher;
use pipeline::{Backoff, Keep, LaneLimits, Pipeline, Queue, QueueConfig};
use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{
    Parts, Previews, Settings,
    asking::Asking,
    asks::Asks,
    fetching::Fetching,
    files::Files,
    flights::Flights,
    job::PreviewJob,
    keeping_task::keeping_task,
    memory::Memory,
    origins::Origins,
    page_store::{PageLimits, PageStore},
    processor::Worker,
    room_pictures::{RoomPictures, Unsettled},
    rooms::Rooms,
    waiting::Waiting,
};

/// Jobs that wait or run. Full: the log waits, and whoever is on the page is told to try again.
const JOBS_MAX: usize = 10_000;
/// Links that were given up and are kept for a person to see.
const DEAD_MAX: usize = 1_000;
/// Fetches from one host at a time.
const OF_ONE_HOST: usize = 4;
/// Attempts at a link in a message.
const ATTEMPTS_MAX: u32 = 3;
/// Between attempts: what is broken for a moment works soon, what is down is left alone.
const BACKOFF: Backoff = Backoff {
    least: Duration::from_secs(2),
    first: Duration::from_secs(10),
    longest: Duration::from_secs(60),
};
/// A fetch takes 10 seconds; the rest is for the room and for files.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(30);

/// How [`Previews`] are set up.
pub struct Config {
    /// The log that `chat` stands on: links are read there, and jobs kept.
    pub log: Arc<dyn EventStore>,
    /// Where pictures and the previews of pages are kept; `None`: in memory.
    pub folder: Option<PathBuf>,
    /// What makes the requests.
    pub fetcher: Fetcher,
    /// What may change while it runs.
    pub settings: watch::Receiver<Settings>,
    /// Origins of this server, such as `https://tea.example`: links there are not fetched.
    pub origins: Vec<String>,
    /// Fetches at a time.
    pub concurrency: usize,
}

/// Previews could not be started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error("the folder for previews cannot be used")]
    Folder(#[source] io::Error),
    /// The jobs that are left cannot be read.
    #[error("the jobs that are left cannot be read")]
    Jobs(#[source] pipeline::OpenError),
    /// The log cannot be followed.
    #[error("the log cannot be followed")]
    Follow(#[source] StartError),
    /// What was left half done cannot be told.
    #[error("what was left half done cannot be told")]
    Unsettled(#[source] chat::Fault),
}

impl Previews {
    /// Starts following the log and fetching, with tasks in a child of `scope`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        config: Config,
        chat: Chat,
        clock: Clock,
        scope: &Scope,
    ) -> Result<Self, OpenError> {
        let scope = scope.child("previews");
        let limits = if config.folder.is_some() { PageLimits::FOLDER } else { PageLimits::MEMORY };
        let files = Arc::new(Files::open(config.folder).map_err(OpenError::Folder)?);
        let pages = PageStore::open(files.clone(), limits).await.map_err(OpenError::Folder)?;
        let memory = Arc::new(Memory::new(pages));
        let pictures = Arc::new(RoomPictures(files));
        settle(&pictures, &chat).await?;

        let jobs = scope.child("preview jobs");
        let queue = open_queue(config.log.clone(), &clock, &jobs).await?;
        let left = queue.jobs().into_iter().filter(|listed| listed.job.place().is_some());
        let left = left.map(|listed| (listed.id, listed.job.link.host().to_owned()));
        let waiting = Arc::new(Waiting::new(left));
        let asks = Arc::new(Asks::new());
        let origins = Origins::new(&config.origins);
        let worker = Worker {
            chat,
            clock: clock.clone(),
            settings: config.settings.clone(),
            flights: Flights::new(Fetching::new(config.fetcher), &jobs),
            memory: memory.clone(),
            pictures: pictures.clone(),
            asks: asks.clone(),
            waiting: waiting.clone(),
        };
        let pipeline = start_pipeline(worker, &queue, config.concurrency, &jobs);

        let following = scope.child("previews follow the log");
        let projections_config = ProjectionsConfig::default();
        let home = ReadModelHome::Memory;
        let projections =
            Projections::new(config.log.clone(), home, &following, projections_config);
        let rooms = Rooms {
            queue: queue.clone(),
            settings: config.settings.clone(),
            origins: origins.clone(),
            memory: memory.clone(),
            pictures: pictures.clone(),
            waiting: waiting.clone(),
        };
        projections.start_one_off(rooms).await.map_err(OpenError::Follow)?;
        scope.spawn_abortable("preview keeping", keeping_task(memory.clone(), clock.clone()));
        let asking = Asking {
            asks,
            memory,
            queue,
            settings: config.settings,
            origins,
            clock,
            scope: scope.child("preview asks"),
        };
        let log = config.log;
        let parts =
            Parts { log, asking, pictures, waiting, pipeline, projections, following, scope };
        Ok(Self(Arc::new(parts)))
    }
}

async fn open_queue(
    log: Arc<dyn EventStore>,
    clock: &Clock,
    scope: &Scope,
) -> Result<Queue<PreviewJob>, OpenError> {
    let config = QueueConfig {
        name: "previews",
        keep: Keep::Log(log),
        jobs_max: JOBS_MAX,
        dead_max: DEAD_MAX,
        lanes: LaneLimits { concurrency: OF_ONE_HOST, rate: None },
        clock: clock.clone(),
    };
    Queue::open(config, scope).await.map_err(OpenError::Jobs)
}

fn start_pipeline(
    worker: Worker,
    queue: &Queue<PreviewJob>,
    concurrency: usize,
    scope: &Scope,
) -> Pipeline<PreviewJob> {
    let config = pipeline::Config {
        concurrency,
        attempts_max: ATTEMPTS_MAX,
        backoff: BACKOFF,
        attempt_within: ATTEMPT_WITHIN,
        telemetry: None,
    };
    Pipeline::start(worker, Arc::new(queue.clone()), config, scope)
}

/// Before anything is fetched: whoever was killed between a picture and its card left the picture.
async fn settle(pictures: &RoomPictures, chat: &Chat) -> Result<(), OpenError> {
    let left = pictures.unsettled().await.map_err(OpenError::Folder)?;
    if left.is_empty() {
        return Ok(());
    }
    chat.caught_up().await.map_err(OpenError::Unsettled)?;
    for unsettled in left {
        let is_shown = is_shown(&unsettled, chat).await.map_err(OpenError::Unsettled)?;
        let settled = match is_shown {
            true => pictures.settle(unsettled).await,
            false => pictures.take_back(unsettled).await,
        };
        settled.map_err(OpenError::Folder)?;
    }
    Ok(())
}

async fn is_shown(unsettled: &Unsettled, chat: &Chat) -> Result<bool, chat::Fault> {
    let Some(number) = unsettled.number() else { return Ok(false) };
    let page = chat.timeline().range(unsettled.room(), number, number).await?;
    let cards = page.messages.iter().flat_map(|message| &message.cards);
    let mut images = cards.filter_map(|card| card.image.as_ref());
    Ok(images.any(|image| image.id == unsettled.id()))
}
