//! What came of the fetches of one link, and for how long that counts. Pure.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::{Link, Page, PageImage, Picture, Preview, Reason, Status, fetching::Fetched};

/// A result is not fetched again for so long.
const FRESH_MS: i64 = 30 * 60 * 1_000;
/// A result is of use for so long, if it cannot be fetched again.
pub(crate) const USEFUL_MS: i64 = 24 * 60 * 60 * 1_000;
/// A failure that may pass is an answer for so long.
const PASSING_MS: i64 = 2 * 60 * 1_000;
/// A failure that lasts is an answer for so long.
const LASTING_MS: i64 = 10 * 60 * 1_000;
/// Whoever asks again is given what is so young.
const JUST_NOW_MS: i64 = 10 * 1_000;

/// What came of the fetches of one link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The last that went well.
    pub good: Option<Good>,
    /// The last of all, if it went badly.
    pub failure: Option<Failure>,
    /// Fetches since the good one, it included.
    pub attempts: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Good {
    pub fetched: Arc<Fetched>,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub reason: Reason,
    pub at_ms: i64,
}

impl Known {
    /// Takes note of one more fetch.
    pub fn learn(&mut self, landed: &Result<Arc<Fetched>, Reason>, at_ms: i64) {
        match landed {
            Ok(fetched) => {
                self.good = Some(Good { fetched: fetched.clone(), at_ms });
                (self.failure, self.attempts) = (None, 1);
            }
            Err(reason) => {
                self.failure = Some(Failure { reason: reason.clone(), at_ms });
                self.attempts = self.attempts.saturating_add(1);
            }
        }
    }

    /// The good result, if it is as new as one that is fetched now.
    pub fn fresh(&self, now_ms: i64) -> Option<&Arc<Fetched>> {
        self.good_within(FRESH_MS, now_ms).filter(|_| self.failure.is_none())
    }

    /// The good result, if it is of use where there is no better one.
    pub fn useful(&self, now_ms: i64) -> Option<&Arc<Fetched>> {
        self.good_within(USEFUL_MS, now_ms)
    }

    /// The failure that is an answer still.
    pub fn remembered(&self, now_ms: i64) -> Option<&Reason> {
        let failure = self.failure.as_ref()?;
        let for_ms = if failure.reason.is_passing() { PASSING_MS } else { LASTING_MS };
        is_within(for_ms, failure.at_ms, now_ms).then_some(&failure.reason)
    }

    /// Whether this is the answer, or it is fetched once more; `again`: for somebody who saw it.
    pub fn is_answer(&self, again: bool, now_ms: i64) -> bool {
        match again {
            false => self.fresh(now_ms).is_some() || self.remembered(now_ms).is_some(),
            true => self.last_ms().is_some_and(|at_ms| is_within(JUST_NOW_MS, at_ms, now_ms)),
        }
    }

    /// When it was fetched last, well or not.
    pub fn last_ms(&self) -> Option<i64> {
        let good = self.good.as_ref().map(|good| good.at_ms);
        good.max(self.failure.as_ref().map(|failure| failure.at_ms))
    }

    /// Whether nothing in it is of use to anybody.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.useful(now_ms).is_none() && self.remembered(now_ms).is_none()
    }

    /// As a page shows it.
    pub fn preview(&self, link: &Link, now_ms: i64) -> Preview {
        let status = match &self.failure {
            Some(failure) => Status::Error(failure.reason.clone()),
            None => Status::Processed,
        };
        self.preview_as(link, status, now_ms)
    }

    /// As a page shows it while it is fetched once more, or after that came to nothing.
    pub fn preview_as(&self, link: &Link, status: Status, now_ms: i64) -> Preview {
        let good = self.good.as_ref();
        let went_badly = matches!(status, Status::Error(_));
        Preview {
            link: link.clone(),
            page: good.map(|good| good.fetched.page(link)),
            stale: good.is_some() && (went_badly || self.fresh(now_ms).is_none()),
            fetched_at_ms: good.map(|good| good.at_ms),
            attempts: self.attempts,
            status,
        }
    }

    fn good_within(&self, for_ms: i64, now_ms: i64) -> Option<&Arc<Fetched>> {
        let good = self.good.as_ref()?;
        is_within(for_ms, good.at_ms, now_ms).then_some(&good.fetched)
    }
}

/// A clock that was set back makes nothing live for ever.
fn is_within(for_ms: i64, at_ms: i64, now_ms: i64) -> bool {
    (0..for_ms).contains(&now_ms.saturating_sub(at_ms))
}

impl Fetched {
    /// As a page shows it.
    pub fn page(&self, link: &Link) -> Page {
        let image = self.picture.as_ref().map(|picture| PageImage {
            id: page_image_id(link, picture),
            width: picture.width,
            height: picture.height,
        });
        Page {
            url: self.url.clone(),
            site: self.site.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            image,
        }
    }
}

/// The name of the picture of a page: 16 digits of the link's hash and 16 of the picture's, so that
/// it is clear whose picture it is and two links never share one.
pub(crate) fn page_image_id(link: &Link, picture: &Picture) -> String {
    format!("{}{}", hash(link.as_str().as_bytes(), 16), hash(&picture.bytes, 16))
}

/// The first `digits` hexadecimal digits of the SHA-256 of `bytes`, at most 64.
pub(crate) fn hash(bytes: &[u8], digits: usize) -> String {
    let hash = Sha256::digest(bytes);
    let mut text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fetched, link};

    const NOON_MS: i64 = 1_000_000_000;

    #[track_caller]
    fn check(known: &Known, now_ms: i64, status: &Status, stale: bool, attempts: u32) {
        let preview = known.preview(&link("https://tea.test/"), now_ms);
        assert_eq!((&preview.status, preview.stale, preview.attempts), (status, stale, attempts));
    }

    #[test]
    fn a_failure_keeps_the_last_good_result_and_makes_it_old() {
        let mut known = Known::default();
        let late = || Reason::Failed("late".to_owned());
        known.learn(&Ok(fetched("one")), NOON_MS);
        check(&known, NOON_MS, &Status::Processed, false, 1);
        known.learn(&Err(late()), NOON_MS + 1);
        check(&known, NOON_MS + 1, &Status::Error(late()), true, 2);
        known.learn(&Err(late()), NOON_MS + 2);
        check(&known, NOON_MS + 2, &Status::Error(late()), true, 3);
        let preview = known.preview(&link("https://tea.test/"), NOON_MS + 2);
        assert_eq!(preview.page.expect("the old one").title.as_deref(), Some("one"));
        assert_eq!(preview.fetched_at_ms, Some(NOON_MS));
        known.learn(&Ok(fetched("two")), NOON_MS + 3);
        check(&known, NOON_MS + 3, &Status::Processed, false, 1);
    }

    #[test]
    fn results_are_fresh_then_old_then_of_no_use() {
        let mut known = Known::default();
        known.learn(&Ok(fetched("one")), NOON_MS);
        assert!(known.fresh(NOON_MS + FRESH_MS - 1).is_some());
        assert!(known.fresh(NOON_MS + FRESH_MS).is_none());
        check(&known, NOON_MS + FRESH_MS, &Status::Processed, true, 1);
        assert!(known.useful(NOON_MS + USEFUL_MS - 1).is_some());
        assert!(known.useful(NOON_MS + USEFUL_MS).is_none());
        assert!(known.fresh(NOON_MS - 1).is_none(), "a result from the future is none");
        assert!(!known.is_over(NOON_MS) && known.is_over(NOON_MS + USEFUL_MS));
    }

    #[test]
    fn failures_are_remembered_for_as_long_as_they_may_last() {
        for (reason, for_ms) in
            [(Reason::Failed("late".to_owned()), PASSING_MS), (Reason::Status(404), LASTING_MS)]
        {
            let mut known = Known::default();
            known.learn(&Err(reason.clone()), NOON_MS);
            assert_eq!(known.remembered(NOON_MS + for_ms - 1), Some(&reason));
            assert_eq!(known.remembered(NOON_MS + for_ms), None);
            assert!(known.is_answer(false, NOON_MS + for_ms - 1));
            assert!(!known.is_answer(true, NOON_MS + JUST_NOW_MS), "who asks again is heard");
            assert!(known.is_answer(true, NOON_MS + JUST_NOW_MS - 1), "but not within seconds");
        }
    }
}
