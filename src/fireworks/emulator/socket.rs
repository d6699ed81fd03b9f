//! Sockets that are counted, and that can be reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::counters::Counters;

/// Accepts connections with `TCP_NODELAY`, and counts the open ones.
pub(super) struct CountedListener {
    pub listener: TcpListener,
    pub counters: Arc<Counters>,
}

impl Listener for CountedListener {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Setting options fails on a socket that is already closed; reading from it fails later.
        let _ = stream.set_nodelay(true);
        self.counters.open_connections.add(1);
        let tear = Tear::default();
        (Counted { stream, counters: Arc::clone(&self.counters), tear }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Makes the connection of a request end in a reset instead of an orderly close.
#[derive(Clone, Default)]
pub(super) struct Tear(Arc<AtomicBool>);

impl Tear {
    pub fn when_closed(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, CountedListener>> for Tear {
    fn connect_info(stream: IncomingStream<'_, CountedListener>) -> Self {
        stream.io().tear.clone()
    }
}

pub(super) struct Counted {
    stream: TcpStream,
    counters: Arc<Counters>,
    tear: Tear,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counters.open_connections.subtract(1);
        if self.tear.0.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.tear.0.load(Ordering::Relaxed) {
            // Skipped, so that the connection is reset instead.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
