//! The Teahouse server: reads its configuration, opens the data folder, answers browsers until it
//! is asked to stop.
//!
//! Not here: anything a room or a page does.

mod config;
mod secret;
mod settings;
mod settings_task;
mod sign_in;
mod wiring;

use clap::Parser;

fn main() -> anyhow::Result<()> {
    let config = config::Config::parse();
    start_log();
    // A browser is a file descriptor; the usual soft limit of 1,024 is not many.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit on open files could not be raised");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(wiring::run(config))
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TEAHOUSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal);
    log.with_writer(std::io::stderr).init();
}
