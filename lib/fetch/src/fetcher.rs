//! Makes requests.

use std::sync::Arc;

use http::{Request, Response};
use rustls::RootCertStore;
use url::Url;

use crate::{FetchError, Guard, Incoming, Limits, Resolve, SystemResolver};

/// Makes requests over HTTP/1.1. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Config>);

/// How requests are made.
#[derive(Clone)]
pub struct Config {
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Whose certificates count.
    pub trust: Trust,
    /// What this program calls itself.
    pub user_agent: String,
}

/// Whose certificates count.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those this machine trusts, which may be ones of the house. Reads files when the fetcher is
    /// made.
    System,
    /// These.
    Roots(Arc<RootCertStore>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            trust: Trust::System,
            user_agent: "Teahouse".to_owned(),
        }
    }
}

impl Fetcher {
    /// A fetcher; with [`Trust::System`], reads files.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(config))
    }

    /// Asks for `url` with GET, follows redirects, each behind the guard, and returns the answer as
    /// soon as its head is there.
    ///
    /// `accept` is the header of that name. No cookies, no credentials, no referrer are ever sent.
    /// `gzip`, `deflate` and none are the encodings asked for and understood.
    ///
    /// # Errors
    /// See [`FetchError`]. An answer of 404 or 500 is an answer.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection.
    pub async fn get(
        &self,
        url: &Url,
        accept: &str,
        guard: &Guard,
        limits: &Limits,
    ) -> Result<Incoming, FetchError> {
        let _ = (url, accept, guard, limits, &self.0);
        todo!()
    }

    /// Sends `request` to the host in its address and reads the whole answer. Redirects are not
    /// followed.
    ///
    /// # Errors
    /// See [`FetchError`]. An answer of 404 or 500 is an answer.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        guard: &Guard,
        limits: &Limits,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let _ = (request, guard, limits);
        todo!()
    }
}
