//! What a person is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    line::{LineError, one_line},
    words,
};

/// The longest name, in Unicode scalar values.
pub const NAME_CHARS_MAX: usize = 40;

/// What a person is called: 1 to [`NAME_CHARS_MAX`] characters on one line, something of it visible.
/// Not unique; the id tells people apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GuestName(String);

impl GuestName {
    /// The name in `text`, trimmed, with white space collapsed.
    ///
    /// # Errors
    /// As [`one_line`]; the text of the error is for the person who typed the name.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        one_line(text, NAME_CHARS_MAX).map(Self)
    }

    /// A friendly name, the same for the same `seed`: "Quiet Heron".
    pub fn friendly(seed: u64) -> Self {
        let adjectives = words::ADJECTIVES.len() as u64;
        let nouns = words::NOUNS.len() as u64;
        let adjective = words::ADJECTIVES[(seed % adjectives) as usize];
        let noun = words::NOUNS[(seed / adjectives % nouns) as usize];
        Self(format!("{adjective} {noun}"))
    }

    /// Whether it may be one that [`GuestName::friendly`] gave, and nobody chose.
    pub fn is_friendly(&self) -> bool {
        self.0.split_once(' ').is_some_and(|(adjective, noun)| {
            words::ADJECTIVES.contains(&adjective) && words::NOUNS.contains(&noun)
        })
    }

    /// A name as it was recorded when it was valid, or erased. Not for what somebody types.
    pub fn recorded(text: String) -> Self {
        Self(text)
    }

    /// What stands in place of a name that was erased; no person can have it.
    pub fn erased() -> Self {
        Self(String::new())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GuestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_friendly_name_is_valid_and_different() {
        let count = words::ADJECTIVES.len() * words::NOUNS.len();
        assert!(count >= 8_000, "{count} names are too few");
        let names: BTreeSet<_> =
            (0..count as u64).map(|seed| GuestName::friendly(seed).as_str().to_owned()).collect();
        assert_eq!(names.len(), count);
        for name in names {
            assert_eq!(GuestName::parse(&name).map(|n| n.0), Ok(name));
        }
    }

    #[test]
    fn any_seed_gives_a_friendly_name() {
        assert!(GuestName::friendly(u64::MAX).is_friendly());
        for chosen in ["Ana", "Quiet", "Quiet Ana", "Quiet Heron II", "quiet heron", ""] {
            assert!(!GuestName::recorded(chosen.to_owned()).is_friendly(), "{chosen}");
        }
    }
}
