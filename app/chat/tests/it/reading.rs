//! Reading what was said, page by page.

use chat::{
    Entry, Happening, Head, Manner, MessageId, NewRoom, PAGE_MAX, Page, RoomId, Visibility,
};

use crate::cast::{House, ana, ben, bodies, in_every_house, numbers};

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
    let nothing = Page::default();
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

/// The changes of what stands in a page.
fn changes(page: &Page) -> Vec<u64> {
    let change = |entry: &Entry| match entry {
        Entry::Message(message) => message.change,
        Entry::Notice(notice) => notice.change,
    };
    page.entries().iter().map(change).collect()
}

#[tokio::test]
async fn notices_belong_to_one_page_each() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let titled = async |title: &str| {
            house.clock.advance_ms(2_000);
            house.chat.retitle(&kitchen, &ana(), title).await.expect("hers");
        };
        titled("A").await;
        titled("B").await;
        for number in 1..=9 {
            house.say(&kitchen, &ana(), &format!("thing {number}")).await.expect("accepted");
            titled(&format!("Kitchen {number}")).await;
        }
        house.chat.caught_up().await.expect("it catches up");
        let timeline = house.chat.timeline();
        // Change 1 is the opening; two titles, then messages and titles in turn.
        let newest = timeline.newest(&kitchen, 3).await.expect("no fault");
        assert_eq!(changes(&newest), range(16, 21));
        assert_eq!(newest, timeline.before(&kitchen, 10, 3).await.expect("no fault"));
        let middle = timeline.before(&kitchen, 7, 3).await.expect("no fault");
        assert_eq!(changes(&middle), range(10, 15));
        let first = timeline.before(&kitchen, 4, 3).await.expect("no fault");
        assert_eq!(changes(&first), range(2, 9), "the beginning belongs to the first message");
        let all = timeline.newest(&kitchen, 100).await.expect("no fault");
        assert_eq!(changes(&all), range(2, 21));
        assert_eq!(all, house.everything(&kitchen).await);
        let Happening::Retitled { from, to } = &all.notices[1].what else { panic!("a title") };
        assert_eq!((from.as_deref(), to.as_deref()), (Some("A"), Some("B")));
    })
    .await;
}

#[tokio::test]
async fn a_room_without_messages_has_its_notices() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        house.chat.retitle(&kitchen, &ana(), "A").await.expect("hers");
        let page = house.everything(&kitchen).await;
        assert_eq!(changes(&page), [2]);
        assert_eq!(house.chat.timeline().newest(&kitchen, 50).await, Ok(page));
    })
    .await;
}

#[tokio::test]
async fn notices_on_a_page_are_bounded() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    for number in 0..210 {
        house.clock.advance_ms(2_000);
        house.chat.retitle(&kitchen, &ana(), &format!("K{number}")).await.expect("hers");
    }
    let page = house.everything(&kitchen).await;
    assert_eq!(changes(&page), range(12, 211), "the last two hundred");
    assert_eq!(house.chat.timeline().newest(&kitchen, 50).await, Ok(page));
    house.close().await;
}

#[tokio::test]
async fn a_message_begins_anew_after_a_notice_and_beside_a_deed() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    for body in ["one", "two"] {
        house.say(&kitchen, &ana(), body).await.expect("accepted");
    }
    house.chat.retitle(&kitchen, &ana(), "Tea").await.expect("hers");
    house.say(&kitchen, &ana(), "three").await.expect("accepted");
    let waved =
        house.chat.post_as(&kitchen, &ana(), MessageId::random(), Manner::Did, "waves").await;
    waved.expect("accepted");
    house.say(&kitchen, &ana(), "four").await.expect("accepted");
    house.say(&kitchen, &ana(), "five").await.expect("accepted");
    let page = house.everything(&kitchen).await;
    let continues: Vec<_> = page.messages.iter().map(|message| message.continues).collect();
    assert_eq!(continues, [false, true, false, false, false, true]);
    assert_eq!(page.messages[3].manner, Manner::Did);
    house.close().await;
}

#[tokio::test]
async fn edits_and_removals_are_read() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        for body in ["one", "two", "three"] {
            house.say(&kitchen, &ben(), body).await.expect("accepted");
        }
        house.clock.advance_ms(5_000);
        house.chat.edit(&kitchen, &ben(), 1, "One").await.expect("his");
        house.chat.edit(&kitchen, &ana(), 2, "Two").await.expect("an owner's right");
        house.chat.remove(&kitchen, &ana(), 3).await.expect("an owner's right");
        let page = house.everything(&kitchen).await;
        assert_eq!(bodies(&page), ["One", "Two", ""]);
        let by: Vec<_> =
            page.messages.iter().map(|m| m.edited.as_ref().map(|edit| edit.by.clone())).collect();
        assert_eq!(by, [Some(ben()), Some(ana()), None]);
        let gone = &page.messages[2];
        assert_eq!((gone.removed, gone.author.name.as_str()), (true, ""));
        assert_eq!(gone.author.id, ben().id, "whose it was stays known");
        assert_eq!(house.chat.timeline().newest(&kitchen, 50).await, Ok(page));
    })
    .await;
}

#[tokio::test]
async fn a_knock_is_no_part_of_the_conversation() {
    let house = House::in_memory().await;
    let room = NewRoom { visibility: Visibility::Private, ..NewRoom::default() };
    let den = house.chat.create_room(&ana(), room).await.expect("a room").id;
    house.chat.knock(&den, &ben()).await.expect("he may");
    house.chat.turn_away(&den, &ana(), &ben()).await.expect("she may");
    let page = house.everything(&den).await;
    assert_eq!((page.head, page.entries()), (Head { change: 3, messages: 0 }, vec![]));
    house.close().await;
}

#[tokio::test]
async fn of_an_erased_room_only_its_last_change_is_left() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        house.chatter(&kitchen, &ana(), 3).await;
        house.chat.retitle(&kitchen, &ana(), "A").await.expect("hers");
        let erased = house.chat.erase(&kitchen, &ana()).await.expect("hers");
        let page = house.everything(&kitchen).await;
        let head = Head { change: erased.change, messages: 0 };
        assert_eq!(page, Page { head, ..Page::default() });
        assert_eq!(house.chat.timeline().newest(&kitchen, 50).await, Ok(page));
    })
    .await;
}
