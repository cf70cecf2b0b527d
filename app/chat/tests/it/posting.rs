//! Saying something: accepted, refused, sent again.

use std::sync::Arc;

use chat::{ActError, BODY_CHARS_MAX, Posted, Refusal, RoomId};
use eventsourcing::{EventStore, Fault, FaultyStore, MemoryStore};

use crate::cast::{House, ana, ben, bodies, id, in_every_house, numbers};

fn refused<T>(refusal: Refusal) -> Result<T, ActError> {
    Err(ActError::Refused(refusal))
}

#[tokio::test]
async fn what_is_said_can_be_read_as_it_was_said() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let hostile =
            "Tom & \"Jo\" <3 <script>alert('x')</script> \u{202E} 👩\u{200D}🍳\n\n'; DROP TABLE";
        for body in ["hello", hostile, "x".repeat(BODY_CHARS_MAX).as_str()] {
            house.say(&kitchen, &ana(), body).await.expect("accepted");
        }
        house.say(&kitchen, &ben(), "two\r\nlines\0").await.expect("accepted");
        let page = house.everything(&kitchen).await;
        assert_eq!(numbers(&page), [1, 2, 3, 4]);
        assert_eq!(bodies(&page)[..2], ["hello", hostile]);
        assert_eq!(bodies(&page)[3], "two\nlines");
        assert_eq!(page.messages[3].author, ben());
    })
    .await;
}

#[tokio::test]
async fn the_same_words_by_two_people_are_two_messages() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let first = house.say(&kitchen, &ana(), "hi").await;
    let second = house.say(&kitchen, &ben(), "hi").await;
    assert_eq!(first, Ok(Posted { number: 1, change: 2 }));
    assert_eq!(second, Ok(Posted { number: 2, change: 3 }));
    assert_eq!(bodies(&house.everything(&kitchen).await), ["hi", "hi"]);
    house.close().await;
}

#[tokio::test]
async fn a_refusal_says_why_and_stores_nothing() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let say = async |body: &str| house.say(&kitchen, &ana(), body).await;
        assert_eq!(say(" \r\n\t").await, refused(Refusal::Empty));
        let long = "x".repeat(BODY_CHARS_MAX + 1);
        assert_eq!(say(&long).await, refused(Refusal::TooLong { chars: 4_001 }));
        assert_eq!(say(&"\na".repeat(300)).await, refused(Refusal::TooManyLines { lines: 300 }));
        say("hi").await.expect("accepted");
        assert_eq!(say("hi").await, refused(Refusal::Repeated));
        for number in 2..=10 {
            say(&format!("hi {number}")).await.expect("ten at once are fine");
        }
        assert_eq!(say("hi 11").await, refused(Refusal::TooFast { retry_after_ms: 1_000 }));
        assert_eq!(house.everything(&kitchen).await.messages.len(), 10);
        house.clock.advance_ms(1_000);
        assert!(say("hi 11").await.is_ok(), "the pace comes back");
    })
    .await;
}

#[tokio::test]
async fn nobody_speaks_in_a_room_that_does_not_exist() {
    let house = House::in_memory().await;
    let nowhere = RoomId::random();
    assert_eq!(house.say(&nowhere, &ana(), "hello?").await, refused(Refusal::NoSuchRoom));
    house.close().await;
}

#[tokio::test]
async fn a_resend_is_the_same_message() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let post = async || house.chat.post(&kitchen, &ana(), id("ana-0001"), "hi").await;
        let first = post().await;
        assert_eq!(first, Ok(Posted { number: 1, change: 2 }));
        house.chatter(&kitchen, &ben(), 300).await;
        assert_eq!(post().await, first, "however much was said since");
        let other = house.chat.post(&kitchen, &ana(), id("ana-0001"), "").await;
        assert_eq!(other, first, "whatever it says now");
        let bens = house.chat.post(&kitchen, &ben(), id("ana-0001"), "mine").await;
        assert_eq!(bens.map(|posted| posted.number), Ok(302), "an id is its author's own");
        assert_eq!(house.everything(&kitchen).await.messages.len(), 302);
    })
    .await;
}

#[tokio::test]
async fn a_resend_after_a_restart_is_the_same_message() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    let first = house.chat.post(&kitchen, &ana(), id("ana-0001"), "hi").await;
    house.chatter(&kitchen, &ben(), 3).await;
    let before = house.everything(&kitchen).await;

    let house = house.restart(|_| {}).await;
    assert_eq!(house.everything(&kitchen).await, before, "everything is there");
    assert_eq!(house.chat.post(&kitchen, &ana(), id("ana-0001"), "hi").await, first);
    assert_eq!(house.everything(&kitchen).await, before, "and only once");
    let next = house.say(&kitchen, &ana(), "more").await;
    assert_eq!(next, Ok(Posted { number: 5, change: 6 }), "the numbers go on");
    house.close().await;
}

#[tokio::test]
async fn the_rules_remember_over_a_restart() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    house.say(&kitchen, &ana(), "hi").await.expect("accepted");
    let house = house.restart(|_| {}).await;
    assert_eq!(house.say(&kitchen, &ana(), "hi").await, refused(Refusal::Repeated));
    house.close().await;
}

#[tokio::test]
async fn a_refused_message_may_be_sent_again_later() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.say(&kitchen, &ana(), "hi").await.expect("accepted");
    let again = async || house.chat.post(&kitchen, &ana(), id("ana-0002"), "hi").await;
    assert_eq!(again().await, refused(Refusal::Repeated));
    house.clock.advance_ms(10_000);
    assert_eq!(again().await, Ok(Posted { number: 2, change: 3 }));
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_by_sending_again() {
    let log = FaultyStore::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let kitchen = house.kitchen().await.id;
    let post = async || house.chat.post(&kitchen, &ana(), id("ana-0001"), "hi").await;
    log.next_append(Fault::AfterStoring);
    let lost = post().await;
    assert!(matches!(lost, Ok(_) | Err(ActError::Fault(_))), "{lost:?}");
    assert_eq!(post().await, Ok(Posted { number: 1, change: 2 }));
    assert_eq!(bodies(&house.everything(&kitchen).await), ["hi"]);
    house.close().await;
}

#[tokio::test]
async fn a_fault_is_told_by_its_reference_alone() {
    let log = FaultyStore::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let kitchen = house.kitchen().await.id;
    log.set_unavailable(true);
    let error = house.say(&kitchen, &ana(), "a secret").await.expect_err("nothing can be stored");
    let ActError::Fault(fault) = &error else { panic!("that is no refusal: {error:?}") };
    let told = error.to_string();
    assert!(told.contains(&fault.reference) && fault.reference.len() == 8, "{told}");
    assert!(!told.contains("secret") && !told.contains("inject"), "{told}");
    log.set_unavailable(false);
    assert!(house.say(&kitchen, &ana(), "a secret").await.is_ok(), "it goes on by itself");
    house.close().await;
}

#[tokio::test]
async fn a_closed_tab_takes_nothing_back() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    {
        let (chat, room) = (house.chat.clone(), kitchen.clone());
        let tab = house.scope.child("tab");
        let post = tab.spawn_abortable("post", async move {
            chat.post(&room, &ana(), id("ana-0001"), "hi").await
        });
        tokio::task::yield_now().await;
        post.abort();
    }
    let found = async {
        while house.everything(&kitchen).await.messages.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::cast::DEADLINE, found).await.expect("it was stored all the same");
    assert_eq!(bodies(&house.everything(&kitchen).await), ["hi"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_post_to_one_room_without_gap_or_loss() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let nodes = [House::node(log.clone()).await, House::node(log).await];
    let kitchen = nodes[0].kitchen().await.id;
    let people = 8;
    let posts: Vec<_> = (0..people)
        .map(|person| {
            let node = &nodes[person % 2];
            let (chat, room) = (node.chat.clone(), kitchen.clone());
            let who = identity::GuestSession::fresh().guest();
            node.scope.spawn("person", async move {
                let mut numbers = Vec::new();
                for number in 0..5 {
                    let message = chat::MessageId::random();
                    // Contention may answer with a fault; sending the same again is safe.
                    loop {
                        match chat.post(&room, &who, message.clone(), &format!("{number}")).await {
                            Ok(posted) => break numbers.push(posted.number),
                            Err(ActError::Fault(_) | ActError::Busy) => {}
                            Err(refused) => panic!("{refused:?}"),
                        }
                    }
                }
                numbers
            })
        })
        .collect();
    let mut told = Vec::new();
    for post in posts {
        let numbers = post.join().await.expect("no panic");
        assert!(numbers.is_sorted(), "one person's messages keep their order");
        told.extend(numbers);
    }
    told.sort_unstable();
    assert_eq!(told, (1..=people as u64 * 5).collect::<Vec<_>>());
    let pages = [nodes[0].everything(&kitchen).await, nodes[1].everything(&kitchen).await];
    assert_eq!(pages[0], pages[1], "both nodes show the same");
    assert_eq!(numbers(&pages[0]), told);
    for node in nodes {
        node.close().await;
    }
}

#[tokio::test]
async fn after_the_end_nothing_is_accepted() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.chat.shutdown(crate::cast::DEADLINE).await;
    let late = house.say(&kitchen, &ana(), "hello?").await;
    assert!(matches!(late, Err(ActError::Fault(_))), "{late:?}");
}
