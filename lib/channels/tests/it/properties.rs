//! Whatever a browser sends: one answer per ref, and no push outside of its channel's time.

use std::collections::{BTreeMap, BTreeSet};

use channels::{Config, testing::Message};
use proptest::prelude::*;

use crate::house::House;

#[derive(Clone, Debug)]
enum Step {
    Join { topic: &'static str, how: &'static str },
    Send { topic: &'static str, event: &'static str },
    SendToOld { topic: &'static str },
    OpenGate,
    Publish,
    LetRun,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let topic = || prop::sample::select(vec!["room:a", "room:b", "slow:c", "board", "garden"]);
    let how = prop::sample::select(vec!["", "", "", "refuse", "panic", "quiet"]);
    let event = prop::sample::select(vec![
        "say",
        "say",
        "push",
        "forget",
        "wait",
        "error",
        "close",
        "end",
        "crash",
        "phx_leave",
        "phx_leave",
        "phx_reply",
    ]);
    let step = prop_oneof![
        3 => (topic(), how).prop_map(|(topic, how)| Step::Join { topic, how }),
        6 => (topic(), event).prop_map(|(topic, event)| Step::Send { topic, event }),
        1 => topic().prop_map(|topic| Step::SendToOld { topic }),
        2 => Just(Step::OpenGate),
        2 => Just(Step::Publish),
        3 => Just(Step::LetRun),
    ];
    prop::collection::vec(step, 1..50)
}

/// Takes the steps, and returns the refs that want an answer, and all that came.
async fn take(steps: Vec<Step>) -> (BTreeSet<String>, Vec<Message>) {
    let mut house = House::new(Config { mailbox_events_max: 3, ..Config::default() });
    let mut ana = house.connect();
    let mut wanted = BTreeSet::new();
    let mut old_ref = 0;
    for step in steps {
        match step {
            Step::Join { topic, how } => {
                wanted.insert(ana.send_join(topic, &format!(r#"{{"how":"{how}"}}"#)));
            }
            Step::Send { topic, event } => {
                wanted.insert(ana.push(topic, event, "{}"));
            }
            Step::SendToOld { topic } => {
                old_ref += 1;
                ana.send_text(format!(r#"["1","old{old_ref}","{topic}","say",{{}}]"#));
            }
            Step::OpenGate => house.gate.add_permits(1),
            Step::Publish => house.publish(),
            Step::LetRun => settle().await,
        }
    }
    house.gate.add_permits(1_000);
    let mut log = Vec::new();
    let mut open = wanted.clone();
    while !open.is_empty() {
        let message = ana.next().await;
        if let Some(message_ref) = message.message_ref.as_ref().filter(|_| is_reply(&message)) {
            open.remove(message_ref);
        }
        log.push(message);
    }
    let last = ana.push("phoenix", "heartbeat", "{}");
    loop {
        let message = ana.next().await;
        if message.message_ref.as_ref() == Some(&last) {
            return (wanted, log);
        }
        log.push(message);
    }
}

/// Lets every task run until it waits for something.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn is_reply(message: &Message) -> bool {
    message.event == "phx_reply"
}

fn check(wanted: &BTreeSet<String>, log: &[Message]) -> Result<(), TestCaseError> {
    let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut joined: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for message in log {
        let (topic, join_ref) = (&*message.topic, message.join_ref.as_deref());
        match &*message.event {
            "phx_reply" => {
                let message_ref = message.message_ref.as_deref().expect("replies have a ref");
                *answers.entry(message_ref).or_default() += 1;
                if message.join_ref == message.message_ref && message.is_ok() {
                    let before = joined.insert(topic, join_ref);
                    prop_assert_eq!(before, None, "two channels on one topic");
                }
            }
            "phx_close" | "phx_error" => {
                prop_assert_eq!(join_ref, message.message_ref.as_deref());
                if joined.get(topic) == Some(&join_ref) {
                    joined.remove(topic);
                }
            }
            "diff" => {
                prop_assert_eq!(join_ref, None);
                prop_assert!(joined.contains_key(topic), "a diff for {} outside of it", topic);
            }
            _ => prop_assert_eq!(joined.get(topic), Some(&join_ref), "{:?}", message),
        }
    }
    for message_ref in wanted {
        prop_assert_eq!(answers.get(&**message_ref), Some(&1), "answers to {}", message_ref);
    }
    prop_assert!(answers.values().all(|count| *count == 1));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn one_answer_per_ref_and_no_push_outside_of_its_channel(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime starts");
        let (wanted, log) = runtime.block_on(take(steps));
        check(&wanted, &log)?;
    }
}
