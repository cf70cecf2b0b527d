//! Cards under messages, as previews and people change them.

use std::sync::Arc;

use crate::cast::{House, ana, ben, bodies, card, in_every_house, numbers};
use chat::{ActError, CARDS_MAX, Card, Change, Refusal, RoomId, Told, What, told};
use eventsourcing::{EventStore, MemoryStore, Position};
use pubsub::Received;

const FIRST: &str = "https://example.org/1";
const SECOND: &str = "https://example.org/2";

/// The links whose cards are under message 1, in their order.
async fn shown(house: &House, room: &RoomId) -> Vec<String> {
    let page = house.everything(room).await;
    page.messages[0].cards.iter().map(|card| card.link.clone()).collect()
}

/// Ana's kitchen, where she said something with both links; the change by which she did.
async fn kitchen(house: &House) -> (RoomId, u64) {
    let kitchen = house.kitchen().await.id;
    let said = house.say(&kitchen, &ana(), &format!("see {FIRST} and {SECOND}")).await;
    (kitchen, said.expect("accepted").change)
}

async fn attach(house: &House, room: &RoomId, change: u64, link: &str) -> bool {
    let attached = house.chat.attach_card(room, 1, change, card(1, link)).await;
    attached.expect("no fault")
}

#[tokio::test]
async fn cards_stand_in_the_order_of_their_links() {
    in_every_house(async |house| {
        let (kitchen, said) = kitchen(house).await;
        assert!(attach(house, &kitchen, said, SECOND).await);
        assert!(attach(house, &kitchen, said, FIRST).await);
        assert_eq!(shown(house, &kitchen).await, [FIRST, SECOND]);
        let edited = format!("first {SECOND} then {FIRST}");
        house.chat.edit(&kitchen, &ana(), 1, &edited).await.expect("hers");
        assert_eq!(shown(house, &kitchen).await, [SECOND, FIRST], "they go on standing there");
    })
    .await;
}

#[tokio::test]
async fn a_card_is_attached_once_and_its_picture_is_kept() {
    let house = House::in_memory().await;
    let (kitchen, said) = kitchen(&house).await;
    assert!(attach(&house, &kitchen, said, FIRST).await);
    let before = house.everything(&kitchen).await.head.change;
    assert!(attach(&house, &kitchen, said, FIRST).await, "it is there");
    let other = Card { image: None, ..card(1, FIRST) };
    let attached = house.chat.attach_card(&kitchen, 1, said, other).await;
    assert_eq!(attached, Ok(false), "another one of that link is");
    assert_eq!(house.everything(&kitchen).await.head.change, before, "nothing happened");
    house.close().await;
}

#[tokio::test]
async fn what_is_late_is_not_attached() {
    let house = House::in_memory().await;
    let (kitchen, said) = kitchen(&house).await;
    assert!(!attach(&house, &kitchen, said, "https://example.org/elsewhere").await);
    let nowhere = house.chat.attach_card(&kitchen, 7, said, card(7, FIRST)).await;
    assert_eq!(nowhere, Ok(false));
    assert_eq!(house.chat.attach_card(&RoomId::random(), 1, 2, card(1, FIRST)).await, Ok(false));

    // The read models have not heard of any of this when it is decided.
    let edited = house.chat.edit(&kitchen, &ana(), 1, &format!("only {SECOND}")).await;
    assert!(!attach(&house, &kitchen, said, SECOND).await, "it was made of another text");
    let said = edited.expect("hers").change;
    assert!(attach(&house, &kitchen, said, SECOND).await);
    house.chat.dismiss_card(&kitchen, &ana(), 1, SECOND).await.expect("hers");
    assert!(!attach(&house, &kitchen, said, SECOND).await, "she does not want it");
    let again = house.chat.edit(&kitchen, &ana(), 1, &format!("again {SECOND} {FIRST}")).await;
    let said = again.expect("hers").change;
    assert!(!attach(&house, &kitchen, said, SECOND).await, "nor in other words");
    assert!(attach(&house, &kitchen, said, FIRST).await);
    assert_eq!(shown(&house, &kitchen).await, [FIRST]);
    house.chat.remove(&kitchen, &ana(), 1).await.expect("hers");
    assert!(!attach(&house, &kitchen, said, FIRST).await, "nothing is left");
    assert_eq!(shown(&house, &kitchen).await, [""; 0]);

    house.say(&kitchen, &ana(), &format!("more {FIRST}")).await.expect("accepted");
    house.chat.end(&kitchen, &ana(), None).await.expect("hers");
    let page = house.everything(&kitchen).await;
    let late = house.chat.attach_card(&kitchen, 2, page.messages[1].change, card(2, FIRST)).await;
    assert_eq!(late, Ok(false), "nothing is added after the end");
    house.chat.erase(&kitchen, &ana()).await.expect("hers");
    assert!(!attach(&house, &kitchen, said, FIRST).await);
    house.close().await;
}

#[tokio::test]
async fn there_are_three_at_most() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let links: Vec<_> = (0..5).map(|place| format!("https://example.org/{place}")).collect();
    let said = house.say(&kitchen, &ana(), &links.join(" ")).await.expect("accepted").change;
    for (place, link) in links.iter().enumerate() {
        assert_eq!(attach(&house, &kitchen, said, link).await, place < CARDS_MAX);
    }
    house.chat.dismiss_card(&kitchen, &ana(), 1, &links[0]).await.expect("hers");
    assert!(attach(&house, &kitchen, said, &links[4]).await, "there is a place again");
    assert_eq!(shown(&house, &kitchen).await, [&*links[1], &links[2], &links[4]]);
    house.close().await;
}

#[tokio::test]
async fn a_card_that_is_none_is_refused() {
    let house = House::in_memory().await;
    let (kitchen, said) = kitchen(&house).await;
    let bad = Card { url: "javascript:alert(1)".to_owned(), ..card(1, FIRST) };
    let refused = house.chat.attach_card(&kitchen, 1, said, bad).await;
    assert_eq!(refused, Err(ActError::Refused(Refusal::Card("address"))));
    house.close().await;
}

#[tokio::test]
async fn a_card_is_announced_with_its_message_and_nobody_has_unread_more_for_it() {
    let house = House::in_memory().await;
    let (kitchen, said) = kitchen(&house).await;
    house.chat.read_up_to(&kitchen, &ben(), 1).await.expect("no fault");
    house.chat.caught_up().await.expect("it catches up");
    let before = house.chat.directory().by_id(&kitchen).await.expect("no fault").expect("it is");
    let (mut hints, mut facts) =
        (house.chat.subscribe(&kitchen), house.chat.subscribe_facts(&kitchen));
    house.clock.advance_ms(60_000);
    assert!(attach(&house, &kitchen, said, FIRST).await);
    let (number, message) = loop {
        let Received::Hint(change) = hints.recv().await else { panic!("one is not too many") };
        match change {
            Change { number, what: What::Edited(message), .. } => break (number, message),
            // What can be read already may still be announced.
            earlier => assert!(earlier.number <= said, "{earlier:?}"),
        }
    };
    assert_eq!((number, message.number), (said + 1, 1));
    assert_eq!(message.cards, [card(1, FIRST)]);
    assert_eq!(message.edited, None, "nobody changed what she said");

    house.chat.caught_up().await.expect("it catches up");
    while let Some(told) = facts.try_recv() {
        let Received::Hint(told) = told else { panic!("one is not too many") };
        assert!(told.number < said, "the room is what it was: {told:?}");
    }
    let after = house.chat.directory().by_id(&kitchen).await.expect("no fault").expect("it is");
    assert_eq!((after.messages, after.active_at_ms), (before.messages, before.active_at_ms));
    let known = house.chat.known_rooms(&ben().id, 9).await.expect("no fault");
    assert_eq!(known[0].unread, 0);
    house.close().await;
}

#[tokio::test]
async fn pages_of_messages_have_their_cards_from_memory_and_from_the_tables() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        for number in 1..=6_u64 {
            house.clock.advance_ms(1_000);
            let text = format!("{number} {FIRST} {SECOND}");
            let said = house.say(&kitchen, &ben(), &text).await.expect("accepted");
            for link in [SECOND, FIRST].iter().take(number as usize % 3) {
                let card = card(number, link);
                let attached = house.chat.attach_card(&kitchen, number, said.change, card).await;
                assert_eq!(attached, Ok(true));
            }
        }
        let all = house.everything(&kitchen).await;
        let counts: Vec<_> = all.messages.iter().map(|message| message.cards.len()).collect();
        assert_eq!(counts, [1, 2, 0, 1, 2, 0]);
        let hot = house.chat.timeline().newest(&kitchen, 4).await.expect("no fault");
        let cold = house.chat.timeline().before(&kitchen, 7, 4).await.expect("no fault");
        assert_eq!(numbers(&hot), [3, 4, 5, 6]);
        assert_eq!(hot, cold);
    })
    .await;
}

/// What the log told about rooms so far.
async fn all_told(log: &dyn EventStore) -> Vec<Told> {
    let events = log.read_all(Position::START, 1_000).await.expect("no fault").events;
    events.iter().filter_map(|event| told(event).expect("readable")).collect()
}

#[tokio::test]
async fn the_log_tells_what_is_said_and_what_is_gone() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let (kitchen, said) = kitchen(&house).await;
    for link in [FIRST, SECOND] {
        assert!(attach(&house, &kitchen, said, link).await);
    }
    house.chat.dismiss_card(&kitchen, &ana(), 1, FIRST).await.expect("hers");
    let edited = house.chat.edit(&kitchen, &ana(), 1, "nothing to see").await.expect("hers");
    let room = || kitchen.clone();
    let gone = |link: &str| Told::CardGone { room: room(), number: 1, link: link.to_owned() };
    let says = |change, body: &str| {
        let (author, body) = (ana().id, body.to_owned());
        Told::Says { room: room(), number: 1, change, author, body }
    };
    let text = format!("see {FIRST} and {SECOND}");
    let expected =
        [says(said, &text), gone(FIRST), gone(SECOND), says(edited.change, "nothing to see")];
    assert_eq!(all_told(&*log).await, expected);

    house.chat.remove(&kitchen, &ana(), 1).await.expect("hers");
    house.chat.erased().await.expect("it is erased");
    house.chat.erase(&kitchen, &ana()).await.expect("hers");
    house.chat.erased().await.expect("it is erased");
    let left = all_told(&*log).await;
    let end = [Told::Removed { room: room(), number: 1 }, Told::Erased { room: room() }];
    assert_eq!(left, [vec![says(said, ""), says(edited.change, "")], end.to_vec()].concat());
    assert_eq!(bodies(&house.everything(&kitchen).await), [""; 0]);
    house.close().await;
}
