//! Whole processes: killed while they append, reopened, and nothing that was acknowledged is gone.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use eventsourcing::{EventStore, Position};
use tasks::Scope;

use crate::cast::*;

/// Tells the child which folder to append to.
const FOLDER: &str = "EVENTSOURCING_CRASH_FOLDER";

/// Senders at a time in the child.
const SENDERS: u32 = 8;

/// Not a test by itself: the process that is killed. Prints `<tab> <version>` per acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let store = sqlite(&folder);
    let scope = Scope::root("child");
    let tabs = dispatch(&store, &scope);
    for sender in 0..SENDERS {
        let tabs = tabs.clone();
        scope.spawn("sender", async move {
            for number in 0.. {
                // Two senders per tab, so that commands are appended together too.
                let tab = format!("t{}", sender / 2);
                let command = id(&format!("{}-{sender}-{number}", std::process::id()));
                let receipt = tabs.send::<Tab>(&tab, command, order(0)).await.expect("accepted");
                let line = format!("{tab} {}\n", receipt.version);
                std::io::stderr().write_all(line.as_bytes()).expect("the parent reads");
            }
        });
    }
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn kill_9_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut acknowledged = Vec::new();
    for round in 1..=3 {
        let before = acknowledged.len();
        append_until_killed(folder.path().to_path_buf(), &mut acknowledged);
        assert!(acknowledged.len() > before, "need acknowledgements for this to mean anything");
        let stored = stored(folder.path()).await;
        for line in &acknowledged {
            let times = stored.iter().filter(|stored| *stored == line).count();
            assert_eq!(times, 1, "round {round}: {line} is there once");
        }
    }
}

/// Kills the child in the middle of its work, and keeps every line that it got out.
fn append_until_killed(folder: PathBuf, acknowledged: &mut Vec<String>) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut taken = 0;
    while let Some(Ok(line)) = lines.next() {
        taken += 1;
        if taken == 200 {
            child.kill().expect("killed");
        }
        acknowledged.push(line);
    }
    child.wait().expect("it ended");
}

/// Every event, as the child prints it; checks the order on the way.
async fn stored(folder: &std::path::Path) -> Vec<String> {
    let store = sqlite(folder);
    let mut versions = std::collections::HashMap::<String, u64>::new();
    let mut stored = Vec::new();
    let mut position = Position::START;
    loop {
        let page = store.read_all(position, 1_000).await.expect("intact");
        for event in &page.events {
            let version = versions.entry(event.stream.id().to_owned()).or_default();
            assert_eq!(event.version, *version + 1, "in order, without gaps");
            *version = event.version;
            stored.push(format!("{} {}", event.stream.id(), event.version));
        }
        position = page.next;
        if page.is_last() {
            return stored;
        }
    }
}
