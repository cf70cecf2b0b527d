//! `cargo xtask ci`: everything a change must pass, and how long each step took.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    run::{command, find, run},
    test, tidy,
};

/// Runs the steps in turn, stops at the first that fails, and says how many tests ran.
///
/// # Errors
/// What that step says.
pub fn ci() -> Result<()> {
    let mut times = Vec::new();
    let outcome = steps(&mut times);
    println!("\nseconds  step");
    for (name, took) in &times {
        println!("{:7.0}  {name}", took.as_secs_f64());
    }
    let tally = outcome?;
    println!("\n{tally}");
    tally.check()
}

fn steps(times: &mut Vec<(&'static str, Duration)>) -> Result<test::Tally> {
    let mut timed = |name, step: &mut dyn FnMut() -> Result<()>| {
        let started = Instant::now();
        let outcome = step();
        times.push((name, started.elapsed()));
        outcome
    };
    timed("fmt", &mut || run(&mut command("", "cargo fmt --all --check")))?;
    timed("tidy", &mut tidy::tidy)?;
    if find("cargo-deny").is_some() {
        timed("deny", &mut || run(&mut command("", "cargo deny check licenses bans sources")))?;
    }
    if find("cargo-machete").is_some() {
        timed("machete", &mut || run(&mut command("", "cargo machete")))?;
    }
    timed("clippy", &mut || {
        run(&mut command("", "cargo clippy --workspace --all-targets -- -D warnings"))
    })?;
    timed("doc", &mut || {
        let mut doc = command("", "cargo doc --workspace --no-deps");
        run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    let mut tally = test::Tally::default();
    timed("test", &mut || {
        tally = test::tally(&[])?;
        Ok(())
    })?;
    Ok(tally)
}
