//! Frames of the Phoenix socket, version 2: `[join_ref, ref, topic, event, payload]` as text, and
//! the binary push of an upload. Source: `liveview-protocol.md` §1.2 and §1.4.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{config::Config, transport::CloseCode};

/// JSON text, already encoded. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// `{}`.
    pub const EMPTY: Self = Self(Bytes::from_static(b"{}"));

    /// Encodes `value`.
    ///
    /// # Panics
    /// When `value` has no JSON form, such as a map with keys that are not strings.
    pub fn encode(value: &impl Serialize) -> Self {
        Self(serde_json::to_vec(value).expect("the value has a JSON form").into())
    }

    /// Takes text that is JSON already; this is not checked.
    pub fn from_encoded(text: impl Into<String>) -> Self {
        Self(text.into().into_bytes().into())
    }

    /// Joins pieces that are one JSON text together, such as a shared tree between a prefix and a
    /// suffix. One allocation, one copy.
    pub fn from_parts(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into())
    }

    /// `{"reason": reason}`.
    pub fn reason(reason: &str) -> Self {
        Self::encode(&serde_json::json!({ "reason": reason }))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("JSON text is UTF-8")
    }

    /// The text's bytes.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(&self.0))
    }
}

/// The text of one frame to a browser. Cloning it counts a reference: the same allocation goes to
/// every socket.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedFrame(Bytes);

impl SharedFrame {
    /// `[null,null,topic,"diff",payload]`, the one frame that may go to all who joined `topic`
    /// (`liveview-protocol.md` §7.1).
    pub fn diff(topic: &str, payload: &Json) -> Self {
        encode(None, None, topic, "diff", &[payload.as_bytes()])
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("frames are written as UTF-8")
    }

    /// The text's bytes, for the transport. They are UTF-8.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text's length in bytes; never 0.
    #[expect(clippy::len_without_is_empty, reason = "a frame is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<SharedFrame> for Bytes {
    fn from(frame: SharedFrame) -> Self {
        frame.0
    }
}

impl fmt::Debug for SharedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(&self.0))
    }
}

/// Whether a reply says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `"ok"`.
    Ok,
    /// `"error"`.
    Error,
}

/// What a browser sent along.
#[derive(Clone, Debug)]
pub enum Payload {
    /// The payload of a text frame: any JSON, not yet looked into.
    Json(Box<RawValue>),
    /// The payload of a binary frame: a chunk of an upload.
    Binary(Bytes),
}

impl Payload {
    /// Parses the payload of a text frame.
    ///
    /// # Errors
    /// It has another shape, or the payload is binary.
    pub fn parse<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        match self {
            Self::Json(raw) => serde_json::from_str(raw.get()),
            Self::Binary(_) => Err(serde::de::Error::custom("the payload is binary")),
        }
    }
}

/// A frame from the browser.
#[derive(Debug)]
pub(crate) struct ClientFrame {
    pub join_ref: Option<Arc<str>>,
    pub message_ref: Option<Box<str>>,
    pub topic: Arc<str>,
    pub event: Box<str>,
    pub payload: Payload,
}

/// Why a frame is refused; each is a reason to close the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("malformed frame")]
    Malformed,
    #[error("frame too big")]
    TooBig,
    #[error("frame over a limit")]
    OverLimit,
}

impl FrameError {
    pub fn close(self) -> (CloseCode, &'static str) {
        match self {
            Self::Malformed => (CloseCode::Protocol, "malformed frame"),
            Self::TooBig => (CloseCode::TooBig, "frame too big"),
            Self::OverLimit => (CloseCode::Policy, "frame over a limit"),
        }
    }
}

/// Refs are counters in decimal; a longer one is nobody's.
const REF_BYTES_MAX: usize = 32;

/// Reads a text frame: an array of exactly five, refs strings or null, topic and event strings.
pub(crate) fn decode_text(bytes: &[u8], config: &Config) -> Result<ClientFrame, FrameError> {
    if bytes.len() > config.text_bytes_max {
        return Err(FrameError::TooBig);
    }
    if !is_depth_within(bytes, config.json_depth_max) {
        return Err(FrameError::OverLimit);
    }
    type Five<'a> = (Option<Arc<str>>, Option<Box<str>>, Arc<str>, Box<str>, &'a RawValue);
    let (join_ref, message_ref, topic, event, payload): Five<'_> =
        serde_json::from_slice(bytes).map_err(|_| FrameError::Malformed)?;
    let payload = Payload::Json(payload.to_owned());
    within_limits(ClientFrame { join_ref, message_ref, topic, event, payload }, config)
}

/// Reads a binary frame of kind 0: four lengths, then join ref, ref, topic, event and the data.
pub(crate) fn decode_binary(bytes: Bytes, config: &Config) -> Result<ClientFrame, FrameError> {
    if bytes.len() > config.binary_bytes_max {
        return Err(FrameError::TooBig);
    }
    let Some(&[0, join_ref, message_ref, topic, event]) = bytes.first_chunk::<5>() else {
        return Err(FrameError::Malformed);
    };
    let mut rest = bytes.slice(5..);
    let mut text = |length: u8| {
        let length = usize::from(length);
        if rest.len() < length {
            return Err(FrameError::Malformed);
        }
        String::from_utf8(rest.split_to(length).into()).map_err(|_| FrameError::Malformed)
    };
    let frame = ClientFrame {
        join_ref: Some(text(join_ref)?).filter(|text| !text.is_empty()).map(Arc::from),
        message_ref: Some(text(message_ref)?).filter(|text| !text.is_empty()).map(Box::from),
        topic: text(topic)?.into(),
        event: text(event)?.into(),
        payload: Payload::Binary(rest),
    };
    within_limits(frame, config)
}

fn within_limits(frame: ClientFrame, config: &Config) -> Result<ClientFrame, FrameError> {
    let is_long = |text: Option<&str>| text.is_some_and(|text| text.len() > REF_BYTES_MAX);
    let over = frame.topic.len() > config.topic_bytes_max
        || frame.event.len() > config.event_bytes_max
        || is_long(frame.join_ref.as_deref())
        || is_long(frame.message_ref.as_deref());
    if over { Err(FrameError::OverLimit) } else { Ok(frame) }
}

/// serde_json skips over a raw value without a limit of its own, so that depth is checked here.
fn is_depth_within(bytes: &[u8], depth_max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > depth_max {
                    return false;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// A reply: `[join_ref, ref, topic, "phx_reply", {"status": …, "response": …}]`. The response's
/// bytes, which may be shared, are copied once, between a prefix and a suffix.
pub(crate) fn encode_reply(
    join_ref: Option<&str>,
    message_ref: &str,
    topic: &str,
    status: Status,
    response: &Json,
) -> SharedFrame {
    let prefix: &[u8] = match status {
        Status::Ok => br#"{"status":"ok","response":"#,
        Status::Error => br#"{"status":"error","response":"#,
    };
    let parts = [prefix, response.as_bytes(), b"}"];
    encode(join_ref, Some(message_ref), topic, "phx_reply", &parts)
}

/// A push: `[join_ref, null, topic, event, payload]`. Only a `diff` may go without a join ref.
pub(crate) fn encode_push(join_ref: &str, topic: &str, event: &str, payload: &Json) -> SharedFrame {
    encode(Some(join_ref), None, topic, event, &[payload.as_bytes()])
}

/// The end of a channel, `phx_close` or `phx_error`: the join ref stands in both places.
pub(crate) fn encode_end(join_ref: &str, topic: &str, event: &str, payload: &Json) -> SharedFrame {
    encode(Some(join_ref), Some(join_ref), topic, event, &[payload.as_bytes()])
}

fn encode(
    join_ref: Option<&str>,
    message_ref: Option<&str>,
    topic: &str,
    event: &str,
    payload: &[&[u8]],
) -> SharedFrame {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let mut text = Vec::with_capacity(length + topic.len() + event.len() + 32);
    text.push(b'[');
    for field in [join_ref, message_ref, Some(topic), Some(event)] {
        serde_json::to_writer(&mut text, &field).expect("a string is written to memory");
        text.push(b',');
    }
    for part in payload {
        text.extend_from_slice(part);
    }
    text.push(b']');
    SharedFrame(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<ClientFrame, FrameError> {
        decode_text(text.as_bytes(), &Config::default())
    }

    #[track_caller]
    fn check_refused(text: &str, error: FrameError) {
        assert_eq!(decode(text).expect_err("it is refused"), error, "{text}");
    }

    #[test]
    fn a_join_is_read() {
        // As captured from phoenix 1.8.16 with phoenix_live_view 1.2.12.
        let frame = decode(r#"["4","4","lv:room-42","phx_join",{"session":"tok","sticky":false}]"#);
        let frame = frame.expect("it is a frame");
        assert_eq!(frame.join_ref.as_deref(), Some("4"));
        assert_eq!(frame.message_ref.as_deref(), Some("4"));
        assert_eq!((&*frame.topic, &*frame.event), ("lv:room-42", "phx_join"));
        let Payload::Json(payload) = frame.payload else { panic!("text carries JSON") };
        assert_eq!(payload.get(), r#"{"session":"tok","sticky":false}"#);
    }

    #[test]
    fn refs_may_be_null() {
        let frame = decode(r#"[null,"7","phoenix","heartbeat",{}]"#).expect("it is a frame");
        assert_eq!(frame.join_ref, None);
    }

    #[test]
    fn anything_but_five_of_the_right_kind_is_malformed() {
        check_refused("", FrameError::Malformed);
        check_refused("[]", FrameError::Malformed);
        check_refused(r#"["4","4","t","e"]"#, FrameError::Malformed);
        check_refused(r#"["4","4","t","e",{},{}]"#, FrameError::Malformed);
        check_refused(r#"["4","4","t","e",{}] x"#, FrameError::Malformed);
        check_refused(r#"[4,"4","t","e",{}]"#, FrameError::Malformed);
        check_refused(r#"["4","4",null,"e",{}]"#, FrameError::Malformed);
        check_refused(r#"["4","4","t","e",{"a":}]"#, FrameError::Malformed);
        check_refused(r#"{"topic":"t"}"#, FrameError::Malformed);
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let topic = |length| format!(r#"["4","4","{}","e",{{}}]"#, "t".repeat(length));
        assert!(decode(&topic(256)).is_ok());
        check_refused(&topic(257), FrameError::OverLimit);
        let event = |length| format!(r#"["4","4","t","{}",{{}}]"#, "e".repeat(length));
        assert!(decode(&event(128)).is_ok());
        check_refused(&event(129), FrameError::OverLimit);
        let deep = |depth: usize| {
            format!(r#"["4","4","t","e",{}{}]"#, "[".repeat(depth - 1), "]".repeat(depth - 1))
        };
        assert!(decode(&deep(64)).is_ok());
        check_refused(&deep(65), FrameError::OverLimit);
        check_refused(&deep(20_000), FrameError::OverLimit);
        let big = |length: usize| format!(r#"["4","4","t","e","{}"]"#, "x".repeat(length - 20));
        assert_eq!(big(64 * 1024).len(), 64 * 1024);
        assert!(decode(&big(64 * 1024)).is_ok());
        check_refused(&big(64 * 1024 + 1), FrameError::TooBig);
        check_refused(&format!(r#"["4","{}","t","e",0]"#, "1".repeat(33)), FrameError::OverLimit);
    }

    #[test]
    fn brackets_in_strings_are_not_depth() {
        let text = format!(r#"["4","4","t","e","{}\"{}"]"#, "[".repeat(100), "{".repeat(100));
        assert!(decode(&text).is_ok());
    }

    #[test]
    fn an_upload_chunk_is_read() {
        let bytes = Bytes::from_static(b"\x00\x01\x02\x05\x05412lvu:0chunk\xff\xfe");
        let frame = decode_binary(bytes, &Config::default()).expect("it is a frame");
        assert_eq!(frame.join_ref.as_deref(), Some("4"));
        assert_eq!(frame.message_ref.as_deref(), Some("12"));
        assert_eq!((&*frame.topic, &*frame.event), ("lvu:0", "chunk"));
        let Payload::Binary(data) = frame.payload else { panic!("binary carries data") };
        assert_eq!(&data[..], b"\xff\xfe");
    }

    #[test]
    fn a_binary_frame_of_another_kind_or_cut_short_is_malformed() {
        for bytes in
            [&b""[..], b"\x00\x01\x01\x01", b"\x01\x00\x00\x00\x00", b"\x00\x01\x01\x05\x0541l"]
        {
            let error = decode_binary(Bytes::copy_from_slice(bytes), &Config::default());
            assert_eq!(error.expect_err("it is refused"), FrameError::Malformed);
        }
    }

    #[test]
    fn frames_are_written_as_the_client_expects() {
        let reply = encode_reply(None, "7", "phoenix", Status::Ok, &Json::EMPTY);
        let expected = r#"[null,"7","phoenix","phx_reply",{"status":"ok","response":{}}]"#;
        assert_eq!(reply.as_str(), expected);
        let push = encode_push("4", "lv:a", "live_patch", &Json::from_encoded(r#"{"to":"/"}"#));
        assert_eq!(push.as_str(), r#"["4",null,"lv:a","live_patch",{"to":"/"}]"#);
        let end = encode_end("4", "lv:a", "phx_close", &Json::EMPTY);
        assert_eq!(end.as_str(), r#"["4","4","lv:a","phx_close",{}]"#);
        let diff = SharedFrame::diff("lv:a", &Json::from_encoded(r#"{"0":"1"}"#));
        assert_eq!(diff.as_str(), r#"[null,null,"lv:a","diff",{"0":"1"}]"#);
    }

    #[test]
    fn text_from_browsers_is_escaped_in_answers() {
        let reply = encode_reply(Some("\"4"), "\n", "t\"", Status::Error, &Json::reason("no"));
        let expected =
            r#"["\"4","\n","t\"","phx_reply",{"status":"error","response":{"reason":"no"}}]"#;
        assert_eq!(reply.as_str(), expected);
    }
}
