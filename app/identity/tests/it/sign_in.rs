//! Who comes back from a provider, and as whom.

use identity::{PersonChange, SESSION_MAX_MS};
use tokio::join;
use url::Url;

use crate::{
    browser::Browser,
    cast::{FIREFOX, House, Running, guest, name, next},
};

#[tokio::test]
async fn a_guest_who_signs_in_stays_who_they_are() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        let ana = guest("Ana");
        assert_eq!(house.identity.account(&ana.guest_id()).await, Ok(None));
        let mut changes = house.identity.subscribe(&ana.guest_id());

        let arrival = house.try_sign_in(&ana, "ana").await.expect("she is signed in");
        assert_eq!(arrival.return_to, "/me");
        let session = arrival.session;
        assert_eq!(session.guest(), ana.guest(), "the same person, under the name she chose");
        assert_eq!(session.signed_in_as(), Some(&ana.guest_id()));
        assert_ne!(session.session_id(), ana.session_id());
        assert!(house.identity.is_open(&session));
        assert!(!house.identity.is_open(&ana), "a copy of the cookie from before opens nothing");
        while next(&mut changes).await != PersonChange::SignedIn {}

        let account = house.identity.account(&ana.guest_id()).await.expect("it is read");
        let account = account.expect("she has one");
        assert_eq!(
            (account.provider.as_str(), account.login.as_str()),
            (running.provider.label(), "ana")
        );
        assert_eq!(account.signed_in_at_ms, house.clock.now_ms());
        house.close().await;
    }
}

#[tokio::test]
async fn a_name_that_nobody_chose_gives_way_to_the_accounts() {
    let [github, openid] = Running::both().await;
    let expected = [
        (github.provider.clone(), "ana", "ana of GitHub"),
        (github.provider.clone(), "nameless-ana", "nameless-ana"),
        (openid.provider.clone(), "ana", "Ana of the house"),
    ];
    for (provider, login, called) in expected {
        let house = House::open(vec![provider]).await;
        let guest = identity::GuestSession::fresh();
        let session = house.sign_in(&guest, login).await;
        assert_eq!(session.guest_id(), guest.guest_id());
        assert_eq!(session.guest().name.as_str(), called, "in the new cookie");
        let known = house.identity.guest(&guest).await.expect("it is read");
        assert_eq!(known.name.as_str(), called, "and everywhere");
        house.close().await;
    }
}

#[tokio::test]
async fn another_browser_becomes_the_same_person() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        let (here, there) = (guest("Ana"), guest("Somebody"));
        let first = house.sign_in(&here, "ana").await;
        let second = house.sign_in(&there, "ana").await;
        assert_eq!(second.guest(), first.guest());
        assert_ne!(second.guest_id(), there.guest_id());
        assert!(house.identity.is_open(&first) && house.identity.is_open(&second));
        assert!(!house.identity.is_open(&there));

        let renamed = house.identity.rename(&second.guest(), name("Eve")).await;
        let renamed = renamed.expect("it is stored").guest;
        assert_eq!(house.identity.guest(&first).await, Ok(renamed), "in both");
        let other = house.sign_in(&guest("Ben"), "ben").await;
        assert_ne!(other.guest_id(), first.guest_id(), "another account is another person");
        house.close().await;
    }
}

#[tokio::test]
async fn who_has_an_account_becomes_somebody_else_with_another() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let ana = house.sign_in(&guest("Ana"), "ana").await;
    let work = house.sign_in(&ana, "ana-at-work").await;
    assert_ne!(work.guest_id(), ana.guest_id(), "two accounts are two people");
    assert!(!house.identity.is_open(&ana), "the browser is one of them");
    assert_eq!(work.guest().name.as_str(), "ana-at-work of GitHub", "with nothing of the first");
    let back = house.sign_in(&work, "ana").await;
    assert_eq!(back.guest_id(), ana.guest_id());
    assert_eq!(back.guest().name.as_str(), "Ana");
    house.close().await;
}

/// The log decides, whichever node was asked.
#[tokio::test]
async fn two_first_sign_ins_at_once_are_one_person() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let other = House::on(house.log.clone(), vec![running.provider.clone()], None).await;
    for login in ["ana", "ben", "eve"] {
        let (here, there) = (guest("Here"), guest("There"));
        let (first, second) = join!(house.sign_in(&here, login), other.sign_in(&there, login));
        assert_eq!(first.guest_id(), second.guest_id());
        assert!([here.guest_id(), there.guest_id()].contains(&first.guest_id()));
    }
    other.close().await;
    house.close().await;
}

#[tokio::test]
async fn what_is_asked_cannot_be_used_by_others() {
    for running in Running::both().await {
        let house = House::open(vec![running.provider.clone()]).await;
        let id = running.provider.id();
        let begun = house.identity.begin_sign_in(id, &guest("Ana"), "/").await;
        let url: Url = begun.expect("it begins").url.parse().expect("an address");
        let asked: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!((asked["code_challenge"].len(), asked["state"].len()), (43, 43));
        let back = format!("http://127.0.0.1:9/sign-in/{id}/callback");
        assert_eq!(asked["redirect_uri"], back);
        assert_eq!(asked.get("nonce").map(String::len), (id == "openid").then_some(43));
        house.close().await;
    }
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    for (wanted, led) in [("/r/kitchen/7", "/r/kitchen/7"), ("//evil.example", "/")] {
        let ana = guest("Ana");
        let begun = house.identity.begin_sign_in("github", &ana, wanted).await.expect("it begins");
        let query = Browser::default().sign_in(&begun.url, "ana").await;
        let arrival =
            house.identity.finish_sign_in("github", &query, &begun.pending, &ana, FIREFOX).await;
        assert_eq!(arrival.expect("she is signed in").return_to, led);
    }
    house.close().await;
}

#[tokio::test]
async fn sessions_that_nobody_used_for_long_are_no_longer_listed() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let ana = house.sign_in(&guest("Ana"), "ana").await;
    house.clock.advance_ms(SESSION_MAX_MS + 1);
    assert_eq!(house.identity.sessions(&ana.guest_id()).await, Ok(vec![]));
    house.close().await;
}
