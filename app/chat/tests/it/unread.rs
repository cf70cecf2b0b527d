//! What somebody has not read yet.

use chat::{ActError, KnownRoom, NewRoom, PersonHint, Refusal, RoomId, Visibility};
use identity::Guest;
use pubsub::Received;

use crate::cast::{DEADLINE, House, ana, ben, in_every_house, person};

/// The rooms `who` knows: title or slug, read, unread.
async fn known(house: &House, who: &Guest) -> Vec<(String, u64, u64)> {
    house.chat.caught_up().await.expect("it catches up");
    let rooms = house.chat.known_rooms(&who.id, 100).await.expect("no fault");
    let told = |known: KnownRoom| (known.room.name().to_owned(), known.read, known.unread);
    rooms.into_iter().map(told).collect()
}

async fn room(house: &House, title: &str, visibility: Visibility) -> RoomId {
    house.clock.advance_ms(1_000);
    let room = NewRoom { visibility, ..NewRoom::titled(title) };
    house.chat.create_room(&ana(), room).await.expect("a room").id
}

fn is(name: &str, read: u64, unread: u64) -> (String, u64, u64) {
    (name.to_owned(), read, unread)
}

#[tokio::test]
async fn unread_is_what_others_said_since() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 0, 0)]);
        assert_eq!(known(house, &ben()).await, []);
        assert_eq!(house.chat.read_mark(&kitchen, &ben().id).await, Ok(None));

        house.chatter(&kitchen, &ben(), 3).await;
        assert_eq!(known(house, &ben()).await, [is("Kitchen", 3, 0)], "he said it");
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 0, 3)]);
        house.chat.read_up_to(&kitchen, &ana(), 2).await.expect("stored");
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 2, 1)]);
        house.chat.read_up_to(&kitchen, &ana(), 1).await.expect("nothing to do");
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 2, 1)], "going back is nothing");
        house.chat.read_up_to(&kitchen, &ana(), u64::MAX).await.expect("stored");
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 3, 0)], "as far as there is");
        house.chatter(&kitchen, &ben(), 1).await;
        assert_eq!(known(house, &ana()).await, [is("Kitchen", 3, 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_enough_to_know_a_room() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Unlisted).await;
    house.chat.read_up_to(&kitchen, &ben(), 0).await.expect("stored");
    assert_eq!(known(&house, &ben()).await, [is("Kitchen", 0, 0)]);
    house.chat.forget_room(&kitchen, &ben()).await.expect("stored");
    assert_eq!(known(&house, &ben()).await, []);
    house.chat.read_up_to(&kitchen, &ben(), 0).await.expect("stored");
    assert_eq!(known(&house, &ben()).await, [is("Kitchen", 0, 0)], "known again");
    let nowhere = house.chat.read_up_to(&RoomId::random(), &ben(), 9).await;
    assert_eq!(nowhere, Err(ActError::Refused(Refusal::NoSuchRoom)));
    assert_eq!(known(&house, &ben()).await.len(), 1, "no room is none");
    house.close().await;
}

#[tokio::test]
async fn the_last_active_room_is_first_and_the_list_is_bounded() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    room(&house, "Cellar", Visibility::Public).await;
    assert_eq!(known(&house, &ana()).await, [is("Cellar", 0, 0), is("Kitchen", 0, 0)]);
    house.chatter(&kitchen, &ben(), 1).await;
    assert_eq!(known(&house, &ana()).await, [is("Kitchen", 0, 1), is("Cellar", 0, 0)]);
    assert_eq!(house.chat.known_rooms(&ana().id, 1).await.map(|rooms| rooms.len()), Ok(1));
    house.close().await;
}

#[tokio::test]
async fn a_room_that_may_not_be_read_is_not_known() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let cleo = person('C', "Cleo");
        house.chatter(&kitchen, &ben(), 2).await;
        house.chat.read_up_to(&kitchen, &cleo, 1).await.expect("stored");
        house.chat.set_visibility(&kitchen, &ana(), Visibility::Private).await.expect("hers");
        assert_eq!(known(house, &cleo).await, [], "she was only looking");
        assert_eq!(known(house, &ben()).await, [is("Kitchen", 2, 0)]);

        house.chat.admit(&kitchen, &ana(), &cleo).await.expect("she may");
        assert_eq!(known(house, &cleo).await, [is("Kitchen", 2, 0)], "it begins for her now");
        house.chatter(&kitchen, &ben(), 1).await;
        assert_eq!(known(house, &cleo).await, [is("Kitchen", 2, 1)]);
        house.chat.leave(&kitchen, &cleo).await.expect("she may");
        assert_eq!(known(house, &cleo).await, []);
        house.chat.expel(&kitchen, &ana(), &ben()).await.expect("she may");
        assert_eq!(known(house, &ben()).await, []);
        house.chat.set_visibility(&kitchen, &ana(), Visibility::Public).await.expect("hers");
        assert_eq!(known(house, &ben()).await, [], "expelled is expelled");
        house.chat.erase(&kitchen, &ana()).await.expect("hers");
        assert_eq!(known(house, &ana()).await, []);
    })
    .await;
}

#[tokio::test]
async fn whoever_left_and_comes_back_knows_the_room_again() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    house.chatter(&kitchen, &ben(), 2).await;
    house.chat.leave(&kitchen, &ben()).await.expect("he may");
    assert_eq!(known(&house, &ben()).await, []);
    house.chat.read_up_to(&kitchen, &ben(), 2).await.expect("stored");
    assert_eq!(known(&house, &ben()).await, [is("Kitchen", 2, 0)]);
    house.close().await;
}

#[tokio::test]
async fn another_tab_hears_of_what_was_read() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    house.chatter(&kitchen, &ben(), 2).await;
    house.chat.caught_up().await.expect("it catches up");
    let mut anas = house.chat.subscribe_person(&ana().id);
    house.chat.read_up_to(&kitchen, &ana(), 2).await.expect("stored");
    let hint = tokio::time::timeout(DEADLINE, anas.recv()).await.expect("announced");
    assert_eq!(hint, Received::Hint(PersonHint::Read { room: kitchen, number: 2 }));
    house.close().await;
}
