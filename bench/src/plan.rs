//! Who does what when, in a room that is measured.

/// How long somebody writes at one message, milliseconds.
const WRITING_MS: u64 = 2_000;
/// How often a browser tells meanwhile that somebody types, milliseconds (`typing.js`).
const TELL_EVERY_MS: u64 = 1_500;
/// How often a browser tells how far somebody has read, milliseconds (`reading.js`).
const READ_EVERY_MS: u64 = 2_000;
/// What a message is found by in a frame.
const MARK: &str = "benchmark-";

/// How much is said.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub messages: u32,
    /// Messages per second.
    pub rate: u32,
    /// Pages that write, in turn.
    pub writers: usize,
    /// Pages that tell how far they have read.
    pub readers: usize,
}

/// What a page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Tells that somebody types.
    Types,
    /// Posts the message with this number, from 0, which ends the typing.
    Posts(u32),
    /// Tells that everything was seen.
    Reads,
}

/// Something that the page with this number does at this time after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at_ms: u64,
    pub page: usize,
    pub deed: Deed,
}

impl Pace {
    /// Everything that happens, in order. Whoever posts has typed before, and told so as a browser
    /// does.
    pub fn plan(self) -> Vec<Step> {
        let messages = (0..self.messages).flat_map(|number| self.message(number));
        let readings = (0..self.readers).flat_map(|page| self.reading(page));
        let mut steps: Vec<_> = messages.chain(readings).collect();
        steps.sort_by_key(|step| step.at_ms);
        steps
    }

    /// The numbers of the messages that `page` posts.
    pub fn of(self, page: usize) -> impl Iterator<Item = u32> {
        (0..self.messages).filter(move |number| *number as usize % self.writers == page)
    }

    fn message(self, number: u32) -> impl Iterator<Item = Step> {
        let page = number as usize % self.writers;
        let begun_ms = self.after_ms(number);
        let typing = (0..WRITING_MS.div_ceil(TELL_EVERY_MS))
            .map(move |time| (begun_ms + time * TELL_EVERY_MS, Deed::Types));
        let posting = [(begun_ms + WRITING_MS, Deed::Posts(number))];
        typing.chain(posting).map(move |(at_ms, deed)| Step { at_ms, page, deed })
    }

    /// Pages tell one after the other, from the first message on.
    fn reading(self, page: usize) -> impl Iterator<Item = Step> {
        let shift_ms = page as u64 * READ_EVERY_MS / self.readers as u64;
        let last_ms = WRITING_MS + self.after_ms(self.messages);
        (WRITING_MS + shift_ms..last_ms).step_by(READ_EVERY_MS as usize).map(move |at_ms| Step {
            at_ms,
            page,
            deed: Deed::Reads,
        })
    }

    /// How long after the first message the one with this number is begun.
    fn after_ms(self, number: u32) -> u64 {
        u64::from(number) * 1_000 / u64::from(self.rate)
    }
}

/// The text of a message.
pub fn marked(message: u32) -> String {
    format!("{MARK}{message:06}-of-a-usual-length-for-a-message")
}

/// A frame of `bytes` with the message in it, for a server that hands on what it gets.
pub fn padded(message: u32, bytes: usize) -> String {
    format!("{:<bytes$}", marked(message))
}

/// Which message `frame` has, if any.
pub fn number(frame: &str) -> Option<u32> {
    let (_, rest) = frame.split_once(MARK)?;
    rest.get(..6)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_posts_has_typed_before_and_each_in_turn() {
        let plan = Pace { messages: 3, rate: 1, writers: 2, readers: 0 }.plan();
        let of = |page| {
            let steps = plan.iter().filter(move |step| step.page == page);
            steps.map(|step| (step.at_ms, step.deed)).collect::<Vec<_>>()
        };
        let (types, posts) = (Deed::Types, Deed::Posts);
        assert_eq!(of(1), [(1_000, types), (2_500, types), (3_000, posts(1))]);
        assert_eq!(of(0).len(), 6);
        assert!(plan.is_sorted_by_key(|step| step.at_ms));
    }

    #[test]
    fn everyone_tells_every_two_seconds_how_far_they_have_read() {
        let plan = Pace { messages: 4, rate: 1, writers: 1, readers: 2 }.plan();
        let reads = plan.iter().filter(|step| step.deed == Deed::Reads);
        let reads: Vec<_> = reads.map(|step| (step.at_ms, step.page)).collect();
        assert_eq!(reads, [(2_000, 0), (3_000, 1), (4_000, 0), (5_000, 1)]);
    }

    #[test]
    fn a_message_is_found_in_a_frame_again() {
        assert_eq!(number(&padded(17, 300)), Some(17));
        assert_eq!(padded(17, 300).len(), 300);
        assert_eq!(number("[null,null,\"lv:people-1\",\"diff\",{}]"), None);
    }
}
