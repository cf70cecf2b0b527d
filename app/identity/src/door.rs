//! The way to a provider and back, whichever protocol it speaks.

use std::{error::Error, future::Future, pin::Pin, time::Duration};

use fetch::{FetchError, Fetcher, Guard, Limits};
use oauth2::{AsyncHttpClient, ErrorResponse, HttpRequest, HttpResponse, RequestTokenError};
use url::Url;

use crate::{
    GuestName, Provider, ProviderError, account::AccountKey, github::GitHubDoor, one_line,
    openid::OpenIdDoor, pending::Pending,
};

/// What each request to a provider may take. Its documents and answers have some kilobytes, and are
/// where they say they are.
pub(crate) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    step: Duration::from_secs(10),
    total: Duration::from_secs(10),
    redirects_max: 0,
    headers_max: 64,
    head_bytes_max: 64 * 1024,
    wire_bytes_max: 1024 * 1024,
    body_bytes_max: 1024 * 1024,
};
/// The longest name of an account that is kept, in Unicode scalar values.
const LOGIN_CHARS_MAX: usize = 100;

/// One configured provider.
pub(crate) enum Door {
    GitHub(Box<GitHubDoor>),
    OpenId(Box<OpenIdDoor>),
}

/// Who a provider says somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub account: AccountKey,
    /// The account's name there, to be shown to its owner; may be empty.
    pub login: String,
    pub name: Option<GuestName>,
    pub picture: Option<Url>,
}

/// Nobody came through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    /// What the provider says proves nothing. The reason is for the host, without tokens.
    #[error("{0}")]
    Unproven(String),
    /// The provider could not be asked.
    #[error("the provider could not be asked")]
    World(#[source] Box<dyn Error + Send + Sync>),
}

impl Door {
    /// # Errors
    /// The provider's addresses are none.
    pub fn new(provider: &Provider, back: Url, fetcher: Fetcher) -> Result<Self, ProviderError> {
        let (client_id, client_secret) = provider.client();
        let client = Client {
            id: client_id.to_owned(),
            secret: client_secret.to_owned(),
            back,
            http: ProviderHttp(fetcher),
        };
        Ok(match provider {
            Provider::GitHub { web_url, api_url, .. } => {
                Self::GitHub(Box::new(GitHubDoor::new(web_url, api_url, client)?))
            }
            Provider::OpenId { issuer, .. } => {
                Self::OpenId(Box::new(OpenIdDoor::new(issuer, client)?))
            }
        })
    }

    /// Where the provider is, as the host of this server named it.
    pub fn home(&self) -> &Url {
        match self {
            Self::GitHub(door) => door.home(),
            Self::OpenId(door) => door.home(),
        }
    }

    /// Whether an answer that says it is from `issuer` can be (RFC 9207).
    pub fn is_from(&self, issuer: &str) -> bool {
        match self {
            Self::GitHub(_) => true,
            Self::OpenId(door) => door.is_from(issuer),
        }
    }

    /// Where to send the browser.
    ///
    /// # Errors
    /// `World`.
    pub async fn departure(&self, pending: &Pending, now_ms: i64) -> Result<Url, DoorError> {
        match self {
            Self::GitHub(door) => Ok(door.departure(pending)),
            Self::OpenId(door) => door.departure(pending, now_ms).await,
        }
    }

    /// Who came back with `code`.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn arrival(&self, code: String, pending: &Pending) -> Result<Profile, DoorError> {
        match self {
            Self::GitHub(door) => door.arrival(code, pending).await,
            Self::OpenId(door) => door.arrival(code, pending).await,
        }
    }
}

/// What this server is to a provider.
pub(crate) struct Client {
    pub id: String,
    pub secret: String,
    /// Where the provider sends the browser back to.
    pub back: Url,
    pub http: ProviderHttp,
}

/// Makes requests to providers, wherever they are: the host of this server named them.
pub(crate) struct ProviderHttp(Fetcher);

impl DoorError {
    pub fn world(error: impl Error + Send + Sync + 'static) -> Self {
        Self::World(Box::new(error))
    }

    /// What became of exchanging a code. An answer may have tokens in it, so none of it is kept but
    /// the word for the error.
    pub fn of_exchange<R: ErrorResponse>(error: RequestTokenError<FetchError, R>) -> Self {
        let code = match error {
            RequestTokenError::Request(error) => return Self::world(error),
            RequestTokenError::ServerResponse(response) => word(&serde_json::to_value(response)),
            // GitHub refuses with the status 200.
            RequestTokenError::Parse(_, body) => word(&serde_json::from_slice(&body)),
            RequestTokenError::Other(_) => None,
        };
        let code = code.unwrap_or_else(|| "something that is no token".to_owned());
        Self::Unproven(format!("the token endpoint answered {code}"))
    }
}

/// The `error` of an answer (RFC 6749, 5.2), if it is a word.
fn word(answer: &serde_json::Result<serde_json::Value>) -> Option<String> {
    answer.as_ref().ok()?.get("error")?.as_str().and_then(error_word)
}

/// `text`, if it is a word such as `invalid_grant`, and not whatever somebody wants in our log.
pub(crate) fn error_word(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_word = (1..=40).contains(&text.len()) && text.bytes().all(allowed);
    is_word.then(|| text.to_owned())
}

/// The account's name there, if it can be shown.
pub(crate) fn shown_login(text: &str) -> String {
    one_line(text, LOGIN_CHARS_MAX).unwrap_or_default()
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.0.send(request, &Guard::anywhere(), &LIMITS).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_an_answer_are_kept() {
        let of = |body: &str| word(&serde_json::from_str(body));
        assert_eq!(
            of(r#"{"error":"bad_verification_code"}"#),
            Some("bad_verification_code".into())
        );
        assert_eq!(of(r#"{"error":"a word\nand a line"}"#), None);
        assert_eq!(of(r#"{"access_token":"secret"}"#), None);
        assert_eq!(of("<html>"), None);
        assert_eq!(shown_login("ana\u{202E}"), "");
    }
}
