//! What ends by itself, and that it does so in time.

use chat::{
    Activity, Chat, NewRoom, PersonHint, Retention, RoomId, RoomSummary, Settings, Status,
    Unanswered,
};
use pubsub::{Received, Subscription};

use crate::cast::{DEADLINE, House, NOON_MS, ana, ben, in_every_house};

const IDLE_MS: i64 = 30_000;

async fn fleeting(house: &House) -> RoomSummary {
    let retention = Retention::Fleeting { idle_ms: IDLE_MS };
    let room = NewRoom { retention, ..NewRoom::titled("A campfire") };
    house.chat.create_room(&ana(), room).await.expect("a room")
}

async fn look(chat: &Chat, room: &RoomId) -> RoomSummary {
    chat.caught_up().await.expect("it catches up");
    chat.directory().by_id(room).await.expect("no fault").expect("something is left of it")
}

async fn is_erased(house: &House, room: &RoomId) -> bool {
    matches!(look(&house.chat, room).await.status, Status::Erased { expired: true, .. })
}

#[tokio::test(start_paused = true)]
async fn a_fleeting_room_goes_exactly_when_its_time_is_up() {
    let house = House::in_memory().await;
    let fire = fleeting(&house).await;
    house.say(&fire.id, &ana(), "a story").await.expect("accepted");
    let fire = look(&house.chat, &fire.id).await;
    // Nobody is known to have left, so the start of the house counts, and the grace time.
    let deadline_ms = NOON_MS + 5_000 + IDLE_MS;
    assert_eq!(house.chat.deadline(&fire), Some(deadline_ms));
    house.pass(34_900).await;
    assert!(!is_erased(&house, &fire.id).await, "a moment before");
    // And one, so that all that was due is done.
    house.pass(101).await;
    let gone = look(&house.chat, &fire.id).await;
    let Status::Erased { at_ms, messages: 1, expired: true } = gone.status else {
        panic!("at the deadline: {gone:?}")
    };
    assert!((deadline_ms..=deadline_ms + 1).contains(&at_ms), "{at_ms}");
    assert_eq!(gone.title, None);
    assert_eq!(house.chat.deadline(&gone), None);
    let kept = house.chat.housekeeping();
    assert_eq!((kept.rooms_erased, kept.messages_erased), (1, 1));
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_fleeting_room_stays_while_somebody_is_there() {
    let house = House::in_memory().await;
    let fire = fleeting(&house).await;
    let seat = house.chat.attendance().arrive(&fire.id, &ben());
    assert_eq!(house.chat.deadline(&fire), None);
    house.pass(300_000).await;
    assert!(!is_erased(&house, &fire.id).await);
    drop(seat);
    house.pass(6_000).await;
    let deadline_ms = house.chat.deadline(&fire).expect("nobody is there") - NOON_MS;
    let expected = 305_000 + IDLE_MS..=305_100 + IDLE_MS;
    assert!(expected.contains(&deadline_ms), "the grace time, then the idle time: {deadline_ms}");
    house.pass(deadline_ms as u64 - 306_000 - 100).await;
    assert!(!is_erased(&house, &fire.id).await);
    house.pass(200).await;
    assert!(is_erased(&house, &fire.id).await, "long before the usual round");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_said_keeps_a_fleeting_room_alive() {
    let house = House::in_memory().await;
    let fire = fleeting(&house).await;
    for text in ["one", "two", "three"] {
        house.pass(29_000).await;
        house.say(&fire.id, &ana(), text).await.expect("the room is there");
    }
    house.pass(29_900).await;
    assert!(!is_erased(&house, &fire.id).await);
    house.pass(200).await;
    assert!(is_erased(&house, &fire.id).await);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_that_becomes_fleeting_goes_too_and_one_that_is_kept_again_does_not() {
    let house = House::in_memory().await;
    let (fire, kitchen) = (fleeting(&house).await, house.kitchen().await);
    house.pass(6_000).await;
    let idle = Retention::Fleeting { idle_ms: 10_000 };
    house.chat.set_retention(&kitchen.id, &ana(), idle).await.expect("hers");
    house.chat.set_retention(&fire.id, &ana(), Retention::Kept).await.expect("hers");
    house.pass(15_000).await;
    assert!(is_erased(&house, &kitchen.id).await);
    house.pass(100_000).await;
    assert!(!is_erased(&house, &fire.id).await);
    house.close().await;
}

#[tokio::test]
async fn the_house_is_kept_on_demand() {
    in_every_house(async |house| {
        let (fire, kitchen) = (fleeting(house).await, house.kitchen().await);
        house.say(&fire.id, &ana(), "a story").await.expect("accepted");
        house.chat.caught_up().await.expect("it catches up");
        let before = house.chat.keep_house().await;
        assert_eq!((before.rooms_erased, before.last_run_ms), (0, Some(NOON_MS)));
        assert_eq!(before.next_run_ms, Some(NOON_MS + 5_000 + IDLE_MS), "the nearest deadline");

        house.clock.advance_ms(5_000 + IDLE_MS);
        let after = house.chat.keep_house().await;
        assert_eq!((after.rooms_erased, after.messages_erased), (1, 1));
        assert!(after.runs > before.runs);
        assert_eq!(house.chat.housekeeping(), after);
        assert!(is_erased(house, &fire.id).await && !is_erased(house, &kitchen.id).await);

        let again = house.chat.keep_house().await;
        assert_eq!(again.rooms_erased, 1, "nothing is counted twice");
    })
    .await;
}

#[tokio::test]
async fn after_a_restart_everybody_has_time_to_come_back() {
    let house = House::on_disk().await;
    let fire = fleeting(&house).await;
    house.clock.advance_ms(10 * IDLE_MS);
    let house = house.restart(|_| {}).await;
    house.chat.keep_house().await;
    assert!(!is_erased(&house, &fire.id).await, "nobody had a chance to come back yet");
    house.clock.advance_ms(5_000 + IDLE_MS);
    house.chat.keep_house().await;
    assert!(is_erased(&house, &fire.id).await);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn other_settings_are_heard_at_once() {
    let house = House::in_memory().await;
    house.pass(100).await;
    let before = house.chat.housekeeping();
    let in_a_minute = NOON_MS + 60_000..=NOON_MS + 60_100;
    assert!(before.next_run_ms.is_some_and(|next_ms| in_a_minute.contains(&next_ms)));
    let hourly = Settings { housekeeping_every_ms: 3_600_000, ..Settings::default() };
    house.settings.send(hourly).expect("somebody follows");
    house.pass(100).await;
    let after = house.chat.housekeeping();
    assert_eq!(after.runs, before.runs + 1);
    let next_ms = after.next_run_ms.expect("it comes again");
    assert!((NOON_MS + 3_600_000..NOON_MS + 3_600_300).contains(&next_ms));
    house.pass(200_000).await;
    assert_eq!(house.chat.housekeeping().runs, after.runs, "once an hour it is");
    house.close().await;
}

async fn news(activity: &mut Subscription<Activity>) -> Activity {
    match tokio::time::timeout(DEADLINE, activity.recv()).await.expect("somebody tells") {
        Received::Hint(activity) => activity,
        Received::Lagged => panic!("one a second is not too many"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_told_once_a_second_and_the_first_at_once() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.pass(3_000).await;
    let mut activity = house.chat.subscribe_activity();
    house.say(&kitchen, &ana(), "thing 0").await.expect("accepted");
    house.pass(100).await;
    let Some(Received::Hint(first)) = activity.try_recv() else { panic!("the first at once") };
    assert_eq!((first.rooms.len(), first.facts), (1, false));
    let room = house.chat.directory().by_id(&kitchen).await.expect("no fault").expect("open");
    assert_eq!(room.messages, 1, "it can be read where rooms are listed");

    for number in 1..50 {
        house.say(&kitchen, &ana(), &format!("thing {number}")).await.ok();
        house.pass(100).await;
    }
    let mut told = 0;
    while activity.try_recv().is_some() {
        told += 1;
    }
    assert!((4..=6).contains(&told), "five seconds are five: {told}");
    house.pass(2_000).await;
    while activity.try_recv().is_some() {}
    house.pass(10_000).await;
    assert_eq!(activity.try_recv(), None, "while nothing happens, nothing is told");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn coming_and_going_is_activity_and_typing_is_not() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.pass(3_000).await;
    let mut activity = house.chat.subscribe_activity();
    let seat = house.chat.attendance().arrive(&kitchen, &ana());
    assert!(news(&mut activity).await.rooms.contains(&kitchen));
    house.pass(2_000).await;
    seat.set_typing(true);
    house.pass(2_000).await;
    assert_eq!(activity.try_recv(), None);
    drop(seat);
    house.pass(6_500).await;
    assert!(news(&mut activity).await.rooms.contains(&kitchen));
    let lobby = house.chat.attendance().visit(&ben());
    let came = news(&mut activity).await;
    assert_eq!((came.rooms.len(), came.facts), (0, false), "the house, and no room");
    drop(lobby);
    house.close().await;
}

async fn invited(house: &House) -> RoomId {
    let room = house.chat.invite(&ana(), &ben()).await.expect("he may be asked").id;
    assert_eq!(house.chat.invites(&ben().id).await.map(|waiting| waiting.len()), Ok(1));
    room
}

async fn is_pending(house: &House, room: &RoomId) -> bool {
    house.chat.pending_invite(room).await.expect("no fault").is_some()
}

#[tokio::test(start_paused = true)]
async fn an_invitation_is_withdrawn_when_the_inviter_leaves() {
    let house = House::in_memory().await;
    house.pass(10_000).await;
    let room = invited(&house).await;
    let mut hints = house.chat.subscribe_person(&ben().id);
    let seat = house.chat.attendance().arrive(&room, &ana());
    house.pass(120_000).await;
    assert!(is_pending(&house, &room).await, "she waits");
    drop(seat);
    house.pass(4_000).await;
    assert!(is_pending(&house, &room).await, "she may be back in a moment");
    assert_eq!(hints.try_recv(), None);
    house.pass(3_000).await;
    assert!(!is_pending(&house, &room).await);
    assert_eq!(hints.try_recv(), Some(Received::Hint(PersonHint::Invites)), "and he is told");
    assert_eq!(house.chat.housekeeping().invites_expired, 1);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_invitation_is_withdrawn_when_the_inviter_never_comes() {
    let house = House::in_memory().await;
    house.pass(10_000).await;
    let room = invited(&house).await;
    house.pass(20_000).await;
    assert!(is_pending(&house, &room).await, "a slow page");
    house.pass(90_000).await;
    assert!(!is_pending(&house, &room).await);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_nobody_answers_expires() {
    let house = House::in_memory().await;
    house.pass(10_000).await;
    let room = invited(&house).await;
    let _seat = house.chat.attendance().arrive(&room, &ana());
    let mut hints = house.chat.subscribe_person(&ben().id);
    house.pass(599_000).await;
    assert!(is_pending(&house, &room).await);
    assert_eq!(hints.try_recv(), None);
    house.pass(1_100).await;
    assert!(!is_pending(&house, &room).await);
    assert_eq!(hints.try_recv(), Some(Received::Hint(PersonHint::Invites)), "and he is told");
    assert_eq!(house.chat.housekeeping().invites_expired, 1);
    let told = house.chat.unanswered(&ana().id, &room).await;
    assert_eq!(told, Ok(Some(Unanswered::Expired)), "and so is she");
    house.close().await;
}
