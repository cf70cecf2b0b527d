//! The WebSocket under a socket (RFC 6455), over a connection that hyper hands over.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use channels::{CloseCode, Incoming, SharedFrame, Transport, TransportError};
use futures_util::{Sink, Stream};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        handshake::derive_accept_key,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{Frame, coding},
        },
    },
};

use crate::endpoint::Body;

/// Bytes read from the network at a time: what an idle connection costs. Browsers send little; the
/// library's own choice is 128 KiB.
const READ_BUFFER_BYTES: usize = 1024;
/// Bytes that frames which wait together may take before they are written.
const WRITE_BUFFER_BYTES: usize = 4096;
/// Bytes of a message that go into one frame. For as long as a connection lives, the library keeps a
/// buffer as large as the largest frame that was ever written there, and what a page is given when it
/// joins may be the only large message it ever gets.
const FRAME_BYTES_MAX: usize = 4096;
/// Largest message; `channels` has the limit that tells text from binary.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// A browser's WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket(WebSocketStream<TokioIo<Upgraded>>);

/// The answer to an upgrade request. `None`: it is no such request.
pub(crate) fn answer(headers: &HeaderMap) -> Option<Response<Body>> {
    let is_upgrade = has_token(headers, header::CONNECTION, "upgrade")
        && has_token(headers, header::UPGRADE, "websocket")
        && headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_upgrade)?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    answer.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Some(response)
}

impl WebSocket {
    /// Waits until the answer was sent and the connection is ours.
    pub(crate) async fn open(upgrade: OnUpgrade) -> hyper::Result<Self> {
        let io = TokioIo::new(upgrade.await?);
        // The buffer for writing grows when it is needed; what it holds is written with one call.
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        Ok(Self(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await))
    }
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

impl Transport for WebSocket {
    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Incoming>, TransportError>> {
        let message = match ready!(Pin::new(&mut self.0).poll_next(cx)) {
            None => return Poll::Ready(Ok(None)),
            Some(Err(error)) => return Poll::Ready(Err(fault(error))),
            Some(Ok(message)) => message,
        };
        Poll::Ready(Ok(Some(match message {
            Message::Text(text) => Incoming::Text(text.into()),
            Message::Binary(bytes) => Incoming::Binary(bytes),
            Message::Close(_) => Incoming::Close,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Incoming::Control,
        })))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Pin::new(&mut self.0).poll_ready(cx).map_err(fault)
    }

    fn start_send(&mut self, frame: SharedFrame) -> Result<(), TransportError> {
        // Prepared frames: a text message would be checked to be UTF-8 once per browser.
        let mut rest = Bytes::from(frame);
        let mut kind = coding::Data::Text;
        loop {
            let piece = rest.split_to(rest.len().min(FRAME_BYTES_MAX));
            let frame = Frame::message(piece, coding::OpCode::Data(kind), rest.is_empty());
            Pin::new(&mut self.0).start_send(Message::Frame(frame)).map_err(fault)?;
            if rest.is_empty() {
                return Ok(());
            }
            kind = coding::Data::Continue;
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Pin::new(&mut self.0).poll_flush(cx).map_err(fault)
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        code: CloseCode,
        reason: &'static str,
    ) -> Poll<Result<(), TransportError>> {
        // Only the first farewell is sent; the library refuses the others as already closing.
        let code = coding::CloseCode::from(code.number());
        let farewell = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        if ready!(Pin::new(&mut self.0).poll_ready(cx)).is_ok() {
            let _already_closing = Pin::new(&mut self.0).start_send(farewell);
        }
        Pin::new(&mut self.0).poll_flush(cx).map_err(fault)
    }
}

fn fault(error: tungstenite::Error) -> TransportError {
    use tungstenite::Error;
    match error {
        Error::Capacity(_) => TransportError::TooBig,
        Error::Utf8(_) => TransportError::NotText,
        Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
            TransportError::Lost("the connection was reset".into())
        }
        Error::Protocol(_) => TransportError::Protocol,
        other => TransportError::Lost(other.into()),
    }
}
