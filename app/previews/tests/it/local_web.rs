//! A web of 300 sites, good and bad ones: everything that is asked is answered in time, and memory
//! stays what it is. In a process of its own, which prints how long it took.

mod sites;

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use previews::{Link, Preview, Previews, Reason, Status};
use pubsub::Received;
use tasks::Scope;
use tokio::process::Command;

use crate::{cast::House, web::Web};
use sites::{Expected, Place};

/// Says to this very test that it has a process of its own, so that nobody else's memory counts.
const ALONE: &str = "PREVIEWS_WEB_ALONE";
/// Every answer is there by then: the promise, and what a loaded machine may add.
const ANSWER_WITHIN: Duration = Duration::from_millis(13_500);
/// A picture that is not there by then is left out.
const PICTURED_WITHIN: Duration = Duration::from_millis(9_500);
/// Rounds after the first one.
const ROUNDS: usize = 2;
/// What the last round may take more than the one after the first did, in bytes: pieces that the
/// allocator has not given back.
const MARGIN_BYTES: usize = 16 << 20;
/// What the whole run may take at most, over what there was before, in bytes.
const GROWTH_BYTES_MAX: usize = 400 << 20;
/// So far apart are places that are asked about one after the other.
const STRIDE: usize = 17;
const AN_HOUR_MS: i64 = 60 * 60 * 1_000;

/// The most memory that was seen since the last call.
struct Memory {
    peak: Arc<AtomicUsize>,
    scope: Scope,
}

impl Memory {
    fn watch() -> Self {
        let memory = Self { peak: Arc::default(), scope: Scope::root("memory") };
        let peak = memory.peak.clone();
        memory.scope.spawn_abortable("memory", async move {
            loop {
                peak.fetch_max(resident_bytes(), Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        memory
    }

    fn peak(&self) -> usize {
        self.peak.swap(resident_bytes(), Ordering::SeqCst)
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux says so");
    let pages = statm.split(' ').nth(1).expect("resident pages");
    4096 * pages.parse::<usize>().expect("a number")
}

/// The final answer, and how long it took.
async fn ask(previews: &Previews, link: &Link) -> (Preview, Duration) {
    let begun = Instant::now();
    let mut changes = previews.subscribe(link);
    let asked = previews.ask_again(link).await.expect("it may be asked");
    if asked.status != Status::Pending {
        return (asked, begun.elapsed());
    }
    let answer = tokio::time::timeout(ANSWER_WITHIN, changes.recv()).await;
    let Ok(Received::Hint(preview)) = answer else { panic!("no answer about {}", link.as_str()) };
    (preview, begun.elapsed())
}

/// Asks about all places at once, those of a kind far from each other, and checks each answer.
async fn round(house: &House, places: &[&Place]) -> Vec<Duration> {
    let scope = Scope::root("askers");
    let places: Vec<_> =
        (0..STRIDE).flat_map(|at| places.iter().skip(at).step_by(STRIDE)).collect();
    let asking = places.iter().map(|place| {
        let (previews, link) = (house.previews.clone(), place.link.clone());
        scope.spawn("asker", async move { ask(&previews, &link).await })
    });
    let asking: Vec<_> = asking.collect();
    let mut took = Vec::new();
    for (place, asking) in places.into_iter().zip(asking) {
        let (preview, elapsed) = asking.join().await.expect("an answer");
        assert!(elapsed < ANSWER_WITHIN, "{}: {elapsed:?}", place.name);
        place.check(&preview, elapsed);
        took.push(elapsed);
    }
    took.sort();
    took
}

impl Place {
    #[track_caller]
    fn check(&self, preview: &Preview, elapsed: Duration) {
        let (name, status) = (&self.name, &preview.status);
        let page = preview.page.as_ref();
        let title = page.and_then(|page| page.title.as_deref());
        let is_as_expected = match &self.expected {
            Expected::Titled(expected) => {
                *status == Status::Processed && title == Some(expected.as_str())
            }
            // On a machine that has too much to do, a picture may be too late: the page is shown.
            Expected::Pictured => {
                page.is_some_and(|page| page.image.is_some() || elapsed > PICTURED_WITHIN)
            }
            Expected::Unpictured => {
                *status == Status::Processed && page.is_some_and(|page| page.image.is_none())
            }
            Expected::NotAllowed => matches!(status, Status::Error(Reason::NotAllowed(_))),
            Expected::Failed => matches!(status, Status::Error(Reason::Failed(_))),
            Expected::Unfit => matches!(status, Status::Error(Reason::Unfit(_))),
            Expected::Kind => matches!(status, Status::Error(Reason::Kind(_))),
            Expected::Status(expected) => *status == Status::Error(Reason::Status(*expected)),
            Expected::Nothing => *status == Status::Error(Reason::Nothing),
            Expected::Any => *status != Status::Pending,
        };
        // What takes all the time there is, and had to wait for its turn, is told so.
        let had_no_turn = self.takes_long && matches!(status, Status::Error(Reason::Failed(_)));
        assert!(
            is_as_expected || had_no_turn,
            "{name} should be {:?}: {elapsed:?} {preview:?}",
            self.expected
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_sites_are_answered_in_time() {
    if std::env::var_os(ALONE).is_none() {
        let this = std::env::current_exe().expect("this is a program");
        let test = "local_web::three_hundred_sites_are_answered_in_time";
        let mut alone = Command::new(this);
        alone.args([test, "--exact", "--nocapture"]).env(ALONE, "1").stdin(Stdio::null());
        // With one for each thread, what each of them once needed would be added up.
        alone.env("MALLOC_ARENA_MAX", "2");
        assert!(alone.status().await.expect("it ran").success(), "it says why above");
        return;
    }
    let web = Web::new();
    let places = sites::open(&web).await;
    assert!(places.len() >= 300, "there are {}", places.len());
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let memory = Memory::watch();
    let before = resident_bytes();

    let begun = Instant::now();
    let all: Vec<_> = places.iter().collect();
    let took = round(&house, &all).await;
    let (whole, first) = (begun.elapsed(), memory.peak());
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{} sites in {whole:.2?}: half of them within {:.2?}, 99 of 100 within {:.2?}, all within {:.2?}",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0),
    );

    // Again, but for those that take all the time there is: nothing is left behind each time.
    let quick: Vec<_> = places.iter().filter(|place| !place.takes_long).collect();
    let mut peaks = Vec::new();
    for _ in 0..ROUNDS {
        house.clock.advance_ms(AN_HOUR_MS);
        round(&house, &quick).await;
        peaks.push(memory.peak());
    }
    let mib = |bytes: &usize| bytes >> 20;
    println!(
        "memory: {} MiB before, {} MiB at most; {:?} MiB in rounds of {} sites after that",
        mib(&before),
        mib(&first),
        peaks.iter().map(mib).collect::<Vec<_>>(),
        quick.len(),
    );
    assert!(first < before + GROWTH_BYTES_MAX, "memory is bounded");
    assert!(peaks[ROUNDS - 1] < peaks[0] + MARGIN_BYTES, "each round takes no more");
    house.close().await;
}
