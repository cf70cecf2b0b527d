//! The tree of scopes: what is started in which order, and stopped in which.

use std::{fs, io::Write, time::Duration};

use anyhow::{Context, bail};
use chat::{Chat, Store};
use liveview::ServeConfig;
use tasks::{Clock, Scope};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use web::{House, Limits, Web};

use crate::{config::Config, secret};

/// How long pages may take to say farewell, and work to be finished.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Runs until the process is asked to stop.
///
/// # Errors
/// The address is taken, or the data folder cannot be used; the message says what to do.
pub async fn run(config: Config) -> anyhow::Result<()> {
    fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let secret = secret::read_or_make(&config.data)?;
    let root = Scope::root("teahouse");
    let store = chat::Config::new(Store::Folder(config.data.clone()));
    let chat = Chat::open(store, Clock::system(), &root.child("chat"))
        .await
        .with_context(|| format!("cannot use the data folder {}", config.data.display()))?;
    // Nobody is shown less than what was acknowledged before.
    chat.caught_up().await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another address with --listen", config.listen)
    })?;
    let address = listener.local_addr()?;
    let pages = root.child("pages");
    let serve = ServeConfig { connections_max: config.connections_max, ..ServeConfig::default() };
    let web_config = web::Config { secret, https: config.https, origins: config.origins, serve };
    let limits = Limits::usual(Clock::system());
    let web = Web::new(House { chat: chat.clone(), limits }, web_config, &pages);
    let answering = pages.spawn("listener", web.serve(listener, pages.clone()));
    // The one line on standard output: for people, and for whoever starts this in a script.
    writeln!(std::io::stdout(), "Teahouse is open at http://{address}")?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut stops = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = stops.recv() => {}
        _ = answering.join() => bail!("the listener ended by itself"),
    }
    stop(&root, &pages, &chat).await;
    Ok(())
}

/// Stop accepting and tell pages to reconnect; finish what was commanded; close the store.
async fn stop(root: &Scope, pages: &Scope, chat: &Chat) {
    tracing::info!("closing");
    if let Err(error) = pages.stop(STOP_WITHIN).await {
        tracing::warn!(%error, "pages were cut off");
    }
    chat.shutdown(STOP_WITHIN).await;
    if let Err(error) = root.stop(STOP_WITHIN).await {
        tracing::warn!(%error, "work was cut off");
    }
}
