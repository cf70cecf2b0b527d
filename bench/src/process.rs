//! A server process: started, pinned to a core where that can be done, measured from outside.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom},
    path::Path,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// Ticks per second of the times in `/proc/<pid>/stat` (`USER_HZ`, 100 on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// How long a server may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    log: File,
    /// `host:port`.
    pub address: String,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Seconds of CPU, user and system.
    pub cpu_s: f64,
    /// Resident memory, KiB.
    pub resident_kib: u64,
}

impl Server {
    /// Starts `program` on core 0 and waits for the line that ends with its address.
    ///
    /// # Errors
    /// It does not start, or says nothing within ten seconds.
    pub async fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = match has_taskset() {
            true => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", "0"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        let log = tempfile::tempfile()?;
        command.args(arguments).stdout(Stdio::piped()).stderr(log.try_clone()?).kill_on_drop(true);
        let mut child =
            command.spawn().with_context(|| format!("{} does not start", program.display()))?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(Duration::from_secs(10), lines.next_line()).await??;
        let line = line.context("the server ended before it was ready")?;
        let Some((_, address)) = line.rsplit_once("http://") else {
            bail!("the server did not say its address: {line}");
        };
        Ok(Self { child, log, address: address.trim().to_owned() })
    }

    /// Asks it to stop, and returns what it has logged.
    ///
    /// # Errors
    /// It does not stop in time.
    pub async fn stop(mut self) -> anyhow::Result<String> {
        let id = self.child.id().context("the server is gone")?;
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().await?;
        ensure!(asked.success(), "the server could not be asked to stop");
        tokio::time::timeout(STOP_WITHIN, self.child.wait()).await.context("still running")??;
        self.log.seek(SeekFrom::Start(0))?;
        Ok(std::io::read_to_string(&self.log)?)
    }

    /// What it has used so far.
    ///
    /// # Errors
    /// It is gone, or this is not Linux.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let id = self.child.id().context("the server is gone")?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The name, in parentheses, may hold spaces; the fields after it are numbered from 3.
        let fields = stat.rsplit_once(')').context("a malformed stat")?.1;
        let field = |number: usize| {
            let text = fields.split_whitespace().nth(number - 3);
            text.and_then(|text| text.parse::<f64>().ok()).context("a malformed stat")
        };
        let cpu_s = (field(14)? + field(15)?) / TICKS_PER_SECOND;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident_kib =
            resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        Ok(Usage { cpu_s, resident_kib: resident_kib.context("no VmRSS")? })
    }
}

fn has_taskset() -> bool {
    std::process::Command::new("taskset")
        .args(["--cpu-list", "0", "true"])
        .status()
        .is_ok_and(|status| status.success())
}
