//! What a pipeline adds to the work of a job, for jobs that are kept in memory and for jobs that are
//! kept in the log; and what the log alone costs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use eventsourcing::{
    Append, CommandId, Decided, EventStore, NewEvent, SqliteConfig, SqliteStore, StreamId,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{
    Attempt, Backoff, Config, Drained, Job, JobId, Keep, LaneLimits, Pipeline, Processor, Queue,
    QueueConfig, WorkError,
};
use serde::{Deserialize, Serialize};
use tasks::{Clock, Scope};
use tokio::sync::Semaphore;

use crate::cpu;

/// Lanes that jobs share: hosts, as it were.
const LANES: usize = 64;
/// Jobs that are pushed and not done, at most.
const WAITING_MAX: usize = 1_000;

#[derive(clap::Args)]
pub struct Options {
    /// Jobs that are kept in memory.
    #[arg(long, default_value_t = 200_000)]
    jobs: usize,
    /// Jobs that are kept in the log.
    #[arg(long, default_value_t = 20_000)]
    kept: usize,
    /// Jobs that are worked on at a time, and pushed at a time.
    #[arg(long, default_value_t = 32)]
    concurrency: usize,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// What one run gave, of one kind.
#[derive(Clone, Copy, Debug)]
struct Figures {
    cpu_us: f64,
    per_second: f64,
}

/// A link to be fetched, as large as such jobs are.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Errand {
    lane: String,
    link: String,
}

impl Errand {
    fn number(number: usize) -> Self {
        let lane = format!("site-{}.example", number % LANES);
        let link = format!("https://{lane}/articles/2026/11/21/an-article-with-number-{number}");
        Self { lane, link }
    }
}

impl Job for Errand {
    fn lane(&self) -> String {
        self.lane.clone()
    }
}

/// Does nothing, and makes room for the next push.
struct NoWork(Arc<Semaphore>);

impl Processor for NoWork {
    type Job = Errand;
    type Output = ();

    async fn process(&self, _: Attempt<Errand>) -> Result<(), WorkError> {
        self.0.add_permits(1);
        Ok(())
    }
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for number in 1..=options.runs {
        let in_memory = measure(Keep::Memory, options.jobs, &options).await?;
        let folder = tempfile::tempdir()?;
        let log: Arc<dyn EventStore> =
            Arc::new(SqliteStore::open(folder.path(), SqliteConfig::default())?);
        let in_log = measure(Keep::Log(log.clone()), options.kept, &options).await?;
        let bare = measure_store(&log, &options).await?;
        log.close().await?;
        println!("run {number}: {in_memory:?}\n       {in_log:?}\n       {bare:?}");
        runs.push([in_memory, in_log, bare]);
    }
    report(&options, &runs);
    Ok(())
}

/// Pushes `jobs` jobs, and waits until all are done and settled.
async fn measure(keep: Keep, jobs: usize, options: &Options) -> anyhow::Result<Figures> {
    let scope = Scope::root("pipeline");
    let config = QueueConfig {
        name: "benchmark",
        keep,
        // What is done but not settled yet still counts.
        jobs_max: WAITING_MAX * 2,
        dead_max: 1,
        lanes: LaneLimits { concurrency: options.concurrency, rate: None },
        clock: Clock::system(),
    };
    let queue = Queue::open(config, &scope).await?;
    let room = Arc::new(Semaphore::new(WAITING_MAX));
    let pipeline =
        Pipeline::start(NoWork(room.clone()), Arc::new(queue.clone()), works(options), &scope);
    let (before, started) = (cpu::spent()?, Instant::now());
    let pushes = stream::iter(0..jobs).map(|number| push(&queue, &room, number));
    pushes.buffer_unordered(options.concurrency).try_collect::<()>().await?;
    // Every place is free again when everything is done.
    room.acquire_many(WAITING_MAX as u32).await?.forget();
    let drained = pipeline.drain(Duration::from_secs(30)).await;
    let figures = Figures::of(jobs, before, started)?;
    ensure!(drained == Drained { cut_off: 0 }, "{drained:?}");
    ensure!(queue.jobs().is_empty() && queue.dead_letters().is_empty(), "jobs are left");
    scope.stop(Duration::from_secs(10)).await?;
    Ok(figures)
}

fn works(options: &Options) -> Config {
    Config {
        concurrency: options.concurrency,
        attempts_max: 1,
        backoff: Backoff {
            least: Duration::from_secs(1),
            first: Duration::from_secs(1),
            longest: Duration::from_secs(1),
        },
        attempt_within: Duration::from_secs(10),
        telemetry: None,
    }
}

async fn push(queue: &Queue<Errand>, room: &Semaphore, number: usize) -> anyhow::Result<()> {
    room.acquire().await?.forget();
    queue.push(JobId::new(&format!("errand-{number}"))?, Errand::number(number)).await?;
    Ok(())
}

/// As many senders append as many events of the same size, one after the other: two for each job,
/// that it is to be done and that it was.
async fn measure_store(log: &Arc<dyn EventStore>, options: &Options) -> anyhow::Result<Figures> {
    let each = options.kept / options.concurrency;
    let (before, started) = (cpu::spent()?, Instant::now());
    let senders = stream::iter(0..options.concurrency).map(|sender| append(log, sender, each));
    senders.buffer_unordered(options.concurrency).try_collect::<()>().await?;
    Figures::of(each * options.concurrency, before, started)
}

async fn append(log: &Arc<dyn EventStore>, sender: usize, jobs: usize) -> anyhow::Result<()> {
    let stream = StreamId::new("bare", &format!("sender-{sender}"));
    for number in 0..jobs * 2 {
        let payload = match number % 2 {
            0 => serde_json::to_string(&Errand::number(number))?,
            _ => format!("{{\"id\":\"errand-{number}\"}}"),
        };
        let event = NewEvent { name: "Errand".to_owned(), schema: 1, payload };
        let decided = Decided { command: CommandId::random(), events: vec![event] };
        let (stream, expected) = (stream.clone(), number as u64);
        let append = Append { stream, expected, recorded_ms: 0, commands: vec![decided] };
        log.append(append).await.context("the log takes nothing")?;
    }
    Ok(())
}

impl Figures {
    fn of(jobs: usize, before: Duration, started: Instant) -> anyhow::Result<Self> {
        let took = started.elapsed();
        let spent = cpu::spent()?.saturating_sub(before);
        let cpu_us = spent.as_secs_f64() * 1e6 / jobs as f64;
        Ok(Self { cpu_us, per_second: jobs as f64 / took.as_secs_f64() })
    }
}

fn report(options: &Options, runs: &[[Figures; 3]]) {
    let Options { jobs, kept, concurrency, .. } = options;
    println!(
        "\n{jobs} jobs in memory, {kept} in the log, {concurrency} pushed and worked on at a time, \
         medians of {} runs",
        runs.len()
    );
    println!("| | in memory | in the log (fsync) | the log alone: two appends per job |");
    println!("|---|---|---|---|");
    type Pick = fn(&Figures) -> f64;
    let rows: [(&str, Pick); 2] = [
        ("CPU per job, pushed to settled, µs", |figures| figures.cpu_us),
        ("jobs per second", |figures| figures.per_second),
    ];
    for (name, pick) in rows {
        let of = |kind: usize| cpu::median(runs.iter().map(|run| pick(&run[kind])));
        println!("| {name} | {:.1} | {:.1} | {:.1} |", of(0), of(1), of(2));
    }
}
