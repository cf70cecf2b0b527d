//! Joins, leaves and rejoins.

use channels::Config;
use serde_json::json;

use crate::house::House;

#[tokio::test(start_paused = true)]
async fn a_join_is_answered_and_its_channel_hears() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let reply = ana.join("room:kitchen", "{}").await;
    assert_eq!(reply.join_ref, reply.message_ref);
    assert_eq!(reply.payload, json!({ "status": "ok", "response": { "welcome": "Ana" } }));
    let reply = ana.call("room:kitchen", "say", r#"{"body":"hello"}"#).await;
    assert_eq!(*reply.response(), json!({ "body": "hello" }));
}

#[tokio::test(start_paused = true)]
async fn a_refused_join_says_why() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let reply = ana.join("room:kitchen", r#"{"how":"refuse"}"#).await;
    assert_eq!(reply.payload, json!({ "status": "error", "response": { "reason": "stale" } }));
    let reply = ana.call("room:kitchen", "say", "{}").await;
    assert_eq!(reply.response()["reason"], "unmatched topic");
    assert!(ana.join("room:kitchen", "{}").await.is_ok(), "it may be tried again");
}

#[tokio::test(start_paused = true)]
async fn a_join_that_panics_is_refused() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let reply = ana.join("room:kitchen", r#"{"how":"panic"}"#).await;
    assert_eq!(reply.response()["reason"], "join crashed");
    assert!(ana.join("room:kitchen", "{}").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_nobody_handles_cannot_be_joined() {
    let house = House::new(Config::default());
    let reply = house.connect().join("garden", "{}").await;
    assert_eq!(reply.response()["reason"], "unmatched topic");
}

#[tokio::test(start_paused = true)]
async fn a_slow_join_holds_up_nobody_else() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let slow = ana.send_join("slow:cellar", "{}");
    let first = ana.push("slow:cellar", "say", "1");
    let second = ana.push("slow:cellar", "say", "2");
    assert!(ana.join("room:kitchen", "{}").await.is_ok());
    assert!(ana.call("room:kitchen", "say", "{}").await.is_ok());
    assert!(ana.arrived().is_empty(), "the cellar is silent until it is joined");
    house.gate.add_permits(1);
    for message_ref in [slow, first, second] {
        let next = ana.next().await;
        assert_eq!(next.message_ref, Some(message_ref), "in the order they were sent");
        assert!(next.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_closes_and_then_answers() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let join_ref = ana.join("room:kitchen", "{}").await.join_ref;
    let leave = ana.push("room:kitchen", "phx_leave", "{}");
    let close = ana.next().await;
    assert_eq!((&*close.event, &close.join_ref), ("phx_close", &join_ref));
    let reply = ana.next().await;
    assert!(reply.is_ok() && reply.message_ref == Some(leave));
    assert!(ana.call("phoenix", "heartbeat", "{}").await.is_ok());
    assert_eq!(ana.arrived(), [], "what the channel pushed after is dropped");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_a_leave_is_still_heard() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let join_ref = ana.join("room:kitchen", "{}").await.join_ref;
    let waiting = ana.push("room:kitchen", "wait", "{}");
    let behind = ana.push("room:kitchen", "push", "{}");
    let leave = ana.push("room:kitchen", "phx_leave", "{}");
    assert!(ana.reply(&leave).await.is_ok());
    house.gate.add_permits(1);
    for message_ref in [waiting, behind] {
        let reply = ana.reply(&message_ref).await;
        assert!(reply.is_ok());
        assert_eq!(reply.join_ref, join_ref, "with the join ref that it was sent with");
    }
    let events: Vec<_> = ana.arrived().into_iter().map(|message| message.event).collect();
    assert_eq!(events, ["phx_close"], "answers come, pushes do not");
}

#[tokio::test(start_paused = true)]
async fn a_second_join_closes_the_first() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let first = ana.join("room:kitchen", "{}").await.join_ref;
    let second = ana.send_join("room:kitchen", "{}");
    let close = ana.next().await;
    assert_eq!((&*close.event, &close.join_ref, &close.message_ref), ("phx_close", &first, &first));
    let reply = ana.next().await;
    assert!(reply.is_ok() && reply.join_ref == Some(second));
    ana.send_text(format!(
        r#"["{}","900","room:kitchen","say",{{}}]"#,
        first.expect("a join has a join ref")
    ));
    assert!(ana.call("phoenix", "heartbeat", "{}").await.is_ok());
    assert_eq!(ana.arrived(), [], "what was sent to the first channel is ignored");
}

#[tokio::test(start_paused = true)]
async fn a_join_that_was_overtaken_is_answered_too() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let first = ana.send_join("slow:cellar", "{}");
    let second = ana.send_join("slow:cellar", "{}");
    assert_eq!(ana.next().await.event, "phx_close");
    let reply = ana.reply(&first).await;
    assert_eq!(reply.response()["reason"], "left");
    assert_eq!(reply.join_ref, Some(first));
    house.gate.add_permits(1);
    assert!(ana.reply(&second).await.is_ok());
}
