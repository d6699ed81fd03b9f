//! The embedded site of a `dist` build.

use std::future::{Ready, ready};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use include_dir::{Dir, DirEntry, include_dir};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

use super::{HASH_FILE, PACKAGE, names};
use crate::platform::BrowserFiles;

static SITE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/target/site");

/// Returns the file names of the embedded site.
pub fn names() -> Result<BrowserFiles, String> {
    let name = |file: &include_dir::File<'_>| Some(file.path().file_name()?.to_str()?.to_owned());
    let package = SITE.get_dir(PACKAGE);
    let found: Vec<String> = package.into_iter().flat_map(Dir::files).filter_map(name).collect();
    let hashes = SITE.get_file(HASH_FILE).and_then(|file| file.contents_utf8());
    names::find(&found, hashes.map(ToOwned::to_owned))
}

/// The embedded site as a file system.
#[derive(Clone, Copy, Debug)]
pub struct Embedded;

impl Backend for Embedded {
    type File = EmbeddedFile;
    type Metadata = EmbeddedMetadata;
    type OpenFuture = Ready<io::Result<EmbeddedFile>>;
    type MetadataFuture = Ready<io::Result<EmbeddedMetadata>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(match entry(&path) {
            Some(DirEntry::File(file)) => {
                Ok(EmbeddedFile { content: Cursor::new(file.contents()), metadata: metadata(file) })
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(match entry(&path) {
            Some(DirEntry::File(file)) => Ok(metadata(file)),
            Some(DirEntry::Dir(_)) => Ok(EmbeddedMetadata { len: 0, modified: None, is_dir: true }),
            None => Err(io::ErrorKind::NotFound.into()),
        })
    }
}

/// `ServeDir` prefixes each path with `./`.
fn entry(path: &Path) -> Option<&'static DirEntry<'static>> {
    SITE.get_entry(path.strip_prefix(".").unwrap_or(path))
}

fn metadata(file: &include_dir::File<'_>) -> EmbeddedMetadata {
    EmbeddedMetadata {
        len: file.contents().len() as u64,
        modified: file.metadata().map(|metadata| metadata.modified()),
        is_dir: false,
    }
}

pub struct EmbeddedMetadata {
    len: u64,
    modified: Option<SystemTime>,
    is_dir: bool,
}

impl Metadata for EmbeddedMetadata {
    fn is_dir(&self) -> bool {
        self.is_dir
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    fn len(&self) -> u64 {
        self.len
    }
}

pub struct EmbeddedFile {
    content: Cursor<&'static [u8]>,
    metadata: EmbeddedMetadata,
}

impl File for EmbeddedFile {
    type Metadata = EmbeddedMetadata;
    type MetadataFuture<'a> = Ready<io::Result<EmbeddedMetadata>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        let EmbeddedMetadata { len, modified, is_dir } = self.metadata;
        ready(Ok(EmbeddedMetadata { len, modified, is_dir }))
    }
}

impl AsyncRead for EmbeddedFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.content).poll_read(context, buffer)
    }
}

impl AsyncSeek for EmbeddedFile {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.content).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.content).poll_complete(context)
    }
}
