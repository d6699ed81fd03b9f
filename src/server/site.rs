//! The browser half's files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, StatusCode, Uri};
use leptos::prelude::LeptosOptions;
use tower::{ServiceExt, service_fn};
use tower_http::services::ServeDir;

use super::state::AppState;
use crate::app::AppFiles;
use crate::error::AppError;
use crate::platform::config::Config;

/// Files under `pkg` carry a hash of their content in their names,
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// but for those of a build without hashes: these change under the same name.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Where the files are and what they are called; the names are those in `Cargo.toml`.
pub fn leptos_options(config: &Config, addr: SocketAddr) -> LeptosOptions {
    let root = config.site_root.clone().unwrap_or_else(find_site_root);
    let hashes = hashes().is_some() && !is_watched();
    LeptosOptions::builder()
        .output_name("csuite")
        .site_root(root.display().to_string())
        .site_pkg_dir("pkg")
        .site_addr(addr)
        .hash_files(hashes)
        .env(if is_watched() { leptos::config::Env::DEV } else { leptos::config::Env::PROD })
        .build()
}

/// Whether `cargo leptos watch` runs the server.
pub fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}

/// The hashes in the names of the files, as the build left them: `css: vS0b1…`, a line each.
fn hashes() -> Option<String> {
    std::fs::read_to_string(beside_program("hash.txt")?).ok()
}

/// Where a page finds the browser half.
pub fn app_files(options: &LeptosOptions) -> AppFiles {
    let hashes = if options.hash_files { hashes() } else { None };
    let address = |extension: &str| {
        let plain = format!("/{}/{}.{extension}", options.site_pkg_dir, options.output_name);
        hashes.as_deref().and_then(|hashes| hashed(&plain, hashes)).unwrap_or(plain)
    };
    AppFiles { js: address("js"), wasm: address("wasm") }
}

/// In the source tree `target/site`; beside an installed program `site`.
fn find_site_root() -> PathBuf {
    [beside_program("site"), beside_program("../site")]
        .into_iter()
        .flatten()
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("target/site"))
}

fn beside_program(name: &str) -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(|folder| folder.join(name))
}

/// Serves files, compressed ahead where there is a `.br` or `.gz` beside them. What is no file is an
/// address that does not exist.
pub fn files(
    state: AppState,
) -> impl tower::Service<
    Request,
    Response = Response,
    Error = std::convert::Infallible,
    Future = impl Future<Output = Result<Response, std::convert::Infallible>> + Send,
> + Clone
+ Send
+ Sync
+ 'static {
    let root: PathBuf = Path::new(state.leptos.site_root.as_ref()).to_owned();
    let directory = ServeDir::new(&root).precompressed_br().precompressed_gzip();
    service_fn(move |request: Request| {
        let (directory, state, root) = (directory.clone(), state.clone(), root.clone());
        async move {
            if is_api(request.uri().path()) {
                return Ok(unknown_address(&state, request).await);
            }
            let caching = match request.uri().path().starts_with("/pkg/") {
                true if state.leptos.hash_files => FOR_EVER,
                true => ASK_AGAIN,
                false => FOR_A_DAY,
            };
            let (mut parts, body) = request.into_parts();
            let page_request = Request::from_parts(parts.clone(), Body::empty());
            if is_watched()
                && let Some(address) = first_built(&root, parts.uri.path())
            {
                parts.uri = address;
            }
            let Ok(found) = directory.oneshot(Request::from_parts(parts, body)).await;
            if found.status() != StatusCode::OK && found.status() != StatusCode::NOT_MODIFIED {
                return Ok(unknown_address(&state, page_request).await);
            }
            let mut response = found.into_response();
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, caching);
            headers.remove(CONTENT_SECURITY_POLICY);
            Ok(response)
        }
    })
}

/// Under `cargo leptos watch` the first build's files carry hashes in their names, and what is built again
/// carries none. Pages name them without, and get the first build's as long as there is no newer one.
fn first_built(root: &Path, path: &str) -> Option<Uri> {
    if root.join(path.strip_prefix('/')?).exists() {
        return None;
    }
    hashed(path, &hashes()?)?.parse().ok()
}

/// `/pkg/csuite.css` as `/pkg/csuite.vS0b1….css`.
fn hashed(path: &str, hashes: &str) -> Option<String> {
    let (name, extension) = path.strip_prefix("/pkg/")?.rsplit_once('.')?;
    let of_it = |line: &str| Some(line.strip_prefix(extension)?.strip_prefix(": ")?.to_owned());
    let hash = hashes.lines().find_map(of_it)?;
    Some(format!("/pkg/{name}.{hash}.{extension}"))
}

/// What an address answers that does not exist: a page for a person, JSON for a program.
pub async fn unknown_address(state: &AppState, request: Request) -> Response {
    if is_api(request.uri().path()) {
        return AppError::not_found("address").into_response();
    }
    let mut response = super::router::plain_page(state)(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn is_api(path: &str) -> bool {
    ["/c-suite", "/v1"]
        .iter()
        .filter_map(|room| path.strip_prefix(room))
        .any(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_build_is_found_by_the_name_without_its_hash() {
        let hashes = "js: 7K8c-R\nwasm: P_8fF\ncss: vS0b1\n";
        let named = |path| hashed(path, hashes);
        assert_eq!(named("/pkg/csuite.css").as_deref(), Some("/pkg/csuite.vS0b1.css"));
        assert_eq!(named("/pkg/csuite.js").as_deref(), Some("/pkg/csuite.7K8c-R.js"));
        assert_eq!(named("/pkg/csuite.map"), None);
        assert_eq!(named("/favicon.css"), None);
    }
}
