//! Whose account it is. Each account is an aggregate of its own, so the log itself, by the expected
//! version of that stream, lets exactly one of several first sign-ins win, on whichever nodes.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use eventsourcing::{Aggregate, EventPayload};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::GuestId;

/// Names an account at a provider. One-way, so the log does not tell who it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountKey(String);

impl AccountKey {
    /// The account `subject` at the provider whose address is `issuer`.
    pub fn new(issuer: &str, subject: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"teahouse account 1\0");
        // The length keeps two pairs with the same text one after the other apart.
        hash.update((issuer.len() as u64).to_be_bytes());
        hash.update(issuer);
        hash.update(subject);
        Self(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account and the person it signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    of: Option<GuestId>,
}

/// The account signs in `person`, from now on and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    pub person: GuestId,
    pub at_ms: i64,
}

/// The account signs in somebody already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This account belongs to somebody already.")]
pub(crate) struct BoundBefore {
    pub to: GuestId,
}

impl EventPayload for Bound {
    fn name(&self) -> &'static str {
        "Bound"
    }
}

impl Aggregate for Account {
    const KIND: &'static str = "account";
    type Command = Bound;
    type Event = Bound;
    type Refusal = BoundBefore;

    fn decide(&self, wanted: &Bound) -> Result<Vec<Bound>, BoundBefore> {
        match &self.of {
            Some(person) => Err(BoundBefore { to: person.clone() }),
            None => Ok(vec![wanted.clone()]),
        }
    }

    fn apply(&mut self, Bound { person, .. }: &Bound) {
        self.of = Some(person.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GuestSession;

    #[track_caller]
    fn check(sentence: &str, given: &[Bound], when: &Bound, then: Result<Vec<Bound>, BoundBefore>) {
        let mut account = Account::default();
        given.iter().for_each(|bound| account.apply(bound));
        assert_eq!(account.decide(when), then, "{sentence}");
    }

    #[test]
    fn accounts() {
        let bind = || Bound { person: GuestSession::fresh().guest_id(), at_ms: 1 };
        let (ana, ben) = (bind(), bind());
        let given = std::slice::from_ref(&ana);
        let before = Err(BoundBefore { to: ana.person.clone() });
        check("a new account takes who comes first", &[], &ana, Ok(vec![ana.clone()]));
        check("and nobody after", given, &ben, before.clone());
        check("who comes again is told the same", given, &ana, before);
    }

    #[test]
    fn keys_tell_providers_and_subjects_apart() {
        let key = |issuer, subject| AccountKey::new(issuer, subject);
        assert_eq!(key("https://a", "1"), key("https://a", "1"));
        assert_ne!(key("https://a", "1"), key("https://a", "2"));
        assert_ne!(key("https://a", "1"), key("https://b", "1"));
        assert_ne!(key("https://a", "b1"), key("https://ab", "1"));
        assert!(!key("https://a", "subject").as_str().contains("subject"));
    }
}
