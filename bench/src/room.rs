//! One room, a thousand pages: what an idle page costs, and what a delivered message costs while
//! people write; and how often what all of them see was rendered.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tasks::Scope;

use crate::{
    cpu,
    crowd::{Crowd, Figures, Subject, settled},
    plan::Pace,
    process::Server,
};

#[derive(clap::Args)]
pub struct Options {
    /// Pages in the room, each of a person of their own.
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Pages that write and post, in turn; as many as the list of people shows.
    #[arg(long, default_value_t = 200)]
    writers: usize,
    /// Messages that are posted.
    #[arg(long, default_value_t = 400)]
    messages: u32,
    /// Messages posted per second.
    #[arg(long, default_value_t = 40)]
    rate: u32,
    /// Every page also tells every two seconds how far it has read, as if all of them were looked at.
    #[arg(long)]
    reading: bool,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The server; built by `cargo build --release` if not said.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What one run gave.
struct Run {
    ours: Figures,
    limit: Figures,
    /// How often shared views were rendered and encoded, and how many changes of them the first page
    /// saw.
    rendered: Rendered,
}

#[derive(Clone, Copy, Debug)]
struct Rendered {
    changes: u64,
    renders: u64,
    encodes: u64,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let bench = std::env::current_exe()?;
    let server = match &options.server {
        Some(path) => path.clone(),
        None => bench.with_file_name("teahouse"),
    };
    ensure!(server.exists(), "build the server first: cargo build --release");
    let mut runs = Vec::new();
    for number in 1..=options.runs {
        let (ours, rendered) = measure_teahouse(&server, &options).await.context("Teahouse")?;
        let limit = measure_raw(&bench, ours.frames.feed.mean_bytes(), &options).await;
        let limit = limit.context("the bare broadcast")?;
        println!("run {number}: {ours:?}\n       {rendered:?}\n       {limit:?}");
        runs.push(Run { ours, limit, rendered });
    }
    report(&options, &runs);
    Ok(())
}

impl Options {
    fn pace(&self) -> Pace {
        let Self { messages, rate, writers, viewers, reading, .. } = *self;
        let readers = if reading { viewers } else { 0 };
        Pace { messages, rate, writers: writers.min(viewers), readers }
    }
}

async fn measure_teahouse(
    program: &Path,
    options: &Options,
) -> anyhow::Result<(Figures, Rendered)> {
    let data = tempfile::tempdir()?;
    let folder = data.path().to_str().context("a printable path")?;
    let server = Server::start(program, &["--listen", "127.0.0.1:0", "--data", folder]).await?;
    let (scope, viewers) = (Scope::root("viewers"), options.viewers);
    let crowd = Crowd::gather(&server, Subject::Teahouse, viewers, options.pace(), &scope).await?;
    let (figures, quiet) = crowd.talk(&server).await?;
    // What is still typed ends within its three seconds, and the first page sees it.
    settled(&server).await?;
    let (log, changes) = tokio::try_join!(server.stop(), quiet.changes())?;
    let renders =
        field(&log, " renders=").context("the log does not say how often was rendered")?;
    let encodes = field(&log, " encodes=").context("the log does not say how often was encoded")?;
    Ok((figures, Rendered { changes, renders, encodes }))
}

async fn measure_raw(
    bench: &Path,
    frame_bytes: usize,
    options: &Options,
) -> anyhow::Result<Figures> {
    let server = Server::start(bench, &["raw-server"]).await?;
    let (scope, subject) = (Scope::root("viewers"), Subject::Raw { frame_bytes });
    let crowd = Crowd::gather(&server, subject, options.viewers, options.pace(), &scope).await?;
    Ok(crowd.talk(&server).await?.0)
}

/// The number after `name` in the log.
fn field(log: &str, name: &str) -> Option<u64> {
    let (_, rest) = log.rsplit_once(name)?;
    rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

fn report(options: &Options, runs: &[Run]) {
    let Options { viewers, messages, rate, reading, .. } = options;
    let besides = if *reading { ", everyone tells how far they have read" } else { "" };
    let frame_bytes = runs[0].ours.frames.feed.mean_bytes();
    println!(
        "\n1 room x {viewers} pages, {messages} messages at {rate}/s, each typed for 2 s{besides}, frame \
         {frame_bytes} bytes, medians of {} runs",
        runs.len()
    );
    println!("| | Teahouse | bare broadcast | ratio |");
    println!("|---|---|---|---|");
    type Pick = fn(&Figures) -> f64;
    let rows: [(&str, Pick); 7] = [
        ("resident memory per idle page, KiB", |figures| figures.idle_kib),
        ("CPU per page that is loaded and joined, ms", |figures| figures.open_ms),
        ("CPU per delivered message, µs", |figures| figures.cpu_us),
        ("CPU per frame of any kind, µs", |figures| figures.frame_cpu_us),
        ("frames of any kind per delivered message", |figures| {
            figures.frames.total().frames as f64 / figures.frames.feed.frames as f64
        }),
        ("delivery p50, ms", |figures| figures.p50_ms),
        ("delivery p99, ms", |figures| figures.p99_ms),
    ];
    for (name, pick) in rows {
        let ours = cpu::median(runs.iter().map(|run| pick(&run.ours)));
        let raw = cpu::median(runs.iter().map(|run| pick(&run.limit)));
        println!("| {name} | {ours:.2} | {raw:.2} | {:.2} |", ours / raw);
    }
    let people = runs[0].ours.frames.people;
    let audited = u64::from(*messages) * *viewers as u64 * runs.len() as u64 * 2;
    println!("{audited} deliveries audited: none lost, doubled or out of order");
    println!(
        "besides, in the first run: {} frames of the list of people, {} bytes each",
        people.frames,
        people.mean_bytes()
    );
    for Run { rendered: Rendered { changes, renders, encodes }, .. } in runs {
        let per_change = |count: u64| count as f64 / *changes as f64;
        println!(
            "{changes} changes seen by all: {renders} renders ({:.3} each), {encodes} encodes ({:.3} each)",
            per_change(*renders),
            per_change(*encodes)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_the_log() {
        let log = "INFO shared views were closed renders=12 encodes=11\nINFO closed\n";
        assert_eq!((field(log, " renders="), field(log, " encodes=")), (Some(12), Some(11)));
        assert_eq!(field(log, " frames="), None);
    }
}
