//! What a visitor's browser holds for us, signed: the session cookie and the tokens in the page.
//!
//! A token is `base64url(payload) "." base64url(HMAC-SHA-256(key of the purpose, payload))`. The
//! key of a purpose is itself an HMAC of the secret, so a token made for one purpose is not valid
//! for another. Nothing here is encrypted: a visitor can read it, and only we can write it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::effects::Flash;

/// How long a page may stay open before its tokens expire: two weeks, as in Phoenix.
pub(crate) const PAGE_TOKEN_MS: i64 = 14 * 24 * 3600 * 1000;
/// How long a message on its way to the next page is good for.
pub(crate) const FLASH_TOKEN_MS: i64 = 60 * 1000;
/// How long a session cookie is good for after the last page load.
pub(crate) const SESSION_MS: i64 = 400 * 24 * 3600 * 1000;

const CSRF_KEY: &str = "_csrf_token";
const CSRF_BYTES: usize = 18;

/// The secret everything is signed with: at least 32 random bytes, the same on every node.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Takes a secret.
    ///
    /// # Errors
    /// It is shorter than 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.len() < 32 { Err(SecretError) } else { Ok(Self(bytes.into())) }
    }

    /// A new one, from the operating system's generator.
    pub fn random() -> Self {
        Self(Arc::from(random_bytes::<64>()))
    }

    /// Signs `payload` for `purpose`, valid until `expires_ms` (Unix milliseconds).
    pub fn sign<T: Serialize>(&self, purpose: &str, payload: &T, expires_ms: i64) -> String {
        let payload = serde_json::to_vec(&(expires_ms, payload)).expect("payloads are plain data");
        let tag = self.tag(purpose, &payload).finalize().into_bytes();
        format!("{}.{}", BASE64.encode(payload), BASE64.encode(tag))
    }

    /// Reads what [`Secret::sign`] made for the same purpose; `None` if it was not we, or too long
    /// ago.
    pub fn verify<T: DeserializeOwned>(
        &self,
        purpose: &str,
        token: &str,
        now_ms: i64,
    ) -> Option<T> {
        let (payload, tag) = token.split_once('.')?;
        let (payload, tag) = (BASE64.decode(payload).ok()?, BASE64.decode(tag).ok()?);
        self.tag(purpose, &payload).verify_slice(&tag).ok()?;
        let (expires_ms, payload): (i64, T) = serde_json::from_slice(&payload).ok()?;
        (now_ms < expires_ms).then_some(payload)
    }

    fn tag(&self, purpose: &str, payload: &[u8]) -> Hmac<Sha256> {
        let keyed = |key: &[u8], data: &[u8]| {
            let mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key will do");
            mac.chain_update(data)
        };
        let key = keyed(&self.0, purpose.as_bytes()).finalize().into_bytes();
        keyed(&key, payload)
    }
}

/// The secret is too short.
#[derive(Debug, thiserror::Error)]
#[error("a secret needs at least 32 bytes")]
pub struct SecretError;

pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

pub(crate) fn random_id() -> String {
    BASE64.encode(random_bytes::<12>())
}

fn xor(a: [u8; CSRF_BYTES], b: [u8; CSRF_BYTES]) -> [u8; CSRF_BYTES] {
    std::array::from_fn(|at| a[at] ^ b[at])
}

/// What the visitor's cookie holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session(BTreeMap<String, String>);

impl Session {
    /// A session of somebody who is here for the first time.
    pub fn fresh() -> Self {
        let mut session = Session::default();
        session.set(CSRF_KEY, BASE64.encode(random_bytes::<CSRF_BYTES>()));
        session
    }

    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets `key`.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), value.into());
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// The token that forms of this session carry, in other words each time: a random mask, and the
    /// secret under it. What a compressed page repeats of a secret shortens it, and somebody who
    /// may put text into the page could find it out by the length (BREACH); a mask never repeats.
    pub fn csrf_token(&self) -> String {
        let Some(secret) = self.csrf_secret() else { return String::new() };
        let mask = random_bytes::<CSRF_BYTES>();
        BASE64.encode([mask, xor(mask, secret)].concat())
    }

    /// Whether `token` is one of this session's, compared in constant time.
    pub fn csrf_matches(&self, token: &str) -> bool {
        let Some(secret) = self.csrf_secret() else { return false };
        let token = BASE64.decode(token).unwrap_or_default();
        let Some((mask, masked)) = token.split_first_chunk::<CSRF_BYTES>() else { return false };
        let Ok(masked) = masked.try_into() else { return false };
        xor(*mask, masked).ct_eq(&secret).into()
    }

    fn csrf_secret(&self) -> Option<[u8; CSRF_BYTES]> {
        BASE64.decode(self.get(CSRF_KEY)?).ok()?.try_into().ok()
    }
}

/// Reads and writes the session cookie.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    pub(crate) name: &'static str,
    pub(crate) secret: Secret,
    /// Whether browsers may send it over HTTPS only.
    pub(crate) secure: bool,
}

impl SessionCookie {
    /// The session in the `Cookie` header of a request, if it is ours and not expired.
    pub fn read(&self, headers: &http::HeaderMap, now_ms: i64) -> Option<Session> {
        self.secret.verify("session", cookie(headers, self.name)?, now_ms)
    }

    /// The `Set-Cookie` header that stores `session`.
    pub fn write(&self, session: &Session, now_ms: i64) -> http::HeaderValue {
        let token = self.secret.sign("session", session, now_ms + SESSION_MS);
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
            self.name,
            SESSION_MS / 1000,
        );
        http::HeaderValue::try_from(text).expect("base64 and digits fit a header")
    }
}

/// The cookie `name` of a request.
pub(crate) fn cookie<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(http::header::COOKIE).iter();
    let mut pairs =
        cookies.filter_map(|header| header.to_str().ok()).flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, v)| v)
    })
}

/// What `data-phx-session` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ViewToken {
    /// Element id; the topic is `lv:` and this.
    pub(crate) id: String,
    /// Name of the view, as registered.
    pub(crate) view: String,
    /// What the parent tells a nested view, or the key of a shared one.
    pub(crate) session: Value,
    /// The live session of a view that is routed; `None` for one in another's markup.
    pub(crate) live_session: Option<String>,
    /// Where the view is at home, if the page has another address: that of a form that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shown_from: Option<String>,
}

/// What `data-phx-static` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StaticToken {
    pub(crate) id: String,
    pub(crate) flash: Flash,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new(&[7; 32]).unwrap()
    }

    #[test]
    fn a_token_is_read_back_until_it_expires() {
        let token = secret().sign("a", &"hello", 1_000);
        assert_eq!(secret().verify("a", &token, 999), Some("hello".to_owned()));
        assert_eq!(secret().verify::<String>("a", &token, 1_000), None);
    }

    #[test]
    fn a_token_of_another_purpose_or_secret_or_content_is_refused() {
        let token = secret().sign("a", &"hello", 1_000);
        assert_eq!(secret().verify::<String>("b", &token, 0), None);
        assert_eq!(Secret::random().verify::<String>("a", &token, 0), None);
        let forged =
            format!("{}{}", BASE64.encode(b"[1000,\"hullo\"]"), &token[token.find('.').unwrap()..]);
        assert_eq!(secret().verify::<String>("a", &forged, 0), None);
        assert_eq!(secret().verify::<String>("a", "nonsense", 0), None);
    }

    #[test]
    fn a_session_survives_its_cookie() {
        let cookie = SessionCookie { name: "_test", secret: secret(), secure: false };
        let mut session = Session::fresh();
        session.set("guest", "ana");
        let written = cookie.write(&session, 0);
        let pair = written.to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::COOKIE, format!("other=1; {pair}").parse().unwrap());
        let read = cookie.read(&headers, 1).expect("the cookie is ours");
        assert_eq!(read, session);
        assert!(read.csrf_matches(&session.csrf_token()));
        assert!(!read.csrf_matches("") && !Session::default().csrf_matches(""));
    }

    #[test]
    fn a_token_is_never_said_in_the_same_words() {
        let session = Session::fresh();
        let (once, twice) = (session.csrf_token(), session.csrf_token());
        let in_common = once.bytes().zip(twice.bytes()).filter(|(a, b)| a == b).count();
        assert!(in_common < 12, "{once} {twice}");
        assert!(session.csrf_matches(&once) && session.csrf_matches(&twice));
        let stored = session.get(CSRF_KEY).expect("it is there");
        assert!(!once.contains(stored) && !session.csrf_matches(stored), "it is not given away");
    }

    #[test]
    fn a_token_of_another_session_or_shape_is_refused() {
        let (session, other) = (Session::fresh(), Session::fresh());
        let token = session.csrf_token();
        assert!(!session.csrf_matches(&other.csrf_token()));
        assert!(!Session::default().csrf_matches(&BASE64.encode([0; 2 * CSRF_BYTES])));
        assert!(!session.csrf_matches(&BASE64.encode([0; 2 * CSRF_BYTES])));
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert!(!session.csrf_matches(&String::from_utf8(forged).unwrap()), "changed at {at}");
        }
        for forged in [&token[..47], &format!("{token}AAAA"), &format!("{token}=="), "\u{e9}", " "]
        {
            assert!(!session.csrf_matches(forged), "{forged}");
        }
    }
}
