//! Cards of links: whether one is put under a message, and which go.

use super::{Order, Refusal, Room, Target};
use crate::{
    Action, Card, CardImage,
    card::{CARD_DESCRIPTION_CHARS_MAX, CARD_SITE_CHARS_MAX, CARD_TITLE_CHARS_MAX},
    card::{CARD_IMAGE_ID_CHARS_MAX, CARD_URL_BYTES_MAX},
    event::Event,
    permissions::Stage,
};

/// A card that was made of a link in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attach {
    pub target: Target,
    /// The change of the room by which the message said so.
    pub said: u64,
    /// Where the link stands among those of the message, from 0.
    pub place: u32,
    pub card: Card,
    pub at_ms: i64,
}

impl Room {
    /// A card comes in nobody's name: no role allows it, and it takes nobody's pace.
    pub(super) fn decide_attach(&self, attach: &Attach) -> Result<Vec<Event>, Refusal> {
        let Attach { target, said, place, card, at_ms } = attach;
        match self.stage.ok_or(Refusal::NoSuchRoom)? {
            Stage::Open => {}
            Stage::Ended => return Err(Refusal::Ended),
            Stage::Erased => return Err(Refusal::Erased),
        }
        check_card(card).map_err(Refusal::Card)?;
        self.check_holds(target)?;
        let (number, place, card, at_ms) = (target.number, *place, card.clone(), *at_ms);
        let fits = target.takes(*said, &card.link);
        let attached = Event::CardAttached { number, place, card: Box::new(card), at_ms };
        Ok(fits.then_some(attached).into_iter().collect())
    }

    pub(super) fn decide_dismiss(
        &self,
        order: &Order,
        target: &Target,
        link: &str,
    ) -> Result<Option<Event>, Refusal> {
        self.allow_on(order, target, Action::DismissOwn, Action::DismissOthers)?;
        self.check_holds(target)?;
        let is_there = self.text_of(target).is_some() && target.has(link);
        let (number, link) = (target.number, link.to_owned());
        let (by, at_ms) = (order.by.clone(), order.at_ms);
        Ok(is_there.then_some(Event::CardDismissed { number, link, by, at_ms }))
    }

    /// The cards that go because a message has only these links from now on.
    pub(super) fn drop_cards(target: &Target, links: &[String], at_ms: i64) -> Vec<Event> {
        let gone = target.cards.iter().filter(|card| !links.contains(&card.link));
        let dropped = gone.map(|card| {
            let (number, link) = (target.number, card.link.clone());
            Event::CardDropped { number, link, at_ms }
        });
        dropped.collect()
    }

    /// Whether what was read of a message is so still; if not, it is to be read again.
    pub(super) fn check_holds(&self, target: &Target) -> Result<(), Refusal> {
        if self.touched.holds(target) { Ok(()) } else { Err(Refusal::Meanwhile) }
    }
}

/// What of a card is not as it must be, if anything.
fn check_card(card: &Card) -> Result<(), &'static str> {
    let Card { link, url, site, title, description, image } = card;
    let fits = |text: &Option<String>, chars_max: usize| {
        text.as_deref().is_none_or(|text| is_line(text, chars_max))
    };
    let checks = [
        ("link", is_url(link)),
        ("address", is_url(url)),
        ("site", is_line(site, CARD_SITE_CHARS_MAX)),
        ("title", fits(title, CARD_TITLE_CHARS_MAX)),
        ("description", fits(description, CARD_DESCRIPTION_CHARS_MAX)),
        ("picture", image.as_ref().is_none_or(is_image)),
    ];
    checks.into_iter().find(|(_, is_fit)| !is_fit).map_or(Ok(()), |(what, _)| Err(what))
}

/// To the web, in visible ASCII: that is all that a browser is given to follow.
fn is_url(url: &str) -> bool {
    let has_host = ["https://", "http://"].iter().any(|scheme| {
        url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    });
    has_host && url.len() <= CARD_URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Characters that end a line, to Unicode, besides the control characters.
const LINE_ENDS: [char; 2] = ['\u{2028}', '\u{2029}'];

fn is_line(text: &str, chars_max: usize) -> bool {
    !identity::is_blank(text)
        && text.trim().len() == text.len()
        && !text.chars().any(|c| c.is_control() || LINE_ENDS.contains(&c))
        && text.chars().count() <= chars_max
}

fn is_image(image: &CardImage) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let CardImage { id, width, height } = image;
    (1..=CARD_IMAGE_ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(letters)
        && (1..=10_000).contains(width)
        && (1..=10_000).contains(height)
}
