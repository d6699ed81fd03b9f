//! The browser half's files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, StatusCode};
use leptos::prelude::LeptosOptions;
use tower::{ServiceExt, service_fn};
use tower_http::services::ServeDir;

use super::state::AppState;
use crate::error::AppError;
use crate::platform::config::Config;

/// Files under `pkg` carry a hash of their content in their names.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Where the files are and what they are called; the names are those in `Cargo.toml`.
pub fn leptos_options(config: &Config, addr: SocketAddr) -> LeptosOptions {
    let root = config.site_root.clone().unwrap_or_else(find_site_root);
    let hashes = beside_program("hash.txt").is_some_and(|file| file.exists());
    LeptosOptions::builder()
        .output_name("csuite")
        .site_root(root.display().to_string())
        .site_pkg_dir("pkg")
        .site_addr(addr)
        .hash_files(hashes)
        .env(if std::env::var_os("LEPTOS_WATCH").is_some() {
            leptos::config::Env::DEV
        } else {
            leptos::config::Env::PROD
        })
        .build()
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
    let directory = ServeDir::new(root).precompressed_br().precompressed_gzip();
    service_fn(move |request: Request| {
        let (directory, state) = (directory.clone(), state.clone());
        async move {
            if is_api(request.uri().path()) {
                return Ok(unknown_address(&state, request).await);
            }
            let immutable = request.uri().path().starts_with("/pkg/");
            let (parts, body) = request.into_parts();
            let page_request = Request::from_parts(parts.clone(), Body::empty());
            let Ok(found) = directory.oneshot(Request::from_parts(parts, body)).await;
            if found.status() != StatusCode::OK && found.status() != StatusCode::NOT_MODIFIED {
                return Ok(unknown_address(&state, page_request).await);
            }
            let mut response = found.into_response();
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, if immutable { FOR_EVER } else { FOR_A_DAY });
            headers.remove(CONTENT_SECURITY_POLICY);
            Ok(response)
        }
    })
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
