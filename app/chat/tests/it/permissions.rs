//! Every action as everyone, through the facade: the table holds, and what is read says the same.

use chat::{
    ActError, Action, Condition, MessageId, NewRoom, Refusal, Retention, Role, RoomSummary, Stage,
    Status, Visibility, allowed,
};
use identity::Guest;

use crate::cast::{House, ana, ben, card, person};

const LINK: &str = "https://example.org/";

/// Somebody in a role, in a room that was made for them.
struct Scene {
    room: RoomSummary,
    who: Guest,
}

fn cleo() -> Guest {
    person('C', "Cleo")
}

fn dora() -> Guest {
    person('D', "Dora")
}

impl Scene {
    /// Ana owns the room, Ben is a co-owner and Cleo a member. All have spoken, Ana first. Who is
    /// looked for has spoken second, unless they cannot have.
    async fn of(house: &House, role: Role, stage: Stage) -> Self {
        let room = house.chat.create_room(&ana(), NewRoom::titled("Kitchen")).await;
        let room = room.expect("a room").id;
        for who in [ana(), ben(), cleo()] {
            let text = format!("I am {}, see {LINK}", who.name);
            let said = house.say(&room, &who, &text).await.expect("it is open");
            let card = card(said.number, LINK);
            let attached = house.chat.attach_card(&room, said.number, said.change, card).await;
            assert_eq!(attached, Ok(true));
        }
        house.chat.set_role(&room, &ana(), &ben(), Role::CoOwner).await.expect("she owns it");
        let who = match role {
            Role::Owner => ana(),
            Role::CoOwner => ben(),
            Role::Member => cleo(),
            Role::Visitor | Role::Outsider | Role::Expelled => dora(),
        };
        if matches!(role, Role::Outsider) {
            let private = Visibility::Private;
            house.chat.set_visibility(&room, &ana(), private).await.expect("she owns it");
        }
        if matches!(role, Role::Expelled) {
            house.chat.expel(&room, &ana(), &who).await.expect("she owns it");
        }
        match stage {
            Stage::Open => None,
            Stage::Ended => Some(house.chat.end(&room, &ana(), None).await),
            Stage::Erased => Some(house.chat.erase(&room, &ana()).await),
        }
        .map(|done| done.expect("she owns it"));
        house.chat.caught_up().await.expect("it catches up");
        let room = house.chat.directory().by_id(&room).await.expect("no fault").expect("it is");
        Self { room, who }
    }

    async fn attempt(&self, house: &House, action: Action) -> Result<(), ActError> {
        let (chat, room, me) = (&house.chat, &self.room.id, &self.who);
        let own = if *me == ana() {
            1
        } else if *me == ben() {
            2
        } else {
            3
        };
        let others = if *me == ana() { 2 } else { 1 };
        match action {
            Action::Read => panic!("reading is asked of the table alone"),
            Action::Post => {
                let said = chat.post(room, me, MessageId::random(), "something new").await;
                return said.map(drop);
            }
            Action::EditOwn => chat.edit(room, me, own, "other words").await,
            Action::RemoveOwn => chat.remove(room, me, own).await,
            Action::EditOthers => chat.edit(room, me, others, "other words").await,
            Action::RemoveOthers => chat.remove(room, me, others).await,
            Action::DismissOwn => chat.dismiss_card(room, me, own, LINK).await,
            Action::DismissOthers => chat.dismiss_card(room, me, others, LINK).await,
            Action::Retitle => chat.retitle(room, me, "Tea").await,
            Action::SetVisibility => chat.set_visibility(room, me, Visibility::Unlisted).await,
            Action::SetRetention => {
                chat.set_retention(room, me, Retention::Fleeting { idle_ms: 60_000 }).await
            }
            Action::Knock => chat.knock(room, me).await,
            Action::Admit => chat.admit(room, me, &person('E', "Eve")).await,
            Action::Expel => chat.expel(room, me, &person('E', "Eve")).await,
            Action::SetRole => chat.set_role(room, me, &person('E', "Eve"), Role::CoOwner).await,
            Action::Transfer => chat.transfer(room, me, &person('E', "Eve")).await,
            Action::Leave => chat.leave(room, me).await,
            Action::End => chat.end(room, me, None).await,
            Action::Erase => chat.erase(room, me).await,
        }
        .map(drop)
    }
}

/// What the table says about somebody who has said nothing of their own, and about a stranger who
/// is named.
fn expected(action: Action, role: Role, room: Condition) -> Result<(), ActError> {
    let says_nothing = matches!(role, Role::Visitor | Role::Outsider | Role::Expelled);
    let action = match action {
        Action::EditOwn if says_nothing => Action::EditOthers,
        Action::RemoveOwn if says_nothing => Action::RemoveOthers,
        Action::DismissOwn if says_nothing => Action::DismissOthers,
        action => action,
    };
    allowed(action, role, room).map_err(ActError::Refused)?;
    match action {
        Action::SetRole | Action::Transfer => Err(ActError::Refused(Refusal::NoSuchPerson)),
        _ => Ok(()),
    }
}

async fn check_every_action(role: Role, stage: Stage) {
    let house = House::in_memory().await;
    for action in Action::all().filter(|action| *action != Action::Read) {
        let scene = Scene::of(&house, role, stage).await;
        let condition = scene.room.condition();
        assert_eq!(condition, Condition { stage, of_two: false });
        assert!(stage != Stage::Open || scene.room.status == Status::Open);
        if stage != Stage::Erased {
            let read = house.chat.role(&scene.room, &scene.who.id).await;
            assert_eq!(read, Ok(role), "what is read says the same");
        }
        let is = scene.attempt(&house, action).await;
        // Where nothing is left, there is no message to be found either.
        if stage == Stage::Erased && is == Err(ActError::Refused(Refusal::NoSuchMessage)) {
            continue;
        }
        assert_eq!(is, expected(action, role, condition), "{action:?} as {role:?}, {stage:?}");
        // The same person orders a lot here.
        house.clock.advance_ms(60_000);
    }
    house.close().await;
}

#[tokio::test]
async fn everyone_does_in_an_open_room_what_the_table_says() {
    for role in
        [Role::Owner, Role::CoOwner, Role::Member, Role::Visitor, Role::Outsider, Role::Expelled]
    {
        check_every_action(role, Stage::Open).await;
    }
}

#[tokio::test]
async fn everyone_does_in_an_ended_room_what_the_table_says() {
    for role in
        [Role::Owner, Role::CoOwner, Role::Member, Role::Visitor, Role::Outsider, Role::Expelled]
    {
        check_every_action(role, Stage::Ended).await;
    }
}

#[tokio::test]
async fn nobody_does_anything_in_an_erased_room() {
    for role in [Role::Owner, Role::Member, Role::Visitor] {
        check_every_action(role, Stage::Erased).await;
    }
}
