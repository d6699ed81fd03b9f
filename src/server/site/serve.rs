//! The fallback of the router: files, redirects for trailing slashes, and paths that do not exist.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, Method, StatusCode, Uri};
use tower::{Service, ServiceExt, service_fn};

use super::{FileService, names};
use crate::error::AppError;
use crate::server::error_page::wrong_method;
use crate::server::page_limit;
use crate::server::state::AppState;

/// `Cache-Control` of files whose name contains the hash of their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `Cache-Control` of scripts, modules and style sheets without a hash, whose content may change under the same name.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Serves files, precompressed if there is a `.br` or `.gz` beside them. Redirects paths with a trailing slash.
/// Answers 404 for everything else.
pub fn files(
    state: AppState,
) -> impl Service<
    Request,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send,
> + Clone
+ Send
+ Sync
+ 'static {
    let directory = state.site.service();
    service_fn(move |request: Request| {
        let (directory, state) = (directory.clone(), state.clone());
        async move { Ok(answer(directory, &state, request).await) }
    })
}

async fn answer(directory: FileService, state: &AppState, request: Request) -> Response {
    let path = request.uri().path();
    if is_api(path) {
        return unknown_address(state, request).await;
    }
    if let Some(address) = without_slash(request.uri()) {
        return Redirect::permanent(&address).into_response();
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let caching = caching(path);
    let found = match state.site.may_have(path).then(|| wanted(state, &request)).flatten() {
        Some(wanted) => file(directory, wanted).await,
        None => None,
    };
    let mut response = match found {
        Some(file) if is_read => file,
        Some(_) => return wrong_method("GET, HEAD"),
        None => return unknown_address(state, request).await,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, caching);
    headers.remove(CONTENT_SECURITY_POLICY);
    response
}

/// Returns the request for the file, without a body. Methods other than GET only check whether the file exists.
fn wanted(state: &AppState, request: &Request) -> Option<Request> {
    let mut wanted = Request::new(Body::empty());
    *wanted.headers_mut() = request.headers().clone();
    *wanted.uri_mut() = match state.site.first_built(request.uri().path()) {
        Some(address) => address.parse().ok()?,
        None => request.uri().clone(),
    };
    if *request.method() != Method::GET {
        *wanted.method_mut() = Method::HEAD;
    }
    Some(wanted)
}

/// Returns the file, or the response of `ServeDir` to a failed condition or range.
async fn file(directory: FileService, wanted: Request) -> Option<Response> {
    let Ok(found) = directory.oneshot(wanted).await;
    match found.status() {
        StatusCode::OK
        | StatusCode::NOT_MODIFIED
        | StatusCode::PARTIAL_CONTENT
        | StatusCode::PRECONDITION_FAILED
        | StatusCode::RANGE_NOT_SATISFIABLE => Some(found),
        _ => None,
    }
}

fn caching(path: &str) -> HeaderValue {
    let changes = [".js", ".mjs", ".css", ".wasm"].iter().any(|ending| path.ends_with(ending));
    match names::has_hash(path) {
        true => FOR_EVER,
        false if changes || path.starts_with("/pkg/") => ASK_AGAIN,
        false => FOR_A_DAY,
    }
}

/// Returns `/signin?next=%2Fchat` for `/signin/?next=%2Fchat`. Never returns a URL of another host, such as
/// `//elsewhere`.
fn without_slash(address: &Uri) -> Option<String> {
    let path = address.path().strip_suffix('/')?.trim_end_matches('/');
    let path = path.trim_start_matches(['/', '\\']);
    if path.is_empty() && address.path() == "/" {
        return None;
    }
    let query = address.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("/{path}{query}"))
}

/// Answers 404: with a page, or with JSON below API paths.
pub async fn unknown_address(state: &AppState, request: Request) -> Response {
    if is_api(request.uri().path()) {
        return AppError::not_found("address").into_response();
    }
    let _turn = match page_limit::turn(state, page_limit::client(&request), None).await {
        Ok(turn) => turn,
        Err(error) => return error.into_response(),
    };
    let mut response = crate::server::router::plain_page(state)(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Returns whether the path belongs to the API, whose errors are always JSON.
pub fn is_api(path: &str) -> bool {
    ["/c-suite", "/v1"]
        .iter()
        .filter_map(|room| path.strip_prefix(room))
        .any(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn extra_slashes_redirect_to_the_page_on_this_site() {
        for (from, to) in [
            ("/signin/", Some("/signin")),
            ("/signin/?next=%2Fchat", Some("/signin?next=%2Fchat")),
            ("/analytics/import//", Some("/analytics/import")),
            ("//elsewhere.example/", Some("/elsewhere.example")),
            ("//", Some("/")),
            ("/", None),
            ("/signin", None),
        ] {
            let uri = Uri::builder().path_and_query(from).build().unwrap();
            assert_eq!(without_slash(&uri).as_deref(), to, "{from}");
        }
    }

    #[test]
    fn files_with_stable_names_are_revalidated() {
        assert_eq!(caching("/pkg/csuite.vS0b1.css"), FOR_EVER);
        assert_eq!(caching("/pkg/csuite.css"), ASK_AGAIN);
        assert_eq!(caching("/loader.js"), ASK_AGAIN);
        assert_eq!(caching("/favicon.svg"), FOR_A_DAY);
    }
}
