//! Previews of links, through the whole of what a link passes, beside a bare client that fetches the
//! same bytes from the same sites.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use chat::{Chat, Store};
use eventsourcing::{EventStore, ReadModelHome, SqliteConfig, SqliteStore};
use fetch::{Fetcher, Opening, Resolve, Resolved};
use previews::{Link, Picture, Preview, Previews, Settings, Status};
use pubsub::Received;
use tasks::{Clock, Scope};
use tokio::sync::watch;

use crate::{bare_client::BareClient, cpu, process::Server, sites};

/// How long all previews of one round may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(clap::Args)]
pub struct Options {
    /// Links that are fetched in each run, each of them another page.
    #[arg(long, default_value_t = 1_000)]
    links: u64,
    /// Sites that they are on, in turn.
    #[arg(long, default_value_t = 256)]
    sites: u64,
    /// Fetches at a time.
    #[arg(long, default_value_t = 32)]
    concurrency: usize,
    /// What an answer of a site takes at least, milliseconds.
    #[arg(long, default_value_t = 100)]
    least_ms: u64,
    /// What it takes at most.
    #[arg(long, default_value_t = 400)]
    most_ms: u64,
    /// Times that every preview is asked for again, when it is there.
    #[arg(long, default_value_t = 20)]
    again: u64,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// What one run gave: of previews, or of the bare client.
#[derive(Clone, Copy, Debug)]
struct Figures {
    per_second: f64,
    cpu_ms: f64,
}

/// What one run gave.
struct Run {
    ours: Figures,
    bare: Figures,
    /// CPU of asking for a preview that is there, microseconds.
    again_us: f64,
    /// CPU of making our picture from theirs, milliseconds.
    picture_ms: f64,
}

/// Every host is this machine.
struct ThisMachine;

impl Resolve for ThisMachine {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolved<'a> {
        Box::pin(async { Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()]) })
    }
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let bench = std::env::current_exe()?;
    let (least, most) = (options.least_ms.to_string(), options.most_ms.to_string());
    let arguments = ["web-server", "--least-ms", &least, "--most-ms", &most];
    let mut runs = Vec::new();
    for number in 1..=options.runs {
        let web = Server::start(&bench, &arguments).await?;
        let address: SocketAddr = web.address.parse()?;
        let bare = measure_bare(address, &options).await.context("the bare client")?;
        let (ours, again_us) = measure_previews(address, &options).await.context("previews")?;
        let picture_ms = measure_pictures()?;
        println!(
            "run {number}: {ours:?}, {again_us:.1} µs again, {picture_ms:.2} ms of it the picture\n       \
             {bare:?}"
        );
        runs.push(Run { ours, bare, again_us, picture_ms });
    }
    report(&options, &runs);
    Ok(())
}

async fn measure_bare(address: SocketAddr, options: &Options) -> anyhow::Result<Figures> {
    let client = BareClient::new(address);
    let sites = options.sites;
    measure(options, options.concurrency, move |number| {
        let client = client.clone();
        async move {
            let page = sites::page_address(number, sites, address.port());
            let picture = sites::picture_address(number, sites, address.port());
            client.fetch(&page, &picture).await
        }
    })
    .await
}

/// The figures, and the cost of asking again.
async fn measure_previews(
    address: SocketAddr,
    options: &Options,
) -> anyhow::Result<(Figures, f64)> {
    let (data, scope) = (tempfile::tempdir()?, Scope::root("previews"));
    let store = SqliteStore::open(data.path(), SqliteConfig::default())?;
    let log: Arc<dyn EventStore> = Arc::new(store);
    let (_settings, previews) = open(data.path(), &log, address, options, &scope).await?;
    let (sites, port) = (options.sites, address.port());
    let asker = previews.clone();
    // More are asked for than are fetched at a time, so that there is always a next one.
    let figures = measure(options, options.concurrency * 2, move |number| {
        let previews = asker.clone();
        async move {
            let link = Link::parse(&sites::page_address(number, sites, port))?;
            let preview = fetched(&previews, &link).await?;
            check(&previews, number, &preview).await
        }
    })
    .await?;
    let again_us = ask_again(&previews, port, options).await?;
    previews.shutdown(Duration::from_secs(10)).await;
    scope.stop(Duration::from_secs(10)).await?;
    log.close().await?;
    Ok((figures, again_us))
}

/// Previews as the server has them, which may reach the sites here and nothing else.
async fn open(
    folder: &Path,
    log: &Arc<dyn EventStore>,
    sites: SocketAddr,
    options: &Options,
    scope: &Scope,
) -> anyhow::Result<(watch::Sender<Settings>, Previews)> {
    let read_models = ReadModelHome::Folder(folder.join("read-models"));
    let chat = chat::Config::new(Store::Given { log: log.clone(), read_models });
    let chat = Chat::open(chat, Clock::system(), scope).await?;
    let opening = Opening { address: sites.ip(), port: Some(sites.port()) };
    let settings = Settings { allow: vec![opening], ..Settings::default() };
    let (sender, settings) = watch::channel(settings);
    let fetcher =
        Fetcher::new(fetch::Config { resolver: Arc::new(ThisMachine), ..fetch::Config::default() });
    let config = previews::Config {
        log: log.clone(),
        folder: Some(folder.join("previews")),
        fetcher,
        settings,
        origins: Vec::new(),
        concurrency: options.concurrency,
    };
    Ok((sender, Previews::open(config, chat, Clock::system(), scope).await?))
}

/// Asks, and waits for what comes of it.
async fn fetched(previews: &Previews, link: &Link) -> anyhow::Result<Preview> {
    let mut changes = previews.subscribe(link);
    let mut preview = previews.ask(link).await?;
    while preview.status == Status::Pending {
        preview = match changes.recv().await {
            Received::Hint(preview) => preview,
            Received::Lagged => previews.ask(link).await?,
        };
    }
    Ok(preview)
}

/// A figure without its audit does not count.
async fn check(previews: &Previews, number: u64, preview: &Preview) -> anyhow::Result<()> {
    let Some(page) = preview.page.as_ref().filter(|_| preview.status == Status::Processed) else {
        bail!("{preview:?}");
    };
    ensure!(page.title.as_deref() == Some(&sites::title(number)), "{page:?}");
    let image = page.image.as_ref().context("a preview without its picture")?;
    ensure!(previews.page_picture(&image.id).await?.is_some(), "the picture is not kept");
    Ok(())
}

/// CPU of asking for what is there, in microseconds.
async fn ask_again(previews: &Previews, port: u16, options: &Options) -> anyhow::Result<f64> {
    let links = (0..options.links).map(|number| {
        Link::parse(&sites::page_address(number, options.sites, port)).map_err(Into::into)
    });
    let links = links.collect::<anyhow::Result<Vec<_>>>()?;
    let before = cpu::spent()?;
    for _ in 0..options.again {
        for link in &links {
            let preview = previews.ask(link).await?;
            ensure!(preview.status == Status::Processed, "{preview:?}");
        }
    }
    let spent = cpu::spent()?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e6 / (options.again * options.links) as f64)
}

/// What decoding, shrinking and encoding one picture costs, on average.
fn measure_pictures() -> anyhow::Result<f64> {
    let (pictures, times) = (sites::Pictures::new()?, 64);
    let before = cpu::spent()?;
    for number in 0..times {
        Picture::read(&pictures.of(number))?;
    }
    let spent = cpu::spent()?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e3 / times as f64)
}

/// Does `work` for every link, so many at a time, each on a task.
async fn measure<F>(
    options: &Options,
    together: usize,
    work: impl Fn(u64) -> F + Clone + Send + 'static,
) -> anyhow::Result<Figures>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let scope = Scope::root("askers");
    let (next, links) = (Arc::new(AtomicU64::new(0)), options.links);
    let (before, started) = (cpu::spent()?, Instant::now());
    let workers: Vec<_> = (0..together)
        .map(|_| {
            let (next, work) = (next.clone(), work.clone());
            scope.spawn("asker", async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= links {
                        return anyhow::Ok(());
                    }
                    work(number).await.with_context(|| format!("link {number}"))?;
                }
            })
        })
        .collect();
    for worker in workers {
        let done = tokio::time::timeout(PATIENCE, worker.join()).await?;
        done.context("an asker panicked")??;
    }
    let took = started.elapsed().as_secs_f64();
    let spent = cpu::spent()?.saturating_sub(before);
    let (per_second, cpu_ms) = (links as f64 / took, spent.as_secs_f64() * 1e3 / links as f64);
    Ok(Figures { per_second, cpu_ms })
}

fn report(options: &Options, runs: &[Run]) {
    let Options { links, sites, concurrency, least_ms, most_ms, .. } = options;
    println!(
        "\n{links} links on {sites} sites that answer within {least_ms} to {most_ms} ms, each a page \
         and its picture, {concurrency} at a time, medians of {} runs",
        runs.len()
    );
    println!("| | previews | bare client | ratio |");
    println!("|---|---|---|---|");
    type Pick = fn(&Figures) -> f64;
    let rows: [(&str, Pick); 2] = [
        ("links per second", |figures| figures.per_second),
        ("CPU per link, ms", |figures| figures.cpu_ms),
    ];
    for (name, pick) in rows {
        let ours = cpu::median(runs.iter().map(|run| pick(&run.ours)));
        let bare = cpu::median(runs.iter().map(|run| pick(&run.bare)));
        println!("| {name} | {ours:.2} | {bare:.2} | {:.2} |", ours / bare);
    }
    let picture = cpu::median(runs.iter().map(|run| run.picture_ms));
    println!("| of it to decode, shrink and encode the picture, ms | {picture:.2} | | |");
    let again = cpu::median(runs.iter().map(|run| run.again_us));
    println!("| CPU of asking for a preview that is there, µs | {again:.1} | | |");
}
