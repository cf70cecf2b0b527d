//! What the guard lets pass leads to the web, and not into this house.
//!
//! The judge here is written apart from the guard, with what the standard library knows.
#![no_main]

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use fuzz::{Guard, Link};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

// The first line is a URL, the second leads on from it, as in a redirect.
fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let guard = Guard::public_or(Vec::new());
    if let Ok(link) = Link::parse(first) {
        check_link(&link);
        check_url(&guard, link.url());
    }
    let Ok(url) = Url::parse(first) else { return };
    check_url(&guard, &url);
    if let Ok(next) = url.join(second) {
        check_url(&guard, &next);
    }
});

fn check_link(link: &Link) {
    assert!(matches!(link.url().scheme(), "http" | "https") && !link.host().is_empty());
    assert!(link.url().username().is_empty() && link.url().password().is_none());
    assert!(link.url().fragment().is_none() && link.as_str().len() <= fuzz::LINK_CHARS_MAX);
    assert_eq!(Link::parse(link.as_str()).as_ref(), Ok(link), "a normal form is its own");
}

fn check_url(guard: &Guard, url: &Url) {
    if guard.check_url(url).is_err() {
        return;
    }
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    let port = url.port_or_known_default().expect("http and https have one");
    assert!(matches!(port, 80 | 443), "{url}");
    match url.host().expect("http and https have one") {
        Host::Ipv4(address) => {
            assert!(is_outside(address), "{url}");
            assert!(guard.check_address(SocketAddr::new(address.into(), port)).is_ok(), "{url}");
        }
        Host::Ipv6(address) => {
            assert!(is_outside_v6(address), "{url}");
            assert!(guard.check_address(SocketAddr::new(address.into(), port)).is_ok(), "{url}");
        }
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let last = name.rsplit('.').next().unwrap_or_default();
            let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
            assert!(!is_number, "{url}: an address that looks like a name");
        }
    }
}

fn is_outside(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_measuring = a == 198 && matches!(b, 18 | 19);
    !is_special && !is_shared && !is_measuring && a != 0 && a < 240 && (a, b, c) != (192, 0, 0)
}

fn is_outside_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let octets = address.octets();
    let inner = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match (a, b) {
        // Mapped, and translated by NAT64.
        (0, 0) => octets[..10] == [0; 10] && octets[10..12] == [0xFF; 2] && is_outside(inner),
        (0x64, 0xFF9B) => octets[4..12] == [0; 8] && is_outside(inner),
        // 6to4 and Teredo carry other addresses in them; documentation.
        (0x2002, _) | (0x2001, 0 | 0xDB8) => false,
        (a, _) => (0x2000..0x4000).contains(&a),
    }
}
