//! OpenID Connect: discovery, the authorization code flow with PKCE, and an ID token that is
//! verified by signature, issuer, audience, time and nonce.

use std::sync::{Arc, Mutex};

use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, SubjectIdentifier, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata,
        CoreTokenResponse, CoreUserInfoClaims,
    },
};
use url::Url;

use crate::{
    GuestName, ProviderError,
    account::AccountKey,
    door::{Client, DoorError, Profile, shown_login},
    error::Causes,
    pending::Pending,
    provider::private_url,
};

/// How long the provider's documents are used for sending people there, in milliseconds. Whoever
/// comes back is judged by fresh ones, so a new key or a withdrawn one counts at once.
const METADATA_MAX_MS: i64 = 10 * 60 * 1000;

type OpenId = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

pub(crate) struct OpenIdDoor {
    home: Url,
    issuer: IssuerUrl,
    client: Client,
    metadata: Mutex<Option<(i64, Arc<CoreProviderMetadata>)>>,
}

impl OpenIdDoor {
    pub fn new(issuer: &str, client: Client) -> Result<Self, ProviderError> {
        let home = private_url("the issuer", issuer)?;
        let issuer = IssuerUrl::new(issuer.to_owned()).expect("it was just read as an address");
        Ok(Self { home, issuer, client, metadata: Mutex::default() })
    }

    pub fn home(&self) -> &Url {
        &self.home
    }

    pub fn is_from(&self, issuer: &str) -> bool {
        self.issuer.as_str() == issuer
    }

    pub async fn departure(&self, pending: &Pending, now_ms: i64) -> Result<Url, DoorError> {
        let metadata = self.recent_metadata(now_ms).await?;
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let state = CsrfToken::new(pending.state.clone());
        let nonce = Nonce::new(pending.nonce.clone());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, _, _) = self
            .openid(&metadata)
            .authorize_url(flow, move || state.clone(), move || nonce.clone())
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    pub async fn arrival(&self, code: String, pending: &Pending) -> Result<Profile, DoorError> {
        let openid = self.openid(&self.fetch_metadata().await?);
        let exchange = openid
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| DoorError::Unproven("the provider has no token endpoint".into()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let answer = exchange.request_async(&self.client.http).await;
        let answer = answer.map_err(DoorError::of_exchange)?;
        let claims = verified(&openid, &answer, &Nonce::new(pending.nonce.clone()))?;
        let mut profile = self.profile(&claims);
        if profile.name.is_none() || profile.picture.is_none() {
            let subject = claims.subject().clone();
            self.ask_for_more(&openid, answer.access_token().clone(), subject, &mut profile).await;
        }
        Ok(profile)
    }

    fn openid(&self, metadata: &CoreProviderMetadata) -> OpenId {
        let client_id = ClientId::new(self.client.id.clone());
        let secret = ClientSecret::new(self.client.secret.clone());
        CoreClient::from_provider_metadata(metadata.clone(), client_id, Some(secret))
            .set_redirect_uri(RedirectUrl::from_url(self.client.back.clone()))
    }

    async fn recent_metadata(&self, now_ms: i64) -> Result<Arc<CoreProviderMetadata>, DoorError> {
        let held = "no panic while the documents are held";
        let known = self.metadata.lock().expect(held).clone();
        if let Some((fetched_ms, metadata)) = known
            && now_ms - fetched_ms < METADATA_MAX_MS
        {
            return Ok(metadata);
        }
        let metadata = Arc::new(self.fetch_metadata().await?);
        *self.metadata.lock().expect(held) = Some((now_ms, metadata.clone()));
        Ok(metadata)
    }

    /// The provider's documents: what it offers, and the keys it signs with.
    async fn fetch_metadata(&self) -> Result<CoreProviderMetadata, DoorError> {
        let discovered =
            CoreProviderMetadata::discover_async(self.issuer.clone(), &self.client.http);
        discovered.await.map_err(DoorError::world)
    }

    fn profile(&self, claims: &CoreIdTokenClaims) -> Profile {
        let login = claims.preferred_username().map(|name| name.as_str());
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str());
        let picture = claims.picture().and_then(|urls| urls.get(None));
        Profile {
            account: AccountKey::new(self.issuer.as_str(), claims.subject().as_str()),
            login: shown_login(login.or(name).unwrap_or_default()),
            name: name.or(login).and_then(|name| GuestName::parse(name).ok()),
            picture: picture.and_then(|url| url.as_str().parse().ok()),
        }
    }

    /// Many providers say names and pictures only when they are asked. Nobody stays out for it.
    async fn ask_for_more(
        &self,
        openid: &OpenId,
        token: AccessToken,
        subject: SubjectIdentifier,
        profile: &mut Profile,
    ) {
        let Ok(request) = openid.user_info(token, Some(subject)) else { return };
        let claims: CoreUserInfoClaims = match request.request_async(&self.client.http).await {
            Ok(claims) => claims,
            Err(error) => {
                let causes = Causes(&error);
                tracing::warn!(error = %causes, "a provider did not say what somebody is called");
                return;
            }
        };
        let login = claims.preferred_username().map(|name| name.as_str());
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str());
        let picture = claims.picture().and_then(|urls| urls.get(None));
        if profile.login.is_empty() {
            profile.login = shown_login(login.or(name).unwrap_or_default());
        }
        let named = || name.or(login).and_then(|name| GuestName::parse(name).ok());
        profile.name = profile.name.take().or_else(named);
        let pictured = || picture.and_then(|url| url.as_str().parse().ok());
        profile.picture = profile.picture.take().or_else(pictured);
    }
}

/// What the ID token says, once it proved to be for us, for this sign-in, and with this access
/// token.
fn verified(
    openid: &OpenId,
    answer: &CoreTokenResponse,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, DoorError> {
    let unproven = |error: &dyn std::fmt::Display| {
        DoorError::Unproven(format!("the ID token does not count: {error}"))
    };
    let token = answer.id_token().ok_or_else(|| unproven(&"there is none"))?;
    let verifier = openid.id_token_verifier();
    let claims = token.claims(&verifier, nonce).map_err(|error| unproven(&error))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|error| unproven(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| unproven(&error))?;
        let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
        if actual.map_err(|error| unproven(&error))? != *expected {
            return Err(unproven(&"it is for another access token"));
        }
    }
    Ok(claims.clone())
}
