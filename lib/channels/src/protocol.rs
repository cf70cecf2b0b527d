//! The socket's rules, without the socket: which channels a connection has, what a frame from the
//! browser means, and what may still be sent. Source: `liveview-protocol.md` §1.2, §1.5 and §7.4.

use std::sync::Arc;

use crate::{
    channel::End,
    frame::{self, ClientFrame, Json, SharedFrame, Status},
    outbox::Generation,
};

/// The channels of one connection, joined or joining, by topic.
pub(crate) struct Table<H> {
    slots: Vec<Slot<H>>,
    next_generation: Generation,
    channels_max: usize,
}

/// One channel.
pub(crate) struct Slot<H> {
    pub topic: Arc<str>,
    pub join_ref: Arc<str>,
    pub generation: Generation,
    pub joined: bool,
    pub handle: H,
}

/// What a frame from the browser asks for. Positions are into the table that decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send this.
    Answer(SharedFrame),
    /// Do nothing.
    Ignore,
    /// Start a channel.
    Join,
    /// End the channel at this position, then start another.
    Rejoin(usize),
    /// End the channel at this position, then answer ok.
    Leave(usize),
    /// Hand the event to the channel at this position, which answers it.
    Deliver(usize),
}

/// Whether something that a channel sent may go out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Send,
    Drop,
}

impl<H> Table<H> {
    pub fn new(channels_max: usize) -> Self {
        Self { slots: Vec::new(), next_generation: 1, channels_max }
    }

    pub fn decide(&self, frame: &ClientFrame) -> Decision {
        let known = self.slots.iter().position(|slot| slot.topic == frame.topic);
        match (&*frame.topic, &*frame.event) {
            ("phoenix", "heartbeat") => answer(frame, Status::Ok, &Json::EMPTY),
            (_, "phx_join") => self.decide_join(frame, known),
            (_, event) => match known {
                None if event == "phx_leave" => answer(frame, Status::Ok, &Json::EMPTY),
                None => refuse(frame, "unmatched topic"),
                Some(at) if self.is_stale(at, frame) => Decision::Ignore,
                Some(at) if event == "phx_leave" => Decision::Leave(at),
                Some(_) if event.starts_with("phx_") => refuse(frame, "reserved event"),
                Some(at) => Decision::Deliver(at),
            },
        }
    }

    fn decide_join(&self, frame: &ClientFrame, known: Option<usize>) -> Decision {
        match known {
            _ if frame.join_ref.is_none() => refuse(frame, "missing join_ref"),
            Some(at) => Decision::Rejoin(at),
            None if self.slots.len() >= self.channels_max => {
                refuse(frame, "too many channels joined")
            }
            None => Decision::Join,
        }
    }

    /// A message without a join ref is for whichever channel the topic has.
    fn is_stale(&self, at: usize, frame: &ClientFrame) -> bool {
        frame.join_ref.as_ref().is_some_and(|join_ref| *join_ref != self.slots[at].join_ref)
    }

    /// The generation that the next [`Table::insert`] gets.
    pub fn next_generation(&self) -> Generation {
        self.next_generation
    }

    /// Starts a channel; the topic has none.
    pub fn insert(&mut self, topic: Arc<str>, join_ref: Arc<str>, handle: H) -> Generation {
        let generation = self.next_generation;
        self.next_generation += 1;
        // A page has two channels, and there are many pages.
        if self.slots.len() == self.slots.capacity() {
            self.slots.reserve_exact(2);
        }
        self.slots.push(Slot { topic, join_ref, generation, joined: false, handle });
        generation
    }

    pub fn remove(&mut self, at: usize) -> Slot<H> {
        self.slots.swap_remove(at)
    }

    pub fn at(&mut self, at: usize) -> &mut Slot<H> {
        &mut self.slots[at]
    }

    fn position(&self, generation: Generation) -> Option<usize> {
        self.slots.iter().position(|slot| slot.generation == generation)
    }

    pub fn find(&mut self, generation: Generation) -> Option<&mut Slot<H>> {
        self.position(generation).map(|at| &mut self.slots[at])
    }

    /// The channel's join succeeded: its reply is next, and then whatever it sends. `None`: it was
    /// left meanwhile.
    pub fn joined(&mut self, generation: Generation) -> Option<&mut Slot<H>> {
        let slot = self.find(generation)?;
        slot.joined = true;
        Some(slot)
    }

    /// Whether a push of the channel may go out: after its join reply, and until it ended.
    pub fn outgoing(&self, generation: Generation) -> Verdict {
        let at = self.position(generation);
        if at.is_some_and(|at| self.slots[at].joined) { Verdict::Send } else { Verdict::Drop }
    }

    /// Forgets a channel that ended by itself. `None`: it was left before.
    pub fn end(&mut self, generation: Generation) -> Option<Slot<H>> {
        self.position(generation).map(|at| self.remove(at))
    }
}

impl<H> Slot<H> {
    /// The last frame of a channel that was left or joined anew.
    pub fn close_frame(&self) -> SharedFrame {
        self.end_frame(End::Close)
    }

    /// The last frame of a channel that ended by itself.
    pub fn end_frame(&self, end: End) -> SharedFrame {
        match end {
            End::Close => frame::encode_end(&self.join_ref, &self.topic, "phx_close", &Json::EMPTY),
            End::Error => {
                let reason = Json::reason("channel_crash");
                frame::encode_end(&self.join_ref, &self.topic, "phx_error", &reason)
            }
        }
    }
}

/// The answer to a leave.
pub(crate) fn left_frame(frame: &ClientFrame) -> Option<SharedFrame> {
    reply(frame, Status::Ok, &Json::EMPTY)
}

/// An error reply to a frame that no channel will answer.
pub(crate) fn refuse(frame: &ClientFrame, reason: &str) -> Decision {
    answer(frame, Status::Error, &Json::reason(reason))
}

/// A message without a ref asks for no answer.
fn answer(frame: &ClientFrame, status: Status, response: &Json) -> Decision {
    reply(frame, status, response).map_or(Decision::Ignore, Decision::Answer)
}

fn reply(frame: &ClientFrame, status: Status, response: &Json) -> Option<SharedFrame> {
    let message_ref = frame.message_ref.as_deref()?;
    let join_ref = frame.join_ref.as_deref();
    Some(frame::encode_reply(join_ref, message_ref, &frame.topic, status, response))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{Config, frame::decode_text};

    fn frame(text: &str) -> ClientFrame {
        decode_text(text.as_bytes(), &Config::default()).expect("the test writes frames")
    }

    fn joined(topic: &str, join_ref: &str) -> Table<()> {
        let mut table = Table::new(100);
        let generation = table.insert(topic.into(), join_ref.into(), ());
        table.joined(generation).expect("it was just inserted");
        table
    }

    #[track_caller]
    fn check(table: &Table<()>, text: &str, expected: Decision) {
        assert_eq!(table.decide(&frame(text)), expected, "{text}");
    }

    #[track_caller]
    fn check_answer(table: &Table<()>, text: &str, expected: &str) {
        match table.decide(&frame(text)) {
            Decision::Answer(answer) => assert_eq!(answer.as_str(), expected),
            other => panic!("{text} should be answered, not {other:?}"),
        }
    }

    #[test]
    fn a_heartbeat_is_answered() {
        check_answer(
            &Table::new(100),
            r#"[null,"7","phoenix","heartbeat",{}]"#,
            r#"[null,"7","phoenix","phx_reply",{"status":"ok","response":{}}]"#,
        );
    }

    #[test]
    fn a_topic_that_nobody_joined_is_unmatched() {
        check_answer(
            &Table::new(100),
            r#"["4","9","lv:a","event",{}]"#,
            r#"["4","9","lv:a","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"#,
        );
    }

    #[test]
    fn leaving_what_nobody_joined_is_fine() {
        check_answer(
            &Table::new(100),
            r#"["4","9","lv:a","phx_leave",{}]"#,
            r#"["4","9","lv:a","phx_reply",{"status":"ok","response":{}}]"#,
        );
    }

    #[test]
    fn messages_go_to_the_channel_they_were_sent_to() {
        let table = joined("lv:a", "4");
        check(&table, r#"["4","9","lv:a","event",{}]"#, Decision::Deliver(0));
        check(&table, r#"[null,"9","lv:a","event",{}]"#, Decision::Deliver(0));
        check(&table, r#"["3","9","lv:a","event",{}]"#, Decision::Ignore);
        check(&table, r#"["3","9","lv:a","phx_leave",{}]"#, Decision::Ignore);
        check(&table, r#"["4","9","lv:a","phx_leave",{}]"#, Decision::Leave(0));
        check(&table, r#"["9","9","lv:a","phx_join",{}]"#, Decision::Rejoin(0));
        check(&table, r#"["9","9","lv:b","phx_join",{}]"#, Decision::Join);
    }

    #[test]
    fn a_browser_may_not_say_what_servers_say() {
        check_answer(
            &joined("lv:a", "4"),
            r#"["4","9","lv:a","phx_close",{}]"#,
            r#"["4","9","lv:a","phx_reply",{"status":"error","response":{"reason":"reserved event"}}]"#,
        );
    }

    #[test]
    fn too_many_channels_are_refused_but_rejoining_is_not() {
        let mut table = Table::new(2);
        table.insert("lv:a".into(), "4".into(), ());
        table.insert("lv:b".into(), "5".into(), ());
        check_answer(
            &table,
            r#"["6","6","lv:c","phx_join",{}]"#,
            r#"["6","6","lv:c","phx_reply",{"status":"error","response":{"reason":"too many channels joined"}}]"#,
        );
        check(&table, r#"["6","6","lv:b","phx_join",{}]"#, Decision::Rejoin(1));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Send { topic: u8, event: &'static str, age: Option<u8> },
        Joined(u8),
        Ended(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let event = prop::sample::select(vec!["phx_join", "phx_join", "phx_leave", "event"]);
        let step = prop_oneof![
            4 => (0..3u8, event, prop::option::of(0..2u8))
                .prop_map(|(topic, event, age)| Step::Send { topic, event, age }),
            2 => any::<u8>().prop_map(Step::Joined),
            1 => any::<u8>().prop_map(Step::Ended),
        ];
        prop::collection::vec(step, 0..60)
    }

    /// The rules again, as a map from topic to join ref and generation.
    type Model = BTreeMap<String, (String, Generation, bool)>;

    /// Does to both what a socket would, and says whether they agree.
    fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
        let (mut table, mut model) = (Table::new(2), Model::new());
        let mut made: Generation = 0;
        for (counter, step) in steps.into_iter().enumerate() {
            match step {
                Step::Send { topic, event, age } => {
                    let topic = format!("lv:{topic}");
                    let known = model.get(&topic).cloned();
                    let join_ref = match (event, age, &known) {
                        ("phx_join", ..) => format!("j{counter}"),
                        (_, Some(0), Some((join_ref, ..))) => join_ref.clone(),
                        _ => "old".to_owned(),
                    };
                    let text = format!(r#"["{join_ref}","{counter}","{topic}","{event}",{{}}]"#);
                    let is_current = known.as_ref().is_some_and(|(known, ..)| *known == join_ref);
                    match table.decide(&frame(&text)) {
                        Decision::Join => {
                            prop_assert!(event == "phx_join" && known.is_none() && model.len() < 2);
                        }
                        Decision::Rejoin(at) => {
                            prop_assert!(event == "phx_join");
                            prop_assert_eq!(&*table.remove(at).topic, &*topic);
                        }
                        Decision::Leave(at) => {
                            prop_assert!(event == "phx_leave" && is_current);
                            table.remove(at);
                            model.remove(&topic);
                        }
                        Decision::Deliver(at) => {
                            prop_assert!(event == "event" && is_current);
                            prop_assert_eq!(&*table.at(at).join_ref, &*join_ref);
                        }
                        Decision::Ignore => prop_assert!(known.is_some() && !is_current),
                        Decision::Answer(answer) => {
                            prop_assert!(known.is_none());
                            prop_assert!(event != "phx_join" || model.len() == 2);
                            let message_ref = format!("\"{counter}\"");
                            prop_assert!(answer.as_str().contains(&message_ref));
                            continue;
                        }
                    }
                    if event == "phx_join" {
                        made = table.insert((*topic).into(), (*join_ref).into(), ());
                        model.insert(topic, (join_ref, made, false));
                    }
                }
                Step::Joined(which) if made > 0 => {
                    let which = Generation::from(which) % made + 1;
                    let slot = model.values_mut().find(|(_, generation, _)| *generation == which);
                    prop_assert_eq!(table.joined(which).is_some(), slot.is_some());
                    slot.into_iter().for_each(|(_, _, joined)| *joined = true);
                }
                Step::Ended(which) if made > 0 => {
                    let which = Generation::from(which) % made + 1;
                    let before = model.len();
                    model.retain(|_, (_, generation, _)| *generation != which);
                    prop_assert_eq!(table.end(which).is_some(), model.len() < before);
                }
                _ => {}
            }
            for generation in 0..=made {
                let may = model.values().any(|(_, known, joined)| *known == generation && *joined);
                let verdict = if may { Verdict::Send } else { Verdict::Drop };
                prop_assert_eq!(table.outgoing(generation), verdict);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn pushes_go_out_after_the_join_reply_and_until_the_end_only(steps in steps()) {
            run(steps)?;
        }
    }
}
