//! What the page that tries links is told.

use previews::{AskError, Reason, Settings, Status};
use pubsub::Received;

use crate::{
    cast::{House, OURS},
    web::{Web, found, html, moved, png, status},
};

const HALF_AN_HOUR_MS: i64 = 30 * 60 * 1_000;

const PAGE: &str = r#"<title>Not this</title>
    <meta property="og:title" content="Tea &amp; cake">
    <meta content='How to make it' property='og:description'>
    <meta property=og:site_name content="The kitchen">
    <meta property="og:image" content="/cup.png"><body>"#;

#[tokio::test]
async fn a_page_says_what_it_is_and_shows_its_picture() {
    let web = Web::new();
    let site = web.answering("tea", |path| match path {
        "/cup.png" => found("image/png", png(1200, 600, [200, 100, 0])),
        _ => html(PAGE),
    });
    let site = site.await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let preview = house.preview(&site.link("/tea")).await;
    assert_eq!((&preview.status, preview.stale, preview.attempts), (&Status::Processed, false, 1));
    let page = preview.page.expect("a page");
    assert_eq!(page.title.as_deref(), Some("Tea & cake"));
    assert_eq!(page.description.as_deref(), Some("How to make it"));
    assert_eq!((page.site.as_str(), page.url), ("The kitchen", site.url("/tea")));
    let image = page.image.expect("a picture");
    assert_eq!((image.width, image.height), (640, 320));
    let picture = house.previews.page_picture(&image.id).await.expect("no fault").expect("there");
    assert_eq!(picture.media_type, "image/jpeg");
    assert_eq!(image::guess_format(&picture.bytes).expect("a picture"), image::ImageFormat::Jpeg);
    for none in ["", "..", "0123456789abcdef0123456789abcdef", &image.id[1..]] {
        assert_eq!(house.previews.page_picture(none).await.expect("no fault"), None, "{none}");
    }
    for head in site.heads() {
        let head = head.to_ascii_lowercase();
        for said in ["cookie", "referer", "authorization", "origin:"] {
            assert!(!head.contains(said), "nothing of anybody here is told: {head}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_result_is_fresh_for_half_an_hour_and_then_fetched_behind() {
    let web = Web::new();
    let site = web.answering("tea", |_| html("<title>Tea</title>")).await;
    let (house, link) = (House::in_memory(web.fetcher(), web.settings()).await, site.link("/"));
    house.preview(&link).await;
    house.clock.advance_ms(HALF_AN_HOUR_MS - 1);
    assert_eq!(house.previews.ask(&link).await.expect("known").status, Status::Processed);
    assert_eq!(site.came(), 1);

    house.clock.advance_ms(1);
    let mut changes = house.previews.subscribe(&link);
    let old = house.previews.ask(&link).await.expect("known");
    assert_eq!((old.status, old.stale), (Status::Pending, true));
    assert_eq!(old.page.expect("the old one, at once").title.as_deref(), Some("Tea"));
    let Received::Hint(new) = changes.recv().await else { panic!("an answer") };
    assert_eq!((new.status, new.stale, new.attempts), (Status::Processed, false, 1));
    assert_eq!(site.came(), 2);
    assert_eq!(changes.try_recv(), None, "one answer, and no more");
    house.close().await;
}

#[tokio::test]
async fn a_failure_is_remembered_and_keeps_what_was_good() {
    let web = Web::new();
    let (times, answers) = (std::sync::atomic::AtomicUsize::new(0), [200, 500, 404, 200]);
    let site = web.answering("tea", move |_| {
        match answers[times.fetch_add(1, std::sync::atomic::Ordering::SeqCst)] {
            200 => html("<title>Tea</title>"),
            other => status(other),
        }
    });
    let site = site.await;
    let (house, link) = (House::in_memory(web.fetcher(), web.settings()).await, site.link("/"));
    assert_eq!(house.preview(&link).await.status, Status::Processed);
    house.clock.advance_ms(HALF_AN_HOUR_MS);
    let failed = house.preview(&link).await;
    assert_eq!(failed.status, Status::Error(Reason::Status(500)));
    assert_eq!((failed.stale, failed.attempts), (true, 2));
    assert_eq!(failed.page.expect("the old one").title.as_deref(), Some("Tea"));
    house.clock.advance_ms(119_000);
    assert_eq!(house.preview(&link).await.attempts, 2, "it is remembered");
    house.clock.advance_ms(1_000);
    assert_eq!(house.preview(&link).await.status, Status::Error(Reason::Status(404)));
    assert_eq!(house.preview_again(&link).await.attempts, 3, "it was asked just now");
    house.clock.advance_ms(10_000);
    let good = house.preview_again(&link).await;
    assert_eq!((good.status, good.stale, good.attempts), (Status::Processed, false, 1));
    assert_eq!(site.came(), 4);
    house.close().await;
}

#[tokio::test]
async fn many_askers_are_one_fetch_and_each_has_one_answer() {
    let web = Web::new();
    let site = web.answering("tea", |_| html("<title>Tea</title>")).await;
    let (house, link) = (House::in_memory(web.fetcher(), web.settings()).await, site.link("/"));
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &format!("see {}", link.as_str())).await;
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let changes = house.previews.subscribe(&link);
        if house.previews.ask(&link).await.expect("it may be asked").status == Status::Pending {
            waiting.push(changes);
        }
    }
    assert!(!waiting.is_empty(), "this test needs somebody who waits");
    for mut changes in waiting {
        let Received::Hint(preview) = changes.recv().await else { panic!("an answer") };
        assert_eq!(preview.status, Status::Processed);
        assert_eq!(changes.try_recv(), None, "one answer, and no more");
    }
    assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 1);
    assert_eq!(site.asked("/"), 1);
    house.close().await;
}

#[tokio::test]
async fn an_answer_is_for_its_link_alone() {
    let web = Web::new();
    let slow = web
        .site("slow", |visit| {
            Box::pin(async move {
                drop(visit);
            })
        })
        .await;
    let site = web.answering("tea", |path| html(&format!("<title>{path}</title>"))).await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let mut changes = house.previews.subscribe(&site.link("/a"));
    assert_eq!(house.preview(&site.link("/b")).await.page.expect("b").title.as_deref(), Some("/b"));
    assert!(matches!(
        house.preview(&slow.link("/a")).await.status,
        Status::Error(Reason::Failed(_))
    ));
    assert_eq!(changes.try_recv(), None, "nothing of it is told to whoever waits for another");
    house.close().await;
}

#[tokio::test]
async fn what_may_not_be_fetched_is_answered_at_once_and_not_looked_up() {
    let web = Web::new();
    let site = web.answering("tea", |_| html("<title>Tea</title>")).await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    for text in ["http://127.0.0.1/", "http://[::1]/", "http://tea.test:22/", OURS] {
        let link = previews::Link::parse(text).expect("a link");
        let preview = house.previews.ask(&link).await.expect("an answer");
        assert!(matches!(preview.status, Status::Error(Reason::NotAllowed(_))), "{preview:?}");
    }
    let deny = vec!["tea.test".to_owned()];
    house.settings.send_modify(|settings| settings.deny = deny);
    assert!(matches!(house.previews.ask(&site.link("/")).await, Err(AskError::Off(_))));
    house.settings.send_modify(|settings| settings.enabled = false);
    let other = previews::Link::parse("https://cake.test/").expect("a link");
    assert!(matches!(house.previews.ask(&other).await, Err(AskError::Off(_))));
    assert_eq!((web.lookups(), site.came()), (0, 0));
    house.settings.send_replace(web.settings());
    assert_eq!(house.preview(&site.link("/")).await.status, Status::Processed);
    house.close().await;
}

#[tokio::test]
async fn a_denied_domain_is_not_asked_behind_a_redirect_or_for_a_picture() {
    let web = Web::new();
    let denied = web.answering("denied", |_| html("<title>No</title>")).await;
    let (there, picture) = (denied.url("/"), denied.url("/a.png"));
    let site = web.answering("tea", move |path| match path {
        "/away" => moved(&there),
        _ => html(&format!("<title>Tea</title><meta property=og:image content={picture}>")),
    });
    let site = site.await;
    let settings = Settings { deny: vec!["denied.test".to_owned()], ..web.settings() };
    let house = House::in_memory(web.fetcher(), settings).await;
    let away = house.preview(&site.link("/away")).await;
    assert!(matches!(away.status, Status::Error(Reason::NotAllowed(_))), "{away:?}");
    let page = house.preview(&site.link("/")).await;
    assert_eq!((page.status, page.page.expect("a page").image), (Status::Processed, None));
    assert_eq!(denied.came(), 0);
    house.close().await;
}

#[tokio::test]
async fn a_restart_still_knows_what_was_asked() {
    let web = Web::new();
    let site = web.answering("tea", |path| match path {
        "/cup.png" => found("image/png", png(300, 300, [0, 100, 0])),
        _ => html(PAGE),
    });
    let site = site.await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let before = house.preview(&site.link("/")).await;
    let house = house.restart().await;
    let after = house.previews.ask(&site.link("/")).await.expect("known");
    assert_eq!(after, before);
    let id = after.page.and_then(|page| page.image).expect("a picture").id;
    assert!(house.previews.page_picture(&id).await.expect("no fault").is_some());
    assert_eq!(site.asked("/"), 1);
    house.close().await;
}

#[tokio::test]
async fn a_picture_is_a_preview_and_other_files_are_none() {
    let web = Web::new();
    let site = web.answering("tea", |path| match path {
        "/green%20tea.png" => found("image/png", png(300, 300, [0, 100, 0])),
        "/broken.png" => found("image/png", b"\x89PNG\r\n\x1a\nnot"),
        "/empty" => html(""),
        _ => found("application/pdf", "%PDF"),
    });
    let (site, house) = (site.await, House::in_memory(web.fetcher(), web.settings()).await);
    let picture = house.preview(&site.link("/green%20tea.png")).await.page.expect("a page");
    assert_eq!(picture.title.as_deref(), Some("green tea.png"));
    assert!(picture.image.is_some());
    for (path, reason) in [
        ("/broken.png", Reason::Kind("a picture that cannot be read".to_owned())),
        ("/empty", Reason::Nothing),
        ("/a.pdf", Reason::Kind("application/pdf".to_owned())),
    ] {
        assert_eq!(house.preview(&site.link(path)).await.status, Status::Error(reason));
    }
    house.close().await;
}

#[tokio::test]
async fn oembed_and_the_icon_are_asked_where_the_page_says_too_little() {
    let web = Web::new();
    let site = web.answering("tea", |path| match path {
        "/oembed" => found(
            "application/json",
            r#"{"type":"video","version":"1.0","title":"A film","provider_name":"Films","thumbnail_url":"/gone.png"}"#,
        ),
        "/icon.png" => found("image/png", png(64, 64, [0, 0, 100])),
        "/gone.png" => status(404),
        _ => html(r#"<link rel=alternate type=application/json+oembed href=/oembed><link rel=icon href=/icon.png>"#),
    });
    let (site, house) = (site.await, House::in_memory(web.fetcher(), web.settings()).await);
    let page = house.preview(&site.link("/")).await.page.expect("a page");
    assert_eq!((page.title.as_deref(), page.site.as_str()), (Some("A film"), "Films"));
    assert_eq!(page.image.expect("the icon").width, 64);
    assert_eq!((site.asked("/gone.png"), site.asked("/icon.png")), (1, 1));
    house.close().await;
}

#[tokio::test]
async fn the_longest_link_is_answered_too() {
    let web = Web::new();
    let site = web.answering("tea", |_| html("<title>Long</title>")).await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let short = site.url("/");
    let path = format!("/{}", "a".repeat(previews::LINK_CHARS_MAX - short.len()));
    assert_eq!(house.preview(&site.link(&path)).await.status, Status::Processed);
    house.close().await;
}
