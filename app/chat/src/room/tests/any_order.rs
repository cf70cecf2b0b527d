//! What holds whatever people do, in whatever order.

use super::*;

const PEOPLE: u8 = 5;

#[derive(Clone, Debug)]
struct Step {
    who: u8,
    other: u8,
    act: u8,
    choice: u8,
    later_ms: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (1..=PEOPLE, 1..=PEOPLE, 0_u8..20, any::<u8>(), 0_i64..200_000)
        .prop_map(|(who, other, act, choice, later_ms)| Step { who, other, act, choice, later_ms })
}

fn opening() -> impl Strategy<Value = Opening> {
    let visibilities = [Visibility::Public, Visibility::Unlisted, Visibility::Private];
    (prop::sample::select(visibilities.to_vec()), any::<bool>(), any::<bool>()).prop_map(
        |(visibility, of_two, fleeting)| {
            let with = of_two.then(ben);
            let visibility = if of_two { Visibility::Private } else { visibility };
            let retention =
                if fleeting { Retention::Fleeting { idle_ms: 60_000 } } else { Retention::Kept };
            Opening { visibility, retention, with, ..kitchen() }
        },
    )
}

impl Step {
    fn command(&self, room: &Room, now_ms: i64) -> Command {
        let (by, other, at_ms) = (guest(self.who), guest(self.other), T0 + now_ms);
        let number = u64::from(self.choice % 8);
        let target = || Target {
            number,
            author: guest(self.choice % PEOPLE + 1).id,
            body: (self.choice < 200).then(|| "something".into()),
            said: number + 1,
            cards: (0..self.choice % 3).map(|place| card(&link(place))).collect(),
            dismissed: Vec::new(),
            as_of: u64::MAX,
        };
        let act = match self.act {
            0..=2 => return say(by, number, &format!("text {}", self.choice), now_ms),
            3 => {
                let (body, links) = (format!("text {}", self.choice), vec![link(1)]);
                Act::Edit { target: target(), body, links }
            }
            4 => Act::Remove { target: target() },
            5 => Act::Retitle { to: (self.choice < 128).then(|| format!("t {}", self.choice)) },
            6 => Act::SetVisibility { to: visibility(self.choice), present: vec![other] },
            7 => Act::SetRetention { to: retention(self.choice) },
            8 => Act::Knock { answer_within_ms: 600_000 },
            9 => Act::Admit { who: other },
            10 => Act::TurnAway { who: other },
            11 => Act::SetRole { who: other, role: role(self.choice) },
            12 => Act::Transfer { to: other },
            13 => Act::Expel { who: other },
            14 => Act::Pardon { who: other },
            15 => Act::Leave,
            17 => {
                let card = card(&link(self.choice % 4));
                let (target, said, place) = (target(), number + 1, 0);
                return Command::Attach(Attach { target, said, place, card, at_ms });
            }
            18 => Act::DismissCard { target: target(), link: link(self.choice % 4) },
            16 => Act::NoteRename { from: GuestName::friendly(u64::from(self.choice)) },
            _ if self.choice < 20 => Act::End { reason: None },
            _ if self.choice < 30 => Act::Erase,
            _ => return Command::Expire { empty_since_ms: room.active_at_ms, at_ms },
        };
        Command::Act(Order { by, act, at_ms })
    }
}

fn link(choice: u8) -> String {
    format!("https://example.org/{choice}")
}

fn visibility(choice: u8) -> Visibility {
    [Visibility::Public, Visibility::Unlisted, Visibility::Private][usize::from(choice % 3)]
}

fn retention(choice: u8) -> Retention {
    if choice < 128 { Retention::Kept } else { Retention::Fleeting { idle_ms: 1_000_000 } }
}

fn role(choice: u8) -> Role {
    [Role::Member, Role::CoOwner, Role::Owner, Role::Expelled][usize::from(choice % 4)]
}

/// What everyone could do before an event says whether it may follow.
fn check_event(room: &Room, event: &Event) -> Result<(), TestCaseError> {
    if let Event::CardAttached { .. } = event {
        prop_assert_eq!(room.stage, Some(Stage::Open), "nothing is added after the end");
    }
    let Some(by) = event.by() else { return Ok(()) };
    let role = room.role(&by.id);
    match event {
        Event::Posted(posted) => {
            prop_assert_eq!(posted.number, room.messages + 1, "no gap");
            prop_assert!(role >= Role::Visitor, "nobody outside speaks");
        }
        Event::Knocked { .. } => prop_assert_eq!(role, Role::Outsider),
        Event::Transferred { .. } | Event::RoleChanged { .. } | Event::Erased { .. } => {
            prop_assert!(role == Role::Owner || room.people.are_two(), "the owner alone");
        }
        Event::Expelled { who, .. } => {
            prop_assert!(room.role(&who.id) < role, "nobody expels their like, or better");
        }
        _ => prop_assert!(role >= Role::Visitor),
    }
    Ok(())
}

fn check_room(room: &Room, opening: &Opening) -> Result<(), TestCaseError> {
    let owners = (1..=PEOPLE).filter(|who| room.role(&guest(*who).id) == Role::Owner).count();
    let is_left = room.stage != Some(Stage::Erased);
    prop_assert_eq!(owners, usize::from(is_left), "exactly one owner");
    prop_assert!(!room.people.standings().keys().any(|who| Some(who) == room.people.owner()));
    if is_left && opening.with.is_some() {
        let inside = (1..=PEOPLE).filter(|who| room.role(&guest(*who).id) >= Role::Member);
        prop_assert_eq!(inside.collect::<Vec<_>>(), [1, 2], "exactly the two");
        prop_assert_eq!(room.visibility, Visibility::Private);
    }
    if !is_left {
        let rest = Room { stage: room.stage, messages: room.messages, ..Room::default() };
        prop_assert_eq!(room, &rest, "nothing else is left");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_room_stays_a_room(
        opening in opening(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut room = room(&[Event::Opened(opening.clone())]);
        let mut now_ms = 0;
        for step in steps {
            now_ms += step.later_ms;
            for event in room.decide(&step.command(&room, now_ms)).unwrap_or_default() {
                check_event(&room, &event)?;
                room.apply(&event);
                check_room(&room, &opening)?;
            }
        }
    }

    /// Who is who, and how far the room has come, is the same from events without their texts. And
    /// what was read back decides as what was kept.
    #[test]
    fn events_without_their_texts_lead_to_the_same_people(
        opening in opening(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let first = Event::Opened(opening);
        let mut kept = room(std::slice::from_ref(&first));
        let mut redacted = room(&[first.redacted().expect("somebody opened it")]);
        let mut now_ms = 0;
        for step in steps {
            now_ms += step.later_ms;
            for event in kept.decide(&step.command(&kept, now_ms)).unwrap_or_default() {
                let text = serde_json::to_string(&event).expect("events are plain data");
                prop_assert_eq!(&serde_json::from_str::<Event>(&text).expect("readable"), &event);
                let without = event.redacted().expect("somebody did it, or nobody");
                prop_assert_eq!(without.redacted(), Some(without.clone()), "twice is once");
                kept.apply(&event);
                redacted.apply(&without);
            }
            let people = |room: &Room| (room.stage, room.messages, room.people.clone());
            prop_assert_eq!(people(&kept), people(&redacted));
            let told = |room: &Room| (room.visibility, room.retention, room.active_at_ms);
            prop_assert_eq!(told(&kept), told(&redacted));
            let snapshot = serde_json::to_string(&kept).expect("a room is plain data");
            let restored: Room = serde_json::from_str(&snapshot).expect("just written");
            prop_assert_eq!(&restored, &kept);
        }
    }
}
