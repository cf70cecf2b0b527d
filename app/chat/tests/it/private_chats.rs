//! Private chats of two: asked, answered, and nobody else's.

use chat::{
    ASK_AGAIN_AFTER_MS, ActError, PersonHint, Refusal, Retention, Role, RoomSummary, Unanswered,
    Visibility,
};
use identity::{Guest, GuestId};
use pubsub::Received;

use crate::cast::{House, ana, ben, bodies, id, in_every_house, person};

fn refused<T>(refusal: Refusal) -> Result<T, ActError> {
    Err(ActError::Refused(refusal))
}

async fn asked_by(house: &House, who: &GuestId) -> Vec<GuestId> {
    let invites = house.chat.invites(who).await.expect("no fault");
    invites.into_iter().map(|invite| invite.from.id).collect()
}

async fn invite(house: &House, by: &Guest, other: &Guest) -> RoomSummary {
    house.chat.invite(by, other).await.expect("nothing is against it")
}

#[tokio::test]
async fn two_get_a_room_that_is_theirs_alone() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await;
        assert_eq!((&room.owner, room.with.as_ref()), (&ana(), Some(&ben())));
        assert_eq!((room.visibility, room.retention), (Visibility::Private, Retention::Kept));
        assert_eq!(room.title, None);
        house.say(&room.id, &ana(), "psst").await.expect("hers");
        house.say(&room.id, &ben(), "yes?").await.expect("his");
        let cleo = person('C', "Cleo");
        assert_eq!(house.say(&room.id, &cleo, "me too").await, refused(Refusal::OfTwoOthers));
        let knock = house.chat.knock(&room.id, &cleo).await.map(drop);
        assert_eq!(knock, refused(Refusal::OfTwoOthers));
        assert_eq!(house.chat.role(&room, &cleo.id).await, Ok(Role::Outsider));
        let admit = house.chat.admit(&room.id, &ana(), &cleo).await.map(drop);
        assert_eq!(admit, refused(Refusal::OnlyTwo));
        assert_eq!(bodies(&house.everything(&room.id).await), ["psst", "yes?"]);
        let listed = house.chat.directory().recent_public(10).await;
        assert_eq!(listed, Ok(vec![]), "it is on no list");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_waits_for_the_invited_alone() {
    in_every_house(async |house| {
        let mut told = house.chat.subscribe_person(&ben().id);
        let room = invite(house, &ana(), &ben()).await;
        // That they are in a room of two now is told by another read model, before or after it.
        let mut first = told.recv().await;
        if first == Received::Hint(PersonHint::Standing(room.id.clone())) {
            first = told.recv().await;
        }
        assert_eq!(first, Received::Hint(PersonHint::Invites), "as they see at once");
        let invites = house.chat.invites(&ben().id).await.expect("no fault");
        let [waits] = invites.as_slice() else { panic!("one waits: {invites:?}") };
        assert_eq!((&waits.room, &waits.slug), (&room.id, &room.slug));
        assert_eq!((&waits.from, &waits.to), (&ana(), &ben().id));
        assert_eq!(waits.until_ms - waits.at_ms, 600_000);
        assert_eq!(house.chat.pending_invite(&room.id).await, Ok(Some(waits.clone())));
        assert_eq!(asked_by(house, &ana().id).await, []);
        let again = invite(house, &ana(), &ben()).await;
        assert_eq!(again.id, room.id, "asking again leads to the same room");
        assert_eq!(asked_by(house, &ben().id).await, [ana().id], "and is the same question");
    })
    .await;
}

#[tokio::test]
async fn who_accepts_is_led_to_the_room_and_nothing_waits_any_more() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        assert_eq!(house.chat.accept(&ana(), &room).await.map(drop), refused(Refusal::NoInvite));
        let cleo = house.chat.accept(&person('C', "Cleo"), &room).await.map(drop);
        assert_eq!(cleo, refused(Refusal::NoInvite));
        let accepted = house.chat.accept(&ben(), &room).await.map(|room| room.id);
        assert_eq!(accepted.as_ref(), Ok(&room));
        assert_eq!(asked_by(house, &ben().id).await, []);
        assert_eq!(house.chat.pending_invite(&room).await, Ok(None));
        let twice = house.chat.accept(&ben(), &room).await.map(|room| room.id);
        assert_eq!(twice.as_ref(), Ok(&room), "two tabs accept");
        assert_eq!(invite(house, &ben(), &ana()).await.id, room, "it is the room of both");
    })
    .await;
}

#[tokio::test]
async fn asking_back_is_accepting() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        assert_eq!(invite(house, &ben(), &ana()).await.id, room);
        assert_eq!(asked_by(house, &ben().id).await, []);
        assert_eq!(asked_by(house, &ana().id).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_ask_each_other_at_once_get_one_room() {
    let house = House::in_memory().await;
    for letter in 'C'..='H' {
        let other = person(letter, "Somebody");
        let (ana, me) = (ana(), other.clone());
        let there = (house.chat.clone(), ana.clone(), other.clone());
        let ask = house.scope.spawn("ask", async move { there.0.invite(&there.1, &there.2).await });
        let back = house.chat.invite(&other, &ana).await.expect("nothing is against it");
        let room = ask.join().await.expect("no panic").expect("nothing is against it");
        assert_eq!(room.id, back.id);
        assert_eq!(asked_by(&house, &me.id).await, [], "one question answered the other");
    }
    assert_eq!(asked_by(&house, &ana().id).await, []);
    house.close().await;
}

#[tokio::test]
async fn entering_by_any_way_is_accepting() {
    let house = House::in_memory().await;
    let room = invite(&house, &ana(), &ben()).await.id;
    house.chat.entered(&ana(), &room).await.expect("she made it");
    assert_eq!(asked_by(&house, &ben().id).await, [ana().id], "he was asked, not she");
    house.chat.entered(&ben(), &room).await.expect("he was asked");
    assert_eq!(asked_by(&house, &ben().id).await, []);
    let kitchen = house.kitchen().await.id;
    house.chat.entered(&ben(), &kitchen).await.expect("rooms of many ask nobody");
    house.close().await;
}

#[tokio::test]
async fn who_said_no_or_nothing_and_comes_all_the_same_takes_it_back() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        let told = async || house.chat.unanswered(&ana().id, &room).await.expect("no fault");
        house.chat.decline(&ben(), &room).await.expect("no fault");
        house.chat.entered(&ana(), &room).await.expect("no fault");
        assert_eq!(told().await, Some(Unanswered::Declined), "she is no answer to herself");
        let mut hints = house.chat.subscribe_person(&ana().id);
        house.chat.entered(&ben(), &room).await.expect("no fault");
        assert_eq!(told().await, None);
        assert_eq!(hints.recv().await, Received::Hint(PersonHint::Invites), "as she sees at once");
        invite(house, &ana(), &ben()).await;
        assert_eq!(asked_by(house, &ben().id).await, [ana().id], "she need not wait to ask again");
        house.clock.advance_ms(600_000);
        house.chat.entered(&ben(), &room).await.expect("no fault");
        assert_eq!(told().await, None, "whether it has expired yet makes no difference");
    })
    .await;
}

#[tokio::test]
async fn who_is_told_no_waits_before_asking_again() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        house.chat.decline(&ben(), &room).await.expect("no fault");
        assert_eq!(asked_by(house, &ben().id).await, []);
        house.chat.decline(&ben(), &room).await.expect("a no is a no");
        let again = house.chat.invite(&ana(), &ben()).await.map(drop);
        let retry_after_ms = ASK_AGAIN_AFTER_MS;
        assert_eq!(again, refused(Refusal::Declined { retry_after_ms }));
        house.clock.advance_ms(ASK_AGAIN_AFTER_MS);
        assert_eq!(invite(house, &ana(), &ben()).await.id, room);
        assert_eq!(asked_by(house, &ben().id).await, [ana().id]);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_ends_by_itself() {
    let house = House::in_memory().await;
    let room = invite(&house, &ana(), &ben()).await.id;
    house.clock.advance_ms(599_999);
    assert_eq!(asked_by(&house, &ben().id).await, [ana().id]);
    house.clock.advance_ms(1);
    assert_eq!(asked_by(&house, &ben().id).await, []);
    assert_eq!(house.chat.pending_invite(&room).await, Ok(None));
    assert_eq!(house.chat.accept(&ben(), &room).await.map(drop), refused(Refusal::NoInvite));
    invite(&house, &ana(), &ben()).await;
    assert_eq!(asked_by(&house, &ben().id).await, [ana().id], "and may be made again");
    house.close().await;
}

#[tokio::test]
async fn who_asks_is_told_what_came_of_it() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        let told =
            async |who: Guest| house.chat.unanswered(&who.id, &room).await.expect("no fault");
        assert_eq!(told(ana()).await, None, "nothing yet");
        house.chat.decline(&ben(), &room).await.expect("no fault");
        assert_eq!(told(ana()).await, Some(Unanswered::Declined));
        assert_eq!(told(ben()).await, None, "he knows what he said");
        house.clock.advance_ms(ASK_AGAIN_AFTER_MS);
        invite(house, &ana(), &ben()).await;
        assert_eq!(told(ana()).await, None, "something else waits");
        house.chat.accept(&ben(), &room).await.expect("he was asked");
        assert_eq!(told(ana()).await, None);
    })
    .await;
}

#[tokio::test]
async fn who_is_there_already_is_not_asked() {
    let house = House::in_memory().await;
    let room = invite(&house, &ana(), &ben()).await.id;
    house.chat.accept(&ben(), &room).await.expect("he was asked");
    let seat = house.chat.attendance().arrive(&room, &ben());
    assert_eq!(invite(&house, &ana(), &ben()).await.id, room);
    assert_eq!(asked_by(&house, &ben().id).await, []);
    drop(seat);
    house.close().await;
}

#[tokio::test]
async fn nobody_invites_themselves() {
    let house = House::in_memory().await;
    assert_eq!(house.chat.invite(&ana(), &ana()).await.map(drop), refused(Refusal::Oneself));
    house.close().await;
}

#[tokio::test]
async fn who_is_blocked_is_not_heard() {
    in_every_house(async |house| {
        let room = invite(house, &ana(), &ben()).await.id;
        let hello = async || house.chat.post(&room, &ana(), id("ana-0001"), "hello?").await;
        let said = hello().await.expect("not yet blocked");
        let mut told = house.chat.subscribe_person(&ben().id);
        house.chat.block(&ben(), &ana()).await.expect("no fault");
        assert_eq!(told.recv().await, Received::Hint(PersonHint::Blocks));
        assert_eq!(house.chat.blocks(&ben().id).await, Ok(vec![ana()]));
        assert_eq!(asked_by(house, &ben().id).await, [], "what waited is declined");
        let invited = house.chat.invite(&ana(), &ben()).await.map(drop);
        assert_eq!(invited, refused(Refusal::Blocked));
        let inviting = house.chat.invite(&ben(), &ana()).await.map(drop);
        assert_eq!(inviting, refused(Refusal::BlockedByYou));
        assert_eq!(house.say(&room, &ana(), "hello??").await, refused(Refusal::Blocked));
        assert_eq!(hello().await, Ok(said), "what was said before is known");
        let kitchen = house.kitchen().await.id;
        house.say(&kitchen, &ana(), "hi all").await.expect("elsewhere she speaks");
        house.chat.unblock(&ben(), &ana().id).await.expect("no fault");
        assert_eq!(house.chat.blocks(&ben().id).await, Ok(vec![]));
        house.say(&room, &ana(), "hello??").await.expect("he listens again");
    })
    .await;
}

#[tokio::test]
async fn after_the_end_two_get_another_room() {
    in_every_house(async |house| {
        let first = invite(house, &ana(), &ben()).await.id;
        let erased = house.chat.erase(&first, &ben()).await.expect("it is his as well");
        house.chat.readable(&erased).await;
        assert_eq!(asked_by(house, &ben().id).await, [], "nobody is invited to what is gone");
        let second = invite(house, &ana(), &ben()).await.id;
        assert_ne!(second, first);
        assert_eq!(asked_by(house, &ben().id).await, [ana().id]);
        house.say(&second, &ben(), "again").await.expect("it is open");
    })
    .await;
}

#[tokio::test]
async fn what_waits_and_who_is_blocked_follows_from_the_log() {
    let house = House::on_disk().await;
    let room = invite(&house, &ana(), &ben()).await.id;
    house.chat.block(&ana(), &person('C', "Cleo")).await.expect("no fault");
    let house = house
        .restart(|folder| {
            std::fs::remove_dir_all(folder.join("read-models")).expect("they were there");
        })
        .await;
    assert_eq!(asked_by(&house, &ben().id).await, [ana().id]);
    assert_eq!(house.chat.blocks(&ana().id).await, Ok(vec![person('C', "Cleo")]));
    assert_eq!(invite(&house, &ana(), &ben()).await.id, room);
    for (name, verdict) in house.chat.verify().await.expect("no fault") {
        assert_eq!(verdict.differences, [], "{name}");
    }
    house.close().await;
}
