//! A sign-in that was begun: what the browser keeps until its person comes back.

use std::{
    collections::{HashSet, VecDeque},
    sync::Mutex,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::{GuestSession, SessionId, SignInError, random};

/// How long signing in at the provider may take, in milliseconds: 10 minutes.
pub(crate) const PENDING_MAX_MS: i64 = 10 * 60 * 1000;
/// States that are remembered so that none is used twice.
const SPENT_MAX: usize = 10_000;

/// What is asked at the provider and must come back, and what proves that it was asked by this
/// browser. It is in a cookie that the caller signs; the browser it belongs to may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub provider: String,
    pub session: SessionId,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub return_to: String,
    pub expires_at_ms: i64,
}

impl Pending {
    pub fn begin(provider: &str, session: &GuestSession, return_to: String, now_ms: i64) -> Self {
        Self {
            provider: provider.to_owned(),
            session: session.session_id().clone(),
            state: random::token(),
            nonce: random::token(),
            verifier: random::token(),
            return_to,
            expires_at_ms: now_ms + PENDING_MAX_MS,
        }
    }

    pub fn to_text(&self) -> String {
        let json = serde_json::to_vec(self).expect("strings and a number are always JSON");
        URL_SAFE_NO_PAD.encode(json)
    }

    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// Whether somebody who comes back to `session` from `provider` with `state` is who was sent.
    ///
    /// # Errors
    /// `NotBegunHere`, `Expired`.
    pub fn check(
        &self,
        provider: &str,
        session: &GuestSession,
        state: Option<&str>,
        now_ms: i64,
    ) -> Result<(), SignInError> {
        let state = state.unwrap_or_default();
        let same_state = bool::from(self.state.as_bytes().ct_eq(state.as_bytes()));
        if !same_state || self.provider != provider || self.session != *session.session_id() {
            return Err(SignInError::NotBegunHere);
        }
        if now_ms >= self.expires_at_ms { Err(SignInError::Expired) } else { Ok(()) }
    }
}

/// The states that came back. When there are too many, the oldest are forgotten: the provider
/// accepts a code once, so this is the second line.
#[derive(Default)]
pub(crate) struct Spent(Mutex<SpentStates>);

#[derive(Default)]
struct SpentStates {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl Spent {
    /// # Errors
    /// `Used`: it came back before.
    pub fn spend(&self, state: &str) -> Result<(), SignInError> {
        let mut spent = self.0.lock().expect("no panic while the states are held");
        if !spent.known.insert(state.to_owned()) {
            return Err(SignInError::Used);
        }
        spent.oldest_first.push_back(state.to_owned());
        if spent.oldest_first.len() > SPENT_MAX
            && let Some(oldest) = spent.oldest_first.pop_front()
        {
            spent.known.remove(&oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_sign_in_reads_back_and_nothing_else_does() {
        let session = GuestSession::fresh();
        let pending = Pending::begin("github", &session, "/me".into(), 7);
        assert_eq!(Pending::parse(&pending.to_text()), Some(pending.clone()));
        assert_eq!(pending.verifier.len(), 43, "RFC 7636: 43 to 128 characters");
        for wrong in ["", "x", "e30", &pending.to_text()[1..]] {
            assert_eq!(Pending::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_who_was_sent_comes_back() {
        let (ana, ben) = (GuestSession::fresh(), GuestSession::fresh());
        let pending = Pending::begin("github", &ana, "/me".into(), 0);
        let state = Some(pending.state.as_str());
        let last_ms = PENDING_MAX_MS - 1;
        let check = |sentence: &str, provider, session, state, now_ms, then| {
            assert_eq!(pending.check(provider, session, state, now_ms), then, "{sentence}");
        };
        check("in time", "github", &ana, state, last_ms, Ok(()));
        check("late", "github", &ana, state, PENDING_MAX_MS, Err(SignInError::Expired));
        let not_begun = || Err(SignInError::NotBegunHere);
        check("elsewhere", "google", &ana, state, 1, not_begun());
        check("in another session", "github", &ben, state, 1, not_begun());
        check("with another state", "github", &ana, Some("guess"), 1, not_begun());
        check("with an empty state", "github", &ana, Some(""), 1, not_begun());
        check("without a state", "github", &ana, None, 1, not_begun());
    }

    #[test]
    fn a_state_is_used_once() {
        let spent = Spent::default();
        assert_eq!(spent.spend("a"), Ok(()));
        assert_eq!(spent.spend("a"), Err(SignInError::Used));
        for state in 0..SPENT_MAX {
            assert_eq!(spent.spend(&state.to_string()), Ok(()));
        }
        assert_eq!(spent.spend("a"), Ok(()), "the oldest was forgotten");
    }
}
