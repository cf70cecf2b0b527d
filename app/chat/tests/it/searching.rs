//! Finding what was said.

use std::path::Path;

use chat::{ActError, Found, HITS_MAX, NewRoom, Refusal, RoomId, Search, Visibility};
use identity::Guest;
use proptest::prelude::*;

use crate::cast::{House, ana, ben, in_every_house, person};

async fn room(house: &House, title: &str, visibility: Visibility) -> RoomId {
    house.clock.advance_ms(2_000);
    let room = NewRoom { visibility, ..NewRoom::titled(title) };
    house.chat.create_room(&ana(), room).await.expect("a room").id
}

async fn say(house: &House, room: &RoomId, who: &Guest, bodies: &[&str]) {
    for body in bodies {
        house.clock.advance_ms(1_000);
        house.say(room, who, body).await.expect("accepted");
    }
}

async fn look(house: &House, me: &Guest, search: Search) -> Found {
    house.chat.caught_up().await.expect("it catches up");
    house.chat.search(&me.id, search).await.expect("no fault")
}

fn words(words: &str) -> Search {
    Search { words: words.to_owned(), ..Search::default() }
}

fn bodies(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.message.body.as_str()).collect()
}

/// What `me` finds, the newest first.
async fn finds(house: &House, me: &Guest, search: Search) -> Vec<String> {
    bodies(&look(house, me, search).await).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn words_are_found_in_any_case_and_without_accents() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let said = ["A crème brûlée", "Green tea", "tea, green", "Don't panic", "日本茶 です"];
        say(house, &kitchen, &ana(), &said).await;
        let finds = async |text: &str| finds(house, &ben(), words(text)).await;
        assert_eq!(finds("creme BRULEE").await, ["A crème brûlée"]);
        assert_eq!(finds("tea green").await, ["tea, green", "Green tea"], "the newest first");
        assert_eq!(finds("\"green tea\"").await, ["Green tea"], "in a row");
        assert_eq!(finds("gre").await, ["tea, green", "Green tea"], "the last may go on");
        assert_eq!(finds("gre tea").await, [""; 0], "only the last");
        assert_eq!(finds("\"gre\"").await, [""; 0], "and not in quotes");
        assert_eq!(finds("don't").await, ["Don't panic"]);
        assert_eq!(finds("日本").await, ["日本茶 です"]);
        assert_eq!(finds("coffee").await, [""; 0]);
        assert_eq!(finds("").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_typed_is_syntax() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    say(&house, &kitchen, &ana(), &["tea OR coffee", "NEAR the pot", "author: ana"]).await;
    let finds = async |text: &str| finds(&house, &ben(), words(text)).await.len();
    assert_eq!(finds("tea OR nothing").await, 0, "OR is a word");
    assert_eq!(finds("OR").await, 1);
    assert_eq!(finds("NEAR(pot the)").await, 0, "nobody said that in a row");
    assert_eq!(finds("NEAR the pot").await, 1);
    assert_eq!(finds("author:ana").await, 1);
    assert_eq!(finds("place:r1").await, 0);
    for odd in ["\"", "\"\"\"", "*", "tea*", "-tea", "^tea", "(tea", "tea)", "{body}: tea", "'"] {
        assert!(finds(odd).await <= 1, "{odd}");
    }
    house.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn whatever_is_typed_is_answered(
        texts in prop::collection::vec("[a-c\"'*^(){}:+\\-\u{0}\n AND]{0,30}|\\PC{0,40}", 40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let house = House::in_memory().await;
            let kitchen = room(&house, "Kitchen", Visibility::Public).await;
            say(&house, &kitchen, &ana(), &["a b c", "AND a"]).await;
            for text in texts {
                look(&house, &ana(), words(&text)).await;
                look(&house, &ana(), Search { by: Some(text), ..words("a") }).await;
            }
            house.close().await;
        });
    }
}

#[tokio::test]
async fn filters_by_person_room_and_time() {
    in_every_house(async |house| {
        let kitchen = room(house, "Kitchen", Visibility::Public).await;
        let cellar = room(house, "Cellar", Visibility::Public).await;
        let heron = person('H', "Quiet Heron");
        say(house, &kitchen, &ana(), &["tea 1"]).await;
        say(house, &cellar, &ana(), &["tea 2"]).await;
        let noon = house.clock.now_ms();
        say(house, &kitchen, &heron, &["tea 3"]).await;
        say(house, &cellar, &heron, &["tea 4", "coffee"]).await;
        let finds = async |search: Search| finds(house, &ben(), search).await;
        let tea = || words("tea");
        let by = |by: &str| Some(by.to_owned());
        let all = ["tea 4", "tea 3", "tea 2", "tea 1"];
        assert_eq!(finds(tea()).await, all);
        let quiet = Search { by: by("her"), ..tea() };
        assert_eq!(finds(quiet.clone()).await, ["tea 4", "tea 3"]);
        assert_eq!(finds(Search { by: by("quiet heron"), ..tea() }).await, ["tea 4", "tea 3"]);
        assert_eq!(finds(Search { by: by(ana().id.as_str()), ..tea() }).await, ["tea 2", "tea 1"]);
        assert_eq!(finds(Search { by: by("nobody"), ..tea() }).await, [""; 0]);
        let here = Some(kitchen.clone());
        assert_eq!(finds(Search { room: here.clone(), ..tea() }).await, ["tea 3", "tea 1"]);
        assert_eq!(finds(Search { room: here, ..quiet }).await, ["tea 3"]);
        let nowhere = Some(RoomId::random());
        assert_eq!(finds(Search { room: nowhere, ..tea() }).await, [""; 0]);
        let (from_ms, until_ms) = (Some(noon), Some(noon));
        assert_eq!(finds(Search { from_ms, ..tea() }).await, ["tea 4", "tea 3", "tea 2"]);
        assert_eq!(finds(Search { until_ms, ..tea() }).await, ["tea 1"]);
        let without_words = Search { by: by("heron"), room: Some(cellar), ..Search::default() };
        assert_eq!(finds(without_words).await, ["coffee", "tea 4"]);
        assert_eq!(finds(Search { from_ms, ..Search::default() }).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn answers_come_in_pages() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    house.chatter(&kitchen, &ana(), HITS_MAX * 2 + 7).await;
    for search in [words("thing"), Search { room: Some(kitchen.clone()), ..Search::default() }] {
        let (mut after, mut seen) = (None, Vec::new());
        for page in [HITS_MAX, HITS_MAX, 7] {
            let found = look(&house, &ben(), Search { after, ..search.clone() }).await;
            assert_eq!(found.hits.len(), page);
            seen.extend(found.hits.iter().map(|hit| hit.message.number));
            after = found.cursor;
        }
        assert_eq!(after, None, "there is no more");
        assert!(seen.iter().rev().copied().eq(1..=HITS_MAX as u64 * 2 + 7));
    }
    house.close().await;
}

#[tokio::test]
async fn a_hit_shows_what_was_looked_for() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    say(&house, &kitchen, &ana(), &["More <b>Té</b>, please.\nTea!"]).await;
    let found = look(&house, &ben(), words("te")).await;
    let excerpt: Vec<_> = found.hits[0].excerpt.iter().map(|(t, m)| (t.as_str(), *m)).collect();
    let pieces =
        [("More <b>", false), ("Té", true), ("</b>, please. ", false), ("Tea", true), ("!", false)];
    assert_eq!(excerpt, pieces);
    assert_eq!(found.hits[0].room.name(), "Kitchen");
    assert_eq!(found.hits[0].message.author, ana());
    house.close().await;
}

#[tokio::test]
async fn what_somebody_may_not_read_they_do_not_find() {
    in_every_house(async |house| {
        let (cleo, dora) = (person('C', "Cleo"), person('D', "Dora"));
        let den = room(house, "Den", Visibility::Private).await;
        say(house, &den, &ana(), &["secret tea"]).await;
        let finds = async |who: &Guest| {
            let by_words = finds(house, who, words("tea")).await.len();
            let in_room = Search { room: Some(den.clone()), ..Search::default() };
            assert_eq!(finds(house, who, in_room).await.len(), by_words);
            by_words
        };
        assert_eq!((finds(&ana()).await, finds(&ben()).await), (1, 0));
        let visit = house.chat.read_up_to(&den, &ben(), 1).await;
        assert_eq!(visit, Err(ActError::Refused(Refusal::Private)));
        assert_eq!(finds(&ben()).await, 0, "a visit opens no private room");
        house.chat.admit(&den, &ana(), &ben()).await.expect("hers");
        assert_eq!(finds(&ben()).await, 1);
        house.chat.leave(&den, &ben()).await.expect("he may");
        assert_eq!(finds(&ben()).await, 0, "not after leaving");
        house.chat.admit(&den, &ana(), &cleo).await.expect("hers");
        assert_eq!(finds(&cleo).await, 1);
        house.chat.expel(&den, &ana(), &cleo).await.expect("hers");
        assert_eq!(finds(&cleo).await, 0, "not after being sent out");

        house.chat.set_visibility(&den, &ana(), Visibility::Unlisted).await.expect("hers");
        assert_eq!((finds(&dora).await, finds(&cleo).await), (0, 0));
        house.chat.read_up_to(&den, &dora, 1).await.expect("stored");
        assert_eq!(finds(&dora).await, 1, "she has been there");
        let visit = house.chat.read_up_to(&den, &cleo, 1).await;
        assert_eq!(visit, Err(ActError::Refused(Refusal::Expelled)));
        house.chat.set_visibility(&den, &ana(), Visibility::Public).await.expect("hers");
        assert_eq!(finds(&cleo).await, 0, "expelled is expelled, in any room");
        assert_eq!(finds(&ben()).await, 1);
        house.chat.set_visibility(&den, &ana(), Visibility::Private).await.expect("hers");
        assert_eq!((finds(&dora).await, finds(&ben()).await), (0, 0), "closed again");
    })
    .await;
}

#[tokio::test]
async fn an_edit_is_found_and_what_it_replaced_is_not() {
    let house = House::in_memory().await;
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    say(&house, &kitchen, &ana(), &["coffee"]).await;
    house.chat.edit(&kitchen, &ana(), 1, "tea").await.expect("hers");
    assert_eq!(finds(&house, &ben(), words("coffee")).await, [""; 0]);
    assert_eq!(finds(&house, &ben(), words("tea")).await, ["tea"]);
    house.chat.remove(&kitchen, &ana(), 1).await.expect("hers");
    assert_eq!(finds(&house, &ben(), words("tea")).await, [""; 0]);
    house.close().await;
}

/// The files below `folder` that contain `word` in any case, as a term of the index would be.
fn files_with(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, word));
        } else {
            let bytes = std::fs::read(&path).expect("a file").to_ascii_lowercase();
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Words that nothing else contains, as many as it takes to fill pages of the index.
fn odd_word(number: usize) -> String {
    format!("zq{:05x}xv", number.wrapping_mul(40_503) % 0xF_FFFF)
}

#[tokio::test]
async fn removed_and_erased_words_are_in_no_byte_of_any_file() {
    let house = House::on_disk().await;
    // What is erased of a large room and of a small one leaves the index in two ways.
    let kitchen = room(&house, "Kitchen", Visibility::Public).await;
    let cellar = room(&house, "Cellar", Visibility::Public).await;
    let attic = room(&house, "Attic", Visibility::Public).await;
    let heron = person('H', "Xylophonist");
    let place = |number: usize| match number % 32 {
        0 => &attic,
        other if other % 4 == 0 => &cellar,
        _ => &kitchen,
    };
    for number in 0..480 {
        house.clock.advance_ms(2_000);
        let (one, other) = (odd_word(2 * number), odd_word(2 * number + 1));
        let body = format!("common words and {one} {other}");
        house.say(place(number), &heron, &body).await.expect("accepted");
    }
    house.chat.edit(&kitchen, &heron, 2, &format!("{} now", odd_word(9_001))).await.expect("his");
    house.chat.caught_up().await.expect("it catches up");
    let read_models = house.folder().join("read-models");
    assert!(!files_with(&read_models, &odd_word(2)).is_empty(), "this test needs it to be there");

    for number in 1..=40 {
        house.clock.advance_ms(2_000);
        house.chat.remove(&kitchen, &heron, number).await.expect("his");
    }
    house.chat.erase(&attic, &ana()).await.expect("hers");
    house.chat.erase(&cellar, &ana()).await.expect("hers");
    house.chat.erased().await.expect("no fault");
    let erased = (0..480).filter(|&number| *place(number) != kitchen);
    let removed = (0..480).filter(|&number| *place(number) == kitchen).take(40);
    let gone = erased.chain(removed).flat_map(|n| [odd_word(2 * n), odd_word(2 * n + 1)]);
    for word in gone.chain([odd_word(9_001)]) {
        assert_eq!(files_with(house.folder(), &word), [""; 0], "{word}");
    }
    assert_eq!(finds(&house, &ben(), words(&odd_word(958))).await.len(), 1, "others are found");
    house.chat.erase(&kitchen, &ana()).await.expect("hers");
    house.chat.erased().await.expect("no fault");
    // Whole words: a few letters are somewhere among so many random ids.
    let odd = (0..960).step_by(16).map(odd_word);
    for word in odd.chain(["xylophonist", "common words"].map(str::to_owned)) {
        assert_eq!(files_with(house.folder(), &word), [""; 0], "{word}");
    }
    house.close().await;
}
