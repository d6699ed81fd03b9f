//! Where people knock, and what every accepted connection is told.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections may wait to be accepted. One more would be dropped and try again after a
/// second, and with the usual 128 that is what readers meet who all come back after a restart.
const MOST_WAITING: u32 = 4_096;

/// A reader that takes nothing for this long is dropped.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(25);
/// How much the kernel holds for a connection beyond what is on its way: what more there is stays in
/// the answer's log, of which all readers share one.
#[cfg(target_os = "linux")]
const MOST_UNSENT_BYTES: u32 = 16 * 1024;

/// Raises the number of files and connections that this process may have open to what the system allows, and
/// returns it.
pub fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => current.unwrap_or(u64::MAX),
    }
}

/// How many connections may be open of `wanted`, so that answers, which each hold one to the upstream, and the
/// database find files too.
pub fn most_connections(wanted: usize, open_files: u64) -> usize {
    let kept_back = (open_files / 4).max(64);
    let most = usize::try_from(open_files.saturating_sub(kept_back)).unwrap_or(usize::MAX).max(1);
    wanted.min(most)
}

/// Listens on an address.
///
/// # Errors
/// Where the address is not this machine's, or in use.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait until the connections of the process before are forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(MOST_WAITING)
}

/// Sets a connection up for streams. An option that the system does not know changes only how soon a
/// dead reader is noticed.
pub fn prepare(stream: &TcpStream) {
    // A chunk must not wait for the next one.
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
    fn connections_leave_files_for_the_rest() {
        assert_eq!(most_connections(10_000, 1_048_576), 10_000);
        assert_eq!(most_connections(10_000, 1_024), 768);
        assert_eq!(most_connections(10_000, 100), 36);
        assert_eq!(most_connections(10_000, 10), 1);
        assert!(raise_open_files() >= 256);
    }

    #[tokio::test]
    async fn a_crowd_that_comes_at_once_is_let_in_before_the_first_is_served() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = listener.local_addr().unwrap();
        let crowd = try_join_all((0..200).map(|_| TcpStream::connect(addr)));
        // Those who find no place are never let in, as nobody is served here.
        let inside = tokio::time::timeout(Duration::from_secs(20), crowd).await;
        assert_eq!(inside.unwrap().unwrap().len(), 200);
    }
}
