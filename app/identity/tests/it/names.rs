//! Names, everywhere at once.

use eventsourcing::Position;
use identity::{GuestSession, PersonChange};

use crate::cast::{House, guest, name, next};

#[tokio::test]
async fn a_new_name_is_stored_and_then_announced() {
    let house = House::open(vec![]).await;
    let session = guest("Ana");
    let ana = house.identity.guest(&session).await.expect("it is read");
    assert_eq!(ana, session.guest(), "what is not recorded is in the cookie");
    assert_eq!(house.identity.guest_by_id(&ana.id).await, Ok(None));

    let mut changes = house.identity.subscribe(&ana.id);
    let renamed = house.identity.rename(&ana, name("Eve")).await.expect("it is stored");
    assert_eq!((renamed.from.as_str(), renamed.number), ("Ana", 1));
    let (from, guest, number) = (renamed.from, renamed.guest, 1);
    let announced = next(&mut changes).await;
    assert_eq!(announced, PersonChange::Renamed { from, guest: guest.clone(), number });
    assert_eq!(
        house.identity.guest(&session).await,
        Ok(guest.clone()),
        "although the cookie is old"
    );
    assert_eq!(house.identity.guest_by_id(&ana.id).await, Ok(Some(guest)));
    house.close().await;
}

#[tokio::test]
async fn the_same_name_changes_nothing() {
    let house = House::open(vec![]).await;
    let ana = guest("Ana").guest();
    let same = house.identity.rename(&ana, name("Ana")).await.expect("nothing fails");
    assert_eq!((same.from.as_str(), same.number), ("Ana", 0));
    assert_eq!(house.log.head().await.expect("it is read"), Position::START, "nothing is stored");
    house.identity.rename(&ana, name("Eve")).await.expect("it is stored");
    let same = house.identity.rename(&ana, name("Eve")).await.expect("nothing fails");
    assert_eq!((same.from.as_str(), same.guest.name.as_str(), same.number), ("Eve", "Eve", 1));
    let next = house.identity.rename(&ana, name("Ida")).await.expect("it is stored");
    assert_eq!((next.from.as_str(), next.number), ("Eve", 2));
    house.close().await;
}

#[tokio::test]
async fn a_name_survives_a_restart_and_reaches_other_nodes() {
    let house = House::open(vec![]).await;
    let session = GuestSession::fresh();
    let other = House::on(house.log.clone(), vec![], None).await;
    house.identity.rename(&session.guest(), name("Ana")).await.expect("it is stored");
    other.identity.caught_up().await.expect("it catches up");
    let there = other.identity.guest(&session).await.expect("it is read");
    assert_eq!(there.name.as_str(), "Ana");
    let log = house.log.clone();
    house.close().await;
    let again = House::on(log, vec![], None).await;
    assert_eq!(again.identity.guest(&session).await, Ok(there));
    other.close().await;
    again.close().await;
}
