//! Which addresses of the network lead out of this house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` belongs to somebody on the public internet: not to this machine, the network
/// it is in, or nobody. Addresses of IPv4 that are written as ones of IPv6 are judged as what they
/// lead to.
///
/// The ranges are those of the IANA's special-purpose address registries.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = inner_v4(address) {
        return is_public_v4(inside);
    }
    let [a, b, ..] = address.segments();
    let is_global_unicast = a & 0xe000 == 0x2000;
    let is_special = a == 0x2001 && b < 0x0200;
    let is_documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    is_global_unicast && !is_special && !is_documentation
}

/// The address of IPv4 that one of IPv6 stands for: mapped, translated (RFC 6052), 6to4.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, _, _, _, g, h] = address.segments();
    let join =
        |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match (a, b) {
        (0x64, 0xff9b) => join(g, h),
        (0x2002, _) => join(b, c),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], public: bool) {
        for text in addresses {
            assert_eq!(is_public(text.parse().expect("an address")), public, "{text}");
        }
    }

    #[test]
    fn what_leads_out() {
        check(
            &["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1"],
            true,
        );
        check(&["2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::101:101"], true);
    }

    #[test]
    fn what_does_not() {
        check(
            &["0.0.0.0", "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255"],
            false,
        );
        check(&["192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1"], false);
        check(&["198.51.100.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"], false);
        check(&["::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "fe80::1"], false);
        check(&["fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1", "3fff::1"], false);
        check(&["64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::"], false);
    }
}
