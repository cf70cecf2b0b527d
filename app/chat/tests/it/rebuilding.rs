//! What is read follows from the log alone.

use std::{collections::BTreeMap, sync::Arc};

use chat::{ActError, MessageId, RoomId};
use eventsourcing::{EventStore, MemoryStore, Redaction, StreamId};
use proptest::prelude::*;

use crate::cast::{House, ana, ben, person, slug};

/// What people do.
#[derive(Clone, Debug)]
enum Deed {
    Claim { who: usize, address: usize },
    Post { who: usize, room: usize, message: u8, text: u8 },
    Wait { ms: i64 },
    Restart,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        1 => (0..3_usize, 0..4_usize).prop_map(|(who, address)| Deed::Claim { who, address }),
        8 => (0..3_usize, 0..4_usize, 0..40_u8, 0..8_u8)
            .prop_map(|(who, room, message, text)| Deed::Post { who, room, message, text }),
        2 => (0_i64..400_000).prop_map(|ms| Deed::Wait { ms }),
    ]
}

/// What should be readable: what was accepted, in order, per room.
type Accepted = BTreeMap<RoomId, Vec<(String, String)>>;

struct Play {
    house: House,
    rooms: Vec<RoomId>,
    accepted: Accepted,
}

impl Play {
    async fn perform(mut self, deed: Deed) -> Self {
        let people = [ana(), ben(), person('C', "Cleo")];
        match deed {
            Deed::Claim { who, address } => {
                let slug = slug(["kitchen", "cellar", "attic", "garden"][address]);
                let claimed = self.house.chat.claim_room(&slug, &people[who]).await;
                let room = claimed.expect("no fault").room().id;
                if !self.rooms.contains(&room) {
                    self.rooms.push(room.clone());
                    self.accepted.insert(room, Vec::new());
                }
            }
            Deed::Post { who, room, message, text } => {
                if !self.rooms.is_empty() {
                    let room = self.rooms[room % self.rooms.len()].clone();
                    self.post(room, &people[who], message, &format!("text {text}")).await;
                }
            }
            Deed::Wait { ms } => self.house.clock.advance_ms(ms),
            Deed::Restart => self.house = self.house.restart(|_| {}).await,
        }
        self
    }

    async fn post(&mut self, room: RoomId, who: &identity::Guest, message: u8, text: &str) {
        let id = MessageId::parse(&format!("message-{message}")).expect("an id");
        let answer = self.house.chat.post(&room, who, id.clone(), text).await;
        let accepted = self.accepted.get_mut(&room).expect("the room was claimed");
        let key = format!("{}:{id}", who.id);
        let before = accepted.iter().position(|(known, _)| *known == key);
        match (answer, before) {
            (Ok(posted), Some(at)) => assert_eq!(posted.number, at as u64 + 1, "the same again"),
            (Ok(posted), None) => {
                accepted.push((key, text.to_owned()));
                assert_eq!(posted.number, accepted.len() as u64, "the next number");
            }
            (Err(ActError::Refused(_)), before) => assert_eq!(before, None, "once accepted"),
            (Err(error), _) => panic!("{error:?}"),
        }
    }

    async fn check(self) {
        self.house.chat.caught_up().await.expect("it catches up");
        for (name, verdict) in self.house.chat.verify().await.expect("no fault") {
            assert_eq!(verdict.differences, [], "{name} is what the log leads to");
            assert!(verdict.rows > 0 || self.rooms.is_empty(), "{name} was compared");
        }
        for (room, accepted) in &self.accepted {
            let page = self.house.everything(room).await;
            let read: Vec<_> = page
                .messages
                .iter()
                .map(|m| (format!("{}:{}", m.author.id, m.id), m.body.clone()))
                .collect();
            assert_eq!(&read, accepted);
            let listed = self.house.chat.directory().by_id(room).await.expect("no fault");
            assert_eq!(listed.map(|room| room.messages), Some(accepted.len() as u64));
        }
        self.house.close().await;
    }
}

fn perform(house: impl Future<Output = House>, deeds: Vec<Deed>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut play = Play { house: house.await, rooms: Vec::new(), accepted: Accepted::new() };
        for deed in deeds {
            play = play.perform(deed).await;
        }
        play.check().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_story_leads_to_what_a_rebuild_leads_to(
        deeds in prop::collection::vec(deed(), 1..80),
    ) {
        perform(House::in_memory(), deeds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn so_does_any_story_with_restarts(
        deeds in prop::collection::vec(prop_oneof![20 => deed(), 1 => Just(Deed::Restart)], 1..60),
    ) {
        perform(House::on_disk(), deeds);
    }
}

#[tokio::test]
async fn deleting_the_read_models_loses_nothing() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await;
    house.chatter(&kitchen.id, &ana(), 20).await;
    let before = house.everything(&kitchen.id).await;
    let house = house
        .restart(|folder| {
            std::fs::remove_dir_all(folder.join("read-models")).expect("they were there");
        })
        .await;
    assert_eq!(house.everything(&kitchen.id).await, before);
    house.close().await;
}

/// What an erased message looks like in the log is told by the room's own tests; here, what is read.
#[tokio::test]
async fn erased_text_is_in_no_rebuilt_model() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let house = House::node(log.clone()).await;
    let kitchen = house.kitchen().await.id;
    for body in ["one", "a secret", "three"] {
        house.say(&kitchen, &ana(), body).await.expect("accepted");
    }
    house.close().await;

    let stream = StreamId::new("room", kitchen.as_str());
    let stored = log.read_stream(&stream, 2, 1).await.expect("no fault").events.remove(0);
    assert!(stored.payload.contains("a secret"), "this test needs the text to be there");
    let payload = stored.payload.replace("a secret", "").replace("Ana", "");
    let redaction = Redaction { version: 3, schema: stored.schema, payload };
    assert_eq!(log.redact(&stream, vec![redaction]).await.expect("no fault"), 1);

    let house = House::node(log).await;
    let page = house.everything(&kitchen).await;
    assert_eq!(crate::cast::bodies(&page), ["one", "", "three"]);
    assert_eq!(page.messages[1].author.id, ana().id, "who said it stays known");
    assert_eq!(page.messages[1].author.name.as_str(), "");
    let next = house.say(&kitchen, &ben(), "four").await.expect("the room goes on");
    assert_eq!(next.number, 4);
    house.close().await;
}
