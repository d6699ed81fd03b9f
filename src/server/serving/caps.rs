//! Caps on connections, in total and by address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::platform::client_addr::network;

/// The response to a connection over a cap, sent before its request is read.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 56\r\nretry-after: 5\r\nconnection: close\r\n\r\n\
    Too many connections just now. Try again in 5 seconds.\r\n";
/// How many such responses are sent at a time. Further connections are closed without one.
const MOST_TOLD: usize = 64;
const TELL_WITHIN: Duration = Duration::from_secs(1);
/// Minimum interval between log lines of one kind.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// The caps of one listener.
pub struct Caps {
    all: Arc<Semaphore>,
    told: Arc<Semaphore>,
    /// `None` behind trusted proxies, whose connections carry the requests of many clients.
    addresses: Option<AddressCounts>,
    refusals: Occasionally,
    failures: Occasionally,
}

/// The permit of one connection, released on drop.
pub struct Permit {
    _of_all: OwnedSemaphorePermit,
    _of_address: Option<Counted>,
}

impl Caps {
    pub fn new(most: usize, addresses: Option<AddressCounts>) -> Self {
        Self {
            all: Arc::new(Semaphore::new(most)),
            told: Arc::new(Semaphore::new(MOST_TOLD)),
            addresses,
            refusals: Occasionally::default(),
            failures: Occasionally::default(),
        }
    }

    /// Admits a connection. Returns `None` if a cap is reached, in total or for this address.
    pub fn admit(&self, address: IpAddr) -> Option<Permit> {
        let Ok(of_all) = self.all.clone().try_acquire_owned() else {
            self.log_refusal("all connections are taken; raise MAX_CONNECTIONS", address);
            return None;
        };
        // Loopback connections come from a proxy that TRUSTED_PROXIES does not count, or from the operator.
        let counts = self.addresses.as_ref().filter(|_| !address.to_canonical().is_loopback());
        let of_address = match counts.map(|counts| counts.take(address)) {
            None => None,
            Some(Some(counted)) => Some(counted),
            Some(None) => {
                let reason = "this address has all of its connections; raise MAX_CONNECTIONS_PER_ADDRESS, or TRUSTED_PROXIES where it is a proxy";
                self.log_refusal(reason, address);
                return None;
            }
        };
        Some(Permit { _of_all: of_all, _of_address: of_address })
    }

    /// Returns whether all peers are trusted proxies.
    pub const fn are_proxies(&self) -> bool {
        self.addresses.is_none()
    }

    /// Sends the refusal in the background, or closes the connection at once if `MOST_TOLD` are being sent.
    pub fn shed(&self, mut stream: TcpStream) {
        let Ok(permit) = self.told.clone().try_acquire_owned() else { return };
        tokio::spawn(async move {
            let telling = async {
                stream.write_all(NO_ROOM).await?;
                stream.shutdown().await?;
                // Closing with unread data resets the connection before the client has read the response.
                let mut rest = [0; 1024];
                while stream.read(&mut rest).await? > 0 {}
                std::io::Result::Ok(())
            };
            let _ = tokio::time::timeout(TELL_WITHIN, telling).await;
            drop(permit);
        });
    }

    pub fn log_accept_failure(&self, error: &std::io::Error) {
        if let Some(left_out) = self.failures.may_log(Instant::now()) {
            tracing::error!(error.cause = %error, left_out, "connection not accepted");
        }
    }

    fn log_refusal(&self, reason: &'static str, address: IpAddr) {
        if let Some(left_out) = self.refusals.may_log(Instant::now()) {
            tracing::warn!(reason, client = %address, left_out, "connection refused");
        }
    }
}

/// Rate-limits a log line and counts the omitted ones.
#[derive(Default)]
pub struct Occasionally {
    last: Mutex<Option<Instant>>,
    left_out: AtomicU64,
}

impl Occasionally {
    /// Returns the number of lines omitted since the last one, or `None` if this one is to be omitted.
    pub fn may_log(&self, now: Instant) -> Option<u64> {
        let mut last = lock(&self.last);
        if last.is_some_and(|last| now.saturating_duration_since(last) < LOG_EVERY) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *last = Some(now);
        Some(self.left_out.swap(0, Ordering::Relaxed))
    }
}

/// Counts what each network has open. Networks with nothing open have no entry, so the map is bounded by the total
/// number of open connections or requests.
#[derive(Clone)]
pub struct AddressCounts(Arc<Counts>);

struct Counts {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl AddressCounts {
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Counts { most, open: Mutex::default() }))
    }

    /// Counts one more for the address' network. Returns `None` if the cap is reached.
    pub fn take(&self, address: IpAddr) -> Option<Counted> {
        let network = network(address);
        let mut open = lock(&self.0.open);
        let count = open.entry(network).or_default();
        if *count >= self.0.most {
            return None;
        }
        *count += 1;
        Some(Counted { counts: self.0.clone(), network })
    }
}

/// One counted connection or request. Dropping it decrements the count.
pub struct Counted {
    counts: Arc<Counts>,
    network: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = lock(&self.counts.open).entry(self.network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_network_has_its_own_connection_limit() {
        let counts = AddressCounts::new(2);
        let mut held =
            vec![counts.take(ip("2001:db8::1")).unwrap(), counts.take(ip("2001:db8::2")).unwrap()];
        assert!(counts.take(ip("2001:db8::3")).is_none(), "one household");
        assert!(counts.take(ip("2001:db8:0:1::1")).is_some());
        held.pop();
        assert!(counts.take(ip("2001:db8::3")).is_some());
    }

    #[test]
    fn closed_connections_free_their_entry() {
        let counts = AddressCounts::new(1);
        for number in 0..100_000_u32 {
            let held = counts.take(IpAddr::V4(number.into()));
            assert!(held.is_some());
        }
        assert_eq!(lock(&counts.0.open).len(), 0);
    }

    #[test]
    fn loopback_connections_count_only_against_the_total_limit() {
        let caps = Caps::new(3, Some(AddressCounts::new(1)));
        let held =
            [ip("203.0.113.7"), ip("127.0.0.1"), ip("127.0.0.1")].map(|ip| caps.admit(ip).unwrap());
        assert!(caps.admit(ip("203.0.113.8")).is_none(), "all are taken");
        let [first, second, third] = held;
        drop((second, third));
        assert!(caps.admit(ip("203.0.113.7")).is_none(), "this address has its own");
        drop(first);
        assert!(caps.admit(ip("203.0.113.7")).is_some());
    }

    #[test]
    fn refused_connections_are_logged_with_a_count_at_intervals() {
        let (log, start) = (Occasionally::default(), Instant::now());
        assert_eq!(log.may_log(start), Some(0));
        assert!((0..5).all(|_| log.may_log(start).is_none()));
        assert_eq!(log.may_log(start + LOG_EVERY), Some(5));
    }

    #[test]
    fn the_refusal_matches_its_content_length() {
        let text = std::str::from_utf8(NO_ROOM).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
