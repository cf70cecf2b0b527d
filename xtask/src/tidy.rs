//! `cargo xtask tidy`: the rules of ARCHITECTURE.md that the compiler does not know.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{self, command, root};

/// Which crate of the repository may use which others. A new arrow is a decision: it is a change of
/// its own, here and in ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 17] = [
    ("tasks", &[]),
    ("pubsub", &["tasks"]),
    ("presence", &["tasks", "pubsub"]),
    ("eventsourcing", &["tasks"]),
    ("fetch", &["tasks"]),
    ("pipeline", &["tasks", "eventsourcing"]),
    ("channels", &["tasks"]),
    ("liveview-grammar", &[]),
    ("liveview-macros", &["liveview-grammar"]),
    ("liveview", &["tasks", "pubsub", "channels", "liveview-macros"]),
    ("identity", &["tasks", "pubsub", "eventsourcing", "fetch"]),
    ("chat", &["tasks", "pubsub", "presence", "eventsourcing", "identity"]),
    ("previews", &["tasks", "pubsub", "eventsourcing", "pipeline", "fetch", "identity", "chat"]),
    ("web", &["tasks", "pubsub", "liveview", "chat", "identity", "previews"]),
    (
        "teahouse",
        &["tasks", "eventsourcing", "liveview", "fetch", "identity", "chat", "previews", "web"],
    ),
    (
        "bench",
        &[
            "tasks",
            "pubsub",
            "eventsourcing",
            "fetch",
            "pipeline",
            "channels",
            "liveview",
            "identity",
            "chat",
            "previews",
            "web",
        ],
    ),
    ("xtask", &[]),
];

/// Crates from elsewhere that only some of ours may name.
const KEPT_IN: [(&str, &[&str]); 7] = [
    ("axum", &["web", "bench"]),
    ("tokio-tungstenite", &["liveview", "bench"]),
    ("rusqlite", &["eventsourcing", "bench"]),
    ("hyper", &["liveview", "fetch", "bench"]),
    ("rustls", &["fetch"]),
    ("rustls-native-certs", &["fetch"]),
    ("tokio-rustls", &["fetch"]),
];

/// What is not under a crate, however far down: rooms are decided without pages and sockets.
const NOT_UNDER: [(&str, &[&str]); 3] = [
    ("chat", &["axum", "liveview", "channels", "tokio-tungstenite"]),
    ("identity", &["axum", "liveview", "channels", "tokio-tungstenite"]),
    ("eventsourcing", &["axum", "hyper", "pubsub"]),
];

/// Words that stand in Rust code only below certain paths.
struct OnlyIn {
    word: &'static str,
    paths: &'static [&'static str],
    why: &'static str,
}

#[rustfmt::skip]
const ONLY_IN: [OnlyIn; 11] = [
    OnlyIn { word: "tokio::spawn", paths: &["lib/tasks/"], why: "spawn through tasks::Scope" },
    OnlyIn { word: "task::spawn(", paths: &["lib/tasks/"], why: "spawn through tasks::Scope" },
    OnlyIn { word: "unbounded_channel", paths: &["lib/tasks/"], why: "every queue is bounded" },
    OnlyIn { word: "SystemTime::now", paths: &["lib/tasks/"], why: "take the time from a tasks::Clock" },
    OnlyIn { word: "\"phx_", paths: &["lib/channels/", "lib/liveview/", "bench/"], why: "only channels and liveview know Phoenix's wire" },
    OnlyIn { word: "TcpStream::connect", paths: &["lib/fetch/", "lib/liveview/tests/", "app/web/tests/", "app/previews/tests/", "bench/", "xtask/"], why: "ask others through fetch: its guard judges every address" },
    OnlyIn { word: "todo!(", paths: &[], why: "unfinished" },
    OnlyIn { word: "unimplemented!(", paths: &[], why: "unfinished" },
    OnlyIn { word: "dbg!(", paths: &[], why: "left over" },
    OnlyIn { word: "#[ignore", paths: &[], why: "a test runs or is removed" },
    OnlyIn { word: "#[allow(", paths: &["lib/liveview-grammar/"], why: "#[expect(…, reason = \"…\")] says why, and goes when it is no longer needed" },
];

/// Words that stand in no file: where packages come from is for each machine to say.
const NOWHERE: [&str; 4] = ["npmjs.", "index.crates.io", "static.crates.io", "deb.debian.org"];

/// A file this long is asked whether it is two nouns, lines.
const LINES_LONG: usize = 600;
/// This file names what it forbids.
const THIS_FILE: &str = "xtask/src/tidy.rs";

/// Prints what is long, and fails with a list of what breaks a rule.
///
/// # Errors
/// A rule is broken, or the repository cannot be read.
pub fn tidy() -> Result<()> {
    let graph = Graph::read()?;
    let files = files()?;
    let mut wrong = Vec::new();
    arrows(&graph, &mut wrong);
    architecture(&graph, &files, &mut wrong)?;
    for (path, text) in &files {
        words(path, text, &mut wrong);
        let lines = text.lines().count();
        if path.ends_with(".rs") && lines > LINES_LONG {
            println!("note: {path} has {lines} lines: one noun, or two?");
        }
    }
    if wrong.is_empty() {
        println!("tidy");
        return Ok(());
    }
    bail!("not tidy:\n- {}", wrong.join("\n- "))
}

/// What cargo knows: the crates of the repository, and what lies under them.
struct Graph {
    /// Name and folder of each crate of the repository.
    crates: BTreeMap<String, String>,
    /// What each package names in its manifest, tests aside.
    named: BTreeMap<String, BTreeSet<String>>,
    /// The same for what tests and examples use besides.
    named_by_tests: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Result<Self> {
        let text = run::output(&mut command("", "cargo metadata --format-version 1"))?;
        let metadata: Value = serde_json::from_str(&text)?;
        let packages = metadata["packages"].as_array().context("cargo lists the packages")?;
        let mut graph = Self {
            crates: BTreeMap::new(),
            named: BTreeMap::new(),
            named_by_tests: BTreeMap::new(),
        };
        for package in packages {
            let name = package["name"].as_str().unwrap_or_default().to_owned();
            if package["source"].is_null() {
                graph.crates.insert(name.clone(), folder(package)?);
            }
            for dependency in package["dependencies"].as_array().into_iter().flatten() {
                let on = dependency["name"].as_str().unwrap_or_default().to_owned();
                let is_optional = dependency["optional"] == true;
                let is_for_tests = dependency["kind"] == "dev";
                match (is_for_tests, is_optional) {
                    (true, _) => &mut graph.named_by_tests,
                    (false, false) => &mut graph.named,
                    // Whether it is there depends on features; ours have none that matter here.
                    (false, true) => continue,
                }
                .entry(name.clone())
                .or_default()
                .insert(on);
            }
        }
        Ok(graph)
    }

    /// Everything under `name`, by way of what is named.
    fn under<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            let named = self.named.get(name).into_iter().flatten();
            open.extend(named.map(String::as_str).filter(|name| found.insert(*name)));
        }
        found
    }
}

/// The folder of a package, from the repository's.
fn folder(package: &Value) -> Result<String> {
    let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
    let folder = manifest.trim_end_matches("/Cargo.toml");
    let folder = folder.strip_prefix(&*root().to_string_lossy()).unwrap_or(folder);
    Ok(folder.trim_start_matches('/').to_owned())
}

fn arrows(graph: &Graph, wrong: &mut Vec<String>) {
    let none = BTreeSet::new();
    for (name, folder) in &graph.crates {
        let named = graph.named.get(name).unwrap_or(&none);
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name} has no entry in the arrows of {THIS_FILE}"));
            continue;
        };
        let ours = named.iter().filter(|on| graph.crates.contains_key(*on));
        for on in ours.filter(|on| !allowed.contains(&on.as_str())) {
            wrong.push(format!("{name} ─▶ {on} is not among the arrows of {THIS_FILE}"));
        }
        let by_tests = graph.named_by_tests.get(name).unwrap_or(&none);
        let app = |on: &&String| graph.crates.get(*on).is_some_and(|at| at.starts_with("app/"));
        for on in by_tests.iter().filter(|_| folder.starts_with("lib/")).filter(app) {
            wrong.push(format!("the tests of {name} use {on}: nothing in lib/ knows app/"));
        }
        for (kept, homes) in KEPT_IN {
            if named.contains(kept) && !homes.contains(&name.as_str()) {
                wrong.push(format!("{name} names {kept}, which only {} may", homes.join(", ")));
            }
        }
    }
    for (name, absent) in NOT_UNDER {
        let under = graph.under(name);
        for on in absent.iter().filter(|on| under.contains(*on)) {
            wrong.push(format!("{on} lies under {name}: `cargo tree -p {name} -i {on}` shows how"));
        }
    }
}

/// The document names every crate, and its table every task.
fn architecture(graph: &Graph, files: &[(String, String)], wrong: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?;
    for folder in graph.crates.values() {
        if !text.contains(&format!("`{folder}`")) {
            wrong.push(format!("ARCHITECTURE.md has no entry for `{folder}`"));
        }
    }
    let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    let tasks = files.iter().filter_map(|(path, _)| path.rsplit_once('/').map(|(_, name)| name));
    for task in tasks.filter(|name| name.ends_with("_task.rs")) {
        if !table.iter().any(|line| line.contains(&format!("`{task}`"))) {
            wrong.push(format!("the task table of ARCHITECTURE.md has no row for `{task}`"));
        }
    }
    Ok(())
}

fn words(path: &str, text: &str, wrong: &mut Vec<String>) {
    if path == THIS_FILE {
        return;
    }
    if path.ends_with("package-lock.json") && text.contains("\"resolved\"") {
        wrong.push(format!("{path} says where packages come from: see .npmrc beside it"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let place = || format!("{path}:{number}");
        if let Some(word) = NOWHERE.iter().find(|word| line.contains(**word)) {
            wrong.push(format!("{} names a registry's host ({word})", place()));
        }
        if !path.ends_with(".rs") || line.trim_start().starts_with("//") {
            continue;
        }
        let rules = ONLY_IN.iter().filter(|rule| !rule.paths.iter().any(|at| path.starts_with(at)));
        for rule in rules.filter(|rule| line.contains(rule.word)) {
            wrong.push(format!("{}: `{}`: {}", place(), rule.word, rule.why));
        }
    }
}

/// Path and text of every text file that git knows or would add.
fn files() -> Result<Vec<(String, String)>> {
    let list = "git ls-files --cached --others --exclude-standard";
    let paths = run::output(&mut command("", list))?;
    let read = |path: &str| {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some((path.to_owned(), text))
    };
    Ok(paths.lines().filter_map(read).collect())
}
