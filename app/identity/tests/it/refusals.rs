//! Who is not signed in, and why.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{GuestSession, Identity, Provider, SignInError};
use serde_json::Value;

use crate::{
    browser::Browser,
    cast::{FIREFOX, House, Running, guest},
};

const TEN_MINUTES_MS: i64 = 10 * 60 * 1000;

/// Ana at the door: she was sent, and came back.
struct Arriving {
    provider: String,
    ana: GuestSession,
    query: String,
    pending: String,
}

impl Arriving {
    async fn at(house: &House, login: &str) -> Self {
        let provider = house.identity.providers()[0].id().to_owned();
        let ana = guest("Ana");
        let begun = house.identity.begin_sign_in(&provider, &ana, "/").await.expect("it begins");
        let query = Browser::default().sign_in(&begun.url, login).await;
        Self { provider, ana, query, pending: begun.pending }
    }

    async fn finish(&self, identity: &Identity) -> Result<GuestSession, SignInError> {
        let Self { provider, ana, query, pending } = self;
        let arrival = identity.finish_sign_in(provider, query, pending, ana, FIREFOX).await;
        arrival.map(|arrival| arrival.session)
    }

    /// With `value` in the place of what the browser was given to keep.
    fn forge(&mut self, field: &str, value: &str) {
        let kept = URL_SAFE_NO_PAD.decode(&self.pending).expect("it is base 64");
        let mut kept: Value = serde_json::from_slice(&kept).expect("it is JSON");
        assert!(kept[field].is_string(), "there is no {field}");
        kept[field] = value.into();
        self.pending = URL_SAFE_NO_PAD.encode(kept.to_string());
    }

    /// Nothing of a refused sign-in is left.
    async fn is_nobody(&self, house: &House) {
        assert_eq!(house.identity.account(&self.ana.guest_id()).await, Ok(None));
        assert!(house.identity.is_open(&self.ana));
        assert_eq!(house.log.head().await.expect("it is read"), eventsourcing::Position::START);
    }
}

fn unproven(provider: &Provider) -> Result<GuestSession, SignInError> {
    Err(SignInError::Unproven { provider: provider.label().to_owned() })
}

#[tokio::test]
async fn a_state_belongs_to_one_session_and_one_provider() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let mut arriving = Arriving::at(&house, "ana").await;
    let not_begun_here = Err(SignInError::NotBegunHere);

    // Somebody else's browser, led to the callback with Ana's code: the classic forgery.
    let (ana, ben) = (arriving.ana.clone(), guest("Ben"));
    arriving.ana = ben;
    assert_eq!(arriving.finish(&house.identity).await, not_begun_here);
    arriving.ana = ana;

    let (query, pending) = (arriving.query.clone(), arriving.pending.clone());
    arriving.query = query.replace("state=", "state=A");
    assert_eq!(arriving.finish(&house.identity).await, not_begun_here, "another state");
    arriving.query = query.replace("state=", "estate=");
    assert_eq!(arriving.finish(&house.identity).await, not_begun_here, "no state");
    arriving.query = query;
    arriving.pending = "e30".into();
    assert_eq!(arriving.finish(&house.identity).await, not_begun_here, "nothing was begun");
    arriving.pending = pending;
    arriving.provider = "elsewhere".into();
    assert_eq!(arriving.finish(&house.identity).await, Err(SignInError::UnknownProvider));
    arriving.provider = "github".into();
    arriving.is_nobody(&house).await;
    assert!(
        arriving.finish(&house.identity).await.is_ok(),
        "with everything in its place it works"
    );
    house.close().await;
}

#[tokio::test]
async fn a_sign_in_is_finished_once() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        let arriving = Arriving::at(&house, "ana").await;
        assert!(arriving.finish(&house.identity).await.is_ok());
        let again = arriving.finish(&house.identity).await;
        assert_eq!(again, Err(SignInError::NotBegunHere), "the session was closed");
        // On a node that does not know yet, or after a restart, the provider knows.
        let other = House::open(vec![running.provider.clone()]).await;
        assert_eq!(arriving.finish(&other.identity).await, unproven(&running.provider));
        assert_eq!(arriving.finish(&other.identity).await, Err(SignInError::Used));
        other.close().await;
        house.close().await;
    }
}

#[tokio::test]
async fn who_takes_ten_minutes_begins_again() {
    let running = Running::openid().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let arriving = Arriving::at(&house, "ana").await;
    house.clock.advance_ms(TEN_MINUTES_MS);
    assert_eq!(arriving.finish(&house.identity).await, Err(SignInError::Expired));
    arriving.is_nobody(&house).await;
    house.close().await;
}

#[tokio::test]
async fn who_says_no_at_the_provider_stays_a_guest() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        let id = running.provider.id().to_owned();
        let ana = guest("Ana");
        let begun = house.identity.begin_sign_in(&id, &ana, "/").await.expect("it begins");
        let query = Browser::default().decline(&begun.url).await;
        let arriving = Arriving { provider: id, ana, query, pending: begun.pending };
        let provider = running.provider.label().to_owned();
        assert_eq!(arriving.finish(&house.identity).await, Err(SignInError::Declined { provider }));
        arriving.is_nobody(&house).await;
        house.close().await;
    }
}

/// A code that was stolen on its way is of no use to the thief.
#[tokio::test]
async fn a_code_without_its_verifier_is_worth_nothing() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        for verifier in ["", "of-somebody-else-of-somebody-else-of-somebody-else"] {
            let mut arriving = Arriving::at(&house, "ana").await;
            arriving.forge("verifier", verifier);
            assert_eq!(arriving.finish(&house.identity).await, unproven(&running.provider));
            arriving.is_nobody(&house).await;
        }
        house.close().await;
    }
}

#[tokio::test]
async fn an_id_token_that_was_not_made_for_this_is_not_believed() {
    let running = Running::openid().await;
    let house = House::open(vec![running.provider.clone()]).await;
    for what in ["audience", "nonce", "issuer", "expiry", "token", "key"] {
        let arriving = Arriving::at(&house, &format!("tampered-{what}")).await;
        assert_eq!(arriving.finish(&house.identity).await, unproven(&running.provider), "{what}");
        arriving.is_nobody(&house).await;
    }
    let mut arriving = Arriving::at(&house, "ana").await;
    arriving.forge("nonce", "of another sign-in");
    assert_eq!(arriving.finish(&house.identity).await, unproven(&running.provider));
    let untampered = Arriving::at(&house, "tampered-nothing").await;
    assert!(untampered.finish(&house.identity).await.is_ok(), "it is not the name");
    house.close().await;
}

/// RFC 9207: an answer says whose it is.
#[tokio::test]
async fn an_answer_of_another_provider_is_not_believed() {
    let running = Running::openid().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let mut arriving = Arriving::at(&house, "ana").await;
    assert!(arriving.query.contains("iss=http"), "{}", arriving.query);
    arriving.query = arriving.query.replace("iss=http", "iss=https");
    assert_eq!(arriving.finish(&house.identity).await, unproven(&running.provider));
    house.close().await;
}

#[tokio::test]
async fn a_provider_that_does_not_know_this_server_signs_nobody_in() {
    for mut running in Running::both().await {
        let (Provider::GitHub { client_secret, .. } | Provider::OpenId { client_secret, .. }) =
            &mut running.provider;
        *client_secret = "wrong".into();
        let house = House::open(vec![running.provider.clone()]).await;
        let arriving = Arriving::at(&house, "ana").await;
        assert_eq!(arriving.finish(&house.identity).await, unproven(&running.provider));
        arriving.is_nobody(&house).await;
        house.close().await;
    }
}

#[tokio::test]
async fn a_provider_that_is_gone_is_a_fault() {
    let running = Running::openid().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let arriving = Arriving::at(&house, "ana").await;
    running.stop().await;
    let finished = arriving.finish(&house.identity).await;
    let Err(SignInError::Fault(fault)) = finished else { panic!("nobody was asked: {finished:?}") };
    assert!(fault.to_string().contains(&fault.reference), "{fault}");
    arriving.is_nobody(&house).await;
    house.close().await;
}

#[tokio::test]
async fn who_is_not_configured_is_not_asked() {
    let house = House::open(vec![]).await;
    assert!(house.identity.providers().is_empty());
    let begun = house.identity.begin_sign_in("github", &guest("Ana"), "/").await;
    assert_eq!(begun, Err(SignInError::UnknownProvider));
    house.close().await;
}
