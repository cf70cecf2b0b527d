//! A person as everyone sees them.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{GuestName, random};

/// How many colours there are; [`GuestId::colour`] is below this.
pub const COLOURS: u8 = 12;

/// 96 bits: too many to meet by chance, and few enough to repeat on every message.
const ID_BYTES: usize = 12;

/// A person as everyone sees them. Nothing in here is secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Guest {
    pub id: GuestId,
    pub name: GuestName,
}

impl Guest {
    /// The guest whose [`GuestId`] and [`GuestName`] were written as text, for example in the signed
    /// session token of a live view.
    ///
    /// # Errors
    /// `None`: one of them is no longer valid; treat the visitor as new.
    pub fn from_fields(id: &str, name: &str) -> Option<Self> {
        Some(Self { id: GuestId::parse(id).ok()?, name: GuestName::parse(name).ok()? })
    }

    /// A stable index below [`COLOURS`], the same wherever this person appears.
    pub fn colour(&self) -> u8 {
        self.id.colour()
    }
}

/// The public name of a person for machines: 16 characters of `[A-Za-z0-9_-]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GuestId(String);

impl GuestId {
    /// An id that nobody has, for a person no browser was a guest as.
    pub(crate) fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::bytes::<ID_BYTES>()))
    }

    pub(crate) fn from_hash(hash: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(&hash[..ID_BYTES]))
    }

    /// Reads an id that was written with `Display`.
    ///
    /// # Errors
    /// Anything else than 16 characters of the URL-safe base 64 alphabet.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == ID_BYTES => Ok(Self(text.to_owned())),
            _ => Err(IdError),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A stable index below [`COLOURS`].
    ///
    /// FNV-1a over the text: it must stay what it is for as long as anybody remembers a colour.
    pub fn colour(&self) -> u8 {
        let hash = self.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        ((hash >> 32) % u64::from(COLOURS)) as u8
    }
}

/// The text is not the id of a guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a guest")]
pub struct IdError;

impl TryFrom<String> for GuestId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<GuestId> for String {
    fn from(id: GuestId) -> Self {
        id.0
    }
}

impl fmt::Display for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_does() {
        let id = GuestId::from_hash(&[7; 32]);
        assert_eq!(GuestId::parse(id.as_str()), Ok(id.clone()));
        assert_eq!(id.as_str().len(), 16);
        for wrong in ["", "short", "/../../etc/passw", "aaaaaaaaaaaaaaaaa", "aaaa aaaa aaaa a"] {
            assert_eq!(GuestId::parse(wrong), Err(IdError), "{wrong}");
        }
    }

    #[test]
    fn colours_are_stable_and_all_used() {
        let fixed = GuestId::from_hash(&[7; 32]);
        assert_eq!(fixed.colour(), fixed.clone().colour());
        let mut seen = std::collections::BTreeSet::new();
        for byte in 0..=255 {
            seen.insert(GuestId::from_hash(&[byte; 32]).colour());
        }
        assert_eq!(seen.len(), usize::from(COLOURS));
    }
}
