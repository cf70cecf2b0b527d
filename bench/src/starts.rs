//! When each message was posted, for whoever receives it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// The times of all messages, shared by those who post and those who receive.
pub struct Starts {
    origin: Instant,
    begun: AtomicBool,
    posted_us: Vec<AtomicU64>,
}

impl Starts {
    pub fn new(messages: u32) -> Self {
        let posted_us = (0..messages).map(|_| AtomicU64::new(0)).collect();
        Self { origin: Instant::now(), begun: AtomicBool::new(false), posted_us }
    }

    /// From now on it counts what is received.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Message `message` is posted now.
    pub fn start(&self, message: u32) {
        let now_us = self.origin.elapsed().as_micros() as u64;
        self.posted_us[message as usize].store(now_us, Ordering::Relaxed);
    }

    /// How long ago that was.
    pub fn took(&self, message: u32) -> Duration {
        let posted =
            Duration::from_micros(self.posted_us[message as usize].load(Ordering::Relaxed));
        self.origin.elapsed().saturating_sub(posted)
    }
}
