//! Too long and too much, over plain HTTP and as raw frames.

use chat::{
    BODY_CHARS_MAX, BODY_LINES_MAX, BURST_MAX, MessageId, NewRoom, ORDERS_MAX, QUESTION_CHARS_MAX,
    TITLE_CHARS_MAX,
};
use identity::NAME_CHARS_MAX;
use web::{Rate, RateTable, Rates};

use crate::{
    cast::TeaHouse,
    kitchen::{Kitchen, frame},
};

/// D27: what is too long is too long for the server, whatever the page's fields allow.
#[tokio::test]
async fn d27_limits_hold_for_raw_frames_and_forms() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, path, .. } = &kitchen;
    let mut page = ana.browser.clone().visit(path).await;
    let chars = |count: usize| "é".repeat(count);
    let body = chars(BODY_CHARS_MAX + 1);
    let lines = "a\n".repeat(BODY_LINES_MAX) + "a";
    let title = chars(TITLE_CHARS_MAX + 1);
    let (nick, titled) =
        (format!("/nick {}", chars(NAME_CHARS_MAX + 1)), format!("/title {title}"));
    let forms = [
        ("post", "body", &body),
        ("post", "body", &lines),
        ("post", "body", &nick),
        ("post", "body", &titled),
        ("title", "title", &title),
        ("end", "reason", &title),
        ("edit", "body", &body),
        ("retention", "minutes", &"99999999999999999999".to_owned()),
    ];
    for (act, field, value) in forms {
        let id = MessageId::random();
        let mut fields = vec![(field, value.as_str()), ("number", "1"), ("act", act)];
        fields.extend([("message_id", id.as_str()), ("retention", "own")]);
        let (status, happened) = kitchen.form(ana, act, &fields).await;
        let refused = matches!(status, 400 | 422);
        assert!(refused && happened.is_empty(), "{act} {field}: {status} {happened:?}");
        let before = house.now().await;
        let event = if act == "post" { "post" } else { "act" };
        frame(&mut page, event, &fields).await;
        assert_eq!(house.since(before).await, [""; 0], "{act} {field}");
    }
    let renamed = house.post(ana, "/me/name", &[("name", &chars(NAME_CHARS_MAX + 1))]).await;
    assert_eq!(renamed.status, 422);
    let question = "w".repeat(QUESTION_CHARS_MAX * 20);
    assert_eq!(house.get(ana, &format!("/search?q={question}")).await.status, 200);
    let huge = "a".repeat(100_000);
    let answer = house.post(ana, &format!("{path}/post"), &[("body", &huge)]).await;
    assert_eq!(answer.status, 413, "what no form sends is not read to its end");
}

#[tokio::test]
async fn a_room_is_neither_flooded_with_messages_nor_with_notices() {
    let kitchen = Kitchen::open().await;
    let Kitchen { ana, .. } = &kitchen;
    for number in 1..=ORDERS_MAX {
        let (status, _) = kitchen.form(ana, "title", &[("title", &format!("T{number}"))]).await;
        assert_eq!(status, 303, "title {number}");
    }
    let fields = [("title", "One more")];
    kitchen.nothing(kitchen.form(ana, "title", &fields).await, 422, "one title more");
    kitchen.nothing(kitchen.form(ana, "end", &[]).await, 422, "and nothing else");
    // Ana said one thing before.
    for number in 2..=BURST_MAX {
        let (status, _) = kitchen.form(ana, "post", &[("body", &format!("b{number}"))]).await;
        assert_eq!(status, 303, "message {number}");
    }
    kitchen.nothing(kitchen.form(ana, "post", &[("body", "more")]).await, 422, "one message more");
}

/// Going from room to room does not help, and neither does the socket.
#[tokio::test]
async fn one_person_is_limited_in_all_rooms_together() {
    let few = Rate { at_once: 3, per_minute: 1 };
    let many = Rate { at_once: 1_000, per_minute: 1_000 };
    let messages = Rates { address: many, person: few };
    let house = TeaHouse::with_rates(RateTable { messages, ..RateTable::default() }).await;
    let kitchen = Kitchen::of(house).await;
    let Kitchen { house, ana, path, .. } = &kitchen;
    let mut page = ana.browser.clone().visit(path).await;
    for number in 1..=3 {
        let made = house.chat.create_room(&ana.guest, NewRoom::default()).await.expect("a room");
        let path = format!("/r/{}/post", made.slug.as_str());
        assert_eq!(house.post(ana, &path, &[("body", "hi")]).await.status, 303, "room {number}");
    }
    let tries: [(&str, &[(&str, &str)]); 3] = [
        ("post", &[("body", "more")]),
        ("title", &[("title", "More")]),
        ("post", &[("body", "/title More")]),
    ];
    for (act, fields) in tries {
        kitchen.nothing(kitchen.form(ana, act, fields).await, 422, act);
    }
    let before = house.now().await;
    frame(&mut page, "post", &[("body", "more"), ("message_id", "one-more")]).await;
    frame(&mut page, "act", &[("act", "title"), ("title", "More")]).await;
    assert_eq!(house.since(before).await, [""; 0]);
    assert!(page.text("#refusal").contains("Too many messages"), "{}", page.html());
}
