//! Developer commands: `cargo xtask <command>`.

mod ci;
mod conformance;
mod fuzz;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [rust] [scripts] [browser]   install what the tests need, and pass them (all, or these)
cargo xtask tidy                              the rules of ARCHITECTURE.md that a compiler does not know
cargo xtask ci                                everything a change must pass
cargo xtask conformance <test/e2e> [spec]...  phoenix_live_view's own browser specs (all we have pages for, or these)
cargo xtask fuzz [target]... [--seconds N]    random input for what reads other people's bytes, 60 seconds each (needs a nightly compiler)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["test", ref parts @ ..] => test::test(parts),
        ["tidy"] => tidy::tidy(),
        ["ci"] => ci::ci(),
        ["conformance", folder, ref specs @ ..] => conformance::conformance(folder, specs),
        ["fuzz", ref words @ ..] => fuzz::fuzz(words),
        _ => Err(anyhow::anyhow!("say which command:\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace: what went wrong is a program that was run, or a rule.
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
