//! A thousand pages of one room: opened, idle, and then written and spoken in, while the server is
//! measured.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tasks::{Scope, TaskHandle};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::{
    audit::{Audit, Frames, Received},
    client::{self, PATIENCE, RoomPage, Socket, Voice},
    plan::{self, Deed, Pace, Step},
    process::{Server, Usage},
    starts::Starts,
};

/// Which server, and so what is sent to make it broadcast.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    Teahouse,
    Raw { frame_bytes: usize },
}

/// What one run of one server gave.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub idle_kib: f64,
    /// CPU of loading and joining one page, milliseconds.
    pub open_ms: f64,
    /// CPU of everything that happened while people wrote and posted, per delivered message.
    pub cpu_us: f64,
    /// The same, per frame of any kind.
    pub frame_cpu_us: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// What all pages received meanwhile.
    pub frames: Frames,
}

/// All pages of the room, open.
pub struct Crowd {
    pace: Pace,
    pages: Vec<Page>,
    starts: Arc<Starts>,
    idle_kib: f64,
    open_ms: f64,
    idle: Usage,
}

/// One page: where it is written to, and the task that reads from it.
struct Page {
    sender: SplitSink<Socket, Message>,
    /// `None`: of the bare broadcast, which hears nothing but messages.
    voice: Option<Voice>,
    posts: HashMap<u32, Message>,
    reader: TaskHandle<anyhow::Result<Reader>>,
}

/// The reading half of a page, and what came there.
struct Reader {
    socket: SplitStream<Socket>,
    received: Received,
    /// What came before anybody wrote.
    before: Frames,
}

/// When everything was said: the pages are still open, and the first one can be read on.
pub struct Quiet {
    first: Reader,
    starts: Arc<Starts>,
    _senders: Vec<SplitSink<Socket, Message>>,
    _others: Vec<Reader>,
}

impl Crowd {
    /// Opens `viewers` pages, each of somebody new, and waits until the server has nothing to do.
    pub async fn gather(
        server: &Server,
        subject: Subject,
        viewers: usize,
        pace: Pace,
        scope: &Scope,
    ) -> anyhow::Result<Self> {
        let slug = match subject {
            Subject::Teahouse => client::start_room(&server.address).await?,
            Subject::Raw { .. } => String::new(),
        };
        // The first tenth of the pages makes the process load what all of them share.
        let warm = viewers / 10;
        let mut before = server.usage()?;
        let starts = Arc::new(Starts::new(pace.messages));
        let mut pages = Vec::with_capacity(viewers);
        for number in 0..viewers {
            if number == warm {
                before = settled(server).await?;
            }
            let opened = Opened::open(&server.address, subject, &slug, pace.of(number)).await?;
            pages.push(opened.start(scope, starts.clone(), pace.messages));
        }
        if matches!(subject, Subject::Teahouse) {
            for page in &mut pages {
                // Browsers do this every 30 s, and whoever never does is taken for lost.
                page.sender.send(Message::text(r#"[null,"0","phoenix","heartbeat",{}]"#)).await?;
            }
        }
        let idle = settled(server).await?;
        let measured = (viewers - warm) as f64;
        let idle_kib = idle.resident_kib.saturating_sub(before.resident_kib) as f64 / measured;
        let open_ms = (idle.cpu_s - before.cpu_s) / measured * 1e3;
        Ok(Self { pace, pages, starts, idle_kib, open_ms, idle })
    }

    /// Lets the pages write and post, and waits until everyone has everything.
    pub async fn talk(mut self, server: &Server) -> anyhow::Result<(Figures, Quiet)> {
        self.act().await?;
        let (mut senders, mut readers) = (Vec::new(), Vec::new());
        for page in self.pages {
            senders.push(page.sender);
            readers.push(page.reader.join().await.context("a viewer panicked")??);
        }
        let spent_us = (server.usage()?.cpu_s - self.idle.cpu_s) * 1e6;
        let received: Vec<_> = readers.iter().map(|reader| &reader.received).collect();
        let audit = Audit::of(&received, self.pace.messages);
        ensure!(audit.is_clean(), "the audit failed: {audit:?}");
        let mut took: Vec<_> = received.iter().flat_map(|one| one.took.iter().copied()).collect();
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let frames = readers.iter().map(|reader| reader.received.frames.minus(reader.before));
        let frames = frames.fold(Frames::default(), Frames::plus);
        let figures = Figures {
            idle_kib: self.idle_kib,
            open_ms: self.open_ms,
            cpu_us: spent_us / audit.deliveries as f64,
            frame_cpu_us: spent_us / frames.total().frames as f64,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            frames,
        };
        Ok((figures, Quiet::of(senders, readers, self.starts)?))
    }

    async fn act(&mut self) -> anyhow::Result<()> {
        self.starts.begin();
        let begun = tokio::time::Instant::from_std(Instant::now());
        let mut said = 0;
        for Step { at_ms, page, deed } in self.pace.plan() {
            tokio::time::sleep_until(begun + Duration::from_millis(at_ms)).await;
            let page = &mut self.pages[page];
            let frame = match deed {
                Deed::Types => page.voice.as_ref().map(|voice| voice.typing_frame("99")),
                Deed::Reads => page.voice.as_ref().map(|voice| voice.read_frame("98", said)),
                Deed::Posts(message) => {
                    said = message + 1;
                    self.starts.start(message);
                    page.posts.remove(&message)
                }
            };
            if let Some(frame) = frame {
                page.sender.send(frame).await?;
            }
        }
        Ok(())
    }
}

impl Quiet {
    fn of(
        senders: Vec<SplitSink<Socket, Message>>,
        readers: Vec<Reader>,
        starts: Arc<Starts>,
    ) -> anyhow::Result<Self> {
        let mut readers = readers.into_iter();
        let first = readers.next().context("nobody looks")?;
        Ok(Self { first, starts, _senders: senders, _others: readers.collect() })
    }

    /// Reads on until the server goes, and says how many changes of shared views the first page saw
    /// in all its time.
    ///
    /// # Errors
    /// The server does not go.
    pub async fn changes(mut self) -> anyhow::Result<u64> {
        while let Some(Ok(message)) = next(&mut self.first.socket).await? {
            self.first.hear(message, &self.starts);
        }
        let Frames { feed, people, .. } = self.first.received.frames;
        Ok(feed.frames + people.frames)
    }
}

impl Reader {
    /// Reads until all messages came.
    async fn read(mut self, starts: Arc<Starts>, messages: u32) -> anyhow::Result<Self> {
        while self.received.messages() < messages as usize {
            let message = next(&mut self.socket).await?.context("closed")??;
            self.hear(message, &starts);
            if !starts.has_begun() {
                self.before = self.received.frames;
            }
        }
        Ok(self)
    }

    fn hear(&mut self, message: Message, starts: &Starts) {
        if let Message::Text(text) = message {
            self.received.frame(&text, |message| starts.took(message));
        }
    }
}

type Next = Option<Result<Message, tokio_tungstenite::tungstenite::Error>>;

async fn next(socket: &mut SplitStream<Socket>) -> anyhow::Result<Next> {
    tokio::time::timeout(PATIENCE, socket.next()).await.context("waiting for a delivery")
}

/// A page that nobody reads from yet.
struct Opened {
    socket: Socket,
    early: Vec<Utf8Bytes>,
    voice: Option<Voice>,
    posts: HashMap<u32, Message>,
}

impl Opened {
    /// Opens a page that is to post the messages with these numbers.
    async fn open(
        address: &str,
        subject: Subject,
        slug: &str,
        numbers: impl Iterator<Item = u32>,
    ) -> anyhow::Result<Self> {
        match subject {
            Subject::Teahouse => {
                let page = RoomPage::open(address, slug).await?;
                let post = |number: u32| {
                    let (reference, id) = (100 + number, format!("bench-{number:06}"));
                    page.voice.post_frame(&reference.to_string(), &id, &plan::marked(number))
                };
                let posts = numbers.map(|number| (number, post(number))).collect();
                let RoomPage { socket, early, voice } = page;
                Ok(Self { socket, early, voice: Some(voice), posts })
            }
            Subject::Raw { frame_bytes } => {
                let socket = client::open(address, "/", None).await?;
                let post = |number| Message::text(plan::padded(number, frame_bytes));
                let posts = numbers.map(|number| (number, post(number))).collect();
                Ok(Self { socket, early: Vec::new(), voice: None, posts })
            }
        }
    }

    fn start(self, scope: &Scope, starts: Arc<Starts>, messages: u32) -> Page {
        let (sender, socket) = self.socket.split();
        let mut reader =
            Reader { socket, received: Received::default(), before: Frames::default() };
        self.early.into_iter().for_each(|text| reader.hear(Message::Text(text), &starts));
        let reader = scope.spawn("viewer", reader.read(starts, messages));
        Page { sender, voice: self.voice, posts: self.posts, reader }
    }
}

/// Waits until the server has nothing to do, and what it uses is what idle pages use.
///
/// # Errors
/// It is gone.
pub async fn settled(server: &Server) -> anyhow::Result<Usage> {
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
