//! One request and its answer on one connection, driven by whoever waits for it.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, response::Parts};
use http_body_util::Full;
use hyper::{
    body::{Body as _, Incoming},
    client::conn::http1::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;

use crate::{Limits, connector::Stream};

/// hyper's buffer for reading cannot be smaller, in bytes. It may grow a little over what is asked
/// for, so the head is measured besides.
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// The body of an answer, and the connection it comes from. Holds one piece of the body and a
/// buffer of the size of the head's limit. Dropping it closes the connection.
pub(crate) struct Exchange {
    body: Incoming,
    connection: Connection,
    /// hyper ends a connection that can get no more requests.
    _sender: SendRequest<Full<Bytes>>,
}

/// The work on a connection; `None`: it ended. What went wrong is told to whoever waits for the
/// answer.
struct Connection(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

impl Exchange {
    /// Sends `request`, and returns when the head of the answer is there.
    pub async fn begin(
        stream: Stream,
        request: Request<Full<Bytes>>,
        limits: &Limits,
    ) -> hyper::Result<(Parts, Self)> {
        let (mut sender, connection) = Builder::new()
            .max_headers(limits.headers_max)
            .max_header_size(limits.head_bytes_max)
            .max_buf_size(limits.head_bytes_max.max(BUFFER_BYTES_MIN))
            // Nobody else reads this connection, so nobody can be told another story by it.
            .ignore_invalid_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await?;
        let mut connection = Connection(Some(Box::pin(connection)));
        let answer = {
            let mut answer = pin!(sender.send_request(request));
            poll_fn(|cx| connection.poll_for(cx, |cx| answer.as_mut().poll(cx))).await?
        };
        let (head, body) = answer.into_parts();
        Ok((head, Self { body, connection, _sender: sender }))
    }

    /// The next piece of the body, as it was sent; `None`: that was all.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub async fn piece(&mut self) -> hyper::Result<Option<Bytes>> {
        let Self { body, connection, .. } = self;
        loop {
            let frame =
                poll_fn(|cx| connection.poll_for(cx, |cx| Pin::new(&mut *body).poll_frame(cx)));
            let Some(frame) = frame.await.transpose()? else { return Ok(None) };
            // Trailers say nothing here.
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
    }
}

impl Connection {
    /// Polls `wanted`, and if it has to wait, the connection that gives it.
    fn poll_for<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let ready = wanted(cx);
        let Some(running) = &mut self.0 else { return ready };
        if ready.is_ready() {
            return ready;
        }
        if running.as_mut().poll(cx).is_ready() {
            self.0 = None;
        }
        wanted(cx)
    }
}
