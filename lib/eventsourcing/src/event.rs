//! Events as the domain has them and as they are stored, and the way between.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Position, StreamId, Version};

/// What happened, as the domain says it: an enum in the past tense (`Posted`, `Renamed`).
///
/// Stored as the JSON serde makes of it, beside [`EventPayload::name`] and
/// [`EventPayload::SCHEMA`]. History is never rewritten: when the shape changes, raise `SCHEMA` and
/// let [`EventPayload::upcast`] bring older payloads up as they are read.
pub trait EventPayload: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The version of the shape that is written now.
    const SCHEMA: u32 = 1;

    /// The event's stored name, such as `Posted`: for people, filters and `upcast`.
    fn name(&self) -> &'static str;

    /// Brings a payload of `schema` to the shape of `schema + 1`; called once per step until it has
    /// the shape of [`EventPayload::SCHEMA`].
    ///
    /// # Errors
    /// A sentence, when the payload is not what that schema wrote.
    fn upcast(name: &str, schema: u32, payload: Value) -> Result<Value, String> {
        let _ = (name, schema);
        Ok(payload)
    }

    /// The event without what a person wrote, to be stored in its place when that text must become
    /// unreadable. `None`: there is nothing to remove. Applying it must still be possible, and doing
    /// it twice must change nothing more.
    fn redacted(&self) -> Option<Self> {
        None
    }
}

/// An event on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its [`EventPayload::name`].
    pub name: String,
    /// Its [`EventPayload::SCHEMA`].
    pub schema: u32,
    /// Its JSON.
    pub payload: String,
}

impl NewEvent {
    /// Makes the stored form of `event`.
    ///
    /// # Errors
    /// When serde cannot make JSON of it (a map with keys that are no strings, say).
    pub fn encode<E: EventPayload>(event: &E) -> Result<Self, EncodeError> {
        let name = event.name();
        let payload =
            serde_json::to_string(event).map_err(|source| EncodeError { name, source })?;
        Ok(Self { name: name.to_owned(), schema: E::SCHEMA, payload })
    }
}

/// An event cannot be stored: its type does not fit JSON. A fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("the event {name} cannot be written as JSON")]
pub struct EncodeError {
    name: &'static str,
    source: serde_json::Error,
}

/// An event as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the whole log.
    pub position: Position,
    /// Whose event it is.
    pub stream: StreamId,
    /// Its number there.
    pub version: Version,
    /// Its name when it was written.
    pub name: String,
    /// The schema it was written with.
    pub schema: u32,
    /// When it was stored, in milliseconds since the Unix epoch. For people and operators; times
    /// that matter to the domain are in the payload.
    pub recorded_ms: i64,
    /// Its JSON, in the shape of `schema`.
    pub payload: String,
    /// Whether what a person wrote has been removed from the payload.
    pub redacted: bool,
}

impl Recorded {
    /// The event in today's shape.
    ///
    /// # Errors
    /// When it was written by a newer program, or is not what its schema wrote.
    pub fn decode<E: EventPayload>(&self) -> Result<E, DecodeError> {
        let decoded = if self.schema == E::SCHEMA {
            serde_json::from_str(&self.payload).map_err(DecodeFault::Json)
        } else {
            self.decode_older()
        };
        decoded.map_err(|fault| self.undecodable(fault))
    }

    fn decode_older<E: EventPayload>(&self) -> Result<E, DecodeFault> {
        if self.schema > E::SCHEMA {
            return Err(DecodeFault::Newer { written: self.schema, known: E::SCHEMA });
        }
        let mut payload = serde_json::from_str(&self.payload).map_err(DecodeFault::Json)?;
        for schema in self.schema..E::SCHEMA {
            payload = E::upcast(&self.name, schema, payload)
                .map_err(|why| DecodeFault::Upcast { schema, why })?;
        }
        serde_json::from_value(payload).map_err(DecodeFault::Json)
    }

    fn undecodable(&self, fault: DecodeFault) -> DecodeError {
        DecodeError {
            stream: self.stream.clone(),
            version: self.version,
            name: self.name.clone(),
            fault,
        }
    }
}

/// A stored event that this program cannot read.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} ({name}) cannot be read")]
pub struct DecodeError {
    /// Whose event it is.
    pub stream: StreamId,
    /// Its number there.
    pub version: Version,
    /// Its stored name.
    pub name: String,
    /// Why.
    #[source]
    pub fault: DecodeFault,
}

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeFault {
    /// A newer program wrote it.
    #[error("it has schema {written} and this program knows {known}: run the newer program")]
    Newer {
        /// The schema in the store.
        written: u32,
        /// The schema of this program.
        known: u32,
    },
    /// It is not what its schema wrote.
    #[error("it could not be brought from schema {schema} to the next: {why}")]
    Upcast {
        /// The step that failed.
        schema: u32,
        /// What `upcast` said.
        why: String,
    },
    /// It is not the JSON of this type.
    #[error("its JSON does not fit")]
    Json(#[source] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// Schema 1 had `text`, 2 renamed it to `body`, 3 added `loud`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Said {
        body: String,
        loud: bool,
    }

    impl EventPayload for Said {
        const SCHEMA: u32 = 3;
        fn name(&self) -> &'static str {
            "Said"
        }
        fn upcast(_name: &str, schema: u32, mut payload: Value) -> Result<Value, String> {
            let fields = payload.as_object_mut().ok_or("not an object")?;
            match schema {
                1 => {
                    let text = fields.remove("text").ok_or("no text")?;
                    fields.insert("body".into(), text);
                }
                2 => {
                    fields.insert("loud".into(), json!(false));
                }
                _ => return Err("never written".into()),
            }
            Ok(payload)
        }
    }

    fn recorded(schema: u32, payload: &str) -> Recorded {
        Recorded {
            position: Position::serial(1),
            stream: StreamId::new("room", "kitchen"),
            version: 1,
            name: "Said".into(),
            schema,
            recorded_ms: 0,
            payload: payload.into(),
            redacted: false,
        }
    }

    #[test]
    fn older_shapes_are_brought_up_step_by_step() {
        let hello = Said { body: "hello".into(), loud: false };
        for (schema, payload) in [
            (1, r#"{"text":"hello"}"#),
            (2, r#"{"body":"hello"}"#),
            (3, r#"{"body":"hello","loud":false}"#),
        ] {
            assert_eq!(recorded(schema, payload).decode::<Said>().expect("readable"), hello);
        }
        let encoded = NewEvent::encode(&hello).expect("JSON");
        assert_eq!((encoded.name.as_str(), encoded.schema), ("Said", 3));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let fault = |schema, payload| recorded(schema, payload).decode::<Said>().unwrap_err().fault;
        assert!(matches!(fault(4, "{}"), DecodeFault::Newer { written: 4, known: 3 }));
        assert!(matches!(fault(1, "{}"), DecodeFault::Upcast { schema: 1, .. }));
        assert!(matches!(fault(3, "{}"), DecodeFault::Json(_)));
        assert!(matches!(fault(3, "{"), DecodeFault::Json(_)));
        let error = recorded(4, "{}").decode::<Said>().unwrap_err();
        assert_eq!(error.to_string(), "event 1 of room/kitchen (Said) cannot be read");
    }
}
