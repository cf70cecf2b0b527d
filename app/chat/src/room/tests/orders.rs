//! What people order besides speaking: a line per rule.

use super::*;
use crate::event::Edited;

const IDLE_MS: i64 = 60_000;
const MINUTE_MS: i64 = 60_000;

fn cleo() -> Guest {
    guest(3)
}

fn dora() -> Guest {
    guest(4)
}

fn order(by: Guest, act: Act, at_ms: i64) -> Command {
    Command::Act(Order { by, act, at_ms: T0 + at_ms })
}

/// Ana's kitchen: Ben and Cleo have spoken, and Ben is a co-owner. Dora has not.
fn kitchen_with_people() -> Vec<Event> {
    let role = Event::RoleChanged { who: ben(), role: Role::CoOwner, by: ana(), at_ms: T0 };
    vec![opened(), posted(ben(), 1, "hi", 0), posted(cleo(), 2, "ho", 0), role]
}

fn and(given: &[Event], more: &[Event]) -> Vec<Event> {
    [given, more].concat()
}

fn becomes(to: Visibility) -> Event {
    Event::VisibilityChanged { by: ana(), to, stay: vec![], at_ms: T0 }
}

fn private_kitchen() -> Vec<Event> {
    and(&kitchen_with_people(), &[becomes(Visibility::Private)])
}

fn fleeting(idle_ms: i64) -> Opening {
    Opening { retention: Retention::Fleeting { idle_ms }, ..kitchen() }
}

fn two() -> Event {
    Event::Opened(Opening { visibility: Visibility::Private, with: Some(ben()), ..kitchen() })
}

fn knocked(who: Guest, at_ms: i64) -> Event {
    Event::Knocked { who, at_ms: T0 + at_ms }
}

fn knock(who: Guest, at_ms: i64) -> Command {
    order(who, Act::Knock { answer_within_ms: 10 * MINUTE_MS }, at_ms)
}

fn message(number: u64, author: Guest, body: &str) -> Target {
    let (body, as_of) = (Some(body.into()), u64::MAX);
    let (cards, dismissed) = (Vec::new(), Vec::new());
    Target { number, author: author.id, body, said: number + 1, cards, dismissed, as_of }
}

fn not_allowed(action: Action) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::NotAllowed(action))
}

#[test]
fn nothing_happens_in_a_room_that_was_never_opened() {
    check("there is no such room", &[], order(ana(), Act::Leave, 0), Err(Refusal::NoSuchRoom));
    let expire = Command::Expire { empty_since_ms: 0, at_ms: T0 };
    check("nor does its time end", &[], expire, Err(Refusal::NoSuchRoom));
}

#[test]
fn editing() {
    let given = kitchen_with_people();
    let edit = |by: Guest, target: Target, body: &str| {
        order(by, Act::Edit { target, body: body.into(), links: vec![] }, 9)
    };
    let edited = |by: Guest, number, body: &str| {
        let (body, links) = (body.into(), vec![]);
        happens(Event::Edited(Edited { number, by, body, links, at_ms: T0 + 9 }))
    };
    let cleos = || message(2, cleo(), "ho");
    check("one's own", &given, edit(cleo(), cleos(), "hey\r\n"), edited(cleo(), 2, "hey"));
    check("any as an owner", &given, edit(ana(), cleos(), "hey"), edited(ana(), 2, "hey"));
    check("or as a co-owner", &given, edit(ben(), cleos(), "hey"), edited(ben(), 2, "hey"));
    let bens = || message(1, ben(), "hi");
    check("not others'", &given, edit(cleo(), bens(), "x"), not_allowed(Action::EditOthers));
    check("the same text is nothing", &given, edit(cleo(), cleos(), "ho \n"), Ok(vec![]));
    check("no text is refused", &given, edit(cleo(), cleos(), " "), Err(Refusal::Empty));
    let nowhere = |number| edit(ana(), message(number, ana(), "x"), "y");
    check("there is no message 3", &given, nowhere(3), Err(Refusal::NoSuchMessage));
    check("nor a message 0", &given, nowhere(0), Err(Refusal::NoSuchMessage));
    let gone = Target { body: None, ..cleos() };
    check("what is gone stays so", &given, edit(cleo(), gone, "x"), Err(Refusal::NoSuchMessage));
    let removed = and(&given, &[Event::Removed { number: 2, by: cleo(), at_ms: T0 }]);
    let late = edit(cleo(), cleos(), "x");
    check("also what went a moment ago", &removed, late, Err(Refusal::NoSuchMessage));
}

#[test]
fn removing() {
    let given = kitchen_with_people();
    let remove = |by: Guest, target: Target| order(by, Act::Remove { target }, 9);
    let removed = |by: Guest| happens(Event::Removed { number: 2, by, at_ms: T0 + 9 });
    let cleos = || message(2, cleo(), "ho");
    check("one's own", &given, remove(cleo(), cleos()), removed(cleo()));
    check("any as a co-owner", &given, remove(ben(), cleos()), removed(ben()));
    let bens = message(1, ben(), "hi");
    check("not others'", &given, remove(cleo(), bens), not_allowed(Action::RemoveOthers));
    let gone = and(&given, &[Event::Removed { number: 2, by: cleo(), at_ms: T0 }]);
    check("it is removed once", &gone, remove(cleo(), cleos()), Ok(vec![]));
    let again = say(cleo(), 3, "ho", 9);
    check("and may be said again", &gone, again, happens_as(3, cleo(), 3, "ho", 9));
    let ended = and(&given, &[Event::Ended { by: ana(), reason: None, at_ms: T0 }]);
    check("also after the end", &ended, remove(cleo(), cleos()), removed(cleo()));
}

#[test]
fn titles() {
    let given = kitchen_with_people();
    let retitle = |by, to: Option<&str>| order(by, Act::Retitle { to: to.map(Into::into) }, 9);
    let retitled = |by, from: Option<&str>, to: Option<&str>| Event::Retitled {
        by,
        from: from.map(Into::into),
        to: to.map(Into::into),
        at_ms: T0 + 9,
    };
    let first = retitled(ana(), Some("The kitchen"), Some("Tea"));
    check("the owner renames", &given, retitle(ana(), Some("Tea")), happens(first.clone()));
    let none = retitled(ben(), Some("Tea"), None);
    let given_tea = and(&given, &[first]);
    check("a co-owner takes the title off", &given_tea, retitle(ben(), None), happens(none));
    check("the same is nothing", &given_tea, retitle(ana(), Some("Tea")), Ok(vec![]));
    check("no member does", &given, retitle(cleo(), None), not_allowed(Action::Retitle));
}

#[test]
fn visibility() {
    let given = kitchen_with_people();
    let set = |by, to, present: &[Guest]| {
        order(by, Act::SetVisibility { to, present: present.to_vec() }, 9)
    };
    let changed = |to, stay: &[Guest]| {
        let (by, stay, at_ms) = (ben(), stay.to_vec(), T0 + 9);
        happens(Event::VisibilityChanged { by, to, stay, at_ms })
    };
    let present = [ana(), cleo(), dora(), dora()];
    let private = set(ben(), Visibility::Private, &present);
    check("who is there stays", &given, private, changed(Visibility::Private, &[dora()]));
    let unlisted = set(ben(), Visibility::Unlisted, &present);
    check("only behind a door", &given, unlisted, changed(Visibility::Unlisted, &[]));
    check("the same is nothing", &given, set(ben(), Visibility::Public, &present), Ok(vec![]));
    let member = set(cleo(), Visibility::Private, &present);
    check("no member does", &given, member, not_allowed(Action::SetVisibility));
    let expelled = and(&given, &[Event::Expelled { who: dora(), by: ana(), at_ms: T0 }]);
    let private = set(ben(), Visibility::Private, &present);
    check("who is expelled does not stay", &expelled, private, changed(Visibility::Private, &[]));
    let stayed = Event::VisibilityChanged {
        by: ana(),
        to: Visibility::Private,
        stay: vec![dora()],
        at_ms: T0,
    };
    let private = and(&given, &[stayed]);
    check("who stayed speaks", &private, say(dora(), 3, "x", 9), happens_as(3, dora(), 3, "x", 9));
    check(
        "who has spoken does too",
        &private,
        say(cleo(), 3, "x", 9),
        happens_as(3, cleo(), 3, "x", 9),
    );
    check("nobody else does", &private, say(guest(5), 3, "x", 9), Err(Refusal::Private));
}

#[test]
fn retention() {
    let given = kitchen_with_people();
    let set = |by, to| order(by, Act::SetRetention { to }, 9);
    let changed = |by, to| happens(Event::RetentionChanged { by, to, at_ms: T0 + 9 });
    let hour = Retention::Fleeting { idle_ms: 60 * MINUTE_MS };
    check("a room becomes fleeting", &given, set(ben(), hour), changed(ben(), hour));
    check("the same is nothing", &given, set(ana(), Retention::Kept), Ok(vec![]));
    check("no member does", &given, set(cleo(), hour), not_allowed(Action::SetRetention));
    for idle_ms in [i64::MIN, -1, 0, crate::IDLE_MS_MIN - 1, crate::IDLE_MS_MAX + 1] {
        let never = set(ana(), Retention::Fleeting { idle_ms });
        check("within bounds", &given, never, Err(Refusal::IdleTime));
    }
}

#[test]
fn knocking() {
    let given = private_kitchen();
    check("a stranger knocks", &given, knock(dora(), 9), happens(knocked(dora(), 9)));
    check("members need not", &given, knock(cleo(), 9), Ok(vec![]));
    check("nobody needs to at an open door", &kitchen_with_people(), knock(dora(), 9), Ok(vec![]));
    let waiting = and(&given, &[knocked(dora(), 0)]);
    check("once", &waiting, knock(dora(), 9), Ok(vec![]));
    let late = 10 * MINUTE_MS;
    check("an old knock is none", &waiting, knock(dora(), late), happens(knocked(dora(), late)));

    let crowd: Vec<_> = (10..60).map(|who| knocked(guest(who), 0)).collect();
    let crowded = and(&given, &crowd);
    check("fifty wait at most", &crowded, knock(dora(), 9), Err(Refusal::DoorIsBusy));
    check("or waited", &crowded, knock(dora(), late), happens(knocked(dora(), late)));
    let opened = and(&crowded, &[becomes(Visibility::Public), becomes(Visibility::Private)]);
    check("an open door ends the queue", &opened, knock(dora(), 9), happens(knocked(dora(), 9)));
}

#[test]
fn answering_a_knock() {
    let given = and(&private_kitchen(), &[knocked(dora(), 0)]);
    let admit = |by, who| order(by, Act::Admit { who }, 9);
    let admitted = |by| Event::Admitted { who: dora(), by, at_ms: T0 + 9 };
    let away = |by, who| order(by, Act::TurnAway { who }, 9);
    let turned_away = Event::TurnedAway { who: dora(), by: ben(), at_ms: T0 + 9 };
    check("a co-owner lets in", &given, admit(ben(), dora()), happens(admitted(ben())));
    check("no member does", &given, admit(cleo(), dora()), not_allowed(Action::Admit));
    check("no stranger does", &given, admit(dora(), dora()), Err(Refusal::Private));
    check("who is in is in", &given, admit(ana(), cleo()), Ok(vec![]));
    let quiet = private_kitchen();
    check("without a knock, too", &quiet, admit(ana(), dora()), happens(admitted(ana())));
    check("or turns away", &given, away(ben(), dora()), happens(turned_away.clone()));
    check("nobody who did not knock", &quiet, away(ben(), dora()), Ok(vec![]));

    let inside = and(&given, &[admitted(ana())]);
    check(
        "who was let in speaks",
        &inside,
        say(dora(), 3, "x", 9),
        happens_as(3, dora(), 3, "x", 9),
    );
    let outside = and(&given, &[turned_away]);
    let wait = |retry_after_ms| Err(Refusal::TurnedAway { retry_after_ms });
    check("who was not waits", &outside, knock(dora(), 9), wait(KNOCK_AGAIN_AFTER_MS));
    let again = 9 + KNOCK_AGAIN_AFTER_MS;
    check("nearly over", &outside, knock(dora(), again - 1), wait(1));
    check("and knocks again", &outside, knock(dora(), again), happens(knocked(dora(), again)));
    let expelled = and(&given, &[Event::Expelled { who: dora(), by: ana(), at_ms: T0 }]);
    check(
        "who is expelled is not let in",
        &expelled,
        admit(ana(), dora()),
        Err(Refusal::NoSuchPerson),
    );
    check("nor knocks", &expelled, knock(dora(), 9), Err(Refusal::Expelled));
}

#[test]
fn roles() {
    let given = kitchen_with_people();
    let set = |by, who, role| order(by, Act::SetRole { who, role }, 9);
    let changed = |who, role| happens(Event::RoleChanged { who, role, by: ana(), at_ms: T0 + 9 });
    let co_owner = Role::CoOwner;
    check("a member is named", &given, set(ana(), cleo(), co_owner), changed(cleo(), co_owner));
    check("and unnamed", &given, set(ana(), ben(), Role::Member), changed(ben(), Role::Member));
    check("the same is nothing", &given, set(ana(), ben(), co_owner), Ok(vec![]));
    check("no co-owner does", &given, set(ben(), cleo(), co_owner), not_allowed(Action::SetRole));
    check("nobody to themselves", &given, set(ana(), ana(), co_owner), Err(Refusal::Oneself));
    check("members only", &given, set(ana(), dora(), co_owner), Err(Refusal::NoSuchPerson));
    for role in [Role::Owner, Role::Visitor, Role::Outsider, Role::Expelled] {
        check("to nothing else", &given, set(ana(), cleo(), role), not_allowed(Action::SetRole));
    }
}

#[test]
fn handing_over() {
    let given = kitchen_with_people();
    let transfer = |by, to| order(by, Act::Transfer { to }, 9);
    let transferred = Event::Transferred { to: cleo(), by: ana(), at_ms: T0 + 9 };
    check("to a member", &given, transfer(ana(), cleo()), happens(transferred.clone()));
    check("no co-owner does", &given, transfer(ben(), cleo()), not_allowed(Action::Transfer));
    check("not to oneself", &given, transfer(ana(), ana()), Err(Refusal::Oneself));
    check("not to a stranger", &given, transfer(ana(), dora()), Err(Refusal::NoSuchPerson));
    let handed_over = and(&given, &[transferred]);
    let erase = |by| order(by, Act::Erase, 9);
    check("who had it is a co-owner", &handed_over, erase(ana()), not_allowed(Action::Erase));
    let erased = happens(Event::Erased { by: Some(cleo()), messages: 2, at_ms: T0 + 9 });
    check("who has it owns it", &handed_over, erase(cleo()), erased);
}

#[test]
fn expelling() {
    let given = kitchen_with_people();
    let expel = |by, who| order(by, Act::Expel { who }, 9);
    let expelled = |who, by| Event::Expelled { who, by, at_ms: T0 + 9 };
    let happens_to = |who, by| happens(expelled(who, by));
    check("a member", &given, expel(ben(), cleo()), happens_to(cleo(), ben()));
    check("or who is silent", &given, expel(ben(), dora()), happens_to(dora(), ben()));
    check("a co-owner, by the owner", &given, expel(ana(), ben()), happens_to(ben(), ana()));
    check("never the owner", &given, expel(ben(), ana()), not_allowed(Action::Transfer));
    let role = Event::RoleChanged { who: cleo(), role: Role::CoOwner, by: ana(), at_ms: T0 };
    let two_co_owners = and(&given, &[role]);
    check("no other co-owner", &two_co_owners, expel(ben(), cleo()), not_allowed(Action::SetRole));
    check("not oneself", &given, expel(ana(), ana()), Err(Refusal::Oneself));
    check("no member does", &given, expel(cleo(), dora()), not_allowed(Action::Expel));

    let without = and(&given, &[expelled(cleo(), ana())]);
    check("once", &without, expel(ana(), cleo()), Ok(vec![]));
    check("who is expelled is silent", &without, say(cleo(), 3, "x", 9), Err(Refusal::Expelled));
    check("and does nothing else", &without, order(cleo(), Act::Leave, 9), Err(Refusal::Expelled));
    let pardon = |by, who| order(by, Act::Pardon { who }, 9);
    let pardoned = Event::Pardoned { who: cleo(), by: ben(), at_ms: T0 + 9 };
    check("until pardoned", &without, pardon(ben(), cleo()), happens(pardoned.clone()));
    check("others are not", &without, pardon(ben(), dora()), Ok(vec![]));
    let back = and(&without, &[pardoned]);
    check(
        "who is pardoned speaks",
        &back,
        say(cleo(), 3, "x", 9),
        happens_as(3, cleo(), 3, "x", 9),
    );
}

#[test]
fn leaving() {
    let given = kitchen_with_people();
    let leave = |who| order(who, Act::Leave, 9);
    let left = |who| Event::Left { who, at_ms: T0 + 9 };
    check("a member leaves", &given, leave(cleo()), happens(left(cleo())));
    check("a co-owner leaves", &given, leave(ben()), happens(left(ben())));
    check("the owner stays", &given, leave(ana()), Err(Refusal::OwnerStays));
    check("who is no member has left", &given, leave(dora()), Ok(vec![]));
    let gone = and(&private_kitchen(), &[left(cleo())]);
    check("who left is out", &gone, say(cleo(), 3, "x", 9), Err(Refusal::Private));
}

#[test]
fn other_names() {
    let given = kitchen_with_people();
    let from = || GuestName::friendly(77);
    let note = |who, from| order(who, Act::NoteRename { from }, 9);
    let renamed = Event::Renamed { who: cleo(), from: from(), at_ms: T0 + 9 };
    check("a new name is noted", &given, note(cleo(), from()), happens(renamed));
    check("the same name is none", &given, note(cleo(), cleo().name), Ok(vec![]));
    check("strangers have none", &private_kitchen(), note(dora(), from()), Err(Refusal::Private));
}

#[test]
fn ending() {
    let given = kitchen_with_people();
    let end = |by| order(by, Act::End { reason: Some("enough".into()) }, 9);
    let ended = Event::Ended { by: ben(), reason: Some("enough".into()), at_ms: T0 + 9 };
    check("a co-owner ends it", &given, end(ben()), happens(ended.clone()));
    check("no member does", &given, end(cleo()), not_allowed(Action::End));
    let over = and(&given, &[ended]);
    check("it ends once", &over, end(ana()), Err(Refusal::Ended));
    check("nothing is said any more", &over, say(ana(), 3, "x", 9), Err(Refusal::Ended));
    let edit = Act::Edit { target: message(2, cleo(), "ho"), body: "x".into(), links: vec![] };
    check("nor changed", &over, order(cleo(), edit, 9), Err(Refusal::Ended));
    let retitle = Act::Retitle { to: None };
    check("nor renamed", &over, order(ana(), retitle, 9), Err(Refusal::Ended));
    let erased = happens(Event::Erased { by: Some(ana()), messages: 2, at_ms: T0 + 9 });
    check("it can be erased", &over, order(ana(), Act::Erase, 9), erased);
}

#[test]
fn erasing() {
    let given = kitchen_with_people();
    let erase = |by| order(by, Act::Erase, 9);
    let erased = Event::Erased { by: Some(ana()), messages: 2, at_ms: T0 + 9 };
    check("the owner erases", &given, erase(ana()), happens(erased.clone()));
    check("no co-owner does", &given, erase(ben()), not_allowed(Action::Erase));
    let nothing = and(&given, &[erased]);
    check("once", &nothing, erase(ana()), Err(Refusal::Erased));
    check("nothing follows", &nothing, say(ana(), 3, "x", 9), Err(Refusal::Erased));
    check("it does not open again", &nothing, Command::Open(kitchen()), Ok(vec![]));
    let state = serde_json::to_string(&room(&nothing)).expect("a room is plain data");
    for word in ["kitchen", "Kitchen", ana().id.as_str(), cleo().id.as_str()] {
        assert!(!state.contains(word), "{word} is in {state}");
    }
}

#[test]
fn fleeting_rooms() {
    let given = [Event::Opened(fleeting(IDLE_MS)), posted(ben(), 1, "hi", 1_000)];
    let expire = |empty_since: i64, at: i64| Command::Expire {
        empty_since_ms: T0 + empty_since,
        at_ms: T0 + at,
    };
    let erased = |messages, at: i64| Event::Erased { by: None, messages, at_ms: T0 + at };
    let in_use = Err(Refusal::InUse);
    let end = 1_000 + IDLE_MS;
    check("not too early", &given, expire(0, end - 1), in_use.clone());
    check("at its time", &given, expire(0, end), happens(erased(1, end)));
    check("not while somebody was there", &given, expire(1_001, end), in_use.clone());
    check("a room that is kept stays", &[opened()], expire(0, i64::MAX - T0), in_use.clone());
    let gone = and(&given, &[erased(1, end)]);
    check("once", &gone, expire(0, end), Ok(vec![]));
    let to = Retention::Fleeting { idle_ms: IDLE_MS };
    let changed = Event::RetentionChanged { by: ana(), to, at_ms: T0 + 5 * IDLE_MS };
    let late = [opened(), changed];
    let soon = expire(0, 5 * IDLE_MS + 1);
    check("what was kept is not gone at once", &late, soon, in_use);
    let ended = and(&given, &[Event::Ended { by: ana(), reason: None, at_ms: T0 }]);
    check("also after the end", &ended, expire(0, end), happens(erased(1, end)));
}

#[test]
fn two_alone() {
    let given = [two()];
    for who in [ana(), ben()] {
        let said = happens(posted(who.clone(), 1, "x", 9));
        check("both speak", &given, say(who.clone(), 1, "x", 9), said);
        let end = order(who.clone(), Act::End { reason: None }, 9);
        let ended = happens(Event::Ended { by: who.clone(), reason: None, at_ms: T0 + 9 });
        check("both end", &given, end, ended);
        let erased = happens(Event::Erased { by: Some(who.clone()), messages: 0, at_ms: T0 + 9 });
        check("both erase", &given, order(who.clone(), Act::Erase, 9), erased);
        let other = if who == ana() { ben() } else { ana() };
        for act in [
            Act::SetVisibility { to: Visibility::Public, present: vec![cleo()] },
            Act::Admit { who: cleo() },
            Act::TurnAway { who: cleo() },
            Act::SetRole { who: other.clone(), role: Role::Member },
            Act::Transfer { to: other.clone() },
            Act::Expel { who: other },
            Act::Leave,
        ] {
            check(
                "nothing makes it other",
                &given,
                order(who.clone(), act, 9),
                Err(Refusal::OnlyTwo),
            );
        }
        check("they need not knock", &given, knock(who, 9), Err(Refusal::OnlyTwo));
    }
    check("nobody else speaks", &given, say(cleo(), 1, "x", 9), Err(Refusal::OfTwoOthers));
    let Command::Post(post) = say(ben(), 1, "x", 9) else { panic!("he says something") };
    let unheard = Command::Post(Post { is_heard: false, ..post });
    check("who is blocked is not heard", &given, unheard, Err(Refusal::Blocked));
    check("nobody else knocks", &given, knock(cleo(), 9), Err(Refusal::OfTwoOthers));
    let said = [two(), posted(ana(), 1, "hi", 0)];
    let edit = Act::Edit { target: message(1, ana(), "hi"), body: "x".into(), links: vec![] };
    check("each has their words", &said, order(ben(), edit, 9), Err(Refusal::OnlyTwo));
}

#[test]
fn orders_have_a_pace_of_their_own() {
    let titles = (0..ORDERS_MAX).map(|number| Event::Retitled {
        by: ana(),
        from: None,
        to: Some(format!("title {number}")),
        at_ms: T0,
    });
    let people = [opened(), posted(ben(), 1, "hi", 0), posted(cleo(), 2, "ho", 0)];
    let given: Vec<_> = people.into_iter().chain(titles).collect();
    let retitle = |at_ms| order(ana(), Act::Retitle { to: None }, at_ms);
    let fast = |retry_after_ms| Err(Refusal::TooFast { retry_after_ms });
    check("twenty at once", &given, retitle(0), fast(ORDER_PACE_MS));
    check(
        "what changes nothing is free",
        &given,
        order(ana(), Act::Admit { who: cleo() }, 0),
        Ok(vec![]),
    );
    check(
        "speaking is another matter",
        &given,
        say(ana(), 3, "x", 0),
        happens_as(3, ana(), 3, "x", 0),
    );
    let later = Event::Retitled {
        by: ana(),
        from: Some("title 19".into()),
        to: None,
        at_ms: T0 + ORDER_PACE_MS,
    };
    check("then one in two seconds", &given, retitle(ORDER_PACE_MS), happens(later));
}

#[test]
fn a_full_room() {
    let mut room = room(&[opened()]);
    for number in 1..=12_000_u64 {
        let author = Guest { id: numbered(100 + number), ..ana() };
        room.apply(&posted(author, number, "hi", number as i64));
    }
    room.apply(&becomes(Visibility::Private));
    assert_eq!(room.people.standings().len(), crate::standing::STANDINGS_MAX);
    let admit = order(ana(), Act::Admit { who: dora() }, 0);
    assert_eq!(room.decide(&admit), Err(Refusal::Full), "admits nobody more");
    let expel = |who| order(ana(), Act::Expel { who }, 0);
    assert!(room.decide(&expel(dora())).is_ok_and(|events| events.len() == 1), "but expels");
    for number in 0..2_000_u64 {
        let who = Guest { id: numbered(1_000_000 + number), ..ana() };
        for event in room.decide(&expel(who)).unwrap_or_default() {
            room.apply(&Event::Expelled { who: event_who(&event), by: ben(), at_ms: T0 });
        }
    }
    assert_eq!(room.people.standings().len(), 11_000, "that has an end too");
    assert_eq!(room.decide(&expel(dora())), Err(Refusal::Full));
    for who in 0..2_000_u64 {
        let who = Guest { id: numbered(2_000_000 + who), ..ana() };
        room.apply(&Event::Knocked { who: who.clone(), at_ms: T0 });
        room.apply(&Event::TurnedAway { who: who.clone(), by: ana(), at_ms: T0 });
        room.apply(&Event::Knocked { who, at_ms: T0 });
    }
    assert!(room.door.len() <= 1_000, "{} at the door", room.door.len());
    (1..=2_000).for_each(|number| room.apply(&Event::Removed { number, by: ana(), at_ms: T0 }));
    assert_eq!(room.removed.len(), REMOVED_MAX);
}

fn event_who(event: &Event) -> Guest {
    match event {
        Event::Expelled { who, .. } => who.clone(),
        other => panic!("only expulsions here: {other:?}"),
    }
}
