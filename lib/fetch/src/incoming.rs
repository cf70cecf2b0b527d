//! An answer whose body is still coming.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, response::Parts};
use url::Url;

use crate::{
    ContentType, FetchError, Limits,
    content::{Content, ContentError, Taken},
    exchange::Exchange,
    pace::Pace,
};

/// An answer, read piece by piece. Dropping it closes the connection.
pub struct Incoming {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
    pace: Pace,
    exchange: Exchange,
    content: Content,
}

impl Incoming {
    pub(crate) fn new(
        url: Url,
        head: Parts,
        exchange: Exchange,
        pace: Pace,
        limits: &Limits,
    ) -> Self {
        let content = Content::new(&head.headers, limits);
        Self { url, status: head.status, headers: head.headers, pace, exchange, content }
    }

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
        let line = self.headers.get(header::CONTENT_TYPE)?;
        ContentType::parse(&String::from_utf8_lossy(line.as_bytes()))
    }

    /// Makes the limits narrower, once it is clear what comes: from here on at most `bytes` of the
    /// body, as it is sent and as it is read.
    pub fn at_most(&mut self, bytes: usize) {
        self.content.at_most(bytes);
    }

    /// The next piece of the body, decompressed; `None`: that was all. A piece has at most the
    /// bytes that are left to the limit.
    ///
    /// # Errors
    /// `TooLarge` once more than the limits came; what was handed out before is good. Others: the
    /// body broke off, or no more of it came in time. There is nothing to ask for after an error.
    ///
    /// # Cancellation
    /// Nothing is lost; ask again.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let host = self.url.host_str().unwrap_or_default();
        loop {
            match self.content.take() {
                Ok(Taken::Piece(piece)) => return Ok(Some(piece)),
                Ok(Taken::End) => return Ok(None),
                Ok(Taken::Hungry) => {}
                Err(ContentError::TooLarge) => {
                    return Err(FetchError::TooLarge { host: host.to_owned() });
                }
                Err(error) => return Err(FetchError::broken(host, error)),
            }
            match self.pace.step(host, self.exchange.piece()).await? {
                Ok(Some(piece)) => self.content.feed(piece),
                Ok(None) => self.content.end(),
                Err(error) => return Err(FetchError::broken(host, error)),
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Incoming::chunk`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, FetchError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.chunk().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Incoming");
        shown.field("status", &self.status).field("headers", &self.headers).finish_non_exhaustive()
    }
}
