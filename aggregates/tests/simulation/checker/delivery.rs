//! How long an instance that was paid for did not run.

/// The times an instance was wanted running and was not seen so.
#[derive(Default)]
pub struct Delivery {
    pub wanted: bool,
    pub seen_running: bool,
    missing_since: Option<i64>,
    undelivered_ms: i64,
}

impl Delivery {
    /// Notes what an event has changed; `until` is the end of the window.
    pub fn note(&mut self, at: i64, until: i64, grace_ms: i64) {
        let missing = self.wanted && !self.seen_running;
        if missing && self.missing_since.is_none() {
            self.missing_since = Some(at);
        } else if !missing {
            self.undelivered_ms = self.until(at, until, grace_ms);
            self.missing_since = None;
        }
    }

    /// All of it until `at`; what is shorter than the grace does not count.
    pub fn until(&self, at: i64, until: i64, grace_ms: i64) -> i64 {
        let gap = self.missing_since.map_or(0, |since| at.min(until) - since);
        self.undelivered_ms + if gap > grace_ms { gap } else { 0 }
    }
}
