//! How a chat is set up and put together.

use std::{path::PathBuf, sync::Arc, time::Duration};

use eventsourcing::{
    Dispatch, DispatchConfig, EventStore, MemoryStore, Projections, ProjectionsConfig,
    ReadModelHome, SqlProjection, SqliteConfig, SqliteStore, StartError, StoreError,
};
use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{
    Attendance, Chat, Directory, Links, Parts, Timeline,
    activity::{Lately, Noting},
    activity_task::ActivityTask,
    attendance_file::AttendanceFile,
    attendance_task::attendance_task,
    directory::DirectoryProjection,
    eraser::Eraser,
    housekeeper_task::housekeeper_task,
    housekeeping::Housekeeper,
    invites::{Invites, InvitesProjection},
    private_chat::Twos,
    search::SearchProjection,
    timeline::TimelineProjection,
    topics::Announcements,
};

/// Every read model, by name.
pub(crate) const READ_MODELS: [&str; 4] = [
    DirectoryProjection::NAME,
    TimelineProjection::NAME,
    SearchProjection::NAME,
    InvitesProjection::NAME,
];

/// Where everything is kept.
#[derive(Clone)]
pub enum Store {
    /// Nowhere: gone when the last handle is.
    Memory,
    /// In this folder, which is made if it is missing: the log, and the read models in
    /// `read-models`, which may be deleted while nothing runs.
    Folder(PathBuf),
    /// In a log that others may write as well, and that whoever gave it closes.
    Given { log: Arc<dyn EventStore>, read_models: ReadModelHome },
}

/// How a [`Chat`] is set up.
#[derive(Clone)]
pub struct Config {
    pub store: Store,
    /// How many active rooms have their newest messages in memory, in rooms. Each takes 256 KiB of
    /// text at most, and usually 20.
    pub hot_rooms_max: usize,
    /// The file, in a folder that is there, in which is kept who was where, so that a restart is no
    /// absence ([`Chat::doors_open`]). `None`: it is one.
    pub attendance_file: Option<PathBuf>,
    /// What in a text may have a card, as whoever attaches cards sees it. `None`: any card may be
    /// attached, and none stays when a text is edited.
    pub links: Option<Links>,
    /// What may change while it runs.
    pub settings: watch::Receiver<Settings>,
}

/// What a host may change while the chat runs: read anew whenever it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a new fleeting room may be idle, in milliseconds, unless its owner says otherwise.
    pub fleeting_idle_ms: i64,
    /// How long an invitation or a knock waits for an answer, in milliseconds.
    pub answer_within_ms: i64,
    /// How often it is looked for what has had its time, in milliseconds. Deadlines are met exactly
    /// when they are nearer than that.
    pub housekeeping_every_ms: i64,
    /// How long a page that went away counts as there, in milliseconds. Read once, at the start.
    pub grace_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fleeting_idle_ms: 30 * 60 * 1_000,
            answer_within_ms: 10 * 60 * 1_000,
            housekeeping_every_ms: 60 * 1_000,
            grace_ms: 5_000,
        }
    }
}

impl Config {
    /// The usual settings for `store`.
    pub fn new(store: Store) -> Self {
        let (_fixed, settings) = watch::channel(Settings::default());
        Self { store, hot_rooms_max: 256, attendance_file: None, links: None, settings }
    }
}

/// The chat could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log could not be opened or read; the cause says which file, and what to do.
    #[error("the log could not be opened")]
    Log(#[source] StoreError),
    /// A read model could not be opened or made.
    #[error("a read model could not be opened")]
    ReadModel(#[source] StartError),
    /// It is not known what is still to be erased.
    #[error("the eraser could not start")]
    Eraser(#[source] StartError),
}

impl Chat {
    /// Opens what `config` names, and keeps the read models up to date with tasks in a child of
    /// `scope`. Returns before they have caught up; until then pages show less than the log holds.
    ///
    /// Blocks for as long as it takes to open files: call it at the start.
    ///
    /// # Errors
    /// The store cannot be opened or read.
    pub async fn open(config: Config, clock: Clock, scope: &Scope) -> Result<Self, OpenError> {
        let closes_store = !matches!(config.store, Store::Given { .. });
        let (store, home) = open_store(config.store).map_err(OpenError::Log)?;
        let commands = scope.child("chat commands");
        let reading = scope.child("chat read models");

        let dispatch_config = DispatchConfig { clock: clock.clone(), ..DispatchConfig::default() };
        let dispatch = Dispatch::new(store.clone(), &commands, dispatch_config);
        let projections =
            Projections::new(store.clone(), home, &reading, ProjectionsConfig::default());

        let lately = Arc::new(Lately::default());
        let announcements = noting(Announcements::local(), &lately);
        let timeline = TimelineProjection::new(announcements.clone(), config.hot_rooms_max);
        let timeline = projections.start_sql(timeline).await.map_err(OpenError::ReadModel)?;
        let directory = projections.start_sql(DirectoryProjection(announcements.clone())).await;
        let directory = directory.map_err(OpenError::ReadModel)?;
        let invites = InvitesProjection(announcements.clone());
        let invites = projections.start_sql(invites).await.map_err(OpenError::ReadModel)?;
        let invites = Invites::new(invites);
        let search = projections.start_sql(SearchProjection).await;
        let search = search.map_err(OpenError::ReadModel)?;

        let (timeline, directory) = (
            Timeline::new(timeline),
            Directory::new(directory, clock.clone(), config.settings.clone()),
        );

        let house = scope.child("chat house");
        let grace_ms = config.settings.borrow().grace_ms.max(0).unsigned_abs();
        let attendance = Attendance::new(Duration::from_millis(grace_ms), clock.clone(), &house);
        // Before the housekeeper looks: whoever may come back does not leave an empty room.
        let attendance_file = config
            .attendance_file
            .map(|path| AttendanceFile::open(path, attendance.clone(), clock.clone()));
        let housekeeper = Housekeeper::new(
            clock.clone(),
            config.settings.clone(),
            dispatch.clone(),
            directory.clone(),
            attendance.clone(),
            invites.clone(),
        );
        let chat = Self(Arc::new(Parts {
            store,
            closes_store,
            clock,
            settings: config.settings,
            links: config.links,
            dispatch,
            commands,
            projections,
            reading,
            announcements,
            timeline,
            directory,
            search,
            attendance,
            attendance_file,
            invites,
            twos: Twos::default(),
            housekeeper,
            house,
        }));
        chat.start_eraser().await?;
        chat.start_house(lately);
        Ok(chat)
    }

    async fn start_eraser(&self) -> Result<(), OpenError> {
        let Parts { store, dispatch, projections, timeline, .. } = &*self.0;
        let eraser = Eraser {
            store: store.clone(),
            dispatch: dispatch.clone(),
            projections: projections.clone(),
            timeline: timeline.clone(),
        };
        projections.start_one_off(eraser).await.map_err(OpenError::Eraser)
    }

    /// What the house does by itself.
    fn start_house(&self, lately: Arc<Lately>) {
        let Parts { house, store, projections, announcements, .. } = &*self.0;
        // Subscribed before anybody can come.
        let (attendance, diffs) = (self.attendance().clone(), self.attendance().diffs());
        let attendance = attendance_task(attendance, diffs, lately.clone());
        house.spawn_abortable("attendance", attendance);
        let housekeeper = housekeeper_task(self.0.housekeeper.clone(), self.subscribe_activity());
        house.spawn_abortable("housekeeper", housekeeper);
        let (store, projections) = (store.clone(), projections.clone());
        let announcements = announcements.clone();
        let activity = ActivityTask { lately, announcements, store, projections };
        house.spawn_abortable("activity", activity.run());
    }
}

/// Lists of rooms hear of everything that is announced about a room.
fn noting(announcements: Announcements, lately: &Arc<Lately>) -> Announcements {
    let rooms = Noting { bus: announcements.rooms, lately: lately.clone() };
    let facts = Noting { bus: announcements.facts, lately: lately.clone() };
    Announcements { rooms: Arc::new(rooms), facts: Arc::new(facts), ..announcements }
}

fn open_store(store: Store) -> Result<(Arc<dyn EventStore>, ReadModelHome), StoreError> {
    match store {
        Store::Memory => Ok((Arc::new(MemoryStore::new()), ReadModelHome::Memory)),
        Store::Folder(folder) => {
            let log = SqliteStore::open(&folder, SqliteConfig::default())?;
            Ok((Arc::new(log), ReadModelHome::Folder(folder.join("read-models"))))
        }
        Store::Given { log, read_models } => Ok((log, read_models)),
    }
}
