//! Spools uploaded files to disk, so that a slow or stalled sender uses no memory.
//!
//! A spooled file has no name (`O_TMPFILE`, or unlinked at once), so nothing remains when it is dropped or the process
//! is killed. It is on the database's disk, whose size the operator controls.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::disk::Disk;
use crate::error::{AppError, Code};

/// Limits on spooled bytes.
#[derive(Clone, Copy, Debug)]
pub struct SpoolCaps {
    pub all: u64,
    pub per_tenant: u64,
}

/// The spool folder. Clones share the caps.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<PathBuf>,
    disk: Disk,
    caps: SpoolCaps,
    held: Arc<Mutex<Held>>,
}

/// The spooled bytes, in total and by tenant.
#[derive(Debug, Default)]
struct Held {
    all: u64,
    by_tenant: HashMap<String, u64>,
}

impl Spool {
    pub fn new(folder: PathBuf, disk: Disk, caps: SpoolCaps) -> Self {
        Self { folder: Arc::new(folder), disk, caps, held: Arc::default() }
    }

    /// Creates an empty file for a tenant. Errors: [`Code::StorageLow`].
    pub async fn begin(&self, tenant_id: &str) -> Result<Arriving, AppError> {
        self.disk.check("new files")?;
        let folder = self.folder.clone();
        let open = tokio::task::spawn_blocking(move || tempfile::tempfile_in(&*folder));
        let file = open.await.map_err(AppError::internal)?.map_err(|cause| failed(&cause))?;
        let share = Share { spool: self.clone(), tenant_id: tenant_id.to_owned(), bytes: 0 };
        Ok(Arriving { file: file.into(), share })
    }

    /// Returns the spooled bytes of all tenants.
    pub fn held(&self) -> u64 {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of a file that count against the caps. Released on drop.
#[derive(Debug)]
struct Share {
    spool: Spool,
    tenant_id: String,
    bytes: u64,
}

impl Share {
    /// Reserves `bytes` more. Errors: [`Code::Overloaded`] if a cap would be exceeded.
    fn grow(&mut self, bytes: u64) -> Result<(), AppError> {
        let caps = self.spool.caps;
        let mut held = self.spool.lock();
        let own = held.by_tenant.get(&self.tenant_id).copied().unwrap_or_default();
        if own + bytes > caps.per_tenant {
            return Err(busy(
                "Your business is uploading other files. Wait until they have arrived, then send this one again.",
            ));
        }
        if held.all + bytes > caps.all {
            return Err(busy(
                "The server is receiving too many files. Send this one again in a minute.",
            ));
        }
        held.all += bytes;
        held.by_tenant.insert(self.tenant_id.clone(), own + bytes);
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.spool.lock();
        held.all = held.all.saturating_sub(self.bytes);
        let left =
            held.by_tenant.get(&self.tenant_id).map_or(0, |own| own.saturating_sub(self.bytes));
        if left == 0 {
            held.by_tenant.remove(&self.tenant_id);
        } else {
            held.by_tenant.insert(self.tenant_id.clone(), left);
        }
    }
}

/// A file that is being received.
#[derive(Debug)]
pub struct Arriving {
    file: tokio::fs::File,
    share: Share,
}

impl Arriving {
    /// Returns the bytes received so far.
    pub fn len(&self) -> u64 {
        self.share.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends bytes. Errors: [`Code::Overloaded`] over a cap, [`Code::StorageLow`] on a full disk.
    pub async fn write(&mut self, part: Bytes) -> Result<(), AppError> {
        self.share.grow(part.len() as u64)?;
        self.file.write_all(&part).await.map_err(|cause| failed(&cause))
    }

    /// Finishes the file. Errors: like [`Self::write`].
    pub async fn end(mut self) -> Result<Spooled, AppError> {
        self.file.flush().await.map_err(|cause| failed(&cause))?;
        let file = Arc::new(Mutex::new(self.file.into_std().await));
        Ok(Spooled { file, share: Arc::new(self.share) })
    }
}

/// A received file. Clones share it.
#[derive(Clone, Debug)]
pub struct Spooled {
    file: Arc<Mutex<File>>,
    share: Arc<Share>,
}

impl Spooled {
    /// Returns the size in bytes.
    pub fn len(&self) -> u64 {
        self.share.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads up to `most` bytes at `offset`. Returns an empty vector at the end.
    pub async fn read_part(&self, offset: u64, most: u64) -> Result<Vec<u8>, AppError> {
        let file = self.file.clone();
        let read = move || -> io::Result<Vec<u8>> {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(offset))?;
            let mut content = Vec::new();
            Read::by_ref(&mut *file).take(most).read_to_end(&mut content)?;
            Ok(content)
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(AppError::internal)?;
        read.map_err(|cause| failed(&cause))
    }

    /// Reads the whole content on a blocking thread. The caller bounds the number of concurrent calls.
    pub async fn read(&self) -> Result<Vec<u8>, AppError> {
        let (file, len) = (self.file.clone(), self.len());
        let read = move || -> io::Result<Vec<u8>> {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let mut content = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
            file.rewind()?;
            file.read_to_end(&mut content)?;
            Ok(content)
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(AppError::internal)?;
        read.map_err(|cause| failed(&cause))
    }
}

fn busy(message: &str) -> AppError {
    AppError { retry_after: Some(30), ..AppError::new(Code::Overloaded, message) }
}

fn failed(cause: &io::Error) -> AppError {
    if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        tracing::error!(error.cause = %cause, "file not spooled");
        return AppError::new(
            Code::StorageLow,
            "The server's disk is full, so the file was not stored. Tell the operator of this installation, and send it again later.",
        );
    }
    AppError::internal(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn spool(folder: &tempfile::TempDir) -> Spool {
        let caps = SpoolCaps { all: 10, per_tenant: 6 };
        Spool::new(folder.path().to_owned(), Disk::default(), caps)
    }

    #[tokio::test]
    async fn a_file_is_read_back_as_it_arrived_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        let mut file = spool.begin("a").await.unwrap();
        file.write(Bytes::from_static(b"abc")).await.unwrap();
        file.write(Bytes::from_static(b"def")).await.unwrap();
        let file = file.end().await.unwrap();
        assert_eq!(file.read().await.unwrap(), b"abcdef");
        assert_eq!(file.read().await.unwrap(), b"abcdef", "as often as it is wanted");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        assert_eq!(spool.held(), 6);
        drop(file);
        assert_eq!(spool.held(), 0);
    }

    #[tokio::test]
    async fn uploads_are_bounded_per_business_and_in_all() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        let mut files = Vec::new();
        for (tenant, fits) in [("a", true), ("a", false), ("b", true), ("c", false)] {
            let mut file = spool.begin(tenant).await.unwrap();
            let written = file.write(Bytes::from_static(b"12345")).await;
            assert_eq!(written.is_ok(), fits, "{tenant}");
            if let Err(refusal) = written {
                assert_eq!((refusal.code, refusal.retry_after), (Code::Overloaded, Some(30)));
            }
            files.push(file);
        }
        files.clear();
        assert_eq!(spool.held(), 0);
        assert!(spool.lock().by_tenant.is_empty());
    }
}
