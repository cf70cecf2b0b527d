//! Two people and their private chat: which room it is, and who waits for whose answer.
//!
//! Each pair is an aggregate of its own, so the log itself lets one room win when both ask each other
//! at once. Pure, as a room is.

use eventsourcing::{Aggregate, EventPayload};
use identity::{Guest, GuestId, GuestName};
use serde::{Deserialize, Serialize};

use crate::{
    RoomId,
    claim::Claimed,
    room::{Buckets, Limit, Refusal},
};

/// Who was told no may ask again after this long.
pub const ASK_AGAIN_AFTER_MS: i64 = 10 * 60 * 1_000;

/// How often one of the two may ask the other.
const ASKING: Limit = Limit { burst: 5, every_ms: 60_000 };

/// What one of the two wants, or time brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// That there is a room: this one, if there is none, or nothing is left of the one before.
    Pair {
        wanted: Claimed,
        instead_of: Option<RoomId>,
    },
    Invite {
        by: Guest,
        other_is_there: bool,
        at_ms: i64,
        until_ms: i64,
    },
    Accept {
        by: GuestId,
        room: RoomId,
        at_ms: i64,
    },
    /// They are in the room, by whatever way.
    Enter {
        by: GuestId,
        room: RoomId,
    },
    Decline {
        by: GuestId,
        at_ms: i64,
    },
    Withdraw {
        by: GuestId,
    },
    Expire {
        at_ms: i64,
    },
}

/// What happened between the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pairing {
    /// The room, and how it begins: whoever finds it not open yet can finish that.
    Paired(Claimed),
    Invited {
        by: Guest,
        at_ms: i64,
        until_ms: i64,
    },
    Accepted,
    Declined {
        at_ms: i64,
    },
    /// Whoever asked left before there was an answer.
    Withdrawn,
    Expired,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPaired {
    /// There is a room already.
    #[error("The two have a room already.")]
    Already(Box<Claimed>),
    #[error(transparent)]
    Refused(Refusal),
}

/// Two people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pair {
    paired: Option<Claimed>,
    pending: Option<Pending>,
    accepted: bool,
    declined: Option<Declined>,
    /// Who asked last, if that came to nothing.
    unanswered: Option<GuestId>,
    asked: Buckets,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    by: GuestId,
    until_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Declined {
    asked_by: GuestId,
    at_ms: i64,
}

/// The name of the pair, whoever of them comes first.
pub(crate) fn pair_id(one: &GuestId, other: &GuestId) -> String {
    let (smaller, larger) = if one < other { (one, other) } else { (other, one) };
    format!("{smaller}:{larger}")
}

impl EventPayload for Pairing {
    fn name(&self) -> &'static str {
        match self {
            Self::Paired(_) => "Paired",
            Self::Invited { .. } => "Invited",
            Self::Accepted => "Accepted",
            Self::Declined { .. } => "Declined",
            Self::Withdrawn => "Withdrawn",
            Self::Expired => "Expired",
        }
    }

    /// Without the names of the two.
    fn redacted(&self) -> Option<Self> {
        let mut redacted = self.clone();
        match &mut redacted {
            Self::Paired(claimed) => claimed.opening.redact(),
            Self::Invited { by, .. } => by.name = GuestName::erased(),
            Self::Accepted | Self::Declined { .. } | Self::Withdrawn | Self::Expired => {
                return None;
            }
        }
        Some(redacted)
    }
}

impl Aggregate for Pair {
    const KIND: &'static str = "pair";
    const SNAPSHOT_SCHEMA: u32 = 2;
    type Command = Ask;
    type Event = Pairing;
    type Refusal = NotPaired;

    fn decide(&self, ask: &Ask) -> Result<Vec<Pairing>, NotPaired> {
        match ask {
            Ask::Pair { wanted, instead_of } => self.decide_pair(wanted, instead_of.as_ref()),
            Ask::Invite { by, other_is_there, at_ms, until_ms } => {
                let decided = self.decide_invite(by, *other_is_there, *at_ms, *until_ms);
                decided.map_err(NotPaired::Refused)
            }
            Ask::Accept { by, room, at_ms } => {
                self.decide_accept(by, room, *at_ms).map_err(NotPaired::Refused)
            }
            Ask::Enter { by, room } => Ok(self.decide_enter(by, room).into_iter().collect()),
            Ask::Decline { by, at_ms } => {
                let asked = self.asked_by_other_than(by, *at_ms);
                Ok(asked.then_some(Pairing::Declined { at_ms: *at_ms }).into_iter().collect())
            }
            Ask::Withdraw { by } => {
                let asked = self.pending.as_ref().is_some_and(|pending| pending.by == *by);
                Ok(asked.then_some(Pairing::Withdrawn).into_iter().collect())
            }
            Ask::Expire { at_ms } => Ok(self.expiry(*at_ms).into_iter().collect()),
        }
    }

    fn apply(&mut self, event: &Pairing) {
        match event {
            // Another room does not take back a no.
            Pairing::Paired(claimed) => {
                self.paired = Some(claimed.clone());
                (self.pending, self.unanswered, self.accepted) = (None, None, false);
            }
            Pairing::Invited { by, at_ms, until_ms } => {
                self.asked.charge(ASKING, &by.id, *at_ms);
                self.pending = Some(Pending { by: by.id.clone(), until_ms: *until_ms });
                self.unanswered = None;
            }
            Pairing::Accepted => {
                (self.pending, self.accepted) = (None, true);
                (self.declined, self.unanswered) = (None, None);
            }
            Pairing::Declined { at_ms } => {
                self.apply_unanswered();
                let asked_by = self.unanswered.clone();
                self.declined = asked_by.map(|asked_by| Declined { asked_by, at_ms: *at_ms });
            }
            Pairing::Withdrawn => self.pending = None,
            Pairing::Expired => self.apply_unanswered(),
        }
    }
}

impl Pair {
    fn decide_pair(
        &self,
        wanted: &Claimed,
        instead_of: Option<&RoomId>,
    ) -> Result<Vec<Pairing>, NotPaired> {
        match &self.paired {
            Some(paired) if Some(&paired.room) != instead_of => {
                Err(NotPaired::Already(Box::new(paired.clone())))
            }
            Some(_) | None => Ok(vec![Pairing::Paired(wanted.clone())]),
        }
    }

    /// Both ask each other: the second question is the answer to the first.
    fn decide_invite(
        &self,
        by: &Guest,
        other_is_there: bool,
        at_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<Pairing>, Refusal> {
        if self.asked_by_other_than(&by.id, at_ms) {
            return Ok(vec![Pairing::Accepted]);
        }
        let expired = self.expiry(at_ms);
        let waits = self.pending.is_some() && expired.is_none();
        if waits || other_is_there {
            return Ok(Vec::new());
        }
        self.check_declined(&by.id, at_ms)?;
        self.asked.check(ASKING, &by.id, at_ms)?;
        let invited = Pairing::Invited { by: by.clone(), at_ms, until_ms };
        Ok(expired.into_iter().chain([invited]).collect())
    }

    fn decide_accept(
        &self,
        by: &GuestId,
        room: &RoomId,
        at_ms: i64,
    ) -> Result<Vec<Pairing>, Refusal> {
        if self.paired.as_ref().is_none_or(|paired| paired.room != *room) {
            return Err(Refusal::NoInvite);
        }
        if self.asked_by_other_than(by, at_ms) {
            return Ok(vec![Pairing::Accepted]);
        }
        if self.accepted { Ok(Vec::new()) } else { Err(Refusal::NoInvite) }
    }

    /// Whoever comes answers with that, whatever they said before, and however late.
    fn decide_enter(&self, by: &GuestId, room: &RoomId) -> Option<Pairing> {
        let is_theirs = self.paired.as_ref().is_some_and(|paired| paired.room == *room);
        let waits = self.pending.as_ref().map(|pending| &pending.by);
        let asked_by = waits.or(self.unanswered.as_ref());
        let is_answer = is_theirs && asked_by.is_some_and(|asked_by| asked_by != by);
        is_answer.then_some(Pairing::Accepted)
    }

    fn apply_unanswered(&mut self) {
        self.unanswered = self.pending.take().map(|pending| pending.by);
    }

    fn check_declined(&self, by: &GuestId, at_ms: i64) -> Result<(), Refusal> {
        let declined = self.declined.as_ref().filter(|declined| declined.asked_by == *by);
        let Some(declined) = declined else { return Ok(()) };
        let again_ms = declined.at_ms.saturating_add(ASK_AGAIN_AFTER_MS);
        let retry_after_ms = again_ms.saturating_sub(at_ms);
        // More than the whole time: a clock was put back.
        if (1..=ASK_AGAIN_AFTER_MS).contains(&retry_after_ms) {
            return Err(Refusal::Declined { retry_after_ms });
        }
        Ok(())
    }

    fn asked_by_other_than(&self, who: &GuestId, at_ms: i64) -> bool {
        let pending = self.pending.as_ref().filter(|pending| pending.until_ms > at_ms);
        pending.is_some_and(|pending| pending.by != *who)
    }

    fn expiry(&self, at_ms: i64) -> Option<Pairing> {
        let pending = self.pending.as_ref().filter(|pending| pending.until_ms <= at_ms);
        pending.map(|_| Pairing::Expired)
    }
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;
    use proptest::prelude::*;

    use super::*;
    use crate::{Retention, Slug, Visibility, event::Opening};

    const HOUR_MS: i64 = 3_600_000;

    struct Two {
        ana: Guest,
        ben: Guest,
    }

    fn two() -> Two {
        Two { ana: GuestSession::fresh().guest(), ben: GuestSession::fresh().guest() }
    }

    impl Two {
        fn room(&self) -> Claimed {
            let opening = Opening {
                slug: Slug::random(),
                title: None,
                owner: self.ana.clone(),
                visibility: Visibility::Private,
                retention: Retention::Kept,
                with: Some(self.ben.clone()),
                at_ms: 0,
            };
            Claimed { room: RoomId::random(), opening }
        }
    }

    fn invite(by: &Guest, at_ms: i64) -> Ask {
        Ask::Invite { by: by.clone(), other_is_there: false, at_ms, until_ms: at_ms + HOUR_MS }
    }

    fn invited(by: &Guest, at_ms: i64) -> Pairing {
        Pairing::Invited { by: by.clone(), at_ms, until_ms: at_ms + HOUR_MS }
    }

    fn pair(events: &[Pairing]) -> Pair {
        let mut pair = Pair::default();
        events.iter().for_each(|event| pair.apply(event));
        pair
    }

    #[track_caller]
    fn check(sentence: &str, given: &[Pairing], when: Ask, then: Result<Vec<Pairing>, NotPaired>) {
        assert_eq!(pair(given).decide(&when), then, "{sentence}");
    }

    fn no<T>(refusal: Refusal) -> Result<T, NotPaired> {
        Err(NotPaired::Refused(refusal))
    }

    #[test]
    fn rooms() {
        let two = two();
        let (first, second) = (two.room(), two.room());
        let (room, paired) = (first.room.clone(), Pairing::Paired(first.clone()));
        let given = [paired.clone()];
        let ask = |wanted: &Claimed, instead_of| Ask::Pair { wanted: wanted.clone(), instead_of };
        check("two get a room", &[], ask(&first, None), Ok(vec![paired]));
        check(
            "and keep it",
            &given,
            ask(&second, None),
            Err(NotPaired::Already(Box::new(first.clone()))),
        );
        let again = Ok(vec![Pairing::Paired(second.clone())]);
        check("until nothing is left of it", &given, ask(&second, Some(room.clone())), again);
        let given = [Pairing::Paired(first), Pairing::Paired(second.clone())];
        let late = Err(NotPaired::Already(Box::new(second.clone())));
        check("of two who notice that, one is first", &given, ask(&second, Some(room)), late);
    }

    #[test]
    fn invitations() {
        let two = two();
        let (ana, ben) = (&two.ana, &two.ben);
        let room = two.room();
        let accept = |by: &Guest, at_ms| {
            let (by, room) = (by.id.clone(), room.room.clone());
            Ask::Accept { by, room, at_ms }
        };
        let given = [Pairing::Paired(room.clone())];
        check("one asks the other", &given, invite(ana, 0), Ok(vec![invited(ana, 0)]));
        let there =
            Ask::Invite { by: ana.clone(), other_is_there: true, at_ms: 0, until_ms: HOUR_MS };
        check("who is there need not be asked", &given, there, Ok(vec![]));
        check("nobody accepts what was not asked", &given, accept(ben, 0), no(Refusal::NoInvite));

        let given = [Pairing::Paired(room.clone()), invited(ana, 0)];
        check("asking again is nothing", &given, invite(ana, 1), Ok(vec![]));
        check("asking back is accepting", &given, invite(ben, 1), Ok(vec![Pairing::Accepted]));
        check("who was asked accepts", &given, accept(ben, 1), Ok(vec![Pairing::Accepted]));
        check("who asked does not", &given, accept(ana, 1), no(Refusal::NoInvite));
        let elsewhere = Ask::Accept { by: ben.id.clone(), room: RoomId::random(), at_ms: 1 };
        check("not for another room", &given, elsewhere, no(Refusal::NoInvite));
        check("not too late", &given, accept(ben, HOUR_MS), no(Refusal::NoInvite));
        let expire = |at_ms| Ask::Expire { at_ms };
        check("it expires", &given, expire(HOUR_MS), Ok(vec![Pairing::Expired]));
        check("not before its time", &given, expire(HOUR_MS - 1), Ok(vec![]));
        let again = Ok(vec![Pairing::Expired, invited(ana, HOUR_MS)]);
        check("then one may ask again", &given, invite(ana, HOUR_MS), again);
        let withdraw = |by: &Guest| Ask::Withdraw { by: by.id.clone() };
        check("who asked takes it back", &given, withdraw(ana), Ok(vec![Pairing::Withdrawn]));
        check("nobody else does", &given, withdraw(ben), Ok(vec![]));

        let given = [Pairing::Paired(room.clone()), invited(ana, 0), Pairing::Accepted];
        check("accepting twice is accepting", &given, accept(ben, 2), Ok(vec![]));
        check("nothing is left to expire", &given, expire(HOUR_MS), Ok(vec![]));
    }

    #[test]
    fn declining() {
        let two = two();
        let (ana, ben) = (&two.ana, &two.ben);
        let decline = |by: &Guest| Ask::Decline { by: by.id.clone(), at_ms: 5 };
        let declined = Pairing::Declined { at_ms: 5 };
        let paired = Pairing::Paired(two.room());
        let given = [paired.clone(), invited(ana, 0)];
        check("who was asked says no", &given, decline(ben), Ok(vec![declined.clone()]));
        check("who asked does not", &given, decline(ana), Ok(vec![]));
        let given = [paired.clone(), invited(ana, 0), declined.clone()];
        check("a no is said once", &given, decline(ben), Ok(vec![]));
        let retry_after_ms = ASK_AGAIN_AFTER_MS - 1;
        let soon = no(Refusal::Declined { retry_after_ms });
        check("who was told no waits", &given, invite(ana, 6), soon.clone());
        let later = 5 + ASK_AGAIN_AFTER_MS;
        check("and may ask again", &given, invite(ana, later), Ok(vec![invited(ana, later)]));
        check("who said no may ask at once", &given, invite(ben, 6), Ok(vec![invited(ben, 6)]));
        let given = [paired, invited(ana, 0), declined, Pairing::Paired(two.room())];
        check("another room does not help", &given, invite(ana, 6), soon);
    }

    #[test]
    fn entering() {
        let two = two();
        let (ana, ben) = (&two.ana, &two.ben);
        let room = two.room();
        let enter = |by: &Guest| Ask::Enter { by: by.id.clone(), room: room.room.clone() };
        let accepted = || Ok(vec![Pairing::Accepted]);
        let paired = Pairing::Paired(room.clone());
        let declined = Pairing::Declined { at_ms: 5 };
        check("nobody waits", std::slice::from_ref(&paired), enter(ben), Ok(vec![]));

        let given = [paired.clone(), invited(ana, 0)];
        check("who was asked comes", &given, enter(ben), accepted());
        check("who asked waits there", &given, enter(ana), Ok(vec![]));
        let elsewhere = Ask::Enter { by: ben.id.clone(), room: RoomId::random() };
        check("another room is no answer", &given, elsewhere, Ok(vec![]));

        for end in [declined.clone(), Pairing::Expired] {
            let given = [paired.clone(), invited(ana, 0), end.clone()];
            check("they come after all", &given, enter(ben), accepted());
            check("who asked is no answer", &given, enter(ana), Ok(vec![]));
            let given = [paired.clone(), invited(ana, 0), end, Pairing::Accepted];
            check("it is told once", &given, enter(ben), Ok(vec![]));
            check("and one may ask again", &given, invite(ana, 6), Ok(vec![invited(ana, 6)]));
        }
        let given = [paired.clone(), invited(ana, 0), Pairing::Withdrawn];
        check("nobody waits any more", &given, enter(ben), Ok(vec![]));
        let given = [paired.clone(), invited(ana, 0), declined.clone(), invited(ben, 6)];
        check("who asks back waits in turn", &given, enter(ben), Ok(vec![]));
        check("and is answered", &given, enter(ana), accepted());
        let given = [Pairing::Paired(two.room()), invited(ana, 0), declined, paired];
        check("of the room before nothing is left", &given, enter(ben), Ok(vec![]));
    }

    #[test]
    fn asking_has_a_pace() {
        let two = two();
        let asked = (0..5).flat_map(|_| [invited(&two.ana, 0), Pairing::Withdrawn]);
        let given: Vec<_> = [Pairing::Paired(two.room())].into_iter().chain(asked).collect();
        let fast = no(Refusal::TooFast { retry_after_ms: 60_000 });
        check("nobody is pestered", &given, invite(&two.ana, 0), fast);
        let later = Ok(vec![invited(&two.ana, 60_000)]);
        check("a minute later one may", &given, invite(&two.ana, 60_000), later);
    }

    #[test]
    fn no_name_is_left_in_a_redacted_event() {
        let two = two();
        for event in [Pairing::Paired(two.room()), invited(&two.ana, 0)] {
            let redacted = event.redacted().expect("it names somebody");
            let text = serde_json::to_string(&redacted).expect("events are plain data");
            for guest in [&two.ana, &two.ben] {
                assert!(!text.contains(guest.name.as_str()), "{text}");
            }
            assert_eq!(redacted.redacted().as_ref(), Some(&redacted), "twice is once");
        }
    }

    fn ask(two: &Two, kind: u8, first: bool, at_ms: i64, room: &RoomId) -> Ask {
        let by = if first { &two.ana } else { &two.ben };
        match kind {
            0 => Ask::Pair { wanted: two.room(), instead_of: None },
            1 => Ask::Pair { wanted: two.room(), instead_of: Some(room.clone()) },
            2..=4 => invite(by, at_ms),
            5 => Ask::Accept { by: by.id.clone(), room: room.clone(), at_ms },
            6 => Ask::Decline { by: by.id.clone(), at_ms },
            7 => Ask::Withdraw { by: by.id.clone() },
            8 => Ask::Enter { by: by.id.clone(), room: room.clone() },
            _ => Ask::Expire { at_ms },
        }
    }

    proptest! {
        /// Whatever the two do: an invitation is open or it is not, and only the other answers it, or
        /// comes when it is over.
        #[test]
        fn an_invitation_is_answered_by_the_other_alone(
            asks in prop::collection::vec((0_u8..10, any::<bool>(), 0_i64..HOUR_MS), 1..60),
        ) {
            let (two, mut pair, mut now_ms) = (two(), Pair::default(), 0);
            let (mut open, mut over): (Option<GuestId>, Option<GuestId>) = (None, None);
            for (kind, first, later_ms) in asks {
                now_ms += later_ms;
                let by = if first { &two.ana.id } else { &two.ben.id };
                let room = pair.paired.as_ref().map_or_else(RoomId::random, |p| p.room.clone());
                for event in pair.decide(&ask(&two, kind, first, now_ms, &room)).unwrap_or_default() {
                    match &event {
                        Pairing::Invited { by, .. } => {
                            prop_assert_eq!(open.replace(by.id.clone()), None, "one at a time");
                            over = None;
                        }
                        Pairing::Accepted => {
                            let asked_by = open.take().or(over.take());
                            prop_assert_ne!(&asked_by.expect("something was asked"), by);
                            over = None;
                        }
                        Pairing::Declined { .. } => {
                            over = open.take();
                            prop_assert_ne!(over.as_ref().expect("something was asked"), by);
                        }
                        Pairing::Withdrawn => prop_assert_eq!(open.take(), Some(by.clone())),
                        Pairing::Expired => {
                            over = open.take();
                            prop_assert!(over.is_some());
                        }
                        Pairing::Paired(_) => (open, over) = (None, None),
                    }
                    pair.apply(&event.redacted().unwrap_or(event));
                }
            }
        }
    }
}
