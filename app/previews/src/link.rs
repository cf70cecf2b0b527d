//! A link that can be fetched.

use url::Url;

/// The longest link, in bytes.
pub const LINK_CHARS_MAX: usize = 2_048;

/// A web address in its normal form (WHATWG URL), without a fragment: http or https, a host, no
/// credentials. Whether the guard lets it pass is not said.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
        let _ = text;
        todo!()
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
