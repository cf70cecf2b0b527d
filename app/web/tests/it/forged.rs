//! What no page of ours sends: tokens, ids, authors and lengths of somebody's own making, over plain
//! HTTP and as raw frames. It is refused, and nothing happens.

use chat::{Action, BODY_CHARS_MAX, BODY_LINES_MAX, BURST_MAX, ORDERS_MAX, QUESTION_CHARS_MAX};
use chat::{MessageId, NewRoom, Role, RoomSummary, TITLE_CHARS_MAX, Visibility};
use identity::NAME_CHARS_MAX;
use liveview::testing::Page;
use serde_json::json;
use web::{Rate, RateTable, Rates};

use crate::{
    cast::{Person, TeaHouse},
    http_client::{self, escape, form},
};

/// Ana's public room, where Ben has spoken.
struct Kitchen {
    house: TeaHouse,
    room: RoomSummary,
    path: String,
    ana: Person,
    ben: Person,
}

impl Kitchen {
    async fn open() -> Self {
        Self::of(TeaHouse::open().await).await
    }

    async fn of(house: TeaHouse) -> Self {
        let (ana, ben) = (house.person("Ana"), house.person("Ben"));
        let room = house.chat.create_room(&ana.guest, NewRoom::titled("The kitchen")).await;
        let room = room.expect("a room");
        house.say(&room.id, &ana, "welcome").await;
        house.say(&room.id, &ben, "hello").await;
        let path = format!("/r/{}", room.slug.as_str());
        Self { house, room, path, ana, ben }
    }

    /// Sends a form as `who`; the status, and what happened.
    async fn form(&self, who: &Person, act: &str, fields: &[(&str, &str)]) -> (u16, Vec<String>) {
        let before = self.house.now().await;
        let answer = self.house.post(who, &format!("{}/{act}", self.path), fields).await;
        (answer.status, self.house.since(before).await)
    }

    #[track_caller]
    fn nothing(&self, (status, happened): (u16, Vec<String>), expected: u16, what: &str) {
        assert_eq!((status, happened), (expected, Vec::new()), "{what}");
    }
}

/// Sends an event with the fields of a form to the main view.
async fn frame(page: &mut Page, event: &str, fields: &[(&str, &str)]) {
    let main = page.main_id().to_owned();
    let payload = json!({ "type": "form", "event": event, "value": form(fields) });
    page.send(&main, "event", &payload).await;
    assert_eq!(page.crashes(), 0, "{event} {fields:?} crashes nothing");
}

#[tokio::test]
async fn a_form_counts_only_with_the_token_of_its_session() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, ben, path, .. } = &kitchen;
    let acts: [(&str, &[(&str, &str)]); 4] = [
        ("post", &[("body", "hi")]),
        ("title", &[("title", "Mine")]),
        ("end", &[]),
        ("delete", &[("name", "The kitchen")]),
    ];
    for (act, fields) in acts {
        let path = format!("{path}/{act}");
        for token in [None, Some(""), Some("x"), Some(ben.token().as_str())] {
            let before = house.now().await;
            let answer = house.post_with(&path, Some(ana), token, fields).await;
            let happened = house.since(before).await;
            kitchen.nothing((answer.status, happened), 403, &format!("{act} with {token:?}"));
        }
        let before = house.now().await;
        let token = ana.token();
        let fields: Vec<_> =
            [("_csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let cookie = ana.cookie();
        let headers = [("cookie", cookie), ("origin", "https://evil.example")];
        let answer =
            http_client::request(house.address, "POST", &path, &headers, &form(&fields)).await;
        let happened = house.since(before).await;
        kitchen.nothing((answer.status, happened), 403, &format!("{act} from another site"));
    }
}

/// Without a cookie there is nobody whose rights could be stolen.
#[tokio::test]
async fn a_form_without_a_cookie_acts_for_a_new_guest() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, path, room, .. } = &kitchen;
    let token = ana.token();
    for act in ["title", "end"] {
        let before = house.now().await;
        let fields = [("title", "Mine")];
        let answer = house.post_with(&format!("{path}/{act}"), None, Some(&token), &fields).await;
        kitchen.nothing((answer.status, house.since(before).await), 403, act);
    }
    let said = house.post_with(&format!("{path}/post"), None, None, &[("body", "hi")]).await;
    assert_eq!(said.status, 303);
    house.caught_up().await;
    let page = house.chat.timeline().newest(&room.id, 1).await.expect("no fault");
    assert!(page.messages[0].author.id != ana.guest.id, "it is somebody new");
}

/// D10: who says something is who sends it, whatever else the form says.
#[tokio::test]
async fn d10_forged_fields_make_nobody_else_the_author() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, ben, path, room } = &kitchen;
    let mut page = ben.browser.clone().visit(path).await;
    for live in [false, true] {
        let id = MessageId::random();
        let body = format!("forged {live}");
        let mut fields = vec![("body", body.as_str()), ("message_id", id.as_str())];
        for name in ["author", "author_id", "me", "by", "who", "person", "guest_id", "user_id"] {
            fields.push((name, ana.id()));
        }
        fields.extend([("name", "Ana"), ("guest_name", "Ana"), ("number", "1"), ("at_ms", "0")]);
        match live {
            true => frame(&mut page, "post", &fields).await,
            false => assert_eq!(kitchen.form(ben, "post", &fields).await.0, 303),
        }
        house.caught_up().await;
        let newest = house.chat.timeline().newest(&room.id, 1).await.expect("no fault");
        let message = &newest.messages[0];
        assert_eq!((&message.author, message.body.as_str()), (&ben.guest, body.as_str()));
        assert!(message.number > 2 && message.sent_at_ms > 0, "{message:?}");
    }
}

#[tokio::test]
async fn forged_ids_lead_nowhere() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, path, .. } = &kitchen;
    let other = house.chat.create_room(&ana.guest, NewRoom::titled("Elsewhere")).await;
    let other = other.expect("a room");
    for number in 1..=5 {
        house.say(&other.id, ana, &format!("elsewhere {number}")).await;
    }
    let mut page = ana.browser.clone().visit(path).await;
    let numbers = ["0", "5", "18446744073709551615", "18446744073709551616", "-1", "1.0", "x", ""];
    for number in numbers {
        // The answer is the page of the message, and there is none.
        let status = if number.parse::<u64>().is_ok() { 404 } else { 400 };
        for act in ["edit", "remove"] {
            let fields = [("number", number), ("body", "changed"), ("act", act)];
            kitchen.nothing(kitchen.form(ana, act, &fields).await, status, number);
            let before = house.now().await;
            frame(&mut page, "act", &fields).await;
            assert!(house.since(before).await.is_empty(), "{act} {number}");
        }
    }
    let stranger = house.person("Zoe");
    for who in [stranger.id(), "0000000000000000", "x", "", "../../etc", "' OR 1=1 --"] {
        let status = if who.len() == 16 { 422 } else { 400 };
        for act in ["admit", "turn-away", "role", "transfer", "expel", "pardon", "invite", "block"]
        {
            let fields = [("who", who), ("role", "co-owner"), ("act", act)];
            kitchen.nothing(kitchen.form(ana, act, &fields).await, status, &format!("{act} {who}"));
            let before = house.now().await;
            frame(&mut page, "act", &fields).await;
            assert!(house.since(before).await.is_empty(), "{act} {who}");
        }
    }
    for act in ["dance", "", "open/../delete", "POST"] {
        let (status, happened) = kitchen.form(ana, &escape(act), &[("act", act)]).await;
        assert!(
            (400..500).contains(&status) && happened.is_empty(),
            "{act}: {status} {happened:?}"
        );
    }
}

#[tokio::test]
async fn forged_message_ids_and_addresses_lead_nowhere() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, ben, path, .. } = &kitchen;
    let long = "x".repeat(1_000);
    for id in ["a b", "ä", "'", "<b>", &long, "a\nb", ".."] {
        let fields = [("body", "hi"), ("message_id", id)];
        kitchen.nothing(kitchen.form(ben, "post", &fields).await, 422, id);
    }
    let missing =
        ["/0", "/3", "/18446744073709551615", "/18446744073709551616", "/-1", "/x", "/1/2"];
    for end in missing {
        let page = house.get(ben, &format!("{path}{end}")).await;
        assert_eq!(page.status, 404, "{end}");
    }
    for query in ["?before=18446744073709551615", "?before=0", "?before=-1", "?before=x&before=y"] {
        assert_eq!(house.get(ben, &format!("{path}{query}")).await.status, 200, "{query}");
    }
    // The id of a message of somebody else is no key to it: ids count for each author.
    let id = MessageId::random();
    let said = house.chat.post(&kitchen.room.id, &ana.guest, id.clone(), "original").await;
    let said = said.expect("Ana speaks").number;
    let fields = [("body", "mine"), ("message_id", id.as_str())];
    assert_eq!(kitchen.form(ben, "post", &fields).await, (303, vec!["room Posted".to_owned()]));
    house.caught_up().await;
    let page = house.chat.timeline().range(&kitchen.room.id, said, said + 1).await;
    let bodies: Vec<_> =
        page.expect("no fault").messages.iter().map(|message| message.body.clone()).collect();
    assert_eq!(bodies, ["original", "mine"]);
}

/// D27: what is too long is too long for the server, whatever the page's fields allow.
#[tokio::test]
async fn d27_limits_hold_for_raw_frames_and_forms() {
    let kitchen = Kitchen::open().await;
    let Kitchen { house, ana, path, .. } = &kitchen;
    let mut page = ana.browser.clone().visit(path).await;
    let chars = |count: usize| "é".repeat(count);
    let body = chars(BODY_CHARS_MAX + 1);
    let lines = "a\n".repeat(BODY_LINES_MAX) + "a";
    let title = chars(TITLE_CHARS_MAX + 1);
    let (nick, titled) =
        (format!("/nick {}", chars(NAME_CHARS_MAX + 1)), format!("/title {title}"));
    let forms = [
        ("post", "body", &body),
        ("post", "body", &lines),
        ("post", "body", &nick),
        ("post", "body", &titled),
        ("title", "title", &title),
        ("end", "reason", &title),
        ("edit", "body", &body),
        ("retention", "minutes", &"99999999999999999999".to_owned()),
    ];
    for (act, field, value) in forms {
        let id = MessageId::random();
        let mut fields = vec![(field, value.as_str()), ("number", "1"), ("act", act)];
        fields.extend([("message_id", id.as_str()), ("retention", "own")]);
        let (status, happened) = kitchen.form(ana, act, &fields).await;
        let refused = matches!(status, 400 | 422);
        assert!(refused && happened.is_empty(), "{act} {field}: {status} {happened:?}");
        let before = house.now().await;
        let event = if act == "post" { "post" } else { "act" };
        frame(&mut page, event, &fields).await;
        assert_eq!(house.since(before).await, [""; 0], "{act} {field}");
    }
    let renamed = house.post(ana, "/me/name", &[("name", &chars(NAME_CHARS_MAX + 1))]).await;
    assert_eq!(renamed.status, 422);
    let question = "w".repeat(QUESTION_CHARS_MAX * 20);
    assert_eq!(house.get(ana, &format!("/search?q={question}")).await.status, 200);
    let huge = "a".repeat(100_000);
    let answer = house.post(ana, &format!("{path}/post"), &[("body", &huge)]).await;
    assert_eq!(answer.status, 413, "what no form sends is not read to its end");
}

#[tokio::test]
async fn a_room_is_neither_flooded_with_messages_nor_with_notices() {
    let kitchen = Kitchen::open().await;
    let Kitchen { ana, .. } = &kitchen;
    for number in 1..=ORDERS_MAX {
        let (status, _) = kitchen.form(ana, "title", &[("title", &format!("T{number}"))]).await;
        assert_eq!(status, 303, "title {number}");
    }
    let fields = [("title", "One more")];
    kitchen.nothing(kitchen.form(ana, "title", &fields).await, 422, "one title more");
    kitchen.nothing(kitchen.form(ana, "end", &[]).await, 422, "and nothing else");
    // Ana said one thing before.
    for number in 2..=BURST_MAX {
        let (status, _) = kitchen.form(ana, "post", &[("body", &format!("b{number}"))]).await;
        assert_eq!(status, 303, "message {number}");
    }
    kitchen.nothing(kitchen.form(ana, "post", &[("body", "more")]).await, 422, "one message more");
}

/// Going from room to room does not help, and neither does the socket.
#[tokio::test]
async fn one_person_is_limited_in_all_rooms_together() {
    let few = Rate { at_once: 3, per_minute: 1 };
    let many = Rate { at_once: 1_000, per_minute: 1_000 };
    let messages = Rates { address: many, person: few };
    let house = TeaHouse::with_rates(RateTable { messages, ..RateTable::default() }).await;
    let kitchen = Kitchen::of(house).await;
    let Kitchen { house, ana, path, .. } = &kitchen;
    let mut page = ana.browser.clone().visit(path).await;
    for number in 1..=3 {
        let made = house.chat.create_room(&ana.guest, NewRoom::default()).await.expect("a room");
        let path = format!("/r/{}/post", made.slug.as_str());
        assert_eq!(house.post(ana, &path, &[("body", "hi")]).await.status, 303, "room {number}");
    }
    let tries: [(&str, &[(&str, &str)]); 3] = [
        ("post", &[("body", "more")]),
        ("title", &[("title", "More")]),
        ("post", &[("body", "/title More")]),
    ];
    for (act, fields) in tries {
        kitchen.nothing(kitchen.form(ana, act, fields).await, 422, act);
    }
    let before = house.now().await;
    frame(&mut page, "post", &[("body", "more"), ("message_id", "one-more")]).await;
    frame(&mut page, "act", &[("act", "title"), ("title", "More")]).await;
    assert_eq!(house.since(before).await, [""; 0]);
    assert!(page.text("#refusal").contains("Too many messages"), "{}", page.html());
}

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
    assert_eq!(status, 303, "{:?}: only the blocked one is silent", Action::Post);
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
    let mut page = ana.browser.clone().visit(&path).await;
    let before = house.now().await;
    let fields = [("room", room.id.as_str()), ("act", "accept")];
    frame(&mut page, "answer", &fields).await;
    assert_eq!(house.since(before).await, [""; 0], "one does not accept for the other");
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
