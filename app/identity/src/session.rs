//! What the signed cookie holds.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::{Guest, GuestId, GuestName};

/// The cookie's field for [`GuestSecret`].
pub const FIELD_SECRET: &str = "guest_secret";
/// The cookie's field for the name.
pub const FIELD_NAME: &str = "guest_name";

/// Parts the hash that makes ids from any other use of the same secret.
const ID_DOMAIN: &[u8] = b"teahouse guest id 1\0";

/// What makes a browser a certain guest: 256 random bits. It belongs in the signed cookie alone;
/// pages, tokens in pages, and logs carry the [`GuestId`].
#[derive(Clone, PartialEq, Eq)]
pub struct GuestSecret([u8; 32]);

impl GuestSecret {
    /// A secret that nobody has had.
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Reads what [`GuestSecret::expose`] wrote; `None` if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The secret as text, for the cookie.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The public id: a one-way function of the secret.
    pub fn id(&self) -> GuestId {
        let mut hash = Sha256::new();
        hash.update(ID_DOMAIN);
        hash.update(self.0);
        GuestId::from_hash(&hash.finalize().into())
    }
}

impl fmt::Debug for GuestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestSecret(…)")
    }
}

/// What the signed cookie holds: who this browser is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestSession {
    secret: GuestSecret,
    name: GuestName,
}

impl GuestSession {
    /// A new guest with a friendly random name: a first visit, or a tab that is a person of its own.
    pub fn fresh() -> Self {
        let seed = u64::from_le_bytes(random_bytes());
        Self { secret: GuestSecret::random(), name: GuestName::friendly(seed) }
    }

    /// The session in a cookie's fields; `None`: not valid, so the visitor is new.
    pub fn from_fields(secret: &str, name: &str) -> Option<Self> {
        Some(Self { secret: GuestSecret::parse(secret)?, name: GuestName::parse(name).ok()? })
    }

    /// The fields to sign into the cookie: [`FIELD_SECRET`] and [`FIELD_NAME`].
    pub fn to_fields(&self) -> [(&'static str, String); 2] {
        [(FIELD_SECRET, self.secret.expose()), (FIELD_NAME, self.name.as_str().to_owned())]
    }

    /// The person as everyone sees them.
    pub fn guest(&self) -> Guest {
        Guest { id: self.secret.id(), name: self.name.clone() }
    }

    /// Takes another name; the id stays.
    pub fn rename(&mut self, name: GuestName) {
        self.name = name;
    }
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secret_is_the_same_guest_under_any_name() {
        let mut session = GuestSession::fresh();
        let before = session.guest();
        session.rename(GuestName::parse("Ana").expect("a valid name"));
        assert_eq!(session.guest().id, before.id);
        assert_eq!(session.guest().name.as_str(), "Ana");
    }

    #[test]
    fn two_visitors_are_two_guests() {
        assert_ne!(GuestSession::fresh().guest().id, GuestSession::fresh().guest().id);
    }

    #[test]
    fn the_public_id_does_not_show_the_secret() {
        let session = GuestSession::fresh();
        let secret = session.secret.expose();
        let id = session.guest().id;
        assert!(!secret.contains(id.as_str()));
        assert!(!format!("{session:?}").contains(&secret));
        assert_eq!(GuestSession::from_fields(id.as_str(), "Ana"), None, "an id opens nothing");
    }

    /// Ids stand in rooms for as long as the rooms do: the derivation never changes.
    #[test]
    fn the_id_of_a_known_secret_is_fixed() {
        assert_eq!(GuestSecret([1; 32]).id().as_str(), "NKuGo9D0aVeTsJs2");
    }

    #[test]
    fn a_broken_cookie_is_a_new_visitor() {
        let [(_, secret), _] = GuestSession::fresh().to_fields();
        assert!(GuestSession::from_fields(&secret, "Ana").is_some());
        for (secret, name) in [("", "Ana"), (&secret[1..], "Ana"), (secret.as_str(), "\u{202E}")] {
            assert_eq!(GuestSession::from_fields(secret, name), None);
        }
    }
}
