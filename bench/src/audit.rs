//! What pages received: every delivery of every message, checked, and every other frame, counted.

use std::time::Duration;

use crate::plan;

/// What one page has received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    numbers: Vec<u32>,
    /// How long each of them took.
    pub took: Vec<Duration>,
    /// Frames by what they are about.
    pub frames: Frames,
}

/// How many frames there were of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// Of the conversation: one for each message.
    pub feed: Count,
    /// Of the list of people, where typing shows too.
    pub people: Count,
    /// Answers to what the page itself did, and what is personal.
    pub own: Count,
}

/// Frames, and the bytes in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub frames: u64,
    pub bytes: u64,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit {
    pub deliveries: u64,
    pub lost: u64,
    pub doubled: u64,
    /// Viewers that saw another order than the first one.
    pub disordered: u64,
}

impl Received {
    /// Takes note of a frame. `took` says how long a message took.
    pub fn frame(&mut self, text: &str, took: impl Fn(u32) -> Duration) {
        let count = self.frames.kind_of(text);
        count.frames += 1;
        count.bytes += text.len() as u64;
        if let Some(number) = plan::number(text) {
            self.took.push(took(number));
            self.numbers.push(number);
        }
    }

    /// How many messages came.
    pub fn messages(&self) -> usize {
        self.numbers.len()
    }
}

impl Frames {
    /// The third element of a frame is its topic. What has none is the bare broadcast's.
    fn kind_of(&mut self, text: &str) -> &mut Count {
        match text.split(',').nth(2) {
            Some(topic) if topic.starts_with("\"lv:people-") => &mut self.people,
            Some(topic) if !topic.starts_with("\"lv:room-") => &mut self.own,
            _ => &mut self.feed,
        }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            feed: self.feed.plus(other.feed),
            people: self.people.plus(other.people),
            own: self.own.plus(other.own),
        }
    }

    /// What came since `before`.
    pub fn minus(self, before: Self) -> Self {
        Self {
            feed: self.feed.minus(before.feed),
            people: self.people.minus(before.people),
            own: self.own.minus(before.own),
        }
    }

    /// All of them.
    pub fn total(self) -> Count {
        self.feed.plus(self.people).plus(self.own)
    }
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self { frames: self.frames + other.frames, bytes: self.bytes + other.bytes }
    }

    fn minus(self, other: Self) -> Self {
        Self { frames: self.frames - other.frames, bytes: self.bytes - other.bytes }
    }

    /// Bytes of a frame, on average.
    pub fn mean_bytes(self) -> usize {
        (self.bytes / self.frames.max(1)) as usize
    }
}

impl Audit {
    /// Compares what `viewers` received of `sent` messages, numbered from 0.
    pub fn of(viewers: &[&Received], sent: u32) -> Self {
        let mut audit = Audit::default();
        for viewer in viewers {
            let mut times = vec![0_u64; sent as usize];
            viewer.numbers.iter().for_each(|number| times[*number as usize] += 1);
            audit.deliveries += viewer.numbers.len() as u64;
            audit.lost += times.iter().filter(|times| **times == 0).count() as u64;
            audit.doubled += times.iter().map(|times| times.saturating_sub(1)).sum::<u64>();
            audit.disordered += u64::from(viewer.numbers != viewers[0].numbers);
        }
        audit
    }

    pub fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.disordered == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_doubled_or_disordered_is_counted() {
        let viewer =
            |numbers: &[u32]| Received { numbers: numbers.to_vec(), ..Received::default() };
        assert!(Audit::of(&[&viewer(&[1, 0, 2]), &viewer(&[1, 0, 2])], 3).is_clean());
        let audit = Audit::of(&[&viewer(&[0, 1, 2]), &viewer(&[0, 2, 2])], 3);
        assert_eq!((audit.lost, audit.doubled, audit.disordered), (1, 1, 1));
    }

    #[test]
    fn frames_are_counted_by_their_topics() {
        let mut received = Received::default();
        let message = plan::marked(3);
        for text in [
            &*format!("[null,null,\"lv:room-1\",\"diff\",{{\"0\":\"{message}\"}}]"),
            "[null,null,\"lv:people-1\",\"diff\",{}]",
            "[\"1\",\"7\",\"lv:phx-1\",\"phx_reply\",{}]",
            &*message,
        ] {
            received.frame(text, |_| Duration::from_millis(1));
        }
        let Frames { feed, people, own } = received.frames;
        assert_eq!((feed.frames, people.frames, own.frames), (2, 1, 1));
        assert_eq!(received.messages(), 2);
    }
}
