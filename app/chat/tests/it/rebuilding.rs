//! What is read follows from the log alone.

use std::{collections::BTreeMap, sync::Arc};

use chat::{
    ActError, CARDS_MAX, Done, Manner, MessageId, PAGE_MAX, Refusal, Retention, Role, RoomId,
    Search, Status, Visibility,
};
use eventsourcing::{EventStore, MemoryStore, Redaction, StreamId};
use identity::Guest;
use proptest::prelude::*;

use crate::{
    cast::{House, ana, ben, card, links, person, slug},
    following::Reader,
};

/// What people do, by their number and the room's.
#[derive(Clone, Debug)]
enum Deed {
    Claim {
        who: usize,
        address: usize,
    },
    Post {
        who: usize,
        room: usize,
        message: u8,
        text: u8,
        did: bool,
    },
    Edit {
        who: usize,
        room: usize,
        number: u64,
        text: u8,
    },
    Remove {
        who: usize,
        room: usize,
        number: u64,
    },
    /// A card comes, `late` edits late.
    Attach {
        room: usize,
        number: u64,
        link: u8,
        late: u64,
    },
    Dismiss {
        who: usize,
        room: usize,
        number: u64,
        link: u8,
    },
    Order {
        who: usize,
        room: usize,
        order: Order,
    },
    Read {
        who: usize,
        room: usize,
        number: u64,
    },
    Forget {
        who: usize,
        room: usize,
    },
    /// To a private chat, or the answer to that, or no wish for it.
    Invite {
        who: usize,
        whom: usize,
    },
    Decline {
        who: usize,
        whom: usize,
    },
    Block {
        who: usize,
        whom: usize,
        block: bool,
    },
    Wait {
        ms: i64,
    },
    Restart,
}

/// What people order in a room besides; `whom` is a person.
#[derive(Clone, Debug)]
enum Order {
    Retitle(u8),
    SetVisibility(Visibility),
    SetRetention(Retention),
    Knock,
    Admit { whom: usize },
    TurnAway { whom: usize },
    SetRole { whom: usize, role: Role },
    Transfer { whom: usize },
    Expel { whom: usize },
    Pardon { whom: usize },
    Leave,
    Rename(u64),
    End,
    Erase,
}

const ADDRESSES: [&str; 3] = ["kitchen", "cellar", "attic"];

fn people() -> [Guest; 4] {
    [ana(), ben(), person('C', "Cleo"), person('D', "Dora")]
}

fn order() -> impl Strategy<Value = Order> {
    let visibility =
        prop::sample::select(vec![Visibility::Public, Visibility::Unlisted, Visibility::Private]);
    let retention =
        prop::sample::select(vec![Retention::Kept, Retention::Fleeting { idle_ms: 60_000 }]);
    let role = prop::sample::select(vec![Role::Member, Role::CoOwner]);
    let whom = 0..4_usize;
    prop_oneof![
        3 => (0..4_u8).prop_map(Order::Retitle),
        4 => visibility.prop_map(Order::SetVisibility),
        1 => retention.prop_map(Order::SetRetention),
        3 => Just(Order::Knock),
        3 => whom.clone().prop_map(|whom| Order::Admit { whom }),
        1 => whom.clone().prop_map(|whom| Order::TurnAway { whom }),
        3 => (whom.clone(), role).prop_map(|(whom, role)| Order::SetRole { whom, role }),
        1 => whom.clone().prop_map(|whom| Order::Transfer { whom }),
        3 => whom.clone().prop_map(|whom| Order::Expel { whom }),
        3 => whom.prop_map(|whom| Order::Pardon { whom }),
        2 => Just(Order::Leave),
        2 => (0..9_u64).prop_map(Order::Rename),
        1 => Just(Order::End),
        1 => Just(Order::Erase),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let (who, room, number) = (0..4_usize, 0..3_usize, 1..12_u64);
    prop_oneof![
        2 => (who.clone(), room.clone()).prop_map(|(who, address)| Deed::Claim { who, address }),
        8 => (who.clone(), room.clone(), 0..40_u8, 0..8_u8, any::<bool>()).prop_map(
            |(who, room, message, text, did)| Deed::Post { who, room, message, text, did }
        ),
        3 => (who.clone(), room.clone(), number.clone(), 0..8_u8)
            .prop_map(|(who, room, number, text)| Deed::Edit { who, room, number, text }),
        3 => (who.clone(), room.clone(), number.clone())
            .prop_map(|(who, room, number)| Deed::Remove { who, room, number }),
        6 => (room.clone(), number.clone(), 0..4_u8, prop::sample::select(vec![0, 0, 0, 1_u64]))
            .prop_map(|(room, number, link, late)| Deed::Attach { room, number, link, late }),
        2 => (who.clone(), room.clone(), number.clone(), 0..4_u8)
            .prop_map(|(who, room, number, link)| Deed::Dismiss { who, room, number, link }),
        8 => (who.clone(), room.clone(), order())
            .prop_map(|(who, room, order)| Deed::Order { who, room, order }),
        3 => (who.clone(), room.clone(), 0..12_u64)
            .prop_map(|(who, room, number)| Deed::Read { who, room, number }),
        1 => (who.clone(), room).prop_map(|(who, room)| Deed::Forget { who, room }),
        2 => (who.clone(), who.clone()).prop_map(|(who, whom)| Deed::Invite { who, whom }),
        1 => (who.clone(), who.clone()).prop_map(|(who, whom)| Deed::Decline { who, whom }),
        1 => (who.clone(), who, any::<bool>())
            .prop_map(|(who, whom, block)| Deed::Block { who, whom, block }),
        3 => (0_i64..400_000).prop_map(|ms| Deed::Wait { ms }),
    ]
}

/// What should be readable of a room: who said under which id what is read now; `None`: removed.
#[derive(Default)]
struct Accepted {
    messages: Vec<(String, Option<String>)>,
    cards: Vec<Cards>,
    erased: bool,
}

/// What should be readable under one message.
struct Cards {
    /// The change by which it says what it says.
    said: u64,
    /// The links that have cards.
    shown: Vec<String>,
    /// The links that must not have cards.
    dismissed: Vec<String>,
}

impl Cards {
    /// In the order of the links in the text.
    fn in_order(&self, text: Option<&str>) -> Vec<String> {
        let all = links(text.unwrap_or_default());
        all.into_iter().filter(|link| self.shown.contains(link)).collect()
    }
}

/// One of four links.
fn link(choice: u8) -> String {
    format!("https://example.org/{choice}")
}

/// Words, and some of those links in some order.
fn text(what: &str, choice: u8) -> String {
    let links = match choice {
        0 => vec![0, 1, 2, 3],
        1 => vec![3, 0],
        2 => vec![1],
        _ => vec![],
    };
    let links: String = links.into_iter().map(|choice| format!(" {}", link(choice))).collect();
    format!("{what} {choice}{links}")
}

struct Play {
    house: House,
    /// What was accepted in each room.
    rooms: BTreeMap<RoomId, Accepted>,
    /// In the order of their opening.
    order: Vec<RoomId>,
}

impl Play {
    async fn perform(mut self, deed: Deed) -> Self {
        let people = people();
        let room = |room: usize, order: &[RoomId]| order.get(room).cloned();
        match deed {
            Deed::Claim { who, address } => self.claim(&people[who], ADDRESSES[address]).await,
            Deed::Post { who, room: at, message, text, did } => {
                if let Some(room) = room(at, &self.order) {
                    self.post(room, &people[who], message, &self::text("text", text), did).await;
                }
            }
            Deed::Edit { who, room: at, number, text } => {
                if let Some(room) = room(at, &self.order) {
                    let text = self::text("edited", text);
                    let done = self.house.chat.edit(&room, &people[who], number, &text).await;
                    self.change(&room, number, done, Some(text));
                }
            }
            Deed::Remove { who, room: at, number } => {
                if let Some(room) = room(at, &self.order) {
                    let done = self.house.chat.remove(&room, &people[who], number).await;
                    self.change(&room, number, done, None);
                }
            }
            Deed::Attach { room: at, number, link: choice, late } => {
                if let Some(room) = room(at, &self.order) {
                    self.attach(&room, number, &link(choice), late).await;
                }
            }
            Deed::Dismiss { who, room: at, number, link: choice } => {
                if let Some(room) = room(at, &self.order) {
                    self.dismiss(&room, &people[who], number, &link(choice)).await;
                }
            }
            Deed::Order { who, room: at, order } => {
                if let Some(room) = room(at, &self.order) {
                    self.order(&room, &people[who], &order).await;
                }
            }
            Deed::Read { who, room: at, number } => {
                if let Some(room) = room(at, &self.order) {
                    answered(self.house.chat.read_up_to(&room, &people[who], number).await);
                }
            }
            Deed::Forget { who, room: at } => {
                if let Some(room) = room(at, &self.order) {
                    let forgot = self.house.chat.forget_room(&room, &people[who]).await;
                    forgot.expect("no fault");
                }
            }
            Deed::Invite { who, whom } => {
                answered(self.house.chat.invite(&people[who], &people[whom]).await);
            }
            Deed::Decline { who, whom } => self.decline(&people[who], &people[whom]).await,
            Deed::Block { who, whom, block } => {
                let (me, other) = (&people[who], &people[whom]);
                answered(match block {
                    true => self.house.chat.block(me, other).await,
                    false => self.house.chat.unblock(me, &other.id).await,
                });
            }
            Deed::Wait { ms } => self.house.clock.advance_ms(ms),
            Deed::Restart => self.house = self.house.restart(|_| {}).await,
        }
        self
    }

    /// Says no to whatever `whom` invited to.
    async fn decline(&self, who: &Guest, whom: &Guest) {
        let invites = self.house.chat.invites(&who.id).await.expect("no fault");
        for invite in invites.into_iter().filter(|invite| invite.from.id == whom.id) {
            answered(self.house.chat.decline(who, &invite.room).await);
        }
    }

    async fn claim(&mut self, who: &Guest, address: &str) {
        let claimed = self.house.chat.claim_room(&slug(address), who).await;
        let room = claimed.expect("no fault").room().id;
        if !self.rooms.contains_key(&room) {
            self.rooms.insert(room.clone(), Accepted::default());
            self.order.push(room);
        }
    }

    async fn post(&mut self, room: RoomId, who: &Guest, message: u8, text: &str, did: bool) {
        let id = MessageId::parse(&format!("message-{message}")).expect("an id");
        let manner = if did { Manner::Did } else { Manner::Said };
        let answer = self.house.chat.post_as(&room, who, id.clone(), manner, text).await;
        let accepted = self.rooms.get_mut(&room).expect("the room was claimed");
        let key = format!("{}:{id}", who.id);
        let before = accepted.messages.iter().position(|(known, _)| *known == key);
        match (answer, before) {
            (Ok(posted), Some(at)) => assert_eq!(posted.number, at as u64 + 1, "the same again"),
            (Ok(posted), None) => {
                accepted.messages.push((key, Some(text.to_owned())));
                let (shown, dismissed) = (Vec::new(), Vec::new());
                accepted.cards.push(Cards { said: posted.change, shown, dismissed });
                assert_eq!(posted.number, accepted.messages.len() as u64, "the next number");
            }
            (Err(ActError::Refused(_)), before) => assert_eq!(before, None, "once accepted"),
            (Err(error), _) => panic!("{error:?}"),
        }
    }

    /// Message `number` says `to` now, if that was accepted.
    fn change(
        &mut self,
        room: &RoomId,
        number: u64,
        done: Result<Done, ActError>,
        to: Option<String>,
    ) {
        let accepted = self.rooms.get_mut(room).expect("the room was claimed");
        match done {
            Ok(done) => {
                let at = number as usize - 1;
                let (now, cards) = (&mut accepted.messages[at].1, &mut accepted.cards[at]);
                if *now != to {
                    cards.said = done.change;
                }
                *now = to;
                let left = links(now.as_deref().unwrap_or_default());
                cards.shown.retain(|link| left.contains(link));
            }
            Err(ActError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A card comes for what message `number` says, or said.
    async fn attach(&mut self, room: &RoomId, number: u64, link: &str, late: u64) {
        let accepted = self.rooms.get_mut(room).expect("the room was claimed");
        let at = number as usize - 1;
        let said = accepted.cards.get(at).map_or(2, |cards| cards.said) - late;
        let done = self.house.chat.attach_card(room, number, said, card(number, link)).await;
        let is_there = done.expect("no fault, and a card as it must be");
        let Some(cards) = accepted.cards.get_mut(at) else {
            assert!(!is_there, "there is no such message");
            return;
        };
        let text = accepted.messages[at].1.as_deref().unwrap_or_default();
        let is_known = cards.shown.iter().any(|shown| shown == link);
        let is_wanted = !cards.dismissed.iter().any(|dismissed| dismissed == link);
        let fits =
            late == 0 && cards.shown.len() < CARDS_MAX && links(text).iter().any(|one| one == link);
        assert!(is_there || is_known || !fits || !is_wanted || self.house.is_shut(room).await);
        if is_there && !is_known {
            assert!(fits && is_wanted, "{link} under {number}");
            cards.shown.push(link.to_owned());
        }
    }

    async fn dismiss(&mut self, room: &RoomId, who: &Guest, number: u64, link: &str) {
        let done = self.house.chat.dismiss_card(room, who, number, link).await;
        let accepted = self.rooms.get_mut(room).expect("the room was claimed");
        match done {
            Ok(_) => {
                let cards = &mut accepted.cards[number as usize - 1];
                if cards.shown.iter().any(|shown| shown == link) {
                    cards.shown.retain(|shown| shown != link);
                    cards.dismissed.push(link.to_owned());
                }
            }
            Err(ActError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn order(&mut self, room: &RoomId, me: &Guest, order: &Order) {
        let (chat, people) = (&self.house.chat, people());
        let done = match order {
            Order::Retitle(0) => chat.retitle(room, me, "").await,
            Order::Retitle(title) => chat.retitle(room, me, &format!("Title {title}")).await,
            Order::SetVisibility(to) => chat.set_visibility(room, me, *to).await,
            Order::SetRetention(to) => chat.set_retention(room, me, *to).await,
            Order::Knock => chat.knock(room, me).await,
            Order::Admit { whom } => chat.admit(room, me, &people[*whom]).await,
            Order::TurnAway { whom } => chat.turn_away(room, me, &people[*whom]).await,
            Order::SetRole { whom, role } => chat.set_role(room, me, &people[*whom], *role).await,
            Order::Transfer { whom } => chat.transfer(room, me, &people[*whom]).await,
            Order::Expel { whom } => chat.expel(room, me, &people[*whom]).await,
            Order::Pardon { whom } => chat.pardon(room, me, &people[*whom]).await,
            Order::Leave => chat.leave(room, me).await,
            Order::Rename(number) => {
                let renamed = Guest { name: person('X', "Xenia").name, ..me.clone() };
                chat.note_rename(room, &renamed, &me.name, *number).await
            }
            Order::End => chat.end(room, me, Some("It is late")).await,
            Order::Erase => chat.erase(room, me).await,
        };
        match done {
            Ok(_) if matches!(order, Order::Erase) => {
                let accepted = self.rooms.get_mut(room).expect("the room was claimed");
                (accepted.erased, accepted.messages) = (true, Vec::new());
                accepted.cards.clear();
            }
            Ok(_) | Err(ActError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn check(self, readers: Vec<Reader>) {
        self.house.chat.caught_up().await.expect("it catches up");
        for (room, accepted) in &self.rooms {
            self.check_timeline(room, accepted).await;
            self.check_people(room, accepted).await;
        }
        for mut reader in readers {
            let page = self.house.everything(&reader.room).await;
            reader.until(page.head.change).await;
            assert_eq!(reader.shown, page.entries(), "who followed sees what is read");
        }
        self.check_rebuild("before anything was made unreadable, or meanwhile").await;
        self.house.chat.erased().await.expect("no fault");
        self.check_rebuild("after it").await;
        self.house.close().await;
    }

    /// What is read is what was accepted, from memory and from the tables.
    async fn check_timeline(&self, room: &RoomId, accepted: &Accepted) {
        let timeline = self.house.chat.timeline();
        for limit in [0, 1, 3, PAGE_MAX] {
            let hot = timeline.newest(room, limit).await.expect("no fault");
            let cold = timeline.before(room, u64::MAX, limit).await.expect("no fault");
            assert_eq!(hot, cold, "memory and tables answer the same");
        }
        let page = self.house.everything(room).await;
        let read: Vec<_> = page
            .messages
            .iter()
            .map(|m| (format!("{}:{}", m.author.id, m.id), (!m.removed).then(|| m.body.clone())))
            .collect();
        assert_eq!(read, accepted.messages);
        for (at, message) in page.messages.iter().enumerate() {
            let shown: Vec<_> = message.cards.iter().map(|card| card.link.clone()).collect();
            let text = accepted.messages[at].1.as_deref();
            assert_eq!(shown, accepted.cards[at].in_order(text), "under {}", message.number);
        }
        let found = self.house.chat.directory().by_id(room).await.expect("no fault");
        let summary = found.expect("it was opened");
        assert_eq!(summary.change, page.head.change, "both know every change");
        match summary.status {
            Status::Erased { .. } => assert!(accepted.erased),
            _ => assert_eq!(summary.messages, accepted.messages.len() as u64),
        }
    }

    /// Whoever may read a room finds what is in it, and nobody else finds anything.
    async fn check_people(&self, room: &RoomId, accepted: &Accepted) {
        let chat = &self.house.chat;
        let summary = chat.directory().by_id(room).await.expect("no fault").expect("it is there");
        let texts = accepted.messages.iter().filter(|(_, text)| text.is_some()).count();
        let (members, total) = chat.directory().members(room, 100).await.expect("no fault");
        assert_eq!((members.len() as u64, total), (total, summary.members));
        for who in people() {
            let role = chat.role(&summary, &who.id).await.expect("no fault");
            let listed = members.iter().find(|one| one.guest.id == who.id);
            let is_member = role >= Role::Member && !accepted.erased;
            assert_eq!(listed.map(|one| one.role), is_member.then_some(role));
            // The room itself says the same.
            let refused = chat.knock(room, &who).await.err();
            let shut = matches!(refused, Some(ActError::Refused(Refusal::Expelled)));
            assert!(accepted.erased || shut == (role == Role::Expelled), "{role:?} {refused:?}");

            let known = chat.known_rooms(&who.id, 100).await.expect("no fault");
            let known = known.into_iter().find(|known| known.room.id == *room);
            let mark = chat.read_mark(room, &who.id).await.expect("no fault");
            if let Some(known) = &known {
                assert_eq!(Some(known.read), mark);
                assert_eq!(known.unread, summary.messages - known.read);
                assert!(role >= Role::Visitor);
            }
            let search = Search { room: Some(room.clone()), ..Search::default() };
            let found = chat.search(&who.id, search).await.expect("no fault").hits.len();
            let visible = match role {
                _ if accepted.erased => Some(0),
                Role::Expelled | Role::Outsider => Some(0),
                Role::Visitor if summary.visibility == Visibility::Unlisted => {
                    known.is_none().then_some(0)
                }
                _ => Some(texts),
            };
            assert_eq!(found, visible.unwrap_or(texts), "{who:?} is a {role:?}");
        }
    }

    async fn check_rebuild(&self, when: &str) {
        for (name, verdict) in self.house.chat.verify().await.expect("no fault") {
            assert_eq!(verdict.differences, [], "{name} is what the log leads to, {when}");
            // Nobody need have been invited.
            assert!(verdict.rows > 0 || name == "invites", "{name} was compared");
        }
    }
}

/// A refusal is an answer, a fault is not.
fn answered<T: std::fmt::Debug>(answer: Result<T, ActError>) {
    assert!(matches!(answer, Ok(_) | Err(ActError::Refused(_))), "{answer:?}");
}

fn perform(house: impl Future<Output = House>, deeds: Vec<Deed>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut play = Play { house: house.await, rooms: BTreeMap::new(), order: Vec::new() };
        for address in 0..ADDRESSES.len() {
            play = play.perform(Deed::Claim { who: address, address }).await;
        }
        let mut readers = Vec::new();
        for room in &play.order {
            readers.push(Reader::enter(&play.house.chat, room).await);
        }
        for deed in deeds {
            if let Deed::Restart = deed {
                // What followed is gone with the process.
                readers.clear();
            }
            play = play.perform(deed).await;
        }
        play.check(readers).await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_story_leads_to_what_a_rebuild_leads_to(
        deeds in prop::collection::vec(deed(), 1..100),
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
