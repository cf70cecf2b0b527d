//! Benchmarks of the whole server against the limit of what carries it.
//!
//! `cargo run --release -p bench -- room` opens one room with a thousand pages, measures what an
//! idle page costs and what a delivered message costs, and measures a bare broadcast of prepared
//! frames over the same WebSocket library in the same run. Every delivery is audited: a message
//! that is lost, doubled or out of order fails the run.

mod audit;
mod client;
mod process;
mod raw;
mod room;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Memory per idle page and CPU per delivered message, one room, against a bare broadcast.
    Room(room::Options),
    /// The bare broadcast, as a server of its own. Started by `room`.
    #[command(hide = true)]
    RawServer,
}

fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Room(options) => runtime.block_on(room::run(options)),
        Command::RawServer => runtime.block_on(raw::serve()),
    }
}
