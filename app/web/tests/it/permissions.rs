//! Everything that people can do in a room, tried by everybody, in rooms of every kind and stage:
//! through the socket and through plain forms. What is to come of it is read from
//! `docs/permissions.md`, what came of it from the log.

use std::fmt;

use chat::{Action, Refusal};
use liveview::testing::Page;
use serde_json::json;

use crate::{
    cast::{Person, TeaHouse},
    http_client::form,
    rooms::{Cast, Kind, LINK, Room},
    table::{Column, Stage, answer},
};

/// One way of trying an action.
struct Attempt {
    action: Action,
    /// The form, as the last part of its address; `post` is the composer.
    form: &'static str,
    fields: Vec<(&'static str, String)>,
    /// What happens in the room if it is allowed; `None`: it is so already.
    event: Option<&'static str>,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {} {:?}", self.action, self.form, self.fields)
    }
}

/// Everything that somebody can try.
fn attempts(room: &Room, cast: &Cast, by: Column) -> Vec<Attempt> {
    let one = |action, form, event, fields: &[(&'static str, &str)]| Attempt {
        action,
        form,
        fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        event: Some(event),
    };
    let (own, others) = (room.own(by).to_string(), room.others().to_string());
    let mia = ("who", room.mia.id());
    // Nobody else is at a private chat of two.
    let (out, vera) = match room.kind {
        Kind::OfTwo => (mia, mia),
        _ => (("who", cast.get(Column::Expelled).id()), ("who", cast.vera.id())),
    };
    let (other_kind, other_command) = match room.kind {
        Kind::Public => ("private", "/private"),
        _ => ("public", "/public"),
    };
    let mut all = vec![
        one(Action::Post, "post", "Posted", &[("body", "hello")]),
        one(Action::Post, "post", "Posted", &[("body", "/me waves")]),
        one(Action::EditOwn, "edit", "Edited", &[("number", &own), ("body", "better")]),
        one(Action::RemoveOwn, "remove", "Removed", &[("number", &own)]),
        one(Action::EditOthers, "edit", "Edited", &[("number", &others), ("body", "worse")]),
        one(Action::RemoveOthers, "remove", "Removed", &[("number", &others)]),
        one(Action::DismissOwn, "dismiss", "CardDismissed", &[("number", &own), ("link", LINK)]),
        one(
            Action::DismissOthers,
            "dismiss",
            "CardDismissed",
            &[("number", &others), ("link", LINK)],
        ),
        one(Action::Retitle, "title", "Retitled", &[("title", "Mine")]),
        one(Action::Retitle, "post", "Retitled", &[("body", "/title Mine")]),
        one(
            Action::SetVisibility,
            "visibility",
            "VisibilityChanged",
            &[("visibility", other_kind)],
        ),
        one(Action::SetVisibility, "post", "VisibilityChanged", &[("body", other_command)]),
        one(Action::SetRetention, "retention", "RetentionChanged", &[("retention", "1800000")]),
        one(Action::Knock, "knock", "Knocked", &[]),
        one(Action::Admit, "admit", "Admitted", &[vera]),
        one(Action::Admit, "turn-away", "TurnedAway", &[vera]),
        one(Action::Expel, "expel", "Expelled", &[mia]),
        one(Action::Expel, "pardon", "Pardoned", &[out]),
        one(Action::SetRole, "role", "RoleChanged", &[mia, ("role", "co-owner")]),
        one(Action::Transfer, "transfer", "Transferred", &[mia]),
        one(Action::Leave, "leave", "Left", &[]),
        one(Action::End, "end", "Ended", &[("reason", "enough")]),
        one(Action::Erase, "delete", "Erased", &[("name", room.name_for(by))]),
    ];
    for attempt in &mut all {
        let is_so_already = match attempt.form {
            "knock" => by != Column::Outsider,
            "leave" => by == Column::Visitor,
            // Nobody knocks at a room that is not private.
            "turn-away" => room.kind != Kind::Private,
            _ => false,
        };
        attempt.event = attempt.event.filter(|_| !is_so_already);
    }
    all
}

/// A way into the house.
trait Door {
    /// Tries it. What was answered, as the status of plain HTTP; 0 if this way has none.
    async fn attempt(&mut self, house: &TeaHouse, attempt: &Attempt) -> u16;
}

/// Forms without a script.
struct Plain<'a> {
    who: &'a Person,
    path: String,
}

impl Door for Plain<'_> {
    async fn attempt(&mut self, house: &TeaHouse, attempt: &Attempt) -> u16 {
        let path = format!("{}/{}", self.path, attempt.form);
        let fields = attempt.fields.iter().map(|(name, value)| (*name, value.as_str()));
        house.post(self.who, &path, &fields.collect::<Vec<_>>()).await.status
    }
}

/// A socket whose owner sends events that the page offers no button for.
struct Hostile {
    page: Page,
}

impl Hostile {
    async fn at(who: &Person, path: &str) -> Self {
        let mut page = who.browser.clone().open(path).await;
        page.connect().await;
        Self { page }
    }
}

impl Door for Hostile {
    async fn attempt(&mut self, _: &TeaHouse, attempt: &Attempt) -> u16 {
        let mut fields: Vec<_> =
            attempt.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let id = chat::MessageId::random();
        let event = match attempt.form {
            "post" => {
                fields.push(("message_id", id.as_str()));
                "post"
            }
            act => {
                fields.push(("act", act));
                "act"
            }
        };
        let main = self.page.main_id().to_owned();
        let payload = json!({ "type": "form", "event": event, "value": form(&fields) });
        self.page.send(&main, "event", &payload).await;
        let misunderstood = self.page.take_refusals();
        assert!(misunderstood.is_empty(), "{attempt}: {misunderstood:?}");
        0
    }
}

/// Tries everything as `by`. Answers how much was allowed, and how much was refused.
async fn try_everything(
    house: &TeaHouse,
    cast: &Cast,
    (kind, stage, by): (Kind, Stage, Column),
    live: bool,
) -> [usize; 2] {
    let who = cast.get(by);
    let mut room = Room::make(house, cast, kind, stage).await;
    let mut counts = [0, 0];
    let count = attempts(&room, cast, by).len();
    let mut hostile = None;
    for at in 0..count {
        let attempt = &attempts(&room, cast, by)[at];
        if live && hostile.is_none() {
            hostile = Some(Hostile::at(who, &room.path()).await);
        }
        let before = house.now().await;
        let status = match &mut hostile {
            Some(hostile) => hostile.attempt(house, attempt).await,
            None => Plain { who, path: room.path() }.attempt(house, attempt).await,
        };
        let mut happened = house.since(before).await;
        // The cards of links go with the words that had them.
        happened.retain(|event| event != "room CardDropped");
        let place = format!("{attempt}, as {by:?} in a {kind:?} room, {stage:?}");
        let expected = answer(attempt.action, by, stage);
        let events = attempt.event.filter(|_| expected.is_ok());
        let events: Vec<_> = events.iter().map(|event| format!("room {event}")).collect();
        assert_eq!(happened, events, "{place}: what happened");
        assert!(live || status == status_of(&expected), "{place}: {status}");
        // Whoever is put out by what happened loses a view, which is no crash.
        let crashes = hostile.as_ref().map_or(0, |hostile| hostile.page.crashes());
        assert!(crashes == 0 || !happened.is_empty(), "{place}: {crashes} crashes");
        counts[usize::from(expected.is_err())] += 1;
        if !happened.is_empty() {
            room = Room::make(house, cast, kind, stage).await;
        }
        if expected.is_ok() {
            // The page may have gone somewhere else.
            hostile = None;
        }
    }
    counts
}

/// The status of a plain form.
fn status_of(expected: &Result<(), Refusal>) -> u16 {
    match expected {
        Ok(()) => 303,
        Err(Refusal::NotAllowed(_) | Refusal::Private | Refusal::Expelled | Refusal::OnlyTwo) => {
            403
        }
        Err(_) => 422,
    }
}

async fn everybody_tries_everything(live: bool) {
    let house = TeaHouse::open().await;
    let cast = Cast::of(&house);
    let (mut allowed, mut refused) = (0, 0);
    for kind in Kind::ALL {
        for stage in [Stage::Open, Stage::Ended, Stage::Erased] {
            for by in kind.columns() {
                let [yes, no] = try_everything(&house, &cast, (kind, stage, by), live).await;
                (allowed, refused) = (allowed + yes, refused + no);
            }
        }
    }
    assert!(allowed > 150 && refused > 500, "{allowed} and {refused} are too few to mean anything");
}

#[tokio::test]
async fn plain_forms_do_what_the_table_says_and_nothing_else() {
    everybody_tries_everything(false).await;
}

#[tokio::test]
async fn the_socket_does_what_the_table_says_and_nothing_else() {
    everybody_tries_everything(true).await;
}
