//! Who is who in a room. By id alone: names are for reading.

use std::collections::BTreeMap;

use identity::{Guest, GuestId};
use serde::{Deserialize, Serialize};

use crate::{Role, Visibility, event::Opening, standing::STANDINGS_MAX};

/// Places that are kept for people who are expelled, so that a full room can still send somebody out.
const EXPELLED_MORE_MAX: usize = STANDINGS_MAX / 10;

/// Members and expelled people of a room, and its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct People {
    owner: Option<GuestId>,
    /// The other one of a private chat of two.
    with: Option<GuestId>,
    /// Everyone else.
    standings: BTreeMap<GuestId, Standing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    Member,
    CoOwner,
    Expelled,
}

impl People {
    pub fn of(opening: &Opening) -> Self {
        let with = opening.with.as_ref().map(|with| with.id.clone());
        Self { owner: Some(opening.owner.id.clone()), with, standings: BTreeMap::new() }
    }

    /// Whether this is a private chat of two.
    pub fn are_two(&self) -> bool {
        self.with.is_some()
    }

    /// Who `who` is. The second of two shares everything with the first, as a co-owner.
    pub fn role(&self, who: &GuestId, visibility: Visibility) -> Role {
        if self.owner.as_ref() == Some(who) {
            return Role::Owner;
        }
        if let Some(with) = &self.with {
            return if with == who { Role::CoOwner } else { Role::Outsider };
        }
        match self.standings.get(who) {
            Some(Standing::CoOwner) => Role::CoOwner,
            Some(Standing::Member) => Role::Member,
            Some(Standing::Expelled) => Role::Expelled,
            None if visibility == Visibility::Private => Role::Outsider,
            None => Role::Visitor,
        }
    }

    /// How many more members can be remembered.
    pub fn places(&self) -> usize {
        STANDINGS_MAX.saturating_sub(self.standings.len())
    }

    /// Whether one more person can be expelled.
    pub fn can_expel(&self, who: &GuestId) -> bool {
        self.standings.contains_key(who) || self.standings.len() < STANDINGS_MAX + EXPELLED_MORE_MAX
    }

    /// The first of `guests` who would become members, each once and as many as there are places
    /// for.
    pub fn newcomers(&self, guests: &[Guest]) -> Vec<Guest> {
        let mut new: Vec<Guest> = Vec::new();
        for guest in guests {
            if new.len() >= self.places() {
                break;
            }
            if self.is_unknown(&guest.id) && new.iter().all(|one| one.id != guest.id) {
                new.push(guest.clone());
            }
        }
        new
    }

    /// `who` is a member from now on, if they were nothing yet and there is a place.
    pub fn join(&mut self, who: &GuestId) {
        if self.is_unknown(who) && self.places() > 0 {
            self.standings.insert(who.clone(), Standing::Member);
        }
    }

    pub fn set(&mut self, who: &GuestId, standing: Standing) {
        self.standings.insert(who.clone(), standing);
    }

    /// `who` is nobody in particular any more.
    pub fn forget(&mut self, who: &GuestId) {
        self.standings.remove(who);
    }

    /// `to` owns the room; who did is a co-owner.
    pub fn transfer(&mut self, to: &GuestId) {
        self.standings.remove(to);
        if let Some(before) = self.owner.replace(to.clone()) {
            self.standings.insert(before, Standing::CoOwner);
        }
    }

    fn is_unknown(&self, who: &GuestId) -> bool {
        !self.are_two() && self.owner.as_ref() != Some(who) && !self.standings.contains_key(who)
    }

    #[cfg(test)]
    pub fn owner(&self) -> Option<&GuestId> {
        self.owner.as_ref()
    }

    #[cfg(test)]
    pub fn standings(&self) -> &BTreeMap<GuestId, Standing> {
        &self.standings
    }
}
