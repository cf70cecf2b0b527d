//! A link that can be fetched.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The longest link, in bytes.
pub const LINK_CHARS_MAX: usize = 2_048;

/// A web address in its normal form (WHATWG URL), without a fragment: http or https, a host, no
/// credentials. Whether the guard lets it pass is not said. Serialized as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(Url);

/// This is no link. The text is for whoever typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is nothing.
    #[error("Enter a web address.")]
    Empty,
    /// It is no URL, or one without a host.
    #[error("That is not a web address yet.")]
    NotUrl,
    /// It is neither http nor https.
    #[error("Only http and https addresses can be previewed.")]
    Scheme,
    /// It has a user name or a password.
    #[error("An address with a name or password in it is not fetched.")]
    Credentials,
    /// It is too long.
    #[error("That address is too long.")]
    TooLong,
}

impl Link {
    /// Takes what somebody typed; without a scheme, `https` is meant if the rest looks like a host
    /// with a dot.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(LinkError::Empty);
        }
        if text.len() > LINK_CHARS_MAX {
            return Err(LinkError::TooLong);
        }
        let mut url = match has_scheme(text) {
            true => Url::parse(text).map_err(|_| LinkError::NotUrl)?,
            false => without_scheme(text)?,
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(LinkError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LinkError::Credentials);
        }
        // A host that consists of dots is the root of all names, which is no site.
        if url.host_str().is_none_or(|host| host.trim_matches('.').is_empty()) {
            return Err(LinkError::NotUrl);
        }
        url.set_fragment(None);
        // The normal form can be longer than what was typed: it is in ASCII.
        if url.as_str().len() > LINK_CHARS_MAX { Err(LinkError::TooLong) } else { Ok(Self(url)) }
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0.into()
    }
}

impl TryFrom<String> for Link {
    type Error = LinkError;

    fn try_from(text: String) -> Result<Self, LinkError> {
        Self::parse(&text)
    }
}

/// Whether `text` begins with a scheme. One with a dot in it is a host that is followed by a port,
/// and a number after the colon is a port as well: `localhost:4000`.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme_char);
    is_scheme && !rest.starts_with(|c: char| c.is_ascii_digit())
}

/// `example.org/tea`: what people type. Half a word, a number and a mail address are not meant so.
fn without_scheme(text: &str) -> Result<Url, LinkError> {
    let text = text.strip_prefix("//").unwrap_or(text);
    let url = Url::parse(&format!("https://{text}")).map_err(|_| LinkError::NotUrl)?;
    let is_meant = match url.host() {
        Some(Host::Domain(name)) => {
            name.rsplit_once('.').is_some_and(|(rest, last)| !rest.is_empty() && last.len() >= 2)
        }
        // `1.5` is a number that URLs take for an address.
        Some(Host::Ipv4(address)) => text.starts_with(&address.to_string()),
        Some(Host::Ipv6(_)) => true,
        None => false,
    };
    if is_meant { Ok(url) } else { Err(LinkError::NotUrl) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Link::parse(text).as_ref().map(Link::as_str), Ok(expected), "of {text:?}");
    }

    #[track_caller]
    fn refused(text: &str, why: LinkError) {
        assert_eq!(Link::parse(text), Err(why), "of {text:?}");
    }

    #[test]
    fn an_address_gets_its_normal_form() {
        check("https://example.org", "https://example.org/");
        check("  HTTPS://Example.ORG:443/a/../b?c#d ", "https://example.org/b?c");
        check("http://example.org:80/", "http://example.org/");
        check("http:example.org", "http://example.org/");
        check("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4");
        check("http://169085621/", "http://10.20.10.181/");
        check("http://0x7f.1/", "http://127.0.0.1/");
        check("http://localhost:4000/x", "http://localhost:4000/x");
        check("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/");
    }

    #[test]
    fn what_looks_like_a_host_is_one() {
        check("example.org", "https://example.org/");
        check("www.example.org/tea?x=a:b", "https://www.example.org/tea?x=a:b");
        check("example.org:8443/tea", "https://example.org:8443/tea");
        check("//example.org/tea", "https://example.org/tea");
        check("192.0.2.7/x", "https://192.0.2.7/x");
        check("[2001:db8::1]/x", "https://[2001:db8::1]/x");
    }

    #[test]
    fn what_is_not_finished_is_no_link() {
        refused("", LinkError::Empty);
        refused(" \n", LinkError::Empty);
        refused("https://", LinkError::NotUrl);
        refused("https", LinkError::NotUrl);
        refused("exampl", LinkError::NotUrl);
        refused("example.", LinkError::NotUrl);
        refused("example.o", LinkError::NotUrl);
        refused("localhost:4000", LinkError::NotUrl);
        refused("1.5", LinkError::NotUrl);
        refused("tea at five.", LinkError::NotUrl);
        refused("/r/kitchen", LinkError::NotUrl);
        refused("http://./x", LinkError::NotUrl);
        refused("..", LinkError::NotUrl);
        refused("https://exa mple.org", LinkError::NotUrl);
        refused("https://example.org:99999/", LinkError::NotUrl);
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        for text in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
            refused(text, LinkError::Scheme);
        }
        refused("mailto:ana@example.org", LinkError::Scheme);
        refused("ftp://example.org/", LinkError::Scheme);
        refused("https://ana@example.org/", LinkError::Credentials);
        refused("https://:secret@example.org/", LinkError::Credentials);
        refused("ana@example.org", LinkError::Credentials);
    }

    #[test]
    fn a_link_is_kept_as_text() {
        let link = Link::parse("https://example.org/a?b").expect("it is a link");
        let text = serde_json::to_string(&link).expect("it is text");
        assert_eq!(text, r#""https://example.org/a?b""#);
        assert_eq!(serde_json::from_str::<Link>(&text).ok(), Some(link));
        assert!(serde_json::from_str::<Link>(r#""file:///etc/passwd""#).is_err());
    }

    #[test]
    fn a_link_has_a_bound_in_its_normal_form() {
        let long = format!("https://example.org/{}", "a".repeat(LINK_CHARS_MAX - 20));
        check(&long, &long);
        refused(&format!("{long}a"), LinkError::TooLong);
        refused(&format!("https://example.org/{}", "ä".repeat(400)), LinkError::TooLong);
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(text in "(https?:)?(//)?[a-z0-9.:@/?#%\\[\\] ä-]{0,40}") {
            if let Ok(link) = Link::parse(&text) {
                prop_assert_eq!(Link::parse(link.as_str()), Ok(link.clone()));
                prop_assert!(!link.host().is_empty() && link.url().fragment().is_none());
            }
        }
    }
}
