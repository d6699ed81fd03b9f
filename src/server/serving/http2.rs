//! One HTTP/2 connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Response;
use http::header::{COOKIE, HOST};
use http::{HeaderValue, Uri};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::Connection;
use super::stalled::{Stalled, Watch};

/// Maximum concurrent requests of a connection, for a trusted proxy and for one client. The latter times the default of
/// `MAX_CONNECTIONS_PER_ADDRESS` is the number of refusals that `server::refusals` delays at a time.
const MOST_STREAMS_OF_PROXY: u32 = 128;
const MOST_STREAMS_OF_CLIENT: u32 = 64;
/// Send buffer of one stream in bytes.
const MOST_UNSENT_BYTES: usize = 16 * 1024;
const MOST_HEADER_BYTES: u32 = 16 * 1024;
/// Flow-control windows for received data in bytes, of a stream and of the connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Interval and timeout of keep-alive pings. A peer that does not answer is disconnected.
const PING_EVERY: Duration = Duration::from_secs(20);
const SWEEP_EVERY: Duration = Duration::from_secs(5);

pub async fn serve(connection: Connection) {
    let Connection { stream, peer, router, watcher, permit, is_proxy } = connection;
    let streams = Arc::new(Watch::default());
    let service = {
        let streams = streams.clone();
        service_fn(move |request| answer(router.clone(), peer, request, streams.clone()))
    };
    let most_streams = if is_proxy { MOST_STREAMS_OF_PROXY } else { MOST_STREAMS_OF_CLIENT };
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(most_streams)
        .max_send_buf_size(MOST_UNSENT_BYTES)
        .max_header_list_size(MOST_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    let serving = watcher.watch(http.serve_connection(TokioIo::new(stream), service));
    let mut serving = std::pin::pin!(serving);
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(error.cause = %error, "connection failed");
                }
                break;
            }
            _ = sweeps.tick() => {
                if streams.sweep(Instant::now()).is_dead() {
                    tracing::debug!("stalled connection dropped");
                    break;
                }
            }
        }
    }
    drop(permit);
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
    streams: Arc<Watch>,
) -> Result<Response<Stalled>, Infallible> {
    as_http1(&mut request);
    let response = super::answer(router, peer, request).await?;
    Ok(response.map(|body| streams.watch(body)))
}

/// Converts a request to its HTTP/1.1 form: the host in `Host`, all cookies in one header (RFC 9113, 8.2.3), and only
/// path and query in the URI.
fn as_http1<B>(request: &mut Request<B>) {
    if let Some(authority) = request.uri().authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    let cookies: Vec<&[u8]> =
        request.headers().get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(cookies) = HeaderValue::from_bytes(&cookies.join(b"; ".as_slice()))
    {
        request.headers_mut().insert(COOKIE, cookies);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn http2_requests_are_normalised_to_http1_form() {
        let mut request = Request::builder()
            .uri("http://advisers.example:8080/chat?persona=cfo")
            .header(COOKIE, "a=1")
            .header(COOKIE, "b=2")
            .body(())
            .unwrap();
        as_http1(&mut request);
        assert_eq!(request.uri(), "/chat?persona=cfo");
        assert_eq!(request.headers()[HOST], "advisers.example:8080");
        let cookies: Vec<_> = request.headers().get_all(COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; b=2"]);
    }
}
