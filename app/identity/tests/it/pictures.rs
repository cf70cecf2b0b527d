//! The pictures of people, from our side.

use identity::{Avatar, GuestId, PersonChange};

use crate::cast::{House, Running, guest, next};

async fn avatar(house: &House, person: &GuestId) -> Avatar {
    house.identity.avatar(person).await.expect("everybody has a picture")
}

#[tokio::test]
async fn who_has_no_picture_has_a_pattern_of_their_own() {
    let house = House::open(vec![]).await;
    let (ana, ben) = (guest("Ana").guest_id(), guest("Ben").guest_id());
    let pattern = avatar(&house, &ana).await;
    assert_eq!(pattern.content_type, "image/svg+xml");
    assert!(pattern.bytes.starts_with(b"<svg ") && pattern.etag.starts_with('"'));
    assert_eq!(avatar(&house, &ana).await, pattern, "always the same");
    assert_ne!(avatar(&house, &ben).await.etag, pattern.etag);
    house.close().await;
}

#[tokio::test]
async fn the_picture_of_an_account_is_fetched_made_ours_and_kept() {
    for running in Running::both().await {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let avatars = folder.path().join("avatars");
        let log = std::sync::Arc::new(eventsourcing::MemoryStore::new());
        let house = House::on(log, vec![running.provider.clone()], Some(avatars.clone())).await;
        let ana = guest("Ana");
        let mut changes = house.identity.subscribe(&ana.guest_id());
        house.sign_in(&ana, "ana").await;
        while next(&mut changes).await != PersonChange::Pictured {}

        let picture = avatar(&house, &ana.guest_id()).await;
        assert_eq!(picture.content_type, "image/png");
        let image = image::load_from_memory(&picture.bytes).expect("a picture");
        assert_eq!((image.width(), image.height()), (96, 96), "theirs has 64 by 48");
        let kept: Vec<_> = std::fs::read_dir(&avatars).expect("it is read").collect();
        assert_eq!(kept.len(), 1, "and nothing beside it");

        let again = House::on(house.log.clone(), vec![], Some(avatars.clone())).await;
        assert_eq!(
            avatar(&again, &ana.guest_id()).await,
            picture,
            "the provider is not asked again"
        );
        std::fs::remove_dir_all(&avatars).expect("it is removed");
        let without = avatar(&again, &ana.guest_id()).await;
        assert_eq!(without.content_type, "image/svg+xml", "a lost file is no fault");
        again.close().await;
        house.close().await;
    }
}
