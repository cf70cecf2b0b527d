//! Which rooms there are, and who is who in them.

use chat::{
    Counts, Listing, NewRoom, Retention, Role, RoomId, RoomSummary, Sort, Status, Visibility,
};
use identity::Guest;

use crate::cast::{House, NOON_MS, ana, ben, in_every_house, person, slug};

async fn room(house: &House, title: &str, visibility: Visibility) -> RoomId {
    house.clock.advance_ms(2_000);
    let room = NewRoom { visibility, ..NewRoom::titled(title) };
    house.chat.create_room(&ana(), room).await.expect("a room").id
}

async fn summary(house: &House, room: &RoomId) -> RoomSummary {
    house.chat.caught_up().await.expect("it catches up");
    house.chat.directory().by_id(room).await.expect("no fault").expect("it is there")
}

async fn listed(house: &House, listing: Listing) -> (Vec<String>, u64) {
    house.chat.caught_up().await.expect("it catches up");
    let listed = house.chat.directory().list(listing).await.expect("no fault");
    (listed.rooms.iter().map(|room| room.name().to_owned()).collect(), listed.total)
}

fn by(sort: Sort) -> Listing {
    Listing { sort, per_page: 10, ..Listing::default() }
}

fn like(text: &str) -> Listing {
    Listing { text: text.to_owned(), ..by(Sort::Newest) }
}

#[tokio::test]
async fn public_rooms_are_listed_in_every_order() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let cellar = room(house, "Cellar", Visibility::Public).await;
        let attic = room(house, "Attic", Visibility::Public).await;
        room(house, "Den", Visibility::Private).await;
        room(house, "Loft", Visibility::Unlisted).await;
        house.chatter(&cellar, &ana(), 3).await;
        house.chatter(&kitchen, &ben(), 1).await;
        house.chatter(&kitchen, &person('C', "Cleo"), 1).await;
        house.chatter(&attic, &ben(), 1).await;
        for (sort, names) in [
            (Sort::Activity, ["Attic", "Kitchen", "Cellar"]),
            (Sort::Members, ["Kitchen", "Attic", "Cellar"]),
            (Sort::Messages, ["Cellar", "Kitchen", "Attic"]),
            (Sort::Newest, ["Attic", "Cellar", "Kitchen"]),
        ] {
            let expected = (names.map(str::to_owned).to_vec(), 3);
            assert_eq!(listed(house, by(sort)).await, expected, "{sort:?}");
            let second = Listing { page: 1, per_page: 2, ..by(sort) };
            let expected = (vec![names[2].to_owned()], 3);
            assert_eq!(listed(house, second).await, expected, "{sort:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_room_is_found_by_part_of_its_title_or_address() {
    let house = House::in_memory().await;
    house.chat.claim_room(&slug("garden-shed"), &ana()).await.expect("no fault");
    room(&house, "100% Über_Tee", Visibility::Public).await;
    let found = async |text: &str| listed(&house, like(text)).await.1;
    assert_eq!(found("").await, 2);
    assert_eq!(found("  ").await, 2);
    assert_eq!(found("SHED").await, 1, "the address");
    assert_eq!(found("über").await, 1, "in any case, beyond ASCII");
    assert_eq!(found("ÜBER_t").await, 1);
    assert_eq!(found("100%").await, 1);
    for nothing in ["100_", "%%", "_ber", "'; DROP TABLE rooms; --", "\n"] {
        let expected = if nothing.trim().is_empty() { 2 } else { 0 };
        assert_eq!(found(nothing).await, expected, "{nothing:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_not_public_and_open_is_not_listed() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let cellar = room(house, "Cellar", Visibility::Public).await;
        let names = async || listed(house, by(Sort::Newest)).await.0;
        assert_eq!(names().await, ["Cellar", "Kitchen"]);
        house.chat.set_visibility(&kitchen, &ana(), Visibility::Unlisted).await.expect("hers");
        assert_eq!(names().await, ["Cellar"]);
        house.chat.set_visibility(&kitchen, &ana(), Visibility::Public).await.expect("hers");
        assert_eq!(names().await, ["Cellar", "Kitchen"]);
        house.chat.end(&kitchen, &ana(), None).await.expect("hers");
        assert_eq!(names().await, ["Cellar"]);
        house.chat.erase(&cellar, &ana()).await.expect("hers");
        assert_eq!(listed(house, by(Sort::Newest)).await, (vec![], 0));
    })
    .await;
}

#[tokio::test]
async fn the_house_is_counted() {
    let house = House::in_memory().await;
    let counts = async || {
        house.chat.caught_up().await.expect("it catches up");
        house.chat.counts().await.expect("no fault")
    };
    assert_eq!(counts().await, Counts::default());
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    let den = room(&house, "Den", Visibility::Private).await;
    house.chatter(&kitchen, &ana(), 3).await;
    house.chatter(&den, &ana(), 2).await;
    assert_eq!(counts().await, Counts { rooms: 2, messages: 5 });
    house.chat.end(&kitchen, &ana(), None).await.expect("hers");
    assert_eq!(counts().await, Counts { rooms: 1, messages: 2 });
    house.chat.erase(&kitchen, &ana()).await.expect("hers");
    house.chat.erase(&den, &ana()).await.expect("hers");
    assert_eq!(counts().await, Counts::default());
    house.close().await;
}

#[tokio::test]
async fn members_are_listed_by_role_and_by_how_long_they_have_been() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let cleo = person('C', "Cleo");
        for who in [ben(), cleo.clone()] {
            house.chatter(&kitchen, &who, 1).await;
        }
        house.chat.set_role(&kitchen, &ana(), &cleo, Role::CoOwner).await.expect("hers");
        let members = async || {
            house.chat.caught_up().await.expect("it catches up");
            let members = house.chat.directory().members(&kitchen, 10).await.expect("no fault");
            let told = |(guest, role): (Guest, Role)| (guest.name.as_str().to_owned(), role);
            let who = members.0.into_iter().map(|m| told((m.guest, m.role)));
            (who.collect::<Vec<_>>(), members.1)
        };
        let is = |name: &str, role| (name.to_owned(), role);
        let [anna, ceo, b] =
            [is("Ana", Role::Owner), is("Cleo", Role::CoOwner), is("Ben", Role::Member)];
        assert_eq!(members().await, (vec![anna, ceo, b], 3));
        let few = house.chat.directory().members(&kitchen, 1).await.expect("no fault");
        assert_eq!((few.0.len(), few.1), (1, 3));

        let robin = person('B', "Robin");
        house.chat.note_rename(&kitchen, &robin, &ben().name, 1).await.expect("stored");
        house.chat.transfer(&kitchen, &ana(), &cleo).await.expect("hers");
        let now = [is("Cleo", Role::Owner), is("Ana", Role::CoOwner), is("Robin", Role::Member)];
        assert_eq!(members().await, (now.to_vec(), 3));
        assert_eq!(summary(house, &kitchen).await.owner, cleo);
        house.chat.leave(&kitchen, &robin).await.expect("he may");
        assert_eq!(members().await.1, 2);
        assert_eq!(summary(house, &kitchen).await.members, 2);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_only_in_a_removed_message_is_gone() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    let named = async || {
        house.chat.caught_up().await.expect("it catches up");
        let (members, _) = house.chat.directory().members(&kitchen, 10).await.expect("no fault");
        members[1].guest.name.as_str().to_owned()
    };
    house.chatter(&kitchen, &ben(), 1).await;
    assert_eq!(named().await, "Ben");
    house.chat.remove(&kitchen, &ana(), 1).await.expect("an owner's right");
    assert_eq!(named().await, "");
    house.chatter(&kitchen, &ben(), 1).await;
    house.chat.remove(&kitchen, &ben(), 2).await.expect("his");
    assert_eq!(named().await, "Ben", "he says it himself by removing it");
    house.close().await;
}

#[tokio::test]
async fn roles_are_what_the_room_says() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let (cleo, dora) = (person('C', "Cleo"), person('D', "Dora"));
        house.chatter(&kitchen, &ben(), 1).await;
        let role = async |who: &Guest| {
            let room = summary(house, &kitchen).await;
            house.chat.role(&room, &who.id).await.expect("no fault")
        };
        assert_eq!(role(&ana()).await, Role::Owner);
        assert_eq!(role(&ben()).await, Role::Member);
        assert_eq!(role(&cleo).await, Role::Visitor);
        house.chat.expel(&kitchen, &ana(), &dora).await.expect("hers");
        assert_eq!(role(&dora).await, Role::Expelled);
        assert_eq!(house.chat.directory().expelled(&kitchen).await, Ok(vec![dora.clone()]));
        house.chat.set_visibility(&kitchen, &ana(), Visibility::Private).await.expect("hers");
        assert_eq!(role(&cleo).await, Role::Outsider);
        assert_eq!(role(&ben()).await, Role::Member);
        house.chat.pardon(&kitchen, &ana(), &dora).await.expect("hers");
        assert_eq!(role(&dora).await, Role::Outsider);
        assert_eq!(house.chat.directory().expelled(&kitchen).await, Ok(vec![]));
        house.chat.erase(&kitchen, &ana()).await.expect("hers");
        assert_eq!(role(&ana()).await, Role::Owner, "it stays known whose it was");
        assert_eq!(role(&ben()).await, Role::Outsider);
    })
    .await;
}

#[tokio::test]
async fn who_knocks_waits_in_order_and_not_for_ever() {
    let house = House::in_memory().await;
    let den = room(&house, "Den", Visibility::Private).await;
    let (cleo, dora) = (person('C', "Cleo"), person('D', "Dora"));
    let waiting = async || {
        house.chat.caught_up().await.expect("it catches up");
        house.chat.directory().knocks(&den).await.expect("no fault")
    };
    for who in [ben(), cleo.clone(), dora.clone()] {
        house.clock.advance_ms(60_000);
        house.chat.knock(&den, &who).await.expect("they may");
    }
    assert_eq!(waiting().await, [ben(), cleo.clone(), dora.clone()]);
    house.chat.admit(&den, &ana(), &cleo).await.expect("hers");
    assert_eq!(waiting().await, [ben(), dora.clone()]);
    house.chat.turn_away(&den, &ana(), &dora).await.expect("hers");
    assert_eq!(waiting().await, [ben()]);
    house.clock.advance_ms(10 * 60_000);
    assert_eq!(waiting().await, [], "nobody answered");
    house.clock.advance_ms(1);
    house.chat.knock(&den, &ben()).await.expect("again");
    assert_eq!(waiting().await, [ben()]);
    house.chat.set_visibility(&den, &ana(), Visibility::Public).await.expect("hers");
    assert_eq!(waiting().await, [], "the door is open");
    house.close().await;
}

#[tokio::test]
async fn what_a_room_is_like_can_be_read() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        house.chat.retitle(&kitchen, &ana(), "Tea").await.expect("hers");
        let fleeting = Retention::Fleeting { idle_ms: 60_000 };
        house.chat.set_retention(&kitchen, &ana(), fleeting).await.expect("hers");
        house.chat.end(&kitchen, &ana(), Some("It is late")).await.expect("hers");
        let room = summary(house, &kitchen).await;
        assert_eq!((room.name(), room.retention, room.change), ("Tea", fleeting, 4));
        let at_ms = NOON_MS + 2_000;
        let reason = Some("It is late".to_owned());
        assert_eq!(room.status, Status::Ended { at_ms, reason });

        house.chat.erase(&kitchen, &ana()).await.expect("hers");
        let receipt = summary(house, &kitchen).await;
        let status = Status::Erased { at_ms, messages: 0, expired: false };
        assert_eq!((receipt.status, receipt.title.as_deref()), (status, None));
        assert_eq!(receipt.slug, room.slug, "its address leads to the receipt");
        assert_eq!((receipt.owner.name.as_str(), receipt.opened_at_ms), ("", room.opened_at_ms));
    })
    .await;
}
