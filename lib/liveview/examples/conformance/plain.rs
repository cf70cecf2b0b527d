//! What is not a live view: scripts of npm, and the addresses that the specs call themselves.

use std::{
    convert::Infallible,
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use liveview::{Body, Endpoint, Params};
use serde_json::Value;
use tokio::sync::Notify;

use crate::{navigation, world::World};

/// The live views and what is beside them.
#[derive(Clone)]
pub struct Site {
    endpoint: Endpoint<World>,
    world: World,
    /// Holds npm's packages.
    folder: PathBuf,
    halted: Arc<Notify>,
}

impl Site {
    pub fn new(endpoint: Endpoint<World>, world: World, folder: PathBuf) -> Self {
        Self { endpoint, world, folder, halted: Arc::default() }
    }

    /// Notified when the specs are over.
    pub fn halted(&self) -> Arc<Notify> {
        self.halted.clone()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        match (request.method(), &*path) {
            (_, "/health") => text(StatusCode::OK, "text/plain", "OK"),
            (_, "/halt") => {
                self.halted.notify_one();
                text(StatusCode::OK, "text/plain", "")
            }
            (_, "/assets/colocated/index.js") => text(
                StatusCode::OK,
                "text/javascript",
                "export const hooks = {};\nexport default {};",
            ),
            (_, path) if path.starts_with("/assets/") => self.asset(path),
            (&Method::POST, "/submit") => {
                let form = String::from_utf8_lossy(&body(request).await).into_owned();
                json(&Params::decode(&form).to_json())
            }
            (&Method::POST, "/eval") => {
                let program: Value =
                    serde_json::from_slice(&body(request).await).unwrap_or_default();
                let known = self.world.eval(program["code"].as_str().unwrap_or_default());
                known.map_or_else(|| status(StatusCode::BAD_REQUEST), |()| json(&Value::Null))
            }
            (_, "/navigation/dead") => {
                let session = self.endpoint.session(request.headers());
                let html = navigation::dead_page(&session.csrf_token());
                let mut response = text(StatusCode::OK, "text/html; charset=utf-8", html);
                let cookie = self.endpoint.set_cookie(&session);
                response.headers_mut().insert(header::SET_COOKIE, cookie);
                response
            }
            _ => self.endpoint.handle(request).await,
        }
    }

    /// `/assets/<package>/<file>` is a file of that package.
    fn asset(&self, path: &str) -> Response<Body> {
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        let [package @ ("phoenix" | "phoenix_live_view"), file] = parts[..] else {
            return status(StatusCode::NOT_FOUND);
        };
        match std::fs::read_to_string(self.folder.join(package).join("priv/static").join(file)) {
            Ok(script) => {
                let mut response = text(StatusCode::OK, "text/javascript", script);
                // A spec reloads a page many times in two seconds.
                let cached = header::HeaderValue::from_static("max-age=3600");
                response.headers_mut().insert(header::CACHE_CONTROL, cached);
                response
            }
            Err(_) => status(StatusCode::NOT_FOUND),
        }
    }
}

impl tower_service::Service<Request<Incoming>> for Site {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let site = self.clone();
        Box::pin(async move { Ok(site.answer(request).await) })
    }
}

async fn body(request: Request<Incoming>) -> Vec<u8> {
    let body = request.into_body().collect().await;
    body.map(|body| body.to_bytes().to_vec()).unwrap_or_default()
}

fn json(value: &Value) -> Response<Body> {
    text(StatusCode::OK, "application/json", value.to_string())
}

fn status(status: StatusCode) -> Response<Body> {
    text(status, "text/plain", status.to_string())
}

pub fn text(
    status: StatusCode,
    content_type: &'static str,
    text: impl Into<String>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
