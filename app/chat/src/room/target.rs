//! A message as it was read, for the room to decide about it: the room remembers neither who said it
//! nor what. What it does remember is which messages changed lately, and so whether what was read
//! still holds.

use std::collections::VecDeque;

use identity::GuestId;
use serde::{Deserialize, Serialize};

use crate::{CARDS_MAX, Card, event::Event};

/// How many changes of messages are remembered. Whoever read before those reads again.
const REMEMBERED_MAX: usize = 256;

/// A message as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub number: u64,
    pub author: GuestId,
    /// What it says; `None`: it was removed.
    pub body: Option<String>,
    /// The change of the room by which it says so.
    pub said: u64,
    /// The cards under it, in their order.
    pub cards: Vec<Card>,
    /// Links whose cards were dismissed.
    pub dismissed: Vec<String>,
    /// The change of the room up to which all this holds.
    pub as_of: u64,
}

impl Target {
    /// Whether the card of `link`, made for what the message said by change `said`, can be put under
    /// it.
    pub fn takes(&self, said: u64, link: &str) -> bool {
        self.body.is_some()
            && self.said == said
            && self.cards.len() < CARDS_MAX
            && !self.has(link)
            && !self.dismissed.iter().any(|dismissed| dismissed == link)
    }

    /// Whether a card of `link` is under it.
    pub fn has(&self, link: &str) -> bool {
        self.cards.iter().any(|card| card.link == link)
    }

    /// Whether the same card is under it, as far as a picture is concerned.
    pub fn shows(&self, card: &Card) -> bool {
        self.cards.iter().any(|shown| shown.link == card.link && shown.image == card.image)
    }
}

/// Which messages changed lately: what they say, or their cards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// How many changes the room has had.
    changes: u64,
    /// Of changes up to this one it is not known which messages they were about.
    forgotten: u64,
    /// Changes, and the numbers of the messages that they were about.
    last: VecDeque<(u64, u64)>,
}

impl Touched {
    /// Notes the next change.
    pub fn note(&mut self, event: &Event) {
        self.changes += 1;
        let Some(number) = touches(event) else { return };
        self.last.push_back((self.changes, number));
        if self.last.len() > REMEMBERED_MAX
            && let Some((change, _)) = self.last.pop_front()
        {
            self.forgotten = change;
        }
    }

    /// Whether what was read of a message is certainly so still.
    pub fn holds(&self, target: &Target) -> bool {
        let since =
            |(change, number): &(u64, u64)| *number == target.number && *change > target.as_of;
        target.as_of >= self.forgotten && !self.last.iter().any(since)
    }
}

/// The message that is another one after `event`.
fn touches(event: &Event) -> Option<u64> {
    match event {
        Event::Edited(edited) => Some(edited.number),
        Event::Removed { number, .. }
        | Event::CardAttached { number, .. }
        | Event::CardDismissed { number, .. }
        | Event::CardDropped { number, .. } => Some(*number),
        _ => None,
    }
}
