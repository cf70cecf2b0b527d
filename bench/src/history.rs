//! One room through the facade, with a durable log: what a post costs when much was said before and
//! many members are absent, and how long somebody waits who opens the room, scrolls or searches.
//!
//! History and members differ by the same factor between rooms, and keep differing by it at every
//! post that is measured: for each message that is added to the smaller room, the larger one gets
//! that many.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::ensure;
use chat::{Chat, Config, MessageId, NewRoom, RoomSummary, Search, Store, Visibility};
use futures_util::future::try_join_all;
use identity::{Guest, GuestSession};
use tasks::{Clock, Scope};

use crate::cpu;

/// Posts on their way at a time while the room is filled.
const TOGETHER: usize = 64;
/// Posts of one person among those: fewer than the rules about haste allow.
const AT_ONCE: usize = 8;
/// What people say: a usual length, and one word that few messages have.
const WORDS: &str = "the kettle is on and the cups are warm, who else would like some of it";

#[derive(clap::Args)]
pub struct Options {
    /// Posts that are measured in each room.
    #[arg(long, default_value_t = 100)]
    posts: usize,
    /// Messages in the room with little history, before the first post.
    #[arg(long, default_value_t = 100)]
    messages: usize,
    /// Members of the room with few, all of them absent.
    #[arg(long, default_value_t = 5)]
    members: usize,
    /// How many times that the other rooms have of one, the other, or both.
    #[arg(long, default_value_t = 100)]
    times: usize,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// A room as it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    /// How often `Options::messages`, and messages for each post that is measured.
    history: usize,
    /// How often `Options::members`.
    absent: usize,
}

impl Case {
    /// What was said before the post with this number, from 0.
    fn messages(self, options: &Options, post: usize) -> usize {
        self.history * (options.messages + post)
    }

    fn members(self, options: &Options) -> usize {
        self.absent * options.members
    }
}

/// What one run of one case gave, in milliseconds, and microseconds of CPU per post.
type Figures = BTreeMap<&'static str, f64>;

const CPU: &str = "CPU per post, with all that is read made from it, µs";
const CPU_MEDIAN: &str = "the same, the median post, µs";
const POST: &str = "post, ms";
const OPEN: &str = "open: newest page, facts, members, known rooms, ms";
const BACK: &str = "scroll back: a page of 50, ms";
const SEARCH: &str = "search: a word that all have, ms";
const RARE: &str = "search: a word that few have, ms";

pub async fn run(options: Options) -> anyhow::Result<()> {
    let times = options.times;
    let cases = [(1, 1), (times, 1), (1, times), (times, times)];
    let cases = cases.map(|(history, absent)| Case { history, absent });
    let mut runs: BTreeMap<Case, Vec<Figures>> = BTreeMap::new();
    for number in 1..=options.runs {
        for case in cases {
            let figures = measure(case, &options).await?;
            println!("run {number}: {case:?} {figures:?}");
            runs.entry(case).or_default().push(figures);
        }
    }
    report(&options, &cases, &runs);
    Ok(())
}

async fn measure(case: Case, options: &Options) -> anyhow::Result<Figures> {
    let data = tempfile::tempdir()?;
    let scope = Scope::root("bench");
    // Stands still but for what is said, so that the rules about haste do not slow the load down.
    let clock = Clock::manual(1_700_000_000_000);
    let store = Store::Folder(data.path().to_owned());
    let chat = Chat::open(Config::new(store), clock.clone(), &scope).await?;
    let people = (0..case.members(options)).map(|_| GuestSession::fresh().guest()).collect();
    let house = House::open(chat, clock, people).await?;
    let mut figures = house.posts(case, options).await?;
    house.reads(&mut figures).await?;
    house.chat.shutdown(Duration::from_secs(10)).await;
    Ok(figures)
}

/// A room, everyone who is a member of it, and the clock that its rules look at.
struct House {
    chat: Chat,
    clock: Clock,
    people: Vec<Guest>,
    room: RoomSummary,
}

impl House {
    /// A room with members in which nothing was said. Whoever is there when a room becomes private
    /// is a member from then on.
    async fn open(chat: Chat, clock: Clock, people: Vec<Guest>) -> anyhow::Result<Self> {
        let room = chat.create_room(&people[0], NewRoom::titled("Benchmark")).await?;
        let seats: Vec<_> =
            people.iter().map(|who| chat.attendance().arrive(&room.id, who)).collect();
        for visibility in [Visibility::Private, Visibility::Public] {
            chat.set_visibility(&room.id, &people[0], visibility).await?;
        }
        drop(seats);
        chat.caught_up().await?;
        let (_, members) = chat.directory().members(&room.id, 1).await?;
        ensure!(members == people.len() as u64, "{members} members and not {}", people.len());
        Ok(Self { chat, clock, people, room })
    }

    /// Says things until there are `messages`; everyone has read them.
    async fn fill(&self, messages: usize) -> anyhow::Result<()> {
        let (room, people) = (&self.room.id, &self.people);
        let said = self.chat.timeline().head(room).await?.messages as usize;
        let numbers: Vec<_> = (said..messages).collect();
        for together in numbers.chunks(TOGETHER.min(people.len() * AT_ONCE)) {
            self.clock.advance_ms(TOGETHER as i64 * 1_000);
            let posts = together.iter().map(|number| {
                let rare = if number % 1_000 == 0 { "samovar" } else { "" };
                self.post(&people[number % people.len()], *number, rare)
            });
            try_join_all(posts).await?;
        }
        self.chat.caught_up().await?;
        let said = self.chat.timeline().head(room).await?.messages as usize;
        ensure!(said == messages, "{said} messages and not {messages}");
        Ok(())
    }

    async fn everyone_reads(&self, messages: usize) -> anyhow::Result<()> {
        for together in self.people.chunks(TOGETHER) {
            let read = |who| self.chat.read_up_to(&self.room.id, who, messages as u64);
            try_join_all(together.iter().map(read)).await?;
        }
        Ok(self.chat.caught_up().await?)
    }

    async fn post(&self, who: &Guest, number: usize, word: &str) -> anyhow::Result<()> {
        let body = format!("{number}: {WORDS} {word}");
        self.chat.post(&self.room.id, who, MessageId::random(), &body).await?;
        Ok(())
    }

    /// Posts one after the other, each of which everyone could read before the next, and each of
    /// which finds exactly so many times as much said before as in the smaller room.
    async fn posts(&self, case: Case, options: &Options) -> anyhow::Result<Figures> {
        self.fill(case.messages(options, 0)).await?;
        self.everyone_reads(case.messages(options, 0)).await?;
        let (mut took, mut spent) = (Vec::new(), Vec::new());
        for number in 0..options.posts {
            self.fill(case.messages(options, number)).await?;
            self.clock.advance_ms(60_000);
            let before = cpu::spent()?;
            let started = Instant::now();
            self.post(&self.people[0], number, "").await?;
            took.push(started.elapsed());
            self.chat.caught_up().await?;
            spent.push(cpu::spent()?.saturating_sub(before));
        }
        let mean_us = spent.iter().sum::<Duration>().as_secs_f64() * 1e6 / options.posts as f64;
        let median_us = median_ms(spent) * 1e3;
        Ok(Figures::from([(CPU, mean_us), (CPU_MEDIAN, median_us), (POST, median_ms(took))]))
    }

    /// What somebody waits for who comes to the room. The first time counts as well: the median of a
    /// few is what people see.
    async fn reads(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let Self { room, people, .. } = self;
        let who = &people[0];
        let (mut open, mut back) = (Vec::new(), Vec::new());
        let (mut search, mut rare) = (Vec::new(), Vec::new());
        let mut number = u64::MAX;
        for _ in 0..50 {
            let started = Instant::now();
            self.enter().await?;
            open.push(started.elapsed());

            let started = Instant::now();
            let page = self.chat.timeline().before(&room.id, number, 50).await?;
            back.push(started.elapsed());
            number = page.messages.first().map_or(u64::MAX, |first| first.number);

            for (word, took) in [("kettle", &mut search), ("samovar", &mut rare)] {
                let asked =
                    Search { words: word.into(), room: Some(room.id.clone()), ..Search::default() };
                let started = Instant::now();
                let found = self.chat.search(&who.id, asked).await?;
                took.push(started.elapsed());
                ensure!(!found.hits.is_empty(), "{word} was said and is not found");
            }
        }
        for (name, took) in [(OPEN, open), (BACK, back), (SEARCH, search), (RARE, rare)] {
            figures.insert(name, median_ms(took));
        }
        Ok(())
    }

    async fn enter(&self) -> anyhow::Result<()> {
        let Self { chat, room, people, .. } = self;
        chat.open_room(room.slug.as_str()).await?;
        chat.timeline().newest(&room.id, 50).await?;
        chat.role(room, &people[0].id).await?;
        chat.directory().members(&room.id, 100).await?;
        chat.known_rooms(&people[0].id, 50).await?;
        Ok(())
    }
}

fn median_ms(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e3
}

fn report(options: &Options, cases: &[Case; 4], runs: &BTreeMap<Case, Vec<Figures>>) {
    let median = |case: &Case, name| cpu::median(runs[case].iter().map(|figures| figures[name]));
    println!("\n{} posts in each room, medians of {} runs", options.posts, options.runs);
    let heads = cases.map(|case| {
        let (from, to) = (case.messages(options, 0), case.messages(options, options.posts - 1));
        format!("{from} to {to} messages, {} members", case.members(options))
    });
    println!("| | {} | last : first |", heads.join(" | "));
    println!("|---|---|---|---|---|---|");
    for name in [CPU, CPU_MEDIAN, POST, OPEN, BACK, SEARCH, RARE] {
        let values = cases.map(|case| median(&case, name));
        let [first, second, third, last] = values;
        let ratio = last / first;
        println!("| {name} | {first:.2} | {second:.2} | {third:.2} | {last:.2} | {ratio:.2} |");
    }
}
