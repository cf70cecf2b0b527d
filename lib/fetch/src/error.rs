//! Why there is no answer.

use std::io;

/// There was no answer that counts. `Display` is a sentence for people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The guard says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The name has no address.
    #[error("there is no {host}")]
    NoSuchHost {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answers there.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Whoever answers there cannot prove to be the host.
    #[error("{host} cannot be reached securely")]
    Insecure {
        /// The host.
        host: String,
        /// What TLS said.
        source: io::Error,
    },
    /// What came is not HTTP, broke off, or cannot be decompressed.
    #[error("the answer of {host} is broken")]
    Broken {
        /// The host.
        host: String,
        /// What was wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("{host} did not answer in time")]
    Late {
        /// The host.
        host: String,
    },
    /// The answer is larger than the limits.
    #[error("the answer of {host} is too large")]
    TooLarge {
        /// The host.
        host: String,
    },
    /// There were more redirects than the limits allow, or one that leads nowhere.
    #[error("{host} sends elsewhere too often")]
    Redirects {
        /// The host that sent elsewhere last.
        host: String,
    },
}

impl FetchError {
    pub(crate) fn broken(
        host: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Broken { host: host.to_owned(), source: source.into() }
    }
}

/// The guard says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is longer than what is asked for.
    #[error("the address is too long")]
    TooLong,
    /// Only http and https are.
    #[error("only web addresses, http and https, can be fetched")]
    Scheme,
    /// It has no host.
    #[error("the address names no host")]
    Host,
    /// It has a user name or a password.
    #[error("an address with a name or password in it is not fetched")]
    Credentials,
    /// Whoever runs this server does not want this host to be asked.
    #[error("nothing of {0} is fetched here")]
    Denied(String),
    /// Only 80 and 443 are.
    #[error("only ports 80 and 443 are reached, not {0}")]
    Port(u16),
    /// What it names, a host or an address, is not somebody's on the public internet.
    #[error("{0} is not on the public internet")]
    NotPublic(String),
}
