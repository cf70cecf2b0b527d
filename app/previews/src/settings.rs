//! What a host may change while the server runs.

use fetch::{Guard, Opening, Refused};
use url::Host;

use crate::Link;

/// What may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether anything is fetched at all.
    pub enabled: bool,
    /// Domains that are not asked, with everything under them: `example.com`.
    pub deny: Vec<String>,
    /// Addresses that are asked although they are not public.
    pub allow: Vec<Opening>,
}

/// This is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a domain such as example.com")]
pub struct DomainError(pub String);

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, deny: Vec::new(), allow: Vec::new() }
    }
}

impl Settings {
    /// Takes a domain as a host writes it; the normal form is what [`Settings::deny`] has.
    ///
    /// # Errors
    /// It is none.
    pub fn domain(text: &str) -> Result<String, DomainError> {
        let no_domain = || DomainError(text.to_owned());
        let name = text.trim().trim_end_matches('.');
        match Host::parse(name.strip_prefix("*.").unwrap_or(name)) {
            Ok(Host::Domain(domain)) if !domain.is_empty() && !domain.contains('*') => Ok(domain),
            // Whoever runs a machine by its number can be denied as well.
            Ok(Host::Ipv4(address)) => Ok(address.to_string()),
            _ => Err(no_domain()),
        }
    }

    /// Whether `link` may be asked for, as far as the host of this server has said.
    pub(crate) fn permits(&self, link: &Link) -> bool {
        self.enabled && !matches!(self.guard().check_url(link.url()), Err(Refused::Denied(_)))
    }

    /// Who may be reached.
    pub(crate) fn guard(&self) -> Guard {
        Guard::public_or(self.allow.clone()).without(self.deny.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_a_normal_form() {
        for (text, domain) in [
            ("Example.COM", "example.com"),
            (" *.example.com. ", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("127.1", "127.0.0.1"),
        ] {
            assert_eq!(Settings::domain(text).as_deref(), Ok(domain));
        }
        for text in ["", "*.", "https://example.com/", "exa mple", "a/b", "example.com:80"] {
            assert_eq!(Settings::domain(text), Err(DomainError(text.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn what_is_denied_or_switched_off_is_not_permitted() {
        let link = |host: &str| crate::testing::link(&format!("https://{host}/"));
        let settings = Settings { deny: vec!["example.com".to_owned()], ..Settings::default() };
        assert!(!settings.permits(&link("www.example.com")));
        assert!(settings.permits(&link("example.org")));
        let off = Settings { enabled: false, ..Settings::default() };
        assert!(!off.permits(&link("example.org")));
    }
}
