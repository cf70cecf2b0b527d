//! The ids of rooms and messages.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

const ROOM_ID_BYTES: usize = 16;

/// Names a room for good: 128 random bits as 22 characters of `[A-Za-z0-9_-]`. Nobody guesses one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

impl RoomId {
    /// An id that no room has.
    pub fn random() -> Self {
        let mut bytes = [0; ROOM_ID_BYTES];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads an id that was written with `Display`.
    ///
    /// # Errors
    /// Anything else than 22 characters of the URL-safe base 64 alphabet that make 16 bytes.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == ROOM_ID_BYTES => Ok(Self(text.to_owned())),
            _ => Err(IdError),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MESSAGE_ID_CHARS_MAX: usize = 64;

/// Names one attempt to say something, chosen by whoever says it, so that a resend is recognised.
/// 8 to 64 characters of `[A-Za-z0-9_-]`; a UUID is one. It means something together with its author
/// only: two people may happen to use the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

impl MessageId {
    /// An id that no message has.
    pub fn random() -> Self {
        Self(RoomId::random().0)
    }

    /// Reads an id that a browser sent.
    ///
    /// # Errors
    /// Fewer than 8 characters, more than 64, or one outside `[A-Za-z0-9_-]`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (8..=MESSAGE_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not such an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct IdError;

macro_rules! text_id {
    ($id:ident) => {
        impl TryFrom<String> for $id {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({})"), self.0)
            }
        }
    };
}

text_id!(RoomId);
text_id!(MessageId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_id_reads_back_and_nothing_else_does() {
        let id = RoomId::random();
        assert_eq!(RoomId::parse(id.as_str()), Ok(id.clone()));
        assert_ne!(RoomId::random(), id);
        for wrong in ["", "kitchen", "../../../../etc/passwd", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(RoomId::parse(wrong), Err(IdError), "{wrong}");
        }
    }

    #[test]
    fn a_message_id_is_uuid_like() {
        for right in ["0a1b2c3d", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", &"x".repeat(64)] {
            assert_eq!(MessageId::parse(right).expect("it is valid").as_str(), right);
        }
        for wrong in ["", "short", &"x".repeat(65), "12345678 ", "1234567\"", "12345678é"] {
            assert_eq!(MessageId::parse(wrong), Err(IdError), "{wrong}");
        }
    }
}
