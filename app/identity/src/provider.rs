//! Who may say who somebody is, as the host of this server configures it.

use std::fmt;

use url::{Host, Url};

use crate::callback_path;

/// GitHub itself; a GitHub Enterprise Server has other addresses.
pub const GITHUB_WEB_URL: &str = "https://github.com";
pub const GITHUB_API_URL: &str = "https://api.github.com";

/// The longest id of a provider, in characters.
const ID_CHARS_MAX: usize = 32;

/// Who may say who somebody is.
#[derive(Clone, PartialEq, Eq)]
pub enum Provider {
    /// GitHub, by OAuth 2.
    GitHub {
        client_id: String,
        client_secret: String,
        /// [`GITHUB_WEB_URL`], or where a GitHub Enterprise Server is.
        web_url: String,
        /// [`GITHUB_API_URL`], or `<web_url>/api/v3`.
        api_url: String,
    },
    /// Any provider of OpenID Connect.
    OpenId {
        /// Stands in addresses: `[a-z0-9-]`, at most 32 characters.
        id: String,
        /// What the button says: "Sign in with …".
        label: String,
        /// Where `/.well-known/openid-configuration` is found below.
        issuer: String,
        client_id: String,
        client_secret: String,
    },
}

/// A provider is not configured as it must be. The text is for the host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("{0:?} cannot stand in an address: use up to 32 of a-z, 0-9 and -")]
    Id(String),
    #[error("two providers are called {0:?}")]
    IdTaken(String),
    #[error("{provider} has no client id or no client secret")]
    Client { provider: String },
    #[error("{url:?} is no address for {of}: it must begin with https:// (or be on this machine)")]
    Url { of: String, url: String },
    #[error("{0:?} is no address of this server: it must begin with https:// or http://")]
    BaseUrl(String),
}

impl Provider {
    /// GitHub itself.
    pub fn github(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self::GitHub {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            web_url: GITHUB_WEB_URL.to_owned(),
            api_url: GITHUB_API_URL.to_owned(),
        }
    }

    /// What it is called in addresses.
    pub fn id(&self) -> &str {
        match self {
            Self::GitHub { .. } => "github",
            Self::OpenId { id, .. } => id,
        }
    }

    /// What it is called on pages.
    pub fn label(&self) -> &str {
        match self {
            Self::GitHub { .. } => "GitHub",
            Self::OpenId { label, .. } => label,
        }
    }

    /// The id and the secret it gave to the host of this server.
    pub(crate) fn client(&self) -> (&str, &str) {
        match self {
            Self::GitHub { client_id, client_secret, .. }
            | Self::OpenId { client_id, client_secret, .. } => (client_id, client_secret),
        }
    }

    fn check(&self) -> Result<(), ProviderError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let id = self.id();
        if !(1..=ID_CHARS_MAX).contains(&id.len()) || !id.bytes().all(allowed) {
            return Err(ProviderError::Id(id.to_owned()));
        }
        let (client_id, client_secret) = self.client();
        if client_id.is_empty() || client_secret.is_empty() {
            return Err(ProviderError::Client { provider: id.to_owned() });
        }
        Ok(())
    }
}

/// # Errors
/// One of them is not configured as it must be.
pub(crate) fn check_all(providers: &[Provider]) -> Result<(), ProviderError> {
    for (at, provider) in providers.iter().enumerate() {
        provider.check()?;
        if providers[..at].iter().any(|before| before.id() == provider.id()) {
            return Err(ProviderError::IdTaken(provider.id().to_owned()));
        }
    }
    Ok(())
}

/// The address in `text`, if what is said there stays between us: over TLS, or within this machine.
///
/// # Errors
/// `Url`.
pub(crate) fn private_url(of: &str, text: &str) -> Result<Url, ProviderError> {
    let wrong = || ProviderError::Url { of: of.to_owned(), url: text.to_owned() };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let on_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && on_this_machine);
    if is_private && url.query().is_none() && url.fragment().is_none() {
        Ok(url)
    } else {
        Err(wrong())
    }
}

/// Where `provider` sends people back to. A server in a house without TLS may have providers too.
///
/// # Errors
/// `BaseUrl`.
pub(crate) fn back_url(base_url: &str, provider: &Provider) -> Result<Url, ProviderError> {
    let wrong = || ProviderError::BaseUrl(base_url.to_owned());
    let base = Url::parse(base_url).map_err(|_| wrong())?;
    if !matches!(base.scheme(), "https" | "http") || base.query().is_some() {
        return Err(wrong());
    }
    let back = format!("{}{}", base.as_str().trim_end_matches('/'), callback_path(provider.id()));
    Url::parse(&back).map_err(|_| wrong())
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret.
        write!(f, "Provider({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_id(id: &str) -> Provider {
        Provider::OpenId {
            id: id.into(),
            label: "The house".into(),
            issuer: "https://id.example.org".into(),
            client_id: "tea".into(),
            client_secret: "secret".into(),
        }
    }

    #[test]
    fn providers_are_checked() {
        let github = Provider::github("tea", "secret");
        assert_eq!(check_all(&[github.clone(), open_id("house-2")]), Ok(()));
        let twice = check_all(&[github.clone(), open_id("github")]);
        assert_eq!(twice, Err(ProviderError::IdTaken("github".into())));
        for id in ["", "The House", "a/b", "é", &"a".repeat(33)] {
            assert_eq!(check_all(&[open_id(id)]), Err(ProviderError::Id(id.into())));
        }
        let without = ProviderError::Client { provider: "github".into() };
        assert_eq!(check_all(&[Provider::github("tea", "")]), Err(without));
        assert!(!format!("{github:?}").contains("secret"));
    }

    #[test]
    fn people_are_sent_back_here() {
        let back = |base| back_url(base, &open_id("house")).map(String::from);
        let here = Ok("https://tea.example.org/sign-in/house/callback".to_owned());
        assert_eq!(back("https://tea.example.org"), here);
        assert_eq!(back("https://tea.example.org/"), here);
        assert!(back("http://192.168.1.5:4000").is_ok());
        for wrong in ["tea.example.org", "ftp://tea.example.org", "https://tea.example.org?a"] {
            assert_eq!(back(wrong), Err(ProviderError::BaseUrl(wrong.into())));
        }
    }

    #[test]
    fn addresses_are_private() {
        for right in ["https://id.example.org/realm", "http://127.0.0.1:9/a", "http://localhost"] {
            assert!(private_url("it", right).is_ok(), "{right}");
        }
        for wrong in ["http://id.example.org", "ftp://localhost", "id.example.org", "https://a?b"] {
            assert!(private_url("it", wrong).is_err(), "{wrong}");
        }
    }
}
