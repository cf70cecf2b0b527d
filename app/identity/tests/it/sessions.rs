//! Sessions: listed, used, closed.

use identity::{GuestSession, PersonChange, SEEN_EVERY_MS};
use pubsub::Received;
use tokio::time::timeout;

use crate::cast::{DEADLINE, FIREFOX, House, Running, guest, next};

#[tokio::test]
async fn sessions_are_listed_with_the_last_used_first() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let first = house.sign_in(&guest("Ana"), "ana").await;
    let opened_at_ms = house.clock.now_ms();
    house.clock.advance_ms(1_000);
    let second = house.sign_in(&guest("Ana"), "ana").await;
    let ids = async || {
        let sessions = house.identity.sessions(&first.guest_id()).await.expect("they are read");
        sessions.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, [second.session_id().clone(), first.session_id().clone()]);
    house.clock.advance_ms(1_000);
    house.identity.seen(&first, FIREFOX).await;
    assert_eq!(ids().await, [first.session_id().clone(), second.session_id().clone()]);
    let sessions = house.identity.sessions(&first.guest_id()).await.expect("they are read");
    assert_eq!(
        (sessions[0].browser.as_str(), sessions[0].opened_at_ms),
        ("Firefox on Linux", opened_at_ms)
    );
    assert_eq!(sessions[0].seen_at_ms, house.clock.now_ms());
    house.close().await;
}

#[tokio::test]
async fn a_use_is_stored_once_an_hour() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let ana = house.sign_in(&guest("Ana"), "ana").await;
    let stored = async || house.log.head().await.expect("it is read");
    house.identity.seen(&ana, FIREFOX).await;
    let before = stored().await;
    for _ in 0..10 {
        house.clock.advance_ms(SEEN_EVERY_MS / 10);
        house.identity.seen(&ana, FIREFOX).await;
    }
    let after = stored().await;
    assert_ne!(after, before, "an hour passed");
    house.identity.seen(&ana, FIREFOX).await;
    assert_eq!(stored().await, after);
    house.identity.seen(&guest("Ben"), FIREFOX).await;
    assert_eq!(stored().await, after, "guests leave no trace");

    let seen_at_ms = house.clock.now_ms();
    let again = House::on(house.log.clone(), vec![], None).await;
    let sessions = again.identity.sessions(&ana.guest_id()).await.expect("they are read");
    assert_eq!(sessions[0].seen_at_ms, seen_at_ms);
    again.close().await;
    house.close().await;
}

#[tokio::test]
async fn a_guest_has_the_session_they_are_using() {
    let house = House::open(vec![]).await;
    let ana = guest("Ana");
    assert_eq!(house.identity.sessions(&ana.guest_id()).await, Ok(vec![]));
    house.identity.seen(&ana, FIREFOX).await;
    let sessions = house.identity.sessions(&ana.guest_id()).await.expect("they are read");
    assert_eq!((sessions.len(), &sessions[0].id), (1, ana.session_id()));
    assert_eq!(house.identity.revoke(&ana.guest_id(), ana.session_id()).await, Ok(true));
    assert!(!house.identity.is_open(&ana));
    assert_eq!(house.identity.sessions(&ana.guest_id()).await, Ok(vec![]));
    house.close().await;
}

#[tokio::test]
async fn a_revoked_session_counts_nowhere_any_more() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let here = house.sign_in(&guest("Ana"), "ana").await;
    let lost = house.sign_in(&guest("Ana"), "ana").await;
    let ana = here.guest_id();
    let mut revocations = house.identity.revocations();
    let mut changes = house.identity.subscribe(&ana);

    assert_eq!(house.identity.revoke(&ana, lost.session_id()).await, Ok(true));
    assert!(!house.identity.is_open(&lost) && house.identity.is_open(&here));
    let announced = timeout(DEADLINE, revocations.recv()).await.expect("it is announced");
    assert_eq!(announced, Received::Hint(lost.session_id().clone()));
    assert_eq!(next(&mut changes).await, PersonChange::SessionRevoked(lost.session_id().clone()));
    let left = house.identity.sessions(&ana).await.expect("they are read");
    assert_eq!((left.len(), &left[0].id), (1, here.session_id()));
    assert_eq!(house.identity.revoke(&ana, lost.session_id()).await, Ok(false), "it was, before");

    let again = House::on(house.log.clone(), vec![], None).await;
    assert!(!again.identity.is_open(&lost) && again.identity.is_open(&here), "after a restart too");
    again.close().await;
    house.close().await;
}

#[tokio::test]
async fn nobody_closes_the_sessions_of_others() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let ana = house.sign_in(&guest("Ana"), "ana").await;
    let (ben, mallory) = (guest("Ben"), guest("Mallory"));
    house.identity.seen(&ana, FIREFOX).await;
    house.identity.seen(&ben, FIREFOX).await;
    for session in [&ana, &ben, &GuestSession::fresh()] {
        let revoked = house.identity.revoke(&mallory.guest_id(), session.session_id()).await;
        assert_eq!(revoked, Ok(false));
        assert!(house.identity.is_open(session));
    }
    house.close().await;
}

#[tokio::test]
async fn who_signs_out_is_a_new_guest() {
    let running = Running::github().await;
    let house = House::open(vec![running.provider.clone()]).await;
    let ana = house.sign_in(&guest("Ana"), "ana").await;
    let fresh = house.identity.sign_out(&ana).await.expect("it is stored");
    assert!(!house.identity.is_open(&ana) && house.identity.is_open(&fresh));
    assert_ne!(fresh.guest_id(), ana.guest_id());
    assert_eq!(fresh.signed_in_as(), None);
    let twice = house.identity.sign_out(&ana).await.expect("nothing is left to do");
    assert_ne!(twice.guest_id(), fresh.guest_id());
    let back = house.sign_in(&fresh, "ana").await;
    assert_eq!(back.guest(), ana.guest(), "and is who they were after signing in again");
    house.close().await;
}
