//! A person's own page, and leaving.

use crate::cast::TeaHouse;

#[tokio::test]
async fn a_rename_shows_in_the_other_tab() {
    let house = TeaHouse::open().await;
    let mut ana = house.person("Ana");
    let (mut first, mut second) = (ana.browser.visit("/me").await, ana.browser.visit("/").await);
    first.submit("#name", &[("name", "Anabel")]).await;
    assert!(first.text(".info").starts_with("You are Anabel now."));
    second.until(|page| page.text(".me-name") == "Anabel").await;
    let again = house.get(&ana, "/me").await;
    assert!(again.body.contains("Anabel"), "it is stored");
}

#[tokio::test]
async fn without_providers_there_is_no_way_to_sign_in() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let page = house.get(&ana, "/me").await;
    assert!(!page.body.contains("Sign in with"));
    let refused = house.post(&ana, "/sign-in/github", &[("return_to", "/me")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("There is no such way to sign in here."));
    let returned = house.get(&ana, "/sign-in/github/callback?code=1&state=2").await;
    assert_eq!(returned.status, 422, "nothing was begun");
}

#[tokio::test]
async fn whoever_signs_out_is_somebody_else_and_their_open_pages_close() {
    let house = TeaHouse::open().await;
    let mut ana = house.person("Ana");
    // A session is listed once a request of it came.
    assert_eq!(house.get(&ana, "/").await.status, 200);
    let mut page = ana.browser.visit("/me").await;
    assert!(page.text("#sessions").contains("this browser"), "{}", page.text("#sessions"));
    let mut socket = ana.browser.socket(&format!("vsn=2.0.0&_csrf_token={}", ana.token()), 16);
    let (topic, join) = (format!("lv:{}", page.main_id()), page.join_payload().to_string());
    assert!(socket.join(&topic, &join).await.is_ok());
    let left = house.post(&ana, "/sign-out", &[]).await;
    assert_eq!((left.status, left.location()), (303, "/"));
    assert_eq!(socket.closed().await.0, 1012);
    page.reconnect().await;
    assert_ne!(page.text(".me-name"), "Ana", "the page comes back as a stranger's");
    let old_cookie = house.get(&ana, "/me").await;
    assert!(!old_cookie.body.contains("Ana"), "the old cookie is nobody's");
}

#[tokio::test]
async fn a_picture_is_sent_once() {
    let house = TeaHouse::open().await;
    let ana = house.person("Ana");
    let path = format!("/people/{}/avatar", ana.id());
    let picture = house.get(&ana, &path).await;
    assert_eq!(picture.status, 200);
    let head = picture.head.to_ascii_lowercase();
    assert!(head.contains("content-type: image/svg+xml") && head.contains("nosniff"), "{head}");
    assert_eq!(house.get(&ana, "/people/nobody/avatar").await.status, 404);
}
