//! Benchmarks of the whole server against the limit of what carries it.
//!
//! `cargo run --release -p bench -- room` opens one room with a thousand pages, measures what an
//! idle page costs and what a delivered message costs, and measures a bare broadcast of prepared
//! frames over the same WebSocket library in the same run. Every delivery is audited: a message
//! that is lost, doubled or out of order fails the run.
//!
//! `cargo run --release -p bench -- history` fills rooms through the chat's facade, and measures what
//! one more post costs there and how long somebody waits who opens the room, scrolls or searches.
//!
//! `cargo run --release -p bench -- pipeline` pushes jobs that are no work through a pipeline.
//!
//! `cargo run --release -p bench -- previews` has links previewed that lead to a web of sites on this
//! machine, beside a bare client that fetches the same.

mod audit;
mod bare_client;
mod client;
mod cpu;
mod crowd;
mod history;
mod jobs;
mod links;
mod plan;
mod process;
mod raw;
mod room;
mod sites;
mod starts;
mod web_server;

use std::time::Duration;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Memory per idle page and CPU per delivered message, one room, against a bare broadcast.
    Room(room::Options),
    /// What a post costs with much history and many absent members, and how long reading takes.
    History(history::Options),
    /// What a pipeline adds to each job, in memory and in the log.
    Pipeline(jobs::Options),
    /// Previews per second and CPU per preview, against a bare client.
    Previews(links::Options),
    /// The sites that previews are made of. Started by `previews`.
    #[command(hide = true)]
    WebServer(web_server::Options),
    /// The bare broadcast, as a server of its own. Started by `room`.
    #[command(hide = true)]
    RawServer,
}

fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // What a thread has used is known while it lives.
        .thread_keep_alive(Duration::from_secs(3_600))
        .build()?;
    match command {
        Command::Room(options) => runtime.block_on(room::run(options)),
        Command::History(options) => runtime.block_on(history::run(options)),
        Command::Pipeline(options) => runtime.block_on(jobs::run(options)),
        Command::Previews(options) => runtime.block_on(links::run(options)),
        Command::WebServer(options) => runtime.block_on(web_server::serve(options)),
        Command::RawServer => runtime.block_on(raw::serve()),
    }
}
