//! No message stays unanswered.

use channels::{Config, Incoming};
use serde_json::json;

use crate::house::House;

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_forgotten_is_an_error() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("room:kitchen", "{}").await;
    let reply = ana.call("room:kitchen", "forget", "{}").await;
    assert_eq!(reply.payload, json!({ "status": "error", "response": { "reason": "unanswered" } }));
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_an_error_with_the_join_ref() {
    let house = House::new(Config::default());
    let (mut ana, mut ben) = (house.connect(), house.connect());
    let join_ref = ana.join("room:kitchen", "{}").await.join_ref;
    ben.join("room:kitchen", "{}").await;
    let crashing = ana.push("room:kitchen", "crash", "{}");
    let behind = ana.push("room:kitchen", "say", "{}");
    assert!(!ana.reply(&crashing).await.is_ok());
    assert!(!ana.reply(&behind).await.is_ok());
    let error = ana.event("phx_error").await;
    assert_eq!((&error.join_ref, &error.message_ref), (&join_ref, &join_ref));
    assert!(ben.call("room:kitchen", "say", "{}").await.is_ok(), "other channels go on");
    let reply = ana.call("room:kitchen", "say", "{}").await;
    assert_eq!(reply.response()["reason"], "unmatched topic");
    assert!(ana.join("room:kitchen", "{}").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_channel_ends_as_it_says() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    for (event, expected) in [("error", "phx_error"), ("close", "phx_close"), ("end", "phx_error")]
    {
        let join_ref = ana.join("room:kitchen", "{}").await.join_ref;
        let message_ref = ana.push("room:kitchen", event, "{}");
        ana.reply(&message_ref).await;
        assert_eq!(ana.event(expected).await.join_ref, join_ref);
        assert_eq!(ana.arrived(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_a_task_answers_in_order() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    ana.join("board", "{}").await;
    let refs: Vec<_> = (0..20).map(|n| ana.push("board", "say", &n.to_string())).collect();
    for (n, message_ref) in refs.into_iter().enumerate() {
        let next = ana.next().await;
        assert_eq!((next.message_ref.as_ref(), next.response()), (Some(&message_ref), &json!(n)));
    }
    let crashing = ana.push("board", "crash", "{}");
    assert!(!ana.reply(&crashing).await.is_ok());
    ana.event("phx_error").await;
    assert_eq!(house.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_channel_refuses_events() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let join = ana.send_join("board", r#"{"how":"quiet"}"#);
    let early = ana.push("board", "say", "{}");
    assert!(ana.reply(&join).await.is_ok());
    assert_eq!(ana.reply(&early).await.response()["reason"], "unmatched event");
    assert_eq!(ana.call("board", "say", "{}").await.response()["reason"], "unmatched event");
}

#[tokio::test(start_paused = true)]
async fn an_upload_chunk_is_answered_as_text() {
    let house = House::new(Config::default());
    let mut ana = house.connect();
    let join_ref = ana.join("room:kitchen", "{}").await.join_ref.expect("a join has a join ref");
    let mut chunk = vec![0, join_ref.len() as u8, 2, 12, 5];
    chunk.extend_from_slice(join_ref.as_bytes());
    chunk.extend_from_slice(b"77room:kitchenchunk\xff\xfe\xfd");
    ana.send(Incoming::Binary(chunk.into()));
    assert_eq!(*ana.reply("77").await.response(), json!(3));
}
