//! Who is there after a restart, before their pages are back.

use std::{fs, path::PathBuf, sync::Arc};

use chat::{Attendance, Chat, Config, NewRoom, Retention, RoomId, Seat, Store};
use eventsourcing::{EventStore, MemoryStore, ReadModelHome};
use identity::Guest;
use proptest::prelude::*;
use tasks::{Clock, Scope};
use tempfile::TempDir;

use crate::cast::{DEADLINE, NOON_MS, ana, ben, person};

const GRACE_MS: u64 = 5_000;
/// What changed is in the file by then.
const KEPT_WITHIN_MS: u64 = 1_200;

/// A house that is stopped and started, and what stays of it.
struct House {
    chat: Chat,
    scope: Scope,
    clock: Clock,
    log: Arc<dyn EventStore>,
    folder: TempDir,
}

impl House {
    /// A new one, with its doors open.
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let (log, clock) = (Arc::new(MemoryStore::new()), Clock::manual(NOON_MS));
        let house = Self::start(log, clock, folder).await;
        house.chat.doors_open();
        house
    }

    async fn start(log: Arc<dyn EventStore>, clock: Clock, folder: TempDir) -> Self {
        let scope = Scope::root("test");
        let store = Store::Given { log: log.clone(), read_models: ReadModelHome::Memory };
        let attendance_file = Some(folder.path().join("attendance.json"));
        let config = Config { attendance_file, ..Config::new(store) };
        let chat = Chat::open(config, clock.clone(), &scope).await.expect("the house opens");
        Self { chat, scope, clock, log, folder }
    }

    fn attendance(&self) -> &Attendance {
        self.chat.attendance()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("attendance.json")
    }

    /// What the file says; nothing without one.
    fn said(&self) -> String {
        fs::read_to_string(self.file()).unwrap_or_default()
    }

    async fn pass(&self, ms: u64) {
        pass(&self.clock, ms).await;
    }

    /// Everything ends where it stands. The doors of what comes after are still closed.
    async fn killed(self, seats: impl Sized, away_ms: u64) -> Self {
        self.scope.stop(DEADLINE).await.expect("no task is left behind");
        drop(seats);
        pass(&self.clock, away_ms).await;
        Self::start(self.log, self.clock, self.folder).await
    }

    /// Ends in its order, in which pages take their time to go, and starts again.
    async fn stopped(self, seats: impl Sized, away_ms: u64) -> Self {
        self.chat.doors_close().await;
        drop(seats);
        self.pass(GRACE_MS + KEPT_WITHIN_MS).await;
        self.chat.shutdown(DEADLINE).await;
        self.killed((), away_ms).await
    }

    /// Who is in `room`, who came first in front.
    fn names(&self, room: &RoomId) -> Vec<String> {
        let present = self.attendance().present(room).into_iter();
        present.map(|one| one.guest.name.as_str().to_owned()).collect()
    }

    async fn close(self) {
        self.chat.shutdown(DEADLINE).await;
        assert_eq!(self.scope.stop(DEADLINE).await, Ok(()), "no task is left behind");
    }
}

/// Lets this much time pass, for those who look at a clock and for those who sleep.
async fn pass(clock: &Clock, ms: u64) {
    for step in (0..ms).step_by(100).map(|from| (ms - from).min(100)) {
        clock.advance_ms(step as i64);
        tokio::time::sleep(std::time::Duration::from_millis(step)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_was_there_before_a_kill_is_there_until_the_grace_time_is_over() {
    let house = House::new().await;
    let (kitchen, cleo) = (RoomId::random(), person('C', "Cleo"));
    let bens = house.attendance().arrive(&kitchen, &ben());
    house.pass(500).await;
    let seats =
        (bens, house.attendance().arrive(&kitchen, &ana()), house.attendance().visit(&cleo));
    house.pass(KEPT_WITHIN_MS).await;
    let before = house.attendance().present(&kitchen);

    let house = house.killed(seats, 20_000).await;
    assert_eq!(house.attendance().present(&kitchen), before, "and in the order in which they came");
    house.pass(4 * GRACE_MS).await;
    assert_eq!(house.attendance().present(&kitchen), before, "however long the log is to be read");
    house.chat.doors_open();
    house.pass(GRACE_MS - 500).await;
    assert_eq!((house.names(&kitchen).len(), house.attendance().online()), (2, 3));
    let anas = house.attendance().arrive(&kitchen, &ana());
    house.pass(700).await;
    assert_eq!(house.attendance().present(&kitchen), before[1..], "since when she is there stays");
    assert_eq!(house.attendance().online(), 1);

    house.pass(KEPT_WITHIN_MS).await;
    assert!(house.said().contains("Ana") && !house.said().contains("Ben"), "{}", house.said());
    drop(anas);
    house.pass(GRACE_MS + KEPT_WITHIN_MS).await;
    assert!(!house.file().exists(), "nobody is there");
    assert_eq!(fs::read_dir(house.folder.path()).expect("a folder").count(), 0);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_keeps_who_was_there_when_it_began() {
    let house = House::new().await;
    let kitchen = RoomId::random();
    house.pass(KEPT_WITHIN_MS).await;
    let seats = [ana(), ben()].map(|guest| house.attendance().arrive(&kitchen, &guest));
    let house = house.stopped(seats, 1_000).await;
    assert_eq!(house.names(&kitchen), ["Ana", "Ben"]);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_typed_does_not_type_after_a_restart() {
    let house = House::new().await;
    let kitchen = RoomId::random();
    let seat = house.attendance().arrive(&kitchen, &ana());
    seat.set_typing(true);
    seat.set_idle(true);
    house.pass(2 * KEPT_WITHIN_MS).await;
    let house = house.killed(seat, 0).await;
    let [present] = &house.attendance().present(&kitchen)[..] else { panic!("she is there") };
    assert!(!present.typing && present.idle, "{present:?}");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_house_is_remembered_as_well() {
    let house = House::new().await;
    let kitchen = RoomId::random();
    let seat = house.attendance().arrive(&kitchen, &ana());
    house.pass(600_000).await;
    let house = house.killed(seat, 85_000).await;
    assert_eq!(house.names(&kitchen), ["Ana"]);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_killed_again_and_again_remembers() {
    let mut house = House::new().await;
    let kitchen = RoomId::random();
    let mut seat = Some(house.attendance().arrive(&kitchen, &ana()));
    house.pass(KEPT_WITHIN_MS).await;
    for _ in 0..5 {
        house = house.killed(seat.take(), 10_000).await;
        house.chat.doors_open();
        house.pass(3_000).await;
        assert_eq!(house.names(&kitchen), ["Ana"]);
    }
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_old_or_damaged_file_is_nobody_and_goes() {
    for (away_ms, text) in [(130_000, None), (0, Some("{\"at_ms\":")), (0, Some(""))] {
        let house = House::new().await;
        let kitchen = RoomId::random();
        let seat = house.attendance().arrive(&kitchen, &ana());
        house.pass(KEPT_WITHIN_MS).await;
        if let Some(text) = text {
            fs::write(house.file(), text).expect("it can be written");
        }
        let house = house.killed(seat, away_ms).await;
        assert_eq!(house.names(&kitchen), [""; 0]);
        assert!(house.file().exists(), "nothing is written before the doors are open");
        house.chat.doors_open();
        house.pass(KEPT_WITHIN_MS).await;
        assert!(!house.file().exists());
        house.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_place_for_the_file_the_house_is_open_all_the_same() {
    let house = House::new().await;
    let kitchen = RoomId::random();
    fs::remove_dir(house.folder.path()).expect("it is empty");
    let seat = house.attendance().arrive(&kitchen, &ana());
    house.pass(2 * KEPT_WITHIN_MS).await;
    assert_eq!(house.names(&kitchen), ["Ana"]);
    fs::create_dir(house.folder.path()).expect("it is gone");
    seat.set_idle(true);
    house.pass(KEPT_WITHIN_MS).await;
    assert!(house.said().contains("Ana"), "it is tried again");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_some_thousand_are_remembered() {
    let house = House::new().await;
    let kitchen = RoomId::random();
    let guests = (0..4_200).map(|_| identity::GuestSession::fresh().guest());
    let seats: Vec<_> = guests.map(|one| house.attendance().arrive(&kitchen, &one)).collect();
    house.pass(2 * KEPT_WITHIN_MS).await;
    let bytes = house.said().len();
    assert!((200_000..1_000_000).contains(&bytes), "{bytes}");
    let house = house.killed(seats, 0).await;
    assert_eq!(house.attendance().count(&kitchen), 4_096);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_is_empty_since_the_time_to_come_back_was_over() {
    let house = House::new().await;
    let retention = Retention::Fleeting { idle_ms: 30_000 };
    let fire = NewRoom { retention, ..NewRoom::titled("A campfire") };
    let fire = house.chat.create_room(&ana(), fire).await.expect("a room");
    let seat = house.attendance().arrive(&fire.id, &ana());
    house.pass(60_000).await;
    let house = house.killed(seat, 60_000).await;
    house.pass(60_000).await;
    let keeps = house.attendance().empty_since_ms(&fire.id);
    assert_eq!((keeps, house.chat.deadline(&fire)), (None, None), "she could not come yet");
    house.chat.doors_open();
    house.pass(GRACE_MS + 100).await;
    let since_ms = house.attendance().empty_since_ms(&fire.id).expect("she is gone") - NOON_MS;
    assert!((185_000..=185_100).contains(&since_ms), "{since_ms}");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_invitation_waits_as_long_as_nobody_could_come_back() {
    let house = House::new().await;
    let room = house.chat.invite(&ana(), &ben()).await.expect("he may be asked").id;
    let seat = house.attendance().arrive(&room, &ana());
    house.pass(2_000).await;
    let house = house.killed(seat, 2_000).await;
    let is_pending = async || house.chat.pending_invite(&room).await.expect("no fault").is_some();
    house.pass(70_000).await;
    house.chat.doors_open();
    house.pass(GRACE_MS - 500).await;
    assert!(is_pending().await, "she may still come");
    house.pass(2_500).await;
    assert!(!is_pending().await, "she did not");
    house.close().await;
}

#[derive(Clone, Debug)]
enum Deed {
    Arrive {
        who: usize,
        room: usize,
    },
    /// The page at this place, modulo how many there are, is closed.
    Go {
        page: usize,
    },
    Wait {
        ms: u64,
    },
    /// Every page is back in time.
    Restart {
        in_order: bool,
        away_ms: u64,
        back_ms: u64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let restart = (any::<bool>(), 0..90_000_u64, 0..GRACE_MS - 500);
    prop_oneof![
        4 => (0..3_usize, 0..3_usize).prop_map(|(who, room)| Deed::Arrive { who, room }),
        2 => any::<usize>().prop_map(|page| Deed::Go { page }),
        2 => (0..10_000_u64).prop_map(|ms| Deed::Wait { ms }),
        2 => restart.prop_map(|(in_order, away_ms, back_ms)| Deed::Restart {
            in_order,
            away_ms,
            back_ms,
        }),
    ]
}

/// A house, and who has which pages of it open; the last room is the lobby, which is none.
struct Pages {
    house: House,
    people: [Guest; 3],
    rooms: [Option<RoomId>; 3],
    open: Vec<(usize, usize, Seat)>,
}

impl Pages {
    async fn new() -> Self {
        let people = ["A", "B", "C"].map(|name| person(name.as_bytes()[0].into(), name));
        let rooms = [Some(RoomId::random()), Some(RoomId::random()), None];
        Self { house: House::new().await, people, rooms, open: Vec::new() }
    }

    fn seat(&self, who: usize, room: usize) -> Seat {
        let attendance = self.house.attendance();
        match &self.rooms[room] {
            Some(room) => attendance.arrive(room, &self.people[who]),
            None => attendance.visit(&self.people[who]),
        }
    }

    async fn perform(mut self, deed: Deed) -> Self {
        match deed {
            Deed::Arrive { who, room } => {
                let seat = self.seat(who, room);
                self.open.push((who, room, seat));
            }
            Deed::Go { page } if !self.open.is_empty() => {
                drop(self.open.remove(page % self.open.len()));
            }
            Deed::Go { .. } => {}
            Deed::Wait { ms } => self.house.pass(ms).await,
            Deed::Restart { in_order, away_ms, back_ms } => {
                return self.restart(in_order, away_ms, back_ms).await;
            }
        }
        self
    }

    async fn restart(mut self, in_order: bool, away_ms: u64, back_ms: u64) -> Self {
        let pages = std::mem::take(&mut self.open);
        let places: Vec<_> = pages.iter().map(|(who, room, _)| (*who, *room)).collect();
        self.house = if in_order {
            self.house.stopped(pages, away_ms).await
        } else {
            self.house.pass(KEPT_WITHIN_MS).await;
            self.house.killed(pages, away_ms).await
        };
        self.nobody_is_missed(&places);
        self.house.chat.doors_open();
        self.house.pass(back_ms).await;
        self.nobody_is_missed(&places);
        for (who, room) in places {
            let seat = self.seat(who, room);
            self.open.push((who, room, seat));
        }
        self
    }

    fn nobody_is_missed(&self, places: &[(usize, usize)]) {
        let attendance = self.house.attendance();
        for (who, room) in places {
            let Some(room) = &self.rooms[*room] else { continue };
            assert!(attendance.is_present(room, &self.people[*who].id));
        }
        assert!(attendance.online() >= people_of(places.iter().map(|(who, _)| *who)));
    }

    /// Who is there, once nobody is about to be gone.
    fn are_those_with_a_page(&self) {
        let attendance = self.house.attendance();
        for (number, room) in self.rooms.iter().enumerate() {
            let Some(room) = room else { continue };
            let there = self.open.iter().filter(|(_, open, _)| *open == number);
            assert_eq!(attendance.count(room), people_of(there.map(|(who, ..)| *who)));
        }
        assert_eq!(attendance.online(), people_of(self.open.iter().map(|(who, ..)| *who)));
        assert_eq!(self.house.file().exists(), !self.open.is_empty());
    }
}

fn people_of(people: impl Iterator<Item = usize>) -> usize {
    people.collect::<std::collections::BTreeSet<_>>().len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn over_any_restarts_those_are_there_who_have_a_page(
        deeds in prop::collection::vec(deed(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.expect("a runtime").block_on(async {
            let mut pages = Pages::new().await;
            for deed in deeds {
                pages = pages.perform(deed).await;
            }
            pages.house.pass(GRACE_MS + 2 * KEPT_WITHIN_MS).await;
            pages.are_those_with_a_page();
            pages.house.close().await;
        });
    }
}
