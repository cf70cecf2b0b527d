//! Two token buckets per socket: frames and bytes. A browser over its rate is read slower, which
//! TCP passes on; one that keeps sending too many frames is not a browser.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Config;

pub(crate) struct Flood {
    frames: f64,
    bytes: f64,
    counted_at: Instant,
    resumes_at: Option<Instant>,
    over_since: Option<Instant>,
}

impl Flood {
    pub fn new(config: &Config, now: Instant) -> Self {
        Self {
            frames: config.flood_frames_burst.into(),
            bytes: config.flood_bytes_burst.into(),
            counted_at: now,
            resumes_at: None,
            over_since: None,
        }
    }

    /// Counts a frame that was read. False: there is no hope for this one.
    pub fn admit(&mut self, bytes: usize, now: Instant, config: &Config) -> bool {
        self.refill(now, config);
        self.frames -= 1.0;
        self.bytes -= bytes as f64;
        let frames_rate = f64::from(config.flood_frames_per_second);
        let bytes_rate = f64::from(config.flood_bytes_per_second);
        let debt_s = (-self.frames / frames_rate).max(-self.bytes / bytes_rate);
        if debt_s > 0.0 {
            self.resumes_at = Some(now + Duration::from_secs_f64(debt_s));
        }
        if self.frames < 0.0 {
            self.over_since.get_or_insert(now);
        } else if self.frames >= f64::from(config.flood_frames_burst) / 2.0 {
            self.over_since = None;
        }
        let patience = Duration::from_millis(config.flood_patience_ms);
        self.over_since.is_none_or(|since| now < since + patience)
    }

    fn refill(&mut self, now: Instant, config: &Config) {
        let passed_s = now.duration_since(self.counted_at).as_secs_f64();
        self.counted_at = now;
        let refilled = |tokens: f64, rate: u32, burst: u32| {
            (tokens + passed_s * f64::from(rate)).min(burst.into())
        };
        self.frames =
            refilled(self.frames, config.flood_frames_per_second, config.flood_frames_burst);
        self.bytes = refilled(self.bytes, config.flood_bytes_per_second, config.flood_bytes_burst);
    }

    /// When to read again; `None`: now.
    pub fn resumes_at(&self) -> Option<Instant> {
        self.resumes_at
    }

    pub fn resume(&mut self, now: Instant) {
        self.resumes_at = self.resumes_at.filter(|at| now < *at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, passed_ms: u64) -> Instant {
        start + Duration::from_millis(passed_ms)
    }

    #[test]
    fn a_burst_passes_and_what_follows_waits() {
        let (config, start) = (Config::default(), Instant::now());
        let mut flood = Flood::new(&config, start);
        for _ in 0..config.flood_frames_burst {
            assert!(flood.admit(100, start, &config));
            assert_eq!(flood.resumes_at(), None);
        }
        assert!(flood.admit(100, start, &config));
        assert_eq!(flood.resumes_at(), Some(after(start, 20)), "50 frames a second");
        flood.resume(after(start, 20));
        assert_eq!(flood.resumes_at(), None);
    }

    #[test]
    fn many_bytes_only_slow_down() {
        let (config, start) = (Config::default(), Instant::now());
        let mut flood = Flood::new(&config, start);
        let mut now = start;
        for _ in 0..1_000 {
            assert!(flood.admit(256 * 1024, now, &config), "an upload is no flood");
            now = flood.resumes_at().unwrap_or(now).max(now);
            flood.resume(now);
        }
        assert!(now > after(start, 200_000), "need minutes of upload for this to mean anything");
    }

    #[test]
    fn frames_over_the_rate_for_long_are_hopeless() {
        let (config, start) = (Config::default(), Instant::now());
        let mut flood = Flood::new(&config, start);
        let mut now = start;
        while flood.admit(20, now, &config) {
            now = flood.resumes_at().unwrap_or(now).max(now);
            flood.resume(now);
            assert!(now < after(start, 20_000), "it should have been refused by now");
        }
        assert!(now >= after(start, config.flood_patience_ms));
    }

    #[test]
    fn a_browser_that_calms_down_is_forgiven() {
        let (config, start) = (Config::default(), Instant::now());
        let mut flood = Flood::new(&config, start);
        let mut now = start;
        for _ in 0..20 {
            for _ in 0..=config.flood_frames_burst {
                assert!(flood.admit(20, now, &config));
            }
            now += Duration::from_secs(4);
            flood.resume(now);
        }
    }
}
