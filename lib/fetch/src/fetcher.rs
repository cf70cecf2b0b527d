//! Makes requests.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use rustls::RootCertStore;
use url::{Position, Url};

use crate::{
    FetchError, Guard, Incoming, Limits, Refused, Resolve, SystemResolver,
    connector::Connector,
    content,
    exchange::Exchange,
    pace::{Pace, by},
};

/// Makes requests over HTTP/1.1, each on a connection of its own. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Parts>);

struct Parts {
    connector: Connector,
    user_agent: HeaderValue,
}

/// How requests are made.
#[derive(Clone)]
pub struct Config {
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Whose certificates count.
    pub trust: Trust,
    /// What this program calls itself.
    pub user_agent: HeaderValue,
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
            user_agent: HeaderValue::from_static("Teahouse"),
        }
    }
}

impl Fetcher {
    /// A fetcher; with [`Trust::System`], reads files.
    pub fn new(config: Config) -> Self {
        let Config { resolver, trust, user_agent } = config;
        Self(Arc::new(Parts { connector: Connector::new(resolver, trust), user_agent }))
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
    ///
    /// # Panics
    /// `accept` cannot be a header.
    pub async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        guard: &Guard,
        limits: &Limits,
    ) -> Result<Incoming, FetchError> {
        let pace = Pace::from_now(limits);
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(content::ENCODINGS));
        let mut url = url.clone();
        let mut redirects_left = limits.redirects_max;
        loop {
            url.set_fragment(None);
            let mut request = Request::new(Full::default());
            request.headers_mut().clone_from(&headers);
            let incoming = self.ask(url, request, guard, pace, limits).await?;
            if limits.redirects_max == 0 || !is_redirect(&incoming) {
                return Ok(incoming);
            }
            url = next_url(&incoming, redirects_left)?;
            redirects_left -= 1;
        }
    }

    /// Sends `request` to the host in its address and reads the whole answer. Redirects are not
    /// followed, and no encoding is asked for.
    ///
    /// # Errors
    /// See [`FetchError`]. An answer of 404 or 500 is an answer.
    ///
    /// # Cancellation
    /// It is unknown whether the request was sent.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        guard: &Guard,
        limits: &Limits,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Refused::Host)?;
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let incoming = self.ask(url, request, guard, Pace::from_now(limits), limits).await?;
        let mut answer = Response::new(Vec::new());
        *answer.status_mut() = incoming.status();
        answer.headers_mut().clone_from(incoming.headers());
        *answer.body_mut() = incoming.bytes().await?;
        Ok(answer)
    }

    /// The addresses of the host in `url`, as they stand there or looked up. They are not judged.
    ///
    /// # Errors
    /// `NoSuchHost`, `Late`, or `Refused`: it names no host.
    pub async fn addresses(&self, url: &Url, limits: &Limits) -> Result<Vec<IpAddr>, FetchError> {
        let host = url.host_str().ok_or(Refused::Host)?;
        let end = Pace::from_now(limits).connected_by();
        by(end, host, self.0.connector.addresses(url)).await?
    }

    async fn ask(
        &self,
        url: Url,
        request: Request<Full<Bytes>>,
        guard: &Guard,
        pace: Pace,
        limits: &Limits,
    ) -> Result<Incoming, FetchError> {
        let stream = self.0.connector.connect(&url, guard, pace).await?;
        let request = in_origin_form(request, &url, &self.0.user_agent).ok_or(Refused::Host)?;
        let host = url.host_str().ok_or(Refused::Host)?;
        let begun = pace.step(host, Exchange::begin(stream, request, limits)).await?;
        let (head, exchange) = begun.map_err(|error| match error.is_parse_too_large() {
            true => FetchError::TooLarge { host: host.to_owned() },
            false => FetchError::broken(host, error),
        })?;
        Ok(Incoming::new(url, head, exchange, pace, limits))
    }
}

/// The request as it is sent to the host itself: with a path for an address (RFC 9112, 3.2.1).
/// `None`: the URL cannot be written so, which [`Guard::check_url`] rules out.
fn in_origin_form(
    mut request: Request<Full<Bytes>>,
    url: &Url,
    user_agent: &HeaderValue,
) -> Option<Request<Full<Bytes>>> {
    *request.uri_mut() = origin_form(url)?;
    let host = url[Position::BeforeHost..Position::AfterPort].parse().ok()?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.entry(header::USER_AGENT).or_insert_with(|| user_agent.clone());
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Some(request)
}

fn origin_form(url: &Url) -> Option<Uri> {
    url[Position::BeforePath..Position::AfterQuery].parse().ok()
}

/// Whether the answer sends elsewhere, and says where.
fn is_redirect(incoming: &Incoming) -> bool {
    let elsewhere = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    elsewhere.contains(&incoming.status()) && incoming.headers().contains_key(header::LOCATION)
}

/// Where the answer sends to.
///
/// # Errors
/// `Redirects`: too often, or to what is no URL.
fn next_url(incoming: &Incoming, redirects_left: usize) -> Result<Url, FetchError> {
    let host = incoming.url().host_str().unwrap_or_default();
    let nowhere = || FetchError::Redirects { host: host.to_owned() };
    let location = incoming.headers().get(header::LOCATION).ok_or_else(nowhere)?;
    if redirects_left == 0 {
        return Err(nowhere());
    }
    // Browsers take bytes beyond ASCII for UTF-8, too.
    let location = String::from_utf8_lossy(location.as_bytes());
    incoming.url().join(&location).map_err(|_| nowhere())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_the_guard_lets_pass_can_be_asked_for(path in "[ -~é]{0,40}", query in "[ -~é]{0,40}") {
            let text = format!("http://tea.example/{path}?{query}");
            let url = Url::parse(&text).expect("a URL");
            prop_assert!(origin_form(&url).is_some(), "{url}");
        }
    }
}
