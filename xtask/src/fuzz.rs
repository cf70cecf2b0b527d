//! `cargo xtask fuzz`: random input for what reads other people's bytes, with libFuzzer.
//!
//! The targets lie in `fuzz/`, a workspace of its own. The flags are those of cargo-fuzz, which is
//! not needed: the sanitizer comes with the nightly compiler, and libFuzzer is built from source.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::run::{self, command, root};

/// The targets, and their longest input in bytes.
const TARGETS: [(&str, u32); 4] =
    [("head", 8_192), ("links", 1_024), ("picture", 4_096), ("url", 512)];
/// What is built, what is found, and inputs that reached something new, for the next time.
const FOLDER: &str = "target/fuzz";
/// For each target, if nothing else is said.
const SECONDS: u32 = 60;
/// One input takes no longer than this: the largest picture takes a few, with all that is looked for.
const INPUT_SECONDS_MAX: u32 = 30;
/// Two pictures of the largest size, and what the sanitizer needs for itself.
const MEMORY_MIB_MAX: u32 = 2_048;

/// As cargo-fuzz has them: coverage for libFuzzer, and the address sanitizer.
const FLAGS: &str = "--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0";

/// Runs the targets that are named in `words`, or all, for as many seconds each as follow
/// `--seconds`.
///
/// # Errors
/// There is no such target, no nightly compiler, or a target found something: where that lies is
/// said.
pub fn fuzz(words: &[&str]) -> Result<()> {
    let (targets, seconds) = asked(words)?;
    let programs = build()?;
    run::run(Command::new(programs.join("seeds")).arg(root().join(FOLDER).join("corpus")))?;
    let mut outcomes = Vec::new();
    for (name, bytes_max) in targets {
        let mut program = Command::new(programs.join(name));
        outcomes.push((name, run_for(&mut program, name, bytes_max, seconds)?));
    }
    judge(&outcomes)
}

/// Targets and seconds, from the words of the command line.
fn asked(words: &[&str]) -> Result<(Vec<(&'static str, u32)>, u32)> {
    let (names, seconds) = match words {
        [names @ .., "--seconds", seconds] => (names, seconds.parse().context("seconds")?),
        names => (names, SECONDS),
    };
    if let Some(unknown) =
        names.iter().find(|name| !TARGETS.iter().any(|(known, _)| known == *name))
    {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        bail!("there is no target {unknown}, but {}", known.join(", "));
    }
    let is_asked = |name: &str| names.is_empty() || names.contains(&name);
    Ok((TARGETS.into_iter().filter(|(name, _)| is_asked(name)).collect(), seconds))
}

/// Builds the targets, and returns the folder they are in.
fn build() -> Result<PathBuf> {
    let version = run::output(&mut command("", "rustup run nightly rustc --version --verbose"))
        .context("fuzzing needs a nightly compiler: rustup toolchain install nightly")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("a host")?;
    // The same versions as everywhere; what only fuzzing needs is added to the copy.
    fs::copy(root().join("Cargo.lock"), root().join("fuzz/Cargo.lock"))?;
    let folder = root().join(FOLDER);
    let build = format!("rustup run nightly cargo build --release --bins --target {host}");
    // A target is named so that programs which run while building are built without the flags.
    run::run(command("fuzz", &build).arg("--target-dir").arg(&folder).env("RUSTFLAGS", FLAGS))?;
    Ok(folder.join(host).join("release"))
}

/// How a target went.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    runs: u64,
    runs_a_second: u64,
    /// The file with the input that broke it.
    finding: Option<String>,
    succeeded: bool,
}

fn run_for(program: &mut Command, name: &str, bytes_max: u32, seconds: u32) -> Result<Outcome> {
    let folder = root().join(FOLDER);
    let artifacts = folder.join("artifacts").join(name);
    fs::create_dir_all(&artifacts)?;
    program
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={bytes_max}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-report_slow_units={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-print_final_stats=1", "-print_funcs=0", "-verbosity=0"])
        .arg(folder.join("corpus").join(name));
    let mut outcome = Outcome::default();
    outcome.succeeded = run::run_reading(program, |line| outcome.read(line))?;
    Ok(outcome)
}

impl Outcome {
    /// Takes what a line of libFuzzer's says.
    fn read(&mut self, line: &str) {
        let number = |name| line.strip_prefix(name).and_then(|rest| rest.trim().parse().ok());
        if let Some(runs) = number("stat::number_of_executed_units:") {
            self.runs = runs;
        } else if let Some(runs) = number("stat::average_exec_per_sec:") {
            self.runs_a_second = runs;
        } else if let Some((_, file)) = line.split_once("Test unit written to ") {
            self.finding = Some(file.to_owned());
        }
    }
}

/// Prints a line per target.
fn judge(outcomes: &[(&str, Outcome)]) -> Result<()> {
    println!("\n{:<10} {:>12} {:>10}  finding", "target", "runs", "a second");
    for (name, Outcome { runs, runs_a_second, finding, succeeded }) in outcomes {
        let finding = match (finding, succeeded) {
            (Some(file), _) => file,
            (None, true) => "none",
            (None, false) => "it ended without saying why",
        };
        println!("{name:<10} {runs:>12} {runs_a_second:>10}  {finding}");
    }
    if outcomes.iter().any(|(_, outcome)| !outcome.succeeded) {
        bail!("something was found; a target runs a single input again if it is named after it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Option<(Vec<&'static str>, u32)> {
        let (targets, seconds) = asked(words).ok()?;
        Some((targets.into_iter().map(|(name, _)| name).collect(), seconds))
    }

    #[test]
    fn targets_and_seconds_are_asked_for() {
        let all = vec!["head", "links", "picture", "url"];
        assert_eq!(names(&[]), Some((all.clone(), SECONDS)));
        assert_eq!(names(&["--seconds", "5"]), Some((all, 5)));
        assert_eq!(names(&["url", "head", "--seconds", "5"]), Some((vec!["head", "url"], 5)));
        assert_eq!(names(&["tail"]), None);
        assert_eq!(names(&["--seconds", "soon"]), None);
    }

    #[test]
    fn what_libfuzzer_says_is_read() {
        let mut outcome = Outcome::default();
        outcome.read("stat::number_of_executed_units: 1234");
        outcome.read("stat::average_exec_per_sec:     617");
        outcome.read("artifact_prefix='a/'; Test unit written to a/crash-1");
        let finding = Some("a/crash-1".to_owned());
        let expected = Outcome { runs: 1234, runs_a_second: 617, finding, succeeded: false };
        assert_eq!(outcome, expected);
    }
}
