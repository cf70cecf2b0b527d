//! The pictures of cards, each with its message, and gone with it.
//!
//! A picture is written before its card is in the log, so that nobody sees a card without it. A mark
//! says so in between: whoever was killed there leaves the mark, and the next start looks whether
//! there is such a card.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chat::RoomId;

use crate::{Picture, StoredPicture, files::Files, known::hash};

/// The shelf of marks: `<room>.<picture's id>`.
const MARKS: &str = "unsettled";

/// Where the pictures of cards are.
pub(crate) struct RoomPictures(pub Arc<Files>);

/// A picture that is there, while it is unknown whether its card will be.
pub(crate) struct Unsettled {
    room: RoomId,
    id: String,
}

impl RoomPictures {
    /// Keeps `picture` for the card of `link` in a message.
    ///
    /// # Errors
    /// It may be there, or not; doing it again is safe.
    pub async fn write(
        &self,
        room: &RoomId,
        number: u64,
        link: &str,
        picture: &Picture,
    ) -> io::Result<Unsettled> {
        let of_card = card(number, link);
        let id = format!("{of_card}{}", hash(&picture.bytes, 16));
        let unsettled = Unsettled { room: room.clone(), id };
        self.0.write(Path::new(MARKS), &unsettled.mark(), [].into()).await?;
        let name = format!("{}.{}", unsettled.id, extension(picture.media_type));
        self.0.write(&shelf(room), &name, picture.bytes.clone()).await?;
        Ok(unsettled)
    }

    /// Its card is in the log.
    ///
    /// # Errors
    /// The next start looks for the card.
    pub async fn settle(&self, unsettled: Unsettled) -> io::Result<()> {
        self.0.remove(Path::new(MARKS), &unsettled.mark()).await
    }

    /// There is no such card, and will be none.
    ///
    /// # Errors
    /// The picture may be there still; the next start removes it.
    pub async fn take_back(&self, unsettled: Unsettled) -> io::Result<()> {
        self.remove(&unsettled.room, &unsettled.id).await?;
        self.settle(unsettled).await
    }

    /// What somebody who was killed left.
    ///
    /// # Errors
    /// The marks cannot be read.
    pub async fn unsettled(&self) -> io::Result<Vec<Unsettled>> {
        let names = self.0.list(Path::new(MARKS)).await?;
        let marks = names.iter().filter_map(|name| {
            let (room, id) = name.split_once('.')?;
            let room = RoomId::parse(room).ok()?;
            let id = id.split('.').next().unwrap_or_default().to_owned();
            Some(Unsettled { room, id })
        });
        Ok(marks.collect())
    }

    /// The picture `id` of a card in `room`.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read(&self, room: &RoomId, id: &str) -> io::Result<Option<StoredPicture>> {
        if !is_id(id) {
            return Ok(None);
        }
        for media_type in MEDIA_TYPES {
            let name = format!("{id}.{}", extension(media_type));
            if let Some(bytes) = self.0.read(&shelf(room), &name).await? {
                return Ok(Some(StoredPicture { media_type, bytes }));
            }
        }
        Ok(None)
    }

    /// A card is gone.
    ///
    /// # Errors
    /// Its picture may be there still.
    pub async fn remove_card(&self, room: &RoomId, number: u64, link: &str) -> io::Result<()> {
        self.remove(room, &card(number, link)).await
    }

    /// A message is gone.
    ///
    /// # Errors
    /// Some of its pictures may be there still.
    pub async fn remove_message(&self, room: &RoomId, number: u64) -> io::Result<()> {
        self.remove(room, &format!("{number}-")).await
    }

    /// A room is gone.
    ///
    /// # Errors
    /// Some of its pictures may be there still.
    pub async fn remove_room(&self, room: &RoomId) -> io::Result<()> {
        self.0.clear(&shelf(room)).await
    }

    async fn remove(&self, room: &RoomId, beginning: &str) -> io::Result<()> {
        let names = self.0.list(&shelf(room)).await?;
        for name in names.iter().filter(|name| name.starts_with(beginning)) {
            self.0.remove(&shelf(room), name).await?;
        }
        Ok(())
    }
}

impl Unsettled {
    pub fn room(&self) -> &RoomId {
        &self.room
    }

    /// As the card names it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Of the message that the card belongs to.
    pub fn number(&self) -> Option<u64> {
        self.id.split('-').next()?.parse().ok()
    }

    fn mark(&self) -> String {
        format!("{}.{}", self.room, self.id)
    }
}

/// What pictures are written as.
const MEDIA_TYPES: [&str; 2] = ["image/jpeg", "image/png"];

pub(crate) fn extension(media_type: &str) -> &'static str {
    if media_type == "image/png" { "png" } else { "jpg" }
}

fn shelf(room: &RoomId) -> PathBuf {
    Path::new("rooms").join(room.as_str())
}

/// How the ids of the pictures of one card begin: nobody but the card knows its picture, but whoever
/// removes it knows the link.
fn card(number: u64, link: &str) -> String {
    format!("{number}-{}-", hash(link.as_bytes(), 8))
}

/// Whether `id` is one of ours: `<number>-<8 digits of the link's hash>-<16 of the picture's>`.
fn is_id(id: &str) -> bool {
    let is_hash = |text: &str, digits| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_number =
        |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    matches!(id.split('-').collect::<Vec<_>>()[..], [number, link, picture]
        if is_number(number) && is_hash(link, 8) && is_hash(picture, 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pictured;

    const TEA: &str = "https://tea.test/";
    const CAKE: &str = "https://cake.test/";

    fn picture(text: &str) -> Picture {
        pictured(text, 100).picture.clone().expect("a picture")
    }

    fn pictures() -> RoomPictures {
        RoomPictures(Arc::new(Files::open(None).expect("it opens")))
    }

    #[tokio::test]
    async fn a_picture_goes_with_its_card_its_message_or_its_room() {
        let (pictures, kitchen, cellar) = (pictures(), RoomId::random(), RoomId::random());
        let keep = async |room: &RoomId, number, link| {
            let written = pictures.write(room, number, link, &picture("a")).await.expect("written");
            let id = written.id().to_owned();
            pictures.settle(written).await.expect("settled");
            id
        };
        let tea = keep(&kitchen, 1, TEA).await;
        let cake = keep(&kitchen, 1, CAKE).await;
        let later = keep(&kitchen, 11, TEA).await;
        let below = keep(&cellar, 1, TEA).await;
        let is_there = async |room: &RoomId, id: &str| {
            pictures.read(room, id).await.expect("no fault").is_some()
        };
        assert!(is_there(&kitchen, &tea).await && is_there(&kitchen, &cake).await);
        assert!(!is_there(&cellar, &cake).await, "it is in another room");

        pictures.remove_card(&kitchen, 1, TEA).await.expect("removed");
        assert!(!is_there(&kitchen, &tea).await && is_there(&kitchen, &cake).await);
        pictures.remove_message(&kitchen, 1).await.expect("removed");
        assert!(!is_there(&kitchen, &cake).await && is_there(&kitchen, &later).await);
        pictures.remove_room(&kitchen).await.expect("removed");
        assert!(!is_there(&kitchen, &later).await && is_there(&cellar, &below).await);
    }

    #[tokio::test]
    async fn what_is_not_settled_is_known_after_a_kill() {
        let (pictures, kitchen) = (pictures(), RoomId::random());
        let written = pictures.write(&kitchen, 7, TEA, &picture("a")).await.expect("written");
        let left = pictures.unsettled().await.expect("no fault");
        assert_eq!((left.len(), left[0].number(), left[0].id()), (1, Some(7), written.id()));
        assert_eq!(left[0].room(), &kitchen);
        pictures.take_back(written).await.expect("removed");
        assert!(pictures.unsettled().await.expect("no fault").is_empty());
        assert_eq!(pictures.read(&kitchen, left[0].id()).await.expect("no fault"), None);
    }

    #[tokio::test]
    async fn an_id_that_is_none_leads_nowhere() {
        assert!(is_id("12-0123abcd-0123456789abcdef"));
        for id in [
            "",
            "../../secret.key",
            "1-0123abcd-0123456789ABCDEF",
            "1-0123abcd",
            "-0123abcd-0123456789abcdef",
        ] {
            assert!(!is_id(id), "{id}");
        }
        let nothing = pictures().read(&RoomId::random(), "../x").await.expect("no fault");
        assert_eq!(nothing, None);
    }
}
