//! Who may be reached.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use url::{Host, Url};

use crate::{Refused, is_public};

/// The longest URL that is asked for, in bytes.
const URL_BYTES_MAX: usize = 8 * 1024;

/// Which URLs may be asked for, and which addresses may be connected to.
#[derive(Clone, Debug)]
pub struct Guard {
    reach: Reach,
    openings: Vec<Opening>,
    denied: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Anywhere,
    Public,
}

/// An address that may be reached although it is not public, such as `127.0.0.1:4000`. Without a
/// port, `10.0.0.7`: ports 80 and 443 of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The address.
    pub address: IpAddr,
    /// `None`: 80 and 443.
    pub port: Option<u16>,
}

/// This is not an address, with or without a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as 10.0.0.7 or 127.0.0.1:4000")]
pub struct OpeningError(pub String);

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Self, OpeningError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { address: address.ip(), port: Some(address.port()) });
        }
        let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let address = match in_brackets {
            Some(address) => address.parse().map(IpAddr::V6),
            None => text.parse(),
        };
        address
            .map(|address| Self { address, port: None })
            .map_err(|_| OpeningError(text.to_owned()))
    }
}

impl Guard {
    /// Everything may be reached, on every port: whoever runs this server named it.
    pub fn anywhere() -> Self {
        Self { reach: Reach::Anywhere, openings: Vec::new(), denied: Vec::new() }
    }

    /// Only what belongs to somebody on the public internet, on ports 80 and 443, and `openings`.
    pub fn public_or(openings: Vec<Opening>) -> Self {
        Self { reach: Reach::Public, openings, denied: Vec::new() }
    }

    /// As this one, but for hosts in `domains` and below: they are not asked, nor looked up. Domains
    /// are in lower case: `example.com`.
    #[must_use]
    pub fn without(self, domains: Vec<String>) -> Self {
        Self { denied: domains, ..self }
    }

    /// Whether `url` may be asked for, as far as it tells: http or https, not too long, no
    /// credentials, a host, a port that may be; and if the host is an address, that one.
    ///
    /// Names are judged by what they lead to, in the connector.
    ///
    /// # Errors
    /// Why not.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        let host = url.host().ok_or(Refused::Host)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
        if self.denied.iter().any(|domain| is_under(name, domain)) {
            return Err(Refused::Denied(name.to_owned()));
        }
        let port = url.port_or_known_default().ok_or(Refused::Scheme)?;
        match host {
            Host::Domain(_) => self.check_port(port),
            Host::Ipv4(address) => self.check_address((address, port).into()),
            Host::Ipv6(address) => self.check_address((address, port).into()),
        }
    }

    /// Whether this very address may be connected to.
    ///
    /// # Errors
    /// Why not.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), Refused> {
        if self.openings.iter().any(|opening| opening.is_for(address)) {
            return Ok(());
        }
        if self.reach == Reach::Public {
            self.check_port(address.port())?;
            if !is_public(address.ip()) {
                return Err(Refused::NotPublic(address.ip().to_string()));
            }
            // Another's opening brought it this far.
            if !is_of_the_web(address.port()) {
                return Err(Refused::Port(address.port()));
            }
        }
        Ok(())
    }

    /// Whether any address may be connected to on `port`: before anything is looked up.
    fn check_port(&self, port: u16) -> Result<(), Refused> {
        let is_opened = || self.openings.iter().any(|opening| opening.port == Some(port));
        match self.reach {
            Reach::Public if !is_of_the_web(port) && !is_opened() => Err(Refused::Port(port)),
            Reach::Public | Reach::Anywhere => Ok(()),
        }
    }
}

impl Opening {
    fn is_for(&self, address: SocketAddr) -> bool {
        let is_port = match self.port {
            Some(port) => port == address.port(),
            None => is_of_the_web(address.port()),
        };
        self.address == address.ip() && is_port
    }
}

/// Whether `host` is `domain`, or a name below it.
fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_of_the_web(port: u16) -> bool {
    matches!(port, 80 | 443)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(text: &str) -> Opening {
        text.parse().expect("an opening")
    }

    #[track_caller]
    fn check(guard: &Guard, url: &str, expected: Result<(), Refused>) {
        let url = Url::parse(url).expect("a URL");
        assert_eq!(guard.check_url(&url), expected, "{url}");
    }

    fn not_public(address: &str) -> Result<(), Refused> {
        Err(Refused::NotPublic(address.to_owned()))
    }

    #[test]
    fn openings_are_addresses() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let four_thousand = Opening { address: loopback, port: Some(4000) };
        assert_eq!(opening("127.0.0.1:4000"), four_thousand);
        assert_eq!(opening("127.0.0.1").port, None);
        assert_eq!(
            opening("[::1]:80"),
            Opening { address: "::1".parse().unwrap(), port: Some(80) }
        );
        assert_eq!(opening("[::1]"), opening("::1"));
        for wrong in ["", "localhost:4000", "127.0.0.1:", "10.0.0.0/8", "127.0.0.1:99999", "[::1"] {
            assert_eq!(wrong.parse::<Opening>(), Err(OpeningError(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn the_web_may_be_asked() {
        let guard = Guard::public_or(Vec::new());
        for url in ["http://tea.example", "https://tea.example:80/", "http://1.1.1.1:443/a?b#c"] {
            check(&guard, url, Ok(()));
        }
        check(&guard, "https://[2606:4700::1111]/", Ok(()));
    }

    #[test]
    fn what_is_not_the_web_is_refused_with_the_reason() {
        let guard = Guard::public_or(Vec::new());
        check(&guard, "ftp://tea.example/", Err(Refused::Scheme));
        check(&guard, "data:text/html,hello", Err(Refused::Scheme));
        check(&guard, "https://ana@tea.example/", Err(Refused::Credentials));
        check(&guard, "https://:secret@tea.example/", Err(Refused::Credentials));
        check(&guard, "http://tea.example:22/", Err(Refused::Port(22)));
        check(&guard, "http://127.0.0.1/", not_public("127.0.0.1"));
        let long = format!("https://tea.example/{}", "a".repeat(URL_BYTES_MAX));
        check(&guard, &long, Err(Refused::TooLong));
    }

    #[test]
    fn a_denied_domain_is_denied_with_everything_below() {
        let denied = ["example.com".to_owned(), "1.1.1.1".to_owned()];
        let guard = Guard::public_or(Vec::new()).without(denied.to_vec());
        for host in ["example.com", "a.b.Example.com", "example.com.", "1.1.1.1"] {
            let refused = Refused::Denied(host.trim_end_matches('.').to_ascii_lowercase());
            check(&guard, &format!("https://{host}/tea"), Err(refused));
        }
        for host in ["notexample.com", "example.com.test", "1.1.1.2"] {
            check(&guard, &format!("https://{host}/tea"), Ok(()));
        }
    }

    #[test]
    fn an_opening_opens_itself_alone() {
        let guard = Guard::public_or(vec![opening("127.0.0.1:4000")]);
        check(&guard, "http://127.0.0.1:4000/", Ok(()));
        check(&guard, "http://tea.example:4000/", Ok(()));
        check(&guard, "http://127.0.0.1/", not_public("127.0.0.1"));
        check(&guard, "http://127.0.0.2:4000/", not_public("127.0.0.2"));
        check(&guard, "http://[::ffff:127.0.0.1]:4000/", not_public("::ffff:127.0.0.1"));
        check(&guard, "http://1.1.1.1:4000/", Err(Refused::Port(4000)));
        check(&guard, "http://127.0.0.1:4001/", Err(Refused::Port(4001)));
        check(&guard, "ftp://127.0.0.1:4000/", Err(Refused::Scheme));
        check(&guard, "http://ana@127.0.0.1:4000/", Err(Refused::Credentials));
    }

    #[test]
    fn an_opening_without_a_port_is_for_the_webs() {
        let guard = Guard::public_or(vec![opening("10.0.0.7")]);
        check(&guard, "http://10.0.0.7/", Ok(()));
        check(&guard, "https://10.0.0.7/", Ok(()));
        check(&guard, "http://10.0.0.7:8080/", Err(Refused::Port(8080)));
        check(&guard, "http://10.0.0.8/", not_public("10.0.0.8"));
    }

    #[test]
    fn who_runs_this_server_may_name_anything_over_http() {
        let guard = Guard::anywhere();
        check(&guard, "http://127.0.0.1:9/", Ok(()));
        check(&guard, "https://id.house:8443/", Ok(()));
        check(&guard, "ftp://127.0.0.1/", Err(Refused::Scheme));
    }
}
