//! From what SQLite and the system say to what an operator can act on.

use std::{io, path::Path, sync::Arc};

use rusqlite::ErrorCode;

use crate::StoreError;

/// Says what `error` means for the file at `path`.
pub(crate) fn explain(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    let code = error.sqlite_error_code();
    let source = Arc::new(error);
    match code {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull { path, source },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { path, source }
        }
        Some(ErrorCode::CannotOpen) => StoreError::Inaccessible { path, source },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse { path },
        Some(ErrorCode::DatabaseCorrupt) => {
            let what = source.to_string();
            StoreError::Corrupt { path, place: "one of its pages".into(), what }
        }
        Some(ErrorCode::NotADatabase) => {
            let what = "it does not begin like an SQLite file".into();
            StoreError::Corrupt { path, place: "its header".into(), what }
        }
        _ => {
            let what = format!("{} did not answer as expected", path.display());
            StoreError::Unavailable { what, source: Some(source) }
        }
    }
}

/// The same for what the system says about a file or folder.
pub(crate) fn explain_io(path: &Path, error: io::Error) -> StoreError {
    let path = path.to_path_buf();
    let kind = error.kind();
    let source = Arc::new(error);
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::DiskFull { path, source }
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { path, source }
        }
        _ => StoreError::Inaccessible { path, source },
    }
}

/// Whether the connection itself should not be used again.
pub(super) fn spoils_connection(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}
