//! What the tables of `docs/permissions.md` cannot say, because it is about two people.

use chat::{MessageId, Role, Visibility};

use crate::{
    cast::TeaHouse,
    kitchen::{Kitchen, frame},
};

#[tokio::test]
async fn nobody_sends_out_an_equal_or_themselves() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, ben, room, .. } = &kitchen;
    let cleo = house.person("Cleo");
    house.say(&room.id, &cleo, "me too").await;
    for who in [ben, &cleo] {
        let named = house.chat.set_role(&room.id, &ana.guest, &who.guest, Role::CoOwner).await;
        named.expect("a co-owner");
    }
    house.caught_up().await;
    for who in [ana, &cleo] {
        let fields = [("who", who.id())];
        kitchen.nothing(
            kitchen.form(ben, "expel", &fields).await,
            403,
            "a co-owner expels no equal",
        );
    }
    for (act, by) in [("expel", ben), ("expel", ana), ("role", ana), ("transfer", ana)] {
        let fields = [("who", by.id()), ("role", "member")];
        kitchen.nothing(kitchen.form(by, act, &fields).await, 422, "nobody does it to themselves");
    }
}

#[tokio::test]
async fn who_is_blocked_by_the_other_of_two_only_speaks_no_more() {
    let house = TeaHouse::open().await;
    let (ana, ben) = (house.person("Ana"), house.person("Ben"));
    let room = house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben is invited");
    house.chat.accept(&ben.guest, &room.id).await.expect("Ben comes");
    let said = house.say(&room.id, &ana, "hello Ben").await.to_string();
    house.chat.block(&ben.guest, &ana.guest).await.expect("Ben has had enough");
    let path = format!("/r/{}", room.slug.as_str());
    let mut page = ana.browser.clone().visit(&path).await;
    let kitchen = Kitchen { house, room, path, ana, ben };
    let Kitchen { house, ana, ben, .. } = &kitchen;
    for body in ["one more thing", "/me waves"] {
        kitchen.nothing(kitchen.form(ana, "post", &[("body", body)]).await, 403, body);
        let before = house.now().await;
        let id = MessageId::random();
        frame(&mut page, "post", &[("body", body), ("message_id", id.as_str())]).await;
        assert_eq!(house.since(before).await, [""; 0], "{body}");
    }
    kitchen.nothing(kitchen.form(ana, "invite", &[("who", ben.id())]).await, 403, "an invitation");
    for (act, fields) in [("title", [("title", "Us")]), ("remove", [("number", said.as_str())])] {
        let (status, happened) = kitchen.form(ana, act, &fields).await;
        assert_eq!((status, happened.len()), (303, 1), "{act}");
    }
    let (status, _) = kitchen.form(ben, "post", &[("body", "I may")]).await;
    assert_eq!(status, 303, "only the blocked one is silent");
}

/// An invitation is answered by whom it is for.
#[tokio::test]
async fn nobody_answers_the_invitations_of_others() {
    let house = TeaHouse::open().await;
    let (ana, ben, eve) = (house.person("Ana"), house.person("Ben"), house.person("Eve"));
    let room = house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben is invited");
    for who in [&eve, &ana] {
        for act in ["accept", "decline", "block", "withdraw"] {
            let before = house.now().await;
            let path = format!("/invites/{}/{act}", room.id);
            let answer = house.post(who, &path, &[]).await;
            let happened = house.since(before).await;
            assert!(happened.is_empty(), "{act}: {} {happened:?}", answer.status);
        }
    }
    let waiting = house.chat.invites(&ben.guest.id).await.expect("no fault");
    assert_eq!(waiting.len(), 1, "it still waits for Ben");
    let path = format!("/r/{}", room.slug.as_str());
    assert!(house.get(&eve, &path).await.body.contains("nobody else can enter"));
    let mut outside = eve.browser.clone().visit(&path).await;
    for fields in [[("act", "knock"), ("number", "")], [("act", "remove"), ("number", "1")]] {
        frame(&mut outside, "act", &fields).await;
        let refusal = "This is a private chat of two people, and nobody else can enter.";
        assert_eq!(outside.text("#outside > .refusal"), refusal, "{fields:?}");
    }
    let mut page = ana.browser.clone().visit(&path).await;
    let before = house.now().await;
    let fields = [("room", room.id.as_str()), ("act", "accept")];
    frame(&mut page, "answer", &fields).await;
    assert_eq!(house.since(before).await, [""; 0], "one does not accept for the other");
}

#[tokio::test]
async fn who_said_no_and_comes_all_the_same_is_said_to_have_come() {
    let house = TeaHouse::open().await;
    let (mut ana, mut ben) = (house.person("Ana"), house.person("Ben"));
    let room = house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben is invited");
    let path = format!("/r/{}", room.slug.as_str());
    let mut anas = ana.browser.visit(&path).await;
    house.chat.decline(&ben.guest, &room.id).await.expect("no fault");
    anas.until(|page| page.html().contains("They said no.")).await;
    house.get(&ben, &path).await;
    house.caught_up().await;
    anas.catch_up().await;
    assert!(anas.html().contains("They said no."), "a page that nobody opened is nobody's coming");

    let _bens = ben.browser.visit(&path).await;
    anas.until(|page| !page.html().contains("They said no.")).await;
}

/// A private room tells its door to strangers, whatever they try.
#[tokio::test]
async fn trying_something_in_a_private_room_tells_nothing_about_it() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, ben, path, room } = &kitchen;
    let eve = house.person("Eve");
    let private = house.chat.set_visibility(&room.id, &ana.guest, Visibility::Private).await;
    private.expect("it is private");
    house.caught_up().await;
    let stranger = house.person("Zoe");
    let mut answers = Vec::new();
    let tries: [(&str, &[(&str, &str)]); 10] = [
        ("delete", &[("name", "a guess")]),
        ("invite", &[("who", ben.id())]),
        ("invite", &[("who", stranger.id())]),
        ("block", &[("who", ben.id())]),
        ("block", &[("who", stranger.id())]),
        ("expel", &[("who", ben.id())]),
        ("expel", &[("who", stranger.id())]),
        ("remove", &[("number", "1")]),
        ("remove", &[("number", "99")]),
        ("read", &[("number", "1")]),
    ];
    let mut page = eve.browser.clone().visit(path).await;
    for (act, fields) in tries {
        let before = house.now().await;
        let answer = house.post(&eve, &format!("{path}/{act}"), fields).await;
        let live: Vec<_> = fields.iter().copied().chain([("act", act)]).collect();
        frame(&mut page, "act", &live).await;
        kitchen.nothing((answer.status, house.since(before).await), 403, act);
        assert!(!answer.body.contains("kitchen") && !page.html().contains("kitchen"), "{act}");
        answers.push(page.text("#outside > .refusal"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "who is asked about makes no difference: {answers:?}");
}

/// A name is one's own: it is neither refused at a door nor told behind it.
#[tokio::test]
async fn who_is_called_something_else_at_a_door_is_not_noted_inside() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, room, .. } = &kitchen;
    let eve = house.person("Eve");
    let private = house.chat.set_visibility(&room.id, &ana.guest, Visibility::Private).await;
    private.expect("it is private");
    house.caught_up().await;
    let (status, happened) = kitchen.form(&eve, "post", &[("body", "/nick Evelyn")]).await;
    assert_eq!(status, 303, "it was done");
    assert!(happened.iter().all(|event| event.starts_with("person ")), "{happened:?}");
    assert_eq!(happened.len(), 1, "and once");
}
