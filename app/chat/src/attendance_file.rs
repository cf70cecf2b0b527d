//! Who was where, in a file: so that a restart is no absence.
//!
//! A hint, and no part of the log: without the file, or with a damaged or an old one, everyone is
//! missed until their page is back.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use serde::{Deserialize, Serialize};
use tasks::Clock;

use crate::{
    Attendance, Chat, Seat, attendance::Place, attendance_file_task::attendance_file_task,
};

/// Places that are kept: half a megabyte, a few at most. Whoever has none is missed after a restart
/// until their page is back.
const PLACES_MAX: usize = 4_096;
/// A file that says less recently who was there is not believed, in milliseconds: pages that could
/// not connect for so long may have been closed meanwhile.
const BELIEVED_MS: u64 = 2 * 60 * 1_000;
/// While somebody is there it is said again after so long, in milliseconds, though nothing changed.
pub(crate) const SAID_EVERY_MS: u64 = 30 * 1_000;

/// What the file says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Attended {
    at_ms: i64,
    places: Vec<Place>,
}

/// Why a file is not believed.
#[derive(Debug, thiserror::Error)]
enum Doubt {
    #[error("it could not be read")]
    Unread(#[source] io::Error),
    #[error("it is damaged")]
    Damaged(#[source] serde_json::Error),
    #[error("it is of another time, {0} ms from now")]
    OfAnotherTime(u64),
}

/// The file.
pub(crate) struct AttendanceFile {
    path: PathBuf,
    attendance: Attendance,
    clock: Clock,
    /// Held while the file is written, by threads that may block: one after the other.
    keeping: Mutex<Keeping>,
    /// Whoever was there at the last stop, until the doors are open.
    awaited: Mutex<Vec<Seat>>,
}

#[derive(Default)]
struct Keeping {
    /// What the file says; `None`: unknown.
    said: Option<Attended>,
    /// The last attempt failed, and the log says so.
    fails: bool,
    is_closed: bool,
}

impl AttendanceFile {
    /// Whoever is in the file at `path` is there again until [`AttendanceFile::await_no_longer`].
    /// Blocks for as long as it takes to read it.
    pub fn open(path: PathBuf, attendance: Attendance, clock: Clock) -> Arc<Self> {
        let places = read(&path).and_then(|found| match found {
            Some(bytes) => believed(&bytes, clock.now_ms()),
            None => Ok(Vec::new()),
        });
        let places = places.unwrap_or_else(|doubt| {
            let cause = std::error::Error::source(&doubt).map(ToString::to_string);
            tracing::warn!(%doubt, cause, "who was here before the start is not known");
            Vec::new()
        });
        let awaited = places.iter().map(|place| attendance.remember(place)).collect();
        let (keeping, awaited) = (Mutex::default(), Mutex::new(awaited));
        Arc::new(Self { path, attendance, clock, keeping, awaited })
    }

    /// From now on they have the grace time to come back.
    pub fn await_no_longer(&self) {
        let awaited = std::mem::take(&mut *self.awaited.lock().expect("no panic while it is held"));
        drop(awaited);
    }

    /// Writes who is where, if the file does not say so or has not said so for long. Nobody is
    /// anywhere: there is no file. Blocks.
    pub fn write(&self) {
        self.write_into(&mut self.keeping());
    }

    /// Writes who is where for the last time: what happens from now on is the stop.
    pub fn close(&self) {
        let mut keeping = self.keeping();
        self.write_into(&mut keeping);
        keeping.is_closed = true;
    }

    fn write_into(&self, keeping: &mut Keeping) {
        let places = self.attendance.places(PLACES_MAX);
        let now = Attended { at_ms: self.clock.now_ms(), places };
        if keeping.is_closed || !is_due(keeping.said.as_ref(), &now) {
            return;
        }
        match self.replace(&now) {
            Ok(()) => (keeping.said, keeping.fails) = (Some(now), false),
            // What failed is tried again at the next change; one line is enough.
            Err(error) if !keeping.fails => {
                tracing::warn!(%error, "who is here cannot be kept for the next start");
                (keeping.said, keeping.fails) = (None, true);
            }
            Err(_) => {}
        }
    }

    /// A crash in between leaves the old file or the new one. It is not forced to the disk: what a
    /// power cut damages is not believed.
    fn replace(&self, now: &Attended) -> io::Result<()> {
        if now.places.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let beside = self.path.with_extension("json.new");
        fs::write(&beside, serde_json::to_vec(now)?)?;
        fs::rename(&beside, &self.path)
    }

    fn keeping(&self) -> MutexGuard<'_, Keeping> {
        self.keeping.lock().expect("no panic while the file is held")
    }
}

fn read(path: &PathBuf) -> Result<Option<Vec<u8>>, Doubt> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Doubt::Unread(error)),
    }
}

/// Who was where, by what a file says that is read at `now_ms`.
fn believed(bytes: &[u8], now_ms: i64) -> Result<Vec<Place>, Doubt> {
    let Attended { at_ms, mut places } = serde_json::from_slice(bytes).map_err(Doubt::Damaged)?;
    let away_ms = now_ms.abs_diff(at_ms);
    if away_ms > BELIEVED_MS {
        return Err(Doubt::OfAnotherTime(away_ms));
    }
    places.truncate(PLACES_MAX);
    Ok(places)
}

/// Whether a file that says `said` is to say `now`.
fn is_due(said: Option<&Attended>, now: &Attended) -> bool {
    let Some(said) = said else { return true };
    let is_long_ago = now.at_ms.abs_diff(said.at_ms) >= SAID_EVERY_MS;
    said.places != now.places || (is_long_ago && !now.places.is_empty())
}

impl Chat {
    /// People can reach this from now on: whoever was here shortly before the last stop has the
    /// grace time, counted from now, to come back, and was never gone. Call it once; until then
    /// they count as there. Nothing without [`crate::Config::attendance_file`].
    pub fn doors_open(&self) {
        let Some(file) = &self.0.attendance_file else { return };
        // Subscribed before the first one goes.
        let diffs = self.attendance().diffs();
        file.await_no_longer();
        let task = attendance_file_task(file.clone(), diffs);
        self.0.house.spawn_abortable("attendance file", task);
    }

    /// Keeps for the next start who is here. Call it before pages are told to go; who goes from now
    /// on goes because of the stop.
    pub async fn doors_close(&self) {
        let Some(file) = self.0.attendance_file.clone() else { return };
        if tokio::task::spawn_blocking(move || file.close()).await.is_err() {
            tracing::error!("keeping who is here panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;

    use super::*;
    use crate::RoomId;

    const NOON_MS: i64 = 43_200_000;

    fn somebody() -> Place {
        let guest = GuestSession::fresh().guest();
        Place { room: Some(RoomId::random()), guest, idle: false, since_ms: 5 }
    }

    fn attended(at_ms: i64, places: &[Place]) -> Attended {
        Attended { at_ms, places: places.to_vec() }
    }

    #[test]
    fn a_file_of_a_moment_ago_is_believed_and_no_other() {
        let places = [somebody(), Place { room: None, idle: true, ..somebody() }];
        let bytes = serde_json::to_vec(&attended(NOON_MS, &places)).unwrap();
        for away_ms in [0, 1, 120_000, -120_000] {
            assert_eq!(believed(&bytes, NOON_MS + away_ms).unwrap(), places, "{away_ms}");
        }
        for away_ms in [120_001, -120_001, i64::MAX - NOON_MS] {
            let doubt = believed(&bytes, NOON_MS + away_ms);
            assert!(matches!(doubt, Err(Doubt::OfAnotherTime(_))), "{away_ms}: {doubt:?}");
        }
        for end in 0..bytes.len() {
            let doubt = believed(&bytes[..end], NOON_MS);
            assert!(matches!(doubt, Err(Doubt::Damaged(_))), "{end}: {doubt:?}");
        }
    }

    #[test]
    fn so_many_are_believed_and_no_more() {
        let places = vec![somebody(); PLACES_MAX + 1];
        let bytes = serde_json::to_vec(&attended(NOON_MS, &places)).unwrap();
        assert_eq!(believed(&bytes, NOON_MS).unwrap().len(), PLACES_MAX);
    }

    #[test]
    fn what_did_not_change_is_said_again_only_while_somebody_is_there() {
        let ana = [somebody()];
        let said = attended(NOON_MS, &ana);
        let check = |said: Option<&Attended>, now, expected| {
            assert_eq!(is_due(said, &now), expected, "{said:?}, {now:?}");
        };
        check(None, attended(NOON_MS, &[]), true);
        check(Some(&said), attended(NOON_MS + 1, &ana), false);
        check(Some(&said), attended(NOON_MS + 30_000, &ana), true);
        check(Some(&said), attended(NOON_MS - 30_000, &ana), true);
        check(Some(&said), attended(NOON_MS + 1, &[]), true);
        check(Some(&attended(NOON_MS, &[])), attended(NOON_MS + 30_000, &[]), false);
    }
}
