//! The page that tries links.

use chat::{NewRoom, Visibility};
use liveview::testing::Page;
use previews::{Link, Status};
use pubsub::Received;
use web::{Rate, RateTable, Rates};

use crate::{
    cast::{TeaHouse, wide},
    site::Site,
};

const FORM: &str = "#preview-form";

async fn type_url(page: &mut Page, url: &str) {
    page.change(FORM, &[("url", url)]).await;
}

fn status(page: &Page) -> String {
    page.text("#preview-status")
}

/// Waits until nobody waits for `url` any more.
async fn settled(house: &TeaHouse, url: &str) {
    let link = Link::parse(url).expect("a link");
    let mut changes = house.previews.subscribe(&link);
    let known = house.previews.ask(&link).await.expect("previews are on");
    if known.status != Status::Pending {
        return;
    }
    while let Received::Hint(known) = changes.recv().await {
        if known.status != Status::Pending {
            return;
        }
    }
}

#[tokio::test]
async fn a_page_says_what_it_is_and_so_does_its_address() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    assert!(status(&page).contains("Paste or type"), "an empty page says what to do");
    type_url(&mut page, &site.url("/tea")).await;
    page.until(|page| page.has("#preview-title")).await;
    assert_eq!(page.text("#preview-title"), "About /tea");
    assert_eq!(page.text(".preview-description"), "Steeps <b>long</b>.", "text is text");
    assert!(page.text(".preview-print").ends_with("1 attempt."), "{}", page.text(".preview-print"));
    assert!(status(&page).contains("is there"), "whoever listens is told");
    assert!(page.url().starts_with("/preview?url=http%3A%2F%2F"), "{}", page.url());

    let shared = page.url().to_owned();
    let again = house.person("Ben").browser.visit(&shared).await;
    assert_eq!(again.text("#preview-title"), "About /tea");
    assert_eq!(site.asked("/tea"), 1, "what is known is not asked for again");
}

#[tokio::test]
async fn the_latest_request_wins() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    type_url(&mut page, &site.url("/held/old")).await;
    page.until(|page| status(page).starts_with("Looking at")).await;
    type_url(&mut page, &site.url("/new")).await;
    page.until(|page| page.has("#preview-title")).await;
    assert_eq!(page.text("#preview-title"), "About /new");

    site.release();
    settled(&house, &site.url("/held/old")).await;
    page.catch_up().await;
    assert_eq!(page.text("#preview-title"), "About /new", "the slow answer came, and is not shown");
    assert_eq!(site.asked("/held/old"), 1, "need a slow answer for this to mean anything");
}

#[tokio::test]
async fn what_was_shown_is_gone_as_soon_as_something_else_is_typed() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    type_url(&mut page, &site.url("/tea")).await;
    page.until(|page| page.has("#preview-title")).await;
    type_url(&mut page, &site.url("/held/next")).await;
    assert!(!page.has("#preview-title"), "{}", page.html());
    type_url(&mut page, "").await;
    assert!(status(&page).contains("Paste or type"));
}

#[tokio::test]
async fn half_an_address_is_told_calmly_and_nothing_is_asked() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    for typed in ["h", "https", "https:", "https://", "exampl"] {
        type_url(&mut page, typed).await;
        assert_eq!(status(&page), "That is not a web address yet.", "{typed}");
        assert!(page.has("#preview-status.hint"), "nobody has made a mistake: {typed}");
    }
    type_url(&mut page, "ftp://example.org/").await;
    assert!(page.has("#preview-status.refusal"), "{}", page.html());
    assert_eq!(site.asked_in_all(), 0);
}

#[tokio::test]
async fn a_failure_has_a_reason_and_another_try() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    type_url(&mut page, &site.url("/status/503")).await;
    page.until(|page| status(page).contains("503")).await;
    page.submit("#preview-again", &[]).await;
    assert!(status(&page).contains("only seconds ago"), "a button answers: {}", status(&page));
    assert_eq!(site.asked("/status/503"), 1, "a site that is ill is left alone for a moment");
    house.rest_a_little();
    page.submit("#preview-again", &[]).await;
    page.until(|page| page.text(".preview-print") == "2 attempts.").await;
    assert_eq!(site.asked("/status/503"), 2, "a failure that is remembered is not enough");

    type_url(&mut page, "http://169.254.169.254/latest/meta-data/").await;
    page.until(|page| status(page).contains("not fetched")).await;
    assert!(!page.has("#preview-again"), "what is not allowed stays so");
}

#[tokio::test]
async fn an_old_result_stays_when_the_site_fails_and_says_so() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let url = site.url("/tea");
    let path = format!("/preview?url={url}");
    let mut page = house.person("Ana").browser.visit(&path).await;
    page.until(|page| page.has("#preview-title")).await;
    house.rest();
    site.fail();
    let mut page = house.person("Ben").browser.visit(&path).await;
    assert_eq!(page.text("#preview-title"), "About /tea", "what is old is better than nothing");
    page.until(|page| status(page).contains("could not be looked at again")).await;
    assert!(status(&page).starts_with("Shown as of "), "{}", status(&page));
    assert!(status(&page).contains("503"), "{}", status(&page));
    assert_eq!(page.text("#preview-title"), "About /tea");
    assert!(page.text(".preview-print").ends_with("2 attempts."), "{}", page.html());
    assert!(page.has("#preview-again"));
}

#[tokio::test]
async fn a_page_without_a_script_looks_again_until_it_is_there() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let ana = house.person("Ana");
    let url = site.url("/held/tea");
    let path = format!("/preview?url={url}");
    let waiting = house.get(&ana, &path).await.body;
    assert!(waiting.contains("Looking at 127.0.0.1"), "{waiting}");
    assert!(
        waiting.contains("http-equiv=\"refresh\"") && waiting.contains("reloads=1"),
        "{waiting}"
    );
    let last = house.get(&ana, &format!("{path}&reloads=8")).await.body;
    assert!(!last.contains("http-equiv"), "it ends");

    site.release();
    settled(&house, &url).await;
    let there = house.get(&ana, &format!("{path}&reloads=2")).await.body;
    assert!(there.contains("About /held/tea") && !there.contains("http-equiv"), "{there}");
}

#[tokio::test]
async fn too_many_are_refused_in_words() {
    let site = Site::open().await;
    let once = Rate { at_once: 2, per_minute: 1 };
    let rates = RateTable { previews: Rates { address: once, person: once }, ..wide() };
    let house = TeaHouse::with(rates, site.settings()).await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    for path in ["/a", "/b"] {
        type_url(&mut page, &site.url(path)).await;
        page.until(|page| page.has("#preview-title")).await;
    }
    type_url(&mut page, &site.url("/c")).await;
    assert!(status(&page).starts_with("Too many previews"), "{}", status(&page));
    assert_eq!(site.asked("/c"), 0);
}

#[tokio::test]
async fn a_host_may_switch_it_off() {
    let site = Site::open().await;
    let house = TeaHouse::open().await;
    let mut page = house.person("Ana").browser.visit("/preview").await;
    type_url(&mut page, &site.url("/tea")).await;
    assert!(page.has("#preview-status.refusal"), "{}", page.html());
    assert!(!page.has("#preview-again"), "trying again is no use");
    assert_eq!(site.asked_in_all(), 0);
}

#[tokio::test]
async fn a_picture_is_ours_and_kept_by_browsers() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let ana = house.person("Ana");
    let mut page = ana.browser.clone().visit("/preview").await;
    type_url(&mut page, &site.url("/pictured")).await;
    page.until(|page| page.has(".preview-picture")).await;
    let picture = page.find(".preview-picture");
    let source = picture.attr("src").expect("a picture has a source").to_owned();
    assert!(source.starts_with("/preview/images/"), "{source}");
    assert!(picture.attr("width").is_some() && picture.attr("height").is_some());

    let answer = house.get(&ana, &source).await;
    assert_eq!(answer.status, 200);
    let head = answer.head.to_ascii_lowercase();
    for line in [
        "content-type: image/",
        "cache-control: public, max-age=31536000, immutable",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    for other in ["0", "..", "%2e%2e%2fsecret.key", &"0".repeat(32), &"é".repeat(16)] {
        let answer = house.get(&ana, &format!("/preview/images/{other}")).await;
        assert_eq!(answer.status, 404, "{other}");
    }
}

#[tokio::test]
async fn a_cards_picture_is_for_whoever_may_read_the_room() {
    let site = Site::open().await;
    let house = TeaHouse::with_previews(&site).await;
    let (ana, ben) = (house.person("Ana"), house.person("Ben"));
    for visibility in [Visibility::Public, Visibility::Private] {
        let title = format!("{visibility:?}");
        let room = NewRoom { visibility, ..NewRoom::titled(&title) };
        let room = house.chat.create_room(&ana.guest, room).await.expect("a room");
        house.say(&room.id, &ana, &site.url("/pictured")).await;
        house.previews.caught_up().await.expect("links are followed");
        house.caught_up().await;
        let said = house.chat.timeline().newest(&room.id, 1).await.expect("it can be read");
        let image = said.messages[0].cards[0].image.as_ref().expect("the card has a picture");
        let path = format!("/r/{}/cards/{}", room.slug.as_str(), image.id);

        let seen = house.get(&ana, &path).await;
        assert_eq!(seen.status, 200, "{path}");
        assert!(seen.head.contains("private, max-age=31536000, immutable"), "{}", seen.head);
        let stranger = house.get(&ben, &path).await.status;
        assert_eq!(stranger, if visibility == Visibility::Public { 200 } else { 404 }, "{title}");
        let elsewhere = format!("/r/{}/cards/1-00000000-0000000000000000", room.slug.as_str());
        assert_eq!(house.get(&ana, &elsewhere).await.status, 404);
    }
}
