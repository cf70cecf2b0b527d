//! Builds the browser's half: installs the pinned npm packages when they are missing or their lock changed, runs
//! `assets/build.mjs`, and writes the table that `src/assets.rs` includes.
//!
//! Runs again only when something under `assets/` changed. Needs Node.js 20 or newer with npm.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

/// What decides the result. `node_modules` is not among them: the lock speaks for it.
const INPUTS: [&str; 7] =
    ["build.mjs", "css", "img", "js", ".npmrc", "package.json", "package-lock.json"];

const INSTALL_NODE: &str = "the pages' script and style are bundled with Node.js: install Node.js 20 or newer with npm \
     (Debian: `apt install nodejs npm`; elsewhere your package manager or version manager) and build again";

fn main() -> ExitCode {
    let assets = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("assets");
    let out = PathBuf::from(variable("OUT_DIR"));
    for input in INPUTS {
        println!("cargo::rerun-if-changed=assets/{input}");
    }
    match build(&assets, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            for line in why.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build(assets: &Path, out: &Path) -> Result<(), String> {
    install(assets)?;
    let folder = out.join("assets");
    let output =
        run(Command::new("node").arg("build.mjs").arg(&folder).current_dir(assets), "node")?;
    let lines = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    let table = table(&folder, &lines)?;
    fs::write(out.join("assets_table.rs"), table).map_err(|error| error.to_string())
}

/// Runs `npm ci` unless `node_modules` was installed from this very lock.
///
/// Two profiles may build at once and share the folder, so the installation is done under a file lock.
fn install(assets: &Path) -> Result<(), String> {
    let readable = |error: std::io::Error| format!("{}: {error}", assets.display());
    let lock = fs::read(assets.join("package-lock.json")).map_err(readable)?;
    let stamp = assets.join("node_modules").join(".installed-lock.json");
    fs::create_dir_all(assets.join("dist")).map_err(readable)?;
    let guard = File::create(assets.join("dist").join(".installing")).map_err(readable)?;
    guard.lock().map_err(readable)?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    // esbuild is a development dependency there: a NODE_ENV of production must not leave it out.
    run(Command::new(npm).args(["ci", "--include=dev"]).current_dir(assets), npm)?;
    fs::write(&stamp, lock).map_err(readable)
}

/// Runs `command`, or says why it could not and what to do about it.
fn run(command: &mut Command, program: &str) -> Result<Output, String> {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!("`{program}` was not found; {INSTALL_NODE}"));
        }
        Err(error) => {
            return Err(format!("`{program}` could not be started: {error}; {INSTALL_NODE}"));
        }
    };
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} failed ({}):\n{}", output.status, String::from_utf8_lossy(&said)))
}

/// The Rust source of `assets::TABLE`, from the lines that `build.mjs` printed.
fn table(folder: &Path, lines: &str) -> Result<String, String> {
    let mut source = String::from("&[\n");
    for line in lines.lines() {
        let [name, file, content_type, hash] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("build.mjs printed a line that is not a file: {line}"));
        };
        let include = |path: PathBuf| format!("include_bytes!({:?})", path.to_string_lossy());
        let optional = |suffix: &str| {
            let path = folder.join(format!("{file}{suffix}"));
            if path.exists() { format!("Some({})", include(path)) } else { "None".to_owned() }
        };
        let url = format!("/assets/{file}");
        let etag = format!("\"{hash}\"");
        writeln!(
            source,
            "    Asset {{ name: {name:?}, url: {url:?}, content_type: {content_type:?}, etag: {etag:?}, \
             plain: {}, brotli: {}, gzip: {} }},",
            include(folder.join(file)),
            optional(".br"),
            optional(".gz"),
        )
        .map_err(|error| error.to_string())?;
    }
    source.push_str("]\n");
    Ok(source)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
