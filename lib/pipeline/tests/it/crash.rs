//! Whole processes: killed with a hundred jobs pending and some in hand, and opened again.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use eventsourcing::{SqliteConfig, SqliteStore};
use pipeline::{testing::*, *};
use tasks::Scope;

use crate::cast::*;

/// Tells the child which folder has the log.
const FOLDER: &str = "PIPELINE_CRASH_FOLDER";

const JOBS: usize = 100;

/// Says on standard error what it begins and what it has kept.
struct Says;

impl Processor for Says {
    type Job = Cup;
    type Output = ();
    async fn process(&self, attempt: Attempt<Cup>) -> Result<(), WorkError> {
        say(&format!("began {}", attempt.id));
        pour(&attempt).await
    }
}

fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("the parent reads");
}

/// A queue that says what it was told and has kept.
struct Kept(Queue<Cup>);

impl Source<Cup> for Kept {
    fn take(
        &self,
        demand: usize,
    ) -> std::pin::Pin<Box<dyn Future<Output = Vec<Taken<Cup>>> + Send + '_>> {
        self.0.take(demand)
    }

    fn settle(
        &self,
        settled: Vec<Settled>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + '_>> {
        Box::pin(async move {
            self.0.settle(settled.clone()).await?;
            settled.iter().for_each(|settled| say(&format!("kept {}", settled.id)));
            Ok(())
        })
    }
}

async fn open(folder: &Path, scope: &Scope) -> Queue<Cup> {
    let store = SqliteStore::open(folder, SqliteConfig::default()).expect("the log opens");
    let lanes = LaneLimits { concurrency: 10, rate: None };
    let config = QueueConfig { keep: Keep::Log(Arc::new(store)), lanes, ..queue_config() };
    Queue::open(config, scope).await.expect("the queue opens")
}

/// Not a test by itself: the process that is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let scope = Scope::root("child");
    let queue = open(&folder, &scope).await;
    for number in 0..JOBS {
        let job = cup(&format!("pot {}", number % 3), Does::Takes(5));
        queue.push(id(&format!("c{number}")), job).await.expect("kept");
    }
    say("pushed all");
    let config = Config { concurrency: 8, ..config() };
    let _pipeline = Pipeline::start(Says, Arc::new(Kept(queue)), config, &scope);
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn kill_9_loses_no_job_and_does_none_again_that_was_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = work_until_killed(folder.path());
    let of = |what: &str| {
        let lines = lines.iter().filter_map(|line| line.strip_prefix(what)?.strip_prefix(' '));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (began, kept) = (of("began"), of("kept"));
    assert!(began.len() < JOBS && kept.len() < began.len(), "need jobs pending and some in hand");

    let waiter = Waiter::default();
    let scope = Scope::root("again");
    let queue = open(folder.path(), &scope).await;
    let source: Arc<dyn Source<Cup>> = Arc::new(queue.clone());
    let pipeline = Pipeline::start(waiter.clone(), source, config(), &scope);
    let all_done = async {
        while !queue.jobs().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_done).await.expect("all are done");
    pipeline.drain(Duration::from_secs(20)).await;
    scope.stop(Duration::from_secs(20)).await.expect("it stops");

    let mut times = HashMap::<String, usize>::new();
    for name in began.iter().chain(&waiter.poured()) {
        *times.entry(name.clone()).or_default() += 1;
    }
    assert_eq!(times.len(), JOBS, "every job was handed out");
    assert!(times.values().all(|times| *times <= 2), "none more than twice: {times:?}");
    assert!(kept.iter().all(|name| times[name] == 1), "what was kept is not done again");
}

/// Kills the child in the middle of its work; returns every line that it got out.
fn work_until_killed(folder: &Path) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut heard = Vec::new();
    let mut killed = false;
    while let Some(Ok(line)) = lines.next() {
        heard.push(line);
        let kept = heard.iter().filter(|line| line.starts_with("kept")).count();
        if kept >= 10 && !killed {
            child.kill().expect("killed");
            killed = true;
        }
    }
    child.wait().expect("it ended");
    heard
}
