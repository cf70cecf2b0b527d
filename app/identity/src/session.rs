//! What the signed cookie holds.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Guest, GuestId, GuestName, IdError, random};

/// The cookie's field for [`GuestSecret`].
pub const FIELD_SECRET: &str = "guest_secret";
/// The cookie's field for the name.
pub const FIELD_NAME: &str = "guest_name";
/// The cookie's field for [`SessionId`].
pub const FIELD_SESSION: &str = "session_id";
/// The cookie's field for the person a signed-in session stands for; empty for a guest.
pub const FIELD_PERSON: &str = "signed_in_as";

/// How long a cookie may be used after it was last set, and so how long a closed session is
/// remembered, in milliseconds: 60 days.
pub const SESSION_MAX_MS: i64 = 60 * 24 * 60 * 60 * 1000;

/// Parts the hash that makes ids from any other use of the same secret.
const ID_DOMAIN: &[u8] = b"teahouse guest id 1\0";
const SESSION_DOMAIN: &[u8] = b"teahouse session id 1\0";

const SESSION_ID_BYTES: usize = 12;

/// What makes a browser a certain guest: 256 random bits. It belongs in the signed cookie alone;
/// pages, tokens in pages, and logs carry the [`GuestId`].
#[derive(Clone, PartialEq, Eq)]
pub struct GuestSecret([u8; 32]);

impl GuestSecret {
    /// A secret that nobody has had.
    pub fn random() -> Self {
        Self(random::bytes())
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
        GuestId::from_hash(&self.hash(ID_DOMAIN))
    }

    fn hash(&self, domain: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(domain);
        hash.update(self.0);
        hash.finalize().into()
    }
}

impl fmt::Debug for GuestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestSecret(…)")
    }
}

/// The public name of a session: 16 characters of `[A-Za-z0-9_-]`. Knowing it opens nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::bytes::<SESSION_ID_BYTES>()))
    }

    /// The id of a session whose cookie was made when sessions had none.
    fn derived(secret: &GuestSecret) -> Self {
        Self(URL_SAFE_NO_PAD.encode(&secret.hash(SESSION_DOMAIN)[..SESSION_ID_BYTES]))
    }

    /// Reads an id that was written with `Display`.
    ///
    /// # Errors
    /// Anything else than 16 characters of the URL-safe base 64 alphabet.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == SESSION_ID_BYTES => Ok(Self(text.to_owned())),
            _ => Err(IdError),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SessionId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.0)
    }
}

/// What the signed cookie holds: who this browser is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestSession {
    secret: GuestSecret,
    name: GuestName,
    session_id: SessionId,
    signed_in_as: Option<GuestId>,
}

impl GuestSession {
    /// A new guest with a friendly random name: a first visit, or a tab that is a person of its own.
    pub fn fresh() -> Self {
        let name = GuestName::friendly(u64::from_le_bytes(random::bytes()));
        let (secret, session_id) = (GuestSecret::random(), SessionId::random());
        Self { secret, name, session_id, signed_in_as: None }
    }

    /// A new session of somebody who signed in. Nothing of an earlier cookie of that browser opens
    /// it: whoever put one there does not become that person.
    pub(crate) fn of_account(person: Guest) -> Self {
        Self { name: person.name, signed_in_as: Some(person.id), ..Self::fresh() }
    }

    /// The session of a guest who has not signed in, in a cookie that knows no more of them; `None`:
    /// not valid, so the visitor is new.
    pub fn from_fields(secret: &str, name: &str) -> Option<Self> {
        let (secret, name) = (GuestSecret::parse(secret)?, GuestName::parse(name).ok()?);
        let session_id = SessionId::derived(&secret);
        Some(Self { secret, name, session_id, signed_in_as: None })
    }

    /// The session whose fields `field` finds in a cookie; `None`: not valid, so the visitor is new.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let mut session = Self::from_fields(field(FIELD_SECRET)?, field(FIELD_NAME)?)?;
        if let Some(id) = field(FIELD_SESSION) {
            session.session_id = SessionId::parse(id).ok()?;
        }
        if let Some(person) = field(FIELD_PERSON).filter(|person| !person.is_empty()) {
            session.signed_in_as = Some(GuestId::parse(person).ok()?);
        }
        Some(session)
    }

    /// The fields to sign into the cookie, in place of any it has under these names.
    pub fn to_fields(&self) -> [(&'static str, String); 4] {
        let person = self.signed_in_as.as_ref().map_or("", GuestId::as_str);
        [
            (FIELD_SECRET, self.secret.expose()),
            (FIELD_NAME, self.name.as_str().to_owned()),
            (FIELD_SESSION, self.session_id.as_str().to_owned()),
            (FIELD_PERSON, person.to_owned()),
        ]
    }

    /// The person this session stands for, under the name in the cookie;
    /// [`Identity::guest`](crate::Identity::guest) knows a newer one.
    pub fn guest(&self) -> Guest {
        Guest { id: self.guest_id(), name: self.name.clone() }
    }

    /// The person this session stands for.
    pub fn guest_id(&self) -> GuestId {
        self.signed_in_as.clone().unwrap_or_else(|| self.secret.id())
    }

    /// Names this session, on the page that lists them.
    pub fn session_id(&self) -> &SessionId {
        &self.session_id
    }

    /// The person, if they signed in; a guest otherwise.
    pub fn signed_in_as(&self) -> Option<&GuestId> {
        self.signed_in_as.as_ref()
    }

    /// Takes another name; the id stays.
    pub fn rename(&mut self, name: GuestName) {
        self.name = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reread(fields: &[(&'static str, String)]) -> Option<GuestSession> {
        let find = |name: &str| fields.iter().find(|(field, _)| *field == name);
        GuestSession::read(|name| find(name).map(|(_, value)| value.as_str()))
    }

    #[test]
    fn the_same_secret_is_the_same_guest_under_any_name() {
        let mut session = GuestSession::fresh();
        let before = session.guest();
        session.rename(GuestName::parse("Ana").expect("a valid name"));
        assert_eq!(session.guest().id, before.id);
        assert_eq!(session.guest().name.as_str(), "Ana");
    }

    #[test]
    fn two_visitors_are_two_guests_in_two_sessions() {
        let (ana, ben) = (GuestSession::fresh(), GuestSession::fresh());
        assert_ne!(ana.guest().id, ben.guest().id);
        assert_ne!(ana.session_id(), ben.session_id());
    }

    #[test]
    fn the_public_ids_do_not_show_the_secret() {
        let session = GuestSession::fresh();
        let secret = session.secret.expose();
        let id = session.guest().id;
        assert!(!secret.contains(id.as_str()) && !secret.contains(session.session_id().as_str()));
        assert!(!format!("{session:?}").contains(&secret));
        assert_eq!(GuestSession::from_fields(id.as_str(), "Ana"), None, "an id opens nothing");
    }

    /// Ids stand in rooms for as long as the rooms do: the derivation never changes.
    #[test]
    fn the_ids_of_a_known_secret_are_fixed() {
        let secret = GuestSecret([1; 32]);
        assert_eq!(secret.id().as_str(), "NKuGo9D0aVeTsJs2");
        let session = GuestSession::from_fields(&secret.expose(), "Ana").expect("it is valid");
        assert_eq!(session.session_id(), &SessionId::derived(&secret));
        assert_ne!(session.session_id().as_str(), secret.id().as_str());
    }

    #[test]
    fn a_session_reads_back() {
        let guest = GuestSession::fresh();
        assert_eq!(reread(&guest.to_fields()), Some(guest.clone()));
        let person = GuestSession::of_account(guest.guest());
        assert_eq!(reread(&person.to_fields()), Some(person.clone()));
        assert_eq!(person.guest(), guest.guest());
        assert_ne!((&person.secret, &person.session_id), (&guest.secret, &guest.session_id));
    }

    #[test]
    fn a_cookie_of_before_sessions_had_names_is_still_read() {
        let fields = GuestSession::fresh().to_fields();
        let old = reread(&fields[..2]).expect("a secret and a name");
        assert_eq!(reread(&fields[..2]), Some(old.clone()), "always under the same id");
        assert_eq!(old.signed_in_as(), None);
    }

    #[test]
    fn a_broken_cookie_is_a_new_visitor() {
        let fields = GuestSession::fresh().to_fields();
        assert!(reread(&fields).is_some());
        for field in 0..fields.len() {
            let mut broken = fields.clone();
            broken[field].1 = "\u{202E}".to_owned();
            assert_eq!(reread(&broken), None, "{}", broken[field].0);
        }
        assert_eq!(reread(&fields[1..]), None, "no secret");
    }
}
