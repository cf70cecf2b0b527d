//! From which address a request comes.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the connection, put into a request's extensions by [`serve`](crate::serve).
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub SocketAddr);

/// The browser's address. Behind a proxy that is trusted it is the last one in `X-Forwarded-For`,
/// which the proxy itself wrote; those before it are what the browser says. Without a readable one
/// it is the connection's.
pub(crate) fn browser(
    connected: Option<SocketAddr>,
    headers: &HeaderMap,
    trust_proxy: bool,
) -> Option<IpAddr> {
    let forwarded = trust_proxy.then(|| last_forwarded(headers)).flatten();
    let address = forwarded.or(connected.map(|address| address.ip()));
    // A socket for both kinds of addresses shows those of the old kind inside the new.
    address.map(|address| address.to_canonical())
}

fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let bare = last.strip_prefix('[').and_then(|last| last.strip_suffix(']')).unwrap_or(last);
    // Some proxies add the port.
    bare.parse().ok().or_else(|| last.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTED: &str = "10.0.0.1:9";

    #[track_caller]
    fn check(trust_proxy: bool, forwarded: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let address = browser(Some(CONNECTED.parse().unwrap()), &headers, trust_proxy);
        assert_eq!(address, Some(expected.parse().unwrap()), "{forwarded:?}");
    }

    #[test]
    fn what_a_browser_says_of_itself_does_not_count() {
        check(false, &["203.0.113.7"], "10.0.0.1");
        check(true, &["203.0.113.7, 198.51.100.2"], "198.51.100.2");
        check(true, &["203.0.113.7", "198.51.100.2"], "198.51.100.2");
        check(true, &["203.0.113.7, 203.0.113.8", "203.0.113.9 ,  198.51.100.2 "], "198.51.100.2");
    }

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        check(true, &["2001:db8::1"], "2001:db8::1");
        check(true, &["[2001:db8::1]"], "2001:db8::1");
        check(true, &["[2001:db8::1]:443"], "2001:db8::1");
        check(true, &["198.51.100.2:443"], "198.51.100.2");
        check(true, &["::ffff:198.51.100.2"], "198.51.100.2");
    }

    #[test]
    fn without_a_readable_one_it_is_the_connections() {
        check(true, &[], "10.0.0.1");
        for nonsense in ["", "unknown", "203.0.113.7, ", "203.0.113.7, unknown", "1.2.3", "[", "[]"]
        {
            check(true, &[nonsense], "10.0.0.1");
        }
        assert_eq!(browser(None, &HeaderMap::new(), true), None);
    }
}
