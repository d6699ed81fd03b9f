//! The listening socket and the options of accepted connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The listen backlog. The kernel drops connections beyond it, and their clients retry after a second. The usual 128
/// is too few when all readers reconnect after a restart.
const MOST_WAITING: u32 = 4_096;

/// How long sent data may stay unacknowledged, or a reader's full window may hold data back, before the kernel closes
/// the connection (`TCP_USER_TIMEOUT`).
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(25);
/// Unsent bytes that the kernel buffers for a connection (`TCP_NOTSENT_LOWAT`). The rest stays in the reply's log,
/// which all readers share.
#[cfg(target_os = "linux")]
const MOST_UNSENT_BYTES: u32 = 16 * 1024;

/// Raises the limit of open files to the hard limit. Returns the limit that now applies.
pub fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => current.unwrap_or(u64::MAX),
    }
}

/// Limits `wanted` connections so that file descriptors remain for the database and for upstream connections, one for
/// each running reply.
pub fn most_connections(wanted: usize, open_files: u64) -> usize {
    let kept_back = (open_files / 4).max(64);
    let most = usize::try_from(open_files.saturating_sub(kept_back)).unwrap_or(usize::MAX).max(1);
    wanted.min(most)
}

/// Listens on an address.
///
/// # Errors
/// The address is not local, or is in use.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Allows a restart while connections of the previous process are in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(MOST_WAITING)
}

/// Sets the options of an accepted connection. Unsupported options are ignored: they only affect how soon a dead
/// reader is noticed.
pub fn prepare(stream: &TcpStream) {
    // Sends each chunk at once, without waiting for the next one.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(stream);
        let _ = socket.set_tcp_user_timeout(Some(STALLED));
        let _ = socket.set_tcp_notsent_lowat(MOST_UNSENT_BYTES);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::future::try_join_all;

    use super::*;

    #[test]
    fn connections_leave_file_descriptors_for_other_uses() {
        assert_eq!(most_connections(10_000, 1_048_576), 10_000);
        assert_eq!(most_connections(10_000, 1_024), 768);
        assert_eq!(most_connections(10_000, 100), 36);
        assert_eq!(most_connections(10_000, 10), 1);
        assert!(raise_open_files() >= 256);
    }

    #[tokio::test]
    async fn the_accept_queue_holds_a_burst_of_connections() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = listener.local_addr().unwrap();
        let crowd = try_join_all((0..200).map(|_| TcpStream::connect(addr)));
        // Nothing accepts here, so a connection beyond the backlog never completes.
        let inside = tokio::time::timeout(Duration::from_secs(20), crowd).await;
        assert_eq!(inside.unwrap().unwrap().len(), 200);
    }
}
