//! An answer whose body is still coming.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use url::Url;

use crate::FetchError;

/// An answer, read piece by piece. Dropping it closes the connection.
#[derive(Debug)]
pub struct Incoming {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
}

/// What a body says it is (RFC 9110, 8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    /// `text/html`: lower case, without parameters.
    pub essence: String,
    /// The parameter `charset`, without quotes.
    pub charset: Option<String>,
}

impl Incoming {
    /// Where the answer came from, after redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header lines.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What the body is; `None`: it does not say.
    pub fn content_type(&self) -> Option<ContentType> {
        todo!()
    }

    /// The next piece of the body, decompressed; `None`: that was all.
    ///
    /// # Errors
    /// `TooLarge` once more than the limits came; what was handed out before is good. Others: the
    /// body broke off.
    ///
    /// # Cancellation
    /// Nothing is lost; ask again.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        todo!()
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Incoming::chunk`].
    pub async fn bytes(self) -> Result<Vec<u8>, FetchError> {
        todo!()
    }
}
