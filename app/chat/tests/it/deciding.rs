//! What people order in a room, through the facade: stored, read, and told.

use chat::{
    ActError, CreateError, Happening, IDLE_MS_MAX, LineError, NewRoom, Refusal, Retention, Role,
    RoomId, Status, TITLE_CHARS_MAX, Visibility,
};
use identity::{Guest, GuestName};

use crate::cast::{House, ana, ben, bodies, in_every_house, person};

fn refused<T>(refusal: Refusal) -> Result<T, ActError> {
    Err(ActError::Refused(refusal))
}

async fn notices(house: &House, room: &RoomId) -> Vec<Happening> {
    let page = house.everything(room).await;
    page.notices.iter().map(|notice| notice.what.clone()).collect()
}

#[tokio::test]
async fn what_was_just_said_can_be_changed_and_removed() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        house.say(&kitchen, &ana(), "helo").await.expect("accepted");
        house.chat.edit(&kitchen, &ana(), 1, "hello").await.expect("hers");
        let page = house.everything(&kitchen).await;
        assert_eq!(bodies(&page), ["hello"]);
        assert_eq!(page.messages[0].edited.as_ref().map(|edit| &edit.by), Some(&ana()));
        let same = house.chat.edit(&kitchen, &ana(), 1, "hello ").await.expect("it is so");
        assert_eq!(same.change, page.head.change, "nothing happened");

        house.chat.remove(&kitchen, &ana(), 1).await.expect("hers");
        let page = house.everything(&kitchen).await;
        assert!(page.messages[0].removed && page.messages[0].body.is_empty());
        let again = house.chat.remove(&kitchen, &ana(), 1).await.expect("it is so");
        assert_eq!(again.change, page.head.change, "nothing happened");
        let late = house.chat.edit(&kitchen, &ana(), 1, "back").await.map(drop);
        assert_eq!(late, refused(Refusal::NoSuchMessage));
        let none = house.chat.remove(&kitchen, &ana(), 2).await.map(drop);
        assert_eq!(none, refused(Refusal::NoSuchMessage));
        let next = house.say(&kitchen, &ana(), "next").await.expect("accepted");
        assert_eq!(next.number, 2, "its number stays");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_read_a_room_does_not_learn_what_is_in_it() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let (cleo, eve) = (person('C', "Cleo"), person('E', "Eve"));
        house.say(&kitchen, &ana(), "helo https://example.org/").await.expect("accepted");
        house.chat.expel(&kitchen, &ana(), &cleo).await.expect("she owns it");
        let private = Visibility::Private;
        house.chat.set_visibility(&kitchen, &ana(), private).await.expect("she owns it");
        let tried = async |who: &Guest, number| {
            house.chat.caught_up().await.expect("it catches up");
            let chat = &house.chat;
            [
                chat.edit(&kitchen, who, number, "worse").await.map(drop),
                chat.remove(&kitchen, who, number).await.map(drop),
                chat.dismiss_card(&kitchen, who, number, "https://example.org/").await.map(drop),
                chat.read_up_to(&kitchen, who, number).await,
            ]
        };
        for (who, refusal) in [(&eve, Refusal::Private), (&cleo, Refusal::Expelled)] {
            for number in [1, 2] {
                let all = std::array::from_fn(|_| refused(refusal.clone()));
                assert_eq!(tried(who, number).await, all, "{}: message {number}", who.name);
            }
            assert_eq!(house.chat.read_mark(&kitchen, &who.id).await, Ok(None), "{}", who.name);
        }
        let none = house.chat.edit(&RoomId::random(), &eve, 1, "x").await.map(drop);
        assert_eq!(none, refused(Refusal::NoSuchRoom));

        house.chat.admit(&kitchen, &ana(), &eve).await.expect("she owns it");
        let there = house.chat.remove(&kitchen, &eve, 2).await.map(drop);
        assert_eq!(there, refused(Refusal::NoSuchMessage), "she is in, as she was just told");
    })
    .await;
}

#[tokio::test]
async fn a_title_is_one_line_or_none() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let retitle = async |title: &str| house.chat.retitle(&kitchen, &ana(), title).await.map(drop);
    assert_eq!(retitle(" Tea \n room ").await, Ok(()));
    assert_eq!(retitle("Tea room").await, Ok(()));
    let long = LineError::TooLong { chars: TITLE_CHARS_MAX + 1, chars_max: TITLE_CHARS_MAX };
    assert_eq!(retitle(&"t".repeat(TITLE_CHARS_MAX + 1)).await, refused(Refusal::Line(long)));
    assert_eq!(retitle(" \u{200B}").await, Ok(()));
    let tea = Some("Tea room".to_owned());
    let first = Happening::Retitled { from: None, to: tea.clone() };
    let last = Happening::Retitled { from: tea, to: None };
    assert_eq!(notices(&house, &kitchen).await, [first, last], "the same again is nothing");
    house.close().await;
}

#[tokio::test]
async fn who_is_there_when_a_room_becomes_private_stays() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let (dora, eve) = (person('D', "Dora"), person('E', "Eve"));
    house.say(&kitchen, &ben(), "hi").await.expect("it is public");
    let seat = house.chat.attendance().arrive(&kitchen, &dora);
    let private = Visibility::Private;
    house.chat.set_visibility(&kitchen, &ana(), private).await.expect("she owns it");
    for who in [ana(), ben(), dora] {
        let said = house.say(&kitchen, &who, "still here").await;
        assert!(said.is_ok(), "{}: {said:?}", who.name);
    }
    assert_eq!(house.say(&kitchen, &eve, "me too").await, refused(Refusal::Private));
    drop(seat);
    house.close().await;
}

#[tokio::test]
async fn who_knocks_is_let_in_or_not() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let private = Visibility::Private;
        house.chat.set_visibility(&kitchen, &ana(), private).await.expect("she owns it");
        let cleo = person('C', "Cleo");
        for who in [ben(), cleo.clone()] {
            house.chat.knock(&kitchen, &who).await.expect("anybody may");
        }
        house.chat.admit(&kitchen, &ana(), &ben()).await.expect("she owns it");
        house.chat.turn_away(&kitchen, &ana(), &cleo).await.expect("she owns it");
        assert!(house.say(&kitchen, &ben(), "thanks").await.is_ok());
        assert_eq!(house.say(&kitchen, &cleo, "hm").await, refused(Refusal::Private));
        let again = house.chat.knock(&kitchen, &cleo).await.map(drop);
        let retry_after_ms = chat::KNOCK_AGAIN_AFTER_MS;
        assert_eq!(again, refused(Refusal::TurnedAway { retry_after_ms }));
        house.chat.caught_up().await.expect("it can be read");
        assert_eq!(house.chat.directory().knocks(&kitchen).await, Ok(vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_rename_is_noted_once_however_many_tabs_tell() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let before = ben().name;
    let mut renamed = ben();
    renamed.name = GuestName::parse("Benjamin").expect("a name");
    for _tab in 0..3 {
        let noted = house.chat.note_rename(&kitchen, &renamed, &before, 1).await;
        noted.expect("he may speak there");
    }
    assert_eq!(notices(&house, &kitchen).await, [Happening::Renamed { from: before }]);
    house.close().await;
}

#[tokio::test]
async fn a_room_that_ended_is_read_and_one_that_was_erased_is_a_receipt() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        house.say(&kitchen, &ben(), "hi").await.expect("accepted");
        house.chat.end(&kitchen, &ana(), Some("enough")).await.expect("she owns it");
        assert_eq!(house.say(&kitchen, &ben(), "wait").await, refused(Refusal::Ended));
        assert_eq!(bodies(&house.everything(&kitchen).await), ["hi"]);
        house.chat.erase(&kitchen, &ana()).await.expect("she owns it");
        assert_eq!(house.say(&kitchen, &ben(), "wait").await, refused(Refusal::Erased));
        assert_eq!(house.everything(&kitchen).await.messages, []);
        house.chat.caught_up().await.expect("it can be read");
        let room = house.chat.directory().by_id(&kitchen).await.expect("no fault").expect("it was");
        let Status::Erased { messages, expired, .. } = room.status else {
            panic!("a receipt: {room:?}")
        };
        assert_eq!((messages, expired), (1, false));
    })
    .await;
}

#[tokio::test]
async fn the_rules_about_people_outlast_a_restart() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    let cleo = person('C', "Cleo");
    house.say(&kitchen, &ben(), "hi").await.expect("it is public");
    house.chat.set_role(&kitchen, &ana(), &ben(), Role::CoOwner).await.expect("she owns it");
    house.chat.expel(&kitchen, &ben(), &cleo).await.expect("he is a co-owner");
    let house = house.restart(|_| {}).await;
    assert_eq!(house.say(&kitchen, &cleo, "back").await, refused(Refusal::Expelled));
    house.chat.pardon(&kitchen, &ben(), &cleo).await.expect("he still is");
    assert!(house.say(&kitchen, &cleo, "back").await.is_ok());
    house.close().await;
}

#[tokio::test]
async fn an_idle_time_has_limits_from_the_beginning() {
    let house = House::in_memory().await;
    for idle_ms in [-1, 0, 999, IDLE_MS_MAX + 1] {
        let retention = Retention::Fleeting { idle_ms };
        let room = NewRoom { retention, ..NewRoom::titled("Campfire") };
        let made = house.chat.create_room(&ana(), room).await.map(drop);
        assert_eq!(made, Err(CreateError::Refused(Refusal::IdleTime)), "{idle_ms}");
    }
    house.close().await;
}
