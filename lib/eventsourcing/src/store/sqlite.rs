//! The log in one SQLite file.

use std::path::Path;

use super::StoreError;

/// How the file is used.
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// Appends that may wait for the writer, in appends. The next ones wait for a place.
    pub queue_max: usize,
    /// Appends that one transaction may hold, in appends.
    pub group_max: usize,
    /// Connections for reading.
    pub readers: usize,
}

impl Default for SqliteConfig {
    fn default() -> Self {
        Self { queue_max: 1_024, group_max: 512, readers: 4 }
    }
}

/// The log in the file `log.db` of a folder.
#[derive(Debug)]
pub struct SqliteStore {}

impl SqliteStore {
    /// Opens the log in `folder`, or makes both. Blocks while it reads and creates files.
    ///
    /// # Errors
    /// `InUse`, `NewerVersion`, `Foreign`, `Corrupt`, `ReadOnly`, `DiskFull`, `Inaccessible`: each names the
    /// file and says what to do.
    pub fn open(folder: &Path, config: SqliteConfig) -> Result<Self, StoreError> {
        let _ = (folder, config);
        unimplemented!()
    }
}
