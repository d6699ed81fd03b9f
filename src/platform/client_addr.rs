//! The client's address: the peer of the socket, or behind trusted proxies the one that they report.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

/// The client's address, in the extensions of every request that passed [`layer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// Adds [`ClientAddr`] to each request. `trusted_proxies`: as in the configuration.
///
/// Requests without a socket address, as in tests, count as `0.0.0.0` and share one limit.
pub async fn layer(
    State(trusted_proxies): State<usize>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(socket)| socket.ip());
    let forwarded_for = forwarded_for(request.headers());
    let address = client_address(peer, &forwarded_for, trusted_proxies);
    request.extensions_mut().insert(ClientAddr(address));
    next.run(request).await
}

/// Returns the address that the outermost trusted proxy saw.
///
/// Each proxy appends the address of its peer, so the last `trusted_proxies` entries can be trusted. The client may have
/// forged the entries to the left of them. An invalid entry stops the search at the last valid one.
pub fn client_address(peer: IpAddr, forwarded_for: &[&str], trusted_proxies: usize) -> IpAddr {
    forwarded_for
        .iter()
        .rev()
        .take(trusted_proxies)
        .map_while(|entry| parse(entry))
        .last()
        .unwrap_or(peer)
        .to_canonical()
}

/// Returns the network of an address: the first 64 bits of IPv6, because one household has a whole /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Returns the entries of all `X-Forwarded-For` headers in order.
fn forwarded_for(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        // A header that is not text counts as one empty entry, so that the entries to its left do not move into a
        // trusted position.
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect()
}

/// Parses `203.0.113.7` and `2001:db8::7`, also with a port, as some proxies write them.
fn parse(entry: &str) -> Option<IpAddr> {
    let bracketed = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(entry).parse();
    address.ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client(peer: &str, forwarded_for: &[&str], trusted_proxies: usize) -> String {
        client_address(peer.parse().unwrap(), forwarded_for, trusted_proxies).to_string()
    }

    #[test]
    fn without_trusted_proxies_the_header_is_ignored() {
        assert_eq!(client("198.51.100.1", &["203.0.113.7"], 0), "198.51.100.1");
    }

    #[test]
    fn a_client_cannot_choose_its_address_behind_a_proxy() {
        let header = ["10.0.0.1", "192.0.2.9", "203.0.113.7"];
        assert_eq!(client("198.51.100.1", &header, 1), "203.0.113.7");
        assert_eq!(client("198.51.100.1", &header, 2), "192.0.2.9");
    }

    #[test]
    fn with_fewer_entries_than_proxies_the_outermost_is_used() {
        assert_eq!(client("198.51.100.1", &["203.0.113.7"], 3), "203.0.113.7");
        assert_eq!(client("198.51.100.1", &[], 3), "198.51.100.1");
    }

    #[test]
    fn an_invalid_entry_ends_the_search() {
        assert_eq!(client("198.51.100.1", &["203.0.113.7", "unknown"], 2), "198.51.100.1");
        assert_eq!(client("198.51.100.1", &["evil", "203.0.113.7"], 2), "203.0.113.7");
    }

    #[test]
    fn ports_and_brackets_are_removed() {
        assert_eq!(client("198.51.100.1", &["203.0.113.7:5123"], 1), "203.0.113.7");
        assert_eq!(client("198.51.100.1", &["[2001:db8::7]:443"], 1), "2001:db8::7");
        assert_eq!(client("198.51.100.1", &["[2001:db8::7]"], 1), "2001:db8::7");
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_is_the_same_address() {
        assert_eq!(client("::ffff:203.0.113.7", &[], 0), "203.0.113.7");
        assert_eq!(client("198.51.100.1", &["::ffff:203.0.113.7"], 1), "203.0.113.7");
    }

    #[test]
    fn an_ipv6_64_is_one_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::7"), of("2001:db8:1:3::7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
    }

    #[test]
    fn several_headers_form_one_list() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "10.0.0.1, 192.0.2.9".parse().unwrap());
        headers.append("x-forwarded-for", "203.0.113.7".parse().unwrap());
        assert_eq!(forwarded_for(&headers), ["10.0.0.1", "192.0.2.9", "203.0.113.7"]);
    }
}
