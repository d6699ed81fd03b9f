//! What every accepted connection is told.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

/// A reader that takes nothing for this long is dropped.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(25);
/// How much the kernel holds for a connection beyond what is on its way: what more there is stays in
/// the answer's log, of which all readers share one.
#[cfg(target_os = "linux")]
const MOST_UNSENT_BYTES: u32 = 16 * 1024;

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
