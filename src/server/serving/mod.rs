//! Accepts connections and serves HTTP/1.1 and HTTP/2 without TLS.
//!
//! HTTP/2 connections start with a preface that no HTTP/1.1 request starts with. It is peeked, not read:
//! `axum::serve` reads ahead to tell the protocols apart, which doubles the buffer of each HTTP/1.1 connection.

mod caps;
mod http2;
mod stalled;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::sockets;
use caps::Permit;
pub use caps::{AddressCounts, Caps, Counted, Occasionally};

/// Time limit for the first bytes of a connection.
const FIRST_BYTES: Duration = Duration::from_secs(30);
/// The start of the HTTP/2 preface. No HTTP/1.1 method starts with it.
const PREFACE: &[u8] = b"PRI";
/// First wait for the rest of a partial preface. Each further wait takes twice as long, so that a peer that sends the
/// first byte only costs a few wake-ups.
const REST_OF_PREFACE: Duration = Duration::from_millis(5);
/// Maximum number of connections accepted in a row before other tasks run. Without a maximum, hundreds that arrive at
/// once delay every other task.
const ACCEPTED_IN_A_ROW: usize = 8;
/// Pause after a failed accept, for example when no file descriptor is free.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Serves until `closing` is cancelled, then waits until every connection has finished its requests.
pub async fn serve(listener: TcpListener, router: Router, closing: CancellationToken, caps: Caps) {
    let connections = GracefulShutdown::new();
    for number in 1_usize.. {
        if number.is_multiple_of(ACCEPTED_IN_A_ROW) {
            tokio::task::yield_now().await;
        }
        let accepted = tokio::select! {
            () = closing.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if is_of_the_listener(&error) {
                    caps.log_accept_failure(&error);
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
                continue;
            }
        };
        sockets::prepare(&stream);
        let Some(permit) = caps.admit(peer.ip()) else {
            caps.shed(stream);
            continue;
        };
        let connection = Connection {
            stream,
            peer,
            router: router.clone(),
            watcher: connections.watcher(),
            permit,
            is_proxy: caps.are_proxies(),
        };
        tokio::spawn(begin(connection, closing.clone()));
    }
    // Accept no more connections.
    drop(listener);
    connections.shutdown().await;
}

/// Returns whether accepting failed because of the listener or the system, rather than one client.
fn is_of_the_listener(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    permit: Permit,
    /// Whether the peer is a trusted proxy, which sends the requests of many clients.
    is_proxy: bool,
}

/// Waits for the first bytes, then spawns the task of the protocol. Separate tasks keep the future of an HTTP/1.1
/// connection small.
async fn begin(connection: Connection, closing: CancellationToken) {
    let kind = tokio::select! {
        () = closing.cancelled() => return,
        kind = tokio::time::timeout(FIRST_BYTES, is_http2(&connection.stream)) => kind,
    };
    match kind {
        Ok(Ok(false)) => drop(tokio::spawn(serve_http1(connection))),
        Ok(Ok(true)) => drop(tokio::spawn(http2::serve(connection))),
        Ok(Err(error)) => tracing::debug!(error.cause = %error, "connection failed"),
        Err(_) => tracing::debug!("silent connection closed"),
    }
}

async fn is_http2(stream: &TcpStream) -> io::Result<bool> {
    let (mut first, mut wait) = ([0; PREFACE.len()], REST_OF_PREFACE);
    loop {
        let read = stream.peek(&mut first).await?;
        let known = &first[..read];
        if read == PREFACE.len() || !PREFACE.starts_with(known) || known.is_empty() {
            return Ok(known == PREFACE);
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
}

async fn serve_http1(connection: Connection) {
    let Connection { stream, peer, router, watcher, permit, .. } = connection;
    let service = service_fn(move |request| answer(router.clone(), peer, request));
    let mut http = http1::Builder::new();
    // Enables hyper's limit of 30 seconds for a request head.
    http.timer(TokioTimer::new());
    let serving = watcher.watch(http.serve_connection(TokioIo::new(stream), service));
    if let Err(error) = serving.await {
        tracing::debug!(error.cause = %error, "connection failed");
    }
    drop(permit);
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn kind_of(parts: &[&[u8]]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let kind = tokio::spawn(async move { is_http2(&server).await.unwrap() });
        for part in parts {
            client.write_all(part).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(client);
        kind.await.unwrap()
    }

    #[tokio::test]
    async fn http2_is_detected_by_its_preface_even_if_split() {
        assert!(kind_of(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await);
        assert!(kind_of(&[b"P", b"R", b"I * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await);
        assert!(!kind_of(&[b"GET / HTTP/1.1\r\n"]).await);
        assert!(!kind_of(&[b"P", b"OST / HTTP/1.1\r\n"]).await);
        assert!(!kind_of(&[]).await);
    }
}
