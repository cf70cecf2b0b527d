//! A public room and two people in it, and what a client sends there that writes its own frames.

use chat::{NewRoom, RoomSummary};
use liveview::testing::Page;
use serde_json::json;

use crate::{
    cast::{Person, TeaHouse},
    http_client::form,
};

/// Ana's public room, where Ben has spoken.
pub struct Kitchen {
    pub house: TeaHouse,
    pub room: RoomSummary,
    pub path: String,
    pub ana: Person,
    pub ben: Person,
}

impl Kitchen {
    pub async fn open() -> Self {
        Self::of(TeaHouse::open().await).await
    }

    pub async fn of(house: TeaHouse) -> Self {
        let (ana, ben) = (house.person("Ana"), house.person("Ben"));
        let room = house.chat.create_room(&ana.guest, NewRoom::titled("The kitchen")).await;
        let room = room.expect("a room");
        house.say(&room.id, &ana, "welcome").await;
        house.say(&room.id, &ben, "hello").await;
        let path = format!("/r/{}", room.slug.as_str());
        Self { house, room, path, ana, ben }
    }

    /// Sends a form as `who`; the status, and what happened.
    pub async fn form(
        &self,
        who: &Person,
        act: &str,
        fields: &[(&str, &str)],
    ) -> (u16, Vec<String>) {
        let before = self.house.now().await;
        let answer = self.house.post(who, &format!("{}/{act}", self.path), fields).await;
        (answer.status, self.house.since(before).await)
    }

    /// A form was refused with this status, and nothing happened.
    #[track_caller]
    pub fn nothing(&self, (status, happened): (u16, Vec<String>), expected: u16, what: &str) {
        assert_eq!((status, happened), (expected, Vec::new()), "{what}");
    }
}

/// Sends an event with the fields of a form to the main view.
pub async fn frame(page: &mut Page, event: &str, fields: &[(&str, &str)]) {
    let main = page.main_id().to_owned();
    let payload = json!({ "type": "form", "event": event, "value": form(fields) });
    page.send(&main, "event", &payload).await;
    assert_eq!(page.crashes(), 0, "{event} {fields:?} crashes nothing");
}
