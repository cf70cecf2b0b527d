//! The tree of scopes: what is started in which order, and stopped in which.

use std::{fs, io::Write, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use chat::{Chat, Store};
use eventsourcing::{EventStore, ReadModelHome, SqliteConfig, SqliteStore};
use fetch::Fetcher;
use http::HeaderValue;
use identity::{Identity, Provider};
use liveview::ServeConfig;
use previews::Previews;
use tasks::{Clock, Scope};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use web::{House, Limits, Program, Web};

use crate::{
    config::Config,
    secret,
    settings_task::{Watched, watch_settings},
    sign_in,
};

/// How long pages may take to say farewell, and work to be finished.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// How long a fetch that is in hand may take then. A site may take ten seconds, and people wait for
/// the server to be back: what is not finished is fetched again after the next start.
const FETCHES_WITHIN: Duration = Duration::from_secs(1);
/// How many links are looked at together.
const FETCHES_MAX: usize = 32;

/// Runs until the process is asked to stop.
///
/// # Errors
/// The address is taken, or the data folder or a file cannot be used; the message says what to do.
pub async fn run(config: Config) -> anyhow::Result<()> {
    fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let secret = secret::read_or_make(&config.data)?;
    let root = Scope::root("teahouse");
    let settings = watch_settings(&config.data, &root)?;
    let limits = Limits::new(settings.limits.clone(), Clock::system());
    let program = Program {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("TEAHOUSE_COMMIT"),
        settings: settings.chat.clone(),
    };
    let contexts = Contexts::open(&config, settings, &root).await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another address with --listen", config.listen)
    })?;
    let address = listener.local_addr()?;
    let pages = root.child("pages");
    let Contexts { chat, identity, previews, .. } = contexts.clone();
    let web_config = web::Config {
        secret,
        https: config.https,
        origins: config.origins.iter().chain(&config.base_url).cloned().collect(),
        behind_proxy: config.behind_proxy,
        serve: ServeConfig { connections_max: config.connections_max, ..ServeConfig::default() },
    };
    let web = Web::new(House { chat, identity, previews, limits, program }, web_config, &pages);
    contexts.chat.doors_open();
    let answering = pages.spawn("listener", web.clone().serve(listener, pages.clone()));
    // The one line on standard output: for people, and for whoever starts this in a script.
    writeln!(std::io::stdout(), "Teahouse is open at http://{address}")?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut stops = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = stops.recv() => {}
        _ = answering.join() => bail!("the listener ended by itself"),
    }
    stop(&root, &pages, &contexts).await;
    let counts = web.endpoint().shared_counts();
    let (renders, encodes) = (counts.renders(), counts.encodes());
    tracing::info!(renders, encodes, "so often was rendered and encoded what many looked at");
    Ok(())
}

/// What stands on the one log, and the log.
#[derive(Clone)]
struct Contexts {
    log: Arc<dyn EventStore>,
    identity: Identity,
    chat: Chat,
    previews: Previews,
}

impl Contexts {
    /// Opens the log, and everything that is kept in it.
    async fn open(config: &Config, settings: Watched, root: &Scope) -> anyhow::Result<Self> {
        let folder = &config.data;
        let cannot = || format!("cannot use the data folder {}", folder.display());
        let store = SqliteStore::open(folder, SqliteConfig::default()).with_context(cannot)?;
        let log: Arc<dyn EventStore> = Arc::new(store);
        let providers = providers(config)?;
        let identity_config = identity::Config {
            log: log.clone(),
            read_models: ReadModelHome::Folder(folder.join("read-models").join("people")),
            avatars: Some(folder.join("avatars")),
            providers,
            base_url: base_url(config),
        };
        let (clock, people, rooms) = (Clock::system(), root.child("identity"), root.child("chat"));
        let identity = Identity::open(identity_config, clock.clone(), &people).await?;
        let read_models = ReadModelHome::Folder(folder.join("read-models"));
        let chat_config = chat::Config {
            settings: settings.chat,
            attendance_file: Some(folder.join("attendance.json")),
            links: Some(card_links),
            ..chat::Config::new(Store::Given { log: log.clone(), read_models })
        };
        let chat = Chat::open(chat_config, clock.clone(), &rooms).await.with_context(cannot)?;
        let links = previews_config(config, log.clone(), settings.previews);
        let previews = Previews::open(links, chat.clone(), clock, &root.child("previews"))
            .await
            .with_context(cannot)?;
        // Nobody is shown less than what was acknowledged before, and no closed session counts.
        identity.caught_up().await?;
        chat.caught_up().await?;
        Ok(Self { log, identity, chat, previews })
    }
}

/// The links in a text that may have cards, by the names that their cards go by.
fn card_links(body: &str) -> Vec<String> {
    let links = previews::links(body, chat::CARDS_MAX);
    links.iter().map(|link| link.as_str().to_owned()).collect()
}

/// How links are looked at.
fn previews_config(
    config: &Config,
    log: Arc<dyn EventStore>,
    settings: watch::Receiver<previews::Settings>,
) -> previews::Config {
    let user_agent = HeaderValue::from_static(concat!("Teahouse/", env!("CARGO_PKG_VERSION")));
    let listen = format!("http://{}", config.listen);
    previews::Config {
        log,
        folder: Some(config.data.join("previews")),
        fetcher: Fetcher::new(fetch::Config { user_agent, ..fetch::Config::default() }),
        settings,
        origins: config.origins.iter().chain(&config.base_url).cloned().chain([listen]).collect(),
        concurrency: FETCHES_MAX,
    }
}

/// The ways to sign in that are configured.
fn providers(config: &Config) -> anyhow::Result<Vec<Provider>> {
    let Some(path) = &config.config else { return Ok(Vec::new()) };
    let providers = sign_in::read(path, |name| std::env::var(name).ok())?;
    if !providers.is_empty() && config.base_url.is_none() && !config.listen.ip().is_loopback() {
        bail!("providers of sign-in send people back here: say where that is with --base-url");
    }
    Ok(providers)
}

fn base_url(config: &Config) -> String {
    config.base_url.clone().unwrap_or_else(|| format!("http://{}", config.listen))
}

/// Keep who is here; stop accepting and tell pages to reconnect; finish the fetches in hand, and what
/// was commanded; close the log.
async fn stop(root: &Scope, pages: &Scope, contexts: &Contexts) {
    tracing::info!("closing");
    contexts.chat.doors_close().await;
    if let Err(error) = pages.stop(STOP_WITHIN).await {
        tracing::warn!(%error, "pages were cut off");
    }
    contexts.previews.shutdown(FETCHES_WITHIN).await;
    contexts.chat.shutdown(STOP_WITHIN).await;
    contexts.identity.shutdown(STOP_WITHIN).await;
    if let Err(error) = root.stop(STOP_WITHIN).await {
        tracing::warn!(%error, "work was cut off");
    }
    if let Err(error) = contexts.log.close().await {
        tracing::error!(%error, "the log was not closed");
    }
}
