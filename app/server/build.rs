//! Tells the program which commit it is built from, where there is a repository.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=../../.git/HEAD");
    // Written at every commit, and by whatever else moves HEAD.
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    println!("cargo::rerun-if-changed=build.rs");
    let format = "--format=%h of %cd";
    let shown = Command::new("git").args(["log", "-1", "--date=short", format]).output();
    if let Some(output) = shown.ok().filter(|output| output.status.success())
        && let Ok(text) = String::from_utf8(output.stdout)
    {
        println!("cargo::rustc-env=TEAHOUSE_COMMIT={}", text.trim());
    }
}
