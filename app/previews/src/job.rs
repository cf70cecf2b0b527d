//! What is to be fetched, and for whom, as the queue keeps it.

use chat::RoomId;
use identity::GuestId;
use pipeline::{Job, JobId};
use serde::{Deserialize, Serialize};

use crate::Link;

/// One link, for one asker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreviewJob {
    pub link: Link,
    #[serde(rename = "for")]
    pub asker: Asker,
}

/// Who wants a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Asker {
    /// Somebody on the page that tries links.
    Page,
    /// A message that has the link in it.
    Message(Place),
}

/// Where in a room a card goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub room: RoomId,
    /// Of the message.
    pub number: u64,
    /// The change of the room by which the message said so.
    pub change: u64,
    /// Who said so, and sees it when the link is given up.
    pub author: GuestId,
}

impl Job for PreviewJob {
    /// Fetches from one host wait for each other.
    fn lane(&self) -> String {
        self.link.host().to_owned()
    }
}

impl PreviewJob {
    /// For whoever is on the page; `ask` is another number for each time.
    pub fn for_page(link: &Link, ask: &str) -> (JobId, Self) {
        (id(&format!("p-{ask}")), Self { link: link.clone(), asker: Asker::Page })
    }

    /// For link `slot` of a message: the same whenever the log is read.
    pub fn for_message(link: Link, place: Place, slot: usize) -> (JobId, Self) {
        let Place { room, number, change, .. } = &place;
        let id = id(&format!("m-{room}-{number}-{change}-{slot}"));
        (id, Self { link, asker: Asker::Message(place) })
    }

    /// Where the card goes, if it is for a message.
    pub fn place(&self) -> Option<&Place> {
        match &self.asker {
            Asker::Page => None,
            Asker::Message(place) => Some(place),
        }
    }
}

fn id(text: &str) -> JobId {
    JobId::new(text).expect("a room's id and numbers are short, and visible ASCII characters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::link;

    #[test]
    fn jobs_are_read_as_they_were_written() {
        let author = GuestId::parse("0000000000000001").expect("sixteen digits");
        let place = Place { room: RoomId::random(), number: 7, change: 9, author };
        let (id, job) = PreviewJob::for_message(link("https://Tea.test/a#b"), place.clone(), 2);
        assert_eq!(id.as_str(), format!("m-{}-7-9-2", place.room));
        assert_eq!(job.lane(), "tea.test");
        let json = serde_json::to_string(&job).expect("JSON");
        assert!(json.contains("\"for\":{\"Message\""), "{json}");
        assert_eq!(serde_json::from_str::<PreviewJob>(&json).expect("a job"), job);
        let (_, page) = PreviewJob::for_page(&job.link, "1");
        assert_eq!((page.place(), job.place()), (None, Some(&place)));
    }
}
