//! `cargo xtask test`: installs what the tests need, and passes them.

use std::{fmt, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::run::{self, command, find, root};

/// The oldest Node.js that runs the tests.
const NODE_MAJOR_MIN: u32 = 20;
/// What Chromium is called by those who package it.
const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A part of the tests by name.
type Part = (&'static str, fn() -> Result<Tally>);
const PARTS: [Part; 3] = [("rust", rust), ("scripts", scripts), ("browser", browser)];

/// How many tests passed, and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: u32,
    failed: u32,
}

/// Whose closing lines are read.
#[derive(Clone, Copy)]
enum Runner {
    Nextest,
    CargoTest,
    Node,
    Playwright,
}

/// Runs the named parts (`rust`, `scripts`, `browser`), or all of them, and says how many tests ran.
///
/// # Errors
/// Something that is needed is missing and cannot be installed, or a test failed.
pub fn test(parts: &[&str]) -> Result<()> {
    let tally = tally(parts)?;
    println!("\n{tally}");
    tally.check()
}

/// Runs the named parts, or all of them; a test that fails is counted and keeps nobody from running.
///
/// # Errors
/// Something that is needed is missing and cannot be installed, or does not compile.
pub fn tally(parts: &[&str]) -> Result<Tally> {
    if let Some(unknown) = parts.iter().find(|part| PARTS.iter().all(|(name, _)| name != *part)) {
        bail!("there is no part `{unknown}`: the parts are rust, scripts and browser");
    }
    check_node()?;
    // One pass and one set of features for everything that is run below.
    run::run(&mut command("", "cargo build --workspace --all-targets"))?;
    let mut sum = Tally::default();
    for (name, test) in PARTS {
        if !parts.is_empty() && !parts.contains(&name) {
            continue;
        }
        let tally = test()?;
        if tally == Tally::default() {
            bail!("{name}: no test ran");
        }
        println!("\n{name}: {} of {} tests passed", tally.passed, tally.passed + tally.failed);
        sum.add(tally);
    }
    Ok(sum)
}

/// Every crate's tests, and the examples in its documentation.
fn rust() -> Result<Tally> {
    // Signing in is tested against providers that run on Node.js.
    npm_ci("e2e/providers")?;
    let mut tally = match find("cargo-nextest") {
        Some(_) => counted(
            &mut command("", "cargo nextest run --workspace --no-fail-fast"),
            Runner::Nextest,
        ),
        None => counted(
            &mut command("", "cargo test --workspace --all-targets --no-fail-fast"),
            Runner::CargoTest,
        ),
    }?;
    let mut examples = command("", "cargo test --workspace --doc --no-fail-fast --quiet");
    tally.add(counted(&mut examples, Runner::CargoTest)?);
    Ok(tally)
}

/// The tests of the pages' script. The build installed what it is made of.
fn scripts() -> Result<Tally> {
    counted(&mut command("app/web/assets", "node --test --test-reporter=spec"), Runner::Node)
}

/// Chromium with the official client against the real server.
fn browser() -> Result<Tally> {
    let chromium = chromium()?;
    npm_ci("e2e")?;
    let mut playwright = command("e2e", "npm test --silent --");
    playwright.env("CHROMIUM", chromium).env("TEAHOUSE_BIN", root().join("target/debug/teahouse"));
    counted(&mut playwright, Runner::Playwright)
}

pub fn check_node() -> Result<()> {
    let install = format!("install Node.js {NODE_MAJOR_MIN} or newer, with npm");
    if find("node").is_none() || find("npm").is_none() {
        bail!("the tests need Node.js: {install}");
    }
    let version = run::output(&mut command("", "node --version"))?;
    let major = version.trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>().unwrap_or_default() < NODE_MAJOR_MIN {
        bail!("Node.js {} is too old: {install}", version.trim());
    }
    Ok(())
}

/// Finds Chromium, or installs Debian's where that is possible.
pub fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(found) = CHROMIUM.iter().find_map(|name| find(name)) {
        return Ok(found);
    }
    let is_root = run::output(&mut command("", "id -u")).is_ok_and(|id| id.trim() == "0");
    if is_root && find("apt-get").is_some() {
        let apt = |line: &str| run::run(command("", line).env("DEBIAN_FRONTEND", "noninteractive"));
        apt("apt-get update --quiet=2")?;
        apt("apt-get install --yes --quiet=2 --no-install-recommends chromium fonts-liberation")?;
    }
    find("chromium").context(
        "the browser tests need Chromium: install it (Debian: `apt install chromium`), \
         or name one in the environment as CHROMIUM",
    )
}

/// Installs the npm packages of `folder` unless these very ones are installed.
pub fn npm_ci(folder: &str) -> Result<()> {
    let lock = fs::read(root().join(folder).join("package-lock.json"))?;
    let stamp = root().join(folder).join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run::run(&mut command(folder, "npm ci --include=dev"))?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// Runs tests and counts them. A run that failed without a failed test counts as one.
fn counted(command: &mut Command, runner: Runner) -> Result<Tally> {
    let mut tally = Tally::default();
    let succeeded = run::run_reading(command, |line| tally.add(runner.read(line)))?;
    if !succeeded && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Tally {
    /// # Errors
    /// A test failed.
    pub fn check(self) -> Result<()> {
        if self.failed > 0 { bail!("{} tests failed", self.failed) } else { Ok(()) }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Runner {
    /// What a line of output adds.
    fn read(self, line: &str) -> Tally {
        let counted = match self {
            Self::Nextest => line.contains("tests run:") || line.contains("test run:"),
            Self::CargoTest => line.starts_with("test result:"),
            Self::Node => {
                return Tally { passed: after(line, "ℹ pass"), failed: after(line, "ℹ fail") };
            }
            Self::Playwright => is_playwright_count(line),
        };
        if !counted {
            return Tally::default();
        }
        let failures = ["failed", "timed out", "flaky", "interrupted", "did not run"];
        Tally {
            passed: before(line, "passed"),
            failed: failures.iter().map(|word| before(line, word)).sum(),
        }
    }
}

/// `  12 passed (3.1s)`, a line of its own.
fn is_playwright_count(line: &str) -> bool {
    line.trim_start().split_once(' ').is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

/// The number that stands before `word`, or 0.
fn before(line: &str, word: &str) -> u32 {
    let Some((before, _)) = line.split_once(word) else { return 0 };
    before.split_whitespace().next_back().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The number that `line` has after `words`, or 0.
fn after(line: &str, words: &str) -> u32 {
    line.strip_prefix(words).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runner: Runner, line: &str, passed: u32, failed: u32) {
        assert_eq!(runner.read(line), Tally { passed, failed }, "{line}");
    }

    #[test]
    fn closing_lines_are_counted() {
        let nextest =
            "     Summary [   0.012s] 9 tests run: 7 passed (1 slow), 2 failed, 3 skipped";
        check(Runner::Nextest, nextest, 7, 2);
        check(Runner::Nextest, "test result: ok. 7 passed; 0 failed", 0, 0);
        check(Runner::CargoTest, "test result: FAILED. 3 passed; 1 failed; 0 ignored", 3, 1);
        check(Runner::Node, "ℹ pass 12", 12, 0);
        check(Runner::Node, "ℹ fail 2", 0, 2);
        check(Runner::Node, "ℹ tests 14", 0, 0);
        check(Runner::Playwright, "  12 passed (1.2m)", 12, 0);
        check(Runner::Playwright, "  1 flaky", 0, 1);
        check(Runner::Playwright, "  2 did not run", 0, 2);
        check(Runner::Playwright, "Running 12 tests using 1 worker", 0, 0);
    }
}
