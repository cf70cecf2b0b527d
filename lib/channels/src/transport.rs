//! What a socket needs from a connection that carries messages.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::frame::SharedFrame;

/// A message from the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text message.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping or pong. The transport answers it by itself at the next flush.
    Control,
    /// The browser closes the connection. Nothing follows.
    Close,
}

impl Incoming {
    /// How much the browser sent, bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes.len(),
            Self::Control | Self::Close => 0,
        }
    }
}

/// Why the server closes a connection. There is no 1000: it makes the official client reload the
/// page (`liveview-protocol.md` §0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// 1001: the browser was silent for too long.
    GoingAway,
    /// 1002: the frame is not one of the protocol's.
    Protocol,
    /// 1007: a text message is not UTF-8.
    NotText,
    /// 1008: the frame breaks a limit other than its size, or there are too many.
    Policy,
    /// 1009: the message is too big.
    TooBig,
    /// 1012: the server restarts, the browser cannot keep up, or its socket was disconnected; come
    /// back.
    Restart,
}

impl CloseCode {
    /// The number on the wire (RFC 6455, section 7.4.1, and IANA's registry).
    pub fn number(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::NotText => 1007,
            Self::Policy => 1008,
            Self::TooBig => 1009,
            Self::Restart => 1012,
        }
    }
}

/// A fault of the connection.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// A message exceeds the transport's own limit.
    #[error("the message is too big")]
    TooBig,
    /// A text message is not UTF-8.
    #[error("the text is not UTF-8")]
    NotText,
    /// The browser broke the transport's protocol.
    #[error("the browser broke the transport's protocol")]
    Protocol,
    /// The connection is gone.
    #[error("the connection is lost")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A connection that carries messages: a WebSocket, or a pair in memory. The socket task polls
/// both directions from one task; each `poll_` function wakes that task like those of `Stream` and
/// `Sink`, from which an adapter is a line per function.
pub trait Transport: Send + Unpin + 'static {
    /// The next message; `None` when the connection ended without a farewell.
    fn poll_recv(&mut self, cx: &mut Context<'_>)
    -> Poll<Result<Option<Incoming>, TransportError>>;

    /// Ready when [`Transport::start_send`] may be called once.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Takes one text message. It should be held back until the flush, so that frames that wait
    /// together are written together.
    fn start_send(&mut self, frame: SharedFrame) -> Result<(), TransportError>;

    /// Ready when everything taken was handed to the network.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Sends the farewell and closes; called until it is ready, always with the same arguments.
    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        code: CloseCode,
        reason: &'static str,
    ) -> Poll<Result<(), TransportError>>;
}
