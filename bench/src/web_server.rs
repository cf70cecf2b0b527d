//! The sites of `sites.rs`, as a server of its own.

use std::{convert::Infallible, io::Write, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tasks::Scope;
use tokio::net::{TcpListener, TcpStream};

use crate::sites::{self, Pictures};

#[derive(clap::Args)]
pub struct Options {
    /// What an answer takes at least, milliseconds.
    #[arg(long)]
    least_ms: u64,
    /// What it takes at most.
    #[arg(long)]
    most_ms: u64,
}

/// Answers for every site, on one port of this machine.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let web = Arc::new(Web { pictures: Pictures::new()?, options });
    writeln!(std::io::stdout(), "ready at http://{address}")?;
    let scope = Scope::root("web");
    loop {
        let (stream, _) = listener.accept().await?;
        let web = web.clone();
        scope.spawn("connection", async move {
            // Whoever asks may go in the middle of a page.
            let _gone = web.answer(stream).await;
        });
    }
}

struct Web {
    pictures: Pictures,
    options: Options,
}

impl Web {
    async fn answer(&self, stream: TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let respond = |request| async move { Ok::<_, Infallible>(self.respond(&request).await) };
        http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)).await?;
        Ok(())
    }

    async fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let (path, Options { least_ms, most_ms }) = (request.uri().path(), &self.options);
        let more_ms = (most_ms - least_ms) as f64 * sites::slowness(path);
        tokio::time::sleep(Duration::from_millis(least_ms + more_ms as u64)).await;
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let Some((media_type, body)) = self.find(path, host.unwrap_or_default()) else {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        };
        let mut response = Response::new(Full::new(body));
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }

    fn find(&self, path: &str, host: &str) -> Option<(http::HeaderValue, Bytes)> {
        if let Some(number) = path.strip_prefix("/page/") {
            let page = sites::page(number.parse().ok()?, host);
            return Some((http::HeaderValue::from_static("text/html; charset=utf-8"), page.into()));
        }
        let number = path.strip_prefix("/picture/")?.strip_suffix(".jpg")?;
        let picture = self.pictures.of(number.parse().ok()?);
        Some((http::HeaderValue::from_static("image/jpeg"), picture))
    }
}
