//! Takes connections and answers what they ask, over HTTP/1.1.
//!
//! What `axum::serve` does, but for HTTP/2 without TLS, which no browser speaks: to tell the two apart
//! it reads the first bytes of each connection by themselves, and the buffer for what follows is then
//! made twice as large.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::{Listener, ListenerExt};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::sockets;

/// Serves until `closing` is cancelled; then returns once every connection has ended, each behind the
/// request it is answering.
pub async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
    let mut listener = listener.tap_io(|stream| sockets::prepare(stream));
    let connections = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = closing.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), peer, request));
        let mut http = http1::Builder::new();
        // With it, hyper closes a connection whose request has no whole head within half a minute.
        http.timer(TokioTimer::new());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error.cause = %error, "a connection broke off");
            }
        });
    }
    // Nobody else is let in.
    drop(listener);
    connections.shutdown().await;
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
