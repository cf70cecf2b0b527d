//! One room through the facade, with a durable log: what a post costs when much was said before and
//! many members are absent, and how long somebody waits who opens the room, scrolls or searches.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use anyhow::Context;
use chat::{Chat, Config, MessageId, NewRoom, RoomId, RoomSummary, Search, Store};
use futures_util::future::try_join_all;
use identity::{Guest, GuestSession};
use tasks::{Clock, Scope};

/// Posts on their way at a time while the room is filled.
const TOGETHER: usize = 64;
/// Posts of one person among those: fewer than the rules about haste allow.
const AT_ONCE: usize = 8;
/// What people say: a usual length, and one word that few messages have.
const WORDS: &str = "the kettle is on and the cups are warm, who else would like some of it";

#[derive(clap::Args)]
pub struct Options {
    /// Posts that are measured in each room.
    #[arg(long, default_value_t = 200)]
    posts: usize,
    /// Messages in the room with little history.
    #[arg(long, default_value_t = 100)]
    few_messages: usize,
    /// Messages in the room with much history.
    #[arg(long, default_value_t = 10_000)]
    many_messages: usize,
    /// Members of the room with few, all of them absent.
    #[arg(long, default_value_t = 5)]
    few_members: usize,
    /// Members of the room with many, all of them absent.
    #[arg(long, default_value_t = 500)]
    many_members: usize,
    /// Times that everything is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// A room as it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    messages: usize,
    members: usize,
}

/// What one run of one case gave, in milliseconds, and microseconds of CPU per post.
type Figures = BTreeMap<&'static str, f64>;

const CPU: &str = "CPU per post, µs";
const POST: &str = "post, ms";
const OPEN: &str = "open: newest page, facts, members, known rooms, ms";
const BACK: &str = "scroll back: a page of 50, ms";
const SEARCH: &str = "search: a word that all have, ms";
const RARE: &str = "search: a word that few have, ms";

pub async fn run(options: Options) -> anyhow::Result<()> {
    let (few, many) = (options.few_messages, options.many_messages);
    let cases = [
        Case { messages: few, members: options.few_members },
        Case { messages: many, members: options.few_members },
        Case { messages: few, members: options.many_members },
        Case { messages: many, members: options.many_members },
    ];
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
    let house = House { chat, clock };
    let people: Vec<_> = (0..case.members).map(|_| GuestSession::fresh().guest()).collect();
    let room = house.fill(&people, case.messages).await?;
    let mut figures = house.posts(&room, &people[0], options.posts).await?;
    house.reads(&room, &people[0], &mut figures).await?;
    house.chat.shutdown(Duration::from_secs(10)).await;
    Ok(figures)
}

/// A chat, and the clock that its rules look at.
struct House {
    chat: Chat,
    clock: Clock,
}

impl House {
    /// A room in which everyone spoke, and has read what was said.
    async fn fill(&self, people: &[Guest], messages: usize) -> anyhow::Result<RoomSummary> {
        let room = NewRoom::titled("Benchmark");
        let room = self.chat.create_room(&people[0], room).await?;
        let numbers: Vec<_> = (0..messages).collect();
        for together in numbers.chunks(TOGETHER.min(people.len() * AT_ONCE)) {
            self.clock.advance_ms(TOGETHER as i64 * 1_000);
            let posts = together.iter().map(|number| {
                let rare = if number % 1_000 == 0 { "samovar" } else { "" };
                self.post(&room.id, &people[number % people.len()], *number, rare)
            });
            try_join_all(posts).await?;
        }
        self.chat.caught_up().await?;
        for together in people.chunks(TOGETHER) {
            let read = |who| self.chat.read_up_to(&room.id, who, messages as u64);
            try_join_all(together.iter().map(read)).await?;
        }
        self.chat.caught_up().await?;
        self.chat.directory().by_id(&room.id).await?.context("the room is gone")
    }

    async fn post(
        &self,
        room: &RoomId,
        who: &Guest,
        number: usize,
        word: &str,
    ) -> anyhow::Result<()> {
        let body = format!("{number}: {WORDS} {word}");
        self.chat.post(room, who, MessageId::random(), &body).await?;
        Ok(())
    }

    /// Posts one after the other, each of which everyone could read before the next.
    async fn posts(
        &self,
        room: &RoomSummary,
        who: &Guest,
        posts: usize,
    ) -> anyhow::Result<Figures> {
        self.post(&room.id, who, 1_000_000, "").await?;
        self.chat.caught_up().await?;
        let before = cpu()?;
        let mut took = Vec::new();
        for number in 0..posts {
            self.clock.advance_ms(1_000);
            let started = Instant::now();
            self.post(&room.id, who, 2_000_000 + number, "").await?;
            took.push(started.elapsed());
            self.chat.caught_up().await?;
        }
        let spent = cpu()?.saturating_sub(before);
        let cpu_us = spent.as_secs_f64() * 1e6 / posts as f64;
        Ok(Figures::from([(CPU, cpu_us), (POST, median_ms(took))]))
    }

    /// What somebody waits for who comes to the room. The first time counts as well: the median of a
    /// few is what people see.
    async fn reads(
        &self,
        room: &RoomSummary,
        who: &Guest,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let (mut open, mut back) = (Vec::new(), Vec::new());
        let (mut search, mut rare) = (Vec::new(), Vec::new());
        let mut number = u64::MAX;
        for _ in 0..50 {
            let started = Instant::now();
            self.open(room, who).await?;
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
                anyhow::ensure!(!found.hits.is_empty(), "{word} was said and is not found");
            }
        }
        for (name, took) in [(OPEN, open), (BACK, back), (SEARCH, search), (RARE, rare)] {
            figures.insert(name, median_ms(took));
        }
        Ok(())
    }

    async fn open(&self, room: &RoomSummary, who: &Guest) -> anyhow::Result<()> {
        self.chat.open_room(room.slug.as_str()).await?;
        self.chat.timeline().newest(&room.id, 50).await?;
        self.chat.role(room, &who.id).await?;
        self.chat.directory().members(&room.id, 100).await?;
        self.chat.known_rooms(&who.id, 50).await?;
        Ok(())
    }
}

/// What all threads of this process have used, to the nanosecond where Linux says so.
fn cpu() -> anyhow::Result<Duration> {
    let mut spent = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task")? {
        // A thread that has ended since has used no more.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse().ok());
        spent += Duration::from_nanos(ran.context("a malformed schedstat")?);
    }
    Ok(spent)
}

fn median_ms(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e3
}

fn report(options: &Options, cases: &[Case; 4], runs: &BTreeMap<Case, Vec<Figures>>) {
    let median = |case: &Case, name: &str| {
        let mut values: Vec<_> = runs[case].iter().map(|figures| figures[name]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("\n{} posts in each room, medians of {} runs", options.posts, options.runs);
    let heads = cases.map(|case| format!("{} messages, {} members", case.messages, case.members));
    println!("| | {} | last : first |", heads.join(" | "));
    println!("|---|---|---|---|---|---|");
    for name in [CPU, POST, OPEN, BACK, SEARCH, RARE] {
        let values = cases.map(|case| median(&case, name));
        let [first, second, third, last] = values;
        let ratio = last / first;
        println!("| {name} | {first:.2} | {second:.2} | {third:.2} | {last:.2} | {ratio:.2} |");
    }
}
