//! Files, in a folder or in memory: written whole, or not at all.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::fs;

/// What a file that is not whole yet is called at its end.
const UNFINISHED: &str = ".part";

/// Where files are kept, each under the name of a shelf and its own. Names are ours: no path in them
/// ever comes from elsewhere.
pub(crate) enum Files {
    Memory(Mutex<BTreeMap<PathBuf, Arc<[u8]>>>),
    Folder(PathBuf),
}

impl Files {
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        let Some(folder) = folder else { return Ok(Self::Memory(Mutex::default())) };
        std::fs::create_dir_all(&folder)?;
        Ok(Self::Folder(folder))
    }

    /// Writes `bytes` in place of what was there.
    ///
    /// # Errors
    /// What was there is there still.
    pub async fn write(&self, shelf: &Path, name: &str, bytes: Arc<[u8]>) -> io::Result<()> {
        match self {
            Self::Memory(files) => {
                lock(files).insert(shelf.join(name), bytes);
                Ok(())
            }
            Self::Folder(folder) => {
                let shelf = folder.join(shelf);
                fs::create_dir_all(&shelf).await?;
                let unfinished = shelf.join(format!("{name}{UNFINISHED}"));
                fs::write(&unfinished, bytes).await?;
                fs::rename(&unfinished, shelf.join(name)).await
            }
        }
    }

    /// The file, if it is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read(&self, shelf: &Path, name: &str) -> io::Result<Option<Arc<[u8]>>> {
        match self {
            Self::Memory(files) => Ok(lock(files).get(&shelf.join(name)).cloned()),
            Self::Folder(folder) => {
                let read = fs::read(folder.join(shelf).join(name)).await;
                Ok(if_there(read)?.map(Arc::from))
            }
        }
    }

    /// The names on a shelf, those of unfinished files too.
    ///
    /// # Errors
    /// The shelf cannot be read. One that is missing is empty.
    pub async fn list(&self, shelf: &Path) -> io::Result<Vec<String>> {
        match self {
            Self::Memory(files) => {
                let files = lock(files);
                let on_shelf = files.keys().filter_map(|path| path.strip_prefix(shelf).ok());
                Ok(on_shelf.map(|name| name.to_string_lossy().into_owned()).collect())
            }
            Self::Folder(folder) => {
                let Some(mut entries) = if_there(fs::read_dir(folder.join(shelf)).await)? else {
                    return Ok(Vec::new());
                };
                let mut names = Vec::new();
                while let Some(entry) = entries.next_entry().await? {
                    names.extend(entry.file_name().into_string().ok());
                }
                Ok(names)
            }
        }
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// It cannot be removed.
    pub async fn remove(&self, shelf: &Path, name: &str) -> io::Result<()> {
        match self {
            Self::Memory(files) => drop(lock(files).remove(&shelf.join(name))),
            Self::Folder(folder) => {
                if_there(fs::remove_file(folder.join(shelf).join(name)).await)?;
            }
        }
        Ok(())
    }

    /// Removes a shelf with everything on it.
    ///
    /// # Errors
    /// Something on it may be left.
    pub async fn clear(&self, shelf: &Path) -> io::Result<()> {
        match self {
            Self::Memory(files) => lock(files).retain(|path, _| !path.starts_with(shelf)),
            Self::Folder(folder) => {
                if_there(fs::remove_dir_all(folder.join(shelf)).await)?;
            }
        }
        Ok(())
    }
}

fn lock(
    files: &Mutex<BTreeMap<PathBuf, Arc<[u8]>>>,
) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<[u8]>>> {
    files.lock().expect("no panic while the files are held")
}

fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(files: Files) {
        let (kitchen, cellar) = (Path::new("rooms/kitchen"), Path::new("rooms/cellar"));
        let write = async |shelf, name, bytes: &[u8]| {
            files.write(shelf, name, bytes.into()).await.expect("written");
        };
        write(kitchen, "1-a.png", b"old").await;
        write(kitchen, "1-a.png", b"new").await;
        write(kitchen, "2-b.png", b"b").await;
        write(cellar, "1-a.png", b"c").await;
        let read = async |shelf, name| files.read(shelf, name).await.expect("no fault");
        assert_eq!(read(kitchen, "1-a.png").await.as_deref(), Some(&b"new"[..]));
        let mut names = files.list(kitchen).await.expect("no fault");
        names.sort();
        assert_eq!(names, ["1-a.png", "2-b.png"]);

        for _ in 0..2 {
            files.remove(kitchen, "1-a.png").await.expect("no fault");
        }
        assert_eq!(read(kitchen, "1-a.png").await, None);
        for _ in 0..2 {
            files.clear(kitchen).await.expect("no fault");
        }
        assert_eq!(files.list(kitchen).await.expect("no fault"), [""; 0]);
        assert_eq!(read(cellar, "1-a.png").await.as_deref(), Some(&b"c"[..]));
    }

    #[tokio::test]
    async fn files_are_kept_in_memory_and_in_a_folder() {
        check(Files::open(None).expect("it opens")).await;
        let folder = tempfile::tempdir().expect("a folder for this test");
        check(Files::open(Some(folder.path().join("previews"))).expect("it opens")).await;
    }
}
