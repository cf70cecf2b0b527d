//! Who is there, who types, who left.

use std::collections::BTreeMap;

use chat::{AttendanceChanged, Present, RoomId, Seat};
use identity::Guest;
use proptest::prelude::*;
use pubsub::{Received, Subscription};

use crate::cast::{DEADLINE, House, NOON_MS, ana, ben, person};

/// The grace time of a house, and a little.
const AFTER_GRACE_MS: u64 = 5_200;

fn names(present: &[Present]) -> Vec<&str> {
    present.iter().map(|one| one.guest.name.as_str()).collect()
}

async fn hint(hints: &mut Subscription<AttendanceChanged>) -> Received<AttendanceChanged> {
    tokio::time::timeout(DEADLINE, hints.recv()).await.expect("somebody tells")
}

#[tokio::test(start_paused = true)]
async fn a_person_with_two_tabs_is_one_person() {
    let house = House::in_memory().await;
    let (kitchen, attendance) = (RoomId::random(), house.chat.attendance());
    let desk = attendance.arrive(&kitchen, &ana());
    let phone = attendance.arrive(&kitchen, &ana());
    house.pass(10).await;
    let _bens = attendance.arrive(&kitchen, &ben());
    assert_eq!(names(&attendance.present(&kitchen)), ["Ana", "Ben"], "who came first in front");
    assert_eq!((attendance.count(&kitchen), attendance.online()), (2, 2));
    drop(desk);
    house.pass(AFTER_GRACE_MS).await;
    assert!(attendance.is_present(&kitchen, &ana().id), "one of her tabs is open");
    drop(phone);
    assert!(attendance.is_present(&kitchen, &ana().id), "she may be back in a moment");
    house.pass(AFTER_GRACE_MS).await;
    assert_eq!(names(&attendance.present(&kitchen)), ["Ben"]);
    assert_eq!(attendance.online(), 1);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_lobby_is_in_the_house_and_in_no_room() {
    let house = House::in_memory().await;
    let attendance = house.chat.attendance();
    let mut hints = attendance.subscribe_house();
    let lobby = attendance.visit(&ana());
    lobby.set_typing(true);
    assert_eq!(attendance.online(), 1);
    assert_eq!(hint(&mut hints).await, Received::Hint(AttendanceChanged { room: None }));
    drop(lobby);
    house.pass(AFTER_GRACE_MS).await;
    assert_eq!(attendance.online(), 0);
    assert_eq!(hint(&mut hints).await, Received::Hint(AttendanceChanged { room: None }));
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_is_told_who_comes_types_and_goes() {
    let house = House::in_memory().await;
    let (kitchen, cellar) = (RoomId::random(), RoomId::random());
    let attendance = house.chat.attendance();
    let mut hints = attendance.subscribe(&kitchen);
    let mut elsewhere = attendance.subscribe(&cellar);
    let changed = Received::Hint(AttendanceChanged { room: Some(kitchen.clone()) });

    let seat = attendance.arrive(&kitchen, &ana());
    assert_eq!(hint(&mut hints).await, changed);
    seat.set_typing(true);
    assert_eq!(hint(&mut hints).await, changed);
    assert!(attendance.present(&kitchen)[0].typing);
    seat.set_typing(true);
    house.pass(1_000).await;
    assert_eq!(hints.try_recv(), None, "still typing is no news");
    drop(seat);
    assert!(!attendance.present(&kitchen)[0].typing, "who is leaving types no more");
    house.pass(AFTER_GRACE_MS).await;
    assert_eq!(hint(&mut hints).await, changed);
    assert_eq!(attendance.present(&kitchen), []);
    assert_eq!(elsewhere.try_recv(), None, "another room hears nothing");
    house.close().await;
}

#[tokio::test]
async fn one_tab_in_front_is_enough_to_be_awake() {
    let house = House::in_memory().await;
    let (kitchen, attendance) = (RoomId::random(), house.chat.attendance());
    let (desk, phone) = (attendance.arrive(&kitchen, &ana()), attendance.arrive(&kitchen, &ana()));
    desk.set_idle(true);
    phone.set_typing(true);
    let [present] = &attendance.present(&kitchen)[..] else { panic!("she is one person") };
    assert!(!present.idle && present.typing);
    phone.set_idle(true);
    assert!(attendance.present(&kitchen)[0].idle);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn another_name_is_seen_in_every_room_and_tab() {
    let house = House::in_memory().await;
    let (kitchen, cellar) = (RoomId::random(), RoomId::random());
    let attendance = house.chat.attendance();
    let _seats = [&kitchen, &kitchen, &cellar].map(|room| attendance.arrive(room, &ana()));
    house.pass(200).await;
    let mut hints = attendance.subscribe(&cellar);
    let annie = Guest { name: person('A', "Annie").name, ..ana() };
    attendance.rename(&annie);
    for room in [&kitchen, &cellar] {
        assert_eq!(names(&attendance.present(room)), ["Annie"]);
    }
    let changed = AttendanceChanged { room: Some(cellar.clone()) };
    assert_eq!(hint(&mut hints).await, Received::Hint(changed));
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_is_empty_since_the_last_one_was_gone() {
    let house = House::in_memory().await;
    let (kitchen, attendance) = (RoomId::random(), house.chat.attendance());
    let since_ms = attendance.empty_since_ms(&kitchen);
    assert_eq!(since_ms, Some(NOON_MS + 5_000), "whoever was there before may still come back");
    let seat = attendance.arrive(&kitchen, &ana());
    assert_eq!(attendance.empty_since_ms(&kitchen), None);
    house.pass(60_000).await;
    drop(seat);
    assert_eq!(attendance.empty_since_ms(&kitchen), None, "she may be back in a moment");
    house.pass(AFTER_GRACE_MS).await;
    let since_ms = attendance.empty_since_ms(&kitchen).expect("she is gone") - NOON_MS;
    assert!((65_000..=65_100).contains(&since_ms), "at the end of the grace time: {since_ms}");
    house.close().await;
}

#[derive(Clone, Debug)]
enum Deed {
    Arrive {
        who: usize,
        room: usize,
    },
    /// The seat at this place, modulo how many there are, is given up; however a page ends, that is
    /// what its end does.
    Go {
        seat: usize,
    },
    Rename {
        who: usize,
        name: u8,
    },
    Wait {
        ms: u64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..3_usize, 0..2_usize).prop_map(|(who, room)| Deed::Arrive { who, room }),
        4 => any::<usize>().prop_map(|seat| Deed::Go { seat }),
        1 => (0..3_usize, 0..4_u8).prop_map(|(who, name)| Deed::Rename { who, name }),
        2 => prop_oneof![Just(50), Just(4_900), Just(AFTER_GRACE_MS)]
            .prop_map(|ms| Deed::Wait { ms }),
    ]
}

/// Who has pages open where, by hand.
struct Pages {
    people: Vec<Guest>,
    rooms: [RoomId; 2],
    open: Vec<(usize, usize, Seat)>,
}

impl Pages {
    async fn perform(&mut self, house: &House, deed: Deed) {
        let attendance = house.chat.attendance();
        match deed {
            Deed::Arrive { who, room } => {
                let seat = attendance.arrive(&self.rooms[room], &self.people[who]);
                self.open.push((who, room, seat));
            }
            Deed::Go { seat } if !self.open.is_empty() => {
                drop(self.open.remove(seat % self.open.len()));
            }
            Deed::Go { .. } => {}
            Deed::Rename { who, name } => {
                let name = person('A', &format!("Name {name}")).name;
                self.people[who].name = name;
                attendance.rename(&self.people[who]);
            }
            Deed::Wait { ms } => house.pass(ms).await,
        }
        for (who, room, _) in &self.open {
            assert!(attendance.is_present(&self.rooms[*room], &self.people[*who].id));
        }
    }

    /// Everyone who is in `room` once nobody is about to be gone, and the name that they have.
    fn names(&self, room: usize) -> BTreeMap<String, String> {
        let there = self.open.iter().filter(|(_, open, _)| *open == room);
        there.map(|(who, ..)| &self.people[*who]).map(id_and_name).collect()
    }
}

fn id_and_name(guest: &Guest) -> (String, String) {
    (guest.id.to_string(), guest.name.as_str().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn who_is_there_is_who_has_a_page_open(deeds in prop::collection::vec(deed(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.expect("a runtime").block_on(async {
            let house = House::in_memory().await;
            let people = ["A", "B", "C"].map(|letter| person(letter.as_bytes()[0].into(), letter));
            let rooms = [RoomId::random(), RoomId::random()];
            let mut pages = Pages { people: people.into(), rooms, open: Vec::new() };
            for deed in deeds {
                pages.perform(&house, deed).await;
            }
            house.pass(AFTER_GRACE_MS).await;
            let attendance = house.chat.attendance();
            for (number, room) in pages.rooms.iter().enumerate() {
                let present = attendance.present(room);
                let present = present.iter().map(|one| id_and_name(&one.guest)).collect();
                assert_eq!(pages.names(number), present);
            }
            let mut online: Vec<_> = pages.open.iter().map(|(who, ..)| *who).collect();
            online.sort_unstable();
            online.dedup();
            assert_eq!(attendance.online(), online.len());
            house.close().await;
        });
    }
}
