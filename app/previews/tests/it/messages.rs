//! Cards in rooms.

use chat::{MessageId, NewRoom, Retention, Visibility};
use identity::{GuestId, GuestSession};
use previews::{AskError, Status};

use crate::{
    cast::{DEADLINE, House, OURS, ana, ben, files, until},
    web::{Site, Web, found, html, png, status},
};

/// A site whose pages are called by their path, each with a picture.
async fn pictured(web: &Web, name: &str) -> Site {
    let site = web.answering(name, |path| match path.strip_suffix(".png") {
        Some(_) => found("image/png", png(400, 300, [path.len() as u8, 0, 0])),
        None => html(&format!("<title>{path}</title><meta property=og:image content={path}.png>")),
    });
    site.await
}

#[tokio::test]
async fn links_in_a_message_become_cards() {
    let web = Web::new();
    let site = pictured(&web, "tea").await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let body = format!("{} and `{}` and {OURS}/r/kitchen", site.url("/a"), site.url("/code"));
    let said = house.say(&kitchen, &body).await;
    let message = house.message(&kitchen, said.number).await;
    let [card] = &message.cards[..] else { panic!("one card: {:?}", message.cards) };
    assert_eq!((card.link.as_str(), card.title.as_deref()), (&*site.url("/a"), Some("/a")));
    let image = card.image.as_ref().expect("a picture");
    assert_eq!((image.width, image.height), (400, 300));
    let picture = house.previews.room_picture(&kitchen, &image.id).await.expect("no fault");
    assert_eq!(picture.expect("it is there").media_type, "image/jpeg");
    let other = house.kitchen().await;
    assert_eq!(house.previews.room_picture(&other, &image.id).await.expect("no fault"), None);
    for none in ["", "..", "../x", "1-00000000-0000000000000000"] {
        assert_eq!(house.previews.room_picture(&kitchen, none).await.expect("no fault"), None);
    }

    let links: Vec<_> = ["/1", "/2", "/3", "/4"].map(|path| site.url(path)).to_vec();
    let said = house.say(&kitchen, &links.join(" ")).await;
    let cards = &house.message(&kitchen, said.number).await.cards;
    let shown: Vec<_> = cards.iter().map(|card| card.link.clone()).collect();
    assert_eq!(shown, links[..3], "the first three, in order");
    assert_eq!(site.asked("/code"), 0);
    house.close().await;
}

#[tokio::test]
async fn what_everybody_may_read_is_remembered_and_nothing_else() {
    let web = Web::new();
    let site = pictured(&web, "tea").await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let private = NewRoom { visibility: Visibility::Private, ..NewRoom::default() };
    let unlisted = NewRoom { visibility: Visibility::Unlisted, ..NewRoom::default() };
    let retention = Retention::Fleeting { idle_ms: 3_600_000 };
    let fleeting = NewRoom { retention, ..NewRoom::default() };
    for (times, room) in (1..).zip([private, unlisted, fleeting, NewRoom::default()]) {
        let room = house.room(room).await;
        let said = house.say(&room, &site.url("/a")).await;
        assert_eq!(house.message(&room, said.number).await.cards.len(), 1);
        assert_eq!(site.asked("/a"), times, "what was said before was not remembered");
    }
    for times in 0..2 {
        let kitchen = house.kitchen().await;
        let said = house.say(&kitchen, &site.url("/a")).await;
        assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 1);
        assert_eq!(site.asked("/a"), 4, "the kitchen's was, time {times}");
    }
    let known = house.previews.ask(&site.link("/a")).await.expect("known");
    assert_eq!(known.status, Status::Processed, "the page is told at once");
    house.close().await;
}

#[tokio::test]
async fn an_edit_changes_the_cards() {
    let web = Web::new();
    let site = pictured(&web, "tea").await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &format!("{} {}", site.url("/a"), site.url("/b"))).await;
    assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 2);
    house.clock.advance_ms(5_000);
    let body = format!("{} {}", site.url("/b"), site.url("/c"));
    house.chat.edit(&kitchen, &ana(), said.number, &body).await.expect("hers");
    let cards = &house.message(&kitchen, said.number).await.cards;
    let mut shown: Vec<_> = cards.iter().map(|card| card.title.clone().expect("a title")).collect();
    shown.sort();
    assert_eq!(shown, ["/b", "/c"]);
    assert_eq!(files(&house.folder().join("previews/rooms")).len(), 2, "the first one's is gone");
    house.close().await;
}

#[tokio::test]
async fn a_dismissed_card_takes_its_picture_with_it() {
    let web = Web::new();
    let site = pictured(&web, "tea").await;
    let house = House::on_disk(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &format!("{} {}", site.url("/a"), site.url("/b"))).await;
    assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 2);
    let dismissed = house.chat.dismiss_card(&kitchen, &ana(), said.number, &site.url("/a")).await;
    dismissed.expect("hers");
    let cards = &house.message(&kitchen, said.number).await.cards;
    assert_eq!((cards.len(), cards[0].title.as_deref()), (1, Some("/b")));
    let left = files(&house.folder().join("previews/rooms"));
    assert_eq!(left.len(), 1, "{left:?}");
    house.close().await;
}

#[tokio::test]
async fn a_failure_that_lasts_leaves_no_card_and_nothing_behind() {
    let web = Web::new();
    let site = web.answering("tea", |_| status(404)).await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &site.url("/")).await;
    assert_eq!(house.message(&kitchen, said.number).await.cards, []);
    assert_eq!((site.came(), house.previews.dead_letters()), (1, vec![]));
    house.close().await;
}

#[tokio::test]
async fn a_failure_that_may_pass_is_tried_again_and_then_shown_to_a_person() {
    let web = Web::new();
    let is_well = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let well = is_well.clone();
    let site =
        web.answering("tea", move |_| match well.load(std::sync::atomic::Ordering::SeqCst) {
            true => html("<title>Tea</title>"),
            false => status(503),
        });
    let (site, house) = (site.await, House::in_memory(web.fetcher(), web.settings()).await);
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &site.url("/")).await;
    house.given_up(1).await;
    let [dead] = &house.previews.dead_letters()[..] else { panic!("one") };
    assert_eq!(
        (dead.attempts, &dead.link, &dead.room),
        (3, &site.link("/"), &Some(kitchen.clone()))
    );
    assert_eq!((dead.number, &dead.author), (Some(said.number), &Some(ana().id)));
    assert!(dead.why.contains("503"), "{}", dead.why);
    assert_eq!(site.came(), 3);
    assert_eq!(house.message(&kitchen, said.number).await.cards, []);

    is_well.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(house.previews.retry("m-nothing").await, Ok(false));
    assert_eq!(house.previews.retry(&dead.id).await, Ok(true));
    assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 1);
    assert_eq!(house.previews.dead_letters(), []);
    house.close().await;
}

#[tokio::test]
async fn whoever_wrote_a_link_sees_that_it_was_given_up_and_nobody_else() {
    let web = Web::new();
    let (site, house) = (
        web.answering("tea", |_| status(503)).await,
        House::in_memory(web.fetcher(), web.settings()).await,
    );
    let kitchen = house.kitchen().await;
    let first = house.say(&kitchen, &site.url("/first")).await.number;
    house.given_up(1).await;
    house.clock.advance_ms(2_000);
    let id = MessageId::random();
    let bens = house.chat.post(&kitchen, &ben(), id, &site.url("/bens")).await.expect("said");
    house.given_up(2).await;
    let last = house.say(&kitchen, &site.url("/last")).await.number;
    house.given_up(3).await;
    let numbers = |who: &GuestId| -> Vec<_> {
        let dead = house.previews.dead_letters_of(who).into_iter();
        dead.map(|dead| dead.number.expect("it is of a message")).collect()
    };
    assert_eq!(numbers(&ana().id), [last, first], "the latest first");
    assert_eq!(numbers(&ben().id), [bens.number]);
    let nobody = GuestSession::fresh().guest_id();
    assert_eq!(numbers(&nobody), [0; 0]);
    house.close().await;
}

#[tokio::test]
async fn two_who_try_a_link_again_at_once_get_one_card() {
    let web = Web::new();
    let is_well = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let well = is_well.clone();
    let site =
        web.answering("tea", move |_| match well.load(std::sync::atomic::Ordering::SeqCst) {
            true => html("<title>Tea</title>"),
            false => status(503),
        });
    let (site, house) = (site.await, House::in_memory(web.fetcher(), web.settings()).await);
    let kitchen = house.kitchen().await;
    let said = house.say(&kitchen, &site.url("/")).await;
    house.given_up(1).await;
    is_well.store(true, std::sync::atomic::Ordering::SeqCst);
    let id = house.previews.dead_letters()[0].id.clone();
    let both = tokio::join!(house.previews.retry(&id), house.previews.retry(&id));
    assert_eq!(both, (Ok(true), Ok(false)));
    assert_eq!(house.message(&kitchen, said.number).await.cards.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn what_may_not_be_asked_any_more_is_not_tried_again_and_stays() {
    let web = Web::new();
    let site = web.answering("tea", |_| status(503)).await;
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    house.say(&kitchen, &site.url("/")).await;
    house.given_up(1).await;
    house.settings.send_modify(|settings| settings.enabled = false);
    let dead = house.previews.dead_letters();
    let refused = house.previews.retry(&dead[0].id).await;
    assert!(matches!(refused, Err(AskError::Off(_))), "{refused:?}");
    assert_eq!(house.previews.dead_letters(), dead);
    house.close().await;
}

#[tokio::test]
async fn switched_off_means_that_nothing_is_asked_not_even_what_waits() {
    let web = Web::new();
    let held = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let holds = held.clone();
    let site = web.site("tea", move |visit| {
        let holds = holds.clone();
        Box::pin(async move {
            let _turn = holds.acquire().await;
            visit.answer(html("<title>Tea</title>")).await;
        })
    });
    let (site, house) = (site.await, House::in_memory(web.fetcher(), web.settings()).await);
    let kitchen = house.kitchen().await;
    for number in 0..8 {
        house.say(&kitchen, &site.url(&format!("/{number}"))).await;
    }
    until("four are asked, the others wait", || site.came() == 4).await;
    house.settings.send_modify(|settings| settings.enabled = false);
    let lookups = web.lookups();
    held.add_permits(100);
    house.caught_up().await;
    house.say(&kitchen, &site.url("/later")).await;
    house.caught_up().await;
    assert_eq!((site.came(), web.lookups()), (4, lookups), "nobody was looked up any more");
    house.close().await;
}

#[tokio::test]
async fn one_slow_site_holds_up_no_other() {
    let web = Web::new();
    let slow = web.site("slow", |visit| {
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(visit);
        })
    });
    let (slow, site) = (slow.await, pictured(&web, "tea").await);
    let house = House::in_memory(web.fetcher(), web.settings()).await;
    let kitchen = house.kitchen().await;
    for number in 0..40 {
        house.say(&kitchen, &slow.url(&format!("/{number}"))).await;
    }
    let said = house.say(&kitchen, &site.url("/a")).await;
    let shown = async {
        loop {
            let page = house.chat.timeline().range(&kitchen, said.number, said.number).await;
            if page.expect("no fault").messages.iter().any(|message| !message.cards.is_empty()) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE / 20, shown).await.expect("within three seconds");
    assert_eq!(slow.came(), 4, "and so many at a time are asked of one host");
    // With 36 links waiting for a site that never answers.
    house.previews.shutdown(std::time::Duration::from_millis(100)).await;
}
