//! How long and how large an exchange may be.

use std::time::Duration;

/// What one request and its answer, with all redirects, may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For looking the name up and connecting, each time.
    pub connect: Duration,
    /// Between two signs of life: TLS, the head of the answer, each piece of the body.
    pub step: Duration,
    /// From the first look-up to the last byte that is read.
    pub total: Duration,
    /// Redirects that are followed; 0: an answer that redirects is the answer.
    pub redirects_max: usize,
    /// Header lines of an answer.
    pub headers_max: usize,
    /// The whole head of an answer, in bytes.
    pub head_bytes_max: usize,
    /// The body as it is sent, perhaps compressed, in bytes.
    pub wire_bytes_max: usize,
    /// The body as it is read, in bytes.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            step: Duration::from_secs(5),
            total: Duration::from_secs(10),
            redirects_max: 5,
            headers_max: 100,
            head_bytes_max: 32 * 1024,
            wire_bytes_max: 512 * 1024,
            body_bytes_max: 512 * 1024,
        }
    }
}
