//! `cargo xtask conformance`: phoenix_live_view's own browser specs, unmodified, against our server.
//!
//! The specs belong to their authors and are not in this repository: the caller names the folder
//! `test/e2e` of a checkout. They are copied to `target/conformance`, laid out as they expect, and
//! visit the pages of liveview's example of the same name.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    run::{self, command, root},
    test,
};

const FOLDER: &str = "target/conformance";
const PORT: u16 = 4004;

/// The specs whose pages the example has; files are matched by these parts of their names.
const SPECS: &[&str] = &[
    "/components.spec",
    "/errors.spec",
    "/form-unsaved.spec",
    "/forms.spec",
    "/js.spec",
    "/keyed-comprehension.spec",
    "/navigation.spec",
    "/portal.spec",
    "/select.spec",
    "/streams.spec",
    "issues/3026.spec",
    "issues/3047.spec",
    "issues/3107.spec",
    "issues/3169.spec",
    "issues/3194.spec",
    "issues/3200.spec",
    "issues/3378.spec",
    "issues/3448.spec",
    "issues/3529.spec",
    "issues/3530.spec",
    "issues/3612.spec",
    "issues/3636.spec",
    "issues/3651.spec",
    "issues/3681.spec",
    "issues/3686.spec",
    "issues/3709.spec",
    "issues/3719.spec",
    "issues/3814.spec",
    "issues/3819.spec",
    "issues/3941.spec",
    "issues/3953.spec",
    "issues/3979.spec",
    "issues/4027.spec",
    "issues/4066.spec",
    "issues/4094.spec",
    "issues/4095.spec",
    "issues/4102.spec",
    "issues/4107.spec",
    "issues/4121.spec",
    "issues/4147.spec",
    "issues/4212.spec",
    "issues/4290.spec",
    "issues/4325.spec",
    "issues/4334.spec",
    "issues/4350.spec",
    "issues/4359.spec",
];

/// Tests of these specs that may fail: file, title, and why.
const MAY_FAIL: &[(&str, &str, &str)] = &[];

/// How one spec file went.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    passed: usize,
    failed: Vec<String>,
}

/// Runs the named specs of `folder`, or all that we have pages for.
///
/// # Errors
/// Something could not be installed or started, or a test failed that must not.
pub fn conformance(folder: &str, specs: &[&str]) -> Result<()> {
    test::check_node()?;
    let chromium = test::chromium()?;
    lay_out(Path::new(folder))?;
    test::npm_ci(FOLDER)?;
    let map = root().join(FOLDER).join("priv/static/phoenix_live_view.esm.js.map");
    fs::create_dir_all(map.parent().expect("it lies in a folder"))?;
    let package = root().join(FOLDER).join("node_modules/phoenix_live_view/priv/static");
    fs::copy(package.join("phoenix_live_view.esm.js.map"), map)?;
    run::run(&mut command("", "cargo build -p liveview --example conformance"))?;
    let server = Server::start()?;
    let mut playwright = command(FOLDER, "npx playwright test -c playwright.config.js");
    playwright.args(if specs.is_empty() { SPECS } else { specs }).env("CHROMIUM", chromium);
    let report = root().join(FOLDER).join("report.json");
    let _none_of_last_time = fs::remove_file(&report);
    // It fails if a test does; which one is in its report.
    let _read_below = run::run(&mut playwright);
    drop(server);
    let report = fs::read(&report).context("playwright wrote no report")?;
    judge(&outcomes(&serde_json::from_slice(&report)?))
}

/// Copies the specs to where they find what they import.
fn lay_out(specs: &Path) -> Result<()> {
    let specs = std::path::absolute(specs)?;
    if !specs.join("tests").is_dir() {
        bail!("{} is not the folder `test/e2e` of phoenix_live_view", specs.display());
    }
    let folder = root().join(FOLDER);
    let copy = folder.join("test/e2e");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_scripts(&specs, &copy)?;
    for own in ["package.json", "package-lock.json", "playwright.config.js"] {
        fs::copy(root().join("xtask/conformance").join(own), folder.join(own))?;
    }
    Ok(())
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        let unwanted = ["node_modules", "test-results", "support"];
        if path.is_dir() && !unwanted.iter().any(|name| entry.file_name() == *name) {
            copy_scripts(&path, &to)?;
        } else if path.is_file() {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}

/// The example, until it is dropped.
struct Server(Child);

impl Server {
    fn start() -> Result<Self> {
        if connects() {
            bail!("something listens on port {PORT} already, which the specs need");
        }
        let mut example = Command::new(root().join("target/debug/examples/conformance"));
        let packages = root().join(FOLDER).join("node_modules");
        let child = example.arg(packages).spawn().context("the example cannot be started")?;
        let mut server = Self(child);
        let deadline = Instant::now() + Duration::from_secs(10);
        while !connects() {
            if let Some(status) = server.0.try_wait()? {
                bail!("the example ended at once ({status})");
            }
            if Instant::now() > deadline {
                bail!("the example does not listen on port {PORT}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _may_have_ended = self.0.kill();
        let _status = self.0.wait();
    }
}

fn connects() -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).is_ok()
}

/// Reads playwright's JSON report.
fn outcomes(report: &Value) -> BTreeMap<String, Outcome> {
    let mut outcomes = BTreeMap::new();
    list(report, "suites").for_each(|suite| collect(suite, "", &mut outcomes));
    outcomes
}

fn collect(suite: &Value, within: &str, outcomes: &mut BTreeMap<String, Outcome>) {
    for spec in list(suite, "specs") {
        let outcome: &mut Outcome = outcomes.entry(text(spec, "file").to_owned()).or_default();
        match spec["ok"].as_bool() {
            Some(true) => outcome.passed += 1,
            _ => outcome.failed.push(format!("{within}{}", text(spec, "title"))),
        }
    }
    for inner in list(suite, "suites") {
        collect(inner, &format!("{within}{} › ", text(inner, "title")), outcomes);
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Prints a line per spec and the names of what failed.
fn judge(outcomes: &BTreeMap<String, Outcome>) -> Result<()> {
    if outcomes.is_empty() {
        bail!("no test ran");
    }
    println!("\n{:<44} {:>6} {:>6}", "spec", "passed", "failed");
    let mut unexpected = 0;
    for (file, Outcome { passed, failed }) in outcomes {
        println!("{file:<44} {passed:>6} {:>6}", failed.len());
        for title in failed {
            match MAY_FAIL.iter().find(|(known, name, _)| file == known && title == name) {
                Some((_, _, reason)) => println!("    {title} (may fail: {reason})"),
                None => {
                    unexpected += 1;
                    println!("    {title}");
                }
            }
        }
    }
    let passed: usize = outcomes.values().map(|outcome| outcome.passed).sum();
    println!("\n{passed} passed, {unexpected} failed");
    if unexpected > 0 { bail!("{unexpected} tests failed") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_counted_by_file() {
        let spec = |title, ok| json!({ "title": title, "ok": ok, "file": "js.spec.js" });
        let group = json!({ "title": "group", "specs": [spec("b", false)] });
        let report = json!({ "suites": [
            { "title": "js.spec.js", "specs": [spec("a", true)], "suites": [group] },
        ]});
        let expected = Outcome { passed: 1, failed: vec!["group › b".to_owned()] };
        assert_eq!(outcomes(&report), [("js.spec.js".to_owned(), expected)].into());
    }
}
