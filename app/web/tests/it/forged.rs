//! What no page of ours sends: tokens, ids and authors of somebody's own making, over plain HTTP and
//! as raw frames. It is refused, and nothing happens.

use chat::{MessageId, NewRoom};

use crate::{
    http_client::{self, escape, form},
    kitchen::{Kitchen, frame},
};

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
