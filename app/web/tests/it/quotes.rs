//! Messages that are quoted under others, to whom may read them.

use chat::Action;

use crate::{
    cast::TeaHouse,
    rooms::{Cast, Kind, Room, SECRET},
    table::{Stage, answer},
};

#[tokio::test]
async fn a_quote_is_for_those_who_may_read_the_room() {
    for kind in Kind::ALL {
        for stage in [Stage::Open, Stage::Ended, Stage::Erased] {
            let house = TeaHouse::open().await;
            let cast = Cast::of(&house);
            let room = Room::make(&house, &cast, kind, stage).await;
            for by in kind.columns() {
                let path = format!("{}/{}/quote", room.path(), room.others());
                let quote = house.get(cast.get(by), &path).await;
                let place = format!("{path} for {by:?}, {kind:?} {stage:?}");
                assert!(quote.head.contains("cache-control: no-store"), "{place}: {}", quote.head);
                match answer(Action::Read, by, stage) {
                    Ok(()) => assert!(quote.body.contains("<blockquote"), "{place}"),
                    Err(_) => {
                        assert_eq!((quote.status, quote.body.as_str()), (404, ""), "{place}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_quote_says_who_when_and_what() {
    let house = TeaHouse::open().await;
    let cast = Cast::of(&house);
    let room = Room::make(&house, &cast, Kind::Public, Stage::Open).await;
    let mia = room.others();
    let quote = house.get(&room.mia, &format!("{}/{mia}/quote", room.path())).await;
    assert_eq!(quote.status, 200);
    for told in ["Mia</span>", "<time datetime=", &format!("{SECRET} Mia"), room.summary.name()] {
        assert!(quote.body.contains(told), "{told} is in {}", quote.body);
    }
    let leads_to = format!("href=\"{}/{mia}#m-{mia}\"", room.path());
    assert!(quote.body.contains(&leads_to), "{}", quote.body);
}

#[tokio::test]
async fn nothing_is_quoted_where_nothing_is_left() {
    let house = TeaHouse::open().await;
    let cast = Cast::of(&house);
    let room = Room::make(&house, &cast, Kind::Public, Stage::Open).await;
    let of = |number: &str| format!("{}/{number}/quote", room.path());
    let number = room.others();
    house.chat.remove(&room.summary.id, &room.mia.guest, number).await.expect("hers");
    house.caught_up().await;
    for path in [of(&number.to_string()), of("99"), of("x"), "/r/nowhere-at-all/1/quote".into()] {
        let quote = house.get(&room.mia, &path).await;
        assert_eq!((quote.status, quote.body.as_str()), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn a_message_says_the_same_to_everyone_about_what_it_links_to() {
    let house = TeaHouse::open().await;
    let cast = Cast::of(&house);
    let room = Room::make(&house, &cast, Kind::Private, Stage::Open).await;
    let path = format!("{}/1", room.path());
    let text = format!("as [said]({path}), and http://elsewhere.example{path}#m-1 says too");
    let public = Room::make(&house, &cast, Kind::Public, Stage::Open).await;
    let number = house.say(&public.summary.id, &public.mia, &text).await;
    let quotes = format!("data-messages=\"{path} http://elsewhere.example{path}\"");
    for reader in [&public.mia, &cast.vera] {
        let page = house.get(reader, &public.path()).await.body;
        assert!(page.contains(&quotes), "{page}");
        assert!(page.contains(&format!("id=\"m-{number}-quotes\"")), "{page}");
    }
}
