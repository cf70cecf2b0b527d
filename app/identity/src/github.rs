//! GitHub: OAuth 2 with PKCE, and one question to its API.

use http::{HeaderValue, Request, StatusCode, header};
use oauth2::{
    AsyncHttpClient as _, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    TokenResponse as _, TokenUrl, basic::BasicClient,
};
use serde::Deserialize;
use url::Url;

use crate::{
    GuestName, ProviderError,
    account::AccountKey,
    door::{Client, DoorError, Profile, ProviderHttp, shown_login},
    pending::Pending,
    provider::private_url,
};

type OAuth = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

pub(crate) struct GitHubDoor {
    web_url: Url,
    user_url: String,
    oauth: OAuth,
    http: ProviderHttp,
}

/// The part of `GET /user` that matters here.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

impl GitHubDoor {
    pub fn new(web_url: &str, api_url: &str, client: Client) -> Result<Self, ProviderError> {
        let (web_url, api_url) = (private_url("github", web_url)?, private_url("github", api_url)?);
        let below = |path| {
            let url = format!("{}/{path}", web_url.as_str().trim_end_matches('/'));
            url.parse().expect("a path below an address is one")
        };
        let oauth = BasicClient::new(ClientId::new(client.id))
            .set_client_secret(ClientSecret::new(client.secret))
            .set_auth_uri(AuthUrl::from_url(below("login/oauth/authorize")))
            .set_token_uri(TokenUrl::from_url(below("login/oauth/access_token")))
            .set_redirect_uri(RedirectUrl::from_url(client.back))
            .set_auth_type(AuthType::RequestBody);
        let user_url = format!("{}/user", api_url.as_str().trim_end_matches('/'));
        Ok(Self { web_url, user_url, oauth, http: client.http })
    }

    pub fn home(&self) -> &Url {
        &self.web_url
    }

    /// Without any scope: what is public about an account is enough.
    pub fn departure(&self, pending: &Pending) -> Url {
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        self.oauth
            .authorize_url(|| CsrfToken::new(pending.state.clone()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url()
            .0
    }

    pub async fn arrival(&self, code: String, pending: &Pending) -> Result<Profile, DoorError> {
        let exchange = self
            .oauth
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let token = exchange.request_async(&self.http).await.map_err(DoorError::of_exchange)?;
        let user = self.user(token.access_token().secret()).await?;
        let name = user.name.as_deref().unwrap_or(&user.login);
        Ok(Profile {
            account: AccountKey::new(self.web_url.as_str(), &user.id.to_string()),
            login: shown_login(&user.login),
            name: GuestName::parse(name).ok(),
            picture: user.avatar_url.and_then(|url| url.parse().ok()),
        })
    }

    async fn user(&self, token: &str) -> Result<User, DoorError> {
        let authorization = HeaderValue::from_str(&format!("Bearer {token}"));
        let authorization = authorization
            .map_err(|_| DoorError::Unproven("the token is not one that can be used".into()))?;
        let request = Request::get(&self.user_url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/vnd.github+json")
            .body(Vec::new())
            .map_err(DoorError::world)?;
        let answer = self.http.call(request).await.map_err(DoorError::world)?;
        if answer.status() != StatusCode::OK {
            let status = answer.status().as_u16();
            return Err(DoorError::Unproven(format!("the API answered {status}")));
        }
        serde_json::from_slice(answer.body())
            .map_err(|_| DoorError::Unproven("the API answered something that is no user".into()))
    }
}
