//! Reads `settings.toml` again when it changes, or when the process is told to (`SIGHUP`).

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use tasks::Scope;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use web::RateTable;

use crate::settings::{FILE, Settings};

/// How often it is looked whether the file has changed.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The settings that hold now, for everyone who goes by them.
pub struct Watched {
    pub chat: watch::Receiver<chat::Settings>,
    pub limits: watch::Receiver<RateTable>,
    pub previews: watch::Receiver<previews::Settings>,
}

/// Reads the settings of a data folder, and follows them until `scope` stops.
///
/// # Errors
/// At the start a mistake in the file is an error: nobody has seen the server run with others.
pub fn watch_settings(data: &Path, scope: &Scope) -> anyhow::Result<Watched> {
    let mut file = SettingsFile { path: data.join(FILE), seen: None };
    let settings = file.read()?.unwrap_or_default();
    let (chat, chat_watched) = watch::channel(settings.chat);
    let (limits, limits_watched) = watch::channel(settings.limits);
    let (previews, previews_watched) = watch::channel(settings.previews);
    let told = signal(SignalKind::hangup())?;
    scope.spawn_abortable("settings", Follow { file, chat, limits, previews }.run(told));
    Ok(Watched { chat: chat_watched, limits: limits_watched, previews: previews_watched })
}

struct SettingsFile {
    path: PathBuf,
    /// When the file that was read last had been changed; `None`: there was none.
    seen: Option<SystemTime>,
}

impl SettingsFile {
    /// The settings, if the file has changed since it was read last. No file: the usual ones.
    fn changed(&mut self) -> anyhow::Result<Option<Settings>> {
        let modified = match fs::metadata(&self.path).and_then(|found| found.modified()) {
            Ok(modified) => Some(modified),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context("its date cannot be read"),
        };
        if modified == self.seen {
            return Ok(None);
        }
        self.seen = modified;
        self.read()
    }

    fn read(&mut self) -> anyhow::Result<Option<Settings>> {
        // Looked at before it is read: a change in between is seen at the next look.
        self.seen = fs::metadata(&self.path).and_then(|found| found.modified()).ok();
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", self.path.display()));
            }
        };
        let settings = Settings::parse(&text).map_err(anyhow::Error::msg);
        settings.map(Some).with_context(|| format!("a mistake in {}", self.path.display()))
    }
}

struct Follow {
    file: SettingsFile,
    chat: watch::Sender<chat::Settings>,
    limits: watch::Sender<RateTable>,
    previews: watch::Sender<previews::Settings>,
}

impl Follow {
    async fn run(mut self, mut told: Signal) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let read = tokio::select! {
                _ = looks.tick() => self.file.changed(),
                _ = told.recv() => self.file.read(),
            };
            match read {
                Ok(Some(settings)) => self.take(settings),
                Ok(None) => {}
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "the settings were not taken over; those of before hold"
                ),
            }
        }
    }

    fn take(&self, settings: Settings) {
        self.chat.send_replace(settings.chat);
        self.limits.send_replace(settings.limits);
        self.previews.send_replace(settings.previews);
        tracing::info!(file = %self.file.path.display(), "the settings were taken over");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, modified: SystemTime) {
        fs::write(path, text).expect("the folder can be written");
        let file = fs::File::options().write(true).open(path).expect("it was just written");
        file.set_modified(modified).expect("the time of a file can be set");
    }

    #[test]
    fn the_file_is_read_when_its_time_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let mut file = SettingsFile { path: path.clone(), seen: None };
        assert_eq!(file.changed().expect("no file is fine"), None);

        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        write(&path, "grace_seconds = 7", at(100));
        let settings = file.changed().expect("it is right").expect("it is new");
        assert_eq!(settings.chat.grace_ms, 7_000);
        assert_eq!(file.changed().expect("it is right"), None, "nothing new");

        write(&path, "grace_seconds = nine", at(101));
        let mistake = format!("{:#}", file.changed().expect_err("it is wrong"));
        assert!(mistake.contains(FILE) && mistake.contains("line 1"), "{mistake}");
        assert_eq!(file.changed().expect("a mistake is told once"), None);

        fs::remove_file(&path).expect("it is there");
        let settings = file.changed().expect("no file is fine").expect("that is new");
        assert_eq!(settings, Settings::default());
    }
}
