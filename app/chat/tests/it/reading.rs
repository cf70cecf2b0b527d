//! Reading what was said, page by page.

use chat::{Head, PAGE_MAX, Page, RoomId};

use crate::cast::{House, ana, ben, in_every_house, numbers};

fn range(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

#[tokio::test]
async fn history_is_read_from_the_newest_back() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        house.chatter(&kitchen, &ana(), 250).await;
        house.chat.caught_up().await.expect("it catches up");
        let timeline = house.chat.timeline();

        let newest = timeline.newest(&kitchen, 50).await.expect("no fault");
        assert_eq!(numbers(&newest), range(201, 250));
        assert_eq!(newest.head, Head { change: 251, messages: 250 });
        assert!(newest.has_earlier() && !newest.has_later());
        let earlier = timeline.before(&kitchen, 201, 150).await.expect("no fault");
        assert_eq!(numbers(&earlier), range(51, 200));
        assert!(earlier.has_earlier() && earlier.has_later());
        let first = timeline.before(&kitchen, 51, 150).await.expect("no fault");
        assert_eq!(numbers(&first), range(1, 50));
        assert!(!first.has_earlier());
        assert_eq!(numbers(&timeline.before(&kitchen, 1, 9).await.expect("no fault")), range(1, 0));
        let some = timeline.range(&kitchen, 100, 102).await.expect("no fault");
        assert_eq!(numbers(&some), range(100, 102));
        let all = timeline.newest(&kitchen, usize::MAX).await.expect("no fault");
        assert_eq!(numbers(&all), range(1, 250));
    })
    .await;
}

#[tokio::test]
async fn a_page_is_bounded() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.chatter(&kitchen, &ana(), PAGE_MAX + 20).await;
    house.chat.caught_up().await.expect("it catches up");
    let timeline = house.chat.timeline();
    for page in [
        timeline.newest(&kitchen, usize::MAX).await,
        timeline.before(&kitchen, u64::MAX, usize::MAX).await,
        timeline.range(&kitchen, 0, u64::MAX).await,
    ] {
        assert_eq!(page.map(|page| page.messages.len()), Ok(PAGE_MAX));
    }
    house.close().await;
}

#[tokio::test]
async fn memory_and_tables_answer_the_same() {
    let house = House::on_disk().await;
    let kitchen = house.kitchen().await.id;
    for round in 0..30 {
        house.clock.advance_ms(if round % 7 == 0 { 400_000 } else { 20_000 });
        let who = if round % 3 == 0 { ana() } else { ben() };
        house.say(&kitchen, &who, &format!("thing {round}")).await.expect("accepted");
    }
    house.chat.caught_up().await.expect("it catches up");
    let timeline = house.chat.timeline();
    for limit in [0, 1, 7, 29, 30, 31, 100] {
        let hot = timeline.newest(&kitchen, limit).await;
        let cold = timeline.before(&kitchen, u64::MAX, limit).await;
        assert_eq!(hot, cold, "the newest {limit}");
    }
    let before = house.everything(&kitchen).await;
    let house = house.restart(|_| {}).await;
    assert_eq!(house.chat.timeline().newest(&kitchen, 100).await, Ok(before));
    house.close().await;
}

#[tokio::test]
async fn grouping_and_days_do_not_depend_on_the_window() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let minute = 60_000;
    // Who, how long after the one before, and whether that continues or begins a day.
    let story = [
        (ana(), 0, false, true),
        (ana(), 5 * minute, true, false),
        (ana(), 5 * minute + 1, false, false),
        (ben(), 0, false, false),
        (ben(), 12 * 60 * minute, false, true),
        (ben(), 0, true, false),
    ];
    for (number, (who, later_ms, ..)) in story.iter().enumerate() {
        house.clock.advance_ms(*later_ms);
        house.say(&kitchen, who, &format!("thing {number}")).await.expect("accepted");
    }
    let told = |page: &Page| -> Vec<_> {
        page.messages.iter().map(|m| (m.number, m.continues, m.new_day_utc)).collect()
    };
    let all = told(&house.everything(&kitchen).await);
    let expected: Vec<_> =
        story.iter().zip(1_u64..).map(|((_, _, goes_on, day), n)| (n, *goes_on, *day)).collect();
    assert_eq!(all, expected);
    for number in 1..=6 {
        let one = house.chat.timeline().range(&kitchen, number, number).await.expect("no fault");
        assert_eq!(told(&one), [expected[number as usize - 1]], "also when read alone");
    }
    house.close().await;
}

#[tokio::test]
async fn a_name_in_the_history_stays_what_it_was() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    house.say(&kitchen, &ana(), "hi").await.expect("accepted");
    let renamed = crate::cast::person('A', "Anastasia");
    assert_eq!(renamed.id, ana().id, "this test needs the same person");
    house.say(&kitchen, &renamed, "new name").await.expect("accepted");
    let page = house.everything(&kitchen).await;
    let names: Vec<_> = page.messages.iter().map(|m| m.author.name.as_str()).collect();
    assert_eq!(names, ["Ana", "Anastasia"]);
    house.close().await;
}

#[tokio::test]
async fn a_room_that_does_not_exist_is_empty() {
    let house = House::in_memory().await;
    let nowhere = RoomId::random();
    let nothing = Page { head: Head::default(), messages: vec![] };
    assert_eq!(house.chat.timeline().newest(&nowhere, 10).await, Ok(nothing.clone()));
    assert!(!nothing.has_earlier() && !nothing.has_later());
    assert_eq!(house.chat.timeline().head(&nowhere).await, Ok(Head::default()));
    house.close().await;
}

#[tokio::test]
async fn rooms_are_apart() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let cellar = house.chat.create_room(&ben(), NewRoom::default()).await.expect("a room").id;
    house.chatter(&kitchen, &ana(), 3).await;
    house.chatter(&cellar, &ana(), 2).await;
    assert_eq!(numbers(&house.everything(&kitchen).await), range(1, 3));
    assert_eq!(numbers(&house.everything(&cellar).await), range(1, 2));
    house.close().await;
}
