//! Free space on the disk of the database. Below a threshold, new files and accounts are refused, so that conversations
//! can continue as long as possible.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{AppError, Code};

/// The disk of the database. Clones share it. The default watches nothing and never refuses.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    watched: Option<Arc<Watched>>,
}

#[derive(Debug)]
struct Watched {
    folder: PathBuf,
    min_free: u64,
}

impl Disk {
    /// Watches the disk that holds the file `database`. [`Self::check`] refuses below `min_free` bytes.
    pub fn of(database: &Path, min_free: u64) -> Self {
        let folder = folder_of(database);
        Self { watched: Some(Arc::new(Watched { folder, min_free })) }
    }

    /// Returns the free space in bytes, `None` if the system does not report it.
    pub fn free(&self) -> Option<u64> {
        free_in(&self.watched.as_ref()?.folder)
    }

    /// Returns the bytes below which [`Self::check`] refuses.
    pub fn min_free(&self) -> u64 {
        self.watched.as_ref().map_or(0, |watched| watched.min_free)
    }

    pub fn is_low(&self) -> bool {
        self.free().is_some_and(|free| free < self.min_free())
    }

    /// Checks the free space. `what` names the refused operation in the message, such as `new files`.
    ///
    /// Errors: [`Code::StorageLow`] if free space is below the threshold.
    pub fn check(&self, what: &str) -> Result<(), AppError> {
        if !self.is_low() {
            return Ok(());
        }
        tracing::warn!(free = self.free(), min_free = self.min_free(), what, "disk space low");
        let message = format!(
            "The server is short of disk space and takes no {what} until its operator has made room. Nothing was stored. Try again later."
        );
        Err(AppError { retry_after: Some(600), ..AppError::new(Code::StorageLow, message) })
    }
}

/// Returns the folder of a file.
pub fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Returns the bytes that an unprivileged process may still write below `folder`.
#[cfg(unix)]
pub fn free_in(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
pub fn free_in(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_disk_below_its_minimum_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("csuite.db");
        assert!(Disk::default().check("new files").is_ok());
        assert!(Disk::of(&database, 0).check("new files").is_ok());
        let full = Disk::of(&database, u64::MAX);
        assert!(full.free().unwrap() > 0);
        let refusal = full.check("new files").unwrap_err();
        assert_eq!(refusal.code, Code::StorageLow);
        assert!(refusal.message.contains("no new files") && refusal.retry_after.is_some());
    }
}
