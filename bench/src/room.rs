//! One room, a thousand pages: what an idle page costs, and what a delivered message costs.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tasks::{Scope, TaskHandle};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    audit::{Audit, Received},
    client::{self, PATIENCE, RoomPage, Socket},
    process::{Server, Usage},
};

#[derive(clap::Args)]
pub struct Options {
    /// Pages in the room.
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Messages that are posted.
    #[arg(long, default_value_t = 400)]
    messages: u32,
    /// Messages posted per second.
    #[arg(long, default_value_t = 40)]
    rate: u32,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The server; built by `cargo build --release` if not said.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What one run of one server gave.
#[derive(Clone, Copy, Debug)]
struct Figures {
    idle_kib: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    frame_bytes: usize,
}

/// Which server, and so what is sent to make it broadcast.
enum Subject {
    Teahouse,
    Raw { frame_bytes: usize },
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
        let data = tempfile::tempdir()?;
        let folder = data.path().to_str().context("a printable path")?;
        let arguments = ["--listen", "127.0.0.1:0", "--data", folder];
        let teahouse = Server::start(&server, &arguments).await?;
        let ours = measure(&teahouse, &Subject::Teahouse, &options).await.context("Teahouse")?;
        drop(teahouse);
        let raw = Server::start(&bench, &["raw-server"]).await?;
        let subject = Subject::Raw { frame_bytes: ours.frame_bytes };
        let limit = measure(&raw, &subject, &options).await.context("the bare broadcast")?;
        println!("run {number}: {ours:?}\n       {limit:?}");
        runs.push((ours, limit));
    }
    report(&options, &runs);
    Ok(())
}

/// A viewer's task: what it received, and how long each delivery took.
type Viewer = TaskHandle<anyhow::Result<(Received, Vec<Duration>, usize)>>;

async fn measure(server: &Server, subject: &Subject, options: &Options) -> anyhow::Result<Figures> {
    let scope = Scope::root("viewers");
    // The first tenth of the pages makes the process load what all of them share.
    let warm = options.viewers / 10;
    let mut before = server.usage()?;
    let slug = match subject {
        Subject::Teahouse => client::start_room(&server.address).await?,
        Subject::Raw { .. } => String::new(),
    };
    let started = Arc::new(Starts::new(options.messages));
    let mut senders: Vec<(SplitSink<Socket, Message>, Post)> = Vec::new();
    let mut viewers: Vec<Viewer> = Vec::new();
    for number in 0..options.viewers {
        if number == warm {
            before = settled(server).await?;
        }
        let (socket, post) = match subject {
            Subject::Teahouse => {
                let page = RoomPage::open(&server.address, &slug).await?;
                let frames: Vec<_> = (0..options.messages)
                    .filter(|message| *message as usize % options.viewers == number)
                    .map(|message| {
                        page.post_frame(
                            &(100 + message).to_string(),
                            &format!("bench-{number}-{message}"),
                            &marked(message),
                        )
                    })
                    .collect();
                (page.socket, Post(frames))
            }
            Subject::Raw { frame_bytes } => {
                let socket = client::open(&server.address, "/", None).await?;
                let frames = (0..options.messages)
                    .filter(|message| *message as usize % options.viewers == number)
                    .map(|message| Message::text(padded(message, *frame_bytes)))
                    .collect();
                (socket, Post(frames))
            }
        };
        let (sender, receiver) = socket.split();
        senders.push((sender, post));
        viewers.push(scope.spawn("viewer", receive(receiver, started.clone(), options.messages)));
    }
    let idle = settled(server).await?;
    let idle_kib =
        idle.resident_kib.saturating_sub(before.resident_kib) as f64 / options.viewers as f64;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / options.rate);
    senders.iter_mut().for_each(|(_, post)| post.0.reverse());
    for message in 0..options.messages {
        ticks.tick().await;
        let (sender, post) = &mut senders[message as usize % options.viewers];
        let frame = post.0.pop().context("a frame per message")?;
        started.start(message);
        sender.send(frame).await?;
    }
    let mut received = Vec::new();
    let mut latencies = Vec::new();
    let mut frame_bytes = 0;
    for viewer in viewers {
        let (seen, took, bytes) = viewer.join().await.context("a viewer panicked")??;
        received.push(seen);
        latencies.extend(took);
        frame_bytes = bytes;
    }
    let after = server.usage()?;
    let audit = Audit::of(&received, options.messages);
    ensure!(audit.is_clean(), "the audit failed: {audit:?}");
    latencies.sort_unstable();
    let at =
        |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    Ok(Figures {
        idle_kib,
        cpu_us: (after.cpu_s - idle.cpu_s) / audit.deliveries as f64 * 1e6,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        frame_bytes,
    })
}

/// The frames that one viewer posts, the first one last.
struct Post(Vec<Message>);

/// When each message was posted.
struct Starts {
    origin: Instant,
    posted_us: Vec<AtomicU64>,
}

impl Starts {
    fn new(messages: u32) -> Self {
        let posted_us = (0..messages).map(|_| AtomicU64::new(0)).collect();
        Self { origin: Instant::now(), posted_us }
    }

    fn start(&self, message: u32) {
        let now_us = self.origin.elapsed().as_micros() as u64;
        self.posted_us[message as usize].store(now_us, Ordering::Relaxed);
    }

    fn took(&self, message: u32) -> Duration {
        let posted =
            Duration::from_micros(self.posted_us[message as usize].load(Ordering::Relaxed));
        self.origin.elapsed().saturating_sub(posted)
    }
}

async fn receive(
    mut socket: SplitStream<Socket>,
    starts: Arc<Starts>,
    messages: u32,
) -> anyhow::Result<(Received, Vec<Duration>, usize)> {
    let mut received = Received::default();
    let mut took = Vec::with_capacity(messages as usize);
    let mut bytes = 0;
    while received.count() < messages as usize {
        let next = tokio::time::timeout(PATIENCE, socket.next()).await;
        let Message::Text(text) = next.context("waiting for a delivery")?.context("closed")??
        else {
            continue;
        };
        let Some(message) = number(&text) else { continue };
        took.push(starts.took(message));
        received.add(message);
        bytes = text.len();
    }
    Ok((received, took, bytes))
}

/// Waits until the server has nothing to do, and what it uses is what idle pages use.
async fn settled(server: &Server) -> anyhow::Result<Usage> {
    let mut last = server.usage()?;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = server.usage()?;
        if now.cpu_s - last.cpu_s < 0.015 {
            return Ok(now);
        }
        last = now;
    }
}

fn marked(message: u32) -> String {
    format!("benchmark-{message:06}-of-a-usual-length-for-a-message")
}

fn padded(message: u32, bytes: usize) -> String {
    format!("{:<bytes$}", marked(message))
}

fn number(frame: &str) -> Option<u32> {
    let (_, rest) = frame.split_once("benchmark-")?;
    rest.get(..6)?.parse().ok()
}

fn report(options: &Options, runs: &[(Figures, Figures)]) {
    let median = |pick: &dyn Fn(&(Figures, Figures)) -> f64| {
        let mut values: Vec<_> = runs.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratio = |a: f64, b: f64| format!("{:.2}", a / b);
    println!();
    println!(
        "1 room x {} pages, {} messages at {}/s, frame {} bytes, medians of {} runs",
        options.viewers,
        options.messages,
        options.rate,
        runs[0].0.frame_bytes,
        runs.len()
    );
    println!("| | Teahouse | bare broadcast | ratio |");
    println!("|---|---|---|---|");
    type Pick = fn(&Figures) -> f64;
    let rows: [(&str, Pick); 4] = [
        ("resident memory per idle page, KiB", |figures| figures.idle_kib),
        ("CPU per delivered message, µs", |figures| figures.cpu_us),
        ("delivery p50, ms", |figures| figures.p50_ms),
        ("delivery p99, ms", |figures| figures.p99_ms),
    ];
    for (name, pick) in rows {
        let (ours, raw) = (median(&|run| pick(&run.0)), median(&|run| pick(&run.1)));
        println!("| {name} | {ours:.1} | {raw:.1} | {} |", ratio(ours, raw));
    }
    println!(
        "{} deliveries audited: none lost, doubled or out of order",
        u64::from(options.messages) * options.viewers as u64 * runs.len() as u64 * 2
    );
}
