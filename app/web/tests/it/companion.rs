//! What goes with a person from page to page: unread rooms and invitations, in every tab.

use chat::NewRoom;

use crate::cast::TeaHouse;

#[tokio::test]
async fn an_invitation_is_in_every_tab_and_gone_when_it_is_accepted_in_one() {
    let house = TeaHouse::open().await;
    let (ana, mut ben) = (house.person("Ana"), house.person("Ben"));
    let (mut first, mut second) = (ben.browser.visit("/").await, ben.browser.visit("/me").await);
    assert!(!first.has(".invite"), "need a box that was empty");
    let room = house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben may be invited");
    for page in [&mut first, &mut second] {
        page.until(|page| page.has(".invite")).await;
        assert!(page.text(".invite").contains("Ana invites you to a private chat"));
        assert_eq!(page.text("#invites [role=status]"), "Ana invites you to a private chat.");
    }
    first.click(".invite button[value=accept]").await;
    assert!(first.url().ends_with(&format!("/r/{}", room.slug.as_str())), "{}", first.url());
    second.until(|page| !page.has(".invite")).await;
}

#[tokio::test]
async fn an_invitation_is_declined_in_a_page_and_by_a_form() {
    let house = TeaHouse::open().await;
    let (ana, eva, mut ben) = (house.person("Ana"), house.person("Eva"), house.person("Ben"));
    house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben may be invited");
    let of_eva = house.chat.invite(&eva.guest, &ben.guest).await.expect("Ben may be invited");
    house.caught_up().await;
    let mut page = ben.browser.visit("/search").await;
    assert_eq!(page.find_all(".invite").len(), 2);

    let path = format!("/invites/{}/decline", of_eva.id);
    assert_eq!(house.post(&ben, &path, &[]).await.status, 303);
    page.until(|page| page.find_all(".invite").len() == 1).await;
    page.click(".invite button[value=decline]").await;
    page.until(|page| !page.has(".invite")).await;
    assert!(page.url().ends_with("/search"), "declining leads nowhere");
}

#[tokio::test]
async fn whoever_is_blocked_is_listed_and_can_be_unblocked() {
    let house = TeaHouse::open().await;
    let (ana, mut ben) = (house.person("Ana"), house.person("Ben"));
    let mut page = ben.browser.visit("/me").await;
    house.chat.invite(&ana.guest, &ben.guest).await.expect("Ben may be invited");
    page.until(|page| page.has(".invite")).await;
    page.click(".invite button[value=block]").await;
    page.until(|page| page.has("#blocks li")).await;
    assert!(page.text("#blocks").contains("Ana"));
    assert!(house.chat.invite(&ana.guest, &ben.guest).await.is_err(), "blocked is blocked");

    page.click("#blocks button").await;
    page.until(|page| !page.has("#blocks li")).await;
}

#[tokio::test]
async fn what_was_not_read_is_counted_beside_the_room() {
    let house = TeaHouse::open().await;
    let (ana, mut ben) = (house.person("Ana"), house.person("Ben"));
    let kitchen = house.chat.create_room(&ana.guest, NewRoom::titled("The kitchen")).await;
    let kitchen = kitchen.expect("a room is opened").id;
    house.say(&kitchen, &ben, "I was here").await;
    let mut page = ben.browser.visit("/").await;
    assert_eq!(page.text(".known-room .room-name"), "The kitchen");
    assert!(!page.has(".badge"), "one's own message is read");
    for body in ["one", "two"] {
        house.say(&kitchen, &ana, body).await;
    }
    page.until(|page| page.has(".badge")).await;
    page.until(|page| page.text(".badge").contains(", 2 unread")).await;
}
