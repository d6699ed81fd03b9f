//! The files for the browser: location, names and serving.
//!
//! The names are read from the folder at start, so pages refer only to files that exist. The server does not start
//! without them. A `dist` build embeds the folder.

#[cfg(feature = "embed")]
mod embedded;
mod names;
mod serve;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use leptos::prelude::LeptosOptions;
use percent_encoding::percent_decode_str;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, DefaultServeDirFallback, ServeFileSystemResponseBody};

use super::StartError;
use crate::platform::BrowserFiles;
use crate::platform::config::Config;

pub use serve::{files, is_api, unknown_address};

/// Lists the content hashes in the names of the files.
const HASH_FILE: &str = "hash.txt";
/// The folder of the script, the module and the style sheet.
const PACKAGE: &str = "pkg";

/// The site: the names of its files, and where they are.
#[derive(Clone, Debug)]
pub struct Site {
    pub files: BrowserFiles,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Folder {
        root: PathBuf,
        /// The paths of its files, read at start. `None` under `cargo leptos watch`, where files appear later.
        paths: Option<Arc<HashSet<String>>>,
    },
    #[cfg(feature = "embed")]
    Embedded,
}

/// Serves a file or answers 404.
type FileService = BoxCloneSyncService<Request, Response, std::convert::Infallible>;

impl Site {
    /// Finds the site: at `SITE_ROOT`, embedded, or beside the program.
    ///
    /// # Errors
    /// The folder lacks the script, the module or the style sheet. The error names the folder.
    pub fn find(config: &Config) -> Result<Self, StartError> {
        if let Some(root) = &config.site_root {
            return Self::folder(root);
        }
        #[cfg(feature = "embed")]
        return embedded::names().map(|files| Self { files, source: Source::Embedded }).map_err(
            |reason| StartError::Site { folder: "the program itself".to_owned(), reason },
        );
        #[cfg(not(feature = "embed"))]
        Self::folder(&find_folder())
    }

    fn folder(root: &Path) -> Result<Self, StartError> {
        let refused = |reason| StartError::Site {
            folder: std::path::absolute(root)
                .unwrap_or_else(|_| root.to_owned())
                .display()
                .to_string(),
            reason,
        };
        let found = file_names(&root.join(PACKAGE)).map_err(refused)?;
        // `scripts/build` writes the hash file into the site, `cargo leptos` beside the program.
        let hashes = [Some(root.join(HASH_FILE)), beside_program(HASH_FILE)]
            .into_iter()
            .flatten()
            .filter_map(|file| std::fs::read_to_string(file).ok());
        let files = match is_watched() {
            true => names::without_hashes(),
            false => names::find(&found, hashes).map_err(refused)?,
        };
        let mut paths = HashSet::new();
        add_paths(root, "", &mut paths).map_err(|cause| refused(cause.to_string()))?;
        let paths = (!is_watched()).then(|| Arc::new(paths));
        Ok(Self { files, source: Source::Folder { root: root.to_owned(), paths } })
    }

    /// Returns whether a file may exist at the request's path. Without this, each request for a made-up path would open
    /// files on a thread of its own, and a flood of them would start hundreds of threads.
    fn may_have(&self, path: &str) -> bool {
        match &self.source {
            Source::Folder { paths: Some(paths), .. } => {
                percent_decode_str(path).decode_utf8().is_ok_and(|path| paths.contains(&*path))
            }
            _ => true,
        }
    }

    fn service(&self) -> FileService {
        fn boxed<B: Backend>(directory: ServeDir<DefaultServeDirFallback, B>) -> FileService {
            let directory = directory
                .precompressed_br()
                .precompressed_gzip()
                .append_index_html_on_directories(false)
                .ignore_multi_range_requests(true);
            BoxCloneSyncService::new(ServiceExt::<Request>::map_response(
                directory,
                |found: http::Response<ServeFileSystemResponseBody>| found.map(Body::new),
            ))
        }
        match &self.source {
            Source::Folder { root, .. } => boxed(ServeDir::new(root)),
            #[cfg(feature = "embed")]
            Source::Embedded => boxed(ServeDir::with_backend("", embedded::Embedded)),
        }
    }

    fn root(&self) -> Option<&Path> {
        match &self.source {
            Source::Folder { root, .. } => Some(root),
            #[cfg(feature = "embed")]
            Source::Embedded => None,
        }
    }

    /// Under `cargo leptos watch`, the files of the first build have hashes in their names and those of later builds
    /// have none. Pages use names without hashes; this maps them to the first build's until a newer file exists.
    fn first_built(&self, path: &str) -> Option<String> {
        let root = self.root()?;
        if !is_watched() || root.join(path.strip_prefix('/')?).exists() {
            return None;
        }
        names::hashed(path, &std::fs::read_to_string(beside_program(HASH_FILE)?).ok()?)
    }
}

/// Returns the options for Leptos' own components.
pub fn leptos_options(addr: SocketAddr) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(names::NAME)
        .site_pkg_dir(PACKAGE)
        .site_addr(addr)
        .env(if is_watched() { leptos::config::Env::DEV } else { leptos::config::Env::PROD })
        .build()
}

/// Returns whether `cargo leptos watch` runs the server.
pub fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}

/// Returns `site` beside an installed program, or `target/site` in the source tree.
#[cfg(not(feature = "embed"))]
fn find_folder() -> PathBuf {
    [beside_program("site"), beside_program("../site")]
        .into_iter()
        .flatten()
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("target/site"))
}

fn beside_program(name: &str) -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(|folder| folder.join(name))
}

fn file_names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|cause| format!("its folder {PACKAGE} can't be read ({cause})"))?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// Adds the request paths of all files in the folder, which has the path `under`.
fn add_paths(folder: &Path, under: &str, paths: &mut HashSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{under}/{name}");
        if entry.path().is_dir() {
            add_paths(&entry.path(), &path, paths)?;
        } else {
            paths.insert(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        root
    }

    #[test]
    fn a_complete_site_folder_is_accepted() {
        let root = folder(&[
            ("hash.txt", "js: J\nwasm: W\ncss: C\n"),
            ("pkg/csuite.J.js", ""),
            ("pkg/csuite.W.wasm", ""),
            ("pkg/csuite.C.css", ""),
        ]);
        let site = Site::folder(root.path()).unwrap();
        assert_eq!(&*site.files.js, "/pkg/csuite.J.js");
        for (path, has) in [
            ("/pkg/csuite.J.js", true),
            ("/pkg/csuite%2EJ.js", true),
            ("/hash.txt", true),
            ("/pkg", false),
            ("/pkg/../hash.txt", false),
            ("/none", false),
            ("/%ff", false),
        ] {
            assert_eq!(site.may_have(path), has, "{path}");
        }
    }

    #[test]
    fn an_incomplete_site_folder_is_refused_with_its_path_and_the_missing_file() {
        let root = folder(&[("pkg/csuite.js", ""), ("pkg/csuite.css", "")]);
        let refused = Site::folder(root.path()).unwrap_err().to_string();
        assert!(refused.contains(root.path().to_str().unwrap()), "{refused}");
        assert!(refused.contains("wasm") && refused.contains("SITE_ROOT"), "{refused}");
        let empty = folder(&[]);
        let refused = Site::folder(empty.path()).unwrap_err().to_string();
        assert!(refused.contains(empty.path().to_str().unwrap()), "{refused}");
    }
}
