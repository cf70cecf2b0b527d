//! Finding what was said.

use chat::{NewRoom, Visibility};

use crate::cast::TeaHouse;

#[tokio::test]
async fn words_are_found_where_one_may_read_and_marked() {
    let house = TeaHouse::open().await;
    let (ana, mut ben) = (house.person("Ana"), house.person("Ben"));
    let kitchen = house.chat.create_room(&ana.guest, NewRoom::titled("The kitchen")).await;
    let kitchen = kitchen.expect("a room is opened").id;
    let cellar = NewRoom { visibility: Visibility::Private, ..NewRoom::titled("The cellar") };
    let cellar = house.chat.create_room(&ana.guest, cellar).await.expect("a room is opened").id;
    house.say(&kitchen, &ana, "green tea & <cake>").await;
    house.say(&kitchen, &ben, "black tea").await;
    house.say(&cellar, &ana, "secret tea").await;

    let mut page = ben.browser.visit("/search").await;
    assert!(page.text("#hits").contains("Look for words"), "an empty page says what to do");
    page.change("#search", &[("q", "tea")]).await;
    assert_eq!(page.texts(".hit-text"), ["black tea", "green tea & <cake>"]);
    assert_eq!(page.texts(".hit mark"), ["tea", "tea"]);
    assert!(page.find_all(".hit")[0].attr("href").is_some_and(|href| href.ends_with("/2#m-2")));

    page.change("#search", &[("by", "Ana")]).await;
    assert_eq!(page.texts(".hit-text"), ["green tea & <cake>"]);
    assert!(page.url().contains("q=tea") && page.url().contains("by=Ana"), "{}", page.url());

    let plain = house.get(&ben, "/search?q=secret").await;
    assert!(plain.body.contains("Nothing was found"), "a room of others stays closed");
    let plain = house.get(&ana, "/search?q=secret").await;
    assert!(plain.body.contains("<mark>secret</mark>"));
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_told_so() {
    let house = TeaHouse::open().await;
    let mut page = house.person("Ana").browser.visit("/search?q=tea&from=soon").await;
    assert!(page.text("#search-refusal").contains("soon is not a day"));
    page.change("#search", &[("from", ""), ("room", "no-such-room")]).await;
    assert!(page.text("#search-refusal").contains("There is no room called no-such-room."));
}
