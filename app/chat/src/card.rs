//! Cards: what is shown of a link in a message.

use eventsourcing::{Aggregate as _, CommandId, DecodeError, Recorded};
use identity::{Guest, GuestId};
use serde::{Deserialize, Serialize};

use crate::{
    ActError, Chat, Done, RoomId,
    event::{Edited, Event, Posted},
    room::{Act, Attach, Command, Refusal, Room, Target},
};

/// The most cards of one message.
pub const CARDS_MAX: usize = 3;
/// The longest link or address of a card, in bytes.
pub const CARD_URL_BYTES_MAX: usize = 4_096;
/// The longest name of a site, in Unicode scalar values.
pub const CARD_SITE_CHARS_MAX: usize = 100;
/// The longest title of a card, in Unicode scalar values.
pub const CARD_TITLE_CHARS_MAX: usize = 300;
/// The longest description on a card, in Unicode scalar values.
pub const CARD_DESCRIPTION_CHARS_MAX: usize = 500;
/// The longest id of a picture.
pub const CARD_IMAGE_ID_CHARS_MAX: usize = 64;

/// How often a message is read for the room to decide about it: somebody else may change it between
/// the reading and the deciding.
pub(crate) const READINGS_MAX: usize = 8;

/// The links in a text that may have cards, in their normal form and order.
pub type Links = fn(&str) -> Vec<String>;

/// What is shown of one link. Lines of text are trimmed and cut by whoever makes it; the room checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The link in its normal form, which is the card's name within its message. Empty in the log: it
    /// was erased.
    pub link: String,
    /// Where it leads, after redirects: http or https.
    pub url: String,
    /// Whose page it is: a name, or the host.
    pub site: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<CardImage>,
}

/// A picture on a card, served from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardImage {
    /// Which: lower-case letters, digits and hyphens, at most 64. Unique in its room.
    pub id: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// What the log tells whoever looks for links: read with [`told`](crate::told).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A message says this now: it was posted, or edited. `change` is the change of the room, and
    /// `author` whoever wrote these words. No `body`: it was erased.
    Says { room: RoomId, number: u64, change: u64, author: GuestId, body: String },
    /// Nothing is left of a message.
    Removed { room: RoomId, number: u64 },
    /// A card was dismissed, or its link is in the message no more.
    CardGone { room: RoomId, number: u64, link: String },
    /// Nothing is left of a room.
    Erased { room: RoomId },
}

/// What `event` tells whoever looks for links; `None`: nothing.
///
/// # Errors
/// It is an event of a room, and cannot be read.
pub fn told(event: &Recorded) -> Result<Option<Told>, DecodeError> {
    if event.stream.kind() != Room::KIND {
        return Ok(None);
    }
    let Ok(room) = RoomId::parse(event.stream.id()) else { return Ok(None) };
    let change = event.version;
    Ok(match event.decode::<Event>()? {
        Event::Posted(Posted { number, author, body, .. })
        | Event::Edited(Edited { number, by: author, body, .. }) => {
            Some(Told::Says { room, number, change, author: author.id, body })
        }
        Event::Removed { number, .. } => Some(Told::Removed { room, number }),
        Event::CardDismissed { number, link, .. } | Event::CardDropped { number, link, .. } => {
            (!link.is_empty()).then_some(Told::CardGone { room, number, link })
        }
        Event::Erased { .. } => Some(Told::Erased { room }),
        _ => None,
    })
}

impl Card {
    /// Leaves nothing of what somebody wrote, here or elsewhere.
    pub(crate) fn redact(&mut self) {
        *self = Self {
            link: String::new(),
            url: String::new(),
            site: String::new(),
            title: None,
            description: None,
            image: None,
        };
    }

    /// How much text it has, in bytes.
    pub(crate) fn text_bytes(&self) -> usize {
        let texts = [&self.title, &self.description].into_iter().flatten().map(String::len);
        self.link.len() + self.url.len() + self.site.len() + texts.sum::<usize>()
    }
}

impl Chat {
    /// Puts `card` under message `number`, which said so by change `change`. `true`: it is there, or
    /// was there already with this picture. `false`: there is nothing to put it under any more
    /// (removed, edited, dismissed, ended, erased), another card of that link is there, or there are
    /// [`CARDS_MAX`]; nothing shows its picture.
    ///
    /// # Errors
    /// See [`ActError`]; a card that breaks a bound is refused.
    pub async fn attach_card(
        &self,
        room: &RoomId,
        number: u64,
        change: u64,
        card: Card,
    ) -> Result<bool, ActError> {
        for _ in 0..READINGS_MAX {
            let target = self.target_since(room, number, change).await?;
            let Some(target) = target else { return Ok(false) };
            if !target.takes(change, &card.link) {
                return Ok(target.shows(&card));
            }
            let Some(place) = self.place_of(&target, &card.link) else { return Ok(false) };
            let (card, at_ms) = (card.clone(), self.0.clock.now_ms());
            let attach = Command::Attach(Attach { target, said: change, place, card, at_ms });
            let once = CommandId::random();
            let sent = self.0.dispatch.send::<Room>(room.as_str(), once, attach).await;
            match sent.map_err(|error| ActError::of("attaching a card", error)) {
                Ok(_) => return Ok(true),
                Err(ActError::Refused(Refusal::Meanwhile)) => {
                    self.caught_up().await.map_err(ActError::Fault)?;
                }
                Err(ActError::Refused(Refusal::NoSuchRoom | Refusal::Ended | Refusal::Erased)) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Err(ActError::Busy)
    }

    /// Takes the card of `link` from message `number`, for good: one's own, or any as an owner.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn dismiss_card(
        &self,
        room: &RoomId,
        me: &Guest,
        number: u64,
        link: &str,
    ) -> Result<Done, ActError> {
        let dismiss = |target| Act::DismissCard { target, link: link.to_owned() };
        self.order_on(room, me, number, dismiss).await
    }

    /// The links of `body` that may have cards.
    pub(crate) fn links_of(&self, body: &str) -> Vec<String> {
        self.0.links.map_or_else(Vec::new, |links| links(body))
    }

    /// Where `link` stands among those of the message; `None`: nowhere.
    fn place_of(&self, target: &Target, link: &str) -> Option<u32> {
        let Some(links) = self.0.links else { return Some(0) };
        let place = links(target.body.as_deref()?).iter().position(|one| one == link)?;
        u32::try_from(place).ok()
    }

    /// Message `number` as it can be read once change `change` can.
    async fn target_since(
        &self,
        room: &RoomId,
        number: u64,
        change: u64,
    ) -> Result<Option<Target>, ActError> {
        let read = async || self.timeline().target(room, number).await.map_err(ActError::Fault);
        let found = read().await?;
        if found.as_ref().is_some_and(|target| target.as_of >= change) {
            return Ok(found);
        }
        self.caught_up().await.map_err(ActError::Fault)?;
        read().await
    }
}
