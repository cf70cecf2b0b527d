//! What a reader does with a hint.

/// Decides what a reader that shows a room up to a certain change does with each hint, so that what
/// it shows is always what the timeline holds, whatever happens to hints on the way.
///
/// Subscribe, then read a page of the timeline, then start from the page's
/// [`Head::change`](crate::Head).
///
/// ```
/// use chat::{Follower, Step};
///
/// let mut follower = Follower::at(7);
/// assert_eq!(follower.hint(8), Step::Apply);
/// assert_eq!(follower.hint(8), Step::Ignore);
/// assert_eq!(follower.hint(10), Step::Reload);
/// follower.reloaded(10);
/// assert_eq!(follower.hint(11), Step::Apply);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    next: u64,
}

/// What to do with a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// It is the next change: show it.
    Apply,
    /// It is shown already.
    Ignore,
    /// Something before it is missing: read the timeline and call [`Follower::reloaded`].
    Reload,
}

impl Follower {
    /// For a reader that shows every change up to and including number `change`; 0 for none.
    pub fn at(change: u64) -> Self {
        Self { next: change + 1 }
    }

    /// Takes note of a hint about change number `change`. [`Step::Apply`] counts it as shown.
    pub fn hint(&mut self, change: u64) -> Step {
        if change < self.next {
            Step::Ignore
        } else if change == self.next {
            self.next += 1;
            Step::Apply
        } else {
            Step::Reload
        }
    }

    /// Whether a head read from the timeline is ahead of what is shown: the last hints may have been
    /// lost with none after them to tell.
    pub fn is_behind(&self, head_change: u64) -> bool {
        head_change >= self.next
    }

    /// The timeline was read at `change`, and everything up to it is shown. An answer older than what
    /// is shown changes nothing, and must not be shown.
    pub fn reloaded(&mut self, change: u64) {
        self.next = self.next.max(change + 1);
    }

    /// The last change that is shown; 0 for none.
    pub fn shown(&self) -> u64 {
        self.next - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What can happen between the projection and a reader.
    #[derive(Clone, Debug)]
    enum Fate {
        /// The log grows by one change, and a hint is on its way.
        Change,
        /// The hint on its way at this place (modulo how many there are) arrives and is gone.
        Deliver(usize),
        /// It arrives, and will arrive again.
        Double(usize),
        /// It never arrives.
        Lose(usize),
        /// The reader looks at the head by itself.
        CheckHead,
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            4 => Just(Fate::Change),
            4 => any::<usize>().prop_map(Fate::Deliver),
            1 => any::<usize>().prop_map(Fate::Double),
            2 => any::<usize>().prop_map(Fate::Lose),
            1 => Just(Fate::CheckHead),
        ]
    }

    struct Reader {
        follower: Follower,
        shown: Vec<u64>,
    }

    impl Reader {
        fn hint(&mut self, change: u64, timeline: &[u64]) {
            match self.follower.hint(change) {
                Step::Apply => self.shown.push(change),
                Step::Ignore => {}
                Step::Reload => self.reload(timeline),
            }
        }

        fn reload(&mut self, timeline: &[u64]) {
            self.shown = timeline.to_vec();
            self.follower.reloaded(timeline.len() as u64);
        }

        fn check_head(&mut self, timeline: &[u64]) {
            if self.follower.is_behind(timeline.len() as u64) {
                self.reload(timeline);
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_always_a_beginning_of_the_timeline_and_in_the_end_all_of_it(
            joined_after in 0_u64..5,
            fates in prop::collection::vec(fate(), 0..200),
        ) {
            let mut timeline: Vec<u64> = (1..=joined_after).collect();
            let mut on_the_way: Vec<u64> = timeline.clone();
            let mut reader = Reader { follower: Follower::at(joined_after), shown: timeline.clone() };
            for fate in fates {
                let place = |at: usize| (!on_the_way.is_empty()).then(|| at % on_the_way.len());
                match fate {
                    Fate::Change => {
                        let number = timeline.len() as u64 + 1;
                        timeline.push(number);
                        on_the_way.push(number);
                    }
                    Fate::Deliver(at) => if let Some(at) = place(at) {
                        let change = on_the_way.remove(at);
                        reader.hint(change, &timeline);
                    },
                    Fate::Double(at) => if let Some(at) = place(at) {
                        reader.hint(on_the_way[at], &timeline);
                    },
                    Fate::Lose(at) => if let Some(at) = place(at) {
                        on_the_way.remove(at);
                    },
                    Fate::CheckHead => reader.check_head(&timeline),
                }
                prop_assert!(timeline.starts_with(&reader.shown));
                prop_assert_eq!(reader.follower.shown(), reader.shown.len() as u64);
            }
            reader.check_head(&timeline);
            prop_assert_eq!(reader.shown, timeline);
        }
    }

    #[test]
    fn an_old_answer_does_not_take_the_reader_back() {
        let mut follower = Follower::at(7);
        follower.reloaded(3);
        assert_eq!(follower.shown(), 7);
    }
}
