//! The limits of a socket.

/// Limits of every socket of an [`crate::Endpoint`]. The defaults suit a chat.
#[derive(Clone, Debug)]
pub struct Config {
    /// Largest text frame from a browser, bytes. Beyond: close 1009.
    pub text_bytes_max: usize,
    /// Largest binary frame (an upload's chunk with its header) from a browser, bytes. Beyond:
    /// close 1009.
    pub binary_bytes_max: usize,
    /// Longest topic, bytes. Beyond: close 1008.
    pub topic_bytes_max: usize,
    /// Longest event name, bytes. Beyond: close 1008.
    pub event_bytes_max: usize,
    /// Deepest nesting of arrays and objects in a text frame, its own array included. Beyond:
    /// close 1008.
    pub json_depth_max: usize,
    /// Channels that one socket may have joined or be joining. Beyond: the join is refused.
    pub channels_max: usize,
    /// Events waiting in one channel's mailbox. Full: the socket stops reading.
    pub mailbox_events_max: usize,
    /// How long a socket stands still before a full mailbox, milliseconds. Beyond: close 1012.
    pub mailbox_timeout_ms: u64,
    /// Frames waiting for one socket that its own channels sent. From half on the socket stops
    /// reading and [`crate::ChannelSender::ready`] waits; beyond: close 1012.
    pub outbox_frames_max: usize,
    /// Bytes of those frames. From half on as above; beyond: close 1012.
    pub outbox_bytes_max: usize,
    /// Frames of one feed waiting for one socket. Beyond: one snapshot takes their place.
    pub feed_backlog_max: usize,
    /// Frames handed to the transport before it is flushed.
    pub batch_frames_max: usize,
    /// Bytes handed to the transport before it is flushed; the last frame may exceed it.
    pub batch_bytes_max: usize,
    /// How long one flush may take, milliseconds. Beyond: close 1012.
    pub write_timeout_ms: u64,
    /// How long a socket may be silent, milliseconds; the official client's heartbeat comes every
    /// 30 s. Beyond: close 1001.
    pub idle_timeout_ms: u64,
    /// How long the farewell of a closing socket may take, milliseconds.
    pub close_timeout_ms: u64,
    /// How long a channel may go on with what its mailbox still holds after it was left,
    /// milliseconds. Beyond: it is dropped at its next `.await`.
    pub drain_timeout_ms: u64,
    /// Frames per second that a browser may send for long. Beyond: the socket reads slower.
    pub flood_frames_per_second: u32,
    /// Frames that a browser may send at once.
    pub flood_frames_burst: u32,
    /// Bytes per second that a browser may send for long. Beyond: the socket reads slower.
    pub flood_bytes_per_second: u32,
    /// Bytes that a browser may send at once.
    pub flood_bytes_burst: u32,
    /// How long a browser may go on sending more frames than allowed, milliseconds. Beyond: close
    /// 1008. Many bytes in few frames only slow it down.
    pub flood_patience_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            text_bytes_max: 64 * 1024,
            binary_bytes_max: 256 * 1024,
            topic_bytes_max: 256,
            event_bytes_max: 128,
            json_depth_max: 64,
            channels_max: 100,
            mailbox_events_max: 32,
            mailbox_timeout_ms: 30_000,
            outbox_frames_max: 256,
            outbox_bytes_max: 1024 * 1024,
            feed_backlog_max: 64,
            batch_frames_max: 64,
            batch_bytes_max: 64 * 1024,
            write_timeout_ms: 10_000,
            idle_timeout_ms: 60_000,
            close_timeout_ms: 1_000,
            drain_timeout_ms: 30_000,
            flood_frames_per_second: 50,
            flood_frames_burst: 200,
            flood_bytes_per_second: 1024 * 1024,
            flood_bytes_burst: 4 * 1024 * 1024,
            flood_patience_ms: 10_000,
        }
    }
}
