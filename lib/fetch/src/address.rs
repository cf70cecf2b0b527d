//! Which addresses of the network lead out of this house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges of IPv4 that are nobody's on the public internet: the IANA's special-purpose registry
/// (RFC 6890), multicast, and what clouds serve to their own machines.
#[rustfmt::skip]
const SPECIAL_V4: [(Ipv4Addr, u32); 19] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),         // "this network"; 0.0.0.0 reaches this machine
    (Ipv4Addr::new(10, 0, 0, 0), 8),        // private (RFC 1918)
    (Ipv4Addr::new(100, 64, 0, 0), 10),     // shared by customers of a carrier (RFC 6598)
    (Ipv4Addr::new(127, 0, 0, 0), 8),       // this machine
    (Ipv4Addr::new(168, 63, 129, 16), 32),  // what Azure serves to its machines
    (Ipv4Addr::new(169, 254, 0, 0), 16),    // link-local; metadata of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),     // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),      // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),      // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24),   // AS112: the nearest one, perhaps in this house
    (Ipv4Addr::new(192, 52, 193, 0), 24),   // AMT: a relay, the nearest one
    (Ipv4Addr::new(192, 88, 99, 0), 24),    // 6to4 relays, given up (RFC 7526)
    (Ipv4Addr::new(192, 168, 0, 0), 16),    // private
    (Ipv4Addr::new(192, 175, 48, 0), 24),   // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),     // measuring networks
    (Ipv4Addr::new(198, 51, 100, 0), 24),   // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),    // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),       // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),       // reserved; the last one is everyone in this network
];

/// The only part of IPv6 that is given out to anybody ("global unicast").
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Ranges within [`GLOBAL_V6`] that are nobody's.
#[rustfmt::skip]
const SPECIAL_V6: [(Ipv6Addr, u32); 6] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),         // assignments: Teredo, ORCHID, AMT
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),    // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),         // 6to4, given up: it leads into IPv4
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),         // the 6bone, given back
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),         // documentation
];

/// The well-known prefix under which addresses of IPv4 are reached from a network that has none
/// (RFC 6052). Networks may have others, which cannot be known.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether `address` belongs to somebody on the public internet: not to this machine, the network
/// it is in, or nobody.
///
/// Addresses of IPv4 that are written as ones of IPv6, mapped or under the well-known prefix of
/// NAT64, are judged as what they lead to; all other ways of writing them are refused whole. What
/// is in doubt is refused. The public addresses of this very machine are public.
///
/// The ranges are those of the IANA's special-purpose address registries.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match inner_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let lies_in = |(start, bits): &(Ipv4Addr, u32)| {
        (address.to_bits() ^ start.to_bits()).leading_zeros() >= *bits
    };
    !SPECIAL_V4.iter().any(lies_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    lies_in(address, &GLOBAL_V6) && !SPECIAL_V6.iter().any(|range| lies_in(address, range))
}

fn lies_in(address: Ipv6Addr, (start, bits): &(Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ start.to_bits()).leading_zeros() >= *bits
}

/// The address of IPv4 that one of IPv6 leads to: mapped, or translated by NAT64.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if lies_in(address, &NAT64) {
        let [.., a, b, c, d] = address.octets();
        return Some(Ipv4Addr::new(a, b, c, d));
    }
    address.to_ipv4_mapped()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        check(&["9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0"], true);
        check(&["169.253.255.255", "169.255.0.0", "172.15.255.255", "192.167.255.255"], true);
        check(&["192.169.0.0", "198.17.255.255", "223.255.255.255", "168.63.129.17"], true);
        check(&["2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::101:101"], true);
        check(&["2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1", "2620:4f:7fff::1"], true);
    }

    /// The lists of what is refused are in `tests/vectors.txt`; these are the edges of ranges.
    #[test]
    fn what_does_not() {
        check(&["0.255.255.255", "10.255.255.255", "100.64.0.0", "100.127.255.255"], false);
        check(&["127.255.255.255", "169.254.255.255", "172.31.255.255", "192.0.0.255"], false);
        check(&["198.19.255.255", "224.0.0.0", "239.255.255.255", "255.255.255.254"], false);
        check(
            &["64:ff9b:1::101:101", "64:ff9b::1:101:101", "::1.1.1.1", "::ffff:0:1.1.1.1"],
            false,
        );
        check(&["2001:1ff:ffff::1", "2002:101:101::", "3fff:fff::1", "4000::1", "1fff::1"], false);
    }

    /// Each known way of writing an address of IPv4 as one of IPv6.
    fn embeddings(inner: Ipv4Addr) -> Vec<Ipv6Addr> {
        let low = u128::from(inner.to_bits());
        let under = |prefix: &str| {
            let prefix: Ipv6Addr = prefix.parse().expect("an address");
            Ipv6Addr::from_bits(prefix.to_bits() | low)
        };
        let [a, b, c, d] = inner.octets().map(u128::from);
        let local_nat64 = 0x0064_ff9b_0001_u128 << 80 | a << 72 | b << 64 | c << 48 | d << 40;
        let six_to_four = 0x2002_u128 << 112 | low << 80 | 1;
        let teredo_server = 0x2001_0000_u128 << 96 | low << 64 | 0xffff;
        let teredo_client = 0x2001_0000_u128 << 96 | u128::from(!inner.to_bits());
        let known = [local_nat64, six_to_four, teredo_server, teredo_client];
        let known = known.map(Ipv6Addr::from_bits);
        let prefixes = ["::ffff:0:0", "::", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"];
        prefixes.into_iter().map(under).chain(known).collect()
    }

    proptest! {
        #[test]
        fn a_private_address_is_private_however_it_is_written(bits: u32, at in 0..SPECIAL_V4.len()) {
            let (start, length) = SPECIAL_V4[at];
            let within = bits & u32::MAX.checked_shr(length).unwrap_or(0);
            let inner = Ipv4Addr::from_bits(start.to_bits() | within);
            prop_assert!(!is_public(inner.into()), "{inner}");
            for outer in embeddings(inner) {
                prop_assert!(!is_public(outer.into()), "{outer}");
            }
        }

        #[test]
        fn only_what_is_given_out_is_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            let first = address.segments()[0];
            prop_assert!(!is_public(address.into()) || (0x2000..0x4000).contains(&first));
        }
    }
}
