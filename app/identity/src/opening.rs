//! How identities are set up and put together.

use std::{fmt, io, path::PathBuf, sync::Arc};

use eventsourcing::{
    Dispatch, DispatchConfig, EventStore, Projections, ProjectionsConfig, ReadModelHome, StartError,
};
use fetch::Fetcher;
use pubsub::{Bus as _, LocalBus};
use tasks::{Clock, Scope};
use tokio::sync::Semaphore;

use crate::{
    Identity, Parts, PersonChange, Provider, ProviderError,
    closed::Closing,
    door::Door,
    pending::Spent,
    people::{self, People, PeopleProjection},
    pictures::Pictures,
    provider, revocations,
    sightings::Sightings,
};

/// People who may be at providers' doors at a time: each waits for a few requests. More are asked
/// to try again.
const AT_DOORS_MAX: usize = 64;
/// Pictures that are fetched at a time. Each may take 100 MiB while it is read.
const AT_PICTURES_MAX: usize = 2;

/// How an [`Identity`] is set up.
#[derive(Clone)]
pub struct Config {
    /// The log, which others may write as well, and which whoever gave it closes.
    pub log: Arc<dyn EventStore>,
    pub read_models: ReadModelHome,
    /// The folder of people's pictures, which is made if it is missing; `None`: in memory, until
    /// this ends. Who has no picture has a pattern.
    pub avatars: Option<PathBuf>,
    /// Who may say who somebody is; may be none.
    pub providers: Vec<Provider>,
    /// Where this server is for browsers, such as `https://chat.example.org`: providers send people
    /// back there.
    pub base_url: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("providers", &self.providers).finish_non_exhaustive()
    }
}

/// Identities could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A read model could not be opened or made.
    #[error("a read model could not be opened")]
    ReadModel(#[source] StartError),
    /// A provider is not configured as it must be.
    #[error("a provider of sign-in is not set up")]
    Provider(#[source] ProviderError),
    /// The folder of pictures cannot be made.
    #[error("the folder of people's pictures cannot be made")]
    Pictures(#[source] io::Error),
}

impl Identity {
    /// Opens what `config` names, and keeps the read models up to date with tasks in a child of
    /// `scope`. Returns before they have caught up: until [`Identity::caught_up`], a closed session
    /// may count as open.
    ///
    /// Blocks for as long as it takes to open files: call it at the start.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: Config, clock: Clock, scope: &Scope) -> Result<Self, OpenError> {
        let Config { log, read_models, avatars, providers, base_url } = config;
        let fetcher = Fetcher::new(fetch::Config::default());
        let doors = doors(&providers, &base_url, &fetcher).map_err(OpenError::Provider)?;
        let pictures = Pictures::open(avatars).map_err(OpenError::Pictures)?;
        let commands = scope.child("identity commands");
        let reading = scope.child("identity read models");
        let dispatch_config = DispatchConfig { clock: clock.clone(), ..DispatchConfig::default() };
        let projections =
            Projections::new(log.clone(), read_models, &reading, ProjectionsConfig::default());
        let changes = Arc::new(LocalBus::new());
        let closings = Arc::new(LocalBus::new());
        let people = projections.start_sql(PeopleProjection::new(changes.clone())).await;
        let (about_people, about_sessions) = (changes.clone(), closings.clone());
        let closed = projections.start_memory(move |closings: Vec<Closing>| {
            for Closing { person, session } in closings {
                about_sessions.publish(&revocations(), session.clone());
                let change = PersonChange::SessionRevoked(session);
                about_people.publish(&people::topic(&person), change);
            }
        });
        Ok(Self(Arc::new(Parts {
            dispatch: Dispatch::new(log.clone(), &commands, dispatch_config),
            log,
            clock,
            commands,
            jobs: scope.child("identity jobs"),
            people: People::new(people.map_err(OpenError::ReadModel)?),
            closed: closed.map_err(OpenError::ReadModel)?,
            projections,
            reading,
            changes,
            closings,
            providers,
            doors,
            fetcher,
            pictures,
            sightings: Sightings::default(),
            spent: Spent::default(),
            at_doors: Semaphore::new(AT_DOORS_MAX),
            at_pictures: Arc::new(Semaphore::new(AT_PICTURES_MAX)),
        })))
    }
}

fn doors(
    providers: &[Provider],
    base_url: &str,
    fetcher: &Fetcher,
) -> Result<Vec<Door>, ProviderError> {
    provider::check_all(providers)?;
    let door = |provider: &Provider| {
        Door::new(provider, provider::back_url(base_url, provider)?, fetcher.clone())
    };
    providers.iter().map(door).collect()
}
