//! The secret that signs cookies and pages: made once, kept in the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, bail};
use liveview::Secret;

const FILE: &str = "secret.key";
const BYTES: usize = 64;

/// Reads the secret in `folder`, or makes one that nobody else can read.
///
/// # Errors
/// The file cannot be read or written, or is shorter than a secret: whoever changed it knows.
pub fn read_or_make(folder: &Path) -> anyhow::Result<Secret> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) if bytes.len() < BYTES => {
            bail!(
                "{} is damaged: restore it from a backup, or delete it (everyone becomes a new guest then)",
                path.display()
            )
        }
        Ok(bytes) => Ok(Secret::new(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder, &path),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn make(folder: &Path, path: &Path) -> anyhow::Result<Secret> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    // Written beside and renamed: a crash in between leaves no half secret.
    let beside = folder.join(format!("{FILE}.new"));
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Secret::new(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let first = read_or_make(folder.path()).unwrap();
        let again = read_or_make(folder.path()).unwrap();
        let token = first.sign("test", &"hello", i64::MAX);
        assert_eq!(again.verify("test", &token, 0), Some("hello".to_owned()));
    }

    #[test]
    fn a_damaged_secret_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), b"short").unwrap();
        let error = read_or_make(folder.path()).unwrap_err().to_string();
        assert!(error.contains("damaged"), "{error}");
    }
}
